"""What holds for the check of every exercise: silence on right answers, the stub's words, a hint for any nonsense."""

import functools
import importlib
import inspect
import warnings

import numpy as np
import pytest
import torch

from attnlib import course
from attnlib.checks import NotYet


def exercises(lesson):
    """{name: the course's own version} of a lesson's exercises, which are those that the catalogue has answers to."""
    answers = importlib.import_module(f"tests.catalogue.{lesson}").ANSWERS
    module = importlib.import_module(f"attnlib.course.{lesson}")
    return {name: getattr(module, name) for name in answers}


def checks_of(lesson):
    module = importlib.import_module(f"attnlib.checks.{lesson}")
    return {name: found for name, found in inspect.getmembers(module)
            if getattr(found, "is_check", False) and found.__module__ == module.__name__}


def exercise_of(lesson, check):
    """The exercise that a check belongs to: build_vocab_order is a skill of build_vocab. None where there is none."""
    return max((name for name in exercises(lesson) if check == name or check.startswith(f"{name}_")), key=len,
               default=None)


CHECKS = [pytest.param(lesson, name, id=name) for lesson in course.LESSONS for name in checks_of(lesson)]
each_check = pytest.mark.parametrize(("lesson", "name"), CHECKS)


@pytest.mark.parametrize("lesson", course.LESSONS)
def test_each_exercise_has_a_check_and_each_check_an_exercise(lesson):
    assert set(exercises(lesson)) <= set(checks_of(lesson))
    assert all(exercise_of(lesson, name) for name in checks_of(lesson))


@each_check
def test_it_says_one_line_of_a_right_answer_and_nothing_on_stderr(lesson, name, capsys):
    right = exercises(lesson)[exercise_of(lesson, name)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checks_of(lesson)[name](right if inspect.isclass(right) else functools.partial(right))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@each_check
def test_it_passes_on_what_the_stub_says(lesson, name):
    def stub(*arguments, **keywords):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        checks_of(lesson)[name](stub)


@each_check
@pytest.mark.parametrize("nonsense", [None, 0, 0.5, "words", [], {}, (1, 2), (1, 2, 3), (None, None), ([], []),
                                      ["a", "b", "c"], np.zeros(3), torch.zeros(2), torch.zeros(2, 2)], ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(lesson, name, nonsense):
    with pytest.raises(NotYet) as caught:
        checks_of(lesson)[name](lambda *arguments, **keywords: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)
