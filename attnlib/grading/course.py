"""A course folder as nbgrader sees it: its configuration, its gradebook, its steps' folders."""

import contextlib
import json
import logging
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy.exc
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from attnlib import paths
from attnlib.grading.release import course_config
from attnlib.paths import Problem

# nbgrader reports through its log; the commands of the course say it in sentences of their own.
QUIET = logging.getLogger("attnlib.grading")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", category=sqlalchemy.exc.SAWarning, module="nbgrader")
for about_ids in (DuplicateCellId, MissingIDFieldWarning):  # nbformat mends what it warns of
    warnings.filterwarnings("ignore", category=about_ids, module="nbformat")


@dataclass(frozen=True)
class Course:
    """A course folder: `solutions/`, `submitted/STUDENT/LESSON/`, `autograded/`, `feedback/`, gradebook.db."""

    root: Path

    @cached_property
    def config(self):
        """nbgrader_config.py of this folder."""
        if not (self.root / "nbgrader_config.py").exists():
            raise Problem(f"There is no nbgrader_config.py in {self.root}.", "Change into the course's folder.")
        return course_config(self.root)

    def directory(self, lesson, student="*", **settings):
        """nbgrader's view of one lesson; `student` is a pattern."""
        return CourseDirectory(config=self.config, log=QUIET, assignment_id=lesson, student_id=student, **settings)

    def place(self, step, student="", lesson=""):
        """A folder such as submitted/STUDENT/LESSON."""
        return self.root / step / student / lesson

    def lesson(self, name):
        """The full name of a lesson that has a solution; raises Problem with the names of those that do."""
        return paths.lesson(name, self.root / "solutions")

    def sources(self, lesson):
        """The paths of the lesson's executed solution notebooks, in order: one or several."""
        found, texts = (paths.notebooks(lesson, self.root / "solutions", suffix) for suffix in (".ipynb", ".md"))
        missing = [text.stem for text in texts if text.with_suffix(".ipynb") not in found]
        if missing or not found:
            names = ", ".join(f"solutions/{lesson}/{name}.ipynb" for name in missing or "*")
            raise Problem(f"{names} doesn't exist yet.", "Write it with `attn lessons`.")
        return found

    def graded_ids(self, lesson):
        """{file name: grade_ids of its cells} of the lesson's notebooks, which are recognised by them."""
        return {source.name: set(grade_ids(json.loads(source.read_text(encoding="utf-8"))))
                for source in self.sources(lesson)}

    def students(self, step, lesson):
        """Who has a folder for `lesson` in `step`, sorted."""
        return sorted(path.parent.name for path in (self.root / step).glob(f"*/{lesson}")
                      if path.is_dir() and not path.parent.name.startswith("."))

    @contextlib.contextmanager
    def gradebook(self):
        """The gradebook; what the database says when it can't be used becomes a Problem."""
        directory = CourseDirectory(config=self.config, log=QUIET)
        with database_problems():
            with Gradebook(directory.db_url, directory.course_id) as book:
                yield book


@contextlib.contextmanager
def database_problems():
    """What sqlite says, as a Problem with its remedy."""
    try:
        yield
    except sqlalchemy.exc.DatabaseError as error:
        raise unusable(error) from error


def unusable(error):
    """The Problem that a database error means."""
    said = str(error.orig)
    if "locked" in said:
        return Problem("The gradebook (gradebook.db) is locked: another program is writing to it.",
                       "Wait for it, or close the other `attn grade`, `nbgrader` or formgrader, and try again. "
                       "What was graded so far is kept.")
    if "disk is full" in said:
        return Problem("The gradebook (gradebook.db) can't be written: the disk is full.",
                       "Make room and try again. What was graded so far is kept.")
    if "readonly" in said or "unable to open" in said:
        return Problem(f"The gradebook (gradebook.db) can't be written ({said}).",
                       "Make the course's folder and gradebook.db writable: `chmod u+w . gradebook.db`.")
    return Problem(f"The gradebook (gradebook.db) can't be used ({said}).",
                   "If nbgrader was upgraded, copy gradebook.db to a safe place and run `nbgrader db upgrade`.")


def grade_ids(notebook):
    """The grade_ids of a parsed notebook's cells, in order; of anything else, none."""
    cells = notebook.get("cells", []) if isinstance(notebook, dict) else []
    found = []
    for cell in cells if isinstance(cells, list) else []:
        meta = cell.get("metadata", {}) if isinstance(cell, dict) else {}
        marks = meta.get("nbgrader") if isinstance(meta, dict) else None
        name = marks.get("grade_id") if isinstance(marks, dict) else None
        if isinstance(name, str):
            found.append(name)
    return found
