"""Lesson 07's study: real sentences, French into English, by one vector and by attention, measured in BLEU.

`python -m attnlib.studies.translation` measures what `translation.csv` lacks and keeps the rest. Each point trains
one model from scratch and translates sentences whose English it has never been shown. Both models have as many
parameters, ± 5 %, and each its own learning rate. The text is the interface text that ships with the course, and the
Tatoeba sentences, which are downloaded unless `--tatoeba FILE` names a copy.
"""

import argparse
import functools
import os
import random
import time
from pathlib import Path

import torch
from torch import nn

from attnlib import studies
from attnlib.corpora import interface, parallel, tatoeba
from attnlib.corpora.words import tokenise
from attnlib.course.embeddings import build_vocab
from attnlib.course.translation import replace_unknowns
from attnlib.metrics import bleu
from attnlib.models import END, AttentionTranslator, ContextDecoder, ContextTranslator, Encoder, LuongDecoder
from attnlib.training import encode_pairs, reproducible, shift_right, to_batch, train

RESULTS = studies.results_of("translation")
MODELS = ("one vector", "attention")
EMBEDDING, HIDDEN, DROPOUT = 64, 128, 0.2
BATCH, STEPS, MORE_STEPS, LONG_STEPS = 32, 1200, 2400, 12_000
SEEDS, TUNING_SEED, RATES = (1, 2, 3, 4, 5, 6, 7, 8), 100, (0.0025, 0.005, 0.01, 0.02, 0.04)
LONGEST, LEAST_COUNT, TATOEBA_PAIRS = 25, 2, 40_000
BINS = ((1, 4), (5, 8), (9, 14), (15, LONGEST))          # French words and signs, both ends included
PHRASES = ("Je suis étudiant.", "Comment allez-vous ?", "la zone économique européenne")


# ---- Text ------------------------------------------------------------------------------------------------------------

class Corpus:
    """Pairs of sentences (source, target) as lists of tokens, in three parts: train, tuning and test.

    split: a function from pairs of texts to the three parts. The course's leaves no sentence in two of them, on
    neither side. What is tuned is measured on `tuning`, all else on `test`. Vocabularies hold the words that occur at
    least `LEAST_COUNT` times in `train`. Sentences of more than `LONGEST` tokens are left out.
    """

    def __init__(self, pairs, split=parallel.split):
        tokens = ((tokenise(source), tokenise(target)) for source, target, *_ in pairs)
        texts = dict.fromkeys((" ".join(source), " ".join(target)) for source, target in tokens
                              if 0 < len(source) <= LONGEST and 0 < len(target) <= LONGEST)
        self.train, self.tuning, self.test = ([(source.split(), target.split()) for source, target in part]
                                              for part in split(texts))
        self.vocabs = tuple(build_vocab(side, LEAST_COUNT) for side in zip(*self.train, strict=True))
        self.words = {i: word for word, i in self.vocabs[1].items()}
        self.examples = encode_pairs(self.train, *self.vocabs)


@functools.lru_cache(maxsize=1)
def corpus(name, path=None):
    """The corpus called "interface", or a sample of "tatoeba", which is downloaded unless the file `path` is given."""
    if name == "interface":
        return Corpus(interface.pairs())
    return Corpus(random.Random(1).sample(tatoeba.pairs(path), TATOEBA_PAIRS))


# ---- Models ----------------------------------------------------------------------------------------------------------

def build(model, sizes, hidden_size):
    """A fresh model of `MODELS`, both ways encoded; sizes: of the two vocabularies.

    Weights begin between −0.1 and 0.1 (as in Luong et al. 2015, section 4.1), and with so little text a share of the
    embeddings' and the last vectors' numbers is dropped while training.
    """
    encoder = Encoder(sizes[0], EMBEDDING, hidden_size, bidirectional=True)
    if model == "attention":
        built = AttentionTranslator(encoder, LuongDecoder(sizes[1], EMBEDDING, hidden_size))
    else:
        built = ContextTranslator(encoder, ContextDecoder(sizes[1], EMBEDDING, hidden_size))
    for part in (built.encoder, built.decoder):
        part.embedding = nn.Sequential(part.embedding, nn.Dropout(DROPOUT))
    built.decoder.output = nn.Sequential(nn.Dropout(DROPOUT), built.decoder.output)
    for parameter in built.parameters():
        nn.init.uniform_(parameter, -0.1, 0.1)
    return built


@functools.cache
def matched_size(model, sizes):
    """The even state size at which `model` has about as many parameters as "attention" at `HIDDEN`."""
    def parameters(name, hidden_size):
        with torch.device("meta"):
            return sum(p.numel() for p in build(name, sizes, hidden_size).parameters())

    wanted = parameters("attention", HIDDEN)
    return min(range(HIDDEN, 2 * HIDDEN, 2), key=lambda hidden_size: abs(parameters(model, hidden_size) - wanted))


@torch.no_grad()
def translate(model, corpus, sources, batch_size=100):
    """Sentences to pairs (tokens, weights (T,S)), free running; the weights are None where there is no attention.

    Row t of the weights belongs to the step that said token t; `<end>` is left out on both sides.
    """
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))       # so that little is padded
    found = {}
    for first in range(0, len(order), batch_size):
        some = order[first : first + batch_size]
        heard, _ = to_batch(encode_pairs([(sources[i], []) for i in some], *corpus.vocabs))
        said = model.translate(heard, LONGEST + 10)
        weights = model.read(heard, shift_right(said))[1] if hasattr(model, "read") else [None] * len(some)
        for i, row, looked in zip(some, said.tolist(), weights, strict=True):
            tokens = [corpus.words[token] for token in row if token not in (0, END)]
            found[i] = tokens, looked if looked is None else looked[: len(tokens), : len(sources[i])]
    return [found[i] for i in range(len(sources))]


