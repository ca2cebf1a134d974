"""The course's own BLEU parts, split and replacement: sacrebleu as an oracle, and arguments that don't fit."""

import math
import random

import pytest
import torch
from sacrebleu import corpus_bleu

from attnlib.course import translation as course


def test_the_parts_make_sacrebleus_number():
    draw = random.Random(1)
    for _ in range(20):
        said, right = ([draw.choices("abc", k=draw.randint(5, 12)) for _ in range(8)] for _ in range(2))
        counts = [[course.ngram_precision(a, [b], n) for a, b in zip(said, right, strict=True)] for n in (1, 2, 3, 4)]
        shares = [sum(m for m, _ in some) / sum(t for _, t in some) for some in counts]
        if not min(shares):
            continue
        penalty = course.brevity_penalty(sum(map(len, said)), sum(map(len, right)))
        mine = 100 * penalty * math.exp(sum(map(math.log, shares)) / 4)
        texts = [[" ".join(tokens) for tokens in side] for side in (said, right)]
        assert mine == pytest.approx(corpus_bleu(texts[0], [texts[1]], tokenize="none", force=True).score)


def test_several_references():
    texts = "the the cat sat on the mat", ["the cat sat on a mat", "the the cat is there"]
    found = [course.ngram_precision(texts[0].split(), [reference.split() for reference in texts[1]], n)
             for n in (1, 2, 3, 4)]
    oracle = corpus_bleu([texts[0]], [[reference] for reference in texts[1]], tokenize="none")
    assert found == list(zip(oracle.counts, oracle.totals, strict=True))


def test_a_split_keeps_the_order_and_the_kind_of_a_pair():
    pairs = [(f"s{i}", f"t{i % 7}", "source") for i in range(20)]
    train, test = course.split_by_target(pairs, 0.3, 1)
    assert sorted(train + test, key=pairs.index) == pairs and train == sorted(train, key=pairs.index)
    assert len({pair[1] for pair in test}) == 2
    assert course.split_by_target([], 0.5, 1) == ([], [])


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: course.ngram_precision(["a"], [["a"]], 0), "n is 0"),
    (lambda: course.split_by_target([("a", "b")], 20, 1), "test_fraction is 20; expected a share"),
    (lambda: course.replace_unknowns(["a"], torch.ones(2, 3), ["b"] * 3, {}), r"weights \(2, 3\) for 1 tokens and 3"),
    (lambda: course.replace_unknowns(["a"], torch.ones(1, 3), ["b"] * 2, {}), r"weights \(1, 3\) for 1 tokens and 2"),
])
def test_what_does_not_fit_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
