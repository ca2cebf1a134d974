"""What a training step costs: lesson 06's decoders beside plain loops, no attention, and the matrix products alone.

    python -m tests.benchmarks.training [REPEATS]

All loops are shown to give the same logits and weights first, on shared weights. All models take their turns
in each repetition, so that what else the machine does meets all of them; a ratio is a median over repetitions,
with the smallest and the largest. Exit code 1 where a figure is not reached.
"""

import statistics
import sys
import time
from typing import NamedTuple

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from attnlib.course.attention import masked_softmax
from attnlib.models import (
    AttentionTranslator,
    BahdanauDecoder,
    ContextDecoder,
    ContextTranslator,
    Encoder,
    LuongDecoder,
)
from attnlib.training import masked_cross_entropy, reproducible, shift_right
from tests.benchmarks import reached, spread, table

THREADS = 2
COMPARED = {  # (one, other): what the ratio of their times is to reach at the first of the sizes
    ("Luong's loop", "Luong"): (">=", 2.0), ("Luong's lean loop", "Luong"): None,
    ("Luong", "no attention"): ("<=", 1.3),
    ("Bahdanau's loop", "Bahdanau"): (">=", 1.5), ("products alone", "Luong"): None}


class Sizes(NamedTuple):
    B: int
    S: int
    T: int
    E: int
    H: int
    V: int


SIZES = (Sizes(64, 20, 20, 128, 256, 2000), Sizes(64, 50, 50, 128, 256, 2000), Sizes(64, 100, 100, 128, 256, 2000))


class LuongLoop(nn.Module):
    """Luong's decoder as tutorials write it: one step after the other, W on all encoder states at each of them.

    The output layer stands inside the loop, too.
    """

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, inputs, encoder_states, mask, state):
        d, all_logits, all_weights = self.decoder, [], []
        for t in range(inputs.shape[1]):
            embedded = d.embedding(inputs[:, t])                                              # (B, E)
            state = torch.gru_cell(embedded, state, *d.rnn.all_weights[0])                    # (B, H)
            weights = masked_softmax(self.scores(state, encoder_states), mask)                # (B, S)
            context = torch.bmm(weights[:, None], encoder_states)[:, 0]                       # (B, H)
            attentional = torch.tanh(d.combine(torch.cat([state, context], dim=-1)))          # (B, H)
            all_logits.append(d.output(attentional))                                          # (B, V)
            all_weights.append(weights)
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)

    def scores(self, state, encoder_states):
        keys = encoder_states @ self.decoder.score.W.weight                                   # (B, S, H)
        return torch.bmm(keys, state[:, :, None])[..., 0]                                     # (B, S)


class LeanLuongLoop(LuongLoop):
    """The same loop with W on the query: the same scores for less work."""

    def scores(self, state, encoder_states):
        return torch.bmm(encoder_states, self.decoder.score.W(state)[:, :, None])[..., 0]     # (B, S)


class BahdanauLoop(nn.Module):
    """Bahdanau's decoder as it is usually written: keys and output layer inside the loop."""

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, inputs, encoder_states, mask, state):
        d, all_logits, all_weights = self.decoder, [], []
        for t in range(inputs.shape[1]):
            scores = d.v(torch.tanh(d.W_q(state)[:, None] + d.W_k(encoder_states)))[..., 0]   # (B, S)
            weights = masked_softmax(scores, mask)
            context = torch.bmm(weights[:, None], encoder_states)[:, 0]                       # (B, H)
            state = d.cell(torch.cat([d.embedding(inputs[:, t]), context], dim=-1), state)    # (B, H)
            all_logits.append(d.output(state))                                                # (B, V)
            all_weights.append(weights)
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)


class Products:
    """The matrix products of one step of Luong's model and nothing else: forwards, and two backwards for each."""

    def __init__(self, B, S, T, E, H, V):
        at_once = [(B * S, E, 3 * H), (B * T, E, 3 * H), (B * T, H, H), (B * T, 2 * H, H), (B * T, H, V)]
        in_turn = [(B, H, 3 * H)] * (S + T)                                   # the two recurrences
        self.plain = [self._three(*each) for each in at_once + in_turn]
        self.batched = [self._three(*each, B) for each in ((T, H, S), (T, S, H))]

    @staticmethod
    def _three(n, k, m, *batch):
        a, b, c = torch.randn(*batch, n, k), torch.randn(*batch, k, m), torch.randn(*batch, n, m)
        return (a, b), (c, b.mT), (a.mT, c)

    def __call__(self):
        for three in self.plain:
            for a, b in three:
                torch.mm(a, b)
        for three in self.batched:
            for a, b in three:
                torch.bmm(a, b)


