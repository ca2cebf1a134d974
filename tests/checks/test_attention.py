"""What the catalogue of answers doesn't say about lesson 05's checks: points for a part, and silence."""

import functools
import inspect
import warnings

import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, attention
from attnlib.course import attention as course

# The check of one skill, and the exercise that it belongs to.
SKILLS = {"masked_softmax_words": "masked_softmax", "decoder_step_state": "decoder_step"}
CHECKS = [name for name, found in inspect.getmembers(attention)
          if getattr(found, "is_check", False) and found.__module__ == attention.__name__]


def test_each_skill_belongs_to_an_exercise():
    own = [name for name, found in inspect.getmembers(course, inspect.isfunction) if not name.startswith("_")]
    assert sorted(CHECKS) == sorted([*SKILLS, *own])


@pytest.mark.parametrize("name", CHECKS)
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(attention, name)(functools.partial(getattr(course, SKILLS.get(name, name))))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(attention, name)(stub)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("nonsense", [None, 0, "words", [], {}, (1, 2, 3), np.zeros(3), torch.zeros(2)], ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(name, nonsense):
    with pytest.raises(NotYet) as caught:
        getattr(attention, name)(lambda *arguments: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


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
