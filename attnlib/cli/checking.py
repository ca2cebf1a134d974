"""What `attn check` does: run the visible tests of a work copy, and say what each of them found."""

import contextlib
import os
import re
from dataclasses import asdict, dataclass

from attnlib import notebooks

EXPERIMENT = "experiment"  # cells with this tag train or draw; nothing graded depends on them
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Result:
    """One test cell: its grade_id, points, and the hint (None when it passes)."""

    test: str
    points: float
    hint: str | None

    @property
    def passed(self):
        return self.hint is None

    as_dict = asdict


def exercise_of(test):
    """The name shown for a test cell: "test_lookup" is "lookup"."""
    return test.removeprefix("test_")


def run(released, copy, timeout=60, on_cell=lambda done, total: None):
    """(results, notes, unanswered) of the work copy at `copy`, run as grading runs it: restored from the release.

    released: the notebook's path as released. results: one Result per test cell. notes: what was put back.
    unanswered: hand-graded cells still as released. timeout: seconds a cell may take.
    """
    released = notebooks.read(released)
    student, read = notebooks.load(copy)
    book, put_back = notebooks.restore(student, released)
    as_released = {notebooks.grade_id(cell): cell.source for cell in released.cells}
    unanswered = [notebooks.grade_id(cell) for cell in book.cells
                  if notebooks.is_hand_graded(cell) and cell.source == as_released[notebooks.grade_id(cell)]]
    _execute(book, copy.parent, timeout, on_cell)
    return _results(book), read + put_back, unanswered


def _execute(book, folder, timeout, on_cell):
    """Run the cells up to the last test in a fresh kernel; errors stay in the cells' outputs."""
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    last = max((place for place, cell in enumerate(book.cells) if notebooks.is_test(cell)), default=-1)
    endless = f"this ran longer than {timeout} seconds and was stopped. Is there a loop that doesn't end?"
    slow = []

    def note(cell, cell_index, execute_reply):
        if execute_reply["content"].get("ename") == "Stopped":
            cell.outputs = [_error(endless)]
            slow.append(cell_index)

    client = NotebookClient(book, timeout=timeout, allow_errors=True, skip_cells_with_tag=EXPERIMENT,
                            interrupt_on_timeout=True, error_on_timeout=dict(_error(endless)), kernel_name="python3",
                            shutdown_kernel="immediate", on_cell_executed=note,
                            extra_arguments=["--log-level=ERROR"],  # a warning about TCP means nothing to a student
                            resources={"metadata": {"path": str(folder)}})
    client.log.setLevel("CRITICAL")
    with _quiet_kernel(), client.setup_kernel():
        for place, cell in enumerate(book.cells[:last + 1]):
            on_cell(place + 1, last + 1)
            try:
                client.execute_cell(cell, place)
            except DeadKernelError:
                cell.outputs = [_error("Python itself ended in this cell (told to exit, or out of memory).")]
                return
            if len(slow) == 2:  # the first loop may go on: it ignores being interrupted
                return


@contextlib.contextmanager
def _quiet_kernel():
    """The kernel's surroundings while it runs: one thread, no progress bars."""
    before = dict(os.environ)
    os.environ.update({"TQDM_DISABLE": "1", "OMP_NUM_THREADS": before.get("OMP_NUM_THREADS", "1")})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _error(said):
    from nbformat import NotebookNode

    return NotebookNode(output_type="error", ename="Stopped", evalue=said, traceback=[])


def _results(book):
    """A Result for each test cell of an executed notebook."""
    results, stopped, in_answer = [], None, None
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        error = next((output for output in cell.outputs if output["output_type"] == "error"), None)
        if notebooks.is_solution(cell):
            in_answer = f"the cell {notebooks.grade_id(cell)} stops with {_sentence(error)}" if error else None
        if notebooks.is_test(cell):
            ran = error is not None or cell.execution_count is not None
            hint = (in_answer or _sentence(error)) if error else None if ran else f"not run: {stopped}"
            results.append(Result(notebooks.grade_id(cell), float(notebooks.graded(cell).get("points", 0)), hint))
        if error and error["ename"] == "Stopped":
            stopped = f"{_called(cell)}: {error['evalue']}"
    return results


def _called(cell):
    """How to name a cell to its writer: its exercise, or its first line."""
    return notebooks.grade_id(cell) or f"`{cell.source.strip().splitlines()[0][:50]}`"


def _sentence(error):
    """One line for an error output: a hint as it is, anything else with its kind."""
    said = " ".join(ANSI.sub("", error["evalue"]).split())
    if error["ename"] in ("NotYet", "NotImplementedError", "Stopped") and said:
        return said
    return f"{error['ename']}: {said}" if said else error["ename"]
