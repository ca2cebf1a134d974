"""Lesson 06's study: where attention looks, and what it is good for, by score, wiring and encoder.

`python -m attnlib.studies.alignment` measures what `alignment.csv` lacks and keeps the rest. Two tasks whose right
links are known: the grammar, French into English, and number words, German letters into English words. Each point
trains one model from scratch, speaks freely, counts exact matches, and compares the largest weights with the links.
All models of a task have as many parameters as Luong's with the general score, ± 5 %. Reversal is lesson 04's study.
"""

import functools
import os
import time

import torch

from attnlib import studies
from attnlib.corpora import generated, grammar
from attnlib.course.embeddings import build_vocab
from attnlib.metrics import exact_match, pooled_alignment_error_rate
from attnlib.models import (
    AttentionTranslator,
    BahdanauDecoder,
    ContextDecoder,
    ContextTranslator,
    Encoder,
    LuongDecoder,
)
from attnlib.training import encode_pairs, reproducible, shift_right, to_batch, train

RESULTS = studies.results_of("alignment")
EMBEDDING, HIDDEN, SEEDS, TUNING_SEED = 32, 64, (1, 2, 3), 100
STEPS = {"grammar": 900, "numbers": 600}
RATES = (0.0025, 0.005, 0.01, 0.02, 0.04)
TRAIN_COUNT, TEST_COUNT = 6000, 400
# wiring and score, and how the encoder reads
MODELS = {"context": ("context", None, False),
          "dot": ("luong", "dot", False), "general": ("luong", "general", False),
          "additive": ("luong", "additive", False), "location": ("luong", "location", False),
          "dot, both ways": ("luong", "dot", True), "general, both ways": ("luong", "general", True),
          "Bahdanau": ("bahdanau", "additive", False)}


# ---- Tasks -----------------------------------------------------------------------------------------------------------

def corpus(task, count, seed, split, digits=None):
    """Pairs (source tokens, target tokens), and their links (sure, possible) as sets of (t, s)."""
    if task == "grammar":
        pairs = grammar.sample(count, seed, split, max_words=12, min_words=3)
        return [(pair.french, pair.english) for pair in pairs], [pair.links("english") for pair in pairs]
    pairs = generated.german_numbers(count, seed, split, letters=True, digits=digits)
    return [(pair.source, pair.target) for pair in pairs], [(pair.sure, pair.possible) for pair in pairs]


class Task:
    """A task's examples as ids: train and test, the links of the test, and both vocabularies.

    tuning: test on other sentences of the training's kind, so that no choice is made on the test's. A few of them,
    short ones, were trained on too.
    """

    def __init__(self, name, tuning=False):
        pairs, _ = corpus(name, TRAIN_COUNT, 1, "train")
        self.vocabs = [build_vocab(side) for side in zip(*pairs, strict=True)]
        self.train = encode_pairs(pairs, *self.vocabs)
        self.test_pairs, self.links = corpus(name, TEST_COUNT, 2, "train" if tuning else "test")
        self.test = encode_pairs(self.test_pairs, *self.vocabs)
        # The longest on their own: numbers of six digits.
        longest = corpus(name, TEST_COUNT, 3, "test", digits=6)[0] if name == "numbers" else []
        self.longest = encode_pairs(longest, *self.vocabs)


def build(model, sizes, hidden_size):
    """A fresh model of `MODELS`; sizes: of the two vocabularies."""
    wiring, score, bidirectional = MODELS[model]
    encoder = Encoder(sizes[0], EMBEDDING, hidden_size, bidirectional)
    if wiring == "context":
        return ContextTranslator(encoder, ContextDecoder(sizes[1], EMBEDDING, hidden_size))
    if wiring == "luong":
        return AttentionTranslator(encoder, LuongDecoder(sizes[1], EMBEDDING, hidden_size, score))
    return AttentionTranslator(encoder, BahdanauDecoder(sizes[1], EMBEDDING, hidden_size))


@functools.cache
def matched_size(model, sizes):
    """The even state size at which `model` has about as many parameters as "general" at `HIDDEN`."""
    def parameters(name, hidden_size):
        with torch.device("meta"):
            return sum(p.numel() for p in build(name, sizes, hidden_size).parameters())

    wanted = parameters("general", HIDDEN)
    return min(range(32, 129, 2), key=lambda hidden_size: abs(parameters(model, hidden_size) - wanted))


