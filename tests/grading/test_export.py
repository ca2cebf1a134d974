"""Exports against what the platforms document: their columns, their own sheets, Gradescope's results.json."""

import csv
import json

import pytest

from attnlib.grading import export
from attnlib.grading.late import HOUR, PerDay
from attnlib.grading.record import Item, Result
from attnlib.paths import Problem
from tests.grading.conftest import LESSON

ROSTER = """student,platform_id,file_name,name,email,extra_hours
ada,4711001,,Ada Lovelace,ada@example.org,
ben,4711002,,Ben Okafor,ben@example.org,48
"""


def outcome(student, score, by_hand=0):
    reason = "" if score else "double(3) should be 6"
    item = Item(student, "welcome", "test_double", score, 1.0, reason, [], 0.25, "none")
    waits = Item(student, "welcome", "question", None, 2.0, "graded by hand", [], 0.0, "none")
    return Result(student, score, 3.0, by_hand=by_hand, reason=reason, items=[item, waits])


@pytest.fixture
def graded(course, monkeypatch):
    """A course whose class of three has been graded, with a roster of two."""
    marks = {"ada": outcome("ada", 1.0), "ben": outcome("ben", 0.0), "zoë": outcome("zoë", 1.0, by_hand=1)}
    for student in marks:
        course.place("autograded", student, LESSON).mkdir(parents=True)
    (course.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    monkeypatch.setattr(export, "result", lambda course, lesson, student: marks[student])
    return course


def rows(done):
    return list(csv.reader(done.path.open(encoding="utf-8", newline="")))


def test_a_plain_table(graded):
    done = export.export(graded, [LESSON], "csv")
    assert rows(done)[0] == ["student", "name", "email", f"{LESSON} points", f"{LESSON} of", f"{LESSON} late h"]
    assert rows(done)[1] == ["ada", "Ada Lovelace", "ada@example.org", "1", "3", "0.0"]
    assert [row[0] for row in rows(done)[1:]] == ["ada", "ben", "zoë"]
    assert any("wait for a mark by hand" in note for note in done.notes)


def test_canvas_without_a_sheet_has_its_columns_and_the_points_possible(graded):
    done = rows(export.export(graded, [LESSON], "canvas"))
    assert done[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LESSON]
    assert done[1][0].strip() == "Points Possible" and done[1][5] == "3"
    assert done[2] == ["Ada Lovelace", "4711001", "", "ada", "", "1"]


CANVAS = f"""Student,ID,SIS User ID,SIS Login ID,Section,{LESSON} (98765),Essay (98766),Final Score
    Points Possible,,,,,10.0,5.0,(read only)
"Lovelace, Ada",4711001,,alove,Mon,,4,80
"Okafor, Ben",99,,bokaf,Mon,,5,70
"Student, Test",5,,test,Mon,7,,
"""


def test_canvas_own_sheet_is_copied_with_the_identity_and_the_lesson_only(graded, tmp_path):
    sheet = tmp_path / "canvas.csv"
    sheet.write_text("\ufeff" + CANVAS, encoding="utf-8")
    done = export.export(graded, [LESSON], "canvas", into=sheet)
    assert rows(done) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{LESSON} (98765)"],
        ["    Points Possible", "", "", "", "", "10.0"],
        ["Lovelace, Ada", "4711001", "", "alove", "Mon", "1"],   # by her id
        ["Okafor, Ben", "99", "", "bokaf", "Mon", "0"],          # by his name
        ["Student, Test", "5", "", "test", "Mon", "7"]]          # not ours: as it was
    assert sheet.read_text(encoding="utf-8") == "\ufeff" + CANVAS
    assert any("10.0 points" in note for note in done.notes) and any("zoë" in note for note in done.notes)


MOODLE = """Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 4711001","Ada Lovelace",a@b.org,"Submitted for grading",,3.00,Yes,"Monday, 1 January 2026",-,"=HYPERLINK(1)"
"Participant 7","Ben Okafor",ben@example.org,"No submission",,3.00,Yes,-,-,
"""  # noqa: E501


def test_moodle_own_worksheet_keeps_all_columns(graded, tmp_path):
    sheet = tmp_path / "moodle.csv"
    sheet.write_text(MOODLE, encoding="utf-8")
    done = export.export(graded, [LESSON], "moodle", into=sheet)
    header, ada, ben = rows(done)
    assert header == next(csv.reader([MOODLE.splitlines()[0]]))
    assert ada[:6] == ["Participant 4711001", "Ada Lovelace", "a@b.org", "Submitted for grading", "1", "3.00"]
    assert ada[8:] == ["-", "'=HYPERLINK(1)"]
    assert ben[4] == "0" and not any("points for it" in note for note in done.notes)


def test_moodle_without_a_worksheet(graded):
    done = rows(export.export(graded, [LESSON], "moodle"))
    assert done[:2] == [["Username", "Full name", "Email address", LESSON],
                        ["ada", "Ada Lovelace", "ada@example.org", "1"]]


def test_gradescope_gets_a_results_json_a_student(graded):
    done = export.export(graded, [LESSON], "gradescope")
    content = json.loads((done.path / "ben" / "results.json").read_text(encoding="utf-8"))
    assert content["score"] == 0 and content["stdout_visibility"] in ("hidden", "visible", "after_published")
    assert content["tests"] == [{"name": "test_double", "number": "1", "score": 0.0, "max_score": 1.0,
                                 "status": "failed", "output": "double(3) should be 6", "visibility": "visible"}]
    assert len(list(done.path.glob("*/results.json"))) == len(done.students) == 3


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
def test_formulas_become_text(text):
    assert export.defused(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-", "-3", "+4.5", "ada", "", "1=1", -3, 4.5, None])
def test_the_rest_stays_as_it_is(value):
    assert export.defused(value) == value


def test_what_does_not_fit_is_a_sentence(graded, tmp_path):
    sheet = tmp_path / "sheet.csv"
    for text, form, said in ((CANVAS, "moodle", "Identifier"), (MOODLE, "canvas", "Student, ID"),
                             ("a,b\n", "canvas", "no st"), (CANVAS.replace(LESSON, "Quiz"), "canvas", "--column")):
        sheet.write_text(text, encoding="utf-8")
        with pytest.raises(Problem, match=said):
            export.export(graded, [LESSON], form, into=sheet)
    for arguments, said in (((["x", "y"], "moodle"), "one lesson"), (([LESSON], "excel"), "canvas, moodle"),
                            (([LESSON], "csv", sheet), "--into"),
                            (([LESSON], "canvas", tmp_path / "none.csv"), "can't be read"),
                            (([LESSON], "csv", None, tmp_path / "none.csv"), "can't be read")):
        with pytest.raises(Problem, match=said):
            export.export(graded, *arguments)
    assert not (graded.root / "export").exists() or not list((graded.root / "export").iterdir())


def test_extra_time_counts_before_a_penalty(graded):
    config = graded.config.copy()
    policy = PerDay(config=config)
    for hours, ada, ben in ((1, 1, 0), (30, 2, 0), (49, 3, 1)):
        assert policy.late_submission_penalty("ada", 10.0, hours * HOUR) == pytest.approx(ada)
        assert policy.late_submission_penalty("ben", 10.0, hours * HOUR) == pytest.approx(ben)


def test_extra_time_that_is_no_number_is_a_sentence(graded):
    (graded.root / "roster.csv").write_text(ROSTER.replace("48", "two days"), encoding="utf-8")
    with pytest.raises(Problem, match="ben's extra_hours .* 'two days'"):
        PerDay(config=graded.config.copy()).late_submission_penalty("ben", 10.0, HOUR)
