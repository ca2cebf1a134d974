"""attn check, progress and pack."""

import json
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from attnlib import paths

from .conftest import RIGHT, fill_in


def test_untouched_copy_passes_nothing_and_shows_the_stubs_sentences(attn, copied):
    code, shown = attn("check", "tiny")
    assert code == 1
    assert "double: twice x" in shown and "half: x over two" in shown
    assert "0 of 2 tests" in shown
    assert "nothing written yet" in shown, "the question graded by hand is listed"


def test_right_answers_pass_and_the_exit_code_says_so(attn, copied):
    fill_in(copied, **RIGHT, why="Because.")
    code, shown = attn("check", "00")
    assert code == 0, shown
    assert "2 of 2 tests" in shown and "nothing written yet" not in shown


def test_a_wrong_answer_gets_the_hint(attn, copied):
    fill_in(copied, **{**RIGHT, "double": "def double(x):\n    return x ** 3"})
    code, shown = attn("check", "00_tiny")
    assert code == 1
    assert "double(2) should be 4." in shown and "NotYet" not in shown and "Traceback" not in shown
    assert "1 of 2" in shown


def test_a_syntax_error_is_told_where_it_is(attn, copied):
    fill_in(copied, **{**RIGHT, "double": "def double(x)\n    return 2 * x"})
    _, shown = attn("check", "tiny")
    assert "the cell double stops with SyntaxError" in shown
    assert "1 of 2" in shown, "the other exercise is not harmed"


def test_an_endless_loop_costs_one_exercise_only(copied):
    from attnlib.cli import checking

    fill_in(copied, **{**RIGHT, "double": "def double(x):\n    while True:\n        pass"})
    results, _, _ = checking.run(*paths.notebooks("00_tiny"), copied, timeout=3)
    assert "loop that doesn't end" in results[0].hint
    assert results[1].passed


def test_a_loop_that_ignores_interrupts_ends_the_check(copied):
    from attnlib.cli import checking

    loop = """def double(x):
    while True:
        try:
            while True:
                pass
        except KeyboardInterrupt:
            pass"""
    fill_in(copied, **{**RIGHT, "double": loop})
    results, _, _ = checking.run(*paths.notebooks("00_tiny"), copied, timeout=2)
    assert "loop that doesn't end" in results[0].hint
    assert results[1].hint is not None


def test_python_told_to_exit_ends_in_a_sentence(attn, copied):
    fill_in(copied, **{**RIGHT, "double": "def double(x):\n    import os\n    os._exit(0)"})
    code, shown = attn("check", "tiny")
    assert code == 1
    assert "Python itself ended" in shown and "not run" in shown


def test_edited_and_deleted_tests_come_from_the_release(attn, copied):
    book = nbformat.read(copied, 4)
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "test_half"]
    nbformat.write(book, copied)
    fill_in(copied, test_double="pass")
    code, shown = attn("check", "tiny")
    assert code == 1 and "0 of 2" in shown


def test_a_helper_cell_that_the_student_added_runs_in_its_place(attn, copied):
    book = nbformat.read(copied, 4)
    book.cells.insert(2, new_code_cell("def helper(x):\n    return x + x"))
    nbformat.write(book, copied)
    fill_in(copied, **{**RIGHT, "double": "double = helper"})
    assert attn("check", "tiny")[0] == 0


def test_a_deleted_answer_cell_is_put_back_and_said(attn, copied):
    book = nbformat.read(copied, 4)
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "half"]
    nbformat.write(book, copied)
    code, shown = attn("check", "tiny")
    assert code == 1 and "half was missing" in shown


@pytest.mark.parametrize("content, said", [
    (b"", "is empty"), (b"\0\0\0\0", "is empty"), (b'{"cells": [', "not JSON"), (b"[]", "no format number"),
    (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "no cells"),
    (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}', "not a notebook"),
    (b"[" * 100_000, "not a notebook"),
])
@pytest.mark.parametrize("verb", ["check", "pack"])
def test_a_copy_that_is_no_notebook_is_a_sentence_and_left_alone(attn, copied, content, said, verb):
    copied.write_bytes(content)
    code, shown = attn(verb, "tiny")
    assert code == 1
    assert said in shown and "left as it is" in shown and "Traceback" not in shown
    assert copied.read_bytes() == content
    assert not (copied.parents[1] / "00_tiny.zip").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_other_encodings_are_read(attn, copied, encoding):
    fill_in(copied, **{**RIGHT, "double": "def double(x):  # é\n    return x + x"})
    text = json.dumps(json.loads(copied.read_text(encoding="utf-8")), ensure_ascii=False)
    copied.write_bytes(text.encode(encoding))
    assert attn("check", "tiny")[0] == 0


def test_an_unknown_lesson_lists_the_lessons(attn, course):
    for verb in ("check", "pack", "lab"):
        code, shown = attn(verb, "05_attention")
        assert code == 1
        assert "05_attention" in shown and "00_tiny, 01_second" in shown


def test_a_lesson_that_was_never_copied(attn, course):
    code, shown = attn("check", "tiny")
    assert code == 1 and "no copy of 00_tiny" in shown and "attn lab" in shown


def test_progress_says_when_it_was_checked_and_whether_it_changed_since(attn, copied):
    code, shown = attn("progress")
    assert code == 0 and shown.count("not checked yet") == 2
    fill_in(copied, double=RIGHT["double"])
    attn("check", "tiny")
    _, shown = attn("progress")
    assert "1 of 2" in shown and "2 of 3" in shown and "changed it since" not in shown
    fill_in(copied, half=RIGHT["half"])
    _, shown = attn("progress")
    assert "changed it since" in shown


def test_progress_survives_a_spoilt_memory(attn, copied):
    (copied.parents[1] / ".attn" / "memory.json").write_text('{"checked": {"00_tiny": 7}}')
    code, shown = attn("progress")
    assert code == 0 and "not checked yet" in shown


def test_progress_now_checks_every_lesson(attn, copied):
    fill_in(copied, **RIGHT)
    code, shown = attn("progress", "--now")
    assert code == 0 and "2 of 2" in shown and "0 of 2" in shown


def test_pack_makes_a_zip_of_the_copy_and_says_what_does_not_pass(attn, copied):
    fill_in(copied, double=RIGHT["double"])
    code, shown = attn("pack", "tiny")
    assert code == 0
    assert "Not passing yet: half" in shown and "why" in shown and "work/00_tiny.zip" in shown
    with zipfile.ZipFile("work/00_tiny.zip") as archive:
        assert archive.namelist() == ["00_tiny/tiny.ipynb"]
        assert archive.read("00_tiny/tiny.ipynb") == copied.read_bytes()


def test_pack_writes_over_no_zip_unasked(attn, copied):
    attn("pack", "tiny")
    before = (copied.parents[1] / "00_tiny.zip").read_bytes()
    fill_in(copied, **RIGHT)
    code, shown = attn("pack", "tiny")
    assert code == 1 and "--replace" in shown
    assert (copied.parents[1] / "00_tiny.zip").read_bytes() == before
    assert attn("pack", "tiny", "--replace")[0] == 0
    assert (copied.parents[1] / "00_tiny.zip").read_bytes() != before
