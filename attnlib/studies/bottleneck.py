"""Lesson 04's study: what one context vector holds, by length, size, learning rate, order and steps.

`python -m attnlib.studies.bottleneck` measures what `bottleneck.csv` lacks and keeps the rest. Random letters are
reversed or copied; each point trains one model from scratch and counts exact matches by length.
"""

import functools
import os

import torch
from torch import nn

from attnlib import studies
from attnlib.corpora import generated
from attnlib.metrics import exact_match
from attnlib.models import (
    END,
    START,
    AttentionTranslator,
    ContextDecoder,
    ContextTranslator,
    Encoder,
    LuongDecoder,
    greedy_decode,
)
from attnlib.training import reproducible, to_batch, train

RESULTS = studies.results_of("bottleneck")
SYMBOLS, LONGEST, VOCAB, EMBEDDING = 10, 20, 14, 32
BINS = ((1, 4), (5, 8), (9, 12), (13, 16), (17, 20))     # lengths without <end>, both ends included
HIDDEN_SIZES, MIDDLE = (32, 64, 128), 64
# Kind of model and the size of its states. Those after the first three have as many parameters as "context" of size 64.
MODELS = (("context", 32), ("context", 64), ("context", 128), ("context, both ways", 72), ("tanh RNN", 120),
          ("LSTM", 54), ("attention", 54), ("attention, both ways", 58))
SEEDS, TUNING_SEED, RATES = (1, 2, 3), 100, (0.00125, 0.0025, 0.005, 0.01, 0.02, 0.04)
STEPS, SHORT_STEPS, LONG_STEPS = 1000, 250, 10_000
MANY, FEW, PER_BIN = 50_000, 500, 200
TASKS = {"reversal": generated.reversal, "copying": generated.copying}


# ---- Models ----------------------------------------------------------------------------------------------------------

class OtherCells(nn.Module):
    """The encoder and decoder of lesson 03 with another cell: nn.RNN or nn.LSTM.

    An LSTM hands on its state and its memory cell, so its context is two vectors, 2H numbers.
    """

    def __init__(self, cell, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.source, self.target = (nn.Embedding(vocab_size, embedding_size) for _ in range(2))
        self.encoder, self.decoder = (cell(embedding_size, hidden_size, batch_first=True) for _ in range(2))
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, source, inputs):
        """Ids (B,S), and what the decoder reads, (B,T), to logits (B,T,V)."""
        states, _ = self.decoder(self.target(inputs), self._context(source))
        return self.output(states)

    def _context(self, source):
        lengths = (source != 0).sum(dim=1).cpu()                 # packing wants them there
        packed = nn.utils.rnn.pack_padded_sequence(self.source(source), lengths, batch_first=True, enforce_sorted=False)
        return self.encoder(packed)[1]                           # (1,B,H), of an LSTM two of these

    @torch.no_grad()
    def translate(self, source, max_length):
        """Ids (B,S) to ids (B, ≤ max_length), as `greedy_decode` writes them."""
        context = self._context(source)
        two = isinstance(context, tuple)

        def step(token, state):
            parts = [part[None].contiguous() for part in state.chunk(2 if two else 1, dim=-1)]
            states, state = self.decoder(self.target(token[:, None]), tuple(parts) if two else parts[0])
            return self.output(states[:, 0]), torch.cat(state if two else [state], dim=-1)[0]

        return greedy_decode(step, torch.cat(context if two else [context], dim=-1)[0], max_length, START, END)


def build(model, hidden_size):
    """A fresh model of a kind in `MODELS`."""
    sizes = (VOCAB, EMBEDDING, hidden_size)
    if model in ("tanh RNN", "LSTM"):
        return OtherCells(nn.LSTM if model == "LSTM" else nn.RNN, *sizes)
    encoder = Encoder(*sizes, bidirectional=model.endswith("both ways"))
    if model.startswith("attention"):
        return AttentionTranslator(encoder, LuongDecoder(*sizes, score="general"))
    return ContextTranslator(encoder, ContextDecoder(*sizes))


# ---- Examples --------------------------------------------------------------------------------------------------------

@functools.lru_cache(maxsize=4)
def examples(task, count, seed, source="as it is", lengths=(1, LONGEST)):
    """Pairs of lists of ids with `<end>`; letters have the ids from 4 on. source: "as it is" or "reversed"."""
    letter = {symbol: i for i, symbol in enumerate(generated.SYMBOLS, start=4)}
    pairs = TASKS[task](count, seed, lengths[1], lengths[0], SYMBOLS)
    sides = [([letter[s] for s in pair.source], [letter[s] for s in pair.target]) for pair in pairs]
    return [([END, *said[::-1]] if source == "reversed" else [*said, END], [*target, END]) for said, target in sides]


