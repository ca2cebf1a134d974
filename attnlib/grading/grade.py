"""Grade what has been collected: restore, run, record; each submission ends with points and reasons.

    submitted/ ─ restore ─▶ key ─▶ in the journal? ─ no ─▶ run (executor) ─▶ journal ─▶ record
                                          └────────── yes ──────────────────────────────┘

A submission that stands in the journal under the key of what its grade depends on is not run again. A
result is in the journal before it is recorded, so wherever a run ends, the next one goes on from there.
"""

import base64
import functools
import hashlib
import importlib.metadata
import itertools
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import nbformat
import sqlalchemy.exc
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException

import attnlib
from attnlib import notebooks
from attnlib.grading import sandbox
from attnlib.grading.collect import STAMP
from attnlib.grading.course import QUIET, unusable
from attnlib.grading.executor import Job, LocalPool, outcomes
from attnlib.grading.journal import Journal
from attnlib.grading.late import AssignOnce
from attnlib.grading.record import Recorder, add_indexes, together
from attnlib.grading.restore import (
    Restored,
    RestoreSubmission,
    ShowExperiments,
    restored,
    show_experiments,
    to_grade,
)
from attnlib.grading.run import RunSubmission, settings
from attnlib.grading.score import ScoreSubmission
from attnlib.grading.task import VERSION, grade_task
from attnlib.paths import Problem

RELEASED = "build/grading/release"  # as released, kept apart from notebooks/, which stays as it is
JOURNALS = "autograded/.journal"
GRADES = ("task", "run", "score", "canaries", "guard", "sandbox", "warm")  # the modules that make a score


@dataclass
class Submission:
    """A student's notebook on its way."""

    student: str
    notebook: str
    key: str
    restored: Restored
    found: dict | None = None  # its result, where there is one without running it
    again: bool = False


class Grading:
    """One run over the submissions of a lesson. Iterate over `results()`; the numbers tell how it stands.

    Each of the lesson's notebooks is a piece of work of its own; the numbers count these.
    """

    def __init__(self, course, lesson, students=(), force=False, unsafe=False, pool=None, task=grade_task):
        """pool: a LocalPool, by default of one process for each core, or a DaskPool. task: what the pool runs.

        Raises Problem where the run can't begin.
        """
        self.course, self.lesson, self.force, self.task = course, lesson, force, task
        self.students = _chosen(course, lesson, students)
        self.pool = pool or LocalPool(cores())
        self.settings, self.environment = settings(course.config, unsafe), _environment()
        self.sources = course.sources(lesson)
        self.done = self.failed = self.unchanged = 0
        self.running = set()

    @property
    def total(self):
        return len(self.students) * len(self.sources)

    @property
    def waiting(self):
        return self.total - self.done - len(self.running)

    def results(self):
        """Yield a Result for each student's notebook, in order of finishing. Only those in work are in memory."""
        with ExitStack() as stack:
            pool = stack.enter_context(self.pool)
            self._expect_able(pool)
            know(self.course, self.lesson)
            self.released = {source.stem: to_grade(self.course, source) for source in self.sources}
            self.lesson_files = _files(self.course.place(RELEASED, ".", self.lesson))
            path = self.course.root / JOURNALS / f"{self.lesson}.jsonl"
            self.journal = stack.enter_context(Journal(path))
            book = stack.enter_context(self.course.gradebook())
            add_indexes(book)
            recorders = {name: Recorder(self.course, self.lesson, name, book) for name in self.released}
            for submission, outcome in outcomes(self.task, self._jobs(), pool):
                yield self._finish(submission, outcome, recorders[submission.notebook])

    def _expect_able(self, pool):
        """Raise Problem unless each machine has this version of the course, and a sandbox where one is wanted."""
        for place, (version, wrong) in pool.everywhere(able).items():
            if version != fingerprint():
                raise Problem(f"{place} has another version of the course, which may give other scores.",
                              "Install this one there, and start its Dask workers again.")
            if wrong and not self.settings["unsafe"]:
                where = "" if isinstance(pool, LocalPool) else f"On {place}: "
                raise Problem(where + wrong, "Or grade without walls, if you trust every submission, with --unsafe.")

    def _jobs(self):
        """Restore one notebook after the other; its payload, or None where there is nothing to run."""
        for student, source in itertools.product(self.students, self.sources):
            submission, payload = self._prepare(student, source)
            if payload is not None:
                self.running.add(self._called(submission))
            yield Job(submission, payload)

    def _called(self, submission):
        """What the display calls it."""
        return submission.student if len(self.sources) == 1 else f"{submission.student}, {submission.notebook}"

    def _prepare(self, student, source):
        folder = self.course.place("submitted", student, self.lesson)
        data, why = _data(folder / source.name)
        found = restored(data, self.released[source.stem], source.name)
        found.why = why or found.why
        files = {**_files(folder), **self.lesson_files}
        task = {"version": VERSION, "lesson": self.lesson, "name": source.stem, "notebook": found.notebook,
                "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
                "settings": self.settings, "environment": self.environment}
        submission = Submission(student, source.stem, _key(task, found.why), found)
        if not self.force:
            submission.found = self.journal.get(submission.key)
            submission.again = submission.found is not None
        if submission.found is None and found.why:
            submission.found = without_points(found.notebook, found.why)
        return submission, None if submission.found else json.dumps(task).encode()

    def _finish(self, submission, outcome, recorder):
        """Keep what a submission came to, record it, and say what it was."""
        student, given, result = submission.student, submission.restored, submission.found
        self.running.discard(self._called(submission))
        if isinstance(outcome, Problem):
            raise outcome
        if isinstance(outcome, Exception):  # not kept: the next run tries again
            said = (str(outcome).strip().splitlines() or [type(outcome).__name__])[0]
            result = without_points(given.notebook, f"could not be graded: {said}"[:300], held=True)
            submission.key = ""
        elif not submission.again:
            result = json.loads(outcome) if result is None else result
            self.journal.add(submission.key, student, result)
        notebook = nbformat.from_dict(result["notebook"])
        notebook.metadata["attn"] = {name: result[name] for name in ("sandbox", "seconds", "reason", "flags")}
        show_experiments(notebook, given.experiments)
        said = recorder.record(student, submission.key, notebook, given.notes)
        said.again = submission.again
        self.done += 1
        self.failed += said.failed
        self.unchanged += said.again
        return said


