"""Lesson 04's study: what one context vector holds, by length, size, learning rate, order and steps.

`python -m attnlib.studies.bottleneck` measures what `bottleneck.csv` lacks and keeps the rest. Random letters are
reversed or copied; each point trains one model from scratch and counts exact matches by length.
"""

import functools

import torch
from torch import nn

from attnlib import studies
from attnlib.corpora import generated
from attnlib.course.attention import masked_softmax
from attnlib.metrics import exact_match
from attnlib.models import END, START, ContextDecoder, ContextTranslator, Encoder, greedy_decode
from attnlib.training import reproducible, to_batch, train

RESULTS = studies.results_of("bottleneck")
SYMBOLS, LONGEST, VOCAB, EMBEDDING = 10, 20, 14, 32
BINS = ((1, 4), (5, 8), (9, 12), (13, 16), (17, 20))     # lengths without <end>, both ends included
HIDDEN_SIZES, SEEDS, TUNING_SEED = (32, 64, 128), (1, 2, 3), 100
ATTENTION_SEEDS, ORDER_SEEDS = (1,), (1, 2)
SMALL_AND_LARGE = (32, 128)
MIDDLE, ATTENTION_SIZE = 64, 58                          # the attention model has as many parameters as size 64
RATES = (0.006, 0.012, 0.024)
STEPS, SHORT_STEPS = 1000, 250
MANY, FEW, PER_BIN = 50_000, 500, 200
TASKS = {"reversal": generated.reversal, "copying": generated.copying}


# ---- Models ----------------------------------------------------------------------------------------------------------

class BothWays(nn.Module):
    """An encoder that reads from both ends, half of each state from either (Bahdanau et al. 2014, section 3.2)."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size // 2, batch_first=True, bidirectional=True)

    def forward(self, ids):
        """Ids (B,S) to (states (B,S,H), the two last states side by side (B,H))."""
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(ids), (ids != 0).sum(dim=1), batch_first=True,
                                                   enforce_sorted=False)
        states, last = self.rnn(packed)                                                  # last (2,B,H/2)
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=ids.shape[1])
        return states, torch.cat([last[0], last[1]], dim=-1)


class AttentionTranslator(nn.Module):
    """An encoder-decoder that looks at all encoder states (Luong et al. 2015, general score); lesson 06 builds it."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.encoder = BothWays(vocab_size, embedding_size, hidden_size)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.score = nn.Linear(hidden_size, hidden_size, bias=False)
        self.combine = nn.Linear(2 * hidden_size, hidden_size, bias=False)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, source, inputs):
        """Ids (B,S), and what the decoder reads, (B,T), to logits (B,T,V)."""
        states, context = self.encoder(source)                                           # (B,S,H), (B,H)
        return self._say(inputs, context, states, source != 0)[0]

    def _say(self, inputs, state, states, mask):
        thoughts, state = self.rnn(self.embedding(inputs), state[None].contiguous())     # (B,T,H)
        scores = self.score(thoughts) @ states.transpose(1, 2)                           # (B,T,S)
        contexts = masked_softmax(scores, mask[:, None]) @ states                        # (B,T,H)
        return self.output(torch.tanh(self.combine(torch.cat([thoughts, contexts], dim=-1)))), state[0]

    @torch.no_grad()
    def translate(self, source, max_length):
        """Ids (B,S) to ids (B, ≤ max_length), as `greedy_decode` writes them."""
        states, context = self.encoder(source)

        def step(token, state):
            logits, state = self._say(token[:, None], state, states, source != 0)
            return logits[:, 0], state

        return greedy_decode(step, context, max_length, START, END)


def build(model, hidden_size):
    """A fresh model: "context" or "attention"."""
    if model == "attention":
        return AttentionTranslator(VOCAB, EMBEDDING, hidden_size)
    return ContextTranslator(Encoder(VOCAB, EMBEDDING, hidden_size), ContextDecoder(VOCAB, EMBEDDING, hidden_size))


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
    """Train the point's model; rows (measured on, low, high, right, count, parameters, loss)."""
    training = examples(point["task"], point["pairs"], seed=point["seed"], source=point["source"])
    reproducible(point["seed"], threads=1)
    model = build(point["model"], point["hidden"])
    losses = train(model, training, point["steps"], point["rate"], seed=point["seed"], doing=studies.named(point))
    shared = {"parameters": sum(p.numel() for p in model.parameters()), "loss": round(sum(losses[-50:]) / 50, 4)}
    rows = [{"measured_on": "new", "low": low, "high": high, "right": right_in(model, batch), "count": PER_BIN}
            for (low, high), batch in zip(BINS, test_set(point["task"], point["source"]), strict=True)]
    if point["pairs"] <= FEW:
        for low, high in BINS:
            some = [pair for pair in training if low < len(pair[1]) <= high + 1]
            rows.append({"measured_on": "trained", "low": low, "high": high, "right": right_in(model, to_batch(some)),
                         "count": len(some)})
    return [row | shared for row in rows]


# ---- Stages ----------------------------------------------------------------------------------------------------------

MODELS = [("context", hidden) for hidden in HIDDEN_SIZES] + [("attention", ATTENTION_SIZE)]


def rates(rows):
    """Each model on a seed of its own, at three learning rates, for a quarter of the steps."""
    return [point("rates", TUNING_SEED, rate, *model, steps=SHORT_STEPS) for model in MODELS for rate in RATES]


def best_rate(rows, model, hidden):
    """The rate at which the model's last losses were lowest, on the tuning seed."""
    tried = [row for row in rows if (row["experiment"], row["model"], row["hidden"]) == ("rates", model, hidden)]
    return min(tried, key=lambda row: row["loss"])["rate"]


def sizes(rows):
    """The headline: three sizes, three seeds."""
    return [point("sizes", seed, best_rate(rows, *model), *model) for seed in SEEDS for model in MODELS[:-1]]


def attention(rows):
    """The model that lesson 06 builds, as an outlook."""
    return [point("sizes", seed, best_rate(rows, *MODELS[-1]), *MODELS[-1]) for seed in ATTENTION_SEEDS]


def orders(rows):
    """The source turned round, on both tasks; copying as it is; reversal as it is stands among the sizes."""
    rate = best_rate(rows, "context", MIDDLE)
    kinds = (("reversal", "reversed"), ("copying", "as it is"), ("copying", "reversed"))
    return [point("orders", seed, rate, task=task, source=source) for seed in ORDER_SEEDS for task, source in kinds]


def few_pairs(rows):
    """So few pairs that a model can learn them by heart: does a larger one overfit?"""
    return [point("few pairs", seed, best_rate(rows, "context", hidden), hidden=hidden, pairs=FEW, steps=SHORT_STEPS)
            for seed in SEEDS for hidden in SMALL_AND_LARGE]


def ten_times(rows):
    """The middle size with ten times the steps."""
    return [point("ten times", SEEDS[0], best_rate(rows, "context", MIDDLE), steps=10 * STEPS)]


STAGES = (rates, sizes, attention, ten_times, few_pairs, orders)


def main():
    rows = studies.run(STAGES, measure, RESULTS, "python -m attnlib.studies.bottleneck")
    print(f"{RESULTS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
