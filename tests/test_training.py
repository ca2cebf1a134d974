"""Seeds, batches by length, teacher forcing, and a trainer that learns."""

import itertools
import os
from collections import Counter

import pytest
import torch

from attnlib import training
from attnlib.corpora import generated
from attnlib.course.embeddings import build_vocab
from attnlib.metrics import exact_match
from attnlib.models import ContextDecoder, ContextTranslator, Encoder

PAIRS = [(pair.source, pair.target) for pair in generated.copying(300, seed=1, max_length=9, symbols=3)]
SOURCE, TARGET = (build_vocab(side) for side in zip(*PAIRS, strict=True))
EXAMPLES = training.encode_pairs(PAIRS, SOURCE, TARGET)


def model(seed=0, H=16):
    torch.manual_seed(seed)
    return ContextTranslator(Encoder(len(SOURCE), 8, H), ContextDecoder(len(TARGET), 8, H))


def test_encoded_pairs_end_with_end():
    assert all(source[-1] == target[-1] == 3 for source, target in EXAMPLES)
    assert len(EXAMPLES[0][0]) == len(PAIRS[0][0]) + 1


def test_a_batch_is_padded_on_the_right():
    source, target = training.to_batch([([4, 3], [5, 6, 3]), ([4, 5, 3], [3])])
    assert source.tolist() == [[4, 3, 0], [4, 5, 3]] and target.tolist() == [[5, 6, 3], [3, 0, 0]]
    assert source.dtype == target.dtype == torch.int64


def test_a_round_uses_each_example_once_in_batches_of_like_lengths():
    rounds = list(itertools.islice(training.batches(EXAMPLES, 16, seed=1), 19))
    seen = Counter(tuple(row[row != 0].tolist()) for source, _ in rounds for row in source)
    assert seen == Counter(tuple(source) for source, _ in EXAMPLES)
    padding = sum((source == 0).sum() for source, _ in rounds) / sum(source.numel() for source, _ in rounds)
    assert padding < 0.1


def test_batches_come_in_the_seed_s_order():
    def first(seed):
        return [source.tolist() for source, _ in itertools.islice(training.batches(EXAMPLES, 16, seed), 5)]

    assert first(1) == first(1) != first(2)


def test_the_next_round_has_another_order():
    feed = training.batches(EXAMPLES, 300, seed=1)
    assert not torch.equal(next(feed)[0], next(feed)[0])


@pytest.mark.parametrize("make", [lambda: training.to_batch([]), lambda: next(training.batches([], 4, 1))])
def test_no_examples_are_named(make):
    with pytest.raises(ValueError, match="example"):
        make()


def test_shift_right_puts_start_in_front():
    assert training.shift_right(torch.tensor([[4, 5, 3], [6, 3, 0]])).tolist() == [[2, 4, 5], [2, 6, 3]]


def test_the_loss_is_a_mean_over_real_tokens():
    logits, targets = torch.randn(2, 3, 5), torch.tensor([[1, 2, 3], [4, 0, 0]])
    each = -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    assert training.masked_cross_entropy(logits, targets) == pytest.approx(each[targets != 0].mean().item(), abs=1e-5)


@pytest.mark.parametrize(("logits", "targets", "words"), [
    ((2, 3, 5), (2, 4), r"\(2, 3, 5\) and targets \(2, 4\)"), ((6, 5), (2, 3), r"\(6, 5\)"),
    ((2, 3, 5), (2, 3), "all padding"),
])
def test_losses_that_cannot_be(logits, targets, words):
    with pytest.raises(ValueError, match=words):
        training.masked_cross_entropy(torch.zeros(logits), torch.zeros(targets, dtype=torch.int64))


def test_it_learns_to_copy_short_words():
    short = [(pair.source, pair.target) for pair in generated.copying(400, seed=2, max_length=3, symbols=3)]
    examples = training.encode_pairs(short, SOURCE, TARGET)
    learner = model()
    losses = training.train(learner, examples, 300, learning_rate=2e-2, batch_size=32)
    assert len(losses) == 300 and losses[-1] < 0.1 < losses[0] and not learner.training
    source, target = training.to_batch(examples)
    assert exact_match(learner.translate(source, 5), target).float().mean() > 0.95


def test_training_is_reproducible():
    def losses(seed):
        return training.train(model(), EXAMPLES, 5, seed=seed)

    assert losses(1) == losses(1) != losses(2)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least one step, got 0"):
        training.train(model(), EXAMPLES, 0)


def test_seeds_and_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    training.reproducible(7)
    one = torch.rand(3)
    training.reproducible(7)
    assert torch.equal(one, torch.rand(3)) and torch.get_num_threads() == 1
    torch.set_num_threads(before)


def test_the_bar_can_be_switched_off(capsys, monkeypatch):
    monkeypatch.setitem(os.environ, "TQDM_DISABLE", "1")
    assert list(training.progress(range(3), "counting")) == [0, 1, 2]
