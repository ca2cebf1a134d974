"""How long each lesson takes and how much memory, cell by cell, against the budgets.

    python -m tests.benchmarks.lessons [LESSON…]

Each lesson's executed twin runs from top to bottom in a fresh kernel; nothing is written. Memory is the kernel's
peak while the cell ran, which Linux alone tells.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient

from attnlib.grading.lessons import ENCRYPTED, kernel_environment
from tests.benchmarks import ROOT, table

IMPORTS, EXPERIMENT, LESSON, ALL = 5, 45, 120, 900  # seconds
LONGER = {"06_attention_decoder": 180, "07_translation": 180}
SLOWEST = 10


class Cell(NamedTuple):
    notebook: str
    number: int
    first_line: str
    seconds: float
    megabytes: float


def run(path):
    """A Cell for each code cell of the notebook at `path`, executed as `attn lessons` does; nothing is written."""
    notebook, name, cells, began = nbformat.read(path, 4), f"{path.parent.name}/{path.stem}", [], {}

    def process():
        return Path("/proc", str(client.km.provisioner.pid))

    def before(cell, cell_index):
        if process().is_dir():
            (process() / "clear_refs").write_text("5")  # begin the peak anew
        began[cell_index] = time.monotonic()

    def after(cell, cell_index, execute_reply):
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        cells.append(Cell(name, cell_index, first[:60], time.monotonic() - began[cell_index], _peak(process())))

    with tempfile.TemporaryDirectory() as settings:
        client = NotebookClient(notebook, kernel_name="python3", timeout=None, config=ENCRYPTED, on_cell_execute=before,
                                on_cell_executed=after, resources={"metadata": {"path": str(path.parent)}})
        client.execute(env=kernel_environment(ROOT, settings))
    return cells


def _peak(process):
    """The largest memory of a process since the mark was set, in MB; not a number where the system doesn't tell."""
    if not process.is_dir():
        return float("nan")
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def over_budget(cells):
    """Which budgets the cells of a notebook pass, in words; the first is the one that imports."""
    name = cells[0].notebook
    spent, budget = sum(cell.seconds for cell in cells), LONGER.get(name.split("/")[0], LESSON)
    found = [(name, spent, budget), (f"{name}, imports", cells[0].seconds, IMPORTS)]
    found += [(f"{name}, cell {cell.number}", cell.seconds, EXPERIMENT) for cell in cells[1:]]
    return [f"{what}: {seconds:.0f} s of {most} s" for what, seconds, most in found if seconds > most]


def main(wanted=()):
    """The report's lines, and which budgets were passed."""
    cells, rows, over = [], [], []
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        if wanted and not any(each in str(path) for each in wanted):
            continue
        found = run(path)
        late = over_budget(found)
        rows.append((found[0].notebook, f"{found[0].seconds:.1f} s", f"{max(cell.seconds for cell in found[1:]):.1f} s",
                     f"{sum(cell.seconds for cell in found):.0f} s",
                     f"{max(cell.megabytes for cell in found):.0f} MB", "**missed**" if late else "kept"))
        print(*rows[-1], flush=True)
        cells, over = cells + found, over + late
    every = sum(cell.seconds for cell in cells)
    over += [f"all lessons: {every:.0f} s of {ALL} s"] if every > ALL else []
    slowest = [(cell.notebook, cell.number, f"`{cell.first_line}`", f"{cell.seconds:.1f} s", f"{cell.megabytes:.0f} MB")
               for cell in sorted(cells, key=lambda cell: -cell.seconds)[:SLOWEST]]
    longer = ", ".join(f"{name[:2]} {seconds} s" for name, seconds in LONGER.items())
    return [f"Lessons, each in a fresh kernel: {every:.0f} s in all", "",
            f"Budgets: imports {IMPORTS} s, another cell {EXPERIMENT} s, a notebook {LESSON} s ({longer}), all {ALL}.",
            "", *table(("notebook", "imports", "slowest cell", "in all", "peak memory", "budgets"), rows), "",
            f"The {len(slowest)} slowest cells:", "",
            *table(("notebook", "cell", "its first line", "time", "peak memory"), slowest)], over


if __name__ == "__main__":
    text, late = main(sys.argv[1:])
    print("\n".join([*text, "", *late]))
    sys.exit(1 if late else 0)