def grade(course, lesson, students=(), force=False, unsafe=False):
    """Grade `lesson`'s submissions on this machine; the Results, in order of students and notebooks."""
    results = Grading(course, lesson, students, force, unsafe).results()
    return sorted(results, key=lambda result: (result.student, result.part))


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def able():
    """(version of the code that makes scores, what is wrong with the sandbox or "") of the machine it runs on."""
    return fingerprint(), sandbox.probe()[1]


@functools.cache
def fingerprint():
    """Hash of what makes a score: the course's code that lessons use, the grader's own, torch."""
    package = Path(attnlib.__file__).parent
    whole = hashlib.sha256(importlib.metadata.version("torch").encode())
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package)
        if place.parts[0] != "cli" and (place.parts[0] != "grading" or place.stem in GRADES):
            whole.update(f"\0{place.as_posix()}\0".encode() + path.read_bytes())
    return whole.hexdigest()


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


def _key(task, why):
    """Hash of what a grade depends on: every cell's source, the tests among them, files, limits, seed, code."""
    cells = [(cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.metadata.get("tags"))
             for cell in task["notebook"].cells]
    about = ("lesson", "name", "files", "settings", "environment")
    parts = [cells, why, fingerprint(), *(task[name] for name in about)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _environment():
    """The term's seed, where one is set. Raises Problem where it is no number: every hidden test would stop."""
    seed = os.environ.get("ATTN_TERM_SEED")
    if seed is not None and not seed.isdecimal():
        raise Problem(f"ATTN_TERM_SEED is {seed!r}; a whole number, 0 or more, is expected.",
                      "Try `ATTN_TERM_SEED=2027 attn grade LESSON`.")
    return {} if seed is None else {"ATTN_TERM_SEED": seed}


def _data(path):
    """(the bytes of a submitted notebook, or None; why they can't be read, or "")."""
    if path.is_symlink() or path.exists() and not path.is_file():
        return None, "unreadable: not a regular file"
    try:
        return path.read_bytes(), ""
    except FileNotFoundError:
        return None, "missing"
    except OSError as error:
        return None, f"unreadable: {error.strerror}"


def _files(folder):
    """{relative name: bytes} of the regular files beside a notebook: what its cells may open."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
            and path.suffix != ".ipynb" and path.name != STAMP}


def without_points(notebook, reason, held=False):
    """The result of a submission that can't be run: 0 for each item, and the reason. Held: somebody has to look."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        marks = notebooks.graded(cell)
        if marks.get("grade"):
            cell.metadata["attn"] = {"score": 0.0, "max_score": float(marks["points"]), "reason": reason,
                                     "flags": [], "seconds": 0.0, "held": held}
    return {"version": VERSION, "notebook": notebook, "flags": [], "sandbox": sandbox.NONE, "seconds": 0.0,
            "reason": reason}


def configure(config):
    """Settings that make nbgrader's own `autograde`, and its formgrader page, grade as this module does."""
    ours = {"Execute": RunSubmission, "SaveAutoGrades": ScoreSubmission, "AssignLatePenalties": AssignOnce}
    stock = Autograde.autograde_preprocessors.default_args[0]
    steps = [ours.get(step.__name__, step) for step in stock]
    config.Autograde.autograde_preprocessors = [*steps, ShowExperiments]
    config.Autograde.sanitize_preprocessors = [RestoreSubmission, *Autograde.sanitize_preprocessors.default_args[0]]
    config.OverwriteCells.add_missing_cells = True  # a test cell that a student deleted is put back


def result(course, lesson, student):
    """What is on record for one submission: points from the gradebook, reasons from the graded notebooks."""
    with course.gradebook() as book:
        return together([Recorder(course, lesson, source.stem, book).on_record(student)
                         for source in course.sources(lesson)])
