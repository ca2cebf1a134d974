"""What the catalogue of answers doesn't say about the captioning checks: silence, stubs and nonsense."""

import inspect

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, captioning
from attnlib.course import captioning as course

CHECKS = [name for name, found in inspect.getmembers(captioning)
          if getattr(found, "is_check", False) and found.__module__ == captioning.__name__]
each_check = pytest.mark.parametrize("name", CHECKS)


def test_each_check_belongs_to_an_exercise():
    own = [name for name, found in inspect.getmembers(course, inspect.isfunction)
           if found.__module__ == course.__name__]
    assert sorted(CHECKS) == sorted(own)


@each_check
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    getattr(captioning, name)(getattr(course, name))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@each_check
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(captioning, name)(stub)


@each_check
@pytest.mark.parametrize("nonsense", [None, 0, "words", [], {}, (1, 2, 3), (None, None), np.zeros(3), torch.zeros(2)],
                         ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(name, nonsense):
    with pytest.raises(NotYet) as caught:
        getattr(captioning, name)(lambda *arguments: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


def test_the_course_s_own_refuses_a_sequence():
    with pytest.raises(ValueError, match=r"\(2, 6, 3\); expected \(B, C, h, w\)"):
        course.grid_to_sequence(torch.zeros(2, 6, 3))
