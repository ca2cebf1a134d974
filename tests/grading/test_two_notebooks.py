"""A lesson of two notebooks, graded for real: each is work of its own, and their points add up."""

import csv
import io
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta

import nbformat
import pytest

from attnlib.grading import demo, export, grade, lessons, live, release, report, sandbox
from attnlib.grading.collect import collect
from attnlib.grading.course import Course
from attnlib.grading.executor import LocalPool
from attnlib.grading.feedback import feedback
from attnlib.paths import Problem
from tests.grading import synthetic
from tests.grading.conftest import ROOT, marks
from tests.lessons.tiny import make_pair

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200),
              pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]  # nbgrader's own

PAIR, FIRST, SECOND = "00_pair", "first.ipynb", "second.ipynb"
TWICE, THRICE = "def twice(x):\n    return x + x", "def thrice(x):\n    return x + x + x"
EARLY, LATE = datetime(2026, 2, 1, 9, 30, tzinfo=UTC), datetime(2026, 2, 3, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The course with its lesson, executed, released and known to the gradebook."""
    folder = tmp_path_factory.mktemp("pair")
    make_pair(folder)
    for name in lessons.names(folder):
        lessons.build(folder, name)
    release.release(folder, [PAIR])
    return folder


@pytest.fixture
def course(built, tmp_path):
    shutil.copytree(built, tmp_path / "course")
    return Course(tmp_path / "course")


def answered(course, name, code):
    """The released notebook `name` with its exercise answered, as text."""
    book = nbformat.read(course.root / "notebooks" / PAIR / name, as_version=4)
    next(cell for cell in book.cells if cell.id in ("twice", "thrice")).source = code
    return nbformat.writes(book)


@pytest.fixture
def right(course):
    """{file name: text} of a lesson with everything right."""
    return {FIRST: answered(course, FIRST, TWICE), SECOND: answered(course, SECOND, THRICE)}


def make_zip(path, files):
    """A zip at `path` with `files`, {name: text, or (text, time)}."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            text, when = text if isinstance(text, tuple) else (text, EARLY)
            archive.writestr(zipfile.ZipInfo(name, when.astimezone().timetuple()[:6]), text)
    return path


def stored(course, student):
    """{file name: text} of the notebooks that were collected."""
    return {path.name: path.read_text(encoding="utf-8")
            for path in sorted(course.place("submitted", student, PAIR).glob("*.ipynb"))}


def stamp(course, student):
    return (course.place("submitted", student, PAIR) / "timestamp.txt").read_text()[:16]


# Collect

@pytest.mark.parametrize("entries, student", [
    (["Ada Lovelace_4711_assignsubmission_file_/first.ipynb", "Ada Lovelace_4711_assignsubmission_file_/second.ipynb"],
     "Ada Lovelace"),
    (["Ada Lovelace_4711_assignsubmission_file_first.ipynb", "Ada Lovelace_4711_assignsubmission_file_second.ipynb"],
     "Ada Lovelace"),
    (["lovelaceada_101_202_first.ipynb", "lovelaceada_LATE_101_203_second-1.ipynb"], "lovelaceada"),
    (["ada/first.ipynb", "ada/second.ipynb"], "ada"),
    ([f"ada/{PAIR}/first.ipynb", f"ada/{PAIR}/second.ipynb"], "ada"),
    ([f"submitted/ada/{PAIR}/first.ipynb", f"submitted/ada/{PAIR}/second.ipynb"], "ada"),
])
def test_downloads_of_every_form(course, right, tmp_path, entries, student):
    outcome = collect(course, PAIR, [make_zip(tmp_path / "all.zip", dict(zip(entries, right.values(), strict=True)))])
    assert (outcome.new, outcome.refused) == ([student], [])
    assert stored(course, student) == right


def test_a_students_own_zip_and_one_within_a_download(course, right, tmp_path):
    own = make_zip(tmp_path / "ada.zip", {f"{PAIR}/{name}": text for name, text in right.items()})
    flat = make_zip(tmp_path / "bea.zip", right)
    whole = tmp_path / "all.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.write(own, "Cy_4711_assignsubmission_file_/00_pair.zip")
    outcome = collect(course, PAIR, [own, flat, whole])
    assert sorted(outcome.new) == ["Cy", "ada", "bea"] and outcome.refused == outcome.notes == []
    assert [stored(course, student) for student in outcome.new] == [right] * 3


def test_renamed_and_exchanged_names_are_told_by_their_exercises(course, right, tmp_path):
    outcome = collect(course, PAIR, [make_zip(tmp_path / "all.zip", {
        "ada/second.ipynb": right[FIRST], "ada/first.ipynb": right[SECOND], "bea/a.ipynb": right[FIRST],
        "bea/b.ipynb": right[SECOND]})])
    assert stored(course, "ada") == stored(course, "bea") == right
    assert "ada: second.ipynb was recognised by its exercises as first.ipynb" in outcome.notes
    assert "bea: b.ipynb was recognised by its exercises as second.ipynb" in outcome.notes


def test_one_missing_one_twice_one_of_another_lesson(course, right, tmp_path):
    newer = answered(course, FIRST, "def twice(x):\n    return 2 * x")
    outcome = collect(course, PAIR, [make_zip(tmp_path / "all.zip", {
        "ada/first.ipynb": right[FIRST],
        "bea/first.ipynb": (right[FIRST], EARLY), "bea/first-1.ipynb": (newer, LATE), "bea/second.ipynb": right[SECOND],
        "cy/welcome.ipynb": (ROOT / "notebooks" / "00_welcome" / "welcome.ipynb").read_text(encoding="utf-8")})])
    assert outcome.new == ["ada", "bea"] and ["cy" in line for line in outcome.refused] == [True]
    assert stored(course, "ada") == {FIRST: right[FIRST]} and "ada: no second.ipynb was handed in" in outcome.notes
    assert stored(course, "bea") == {FIRST: newer, SECOND: right[SECOND]} and stamp(course, "bea") == "2026-02-03 09:30"
    assert any("several notebooks" in note and "keeps first.ipynb" in note for note in outcome.notes)
    kept = list(course.place("submitted/.earlier", "bea", PAIR).rglob("*.ipynb"))
    assert [path.read_text(encoding="utf-8") for path in kept] == [right[FIRST]]


def test_broken_ones_come_in_for_grading_to_say_so(course, right, tmp_path):
    outcome = collect(course, PAIR, [make_zip(tmp_path / "all.zip", {
        "ada/first.ipynb": '{"cells": [', "ada/second.ipynb": right[SECOND],
        "bea/first.ipynb": right[FIRST], "bea/Untitled.ipynb": '{"cells": [',
        "cy/first.ipynb": "", "cy/second.ipynb": "no"})])
    assert outcome.new == ["ada", "bea", "cy"] and outcome.refused == []
    assert stored(course, "ada") == {FIRST: '{"cells": [', SECOND: right[SECOND]}
    assert stored(course, "bea") == {FIRST: right[FIRST], SECOND: '{"cells": ['}
    assert stored(course, "cy") == {FIRST: "", SECOND: "no"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "the newer first"])
