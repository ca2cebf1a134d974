"""`make bench`: every benchmark after the other, into build/bench.md.

    python -m tests.benchmarks [PART…]

Exit code 1 where a figure is not reached; which ones stands in the last lines.
"""

import importlib
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

PARTS = ("start_up", "training", "growth", "target", "grading", "scaling", "lessons")
REPORT = Path(__file__).resolve().parents[2] / "build" / "bench.md"


def main(wanted):
    began, parts, missed = time.monotonic(), [], []
    for name in wanted or PARTS:
        print(f"\n== {name}", flush=True)
        start = time.monotonic()
        lines, late = importlib.import_module(f"tests.benchmarks.{name}").main()
        parts += [f"## {lines[0]}", *lines[1:], "", f"({time.monotonic() - start:.0f} s)", ""]
        missed += late
        REPORT.parent.mkdir(exist_ok=True)  # after each part: a run that is broken off keeps what it has
        REPORT.write_text("\n".join([*_head(began), *parts, *_end(missed)]) + "\n", encoding="utf-8")
    print("\n".join(["", *_head(began), *parts, *_end(missed)]))
    return 1 if missed else 0


def _head(began):
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "nbgrader", "jupyterlab"))
    return ["# Benchmarks", "",
            f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
            f"{packages}; load {os.getloadavg()[0]:.1f}; {(time.monotonic() - began) / 60:.0f} min.", ""]


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()


def _end(missed):
    return ["Each figure was reached."] if not missed else ["Not reached: " + "; ".join(missed) + "."]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
