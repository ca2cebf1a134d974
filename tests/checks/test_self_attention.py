"""What the catalogue of answers doesn't say about lesson 09's checks: points for a part."""


import pytest
import torch

from attnlib.checks import NotYet, self_attention
from attnlib.course import self_attention as course

# The check of one skill, and the exercise that it belongs to.
SKILLS = {"scaled_dot_product_attention_unmasked": "scaled_dot_product_attention",
          "multi_head_attention_unmasked": "multi_head_attention"}


@pytest.mark.parametrize("skill", SKILLS)
def test_without_the_mask_there_are_points_already(skill):
    name = SKILLS[skill]
    unmasked = {"scaled_dot_product_attention": lambda Q, K, V, mask=None: course.scaled_dot_product_attention(Q, K, V),
                "multi_head_attention": lambda *given: course.multi_head_attention(*given[:6])}[name]
    getattr(self_attention, skill)(unmasked)
    with pytest.raises(NotYet, match="Is it used"):
        getattr(self_attention, name)(unmasked)


# ---- The course's own ----------------------------------------------------------------------------------------

def test_a_query_without_any_key_gets_zeros_and_a_gradient_without_nan():
    Q = torch.randn(3, 4).requires_grad_()
    output, weights = course.scaled_dot_product_attention(Q, Q, Q, torch.tensor([[True] * 3, [False] * 3, [True] * 3]))
    output.sum().backward()
    assert not output[1].any() and not weights[1].any() and Q.grad.isfinite().all()


@pytest.mark.parametrize(("length", "size"), [(0, 4), (1, 1), (3, 5), (7, 2)])
def test_positions_of_any_size(length, size):
    table = course.sinusoidal_positions(length, size)
    assert table.shape == (length, size)
    assert torch.allclose(table, course.sinusoidal_positions(length + 1, size)[:length])


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: course.scaled_dot_product_attention(*map(torch.ones, [(2, 3), (2, 4), (2, 4)])), r"Got Q \(2, 3\)"),
    (lambda: course.scaled_dot_product_attention(*map(torch.ones, [(2, 3), (4, 3), (2, 3)])), r"V \(2, 3\)"),
    (lambda: course.multi_head_attention(torch.ones(1, 2, 4), *[torch.eye(4)] * 4, 3), "4 numbers a word, which 3"),
    (lambda: course.scaled_dot_product_attention(*[torch.eye(3)] * 3, torch.ones(3, 3)), r"mask.bool\(\)"),
])
def test_what_does_not_fit_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