@torch.no_grad()
def lexicon(model, corpus, batch_size=100):
    """For each source word the target word that looked at it most often, over the training pairs: a dict.

    The model reads the right translation, words that it doesn't know included, and each target word links to the
    largest weight of the step that says it.
    """
    counts = {}
    for first in range(0, len(corpus.train), batch_size):
        pairs = corpus.train[first : first + batch_size]
        source, target = to_batch(corpus.examples[first : first + batch_size])
        _, weights = model.read(source, shift_right(target))
        for (heard, said), looked in zip(pairs, weights, strict=True):
            for word, place in zip(said, looked[: len(said), : len(heard)].argmax(dim=1).tolist(), strict=True):
                seen = counts.setdefault(heard[place], {})
                seen[word] = seen.get(word, 0) + 1
    return {word: max(seen, key=seen.get) for word, seen in counts.items()}


# ---- Points ----------------------------------------------------------------------------------------------------------

def point(experiment, text, model, steps, seed, rate):
    return {"experiment": experiment, "text": text, "model": model, "steps": steps, "rate": rate, "seed": seed}


def trained(point, corpus, doing=None):
    """The point's model, the loss of each step, and the seconds of processor time it took."""
    reproducible(point["seed"], threads=1)
    sizes = tuple(len(vocab) for vocab in corpus.vocabs)
    model = build(point["model"], sizes, matched_size(point["model"], sizes))
    start = time.process_time()
    losses = train(model, corpus.examples, point["steps"], point["rate"], BATCH, point["seed"],
                   doing or studies.named(point))
    return model, losses, time.process_time() - start


def by_length(model, corpus, pairs):
    """Rows (low, high, count, exact, bleu, bleu_replaced) for all `pairs` and for each of `BINS`.

    exact: the share of sentences right to the last word. bleu_replaced: with `<unk>` replaced through attention.
    phrases: what the model says for `PHRASES`, on the row of all.
    """
    said = translate(model, corpus, [source for source, _ in pairs])
    dictionary = lexicon(model, corpus) if hasattr(model, "read") else None
    rows = []
    for low, high in ((1, LONGEST), *BINS):
        some = [i for i, (source, _) in enumerate(pairs) if low <= len(source) <= high]
        references, plain = [pairs[i][1] for i in some], [said[i][0] for i in some]
        replaced = "" if dictionary is None else round(bleu(
            [replace_unknowns(*said[i], pairs[i][0], dictionary) for i in some], references), 2)
        exact = sum(a == b for a, b in zip(plain, references, strict=True)) / len(some)
        rows.append({"low": low, "high": high, "count": len(some), "exact": round(exact, 4),
                     "bleu": round(bleu(plain, references), 2), "bleu_replaced": replaced, "phrases": ""})
    phrases = translate(model, corpus, [tokenise(phrase) for phrase in PHRASES])
    rows[0]["phrases"] = " | ".join(" ".join(tokens) for tokens, _ in phrases)
    return rows


def measure(point, tatoeba=None):
    """Train the point's model and translate: its rows, as `by_length` makes them."""
    text = corpus(point["text"], tatoeba if point["text"] == "tatoeba" else None)
    model, losses, seconds = trained(point, text)
    shared = {"parameters": sum(p.numel() for p in model.parameters()), "cpu_seconds": round(seconds, 1),
              "loss": round(sum(losses[-50:]) / 50, 4)}
    pairs = text.tuning if point["experiment"] == "rates" else text.test
    return [row | shared for row in by_length(model, text, pairs)]


# ---- Stages ----------------------------------------------------------------------------------------------------------

def rates(rows):
    """Each model on a seed of its own and on sentences of its own, at five learning rates."""
    return [point("rates", "interface", model, STEPS, TUNING_SEED, rate) for model in MODELS for rate in RATES]


def best_rate(rows, model):
    """The rate with the highest BLEU on the tuning seed and its sentences."""
    tried = [row for row in rows if (row["experiment"], row["model"], row["high"]) == ("rates", model, LONGEST)
             and row["low"] == 1]
    return max(tried, key=lambda row: row["bleu"])["rate"]


def seeds(rows):
    """The headline: both models, eight seeds, since one draw's BLEU is up to five points off their mean."""
    return [point("seeds", "interface", model, STEPS, seed, best_rate(rows, model)) for seed in SEEDS
            for model in MODELS]


def ten_times(rows):
    """Both models at ten times the steps, each at the rate that was best for few."""
    return [point("ten times", "interface", model, LONG_STEPS, SEEDS[0], best_rate(rows, model)) for model in MODELS]


def more_text(rows):
    """The same code on Tatoeba's sentences, with twice the steps: there is more to read."""
    return [point("more text", "tatoeba", model, MORE_STEPS, SEEDS[0], best_rate(rows, model)) for model in MODELS]


STAGES = (rates, seeds, ten_times, more_text)


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--tatoeba", type=Path, help="a copy of the Tatoeba file; without it, it is downloaded")
    options.add_argument("--workers", type=int, default=os.cpu_count(), help="how many processes, each with a thread")
    chosen = options.parse_args()
    rows = studies.run(STAGES, functools.partial(measure, tatoeba=chosen.tatoeba), RESULTS,
                       "python -m attnlib.studies.translation", chosen.workers)
    print(f"{RESULTS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
