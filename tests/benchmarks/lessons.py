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

from tests.benchmarks import table

ROOT = Path(__file__).resolve().parents[2]
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


def main(wanted=()):
    """The report's lines, and which budgets were passed."""
    os.environ["TQDM_DISABLE"] = "1"
    cells, rows, over, every = [], [], [], 0.0
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        if wanted and not any(each in str(path) for each in wanted):
            continue
        client = Measured(path)
        client.execute()
        spent = sum(cell.seconds for cell in client.cells)
        slowest, budget = max(client.cells, key=lambda cell: cell.seconds), LONGER.get(path.parent.name, LESSON)
        late = [f"{client.name}: {spent:.0f} s of {budget}"] if spent > budget else []
        late += [f"{client.name}: imports {client.cells[0].seconds:.1f} s"] if client.cells[0].seconds > IMPORTS else []
        late += [f"{client.name}, cell {cell.number}: {cell.seconds:.0f} s of {EXPERIMENT}" for cell in client.cells
                 if cell.seconds > EXPERIMENT]
        rows.append((client.name, f"{client.cells[0].seconds:.1f} s", f"{slowest.seconds:.1f} s", f"{spent:.0f} s",
                     f"{budget} s", f"{max(cell.megabytes for cell in client.cells):.0f} MB",
                     "**missed**" if late else "kept"))
        print(" ".join(rows[-1]), flush=True)
        cells, over, every = cells + client.cells, over + late, every + spent
    over += [f"all lessons: {every:.0f} s of {ALL}"] if every > ALL else []
    most = sorted(cells, key=lambda cell: -cell.seconds)[:SLOWEST]
    return ["Lessons, each in a fresh kernel, against the budgets "
            f"(imports {IMPORTS} s, a cell {EXPERIMENT} s, all {ALL} s)", "",
            *table(("notebook", "imports", "slowest cell", "in all", "budget", "peak memory", ""), rows), "",
            f"All lessons: {every:.0f} s. The {len(most)} slowest cells:", "",
            *table(("notebook", "cell", "its first line", "time", "peak memory"),
                   [(cell.notebook, cell.number, f"`{cell.first_line}`", f"{cell.seconds:.1f} s",
                     f"{cell.megabytes:.0f} MB") for cell in most])], over


if __name__ == "__main__":
    text, late = main(sys.argv[1:])
    print("\n".join([*text, "", *(f"Over its budget: {each}" for each in late)]))
    sys.exit(1 if late else 0)
