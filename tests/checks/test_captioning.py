"""What the catalogue of answers doesn't say about the captioning checks: sizes."""

import inspect

import pytest
import torch

from attnlib.checks import captioning
from attnlib.course import captioning as course

CHECKS = [name for name, found in inspect.getmembers(captioning)
          if getattr(found, "is_check", False) and found.__module__ == captioning.__name__]
each_check = pytest.mark.parametrize("name", CHECKS)


def test_the_course_s_own_refuses_a_sequence():
    with pytest.raises(ValueError, match=r"\(2, 6, 3\); expected \(B, C, h, w\)"):
        course.grid_to_sequence(torch.zeros(2, 6, 3))
