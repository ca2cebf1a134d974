"""Grade what has been collected: restore, run, score, record; each submission ends with points and reasons.

The work is nbgrader's own `Autograde`, one submission at a time, so that one that fails stops no
other. Its result is the notebook in `autograded/`: each graded cell carries its points, its reason
and its seconds, and the notebook the sandbox that was used and the key under which it was graded.
"""

import glob
import hashlib
import json
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
import sqlalchemy.exc
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException

from attnlib.grading import sandbox
from attnlib.grading.course import QUIET, unusable
from attnlib.grading.restore import RestoreSubmission
from attnlib.grading.run import RunSubmission
from attnlib.grading.score import ScoreSubmission
from attnlib.paths import Problem

RELEASED = "build/grading/release"  # as released, kept apart from notebooks/, which stays as it is


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
    """What became of one submission."""

    student: str
    score: float = 0.0  # with marks given by hand, less the penalty
    max_score: float = 0.0
    late: float = 0.0  # seconds
    penalty: float = 0.0
    by_hand: int = 0  # answers that wait for a mark
    reason: str = ""
    again: bool = False  # graded before, unchanged since
    items: list = field(default_factory=list)


class OneSubmission(Autograde):
    """nbgrader's Autograde, which keeps the error that stopped a submission."""

    stopped = None

    def convert_single_notebook(self, notebook_filename):
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.stopped = error
            raise

    def init_assignment(self, assignment_id, student_id):
        try:
            super().init_assignment(assignment_id, student_id)
        except Exception as error:
            self.stopped = error
            raise


def grade(course, lesson, students=(), force=False, unsafe=False, tell=lambda student, result, of: None):
    """Grade `lesson`'s submissions and return a Result each.

    tell(student, result, of) hears of each at its start (result None) and its end, with the number of all.
    A submission that hasn't changed since it was graded, and whose lesson hasn't either, is not run again.
    """
    source = course.source(lesson)
    chosen = _chosen(course, lesson, students)
    if not unsafe and sandbox.probe()[1]:
        raise Problem(sandbox.probe()[1], "Or grade without walls, if you trust every submission, with --unsafe.")
    know(course, lesson)
    results = []
    for student in chosen:
        tell(student, None, len(chosen))
        key = _key(course, lesson, student, source, unsafe)
        again = not force and _graded_under(course, lesson, student) == key
        if not again:
            _grade_one(course, lesson, student, key, unsafe)
        results.append(result(course, lesson, student))
        results[-1].again = again
        tell(student, results[-1], len(chosen))
    return results


def _chosen(course, lesson, students):
    there = course.students("submitted", lesson)
    if not there:
        raise Problem(f"Nobody's {lesson} has been collected yet: submitted/*/{lesson}/ is empty.",
                      f"Collect first: `attn collect {lesson} --from DOWNLOAD.zip`.")
    unknown = sorted(set(students) - set(there))
    if unknown:
        raise Problem(f"No {lesson} of {', '.join(unknown)} has been collected.",
                      f"Those collected are: {', '.join(there)}.")
    return [student for student in there if not students or student in students]


def know(course, lesson):
    """Enter the lesson's cells, tests and points into the gradebook, from the solutions as they are now."""
    directory = course.directory(lesson, release_directory=RELEASED)
    converter = GenerateAssignment(coursedir=directory, config=course.config, log=QUIET, force=True)
    try:
        converter.start()
    except sqlalchemy.exc.OperationalError as error:
        raise unusable(error) from error
    except (NbGraderException, SystemExit) as error:
        with course.gradebook():  # a gradebook that can't be used is the usual reason: say that one
            pass
        raise Problem(f"The gradebook doesn't take the tests of {lesson} ({error}).",
                      "A test that was renamed or removed no longer fits what was graded before: "
                      f"`attn release {lesson}` explains which.") from error


def _key(course, lesson, student, source, unsafe):
    """Hash of what a grade depends on: the submission, the lesson's tests, how it was run."""
    whole = hashlib.sha256(source.read_bytes())
    folder = course.place("submitted", student, lesson)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        whole.update(f"\0{path.relative_to(folder)}\0".encode(errors="surrogateescape") + path.read_bytes())
    whole.update(b"unsafe" if unsafe else b"sandbox")
    return whole.hexdigest()


def _graded_path(course, lesson, student):
    return course.place("autograded", student, lesson) / course.source(lesson).name


def _read(path):
    return nbformat.read(path, as_version=4)


def _graded_under(course, lesson, student):
    """The key of the grade that is on record, or None."""
    try:
        return _read(_graded_path(course, lesson, student)).metadata["attn"]["key"]
    except (OSError, ValueError, KeyError):
        return None


def _grade_one(course, lesson, student, key, unsafe):
    """Grade one submission, record it, and write what it was graded under into the graded notebook."""
    path = course.place("submitted", student, lesson) / course.source(lesson).name
    why = unreadable(path)
    if not why:
        why = _run(course, lesson, student, unsafe)
    if why:
        _zero(course, lesson, student, why)
    graded = _graded_path(course, lesson, student)
    notebook = _read(graded)
    notebook.metadata["attn"]["key"] = key
    graded.chmod(0o644)
    nbformat.write(notebook, graded)