def test_two_downloads_one_for_each_notebook(course, right, tmp_path, order):
    """As where the platform has an assignment for each; and each once more, which changes nothing."""
    zips = [make_zip(tmp_path / "first.zip", {"ada/first.ipynb": (right[FIRST], EARLY)}),
            make_zip(tmp_path / "second.zip", {"ada/second.ipynb": (right[SECOND], LATE)})]
    one, other = (zips[number] for number in order)
    assert collect(course, PAIR, [one]).new == ["ada"]
    outcome = collect(course, PAIR, [other])
    assert outcome.updated == ["ada"] and ["stays" in note for note in outcome.notes] == [True]
    assert stored(course, "ada") == right and stamp(course, "ada") == "2026-02-03 09:30"
    assert collect(course, PAIR, [one]).unchanged == collect(course, PAIR, [other]).unchanged == ["ada"]
    assert collect(course, PAIR, zips).unchanged == ["ada"]


def test_a_notebook_handed_in_anew_leaves_the_other(course, right, tmp_path):
    collect(course, PAIR, [make_zip(tmp_path / "1.zip", {f"ada/{name}": text for name, text in right.items()})])
    newer = answered(course, SECOND, "def thrice(x):\n    return 3 * x")
    assert collect(course, PAIR, [make_zip(tmp_path / "2.zip", {"ada/second.ipynb": (newer, LATE)})]).updated == ["ada"]
    assert stored(course, "ada") == {FIRST: right[FIRST], SECOND: newer}
    older = answered(course, SECOND, "def thrice(x):\n    return x * 3")
    outcome = collect(course, PAIR, [make_zip(tmp_path / "3.zip", {"ada/second.ipynb": (older, EARLY)})])
    assert "older than" in outcome.refused[0] and stored(course, "ada")[SECOND] == newer
    kept = {path.read_text(encoding="utf-8") for path in course.place("submitted/.earlier").rglob(SECOND)}
    assert kept == {right[SECOND], older}


