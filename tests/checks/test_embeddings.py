"""What the catalogue of answers doesn't say about lesson 01's checks: points for a part, and silence."""

import functools
import inspect
import warnings

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
CHECKS = [name for name, found in inspect.getmembers(embeddings) if getattr(found, "is_check", False) and
          found.__module__ == embeddings.__name__]


def test_each_skill_belongs_to_an_exercise():
    assert sorted(CHECKS) == sorted([*SKILLS, *(name for name, found in inspect.getmembers(course, inspect.isfunction)
                                                if found.__module__ == course.__name__)])


@pytest.mark.parametrize("name", CHECKS)
def test_says_one_line_and_nothing_on_stderr(name, capsys):
    answer = getattr(course, SKILLS.get(name, name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(embeddings, name)(functools.partial(answer))
    said = capsys.readouterr()
    assert said.out == f"{name}: all checks pass.\n" and said.err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_stub_says_what_to_do(name):
    def stub(*arguments):
        raise NotImplementedError("do this and that")

    with pytest.raises(NotYet, match="do this and that"):
        getattr(embeddings, name)(stub)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("nonsense", [None, 0, "words", [], {}, (1, 2), np.zeros(3), torch.zeros(2)], ids=repr)
def test_nonsense_gets_a_hint_and_no_stack_of_errors(name, nonsense):
    with pytest.raises(NotYet) as caught:
        getattr(embeddings, name)(lambda *arguments: nonsense)
    assert len(str(caught.value)) > 20 and "the check can't use" not in str(caught.value)


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
