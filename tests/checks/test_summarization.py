"""What the catalogue of answers doesn't say about the checks of summarization: other precisions."""


import pytest
import torch

from attnlib.checks import summarization
from attnlib.course import summarization as course


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