# Grade

HOSTILE = "import os\ndef twice(x):\n    os._exit(0)"


@pytest.fixture(scope="module")
def graded(built, tmp_path_factory):
    """A class collected and graded: (course, its lines of JSON, {student: Result})."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    course = Course(tmp_path_factory.mktemp("graded") / "course")
    shutil.copytree(built, course.root)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + demo.CONFIG)
    first, second = answered(course, FIRST, TWICE), answered(course, SECOND, THRICE)
    folder = tmp_path_factory.mktemp("download")
    collected = collect(course, PAIR, [make_zip(folder / "all.zip", {
        "both/first.ipynb": first, "both/second.ipynb": second, "one/first.ipynb": first,
        "cut/first.ipynb": first, "cut/second.ipynb": second[:300],
        "again/first.ipynb": answered(course, FIRST, "def twice(x):\n    return 0"), "again/second.ipynb": second,
        "again/first (1).ipynb": (first, LATE), "eve/first.ipynb": answered(course, FIRST, HOSTILE),
        "eve/second.ipynb": second, "copy/second.ipynb": second})])
    assert collected.refused == []
    with course.gradebook() as book:
        book.update_or_create_assignment(PAIR, duedate=(LATE - timedelta(hours=5)).replace(tzinfo=None))
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", said)
        assert live.show(grade.Grading(course, PAIR), "-") == 0
    items = [json.loads(line) for line in said.getvalue().splitlines()]
    results = {student: grade.result(course, PAIR, student) for student in course.students("autograded", PAIR)}
    return course, items, results


def test_points_add_up_and_each_notebook_has_its_reason(graded):
    course, items, results = graded
    assert {student: (result.score, result.max_score) for student, result in results.items()} == {
        "both": (4, 6), "one": (2, 6), "cut": (2, 6), "again": (3.6, 6), "eve": (2, 6), "copy": (2, 6)}
    assert results["one"].reason == "first: why: no answer; second: missing"
    assert results["copy"].reason == "first: missing; second: why_thrice: no answer"
    assert "; second: unreadable" in results["cut"].reason
    assert re.match("first: .*twice: the kernel ended", results["eve"].reason)
    assert results["both"].reason == "first: why: no answer; second: why_thrice: no answer"
    assert {result.failed for result in results.values()} == {True, False}
    assert {(item["student"], item["notebook"], item["grade_id"], item["score"]) for item in items
            if item["student"] in ("one", "eve")} == {
        ("one", "first", "test_twice", 2), ("one", "first", "why", 0), ("one", "second", "test_thrice", 0),
        ("one", "second", "why_thrice", 0), ("eve", "first", "test_twice", 0), ("eve", "first", "why", 0),
        ("eve", "second", "test_thrice", 2), ("eve", "second", "why_thrice", 0)}


def test_late_once_for_the_whole_lesson(graded):
    course, _, results = graded
    assert results["again"].penalty == pytest.approx(0.4) and results["both"].penalty == 0
    with course.gradebook() as book:
        submission = book.find_submission(PAIR, "again")
        assert submission.late_submission_penalty == pytest.approx(0.4)
        assert [notebook.late_submission_penalty for notebook in submission.notebooks] == pytest.approx([0.2, 0.2])


def test_unchanged_and_one_regraded(graded):
    course, _, _ = graded
    assert all(result.again for result in grade.Grading(course, PAIR).results())
    run = grade.Grading(course, PAIR, students=["both"], force=True)
    assert run.total == 2
    assert [(result.student, result.again) for result in run.results()] == [("both", False)] * 2
    folder = course.place("submitted", "eve", PAIR) / FIRST
    before = folder.read_text(encoding="utf-8")
    folder.write_text(answered(course, FIRST, f"{TWICE}  # at last"), encoding="utf-8")
    again = {result.part: result.again for result in grade.Grading(course, PAIR, students=["eve"]).results()}
    assert again == {"first": False, "second": True}
    folder.write_text(before, encoding="utf-8")
    list(grade.Grading(course, PAIR, students=["eve"]).results())


def test_a_page_a_notebook_and_one_list(graded):
    course, _, _ = graded
    pages, index = feedback(course, PAIR)
    assert len(pages) == 12 and {page.name for page in pages} == {"first.html", "second.html"}
    listed = index.read_text(encoding="utf-8")
    assert listed.count("<tr><td>") == 6 and '<a href="both/00_pair/second.html">both, second</a>' in listed
    missing = (course.place("feedback", "one", PAIR) / "second.html").read_text(encoding="utf-8")
    assert "0 of 3 points" in missing and "missing" in missing
    assert "secret_number" not in "".join(page.read_text(encoding="utf-8") for page in pages)


def test_report_and_exports_add_up(graded):
    course, _, _ = graded
    page, items, students, similar = report.report(course, PAIR)
    assert [row["item"] for row in csv.DictReader(items.open())] == ["test_twice", "why", "test_thrice", "why_thrice"]
    rows = {row["student"]: row for row in csv.DictReader(students.open())}
    assert float(rows["both"]["score"]) == 4 and float(rows["again"]["score"]) == pytest.approx(3.6)
    assert next(csv.reader(similar.open()))[-1] == "notebook"
    shown = page.read_text(encoding="utf-8")
    assert "<h3>first</h3>" in shown and "<h3>second</h3>" in shown
    done = export.export(course, [PAIR], "csv")
    assert {row["student"]: float(row[f"{PAIR} points"]) for row in csv.DictReader(done.path.open())} == pytest.approx(
        {"both": 4, "one": 2, "cut": 2, "again": 3.6, "eve": 2, "copy": 2})
    done = export.export(course, [PAIR], "gradescope")
    content = json.loads((done.path / "both" / "results.json").read_text(encoding="utf-8"))
    assert content["score"] == 4 and {test["name"] for test in content["tests"]} >= {"test_twice", "test_thrice"}


def test_similar_submissions_are_looked_for_in_each_notebook(graded, monkeypatch):
    course, _, _ = graded
    monkeypatch.setattr(report.similarity, "FEWEST", 5)
    rows = list(csv.DictReader(report.report(course, PAIR)[3].open()))
    found = {(row["notebook"], row["one"], row["other"]) for row in rows if row["identical answers"]}
    assert ("first", "again", "both") in found and ("second", "both", "copy") in found
    assert ("first", "both", "copy") not in found


def test_nbgraders_own_commands_say_the_same(graded, tmp_path):
    course = Course(tmp_path / "course")
    shutil.copytree(graded[0].root, course.root)
    for place in ("autograded", "feedback"):
        shutil.rmtree(course.root / place, ignore_errors=True)
    with course.gradebook() as book:
        for submission in book.assignment_submissions(PAIR):
            book.remove_submission(PAIR, submission.student.id)
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for verb in ("autograde", "generate_feedback"):
        ran = subprocess.run([sys.executable, "-m", "nbgrader", verb, PAIR], cwd=course.root, env=surroundings,
                             capture_output=True, text=True, timeout=500)
        assert ran.returncode == 0, ran.stderr
    for student, ours in graded[2].items():
        stock = grade.result(course, PAIR, student)
        assert (stock.score, stock.max_score, stock.late) == pytest.approx((ours.score, ours.max_score, ours.late))
        assert stock.penalty == pytest.approx(ours.penalty)
        assert [(item.grade_id, item.score) for item in stock.items] == [
            (item.grade_id, item.score) for item in ours.items], student
    assert grade.result(course, PAIR, "one").reason.endswith("; second: missing")
    assert (course.place("feedback", "both", PAIR) / "second.html").exists()
    assert report.report(course, PAIR)[0].exists()


# Broken off, and taken up again

def run(course):
    for _ in grade.Grading(course, PAIR, unsafe=True, pool=LocalPool(2), task=synthetic.task).results():
        pass


def test_killed_and_started_again_nothing_is_lost_and_nothing_done_twice(course, monkeypatch):
    monkeypatch.setattr(grade, "fingerprint", lambda: "")  # whoever edits the course meanwhile disturbs nothing
    for number in range(6):
        folder = course.place("submitted", f"student-{number}", PAIR)
        folder.mkdir(parents=True)
        for name, stub in ((FIRST, TWICE), (SECOND, THRICE)):
            (folder / name).write_text(answered(course, name, f"{stub} + {number}"), encoding="utf-8")
    journal = course.root / grade.JOURNALS / f"{PAIR}.jsonl"
    coordinator = multiprocessing.get_context("fork").Process(target=run, args=(course,))
    coordinator.start()
    until = time.monotonic() + 120
    while (not journal.exists() or journal.read_bytes().count(b"\n") < 3) and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(coordinator.pid, signal.SIGKILL)
    coordinator.join()
    assert 3 <= len(journal.read_bytes().splitlines()) < 12
    run(course)
    lines = [json.loads(line) for line in journal.read_bytes().splitlines() if line.endswith(b"}")]
    assert len({line["key"] for line in lines}) == 12 == len(lines)
    found = marks(course, PAIR)
    assert len(found) == 24 and None not in {found[student, name] for student, name in found if "test" in name}
    shutil.rmtree(course.root / "autograded")
    (course.root / "gradebook.db").unlink()
    run(course)
    assert marks(course, PAIR) == found


def test_half_graded_is_not_graded(course, right, tmp_path):
    collect(course, PAIR, [make_zip(tmp_path / "all.zip", {f"ada/{name}": text for name, text in right.items()})])
    results = grade.Grading(course, PAIR, unsafe=True, pool=LocalPool(1), task=synthetic.task).results()
    assert next(results).part == "first"
    results.close()
    with pytest.raises(Problem, match="not in the gradebook"):
        grade.result(course, PAIR, "ada")
    run(course)
    assert grade.result(course, PAIR, "ada").max_score == 6


def test_a_notebook_more_than_when_it_was_graded_is_refused(course, right, tmp_path):
    """As nbgrader has it: an assignment with submissions gets no other notebook."""
    second = course.place("solutions", PAIR)
    aside = [path.rename(tmp_path / path.name) for path in second.glob("second.*")]
    (course.place("notebooks", PAIR) / SECOND).unlink()
    (course.root / "gradebook.db").unlink()
    collect(course, PAIR, [make_zip(tmp_path / "all.zip", {"ada/first.ipynb": right[FIRST]})])
    run(course)
    assert grade.result(course, PAIR, "ada").max_score == 3
    for path in aside:
        path.rename(second / path.name)
    with pytest.raises(Problem, match="`attn release 00_pair` explains which"):
        run(course)
    with pytest.raises(Problem, match="test_thrice is new"):
        release.release(course.root, [PAIR])


def test_the_made_up_class(walls, built, tmp_path):
    rows, collected, index = demo.run_demo(PAIR, built, tmp_path / "demo")
    assert len(rows) == 40 and len(collected.new) == 40 and index.exists()
    assert [row for row in rows if not row.ok] == []


def test_a_lesson_of_which_one_notebook_was_not_executed(course):
    (course.place("solutions", PAIR) / SECOND).unlink()
    with pytest.raises(Problem, match="second.ipynb doesn't exist yet"):
        course.sources(PAIR)
    with pytest.raises(Problem, match="second.ipynb doesn't exist yet"):
        collect(course, PAIR, [course.root])
