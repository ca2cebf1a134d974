"""Where a large class waits for the coordinator: 10,000 submissions on 1 to 256 workers.

    python -m tests.benchmarks.scaling [RECORDED]

What the coordinator itself does for a submission (restore it, keep its result, record it in a real gradebook.db) is
measured on RECORDED of them, whose tasks take no time; what a worker does, on a few real ones in the sandbox. Then
attnlib.grading.executor.outcomes hands 10,000 tasks of these lengths to simulated workers, on a clock that goes
on by what was measured alone. As with the local pool, a worker waits for the coordinator before its next submission.
The figure is build/scaling.png.
"""

import concurrent.futures
import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt

from attnlib import figures
from attnlib.grading import executor, grade
from attnlib.grading.journal import Journal
from attnlib.grading.record import Recorder
from tests.benchmarks import BUILD, grading, spread, table
from tests.grading import synthetic

LESSON, TASKS, WORKERS, REAL = "01_embeddings", 10_000, (1, 2, 4, 8, 16, 32, 64, 128, 256), 6
GROWTH = 1.5  # the last quarter of what was recorded against the first
BUSY = 0.9  # from this share of the time on, the coordinator is the limit


def main(recorded=3000):
    """The report's lines, and which figures were missed."""
    lesson = grading.without_experiments(LESSON)
    with tempfile.TemporaryDirectory() as folder:
        parts = record(grading.course(lesson, LESSON, recorded, Path(folder, "many")), LESSON)
        work = real(grading.course(lesson, LESSON, REAL, Path(folder, "few")), LESSON)
    quarter = recorded // 4
    first, last = (statistics.median(some) for some in (parts["in all"][:quarter], parts["in all"][-quarter:]))
    growth, each = last / first, statistics.mean(parts["in all"])
    missed = [f"what recording takes grows with the class ({growth:.2f} ×)"] if growth > GROWTH else []
    times = {workers: replay(TASKS, parts["before"], work, parts["after"], workers) for workers in WORKERS}
    draw(times, each)
    limit = statistics.mean(work) / each
    costs = [(what, f"{1000 * statistics.mean(taken):.1f} ms", spread([1000 * t for t in taken], "ms", 1))
             for what, taken in parts.items()]
    rows = [(workers, f"{seconds / 60:.0f} min", f"{times[1] / seconds:.1f} ×", f"{TASKS * each / seconds:.0%}",
             "the coordinator" if TASKS * each / seconds > BUSY else "the workers")
            for workers, seconds in times.items()]
    return [f"Grading {TASKS:,} submissions of {LESSON} on 1 to {WORKERS[-1]} simulated workers", "",
            f"What the coordinator does for one, measured on {recorded:,} recorded in a gradebook:", "",
            *table(("part", "mean", "median, spread"), costs), "",
            f"The last quarter takes {growth:.2f} × the first, by their medians (at most {GROWTH} ×"
            f"{', **missed**' if missed else ''}).", "",
            f"What a worker does for one, measured on {REAL}: {spread(work, 's')}. So one coordinator keeps about "
            f"{limit:.0f} workers busy, and records {1 / each:.0f} submissions a second "
            f"({3600 / each:,.0f} an hour) at most, however many workers there are.", "",
            *table(("workers", "in all", "against one", "coordinator busy", "the limit"), rows), "",
            "![Minutes against workers](scaling.png)"], missed


# ---- What is measured ------------------------------------------------------------------------------------------------

class Instant:
    """A pool whose only worker needs no time: `function` runs at once, here."""

    at_once = 1

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, function, payload):
        future = concurrent.futures.Future()
        future.set_result(function(payload))
        return future

    def everywhere(self, function):
        return {"here": function()}

    def check(self):
        pass


