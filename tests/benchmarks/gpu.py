"""The lessons' models on a GPU beside the processor: the same results within tolerance, and their times.

    python -m tests.benchmarks.gpu [REPEATS]

Where there is no GPU, says so and measures nothing.
"""

import copy
import sys

import torch

from attnlib.training import masked_cross_entropy, reproducible, shift_right
from tests.benchmarks import spread, table
from tests.benchmarks.training import SIZES, batch, measure, models, step_of

DEVICE, TOLERANCE = "cuda", 1e-3  # both in 32 bits, added up in another order
TITLE = "On a GPU"


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
    return [f"{TITLE}, {torch.cuda.get_device_name()}: a training step", "",
            *table(("sizes", "model", "processor", "GPU", "ratio", "largest difference"), rows)], missed


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
