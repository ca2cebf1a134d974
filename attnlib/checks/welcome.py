"""Checks of lesson 00: what a student reads when an answer isn't right yet."""

import numpy as np

from attnlib.checks import array, call, check, expect


@check
def double(answer):
    """A number, a second number on which adding and squaring no longer look right, and an array."""
    got = call(answer, 3)
    expect(got is not None, "double(3) should return 6; yours returns nothing (None). "
                            "Does it print the number where it should `return` it?")
    array(got, (), "double of one number is one number, so it")
    expect(got != 9, "double(3) should be 6; yours is 9. Is that the square?")
    expect(got != 5, "double(3) should be 6; yours is 5. Is 2 added where it should multiply?")
    expect(got == 6, f"double(3) should be 6; yours is {got}.")
    got = call(answer, -0.5)
    expect(got == -1, f"double(-0.5) should be -1.0; yours is {got}. It should work for every number.")
    got = array(call(answer, np.array([1.0, 2.0, 3.5])), (3,), "double of an array of three numbers")
    expect(got.tolist() == [2, 4, 7], f"double of [1, 2, 3.5] should be [2, 4, 7]; yours is {got.tolist()}.")