def record(course, name, clock=time.perf_counter):
    """{part of the coordinator's work: its seconds for each submission}, over a whole class."""
    parts = {}

    def timed(what, owner, method):
        real, taken = getattr(owner, method), parts.setdefault(what, [])

        def measured(*arguments):
            began = clock()
            try:
                return real(*arguments)
            finally:
                taken.append(clock() - began)

        return mock.patch.object(owner, method, measured)

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(synthetic, "SECONDS", 0))
        for patch in (timed("before", grade.Grading, "_prepare"), timed("after", grade.Grading, "_finish"),
                      timed("of that, the journal", Journal, "add"),
                      timed("of that, the gradebook", Recorder, "record"),
                      timed("of that, the graded notebook", Recorder, "_write")):
            stack.enter_context(patch)
        results = grade.Grading(course, name, unsafe=True, pool=Instant(), task=synthetic.task)
        for _ in results.results():
            if results.done % 500 == 0:
                print(f"{results.done} of {results.total} recorded", flush=True)
    parts["in all"] = [sum(both) for both in zip(parts["before"], parts["after"], strict=True)]
    return parts


def real(course, name):
    """The seconds that a worker takes for each submission, in the sandbox, one at a time."""
    for result in grade.Grading(course, name, pool=executor.LocalPool(1)).results():
        if result.failed:
            raise RuntimeError(f"{name} can't be graded here: {result.reason}")
    return [json.loads(path.read_text(encoding="utf-8"))["metadata"]["attn"]["seconds"]
            for path in sorted(course.root.glob(f"autograded/*/{name}/*.ipynb"))]


# ---- What is simulated -----------------------------------------------------------------------------------------------

class Simulated:
    """Workers on a clock of their own, which goes on only in `spend` and `wait`."""

    def __init__(self, workers):
        self.at_once, self.clock, self.ends = workers, 0.0, {}  # future: when its work is done

    def spend(self, seconds):
        self.clock += seconds

    def submit(self, function, payload):
        future = concurrent.futures.Future()
        self.ends[future] = self.clock + function(payload)
        return future

    def wait(self, running, timeout=None, return_when=None):
        """As concurrent.futures.wait for the first that is done."""
        if running:
            self.clock = max(self.clock, min(self.ends[future] for future in running))
        done = {future for future in running if self.ends[future] <= self.clock}
        for future in done:
            future.set_result(self.ends.pop(future))
        return done, running.keys() - done

    def check(self):
        """Simulated workers are always well."""


def replay(tasks, before, work, after, workers):
    """Seconds that `tasks` submissions take on `workers` workers.

    before, work, after: seconds that the coordinator, a worker, and the coordinator again spend on one; each list
    is gone through again from the start where it is shorter than the tasks.
    """
    pool = Simulated(workers)

    def jobs():
        for seconds, length in itertools.islice(zip(itertools.cycle(before), itertools.cycle(work)), tasks):
            pool.spend(seconds)
            yield executor.Job(None, length)

    with mock.patch.object(executor.concurrent.futures, "wait", pool.wait):
        for _, seconds in zip(executor.outcomes(lambda length: length, jobs(), pool), itertools.cycle(after)):
            pool.spend(seconds)
    return pool.clock


def draw(times, each):
    """Minutes against workers, beside what workers alone would take and what the coordinator alone does."""
    figures.style()
    workers, first = list(times), times[min(times)]
    figure, axes = plt.subplots()
    axes.loglog(workers, [first / number / 60 for number in workers], ":", color=figures.GREY, label="workers alone")
    axes.loglog(workers, [TASKS * each / 60] * len(workers), "--", color=figures.RED, label="coordinator alone")
    axes.loglog(workers, [seconds / 60 for seconds in times.values()], "o-", label="both")
    axes.set(xlabel="workers", ylabel=f"minutes for {TASKS:,} submissions", xticks=workers, xticklabels=workers)
    axes.minorticks_off()
    axes.legend()
    BUILD.mkdir(exist_ok=True)
    figure.savefig(BUILD / "scaling.png")
    plt.close(figure)


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join(text))
    sys.exit(1 if late else 0)
