"""The quick form: ratios that are far off, in less than a minute, on a machine that may be busy.

    python -m tests.benchmarks --quick

Small sizes, the processor's time on one thread, ratios alone: the limits lie far from what `make bench` asks for, so
that only a mistake passes them.
"""

import statistics
import tempfile
import time
from pathlib import Path

from attnlib.training import reproducible
from tests.benchmarks import grading, growth, reached, scaling, spread, table
from tests.benchmarks.training import Sizes, batch, equal, measure, models, step_of

SIZES = Sizes(B=16, S=32, T=32, E=32, H=64, V=500)
LIMITS = {  # (slower, faster): the least of the ratio
    ("Luong's lean loop", "Luong"): 1.4, ("Bahdanau's loop", "Bahdanau"): 1.15, ("no attention", "Luong"): 0.5}
RECORDED, GROWTH = 80, 3


def main():
    """The report's lines, and which ratios are far off."""
    reproducible(1, threads=1)
    rows = [*_training(), *_recording()]
    missed = [row[0] for row in rows if not reached(*row[2:])] + growth.check(growth.measure(growth.QUICK, 0),
                                                                              growth.QUICK)
    return ["Quick: which ratios are far off", "",
            *table(("ratio", "median, spread", "limit"),
                   [(what, shown, f"{sign} {goal:g}") for what, shown, _, sign, goal in rows])], missed


def _training():
    compared = models(SIZES)
    equal(compared, SIZES)
    taken = measure({name: step_of(model, *batch(SIZES)) for name, model in compared.items()}, repeats=7, seconds=0.1,
                    clock=time.process_time)
    for (slow, fast), least in LIMITS.items():
        ratios = [a / b for a, b in zip(taken[slow], taken[fast], strict=True)]
        yield f"{slow} against {fast}", spread(ratios, "×"), statistics.median(ratios), ">=", least


def _recording():
    """What recording a submission takes at the end of a class against its beginning."""
    with tempfile.TemporaryDirectory() as folder:
        name = "00_welcome"
        course = grading.course(grading.without_experiments(name), name, RECORDED, Path(folder, "class"))
        taken = scaling.record(course, name, clock=time.process_time)["in all"]
    quarter = RECORDED // 4
    ratio = statistics.median(taken[-quarter:]) / statistics.median(taken[:quarter])
    yield "recording, end of a class against its beginning", f"{ratio:.2f} ×", ratio, "<=", GROWTH
