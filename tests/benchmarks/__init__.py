"""What `make bench` measures. Each module prints its part; `python -m tests.benchmarks` runs them all."""

import importlib
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def run(module):
    """What a part's `main()` returns: its lines, and which figures were missed."""
    return importlib.import_module(module).main()


def table(header, rows):
    """A Markdown table's lines."""
    return [f"| {' | '.join(map(str, row))} |" for row in (header, ["---"] * len(header), *rows)]


def spread(values, unit, digits=2):
    """The median with the smallest and the largest, as text."""
    median, low, high = (f"{each:.{digits}f}" for each in (statistics.median(values), min(values), max(values)))
    return f"{median} {unit} ({low} to {high})"


def reached(value, sign, goal):
    """Whether `value` is at least (">=") or at most ("<=") the goal."""
    return value >= goal if sign == ">=" else value <= goal
