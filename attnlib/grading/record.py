"""The single writer of what grading found: gradebook.db, and the graded notebooks in autograded/.

It writes through nbgrader's own Gradebook, one transaction a submission, so a submission stands there
whole or not at all. The graded notebook comes last and ends with the key of its result: where the key
stands, all else does.
"""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field

import nbformat
import sqlalchemy
from nbgrader import utils
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties

from attnlib.grading.collect import STAMP
from attnlib.grading.course import QUIET, database_problems
from attnlib.grading.late import assign
from attnlib.paths import Problem

KEY = b'"key": "'
TAIL = 16 * 1024  # bytes at a graded notebook's end, in which its own metadata stand
# By these nbgrader looks up a submission's parts, but has no index for them: each time it reads the whole class's.
LOOKED_UP = {"submitted_notebook": "assignment_id", "grade": "notebook_id", "comment": "notebook_id"}


@dataclass(frozen=True)
class Item:
    """One graded cell of one submission: a line of `attn grade --json`."""

    student: str
    notebook: str
    grade_id: str
    score: float | None  # None: waits for a mark by hand
    max_score: float
    reason: str
    flags: list
    seconds: float
    sandbox: str


@dataclass
class Result:
    """What became of one submission, or of one of its notebooks."""

    student: str
    score: float = 0.0  # with marks given by hand, less the penalty
    max_score: float = 0.0
    late: float = 0.0  # seconds
    penalty: float = 0.0
    by_hand: int = 0  # items that wait for a mark
    reason: str = ""
    again: bool = False  # graded before, unchanged since
    failed: bool = False  # it could not be run, or not to its end
    notes: list = field(default_factory=list)  # what restoring it put back
    items: list = field(default_factory=list)
    part: str = ""  # the notebook, where the lesson has several


def add_indexes(book):
    """Give the gradebook the indexes that nbgrader's tables lack; nothing that stands in them changes."""
    with database_problems():
        for table, column in LOOKED_UP.items():
            book.db.execute(sqlalchemy.text(f"CREATE INDEX IF NOT EXISTS attn_{table} ON {table} ({column})"))
        book.db.commit()


