"""solutions/LESSONS.md: what it says of a lesson is what the lesson's text says."""

import json

import pytest

from attnlib.grading import guide
from tests.lessons.tiny import TEXT, make, write

SAID = "| lesson | time |\n|---|---|\n| [00 Tiny](00_tiny/tiny.ipynb) | 20 min | 2 |\n"
MORE = """# A tiny lesson

After it you can

- take a number twice,
- say so.

+++ {"tags": ["instructor"]}

**4 min.** Ask.

+++ {"tags": ["slide"]}

## Only on a slide

+++

## In short: a part

Two words.

+++ {"tags": ["instructor"]}

3 min. Ask again.

+++
"""


@pytest.fixture
def course(tmp_path):
    make(tmp_path)
    write(tmp_path, TEXT.replace("# A tiny lesson\n", MORE, 1))
    (tmp_path / "solutions" / "README.md").write_text(SAID, encoding="utf-8")
    return tmp_path


def written(course, measured=False):
    guide.write(course, measured)
    return (course / "solutions" / guide.FILE).read_text(encoding="utf-8")


def test_objectives_parts_minutes_and_points_are_the_lesson_s(course):
    text = written(course)
    assert "## 00 A tiny lesson" in text and "- take a number twice,\n- say so.\n" in text
    assert "Only on a slide" not in text and "[text](00_tiny/tiny.md)" in text
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines() if line.startswith("| ")]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [
        ("Opening", "4", ""), ("In short: a part", "3", "3"), ("**all**", "**7**", "**3**")]
    assert sum(int(row[1] or 0) for row in rows[1:3]) == 20


def test_seconds_are_measured_or_kept_or_said_to_be_missing(course):
    assert "Runs: not measured yet." in written(course)
    timings = course / "build" / "timings" / "00_tiny.json"
    timings.parent.mkdir(parents=True)
    timings.write_text(json.dumps([{"seconds": 2.2, "tags": []}, {"seconds": 10, "tags": ["experiment"]}]), "utf-8")
    assert "not measured yet" in written(course)                        # a rebuild changes nothing
    first = written(course, measured=True)
    assert "Runs 12 s in all, 10 s of it experiments, the slowest cell 10 s (" in first
    timings.write_text(json.dumps([{"seconds": 99, "tags": []}]), "utf-8")
    assert written(course) == first
    timings.unlink()
    assert written(course, measured=True) == first
    assert written(course) == first and not guide.write(course)


def test_a_course_without_a_guide_gets_no_part_of_one(course):
    (course / "solutions" / "README.md").unlink()
    assert not guide.write(course) and not (course / "solutions" / guide.FILE).exists()


@pytest.mark.parametrize(("total", "efforts"), [(20, [1, 1, 1]), (7, [0.1, 3, 2.5, 0]), (0, [1, 2]), (5, [0, 0])])
def test_shares_add_up(total, efforts):
    shares, whole = guide.shared(total, efforts), sum(efforts) or 1
    assert sum(shares) == (total if any(efforts) else 0) and min(shares) >= 0
    assert all(abs(share - total * effort / whole) <= 1 for share, effort in zip(shares, efforts, strict=True))
