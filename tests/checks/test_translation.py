"""What the catalogue of answers doesn't say about lesson 07's checks: what an exercise leaves as it was."""


import numpy as np
import torch

from attnlib.checks import translation
from attnlib.course import translation as course


def test_the_split_check_leaves_chance_as_it_was():
    np.random.seed(1)
    torch.manual_seed(1)
    state = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    translation.split_by_target(course.split_by_target)
    assert (np.random.get_state()[1] == state[0]).all() and torch.equal(torch.random.get_rng_state(), state[1])
