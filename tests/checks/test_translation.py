"""What the catalogue of answers doesn't say about lesson 07's checks: silence, stubs, nonsense."""

import functools
import inspect
import warnings

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, translation
from attnlib.course import translation as course

CHECKS = [name for name, found in inspect.getmembers(translation)
          if getattr(found, "is_check", False) and found.__module__ == translation.__name__]


def test_each_exercise_has_a_check_and_each_check_an_exercise():
    assert sorted(CHECKS) == sorted(name for name, _ in inspect.getmembers(course, inspect.isfunction))


@pytest.mark.parametrize("name", CHECKS)
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(translation, name)(functools.partial(getattr(course, name)))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(translation, name)(stub)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("nonsense", [None, 0, 0.5, "words", [], {}, (1, 2), (1, 2, 3), ([], []), ["a", "b", "c"],
                                      np.zeros(3), torch.zeros(2), torch.zeros(2, 2)], ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(name, nonsense):
    with pytest.raises(NotYet) as caught:
        getattr(translation, name)(lambda *arguments, **keywords: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


def test_the_split_check_leaves_chance_as_it_was():
    np.random.seed(1)
    torch.manual_seed(1)
    state = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    translation.split_by_target(course.split_by_target)
    assert (np.random.get_state()[1] == state[0]).all() and torch.equal(torch.random.get_rng_state(), state[1])