# ---- Points ----------------------------------------------------------------------------------------------------------

def point(experiment, task, model, seed, rate):
    return {"experiment": experiment, "task": task, "model": model, "steps": STEPS[task], "rate": rate, "seed": seed}


def trained(point, task, doing=None):
    """The point's model, trained on `task`, the loss of each step, and the seconds of processor time it took."""
    reproducible(point["seed"], threads=1)
    sizes = tuple(len(vocab) for vocab in task.vocabs)
    model = build(point["model"], sizes, matched_size(point["model"], sizes))
    start = time.process_time()
    losses = train(model, task.train, point["steps"], point["rate"], seed=point["seed"],
                   doing=doing or studies.named(point))
    return model, losses, time.process_time() - start


@torch.no_grad()
def weights_on_test(model, task):
    """Weights (T,S) for each test sentence, under teacher forcing, `<end>` left out on both sides."""
    source, target = to_batch(task.test)
    _, weights = model.read(source, shift_right(target))                                 # (B, T, S)
    return [row[: len(said) - 1, : len(heard) - 1] for row, (heard, said) in zip(weights, task.test, strict=True)]


def error_rates(weights, links):
    """AER with the word that comes out, and with the word that went in (one row earlier), both pooled."""
    went_in = [tuple({(t, s) for t, s in side if t + 1 < len(w)} for side in both)
               for w, both in zip(weights, links, strict=True)]
    some = [i for i, w in enumerate(weights) if len(w) > 1]
    return (pooled_alignment_error_rate(weights, links),
            pooled_alignment_error_rate([weights[i][1:] for i in some], [went_in[i] for i in some]))


def crosses(sure):
    """Whether a later target word links to an earlier source word."""
    return any(t < u and s > v for t, s in sure for u, v in sure)


def share_right(model, examples):
    """The share of sentences that are right to the last word, free running."""
    source, target = to_batch(examples)
    return exact_match(model.translate(source, target.shape[1] + 2), target).float().mean().item()


def evaluate(model, task):
    """exact, exact_longest: shares right, of all and of the longest. aer, aer_in: see `error_rates`.

    aer_crossing: the first of these on the sentences with crossing links.
    """
    found = {"exact": share_right(model, task.test), "exact_longest": "", "aer": "", "aer_in": "", "aer_crossing": ""}
    if task.longest:
        found["exact_longest"] = share_right(model, task.longest)
    if hasattr(model, "read"):
        weights = weights_on_test(model, task)
        some = [i for i, (sure, _) in enumerate(task.links) if crosses(sure)]
        found["aer"], found["aer_in"] = error_rates(weights, task.links)
        found["aer_crossing"] = pooled_alignment_error_rate([weights[i] for i in some], [task.links[i] for i in some])
    return {name: value if value == "" else round(value, 4) for name, value in found.items()}


def measure(point):
    """Train the point's model; its row."""
    task = Task(point["task"], tuning=point["experiment"] == "rates")
    model, losses, seconds = trained(point, task)
    return [{"parameters": sum(p.numel() for p in model.parameters()), "cpu_seconds": round(seconds, 1),
             "loss": round(sum(losses[-50:]) / 50, 4)} | evaluate(model, task)]


# ---- Stages ----------------------------------------------------------------------------------------------------------

def rates(rows):
    """Each model on a seed of its own, at five learning rates."""
    return [point("rates", task, model, TUNING_SEED, rate) for task in STEPS for model in MODELS for rate in RATES]


def best_rate(rows, task, model):
    """The rate at which the model got most right, on the tuning seed and its sentences; of equals, the lowest loss."""
    tried = [row for row in rows if (row["experiment"], row["task"], row["model"]) == ("rates", task, model)]
    return max(tried, key=lambda row: (row["exact"], -row["loss"]))["rate"]


def scores(rows):
    """The table: each score, wiring and encoder on both tasks, three seeds."""
    return [point("scores", task, model, seed, best_rate(rows, task, model))
            for task in STEPS for seed in SEEDS for model in MODELS]


STAGES = (rates, scores)


def main():
    rows = studies.run(STAGES, measure, RESULTS, "python -m attnlib.studies.alignment", workers=os.cpu_count())
    print(f"{RESULTS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
