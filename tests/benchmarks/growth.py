"""How time and memory grow with S, T, B and H: one context vector, two attentions, self-attention.

    python -m tests.benchmarks.growth

Time is the processor's on one thread, forwards and back, so that other programs don't count; memory is what torch
keeps for the way back, parameters aside, as lessons 05 and 09 count it. A slope is that of the last three points on
log-log axes: 1 is proportional, 2 the square. The figure is build/growth.png.
"""

import itertools
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from attnlib import figures
from attnlib.course.self_attention import multi_head_attention
from attnlib.models import (
    AttentionTranslator,
    BahdanauDecoder,
    ContextDecoder,
    ContextTranslator,
    Encoder,
    LuongDecoder,
)
from attnlib.training import progress, reproducible
from tests.benchmarks import BUILD, reached, table

VOCAB = 50  # small, so that the output layer hides nothing
MIDDLE = {"S": 64, "T": 64, "B": 4, "H": 64}
AXES = {"S": (16, 32, 64, 128, 256, 512, 1024, 2048), "T": (16, 32, 64, 128, 256, 512),
        "S = T": (16, 32, 64, 128, 256, 512),
        "B": (2, 4, 8, 16, 32, 64), "H": (16, 32, 64, 128, 256, 512)}
QUICK = {"S": (512, 1024, 2048), "T": (128, 256, 512), "S = T": (128, 256, 512)}
WORDS = {"S": "source words", "T": "target words", "S = T": "words on each side", "B": "sentences in a batch",
         "H": "numbers in a state"}
GOALS = {  # (model, axis): the slope of memory; what lessons 05 and 09 say
    ("context vector", "S"): ("<=", 1.05), ("context vector", "T"): ("<=", 1.05),
    ("self-attention", "S"): (">=", 1.7), ("attention, additive", "S = T"): (">=", 1.7),
    ("attention, general", "S = T"): (">=", 1.05)}


class SelfAttention(nn.Module):
    """Embeddings and one layer of self-attention over S words; there is no target side."""

    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, hidden_size)
        self.W = nn.ParameterList(torch.randn(hidden_size, hidden_size) / hidden_size**0.5 for _ in range(4))

    def forward(self, source, target):
        return multi_head_attention(self.embedding(source), *self.W, heads=1)


def models(H):
    """The models to compare, by name, at state size H."""
    sizes = VOCAB, H, H
    return {"context vector": ContextTranslator(Encoder(*sizes), ContextDecoder(*sizes)),
            "attention, general": AttentionTranslator(Encoder(*sizes), LuongDecoder(*sizes)),
            "attention, additive": AttentionTranslator(Encoder(*sizes), BahdanauDecoder(*sizes)),
            "self-attention": SelfAttention(H)}


def seconds_of(model, source, target, repeats):
    """Processor time, forwards and back, the least of some."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        model(source, target).sum().backward()
        taken.append(time.process_time() - began)
    return min(taken)


def bytes_kept(model, source, target):
    """What torch keeps for the way back, parameters aside, each piece of memory once."""
    kept, own = {}, {each.untyped_storage().data_ptr() for each in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.setdefault(x.untyped_storage().data_ptr(), x),
                                                  lambda x: x):
        model(source, target).sum()
    return sum(each.untyped_storage().nbytes() for place, each in kept.items() if place not in own)


def sizes_on(axis, value):
    """The sizes at one point of an axis; "S = T" sets both."""
    return MIDDLE | dict.fromkeys(axis.split(" = "), value)


def measure(axes, repeats=3):
    """{axis: {model: [(seconds, bytes) at each of the axis's values]}}; no seconds where repeats is 0."""
    points = [(axis, value) for axis, values in axes.items() for value in values]
    found = {axis: {} for axis in axes}
    for axis, value in progress(points, "growth"):
        S, T, B, H = sizes_on(axis, value).values()
        source, target = (torch.randint(4, VOCAB, (B, length)) for length in (S, T))
        for name, model in models(H).items():
            if name == "self-attention" and axis == "T":
                continue
            taken = seconds_of(model, source, target, repeats) if repeats else float("nan")
            found[axis].setdefault(name, []).append((taken, bytes_kept(model, source, target)))
    return found


def slope(values, measured):
    """That of the last three points on log-log axes."""
    return float(np.polyfit(np.log(values[-3:]), np.log(measured[-3:]), 1)[0])


def check(found, axes):
    """Which of the slopes that the lessons name are others."""
    missed = []
    for (name, axis), (sign, goal) in GOALS.items():
        steep = slope(axes[axis], [kept for _, kept in found[axis][name]])
        if not reached(steep, sign, goal):
            missed.append(f"memory of {name} against {axis}: slope {steep:.2f}, {sign} {goal} was expected")
    return missed


def main():
    """The report's lines, and which figures were missed."""
    reproducible(1, threads=1)
    found = measure(AXES)
    draw(found)
    rows = [(name, what, *(f"{slope(AXES[axis], [point[i] for point in found[axis][name]]):.2f}"
                           if name in found[axis] else "–" for axis in AXES))
            for (i, what), name in itertools.product(enumerate(("time", "memory")), models(2))]
    middle = ", ".join(f"{letter} = {size}" for letter, size in MIDDLE.items())
    return [f"Growth: slopes of the last three points on log-log axes, around {middle}, one thread", "",
            *table(("model", "what", *AXES), rows), "",
            f"The last points: {', '.join(f'{axis} {values[-1]}' for axis, values in AXES.items())}.", "",
            "![Time and memory against S, T, B and H](growth.png)"], check(found, AXES)


def draw(found):
    """Time above, memory below, one column an axis."""
    figures.style()
    figure, axes = plt.subplots(2, len(AXES), figsize=(4 * len(AXES), 7), sharex="col", sharey="row")
    for column, (axis, values) in enumerate(AXES.items()):
        for row, (scale, unit) in enumerate(((1e3, "milliseconds"), (1 / 2**20, "MB kept for the way back"))):
            ax = axes[row, column]
            for (name, points), marker in zip(found[axis].items(), "os^D", strict=False):
                ax.loglog(values, [scale * point[row] for point in points], marker + "-", label=name,
                          color=figures.PALETTE[list(models(2)).index(name)])
            ax.set(xlabel=WORDS[axis] if row else None, ylabel=None if column else unit)
            ax.set_xticks(values, values, rotation=45)
            ax.minorticks_off()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    BUILD.mkdir(exist_ok=True)
    figure.savefig(BUILD / "growth.png", dpi=100)
    plt.close(figure)


if __name__ == "__main__":
    text, late = main()
    print("\n".join([*text, *late]))
    sys.exit(1 if late else 0)
