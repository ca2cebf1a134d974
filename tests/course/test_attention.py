"""The course's own attention: what its lesson doesn't try, and what it says to arguments that don't fit."""

import pytest
import torch

from attnlib.course import attention as course

Q, K, V = torch.ones(2, 3), torch.ones(2, 4, 3), torch.ones(2, 4, 5)
MASK = torch.ones(2, 4, dtype=torch.bool)


@pytest.mark.parametrize(("B", "S"), [(0, 4), (2, 1), (1, 1)])
def test_an_empty_batch_and_sentences_of_one_word(B, S):
    mask = torch.ones(B, S, dtype=torch.bool)
    context, weights = course.attend(torch.ones(B, 3), torch.ones(B, S, 3), torch.ones(B, S, 5), mask)
    assert context.shape == (B, 5) and weights.shape == (B, S)
    assert torch.allclose(weights.sum(dim=1), torch.ones(B))


def test_a_row_without_a_token_gives_zeros_and_a_gradient_without_nan():
    query, mask = Q.clone().requires_grad_(), MASK & torch.tensor([[True], [False]])
    context, weights = course.attend(query, torch.arange(24.0).view(2, 4, 3), V, mask)
    (context.sum() + (weights**2).sum()).backward()
    assert not weights[1].any() and not context[1].any()
    assert query.grad.isfinite().all() and not query.grad[1].any()


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: course.dot_scores(Q[:, :2], K), r"Got query \(2, 2\), keys \(2, 4, 3\); expected query \(B, H\)"),
    (lambda: course.dot_scores(Q[:1], K), r"Got query \(1, 3\), keys \(2, 4, 3\)"),
    (lambda: course.general_scores(Q, V, torch.ones(5, 3)), r"W \(5, 3\); expected .* W \(Q, K\)"),
    (lambda: course.additive_scores(Q, K, torch.ones(3, 2), torch.ones(3, 2), torch.ones(3)), r"v \(3,\); expected"),
    (lambda: course.context_vector(torch.ones(2, 3), V), r"Got weights \(2, 3\), values \(2, 4, 5\)"),
    (lambda: course.attend(Q, K, V[:, :3], MASK), r"Got weights \(2, 4\), values \(2, 3, 5\)"),
    (lambda: course.attend(Q, K, V, MASK[:, :3]), r"Got a mask \(2, 3\) for scores \(2, 4\)"),
    (lambda: course.masked_softmax(torch.ones(4), MASK), r"Got a mask \(2, 4\) for scores \(4,\)"),
    (lambda: course.attend(Q, K, V, MASK.float()), r"torch.float32 numbers; expected bool.*mask.bool\(\)"),
])
def test_what_does_not_fit_is_named_with_its_shapes(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