class Recorder:
    """Writes the results of one of a lesson's notebooks. Open the gradebook once, and close it at the end."""

    def __init__(self, course, lesson, name, book):
        self.course, self.lesson, self.name, self.book = course, lesson, name, book
        with database_problems():
            notebook = book.find_notebook(self.name, lesson)
            self.notebook_id, self.assignment_id = notebook.id, notebook.assignment.id
            self.names = dict(book.db.query(BaseCell.id, BaseCell.name).filter_by(notebook_id=notebook.id).all())
            self.points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
            self.structure = [(each.id, [cell.id for cell in [*each.grade_cells, *each.task_cells]],
                               [cell.id for cell in [*each.solution_cells, *each.task_cells]])
                              for each in notebook.assignment.notebooks]
            book.db.expunge_all()  # dates and marks may change while a run goes on
        penalties = AssignLatePenalties(config=course.config, log=QUIET)
        penalties.init_plugin()
        self.policy = penalties.plugin_inst

    def record(self, student, key, notebook, notes=()):
        """Write one result and return it as a Result. What is on record already stays as it is."""
        with self._transaction():
            submission = self._find(student)
            same = submission is not None and self.key_of(student) == key
            submission = submission or self._new(student)
            submission.timestamp = self._handed_in(student) or submission.timestamp
            graded = next(each for each in submission.notebooks if each.notebook_id == self.notebook_id)
            self._marks(graded, notebook, same)
            self._late(submission)
            result = self._result(student, submission, graded, notebook)
        result.notes = list(notes)
        if not same:
            notebook.metadata.setdefault("attn", {}).update(notes=result.notes, key=key)
            self._write(student, notebook)
        return result

    def key_of(self, student):
        """The key of the result in a student's graded notebook, or None."""
        with contextlib.suppress(OSError, IndexError), open(self._path(student), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            return file.read().split(KEY)[1:][-1].split(b'"')[0].decode("ascii", "replace")

    def _path(self, student):
        return self.course.place("autograded", student, self.lesson) / f"{self.name}.ipynb"

    @contextlib.contextmanager
    def _transaction(self):
        """All that is written within, or nothing; and nothing of it stays in memory."""
        with database_problems():
            try:
                yield
                self.book.db.commit()
            finally:
                self.book.db.rollback()
                self.book.db.expunge_all()

    def _find(self, student):
        """The gradebook's entry of a student's submission, or None."""
        return self.book.db.query(SubmittedAssignment).filter_by(
            assignment_id=self.assignment_id, student_id=student).first()

    def _new(self, student):
        """A new entry; nbgrader's own method to create one commits it at once, empty."""
        if self.book.db.get(Student, student) is None:
            self.book.db.add(Student(id=student))
        submission = SubmittedAssignment(assignment_id=self.assignment_id, student_id=student)
        for notebook, graded, answered in self.structure:
            submitted = SubmittedNotebook(notebook_id=notebook, assignment=submission)
            submitted.grades = [Grade(cell_id=cell) for cell in graded]
            submitted.comments = [Comment(cell_id=cell) for cell in answered]
        self.book.db.add(submission)
        self.book.db.flush()
        return submission

    def _handed_in(self, student):
        with contextlib.suppress(OSError, ValueError):
            text = (self.course.place("submitted", student, self.lesson) / STAMP).read_text(encoding="utf-8")
            return utils.parse_utc(text.strip())

    def _marks(self, graded, notebook, same):
        """Scores and comments. A mark given by hand stands; whoever gave it looks again where the work has changed."""
        cells = {cell.metadata.nbgrader["grade_id"]: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
        for grade in graded.grades:
            own = cells[self.names[grade.cell_id]].metadata["attn"]
            if not same or grade.auto_score != own["score"]:
                waits = own["score"] is None or own.get("held", False)
                grade.needs_manual_grade = waits or grade.manual_score is not None
            grade.auto_score = own["score"]
        for comment in graded.comments:
            cell = cells[self.names[comment.cell_id]]
            untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if untouched and not utils.is_task(cell) else None

    def _late(self, submission):
        """The penalty that the course's plugin gives for the whole lesson."""
        self.book.db.flush()
        for each in submission.notebooks:
            self.book.db.refresh(each)
        assign(self.policy, submission)

    def _result(self, student, submission, graded, notebook):
        penalty = graded.late_submission_penalty or 0.0
        result = Result(student, graded.score - penalty, graded.max_score, submission.total_seconds_late, penalty,
                        part=self.name if len(self.structure) > 1 else "")
        whole = notebook.metadata.get("attn", {})
        grades = {self.names[grade.cell_id]: grade for grade in graded.grades}
        for cell in notebook.cells:
            own, name = cell.metadata.get("attn", {}), cell.metadata.get("nbgrader", {}).get("grade_id")
            if "reason" not in own or name not in grades:
                continue
            flags = list(dict.fromkeys([*own["flags"], *whole.get("flags", [])]))
            result.by_hand += grades[name].needs_manual_grade
            result.items.append(Item(student, self.name, name, _points(grades[name]), self.points[name],
                                     own["reason"], flags, own.get("seconds", 0.0), whole.get("sandbox", "none")))
        result.notes = list(whole.get("notes", []))
        result.failed, result.reason = bool(whole.get("reason")), whole.get("reason") or _summary(result.items)
        return result

    def on_record(self, student):
        """What is on record for a student, as a Result; raises Problem where it is nothing."""
        try:
            with database_problems():
                submission = self._find(student)
                if submission is None:
                    raise MissingEntry
                graded = self.book.find_submission_notebook(self.name, self.lesson, student)
                notebook = self._not_handed_in(student, graded) or nbformat.read(self._path(student), as_version=4)
                return self._result(student, submission, graded, notebook)
        except (OSError, ValueError, MissingEntry):
            raise Problem(f"{student}'s {self.lesson} is not in the gradebook.",
                          f"Grade it again: `attn grade {self.lesson} --student {student} --force`.") from None

    def _not_handed_in(self, student, graded):
        """What stands for a graded notebook where nbgrader's own autograde missed one: it gives 0, and writes none."""
        handed_in = self.course.place("submitted", student, self.lesson) / f"{self.name}.ipynb"
        if self._path(student).exists() or handed_in.exists() or any(one.auto_score is None for one in graded.grades):
            return None
        own = {"reason": "missing", "flags": []}
        cells = [{"metadata": {"nbgrader": {"grade_id": self.names[one.cell_id]}, "attn": own}}
                 for one in graded.grades]
        return nbformat.from_dict({"metadata": {"attn": own}, "cells": cells})

    def _write(self, student, notebook):
        """Put a graded notebook in place, whole or not at all."""
        path = self._path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with open(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(json.dumps(notebook, ensure_ascii=False, sort_keys=True))
            os.chmod(fresh, 0o644)
            os.replace(fresh, path)
        except BaseException:
            os.unlink(fresh)
            raise
        with contextlib.suppress(OSError):  # by it nbgrader's own autograde knows what it need not grade again
            stamp = self.course.place("submitted", student, self.lesson) / STAMP
            (path.parent / STAMP).write_text(stamp.read_text(encoding="utf-8"), encoding="utf-8")


def together(parts):
    """The Results of a lesson's notebooks as one of the whole lesson."""
    return Result(
        parts[0].student, score=sum(part.score for part in parts), max_score=sum(part.max_score for part in parts),
        late=parts[0].late, penalty=sum(part.penalty for part in parts), by_hand=sum(part.by_hand for part in parts),
        reason="; ".join(": ".join(filter(None, (part.part, part.reason))) for part in parts if part.reason),
        again=all(part.again for part in parts), failed=any(part.failed for part in parts),
        notes=[note for part in parts for note in part.notes], items=[item for part in parts for item in part.items])


def _points(grade):
    """A grade's points as nbgrader counts them; None where nobody has given any."""
    points = grade.auto_score if grade.manual_score is None else grade.manual_score
    return points if points is None else points + (grade.extra_credit or 0.0)


def _summary(items):
    """Why points are missing, in a line: each reason with the items that it took."""
    lost = {}
    for item in items:
        if item.score is not None and item.score < item.max_score:
            name = item.grade_id.removeprefix("test_")
            reason = item.reason.split(f"{name}: ")[-1] or "marked by hand"  # a stub's message begins with its name
            lost.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in lost.items())
