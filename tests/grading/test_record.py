"""The gradebook and autograded/ say what grading found, whole or not at all, and leave marks by hand alone."""

import json
import os
import sqlite3
import statistics
import time
from datetime import datetime

import nbformat
import pytest
import sqlalchemy

from attnlib.grading import grade
from attnlib.grading.course import Course
from attnlib.grading.record import Recorder, add_indexes
from attnlib.grading.restore import restored, to_grade
from attnlib.paths import Problem
from tests.grading.conftest import LESSON, hand_in, marks

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


@pytest.fixture
def recorder(known):
    with known.gradebook() as book:
        yield Recorder(known, LESSON, "welcome", book)


def graded(course, score, **own):
    """A graded notebook, as a task returns it."""
    notebook = restored(None, to_grade(course, *course.sources(LESSON)), "welcome.ipynb").notebook
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["attn"] = {"score": score, "max_score": 1.0, "reason": "a reason" if not score else "",
                                     "flags": [], "seconds": 0.1, "held": False, **own}
    notebook.metadata["attn"] = {"sandbox": "walls", "seconds": 0.1, "reason": "", "flags": []}
    return notebook


def by_hand(course, student):
    with course.gradebook() as book:
        mark = book.find_grade("test_double", "welcome", LESSON, student)
        return mark.auto_score, mark.manual_score, mark.needs_manual_grade


def mark_by_hand(course, student, points):
    with course.gradebook() as book:
        mark = book.find_grade("test_double", "welcome", LESSON, student)
        mark.manual_score, mark.needs_manual_grade = points, False
        book.db.commit()


def test_points_reason_sandbox_and_notes_are_on_record(known, recorder):
    said = recorder.record("ünï", "k" * 64, graded(known, 0.0), ["a note"])
    assert (said.score, said.max_score, said.reason, said.notes) == (0, 1, "double: a reason", ["a note"])
    again = grade.result(known, LESSON, "ünï")
    assert again == said and [item.sandbox for item in again.items] == ["walls"]
    assert recorder.key_of("ünï") == "k" * 64
    assert marks(known) == {("ünï", "test_double"): 0.0}


def test_a_mark_by_hand_stands_and_is_looked_at_again_only_where_the_work_has_changed(known, recorder):
    recorder.record("ada", "a" * 64, graded(known, 0.0))
    mark_by_hand(known, "ada", 0.5)
    assert recorder.record("ada", "a" * 64, graded(known, 0.0)).score == 0.5
    assert by_hand(known, "ada") == (0.0, 0.5, False)
    assert recorder.record("ada", "b" * 64, graded(known, 1.0)).score == 0.5
    assert by_hand(known, "ada") == (1.0, 0.5, True)


def test_a_held_item_waits_for_the_instructor_until_decided(known, recorder):
    held = {"held": True, "reason": "points held", "flags": ["forged"]}
    said = recorder.record("eve", "a" * 64, graded(known, 0.0, **held))
    assert (said.score, said.by_hand, said.items[0].flags, said.items[0].score) == (0, 1, ["forged"], 0.0)
    mark_by_hand(known, "eve", 0.0)
    assert recorder.record("eve", "a" * 64, graded(known, 0.0, **held)).by_hand == 0


def test_late_work_loses_what_the_policy_says_also_when_the_date_moves(known, recorder):
    folder = hand_in(known, "ada", "{}")
    (folder / "timestamp.txt").write_text("2026-03-03 13:00:00 UTC\n")
    for due, penalty in ((2, 0.2), (3, 0.1), (4, 0.0)):  # a tenth for each day begun
        with known.gradebook() as book:
            book.update_or_create_assignment(LESSON, duedate=datetime(2026, 3, due, 12))
        said = recorder.record("ada", "a" * 64, graded(known, 1.0))
        assert said.penalty == pytest.approx(penalty) and said.score == pytest.approx(1 - penalty)


@pytest.mark.parametrize("stamp", ["", "yesterday", "\x00"])
def test_a_stamp_that_is_no_time_is_no_time(known, recorder, stamp):
    (hand_in(known, "ada", "{}") / "timestamp.txt").write_text(stamp)
    assert recorder.record("ada", "a" * 64, graded(known, 1.0)).score == 1


def test_a_submission_is_recorded_whole_or_not_at_all(known, recorder, monkeypatch):
    monkeypatch.setattr(recorder, "_late", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recorder.record("ada", "a" * 64, graded(known, 1.0))
    assert marks(known) == {} and recorder.key_of("ada") is None
    monkeypatch.undo()
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)  # points are there, the notebook is not: not on record
    with pytest.raises(ZeroDivisionError):
        recorder.record("ada", "a" * 64, graded(known, 1.0))
    assert recorder.key_of("ada") is None
    assert list(known.place("autograded", "ada", LESSON).iterdir()) == []
    monkeypatch.undo()
    assert recorder.record("ada", "a" * 64, graded(known, 1.0)).score == 1
    assert recorder.key_of("ada") == "a" * 64


def test_a_notebook_that_says_it_has_a_key_has_none(known, recorder):
    notebook = graded(known, 1.0)
    notebook.cells[-1].source += '\n"key": "' + "f" * 64 + '"'
    recorder.record("eve", "a" * 64, notebook, ['"key": "' + "f" * 64 + '"'])
    assert recorder.key_of("eve") == "a" * 64


@pytest.mark.parametrize("said, sentence", [("locked", "locked"), ("disk", "disk is full")])
def test_what_the_database_says_is_a_sentence(known, recorder, said, sentence, monkeypatch):
    if said == "locked":
        lock = sqlite3.connect(known.root / "gradebook.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem, match=sentence):
            recorder.record("ada", "a" * 64, graded(known, 1.0))
        lock.close()
    else:
        with recorder.book.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        recorder.book.db.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Problem, match=sentence):
            for number in range(500):
                recorder.record(f"student {number}", "a" * 64, graded(known, 1.0))


def test_what_is_no_gradebook_is_a_sentence(course):
    (course.root / "gradebook.db").write_text("not a database at all " * 50)
    with pytest.raises(Problem, match="gradebook.db.*can't be used"), Course(course.root).gradebook():
        pass


@pytest.mark.slow
@pytest.mark.alone
def test_recording_is_fast(known, recorder):
    notebook, seconds = json.dumps(graded(known, 1.0)), []
    for number in range(60):
        began = time.monotonic()
        recorder.record(f"student {number}", "a" * 64, nbformat.from_dict(json.loads(notebook)))
        seconds.append(time.monotonic() - began)
    assert 1 / statistics.median(seconds) >= 20


def test_recording_reads_no_table_that_grows_with_the_class_from_end_to_end(known):
    asked, plans = [], []
    with known.gradebook() as book:
        recorder = Recorder(known, LESSON, "welcome", book)
        add_indexes(book)
        add_indexes(book)  # an index that is there stays
        sqlalchemy.event.listen(book.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
        for key in "kkl":  # new, unchanged, changed
            recorder.record("ana", key * 64, graded(known, 1.0))
        for statement, values in [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]:
            values = values[0] if isinstance(values, list) else values
            plans += book.db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("attn_grade" in plan[3] for plan in plans)
    read = {plan[3] for plan in plans if plan[3].startswith("SCAN")}
    assert not read & {"SCAN student", "SCAN grade", "SCAN comment", "SCAN submitted_notebook",
                       "SCAN submitted_assignment"}, read
