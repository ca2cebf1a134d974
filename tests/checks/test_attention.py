"""What the catalogue of answers doesn't say about lesson 05's checks: points for a part."""


import pytest
import torch

from attnlib.checks import NotYet, attention
from attnlib.course import attention as course

# The check of one skill, and the exercise that it belongs to.
SKILLS = {"masked_softmax_words": "masked_softmax", "decoder_step_state": "decoder_step"}


def test_slopes_agree_sees_a_gradient_that_is_cut_and_accepts_float32():
    x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    assert attention.slopes_agree(lambda x: x**3, [x])
    assert attention.slopes_agree(lambda x: (x.float() ** 3, x.sin()), [x])
    assert not attention.slopes_agree(lambda x: x**2 * x.detach(), [x])


def no_mask(scores, mask):
    return torch.softmax(scores, dim=-1)


def no_tanh(embedding, state, encoder_states, mask, cell, W_c, W_out):
    state = cell(embedding, state)
    context, weights = course.attend(state, encoder_states, encoder_states, mask)
    return torch.cat([state, context], dim=-1) @ W_c @ W_out, state, weights


def no_logits(embedding, state, encoder_states, mask, cell, W_c, W_out):
    state = cell(embedding, state)
    return None, state, course.attend(state, encoder_states, encoder_states, mask)[1]


def test_state_and_weights_have_a_point_without_logits():
    attention.decoder_step_state(no_logits)
    with pytest.raises(NotYet, match="logits: here you return None"):
        attention.decoder_step(no_logits)


@pytest.mark.parametrize(("skill", "partly_right"), list(zip(SKILLS, (no_mask, no_tanh), strict=True)))
def test_a_part_has_its_own_point(skill, partly_right):
    getattr(attention, skill)(partly_right)
    with pytest.raises(NotYet):
        getattr(attention, SKILLS[skill])(partly_right)
