"""Time to a target: 95 % of lesson 06's reversals exactly right, our trainer beside the usual recipe.

    python -m tests.benchmarks.target [SEEDS]

The usual recipe is the tutorials': the decoder one step after the other (with W on the query, which is the faster
way), batches as they come, a constant learning rate, Adam's. It is stopped, and its time taken, when it first reaches
the target; evaluation isn't counted. Our trainer's rate falls to 0 at a last step that is fixed before, so it takes the
same number of steps with each seed and must have reached the target at the end. The same model, the same first
weights, the same sentences for both.
Time is the processor's, on one thread; two seeds are measured at a time.
"""

import copy
import itertools
import multiprocessing
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import torch

from attnlib.models import AttentionTranslator
from attnlib.studies.bottleneck import build, examples, right_in, test_set
from attnlib.training import masked_cross_entropy, reproducible, shift_right, to_batch, train
from tests.benchmarks import spread, table
from tests.benchmarks.training import LeanLuongLoop

TARGET, MODEL, PAIRS = 0.95, ("attention, both ways", 58), 50_000
STEPS, RATE = 600, 0.01  # the rate is the best of six in lesson 04's study
USUAL_RATE, EVERY, LONGEST = 0.001, 50, 2000  # Adam's own rate


def main(seeds=5):
    """The report's lines, and which figures were missed: that our trainer reaches the target."""
    rows, ratios, missed = [], [], []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for seed, found in enumerate(pool.map(measure, range(1, seeds + 1)), start=1):
            (ours, share), (usual, usual_steps, usual_share) = found
            ratios.append(usual / ours)
            missed += [f"{TARGET:.0%} with seed {seed} ({share:.1%})"] if share < TARGET else []
            rows.append((seed, f"{ours:.0f} s, {STEPS} steps, {share:.1%}",
                         f"{usual:.0f} s, {usual_steps} steps, {usual_share:.1%}",
                         f"{'more than ' if usual_share < TARGET else ''}{usual / ours:.1f} ×"))
            print(*rows[-1], flush=True)
    return [f"Time to {TARGET:.0%} of reversals of up to 20 letters right, one thread", "",
            f"The usual recipe against our trainer: {spread(ratios, '×', 1)}; one that hadn't reached the target after "
            f"{LONGEST} steps was stopped and counts with those.", "",
            *table(("seed", "our trainer", "the usual recipe", "ratio"), rows)], missed


def measure(seed):
    """((seconds, share right) of our trainer, (seconds, steps, share right) of the usual recipe)."""
    reproducible(seed, threads=1)
    first, training, tests = build(*MODEL), examples("reversal", PAIRS, seed), test_set("reversal", "as it is")
    return ours(first, training, tests, seed), usual(first, training, tests, seed)


def ours(first, training, tests, seed):
    model, began = copy.deepcopy(first), time.process_time()
    train(model, training, STEPS, RATE, seed=seed)
    return time.process_time() - began, _share(model, tests)


def usual(first, training, tests, seed):
    model, draw, seconds = copy.deepcopy(first), random.Random(seed), 0.0
    looped = AttentionTranslator(model.encoder, LeanLuongLoop(model.decoder))
    optimiser = torch.optim.Adam(model.parameters(), lr=USUAL_RATE)
    for step in itertools.count(1):
        began = time.process_time()
        source, target = to_batch(draw.sample(training, 64))
        loss = masked_cross_entropy(looped(source, shift_right(target)), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seconds += time.process_time() - began
        if step % EVERY == 0 and ((share := _share(model, tests)) >= TARGET or step >= LONGEST):
            return seconds, step, share


def _share(model, tests):
    return sum(right_in(model, batch) for batch in tests) / sum(len(batch[0]) for batch in tests)


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join([*text, *late]))
    sys.exit(1 if late else 0)
