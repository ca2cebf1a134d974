"""`attn lessons` and `attn release` as they are called: what they say, and their exit codes."""

import shutil

import pytest

from attnlib import cli
from tests.lessons.tiny import TEXT, make, write


@pytest.fixture
def course(tmp_path, monkeypatch):
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def attn(*arguments):
    """The exit code of `attn ARGUMENTS`."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    return ended.value.code


@pytest.mark.parametrize("verb", ["lessons", "release"])
def test_an_unknown_lesson(course, capsys, verb):
    assert attn(verb, "99_nothing") == 1
    said = capsys.readouterr().err
    assert "no lesson '99_nothing'" in said and "00_tiny" in said and "Traceback" not in said


def test_lessons_then_nothing_to_do(course, capsys):
    assert attn("lessons") == 0
    assert "00_tiny: 4 cells executed" in capsys.readouterr().out
    assert attn("lessons", "tiny") == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_broken_text_ends_in_exit_code_1(course, capsys):
    write(course, TEXT.replace("    ### END SOLUTION\n", ""))
    assert attn("lessons") == 1
    assert "tiny.md" in capsys.readouterr().err


def test_release_of_a_text_that_was_not_executed(course, capsys):
    assert attn("release") == 1
    assert "attn lessons 00_tiny" in capsys.readouterr().err
    assert not (course / "notebooks").exists()


def test_a_wrong_folder_for_students_is_refused_first(course, capsys):
    shutil.copytree(course / "solutions", course / "elsewhere")
    assert attn("release", "--to", str(course / "elsewhere")) == 1
    assert "isn't empty" in capsys.readouterr().err
    assert not (course / "gradebook.db").exists()


def test_new_lesson_with_a_name_that_is_taken(course, capsys):
    assert attn("new-lesson", "tiny") == 1
    assert "There is a lesson 00_tiny already" in capsys.readouterr().err
