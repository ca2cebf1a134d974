"""How long each lesson takes and how much memory, cell by cell, against the budgets.

    python -m tests.benchmarks.lessons [LESSON…]

Each lesson's executed twin runs from top to bottom in a fresh kernel; nothing is written. Memory is the kernel's
peak while the cell ran, which Linux alone tells.
"""

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient

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


class Measured(NotebookClient):
    """Runs a notebook and keeps what each of its code cells took."""

    def __init__(self, path):
        super().__init__(nbformat.read(path, 4), timeout=None, resources={"metadata": {"path": str(path.parent)}})
        self.name, self.cells = f"{path.parent.name}/{path.stem}", []

    async def async_execute_cell(self, cell, cell_index, **options):
        if cell.cell_type != "code":
            return cell
        process = Path("/proc", str(self.km.provisioner.pid))
        if process.is_dir():
            (process / "clear_refs").write_text("5")  # begin the peak anew
        began = time.monotonic()
        done = await super().async_execute_cell(cell, cell_index, **options)
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        self.cells.append(Cell(self.name, cell_index, first[:60], time.monotonic() - began, _peak(process)))
        return done


def _peak(process):
    """The largest memory of a process since the mark was set, in MB; not a number where the system doesn't tell."""
    if not process.is_dir():
        return float("nan")
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def over_budget(name, cells):
    """Which budgets the cells of a notebook pass, in words; the first code cell is the one that imports."""
    spent, budget = sum(cell.seconds for cell in cells), LONGER.get(name.split("/")[0], LESSON)
    found = [(f"{name}", spent, budget), (f"{name}, imports", cells[0].seconds, IMPORTS)]
    found += [(f"{name}, cell {cell.number}", cell.seconds, EXPERIMENT) for cell in cells[1:]]
    return [f"{what}: {seconds:.0f} s of {most} s" for what, seconds, most in found if seconds > most]


def main(wanted=()):
    """The report's lines, and which budgets were passed."""
    os.environ["TQDM_DISABLE"] = "1"
    cells, rows, over = [], [], []
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        if wanted and not any(each in str(path) for each in wanted):
            continue
        client = Measured(path)
        client.execute()
        late = over_budget(client.name, client.cells)
        rows.append((client.name, f"{client.cells[0].seconds:.1f} s",
                     f"{max(cell.seconds for cell in client.cells[1:]):.1f} s",
                     f"{sum(cell.seconds for cell in client.cells):.0f} s",
                     f"{max(cell.megabytes for cell in client.cells):.0f} MB", "**missed**" if late else "kept"))
        print(*rows[-1], flush=True)
        cells, over = cells + client.cells, over + late
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