def models(sizes):
    """The models of one comparison, by name; a loop shares its weights with the decoder it is compared with."""
    B, S, T, E, H, V = sizes
    encoder, luong, bahdanau = Encoder(V, E, H), LuongDecoder(V, E, H), BahdanauDecoder(V, E, H)
    return {"Luong": AttentionTranslator(encoder, luong),
            "Luong's loop": AttentionTranslator(encoder, LuongLoop(luong)),
            "Luong's lean loop": AttentionTranslator(encoder, LeanLuongLoop(luong)),
            "Bahdanau": AttentionTranslator(encoder, bahdanau),
            "Bahdanau's loop": AttentionTranslator(encoder, BahdanauLoop(bahdanau)),
            "no attention": ContextTranslator(encoder, ContextDecoder(V, E, H))}


def batch(sizes):
    """Source (B,S) and target (B,T): a quarter of the rows is shorter, so that there is padding."""
    ids = [torch.randint(4, sizes.V, (sizes.B, length)) for length in (sizes.S, sizes.T)]
    for side in ids:
        side[: sizes.B // 4, side.shape[1] // 2 :] = 0
    return ids


def equal(models, sizes):
    """Raise AssertionError unless each loop gives what its decoder gives, to 1e-5."""
    source, target = batch(sizes)
    with torch.no_grad():
        for pair in (("Luong", "Luong's loop"), ("Luong", "Luong's lean loop"), ("Bahdanau", "Bahdanau's loop")):
            at_once, loop = (models[each].read(source, shift_right(target)) for each in pair)
            for ours, theirs in zip(at_once, loop, strict=True):
                torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def step_of(model, source, target):
    """One training step as attnlib.training takes it, as a function."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step():
        loss = masked_cross_entropy(model(source, shift_right(target)), target)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    return step


def measure(steps, repeats, seconds=0.5, clock=time.perf_counter):
    """Each function's seconds a call, one list of `repeats` for each name; all take turns within a repetition.

    seconds: about how long a function is called in each repetition.
    """
    def timed(step, calls):
        began = clock()
        for _ in range(calls):
            step()
        return (clock() - began) / calls

    for step in steps.values():
        step()  # the first call allocates
    calls = {name: max(1, round(seconds / timed(step, 1))) for name, step in steps.items()}
    taken = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            taken[name].append(timed(step, calls[name]))
    return taken


def where(step, top=8, calls=5):
    """The operations that take most of a step: (name, share of the step's CPU time), the largest first."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(calls):
            step()
    rows = sorted(profiled.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows)
    return [(row.key, row.self_cpu_time_total / total) for row in rows[:top]]


def main(repeats=5):
    """The report's lines, and which figures were missed."""
    reproducible(1, threads=THREADS)
    rows, times, shares, missed = [], [], [], []
    for sizes in SIZES:
        label, compared = f"S = T = {sizes.S}", models(sizes)
        equal(compared, sizes)
        steps = {name: step_of(model, *batch(sizes)) for name, model in compared.items()}
        taken = measure(steps | {"products alone": Products(*sizes)}, repeats)
        for (one, other), goal in COMPARED.items():
            ratios = [a / b for a, b in zip(taken[one], taken[other], strict=True)]
            asked = goal if sizes is SIZES[0] else None  # the goals are set for the first of the sizes
            late = asked and not reached(statistics.median(ratios), *asked)
            missed += [f"{one} against {other}, {label} ({statistics.median(ratios):.2f} ×)"] if late else []
            rows.append((label, f"{one} against {other}", spread(ratios, "×"),
                         f"{asked[0]} {asked[1]:g}{' **missed**' if late else ''}" if asked else ""))
        times.append((label, *(f"{1000 * statistics.median(each):.0f} ms" for each in taken.values())))
        shares += [(label, f"`{name}`", f"{share:.0%}") for name, share in where(steps["Luong"])]
        print(*times[-1], flush=True)
    return [f"A training step at B = 64, E = 128, H = 256, V = 2000, {THREADS} threads, medians of {repeats}", "",
            "Each loop gives what its decoder gives, to 1e-5, on shared weights. Luong's loop applies W to all encoder "
            "states at each step, as tutorials do; the lean one applies it to the query.", "",
            *table(("sizes", "ratio", "median, spread", "to reach"), rows), "",
            *table(("sizes", *taken), times), "",
            "Where Luong's step goes, by operation (`mm`, `addmm` and `bmm` are matrix products):", "",
            *table(("sizes", "operation", "share"), shares)], missed


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join(text))
    sys.exit(1 if late else 0)
