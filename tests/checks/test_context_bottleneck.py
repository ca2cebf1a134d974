"""What the catalogue of answers doesn't say about lesson 04's checks: points for a part, and silence."""

import functools
import inspect
import warnings

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, context_bottleneck
from attnlib.course import context_bottleneck as course

SKILLS = {"reverse_source_row": "reverse_source"}  # the check of one skill, and the exercise that it belongs to
CHECKS = [name for name, found in inspect.getmembers(context_bottleneck)
          if getattr(found, "is_check", False) and found.__module__ == context_bottleneck.__name__]


def test_each_skill_belongs_to_an_exercise():
    assert sorted(CHECKS) == sorted([*SKILLS, *(name for name, _ in inspect.getmembers(course, inspect.isfunction))])


@pytest.mark.parametrize("name", CHECKS)
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(context_bottleneck, name)(functools.partial(getattr(course, SKILLS.get(name, name))))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(context_bottleneck, name)(stub)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("nonsense", [None, 0, "words", [], {}, (1, 2, 3), np.zeros(3), torch.zeros(2)], ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(name, nonsense):
    with pytest.raises(NotYet) as caught:
        getattr(context_bottleneck, name)(lambda *arguments: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


def test_a_row_without_padding_has_its_own_point():
    context_bottleneck.reverse_source_row(lambda ids, mask: ids.flip(1))
    with pytest.raises(NotYet):
        context_bottleneck.reverse_source(lambda ids, mask: ids.flip(1))