def test_set(task, source):
    """(B,S) and (B,T) for each bin."""
    return [to_batch(examples(task, PER_BIN, seed=1000 + low, source=source, lengths=(low, high)))
            for low, high in BINS]


def unseen(batch, training):
    """The rows of a batch whose source isn't among the pairs to train on."""
    seen = {tuple(source) for source, _ in training}
    kept = [i for i, row in enumerate(batch[0].tolist()) if tuple(token for token in row if token) not in seen]
    return batch[0][kept], batch[1][kept]


def right_in(model, batch):
    """How many rows of a batch are right, free running."""
    source, target = batch
    return int(exact_match(model.translate(source, target.shape[1] + 2), target).sum())


# ---- Points ----------------------------------------------------------------------------------------------------------

def point(experiment, seed, rate, model="context", hidden=MIDDLE, task="reversal", source="as it is", pairs=MANY,
          steps=STEPS):
    return {"experiment": experiment, "model": model, "hidden": hidden, "task": task, "source": source,
            "pairs": pairs, "steps": steps, "rate": rate, "seed": seed}


def measure(point):
    """Train the point's model; rows (measured on, low, high, right, count, parameters, loss).

    With few pairs, what was trained on is measured as well, and left out of the new rows. With many it stays in:
    nearly all rows of up to three letters are among 50,000.
    """
    training = examples(point["task"], point["pairs"], seed=point["seed"], source=point["source"])
    reproducible(point["seed"], threads=1)
    model = build(point["model"], point["hidden"])
    losses = train(model, training, point["steps"], point["rate"], seed=point["seed"], doing=studies.named(point))
    shared = {"parameters": sum(p.numel() for p in model.parameters()), "loss": round(sum(losses[-50:]) / 50, 4)}
    few = point["pairs"] <= FEW
    new = [unseen(batch, training) if few else batch for batch in test_set(point["task"], point["source"])]
    rows = [{"measured_on": "new", "low": low, "high": high, "right": right_in(model, batch), "count": len(batch[0])}
            for (low, high), batch in zip(BINS, new, strict=True)]
    if few:
        for low, high in BINS:
            some = [pair for pair in training if low < len(pair[1]) <= high + 1]
            rows.append({"measured_on": "trained", "low": low, "high": high, "right": right_in(model, to_batch(some)),
                         "count": len(some)})
    return [row | shared for row in rows]


# ---- Stages ----------------------------------------------------------------------------------------------------------

def rates(rows):
    """Each model on a seed of its own, at all learning rates."""
    return [point("rates", TUNING_SEED, rate, *model) for model in MODELS for rate in RATES]


def best_rate(rows, model, hidden):
    """The rate at which the model's last losses were lowest, on the tuning seed."""
    tried = [row for row in rows if (row["experiment"], row["model"], row["hidden"]) == ("rates", model, hidden)]
    return min(tried, key=lambda row: row["loss"])["rate"]


def sizes(rows):
    """The headline: three sizes of one vector, other cells, and attention, three seeds each."""
    return [point("sizes", seed, best_rate(rows, *model), *model) for seed in SEEDS for model in MODELS]


def orders(rows):
    """The source turned round, on both tasks; copying as it is; reversal as it is stands among the sizes."""
    rate = best_rate(rows, "context", MIDDLE)
    kinds = (("reversal", "reversed"), ("copying", "as it is"), ("copying", "reversed"))
    return [point("orders", seed, rate, task=task, source=source) for seed in SEEDS for task, source in kinds]


def few_pairs(rows):
    """So few pairs that a model can learn them by heart: does a larger one overfit?"""
    return [point("few pairs", seed, best_rate(rows, "context", hidden), hidden=hidden, pairs=FEW, steps=steps)
            for steps in (SHORT_STEPS, STEPS) for seed in SEEDS for hidden in HIDDEN_SIZES]


def ten_times(rows):
    """The middle and the largest size with ten times the steps."""
    return [point("ten times", seed, best_rate(rows, "context", hidden), hidden=hidden, steps=LONG_STEPS)
            for seed in SEEDS for hidden in (MIDDLE, HIDDEN_SIZES[-1])]


STAGES = (rates, sizes, orders, few_pairs, ten_times)


def main():
    rows = studies.run(STAGES, measure, RESULTS, "python -m attnlib.studies.bottleneck", workers=os.cpu_count())
    print(f"{RESULTS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
