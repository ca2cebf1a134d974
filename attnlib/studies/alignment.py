"""Lesson 06's study: where attention looks, and what it is good for, by score, wiring and encoder.

`python -m attnlib.studies.alignment` measures what `alignment.csv` lacks and keeps the rest. Three tasks whose right
links are known; each point trains one model from scratch, speaks freely, counts exact matches, and compares the
largest weights with the links. All models of a task have as many parameters as Luong's with the general score, ± 5 %.
"""

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
LONG_NUMBER = 30                                         # letters: numbers of five and six digits, mostly
STEPS = {"grammar": 900, "numbers": 600, "reversal": 1200}
RATES = {"grammar": (0.01,), "numbers": (0.005, 0.01), "reversal": (0.005, 0.01)}
# wiring and score, and how the encoder reads
MODELS = {"context": ("context", None, False),
          "dot": ("luong", "dot", False), "general": ("luong", "general", False),
          "additive": ("luong", "additive", False), "location": ("luong", "location", False),
          "dot, both ways": ("luong", "dot", True), "general, both ways": ("luong", "general", True),
          "Bahdanau": ("bahdanau", "additive", False)}


# ---- Tasks -----------------------------------------------------------------------------------------------------------

def corpus(task, count, seed, split):
    """Pairs (source tokens, target tokens), and their links (sure, possible) as sets of (t, s)."""
    if task == "grammar":
        pairs = grammar.sample(count, seed, split, max_words=12, min_words=3)
        return [(pair.french, pair.english) for pair in pairs], [pair.links("english") for pair in pairs]
    if task == "numbers":
        pairs = generated.german_numbers(4 * count if split == "test" else count, seed, split, letters=True)
        if split == "test":
            pairs = [pair for pair in pairs if len(pair.source) >= LONG_NUMBER][:count]
    else:  # both test on the longest only
        pairs = generated.reversal(count, seed, max_length=20, min_length=17 if split == "test" else 1)
    return [(pair.source, pair.target) for pair in pairs], [(pair.sure, pair.possible) for pair in pairs]


class Task:
    """A task's examples as ids: train and test, the links of the test, and both vocabularies."""

    def __init__(self, name, train_count=6000, test_count=400):
        pairs, _ = corpus(name, 3 * train_count if name == "reversal" else train_count, 1, "train")
        self.test_pairs, self.links = corpus(name, test_count, 2, "test")
        self.vocabs = [build_vocab(side) for side in zip(*pairs, strict=True)]
        self.train, self.test = encode_pairs(pairs, *self.vocabs), encode_pairs(self.test_pairs, *self.vocabs)


def build(model, sizes, hidden_size):
    """A fresh model of `MODELS`; sizes: of the two vocabularies."""
    wiring, score, bidirectional = MODELS[model]
    encoder = Encoder(sizes[0], EMBEDDING, hidden_size, bidirectional)
    if wiring == "context":
        return ContextTranslator(encoder, ContextDecoder(sizes[1], EMBEDDING, hidden_size))
    if wiring == "luong":
        return AttentionTranslator(encoder, LuongDecoder(sizes[1], EMBEDDING, hidden_size, score))
    return AttentionTranslator(encoder, BahdanauDecoder(sizes[1], EMBEDDING, hidden_size))


def matched_size(model, sizes):
    """The even state size at which `model` has about as many parameters as "general" at `HIDDEN`."""
    def parameters(name, hidden_size):
        with torch.device("meta"):
            return sum(p.numel() for p in build(name, sizes, hidden_size).parameters())

    wanted = parameters("general", HIDDEN)
    return min(range(32, 129, 2), key=lambda hidden_size: abs(parameters(model, hidden_size) - wanted))


# ---- Points ----------------------------------------------------------------------------------------------------------

def point(experiment, task, model, seed, rate, steps=None):
    return {"experiment": experiment, "task": task, "model": model, "steps": steps or STEPS[task], "rate": rate,
            "seed": seed}


def trained(point, task, doing=None):
    """The point's model, trained on `task`, and the seconds of processor time it took."""
    reproducible(point["seed"], threads=1)
    sizes = [len(vocab) for vocab in task.vocabs]
    model = build(point["model"], sizes, matched_size(point["model"], sizes))
    start = time.process_time()
    train(model, task.train, point["steps"], point["rate"], seed=point["seed"], doing=doing or studies.named(point))
    return model, time.process_time() - start


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


def evaluate(model, task):
    """exact: the share of test sentences that are right, free running. aer, aer_in: see `error_rates`."""
    source, target = to_batch(task.test)
    right = exact_match(model.translate(source, target.shape[1] + 2), target).float().mean().item()
    rates = error_rates(weights_on_test(model, task), task.links) if hasattr(model, "read") else (None, None)
    return {"exact": round(right, 4)} | {name: "" if rate is None else round(rate, 4)
                                         for name, rate in zip(("aer", "aer_in"), rates, strict=True)}


def measure(point):
    """Train the point's model; its row."""
    task = Task(point["task"])
    model, seconds = trained(point, task)
    return [{"parameters": sum(p.numel() for p in model.parameters()), "cpu_seconds": round(seconds, 1)}
            | evaluate(model, task)]


# ---- Stages ----------------------------------------------------------------------------------------------------------

DUEL = {"reversal": ("context", "general, both ways"), "numbers": ("context", "general, both ways")}


def scores(rows):
    """The table: each score, wiring and encoder on the grammar, three seeds."""
    return [point("scores", "grammar", model, seed, RATES["grammar"][0]) for seed in SEEDS for model in MODELS]


def rates(rows):
    """One vector against attention: each at its own best learning rate, found on a seed of its own."""
    return [point("rates", task, model, TUNING_SEED, rate)
            for task, models in DUEL.items() for model in models for rate in RATES[task]]


def best_rate(rows, task, model):
    """The rate at which the model got most right, on the tuning seed."""
    tried = [row for row in rows if (row["experiment"], row["task"], row["model"]) == ("rates", task, model)]
    return max(tried, key=lambda row: row["exact"])["rate"]


def duel(rows):
    """One vector against attention, three seeds; reversal is tested on its longest, 17 to 20."""
    return [point("duel", task, model, seed, best_rate(rows, task, model))
            for task, models in DUEL.items() for seed in SEEDS for model in models]


def ten_times(rows):
    """What ten times the steps give the one vector."""
    rate = best_rate(rows, "reversal", "context")
    return [point("ten times", "reversal", "context", SEEDS[0], rate, 10 * STEPS["reversal"])]


STAGES = (scores, rates, duel, ten_times)


def main():
    rows = studies.run(STAGES, measure, RESULTS, "python -m attnlib.studies.alignment")
    print(f"{RESULTS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
