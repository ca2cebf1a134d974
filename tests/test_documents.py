"""What the README and the instructor's guide say is there."""

import re
from pathlib import Path

import nbformat
import pytest
import typer

from attnlib.cli import app
from attnlib.grading import guide as lesson_by_lesson
from attnlib.grading import lessons, skeleton

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "solutions").glob("*.md"))]
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


def tables(title):
    """The tables below a heading of the guide, each a list of rows, each a list of cells."""
    part = re.split(r"^## ", guide().partition(f"## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"^\|(?: .+ \|)+\n\|[-|]+\|\n((?:\|.+\|\n)+)", part, re.MULTILINE)
    return [[[cell.strip() for cell in row[1:-1].split("|")] for row in rows.splitlines()] for rows in found]


@pytest.mark.parametrize("rows", tables("Three syllabi"), ids=lambda rows: rows[0][0])
def test_a_syllabus_adds_up(rows):
    column = 0 if rows[-1][0].strip("*").isdigit() else -1
    *parts, total = (int(row[column].strip("*")) for row in rows)
    assert sum(parts) == total


OWN = [name for name in lessons.names(ROOT) if int(name[:2]) < skeleton.FIRST_FREE]


def named(cell):
    """The notebooks that a syllabus names: "08 captioning, 09"."""
    wanted = [tuple(each.split()) for each in cell.split(", ")]
    return [name for number, *rest in wanted for name in lessons.names(ROOT)
            if name.startswith(number) and name.endswith("".join(rest))]


@pytest.mark.parametrize("which", [1, 2])
def test_a_syllabus_gives_each_lesson_its_time(which):
    *rows, _ = tables("Three syllabi")[which]
    for row in rows:
        needed = [lesson_by_lesson.minutes(guide(), place(name)) for name in named(row[1])]
        assert sum(needed) == int(row[2]), row
    taught = [name for row in rows for name in named(row[1])]
    assert taught == sorted(taught) and len(set(taught)) == len(taught)
    if which == 2:
        assert set(OWN) <= set(taught)


def exercises():
    return {lessons.grade(cell)["grade_id"] for name in lessons.names(ROOT) for cell in lessons.read(ROOT, name).cells
            if lessons.grade(cell).get("solution")}


def test_exercises_that_the_guide_names_are_there():
    syllabi, misconceptions = tables("Three syllabi"), tables("Misconceptions, and the hint that meets them")[0]
    planned = {name for rows in syllabi for row in rows for name in re.findall("`(.+?)`", row[1])}
    hinted = {name for row in misconceptions for name in re.findall(r"hints? of `(.+?)`", row[2])}
    assert planned and hinted and planned | hinted <= exercises()


def test_each_lesson_has_misconceptions_to_expect():
    rows = tables("Misconceptions, and the hint that meets them")[0]
    assert {row[0] for row in rows} >= {name[:2] for name in OWN} - {"00"}


def but_for_seconds(text):
    return re.sub("^Runs.*$", "", text, flags=re.MULTILINE)


def test_lesson_by_lesson_is_what_the_lessons_say():
    written = (ROOT / "solutions" / lesson_by_lesson.FILE).read_text(encoding="utf-8")
    assert but_for_seconds(written) == but_for_seconds(lesson_by_lesson.text(ROOT, guide())), "`attn lessons` writes it"
    assert len(re.findall(r"^Runs \d+ s in all", written, re.MULTILINE)) >= len(OWN), "not measured yet"


@pytest.mark.parametrize("name", lessons.names(ROOT))
def test_each_lesson_has_objectives_and_a_rubric(name):
    title, found = lesson_by_lesson.objectives(lessons.read(ROOT, name))
    written = (ROOT / "solutions" / lesson_by_lesson.FILE).read_text(encoding="utf-8")
    part = written.partition(f"## {name[:2]} {title}\n")[2].partition("\n## ")[0]
    assert 1 <= len(found) <= 6 and all(line in part for line in found)
    assert ("rubric, anchor answers" in part) == (points(name)[2] > 0)


def commands():
    """(document, verb, what follows it) wherever a document calls `attn`."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        called = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        for line in "\n".join(called).splitlines():
            found = re.search(r"(?:^|&& |/|=\d+ )attn ([a-z][a-z-]+)([^#]*)", line)
            if found:
                yield document, *found.groups()


@pytest.mark.parametrize(("document", "verb", "rest"), list(dict.fromkeys(commands())),
                         ids=lambda value: getattr(value, "name", value))
def test_commands_that_documents_name_are_there(document, verb, rest):
    known = typer.main.get_command(app()).commands
    assert verb in known
    options = {option for parameter in known[verb].params for option in parameter.opts + parameter.secondary_opts}
    assert set(re.findall(r"(?<!\S)--[a-z-]+", rest.partition("&&")[0])) <= options


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_targets_that_documents_name_are_there(document):
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    calls = re.findall(r"(?:`|^)make ((?:[a-z-]+ ?)+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert {target for call in calls for target in call.split()} <= made


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
