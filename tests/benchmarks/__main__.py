"""`make bench`: every benchmark after the other, into build/bench.md.

    python -m tests.benchmarks [PART…]
    python -m tests.benchmarks --quick

--quick says in a minute whether a ratio is far off. Exit code 1 where a figure is not reached; which ones stands in
the last lines.
"""

import multiprocessing
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import BUILD, run

PARTS = ("start_up", "training", "growth", "target", "gpu", "grading", "scaling", "lessons")
PACKAGES = ("torch", "numpy", "nbgrader", "jupyterlab")


def main(wanted):
    unknown = sorted(set(wanted) - {*PARTS, "--quick"})
    if unknown:
        print(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}, and --quick.", file=sys.stderr)
        return 2
    began, parts, missed = time.monotonic(), [], []
    report = BUILD / ("bench-quick.md" if "--quick" in wanted else "bench.md")
    BUILD.mkdir(exist_ok=True)
    for name in ["quick"] if "--quick" in wanted else wanted or PARTS:
        print(f"\n== {name}", flush=True)
        start = time.monotonic()
        try:
            lines, late = apart(f"tests.benchmarks.{name}")
        except Exception as error:  # the others are measured all the same
            lines, late = [name, "", f"Not measured: {error}"], [f"{name} could not be measured: {error}"]
        parts += [f"## {lines[0]}", *lines[1:], "", f"({time.monotonic() - start:.0f} s)", ""]
        missed += late
        report.write_text("\n".join([*head(began), *parts, *end(missed)]) + "\n", encoding="utf-8")  # keeps what it has
    print("\n" + report.read_text(encoding="utf-8"))
    return 1 if missed else 0


def apart(module):
    """What a part's `main()` returns, from a process of its own: it finds no other part's memory and threads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, module).result()


def head(began):
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return ["# Benchmarks", "",
            f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
            f"{packages}; load {os.getloadavg()[0]:.1f} at the end; {(time.monotonic() - began) / 60:.0f} min.", ""]


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()


def end(missed):
    return ["Not reached:", "", *(f"- {each}" for each in missed)] if missed else ["Each figure was reached."]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
