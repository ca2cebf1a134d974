"""What the catalogue of answers doesn't say about lesson 01's checks: points for a part."""


import numpy as np
import pytest
import torch

from attnlib.checks import NotYet, embeddings
from attnlib.course import embeddings as course

# The check of one skill, and the exercise that it belongs to.
SKILLS = {
    "build_vocab_order": "build_vocab",
    "pad_batch_ids": "pad_batch",
    "lookup_gradient_once": "lookup_gradient",
    "negative_sampling_loss_value": "negative_sampling_loss",
}


def counts_specials(sentences, min_count=1):
    vocab = course.build_vocab(sentences, min_count)
    return vocab | {"<end>": len(vocab)} if any("<end>" in sentence for sentence in sentences) else vocab


def mask_from_ids(sequences):
    ids, _ = course.pad_batch(sequences)
    return ids, ids != 0


def loses_repeated_ids(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    grad[ids] += grad_output
    return grad


def overflows(center, context, negatives):
    scores = torch.einsum("be,bke->bk", center, torch.cat([context[:, None], -negatives], dim=1))
    return -torch.sigmoid(scores).log().sum(-1).mean()


PARTLY_RIGHT = [counts_specials, mask_from_ids, loses_repeated_ids, overflows]


@pytest.mark.parametrize(("skill", "partly_right"), list(zip(SKILLS, PARTLY_RIGHT, strict=True)))
def test_a_part_has_its_own_point(skill, partly_right):
    getattr(embeddings, skill)(partly_right)
    with pytest.raises(NotYet):
        getattr(embeddings, SKILLS[skill])(partly_right)
