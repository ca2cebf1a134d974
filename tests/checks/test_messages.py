"""What a student reads when their code stops, whatever the exercise."""

import random

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, array, call, check, kind, plain


@check
def shout_value(answer):
    call(answer, [1, 2])


def told(answer):
    with pytest.raises(NotYet) as caught:
        shout_value(answer)
    return str(caught.value)


@pytest.mark.parametrize(("slip", "words"), [
    (lambda: np.ones(3) @ np.ones((4, 2)), "each row on its left has 3 numbers, and each column on its right 4"),
    (lambda: torch.ones(5, 3) @ torch.ones(4, 2), "each row on its left has 3 numbers, and each column on its right 4"),
    (lambda: np.dot(np.ones(3), np.ones((4, 2))), "shapes (3,) and (4,2) can't be multiplied"),
    (lambda: np.ones(3) + np.ones(4), "don't fit together, number by number: (3,) and (4,)"),
    (lambda: torch.ones(2, 3) + torch.ones(4), "axis 1 is 3 long in one and 4 in the other"),
    (lambda: np.exp(torch.ones(2, requires_grad=True)), "NumPy keeps no gradients"),
    (lambda: 1 if np.ones(2) else 2, "np.where decides for each"),
    (lambda: 1 if torch.ones(2) else 2, "np.where decides for each"),
    (lambda: {}["a"], "KeyError: 'a'"),
])
def test_libraries_speak_plainly(slip, words):
    with pytest.raises(Exception) as caught:
        slip()
    assert words in plain(caught.value)


def test_an_endless_recursion_is_called_that():
    def shout(numbers):
        return shout(numbers)

    assert told(shout).startswith("shout stopped with RecursionError: it calls itself again and again")


def test_an_interrupted_loop_shows_no_stack():
    def shout(numbers):
        raise KeyboardInterrupt

    assert told(shout) == "shout was stopped by you before it was done. Does a `while` loop in it never end?"


def test_a_changed_argument_is_named():
    def shout(numbers):
        numbers.append(3)

    assert "`numbers`" in told(shout)


def test_what_a_value_is():
    assert [kind(value) for value in ([], 3, None, np.ones(2))] == ["a list", "an int", "None",
                                                                    "an object of type ndarray"]


def test_none_is_asked_about_return():
    with pytest.raises(NotYet, match=r"`return`.*np\.add\.at"):
        array(None, (2,), "it")


def test_the_line_that_is_shown_is_the_students_own():
    def shout(numbers):
        return random.Random(1).sample({*numbers}, 1)

    assert told(shout).endswith("in the line `return random.Random(1).sample({*numbers}, 1)`.")
