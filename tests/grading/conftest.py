"""A course of its own with lesson 00 in a temporary folder, and notebooks that students might hand in."""

import copy
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from attnlib.grading import demo, grade, sandbox
from attnlib.grading.course import Course

ROOT = Path(__file__).resolve().parents[2]
LESSON = "00_welcome"

# nbgrader calls alembic by its bare name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def answer(notebook, code):
    """A copy of a released notebook whose `double` is `code`."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "double":
            cell["source"] = code
    return notebook


@pytest.fixture
def course(tmp_path):
    """A fresh course with lesson 00, nothing collected."""
    return demo.build(LESSON, ROOT, tmp_path / "course")


@pytest.fixture(scope="session")
def _known(tmp_path_factory):
    """A course whose gradebook knows the lesson; making a gradebook takes seconds."""
    course = demo.build(LESSON, ROOT, tmp_path_factory.mktemp("known") / "course")
    grade.know(course, LESSON)
    return course


@pytest.fixture
def known(_known, tmp_path):
    """A fresh course whose gradebook knows lesson 00; nothing collected."""
    shutil.copytree(_known.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture(scope="session")
def released():
    """Lesson 00 as students get it."""
    return json.loads((ROOT / "notebooks" / LESSON / "welcome.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def walls():
    """Skips a test where no sandbox runs."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])


def hand_in(course, student, notebook):
    """Put a notebook (a dictionary), or text, where collecting would."""
    folder = course.place("submitted", student, LESSON)
    folder.mkdir(parents=True, exist_ok=True)
    text = notebook if isinstance(notebook, str) else json.dumps(notebook)
    (folder / "welcome.ipynb").write_text(text, encoding="utf-8")
    return folder


def marks(course, lesson=LESSON):
    """{(student, item): points} in the gradebook; each submission must stand there once."""
    with course.gradebook() as book:
        submissions = book.assignment_submissions(lesson)
        assert len({submission.student.id for submission in submissions}) == len(submissions)
        return {(submission.student.id, mark.name): mark.score
                for submission in submissions for notebook in submission.notebooks for mark in notebook.grades}