def unreadable(path):
    """Why a submitted notebook can't be graded, in a word or two, or ""."""
    if not path.exists():
        return "missing"
    if path.is_symlink() or not path.is_file():
        return "unreadable: not a regular file"
    try:
        text = path.read_text(encoding="utf-8")
        cells = json.loads(text)["cells"] if text.strip() else []
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return f"unreadable: not a notebook ({type(error).__name__})"
    return "" if cells else "empty"


def _run(course, lesson, student, unsafe):
    """nbgrader's Autograde on one submission; returns why it could not be graded, or "" when it was."""
    config = course.config.copy()
    configure(config)
    config.RunSubmission.unsafe = unsafe
    converter = OneSubmission(coursedir=course.directory(lesson, glob.escape(student)), config=config,
                              log=QUIET, force=True)
    try:
        converter.start()
    except (NbGraderException, SystemExit, Exception) as error:  # whatever it is, the others go on
        stopped = converter.stopped or error
        if isinstance(stopped, Problem):
            raise stopped from None
        if isinstance(stopped, sqlalchemy.exc.OperationalError):
            raise unusable(stopped) from None
        said = (str(stopped).strip().splitlines() or [""])[0]
        return f"could not be graded: {type(stopped).__name__}: {said}"[:300]
    return ""


def configure(config):
    """Settings that make nbgrader's own `autograde`, and its formgrader page, grade as this module does."""
    ours = {"Execute": RunSubmission, "SaveAutoGrades": ScoreSubmission}
    stock = Autograde.autograde_preprocessors.default_args[0]
    config.Autograde.autograde_preprocessors = [ours.get(step.__name__, step) for step in stock]
    config.Autograde.sanitize_preprocessors = [RestoreSubmission, *Autograde.sanitize_preprocessors.default_args[0]]
    config.OverwriteCells.add_missing_cells = True  # a test cell that a student deleted is put back


def _zero(course, lesson, student, reason):
    """Record 0 for every item, and put the lesson as released, with the reason, where the graded notebook goes."""
    notebook = _read(course.place(RELEASED, ".", lesson) / course.source(lesson).name)
    name = course.source(lesson).stem
    with course.gradebook() as book:
        stamp = course.directory(lesson).get_existing_timestamp(str(course.place("submitted", student, lesson)))
        book.update_or_create_student(student)
        book.update_or_create_submission(lesson, student, **({"timestamp": stamp} if stamp else {}))
        submission = book.find_submission_notebook(name, lesson, student)
        submission.late_submission_penalty = None
        for grade in submission.grades:
            grade.auto_score, grade.needs_manual_grade = 0, grade.manual_score is not None
        book.db.commit()
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            cell.metadata["attn"] = {"score": 0.0, "max_score": marks["points"], "reason": reason,
                                     "flags": [], "seconds": 0.0}
    notebook.metadata["attn"] = {"sandbox": sandbox.NONE, "seconds": 0.0, "reason": reason}
    folder = course.place("autograded", student, lesson)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    nbformat.write(notebook, _graded_path(course, lesson, student))


def result(course, lesson, student):
    """What is on record for one submission: points from the gradebook, reasons from the graded notebook."""
    notebook = _read(_graded_path(course, lesson, student))
    name, whole = course.source(lesson).stem, notebook.metadata.get("attn", {})
    with course.gradebook() as book:
        try:
            submission = book.find_submission(lesson, student)
            graded = book.find_submission_notebook(name, lesson, student)
        except MissingEntry:
            raise Problem(f"{student}'s {lesson} is not in the gradebook.",
                          f"Grade it again: `attn grade {lesson} --student {student} --force`.") from None
        by_name = {grade.name: (grade.score, grade.max_score, grade.needs_manual_grade) for grade in graded.grades}
        penalty = graded.late_submission_penalty or 0.0
        outcome = Result(student, graded.score - penalty, graded.max_score, submission.total_seconds_late, penalty)
    for cell in notebook.cells:
        own = cell.metadata.get("attn", {})
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if "reason" not in own or grade_id not in by_name:
            continue
        score, most, waits = by_name[grade_id]
        outcome.by_hand += waits
        outcome.items.append(Item(student, name, grade_id, None if waits else score, most, own["reason"], own["flags"],
                                  own.get("seconds", 0.0), whole.get("sandbox", sandbox.NONE)))
    outcome.reason = whole.get("reason") or _summary(outcome.items)
    return outcome


def _summary(items):
    """Why points are missing, in a line: each reason with the items that it took."""
    lost = {}
    for item in items:
        if item.score is not None and item.score < item.max_score:
            name = item.grade_id.removeprefix("test_")
            reason = item.reason.split(f"{name}: ")[-1] or "marked by hand"  # a stub's message begins with its name
            lost.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in lost.items())


def write_json(results, path):
    """A line of JSON an item."""
    lines = [json.dumps(asdict(item), ensure_ascii=False) for outcome in results for item in outcome.items]
    text = "".join(line + "\n" for line in lines)
    sys.stdout.write(text) if str(path) == "-" else Path(path).write_text(text, encoding="utf-8")
