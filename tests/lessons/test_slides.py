"""Every deck as its lesson's text has it: how much, how long, what to ask; and decks that can't be built."""

import ast
import re

import nbformat
import pytest

from attnlib import cli
from attnlib.cli import health
from attnlib.grading import lessons, release, slides
from attnlib.grading.preprocessors import NOT_RELEASED
from attnlib.paths import Problem
from tests.lessons.tiny import ROOT, TEXT, make, write

MADE = [name for name in lessons.names(ROOT) if any("slide" in lessons.tags(c) for c in lessons.read(ROOT, name).cells)]
each_deck = pytest.mark.parametrize("name", MADE)
MOST_LINES, MOST_COLUMNS = 12, 60  # of code that can be read from the back of a room
SLIDE = """+++ {"slideshow": {"slide_type": "slide"}, "tags": ["slide"]}

# Twice three

Six $= 2 \\cdot 3$, in the room only.

+++

"""


def deck(name):
    """A list of cells for each slide."""
    return slides.slides(lessons.read(ROOT, name))


def share(name):
    """How much of a lecture a lesson must fill: all of it from an hour on, by the guide's time for students."""
    row = re.search(rf"/{name.partition('_')[2]}\.ipynb\) \| (\d+) min", (ROOT / "solutions" / "README.md").read_text())
    return min(1, int(row[1]) / 60)


def words(cells):
    """What stands on a slide."""
    return "\n".join(cell.source for cell in cells
                     if cell.cell_type == "markdown" and slides.slide_type(cell) != "notes")


def said(cells):
    """What the speaker's notes say."""
    return "\n".join(cell.source for cell in cells if slides.slide_type(cell) == "notes")


def code(cells):
    """The blocks of code on a slide."""
    return re.findall(r"^```python\n(.*?)\n```$", words(cells), re.DOTALL | re.MULTILINE)


@each_deck
def test_a_lecture_has_15_to_25_slides_each_with_a_title(name):
    assert 15 * share(name) <= len(deck(name)) <= 25
    for number, cells in enumerate(deck(name)):
        titles = re.findall(r"^#+ .+$", re.sub(r"^```.*?^```$", "", words(cells), flags=re.DOTALL | re.MULTILINE), re.M)
        assert len(titles) == 1 and titles[0].startswith("# " if number == 0 else "## "), titles


@each_deck
def test_the_notes_say_how_long_what_to_ask_and_what_to_expect(name):
    for cells in deck(name):
        notes = said(cells)
        assert re.match(r"\*\*\d+ min\b", notes), words(cells)[:60]
        assert len(re.findall(r"\*\*Ask\b", notes)) == len(re.findall(r"\*\*Expect\b", notes)) == 1, notes
    minutes = sum(int(re.match(r"\*\*(\d+)", said(cells))[1]) for cells in deck(name))
    assert 40 * share(name) <= minutes <= 90


def statements(source):
    """Every statement in `source`, whatever its layout."""
    return {ast.dump(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)}


@each_deck
def test_code_is_short_and_the_lessons_own(name):
    known = set().union(*(statements(lessons._plain_python(cell.source))
                          for cell in lessons.code_cells(lessons.read(ROOT, name))))
    for block in (block for cells in deck(name) for block in code(cells)):
        lines = block.split("\n")
        assert len(lines) <= MOST_LINES and max(map(len, lines)) <= MOST_COLUMNS, block
        assert statements(block) <= known, f"not in the lesson: {block}"


@each_deck
def test_words_for_the_room_stay_there(name):
    for number, cell in enumerate(lessons.read(ROOT, name).cells):
        if "slide" in lessons.tags(cell):
            assert cell.cell_type == "markdown" and slides.slide_type(cell) != "skip", lessons.where(cell, number)


@each_deck
def test_no_slide_gives_a_solution_away(name):
    source = lessons.read(ROOT, name)
    shown = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"{words(cells)}\n{said(cells)}")
                                            for cells in deck(name)])
    source.cells = [cell for cell in source.cells if NOT_RELEASED.isdisjoint(lessons.tags(cell))]
    assert release.leaks(source, shown) == []
    graded = [cell for cells in deck(name) for cell in cells if lessons.grade(cell)]
    assert not graded, "a graded cell is on a slide"


# Where a deck can't be built

@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course with two lessons, of which one has a slide."""
    folder = tmp_path_factory.mktemp("course")
    make(folder, TEXT.replace("# A tiny lesson\n", f"{SLIDE}# A tiny lesson\n"))
    write(folder, TEXT, "01_bare")
    for name in ("00_tiny", "01_bare"):
        lessons.build(folder, name)
    return folder


def attn(*arguments):
    """The exit code of `attn ARGUMENTS`."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    return ended.value.code


def test_a_deck_needs_nothing_but_itself(built):
    page = slides.build(built, "00_tiny").read_text(encoding="utf-8")
    assert "Twice three" in page and "Ask the room" in page
    assert "<title>00 Twice three</title>" in page
    assert not re.search(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"'](?!data:)", page.partition("<main")[0])


def test_words_for_the_room_are_not_released(built, tmp_path):
    given = nbformat.read(release.generate_into(built, "00_tiny", tmp_path) / "tiny.ipynb", as_version=4)
    assert not any("in the room only" in cell.source for cell in given.cells)
    assert release.leaks(lessons.read(built, "00_tiny"), given) == []


def test_a_lesson_without_slides_is_named_and_the_rest_is_built(built, monkeypatch, capsys):
    monkeypatch.chdir(built)
    assert attn("slides") == 1
    ended = capsys.readouterr()
    assert "01_bare: no cell begins a slide." in ended.err and "slide_type" in ended.err
    assert "00_tiny" in ended.out and slides.deck_path(built, "00_tiny").exists()


def test_without_chromium_the_decks_are_built(built, monkeypatch, capsys):
    monkeypatch.chdir(built)
    monkeypatch.setattr(health, "chromium", lambda: None)
    assert attn("slides", "00", "--pdf") == 1
    ended = capsys.readouterr()
    assert "handouts need Chromium" in ended.err and "apt install chromium" in ended.err
    assert slides.deck_path(built, "00_tiny").exists()


def test_a_missing_picture_is_named(built, tmp_path):
    cells = [nbformat.v4.new_markdown_cell("# Look\n\n![a cat](cat.png)",
                                           metadata={"slideshow": {"slide_type": "slide"}})]
    with pytest.raises(Problem, match="the picture cat.png is missing"):
        slides.render([cells], "00_tiny", tmp_path)
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    assert "data:image/png" in slides.render([cells], "00_tiny", tmp_path)


def test_a_text_that_was_not_executed_gives_no_deck(built, monkeypatch):
    monkeypatch.setattr(lessons, "is_current", lambda root, name: False)
    slides.deck_path(built, "00_tiny").parent.mkdir(parents=True, exist_ok=True)
    slides.deck_path(built, "00_tiny").write_text("an older deck")
    with pytest.raises(Problem, match="attn lessons 00_tiny"):
        slides.build(built, "00_tiny")
    assert not slides.deck_path(built, "00_tiny").exists()


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(slides.LIBRARIES, "reveal_js", ("no-such-package", "reveal.js"))
    with pytest.raises(Problem, match="no-such-package.*isn't installed"):
        slides.library(*slides.LIBRARIES["reveal_js"])
