"""What the catalogue of answers doesn't say about the checks of summarization: one line, nothing on stderr, stubs."""

import inspect
import warnings

import pytest
import torch

from attnlib.checks import NotYet, summarization
from attnlib.course import summarization as course

CHECKS = [name for name, found in inspect.getmembers(summarization)
          if getattr(found, "is_check", False) and found.__module__ == summarization.__name__]


def test_each_exercise_has_one():
    assert sorted(CHECKS) == sorted(name for name, _ in inspect.getmembers(course, inspect.isfunction))


@pytest.mark.parametrize("name", CHECKS)
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(summarization, name)(getattr(course, name))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(summarization, name)(stub)


def test_double_precision_is_fine():
    def careful(p, words, weights, ids, size):
        return course.copy_distribution(p.double(), words.double(), weights.double(), ids, size)

    summarization.copy_distribution(careful)


def test_the_course_s_own_names_what_doesn_t_fit():
    p, words, weights = torch.ones(2), torch.ones(2, 5), torch.ones(2, 3)
    with pytest.raises(ValueError, match="extended_size 4 don't fit"):
        course.copy_distribution(p, words, weights, torch.zeros(2, 3, dtype=torch.long), 4)
    with pytest.raises(ValueError, match="don't fit"):
        course.copy_distribution(p, words, weights, torch.zeros(2, 4, dtype=torch.long), 5)
