"""A GPU beside the processor: the same gradients, the same lessons, and their times.

    python -m tests.benchmarks.gpu [REPEATS]

A lesson runs on it unchanged, with ATTN_DEVICE=cuda. Its training ends elsewhere then, by rounding and by other random
numbers; its results are within tolerance where all that it asserts of them holds. Where there is no GPU, says so and
measures nothing; tests/test_elsewhere.py shows on any machine that what the lessons train leaves nothing behind.
"""

import copy
import os
import re
import sys
from unittest import mock

import torch
from nbclient.exceptions import CellExecutionError

from attnlib.training import masked_cross_entropy, reproducible, shift_right
from tests.benchmarks import ROOT, lessons, spread, table
from tests.benchmarks.training import SIZES, batch, measure, models, step_of

DEVICE, TOLERANCE = "cuda", 1e-3  # both in 32 bits, added up in another order
TITLE = "On a GPU"
TRAINS = re.compile(r"^from attnlib\.training import .*\btrain\b|\.trained\(", re.MULTILINE)  # a lesson's text


def main(repeats=5):
    """The report's lines, and which models give other results."""
    if not torch.cuda.is_available():
        return [TITLE, "", "Skipped: torch finds no CUDA device here."], []
    reproducible(1)
    rows, missed = [], []
    for sizes in SIZES:
        source, target = batch(sizes)
        for name, model in models(sizes).items():
            there = copy.deepcopy(model).to(DEVICE)
            apart = difference(model, there, source, target)
            missed += [f"{name}, S = T = {sizes.S}: {apart:.1e} apart"] if apart > TOLERANCE else []
            taken = measure({"here": step_of(model, source, target),
                             "there": _waiting(step_of(there, source.to(DEVICE), target.to(DEVICE)))}, repeats)
            ratios = [here / on_gpu for here, on_gpu in zip(*taken.values(), strict=True)]
            times = (spread([1000 * t for t in each], "ms", 1) for each in taken.values())
            rows.append((f"S = T = {sizes.S}", name, *times, spread(ratios, "×"), f"{apart:.1e}"))
            print(*rows[-1], flush=True)
    beside = [on_both(path, DEVICE) for path in trained_lessons()]
    missed += [f"{name}: {wrong}" for name, _, _, wrong in beside if wrong]
    return [f"{TITLE}, {torch.cuda.get_device_name()}: training steps and lessons", "",
            *table(("sizes", "model", "processor", "GPU", "ratio", "largest difference"), rows), "",
            *table(("lesson", "processor", "GPU", "what it asserts"),
                   [(name, f"{here:.0f} s", f"{there:.0f} s", wrong or "holds") for name, here, there, wrong in beside])
            ], missed


def difference(model, there, source, target):
    """The largest between the gradients of the same model here and there, as a share of the largest gradient."""
    gradients = []
    for each in (model, there):
        device = next(each.parameters()).device
        loss = masked_cross_entropy(each(source.to(device), shift_right(target.to(device))), target.to(device))
        each.zero_grad()
        loss.backward()
        gradients.append(torch.cat([p.grad.flatten().cpu() for p in each.parameters()]))
    here, other = gradients
    return float((here - other).abs().max() / here.abs().max())


def trained_lessons():
    """The paths of the executed lessons whose models `attnlib.training.train` trains, by a study or at first hand."""
    return sorted(text.with_suffix(".ipynb") for text in ROOT.glob("solutions/*/*.md")
                  if TRAINS.search(text.read_text(encoding="utf-8")))


def on_both(path, device):
    """(a lesson, its seconds here, its seconds there, which claim doesn't hold there or "")."""
    def seconds(where):
        with mock.patch.dict(os.environ, ATTN_DEVICE=where):
            return sum(cell.seconds for cell in lessons.run(path))

    here = seconds("cpu")
    try:
        there, wrong = seconds(device), ""
    except CellExecutionError as error:
        there, wrong = float("nan"), f"{error.ename}: {error.evalue}"
    print(path.stem, here, there, wrong, flush=True)
    return path.stem, here, there, wrong


def _waiting(step):
    """The step, and until the GPU has done it."""
    def done():
        step()
        torch.cuda.synchronize()

    return done


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join([*text, *late]))
    sys.exit(1 if late else 0)
