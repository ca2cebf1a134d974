"""Put an answer in place of a solution cell and run the exercise's test cells: one kernel a lesson.

The kernel runs the lesson as grading does, without experiments, with the solutions in place. Then each
answer takes the place of its exercise's solution, the test cells run, and the solution is put back.
"""

import ast
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_client.manager import KernelManager

from attnlib.grading import lessons

PATIENCE = 60  # seconds for a cell; an answer that takes longer counts as stopped


@dataclass(frozen=True)
class Result:
    """What came of a cell. error: the kind of exception, "" where there was none. message: its text."""

    cell: str
    error: str = ""
    message: str = ""


class Lesson:
    """A lesson in a running kernel. Made by `running`."""

    def __init__(self, notebook, client, manager):
        self.client, self.manager = client, manager
        cells = lessons.code_cells(notebook)
        # Hand-graded code is both solution and test: it has no tests of its own.
        self.solutions = {lessons.grade(cell)["grade_id"]: cell.source for cell in cells
                          if lessons.grade(cell).get("solution") and not lessons.grade(cell).get("grade")}
        self.tests = {name: {} for name in self.solutions}
        for cell in cells:
            if lessons.grade(cell).get("grade") and not lessons.grade(cell).get("solution"):
                name = lessons.grade(cell)["grade_id"]
                self.tests[exercise_of(name, self.solutions)][name] = cell.source

    def run(self, code, name="code"):
        """Run one cell's code in the kernel."""
        try:
            reply = self.client.execute_interactive(code, timeout=PATIENCE, allow_stdin=False,
                                                    output_hook=lambda _: None)
        except TimeoutError:
            self.manager.interrupt_kernel()
            return Result(name, "TimeoutError", f"took longer than {PATIENCE} seconds")
        content = reply["content"]
        if content["status"] == "error":
            return Result(name, content["ename"], content["evalue"])
        return Result(name)

    def try_answer(self, exercise, code, only_hidden=False):
        """The Results of the exercise's test cells with `code` in place of its solution.

        only_hidden: leave the visible checks out, and the cells that consist of nothing else.
        """
        try:
            said = self.run(code, exercise)
            if said.error:
                return [said]
            tests = self.tests[exercise].items()
            if only_hidden:
                tests = [(name, without_checks(source)) for name, source in tests if "BEGIN HIDDEN TESTS" in source]
            return [self.run(source, name) for name, source in tests]
        finally:
            back = self.run(self.solutions[exercise], exercise)
            assert not back.error, f"the solution of {exercise} can't be put back: {back}"


@contextmanager
def running(root, name, notebook=None):
    """Lesson `name` of the course in `root`, in a kernel of its own, ready for answers."""
    notebook = notebook or lessons.read(root, name)
    manager = KernelManager(kernel_name="python3", config=lessons.ENCRYPTED)
    with tempfile.TemporaryDirectory() as settings:
        folder = lessons.text_path(root, name).parent
        manager.start_kernel(env=lessons.kernel_environment(root, settings), cwd=str(folder))
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE)
            lesson = Lesson(notebook, client, manager)
            _run_lesson(lesson, notebook)
            yield lesson
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def _run_lesson(lesson, notebook):
    """Run the cells that grading runs, tests aside; one that fails would spoil all results."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or "experiment" in lessons.tags(cell) or lessons.grade(cell).get("grade"):
            continue
        said = lesson.run(cell.source)
        if said.error and "raises-exception" not in lessons.tags(cell):
            raise AssertionError(f"{lessons.where(cell, number)} fails when experiments are left out, as in grading: "
                                 f"{said.error}: {said.message}")


def exercise_of(test, exercises):
    """The exercise that test cell `test` belongs to: test_rnn_cell_backward is rnn_cell_backward's, not rnn_cell's."""
    stem = test.removeprefix("test_")
    fitting = [name for name in exercises if stem == name or stem.startswith(f"{name}_")]
    if not test.startswith("test_") or not fitting:
        raise AssertionError(f"test cell {test!r} fits no exercise; test cells are called test_<exercise> or "
                             f"test_<exercise>_<skill>, and the exercises are {', '.join(exercises)}")
    return max(fitting, key=len)


def without_checks(source):
    """A test cell without its calls of `checks.<lesson>.<exercise>(...)` outside the hidden tests."""
    shown, hidden = lessons.regions(source, "HIDDEN TESTS")
    tree = ast.parse("\n".join(shown))
    kept = [node for node in tree.body if not _calls_a_check(node)]
    return "\n".join([ast.unparse(ast.Module(kept, [])), *(line for _, _, body in hidden for line in body)])


def _calls_a_check(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and \
        ast.unparse(node.value.func).startswith("checks.") and ast.unparse(node.value.func).count(".") == 2
