"""Time to a target: 95 % of lesson 06's reversals exactly right, our trainer beside the usual recipe.

    python -m tests.benchmarks.target [SEEDS]

The usual recipe is the tutorials': the decoder one step after the other, batches as they come, a constant learning
rate. It is stopped, and its time taken, when it first reaches the target; evaluation isn't counted. Our trainer
lets its rate fall to 0 at a last step that is fixed before, so it counts as having reached the target with the
shortest of a few lengths of run that gets there, and with the time of that run. The same model, the same first
weights, the same sentences for both.
"""

import copy
import itertools
import random
import statistics
import sys
import time

import torch

from attnlib.models import AttentionTranslator
from attnlib.studies.bottleneck import build, examples, right_in, test_set
from attnlib.training import masked_cross_entropy, reproducible, shift_right, to_batch, train
from tests.benchmarks import table
from tests.benchmarks.training import LuongLoop

TARGET, MODEL, PAIRS = 0.95, ("attention, both ways", 58), 50_000
RATE, USUAL_RATE = 0.01, 3e-3
RUNS = (400, 600, 800, 1000, 1400, 2000)  # steps
EVERY, LONGEST = 100, 4000


def main(seeds=3):
    """The report's lines, and which figures were missed: none is asked here."""
    rows, ratios = [], []
    for seed in range(1, seeds + 1):
        reproducible(seed, threads=1)
        first, training, tests = build(*MODEL), examples("reversal", PAIRS, seed), test_set("reversal", "as it is")
        (ours, steps), (usual, usual_steps) = _ours(first, training, tests, seed), _usual(first, training, tests, seed)
        reached = steps and usual_steps
        ratios += [usual / ours] if reached else []
        rows.append((seed, _said(ours, steps), _said(usual, usual_steps), f"{usual / ours:.1f} ×" if reached else "–"))
        print(*rows[-1], flush=True)
    spread = (f"median {statistics.median(ratios):.1f} ×, {min(ratios):.1f} to {max(ratios):.1f}" if ratios
              else "no seed reached the target with both")
    return [f"Time to {TARGET:.0%} of reversals of up to 20 letters, one thread: {spread}", "",
            *table(("seed", "our trainer", "the usual recipe", "ratio"), rows)], []


def _said(seconds, steps):
    return f"{seconds:.0f} s, {steps} steps" if steps else f"not reached after {seconds:.0f} s"


def _share(model, tests):
    model.eval()
    share = sum(right_in(model, batch) for batch in tests) / sum(len(batch[0]) for batch in tests)
    model.train()
    return share


def _ours(first, training, tests, seed):
    """(seconds of the shortest run that reaches the target, its steps), or (seconds of the longest, None)."""
    for steps in RUNS:
        model, began = copy.deepcopy(first), time.perf_counter()
        train(model, training, steps, RATE, seed=seed)
        seconds = time.perf_counter() - began
        if _share(model, tests) >= TARGET:
            return seconds, steps
    return seconds, None


def _usual(first, training, tests, seed):
    """(seconds until the target is reached, steps), or (seconds in all, None)."""
    model = copy.deepcopy(first)
    looped = AttentionTranslator(model.encoder, LuongLoop(model.decoder))
    optimiser, seconds = torch.optim.Adam(model.parameters(), lr=USUAL_RATE), 0.0
    for step, (source, target) in enumerate(itertools.islice(_as_they_come(training, seed), LONGEST), start=1):
        began = time.perf_counter()
        loss = masked_cross_entropy(looped(source, shift_right(target)), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seconds += time.perf_counter() - began
        if step % EVERY == 0 and _share(model, tests) >= TARGET:
            return seconds, step
    return seconds, None


def _as_they_come(training, seed, batch_size=64):
    draw = random.Random(seed)
    while True:
        yield to_batch(draw.sample(training, batch_size))


if __name__ == "__main__":
    text, _ = main(*map(int, sys.argv[1:]))
    print("\n".join(text))
