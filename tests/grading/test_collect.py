"""Whatever a platform gives comes into submitted/; what can't be taken is named, and the rest goes on."""

import csv
import io
import json
import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlib.grading import collect as collecting
from attnlib.grading.collect import Refused, check_id, collect, safe
from attnlib.paths import Problem
from tests.grading.conftest import LESSON, answer

OTHER_LESSON = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "raw", "source": "x"}]}'
EARLY, LATE = datetime(2026, 2, 1, 9, 30, tzinfo=UTC), datetime(2026, 2, 3, 9, 30, tzinfo=UTC)


def make_zip(path, files, when=EARLY):
    """A zip at `path` with `files` {name: text or bytes}."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, when.astimezone().timetuple()[:6]), data)
    return path


def stored(course, student):
    return course.place("submitted", student, LESSON)


@pytest.fixture
def right(released):
    return json.dumps(answer(released, "def double(x):\n    return 2 * x"))


@pytest.mark.parametrize("entry, student", [
    ("Ada Lovelace_4711_assignsubmission_file_/welcome.ipynb", "Ada Lovelace"),
    ("Ada Lovelace_4711_assignsubmission_file/welcome.ipynb", "Ada Lovelace"),
    ("Ada Lovelace_4711_assignsubmission_file_welcome.ipynb", "Ada Lovelace"),
    ("lovelaceada_101_202_welcome.ipynb", "lovelaceada"),
    ("lovelaceada_LATE_101_202_my work-2.ipynb", "lovelaceada"),
    ("ada/welcome.ipynb", "ada"),
    (f"ada/{LESSON}/welcome.ipynb", "ada"),
    (f"submitted/ada/{LESSON}/welcome.ipynb", "ada"),
    ("ada.ipynb", "ada"),
    ("Zoë Þór/Übung.ipynb", "Zoë Þór"),
])
def test_downloads_of_every_form(course, tmp_path, right, entry, student):
    outcome = collect(course, LESSON, [make_zip(tmp_path / "all.zip", {entry: right})])
    assert (outcome.new, outcome.refused) == ([student], [])
    assert (stored(course, student) / "welcome.ipynb").read_text(encoding="utf-8") == right
    assert (stored(course, student) / "timestamp.txt").read_text() == "2026-02-01 09:30:00 UTC\n"


def test_zip_of_students_zips_and_a_students_own_zip(course, tmp_path, right):
    own = make_zip(tmp_path / "bob.zip", {f"{LESSON}/welcome.ipynb": right, f"{LESSON}/data/notes.txt": "hello"})
    make_zip(tmp_path / "all.zip", {"ada.zip": own.read_bytes(), "lovelace_1_2_00_welcome.zip": own.read_bytes()})
    outcome = collect(course, LESSON, [own, tmp_path / "all.zip"])
    assert sorted(outcome.new) == ["ada", "bob", "lovelace"]
    for student in outcome.new:
        found = {path.relative_to(stored(course, student)).as_posix() for path in stored(course, student).rglob("*.*")}
        assert found == {"welcome.ipynb", "data/notes.txt", "timestamp.txt"}


def test_folder_with_nbgraders_own_timestamp(course, tmp_path, right):
    place = tmp_path / "inbound" / "ada" / LESSON
    place.mkdir(parents=True)
    (place / "welcome.ipynb").write_text(right)
    (place / "timestamp.txt").write_text("2026-01-15 08:00:00.5 UTC")
    assert collect(course, LESSON, [tmp_path / "inbound"]).new == ["ada"]
    assert (stored(course, "ada") / "timestamp.txt").read_text() == "2026-01-15 08:00:00 UTC\n"


def test_a_roster_says_whose_each_file_is(course, tmp_path, right):
    roster = tmp_path / "roster.csv"
    with roster.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([["student", "platform_id", "file_name", "name"], ["s1", "101", "", "Ada L"],
                                    ["s2", "", "bobs file", ""], ["s3", "", "", "Cy Young"], ["s4", "9", "", "Di"]])
    source = make_zip(tmp_path / "all.zip", {"whoever_101_5_w.ipynb": right, "bobs file.ipynb": right,
                                             "cy young_77_assignsubmission_file_/w.ipynb": right, "eve/w.ipynb": right})
    outcome = collect(course, LESSON, [source], roster)
    assert outcome.new == ["s1", "s2", "s3"]
    assert outcome.absent == ["s4"]
    assert len(outcome.refused) == 1 and "'eve'" in outcome.refused[0]


def test_two_people_of_one_name_need_a_roster(course, tmp_path, right):
    source = make_zip(tmp_path / "all.zip", {"Li Wei_1_assignsubmission_file_/w.ipynb": right,
                                             "Li Wei_2_assignsubmission_file_/w.ipynb": right})
    outcome = collect(course, LESSON, [source])
    assert outcome.new == ["Li Wei"] and "roster" in outcome.refused[0]


def test_the_newest_of_several_counts_and_other_lessons_are_refused(course, tmp_path, right, released):
    newer = json.dumps(answer(released, "def double(x):\n    return x + x"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text, when in (("ada/a.ipynb", right, EARLY), ("ada/b.ipynb", newer, LATE),
                                 ("bob/x.ipynb", OTHER_LESSON, EARLY)):
            archive.writestr(zipfile.ZipInfo(name, when.astimezone().timetuple()[:6]), text)
    (tmp_path / "all.zip").write_bytes(buffer.getvalue())
    outcome = collect(course, LESSON, [tmp_path / "all.zip"])
    assert (stored(course, "ada") / "welcome.ipynb").read_text() == newer
    assert any("several notebooks" in note for note in outcome.notes)
    assert [line.split(":")[0] for line in outcome.refused] == ["bob"]


def test_broken_and_missing_notebooks_are_collected_for_grading_to_say_so(course, tmp_path):
    source = make_zip(tmp_path / "all.zip", {"cut/welcome.ipynb": '{"cells": [', "cut2/Home Work.ipynb": "PK?",
                                             "none/essay.txt": "I forgot"})
    outcome = collect(course, LESSON, [source])
    assert outcome.new == ["cut", "cut2", "none"] and outcome.refused == []
    assert not (stored(course, "none") / "welcome.ipynb").exists()
    assert (stored(course, "cut2") / "welcome.ipynb").read_text() == "PK?"


def test_what_wants_out_or_is_no_regular_file_is_refused_and_the_rest_goes_on(course, tmp_path, right):
    link = zipfile.ZipInfo("ada/link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("../../out.ipynb", right)
        archive.writestr("/etc/out.ipynb", right)
        archive.writestr("ada\\..\\out.ipynb", right)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("=cmd()/w.ipynb", right)
        archive.writestr("../w.ipynb", right)
        archive.writestr("honest/w.ipynb", right)
        archive.writestr("ada/w.ipynb", right)
    outcome = collect(course, LESSON, [tmp_path / "all.zip"])
    assert outcome.new == ["ada", "honest"]
    assert len(outcome.refused) == 6
    assert {path.name for path in stored(course, "ada").iterdir()} == {"welcome.ipynb", "timestamp.txt"}
    assert not list(tmp_path.rglob("out.ipynb"))


def test_links_and_pipes_in_a_folder_are_refused(course, tmp_path, right):
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "w.ipynb").write_text(right)
    (tmp_path / "in" / "ada" / "link.txt").symlink_to("/etc/passwd")
    (tmp_path / "in" / "all").symlink_to("/etc")
    os.mkfifo(tmp_path / "in" / "ada" / "pipe")
    outcome = collect(course, LESSON, [tmp_path / "in"])
    assert outcome.new == ["ada"] and len(outcome.refused) == 3


def test_zip_bombs_and_damaged_zips_are_refused(course, tmp_path, right, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_FILE", 2**20)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/zeros.txt", b"\0" * 2**24)
        archive.writestr("broken.zip", b"PK not really")
        archive.writestr("ada/w.ipynb", right)
    outcome = collect(course, LESSON, [tmp_path / "all.zip"])
    assert outcome.new == ["ada"]
    assert any("larger than 1 MB" in line for line in outcome.refused)
    assert any("broken.zip" in line for line in outcome.refused)


def test_never_over_newer_work_and_the_earlier_is_kept(course, tmp_path, right, released):
    better = json.dumps(answer(released, "def double(x):\n    return x + x"))
    first = make_zip(tmp_path / "1.zip", {"ada/w.ipynb": right}, EARLY)
    second = make_zip(tmp_path / "2.zip", {"ada/w.ipynb": better}, LATE)
    assert collect(course, LESSON, [first]).new == ["ada"]
    assert collect(course, LESSON, [first]).unchanged == ["ada"]
    assert collect(course, LESSON, [second]).updated == ["ada"]
    older = collect(course, LESSON, [first])
    assert older.students == [] and "older" in older.refused[0]
    assert (stored(course, "ada") / "welcome.ipynb").read_text() == better
    kept = list((course.root / "submitted" / ".earlier").rglob("welcome.ipynb"))
    assert [path.read_text() for path in kept] == [right]
    assert course.students("submitted", LESSON) == ["ada"]


@pytest.mark.parametrize("policy, counts", [("newest", 2), ("first", 0), ("in-time", 1)])
def test_of_several_submissions_the_policys_one_counts_and_the_others_are_kept(
        course, tmp_path, released, policy, counts):
    texts = [json.dumps(answer(released, f"def double(x):\n    return {way}")) for way in ("x + x", "2 * x", "x * 2")]
    days = [datetime(2026, 2, day, tzinfo=UTC) for day in (1, 3, 5)]
    with course.gradebook() as book:
        book.update_or_create_assignment(LESSON, duedate=datetime(2026, 2, 4))
    for number in (1, 0, 2, 0, 1):  # in any order, and some again
        make_zip(tmp_path / f"{number}.zip", {"ada/w.ipynb": texts[number]}, days[number])
        collect(course, LESSON, [tmp_path / f"{number}.zip"], policy=policy)
    assert (stored(course, "ada") / "welcome.ipynb").read_text() == texts[counts]
    kept = [path.read_text() for path in (course.root / "submitted" / ".earlier").rglob("welcome.ipynb")]
    assert set(texts) - {texts[counts]} <= set(kept) and len(kept) == len(set(kept))


def test_several_in_one_download_are_kept_too_and_a_policy_has_a_name(course, tmp_path, right, released):
    newer = json.dumps(answer(released, "def double(x):\n    return x + x"))
    first = make_zip(tmp_path / "1.zip", {"ada_1_2_w.ipynb": right}, EARLY)
    second = make_zip(tmp_path / "2.zip", {"ada_1_3_w-1.ipynb": newer}, LATE)
    outcome = collect(course, LESSON, [first, second])
    assert (stored(course, "ada") / "welcome.ipynb").read_text() == newer
    assert "w-1.ipynb of 2026-02-03" in outcome.notes[1] and "keeps w.ipynb" in outcome.notes[1]
    assert [path.read_text() for path in (course.root / "submitted" / ".earlier").rglob("*.ipynb")] == [right]
    with pytest.raises(Problem, match="newest, first, in-time"):
        collect(course, LESSON, [first], policy="best")


def test_bombs_of_many_files_and_of_zips_in_zips_are_capped(course, tmp_path, right, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_STUDENT", 2**22)
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("zeros", b"\0" * 2**20)
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w", zipfile.ZIP_STORED) as inner:
        for number in range(8):
            inner.writestr(f"{number}.zip", zeros.getvalue())
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(150):
            archive.writestr(f"many/{number}.txt", b"x")
            archive.writestr(f"large/{number}.bin", b"\0" * 2**20)
        for number in range(20):
            archive.writestr(f"zips/{number}.zip", zeros.getvalue())
        archive.writestr("deep.zip", nested.getvalue())
        archive.writestr("ada/w.ipynb", right)
    outcome = collect(course, LESSON, [tmp_path / "all.zip"])
    assert outcome.students == ["ada", "deep"]  # the zips in deep's zip stay as they are
    assert {line.split(":")[0] for line in outcome.refused} == {"large", "many", "zips"}
    assert "no notebook was handed in" in str(outcome.notes)


def test_names_that_no_screen_can_show_are_refused(course, tmp_path, right):
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "w.ipynb.txt").write_text(right)  # as some browsers save it
    for name in (b"b\xff\xfe", "c\u202excod".encode(), b"ada/\xff.txt"):
        path = os.fsencode(tmp_path / "in") + b"/" + name
        if b"/" in name:
            with open(path, "wb") as file:
                file.write(b"x")
        else:
            os.mkdir(path)
            with open(path + b"/w.ipynb", "wb") as file:
                file.write(right.encode())
    outcome = collect(course, LESSON, [tmp_path / "in"])
    assert outcome.new == ["ada"] and len(outcome.refused) == 3
    assert "\n".join(outcome.refused).encode()


def test_what_cannot_be_read_at_all_is_a_sentence(course, tmp_path):
    with pytest.raises(Problem, match="nothing at"):
        collect(course, LESSON, [tmp_path / "no.zip"])
    (tmp_path / "roster.csv").write_text("name,id\nAda,1\n")
    with pytest.raises(Problem, match="no column `student`"):
        collect(course, LESSON, [tmp_path], tmp_path / "roster.csv")
    (tmp_path / "roster.csv").write_text("student\n../x\n")
    with pytest.raises(Problem, match="can't be used"):
        collect(course, LESSON, [tmp_path], tmp_path / "roster.csv")


@given(st.text(max_size=30))
def test_an_accepted_id_is_one_folder_and_no_formula(text):
    try:
        student = check_id(text)
    except Refused:
        return
    assert len(PurePosixPath(student).parts) == 1 and student not in ("", ".", "..")
    assert student[0] not in "=+-@." and check_id(student) == student


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4))
def test_an_accepted_path_stays_inside(parts):
    try:
        inner = safe(PurePosixPath(*parts))
    except Refused:
        return
    assert not inner.is_absolute() and ".." not in inner.parts


