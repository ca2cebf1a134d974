"""What the catalogue of answers doesn't say about lesson 03's checks: points for a part."""

import inspect

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, encoder_decoder
from attnlib.course import encoder_decoder as course

CHECKS = [name for name, found in inspect.getmembers(encoder_decoder) if getattr(found, "is_check", False)]
MODULES = ("Encoder", "ContextDecoder")


@pytest.mark.parametrize("name", [name for name in CHECKS if name.startswith(MODULES)])
def test_a_stub_in_a_method_says_what_to_do(name):
    class Stub(torch.nn.Module):
        def __init__(self, *sizes):
            super().__init__()

        def forward(self, *arguments):
            raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(encoder_decoder, name)(Stub)


@pytest.mark.parametrize("name", [name for name in CHECKS if name.startswith(MODULES)])
@pytest.mark.parametrize("nonsense", [None, 0, "words", [], (1, 2), np.zeros(3), torch.zeros(2)], ids=repr)
def test_a_module_that_returns_nonsense_gets_a_hint(name, nonsense):
    class Nonsense(torch.nn.Module):
        def __init__(self, *sizes):
            super().__init__()

        def forward(self, *arguments):
            return nonsense

    with pytest.raises(NotYet) as caught:
        getattr(encoder_decoder, name)(Nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


def test_states_have_their_own_point():
    class LastColumn(course.Encoder):
        def forward(self, ids):
            states, _ = super().forward(ids)
            return states, states[:, -1]

    encoder_decoder.Encoder_states(LastColumn)
    with pytest.raises(NotYet):
        encoder_decoder.Encoder(LastColumn)


def test_forward_has_its_own_points():
    class NoStep(course.ContextDecoder):
        def step(self, token, state):
            raise NotImplementedError("ContextDecoder: write step")

    encoder_decoder.ContextDecoder_forward(NoStep)
    with pytest.raises(NotYet, match="write step"):
        encoder_decoder.ContextDecoder(NoStep)
