"""Restore a submission: everything but the student's own work comes from the lesson as it was released.

`attn check` restores with the same function (`attnlib.notebooks.restore`), so what a student sees there is
what is graded here; only the hidden tests are added.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, SaveCells
from nbgrader.preprocessors.base import NbGraderPreprocessor

from attnlib import notebooks
from attnlib.grading import safe
from attnlib.grading.course import Course
from attnlib.grading.preprocessors import RELEASE
from attnlib.paths import Problem

NOT_RUN = "(An experiment: not run again. Below is what the student's notebook held.)\n"
MAX_SAVED = 5 * 2**20  # characters of saved outputs in one submission


@dataclass
class Restored:
    """A submission that can be run, what was put back in it, and, where it can't be graded, why."""

    notebook: nbformat.NotebookNode
    notes: list = field(default_factory=list)
    why: str = ""  # "missing", "empty", "unreadable: …"; the notebook is the lesson without an answer then
    experiments: dict = field(default_factory=dict)  # {cell id: outputs that the student saved}, for `show_experiments`


def to_grade(course, source):
    """A notebook of the lesson as students have it, except that the hidden tests stand in its test cells.

    source: the path of its solution.
    """
    notebook = nbformat.read(source, as_version=4)
    whole = {}
    for step in RELEASE:
        if step is ClearHiddenTests:
            whole = {notebooks.grade_id(cell): cell.source for cell in notebook.cells}
        if step is not SaveCells:
            notebook, _ = step(config=course.config).preprocess(notebook, {})
    for cell in notebook.cells:
        if notebooks.is_test(cell):
            cell.source = whole[notebooks.grade_id(cell)]
    return notebook


def restored(data, released, name):
    """The submission in the bytes `data` (None where nothing was handed in), restored from `released`. Never raises.

    released: the notebook that `to_grade` gives. name: what the submitted file is called in notes.
    """
    def without(why):
        return Restored(notebooks.restore(nbformat.v4.new_notebook(), released)[0], why=why)

    if data is None:
        return without("missing")
    try:
        student, read = notebooks.parse(data, name)
        notebook, put_back = notebooks.restore(student, released)
        saved = _saved(student, released)
    except Problem as problem:
        said = problem.what.removeprefix(f"{name} ").rstrip(".")
        return without("empty" if said in ("is empty", "has no cells") else f"unreadable: {said}"[:300])
    except Exception as error:  # whatever a file can hold that was not thought of, the others go on
        return without(f"unreadable: {type(error).__name__}: {error}"[:300])
    experiments = {}
    for cell in notebook.cells:
        if cell.id in saved and notebooks.has_tag(cell, "experiment"):
            experiments[cell.id] = saved[cell.id]
        elif cell.id in saved and not notebooks.is_test(cell):
            cell.metadata["attn"] = {"handed_in": saved[cell.id]}  # for `run`
    return Restored(notebook, read + put_back, experiments=experiments)


def _saved(student, released):
    """What the student saved of each cell, {its id in the restored notebook: outputs that can only be looked at}."""
    found, size, partner = {}, 0, notebooks.partners(student, released)
    for index, cell in enumerate(student.cells):
        shown = safe.outputs(cell.get("outputs", []))
        size += len(json.dumps(shown))
        if shown and size <= MAX_SAVED:
            found[released.cells[partner[index]].id if index in partner else f"{notebooks.OWN}{index}"] = shown
    return found


def show_experiments(notebook, experiments):
    """Put what students saved of experiments, which grading doesn't run, into the executed notebook."""
    for cell in notebook.cells:
        if cell.get("id") in experiments:
            cell.outputs = [new_output("stream", text=NOT_RUN), *experiments[cell.id]]


class ShowExperiments(NbGraderPreprocessor):
    """`show_experiments` as the last step of nbgrader's own autograding."""

    def preprocess(self, nb, resources):
        whole = nb.metadata.get("attn", {})
        whole.pop("read", None)
        show_experiments(nb, whole.pop("experiments", {}))
        return nb, resources


class SubmissionReader(NotebookExporter):
    """Reads a file for nbgrader as `restored` does; one that is no notebook is a notebook without cells, and why."""

    def from_file(self, file_stream, resources=None, **settings):
        try:
            book, notes = notebooks.parse(file_stream.buffer.read(), resources["metadata"]["name"])
        except Problem as problem:
            book, notes = nbformat.v4.new_notebook(), [problem.what.rstrip(".")]
        book.metadata["attn"] = {**book.metadata.get("attn", {}), "read": notes}
        return self.from_notebook_node(book, resources, **settings)


class RestoreSubmission(NbGraderPreprocessor):
    """`restored` as the first step of nbgrader's own autograding."""

    def preprocess(self, nb, resources):
        own = resources["nbgrader"]
        course = Course(Path(CourseDirectory(parent=self).root))
        released = to_grade(course, course.place("solutions", own["assignment"]) / f"{own['notebook']}.ipynb")
        found = restored(json.dumps(nb).encode(), released, own["notebook"])
        notes = nb.metadata.get("attn", {}).get("read", []) + found.notes
        found.notebook.metadata["attn"] = {"notes": notes, "experiments": found.experiments}
        return found.notebook, resources


def configure(config):
    """Settings that make nbgrader's own `autograde` read whatever `attn grade` reads."""
    config.Autograde.exporter_class = SubmissionReader
