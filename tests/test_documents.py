"""What the README and the instructor's guide say is there."""

import re
from pathlib import Path

import nbformat
import pytest

from attnlib.grading import lessons

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "solutions" / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links():
    return [(document, link) for document in DOCUMENTS for link in LINK.findall(document.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("document", "link"), links(), ids=lambda value: getattr(value, "name", value))
def test_links_lead_somewhere(document, link):
    if link.startswith("https://"):
        return
    path, _, heading = link.partition("#")
    target = document.parent / path if path else document
    assert target.exists()
    if heading:
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in [re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings]


def guide():
    return (ROOT / "solutions" / "README.md").read_text(encoding="utf-8")


def test_every_point_of_the_sources_has_its_lesson():
    table = guide().partition("## What the sources say")[2]
    rows = re.findall(r"^\| (\d+) \| .+ \| (.+) \|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 23))
    written = {name[:2] for name in lessons.names(ROOT)}
    for number, where in rows:
        for lesson in re.findall(r"\b\d\d\b", re.sub(r"\]\([^)]*\)", "]", where)):
            assert (f"[{lesson}]" in where) == (lesson in written), f"point {number}, lesson {lesson}"


def place(name):
    """A notebook's path below solutions/ or notebooks/."""
    return lessons.twin_path(ROOT, name).relative_to(ROOT / "solutions").as_posix()


def points(name):
    """(automatic, bonus, by hand) of a notebook."""
    cells = nbformat.read(lessons.twin_path(ROOT, name), as_version=4).cells
    graded = [cell for cell in cells if lessons.grade(cell).get("grade")]
    by_hand = [cell for cell in graded if lessons.grade(cell).get("solution")]
    automatic = [cell for cell in graded if cell not in by_hand]
    bonus = [cell for cell in automatic if "bonus" in lessons.tags(cell)]
    return [sum(lessons.grade(cell)["points"] for cell in some) for some in (automatic, bonus, by_hand)]


@pytest.mark.parametrize("name", lessons.names(ROOT))
def test_the_guide_names_each_lesson_and_its_points(name):
    row = next(line for line in guide().splitlines() if line.startswith("| [") and f"({place(name)})" in line)
    said = [int(number) for number in re.findall(r"\d+", row.split("|")[3])]
    automatic, bonus, by_hand = points(name)
    expected = [automatic, *([by_hand] if by_hand else []), *([bonus, automatic] if bonus else [])]
    assert said == expected


@pytest.mark.parametrize("name", lessons.names(ROOT))
def test_the_readme_shows_each_lesson(name):
    assert f"notebooks/{place(name)}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", lessons.names(ROOT))
def test_the_readmes_picture_is_the_lessons_own(name):
    picture = lessons.cover(nbformat.read(lessons.twin_path(ROOT, name), as_version=4))
    assert picture, "one cell with a figure is tagged `cover`"
    assert lessons.cover_path(ROOT, name).read_bytes() == picture
    shown = lessons.cover_path(ROOT, name).relative_to(ROOT).as_posix()
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
