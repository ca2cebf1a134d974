"""The course's own measures: an empty batch, and what they say to arguments that don't fit."""

import math

import pytest
import torch
from torch import nn

from attnlib.course import context_bottleneck as course


def test_nothing_to_measure():
    assert course.wilson_interval(0, 0) == (0.0, 1.0)
    assert math.isnan(course.accuracy_by_length([], [], [1, 5])[0][2])
    none = torch.zeros(0, 3, dtype=torch.int64)
    assert course.reverse_source(none, none > 0).shape == (0, 3)
    assert course.compare_models({}, None, None, [1], 1) == []


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: course.wilson_interval(3, 2), "3 successes in 2 trials; expected"),
    (lambda: course.accuracy_by_length([True], [1, 2], [1, 5]), "1 entries in correct, 2 in lengths"),
    (lambda: course.reverse_source(torch.ones(2, 3), torch.ones(2, 2) > 0), r"mask \(2, 2\) .* ids \(2, 3\)"),
    (lambda: course.reverse_source(torch.ones(2, 3), torch.ones(2, 3)), r"torch.float32 .*mask.bool\(\)"),
    (lambda: course.compare_models({"a": lambda: nn.Linear(1, 1), "b": lambda: nn.Linear(2, 1)}, None, None, [1], 1),
     "not a fair comparison"),
])
def test_what_does_not_fit_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
