"""`attn new-lesson`, and the whole course rebuilt, in a copy of the course."""

import os
import subprocess
import sys

import pytest

from attnlib.grading import lessons, skeleton
from attnlib.paths import Problem
from tests.lessons.tiny import ROOT, copy_course, make


def run(folder, *command):
    """Run `command` in the copy; its attnlib is the copy's."""
    surroundings = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=500)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def attn(folder, *arguments):
    return run(folder, sys.executable, "-c", "from attnlib.cli import main; main()", *arguments)


@pytest.mark.slow
def test_a_new_lessons_skeleton_passes_the_tests(tmp_path):
    copy_course(tmp_path)
    said = attn(tmp_path, "new-lesson", "pointers")
    assert "pointers/pointers.md" in said
    attn(tmp_path, "lessons", "pointers")
    attn(tmp_path, "release", "pointers")
    tests = ["tests/test_catalogue.py", "tests/lessons/test_lessons.py", "tests/release/test_release.py",
             "tests/test_documents.py"]
    said = run(tmp_path, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "pointers", *tests)
    assert " passed" in said and "failed" not in said and "skipped" not in said


@pytest.mark.slow
def test_git_sees_no_change_after_lessons_and_release(tmp_path):
    """Twice from the same text, the second time with one lesson executed anew."""
    copy_course(tmp_path)
    attn(tmp_path, "lessons")
    attn(tmp_path, "release")
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    run(tmp_path, *git, "init", "-q")
    run(tmp_path, *git, "add", "-A")
    run(tmp_path, *git, "commit", "-qm", "before")
    attn(tmp_path, "lessons")
    attn(tmp_path, "lessons", lessons.names(ROOT)[0], "--force")
    attn(tmp_path, "release")
    assert run(tmp_path, *git, "status", "--porcelain") == ""


def test_the_next_free_number(tmp_path):
    make(tmp_path)
    for part in ("checks", "course"):
        (tmp_path / "attnlib" / part).mkdir()
        (tmp_path / "attnlib" / part / "__init__.py").write_text('LESSONS = ("tiny",)\n')
    full, files = skeleton.write(tmp_path, "pointers")
    assert full == "10_pointers" and all(path.exists() for path in files)
    assert 'LESSONS = ("tiny", "pointers")' in (tmp_path / "attnlib" / "checks" / "__init__.py").read_text()
    assert lessons.read(tmp_path, full).cells


@pytest.mark.parametrize(("name", "says"), [
    ("Pointers", "can't be a lesson's name"), ("two words", "can't be"), ("../up", "can't be"), ("class", "can't be"),
    ("", "can't be"), ("tiny", "There is a lesson 00_tiny already"), ("00_other", "There is a lesson 00_tiny already"),
])
def test_a_name_that_will_not_do(tmp_path, name, says):
    make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Problem, match=says):
        skeleton.write(tmp_path, name)
    assert sorted(tmp_path.rglob("*")) == before
