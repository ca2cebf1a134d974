"""Every lesson: text and notebook say the same, each cell was executed, each picture has words."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import determine_grade

from attnlib.grading import lessons

ROOT = Path(__file__).parents[2]
NAMES = lessons.names(ROOT)
each_lesson = pytest.mark.parametrize("name", NAMES)
REMEDY = "`make lessons release` writes the notebooks from their texts"


def twin(name):
    path = lessons.twin_path(ROOT, name)
    assert path.exists(), f"{name} has no notebook: {REMEDY}"
    return nbformat.read(path, as_version=4)


@each_lesson
def test_text_and_notebook_say_the_same(name):
    assert lessons.is_current(ROOT, name), REMEDY


@each_lesson
def test_outputs_come_from_this_code(name):
    assert twin(name).metadata.attnlib.code == lessons.hash_of(ROOT, lessons.read(ROOT, name)), REMEDY


@each_lesson
def test_the_file_is_written_as_the_pipeline_writes(name):
    assert lessons.as_text(twin(name)) == lessons.twin_path(ROOT, name).read_text(encoding="utf-8")


@each_lesson
def test_every_cell_was_executed_in_order(name):
    """nbval passes a cell without an execution count unseen."""
    counts = [cell.execution_count for cell in lessons.code_cells(twin(name))]
    assert counts == list(range(1, len(counts) + 1))


@each_lesson
def test_no_errors_and_nothing_on_stderr(name):
    for number, cell in enumerate(twin(name).cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                assert "raises-exception" in lessons.tags(cell), lessons.where(cell, number)
            assert output.get("name") != "stderr", f"{lessons.where(cell, number)}: {output.text[:200]}"


@each_lesson
def test_no_paths_of_this_machine(name):
    text = lessons.twin_path(ROOT, name).read_text(encoding="utf-8")
    for trace in (str(ROOT) + "/", sys.prefix + "/", str(Path.home()) + "/", "/tmp/", "ipykernel_"):
        assert trace not in text, trace


class Pictures(HTMLParser):
    """Collect the pictures in a piece of HTML that have no words."""

    def __init__(self, html):
        super().__init__()
        self.count, self.mute = 0, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "img" or tag == "svg" and given.get("aria-hidden") != "true":
            self.count += 1
            words = given.get("alt") if tag == "img" else given.get("aria-label") or given.get("aria-labelledby")
            if not (words or "").strip():
                self.mute.append(self.get_starttag_text()[:80])


def pieces_of_html(cell):
    """What a cell shows as HTML: its outputs, or, of text, the text itself."""
    if cell.cell_type == "markdown":
        return [re.sub(r"`[^`\n]*`", "", cell.source)]
    return ["".join(output.data["text/html"]) for output in cell.outputs if "text/html" in output.get("data", {})]


@each_lesson
def test_every_picture_has_alternative_text(name):
    for number, cell in enumerate(twin(name).cells):
        here = lessons.where(cell, number)
        for html in pieces_of_html(cell):
            assert not Pictures(html).mute, here
        for output in cell.get("outputs", []):
            kinds = [kind for kind in output.get("data", {}) if kind.startswith("image/")]
            assert not kinds, f"{here}: end the figure with figures.show(alt), which carries alternative text"
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(", cell.source), here


@each_lesson
def test_speaker_notes_are_the_instructors(name):
    for number, cell in enumerate(twin(name).cells):
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            assert "instructor" in lessons.tags(cell), lessons.where(cell, number)


@each_lesson
def test_solutions_score_full_automatic_marks(name):
    """On the outputs of the executed notebook, by nbgrader's own rule."""
    for cell in lessons.code_cells(twin(name)):
        if lessons.grade(cell).get("grade") and not lessons.grade(cell).get("solution"):
            score, highest = determine_grade(cell)
            assert score == highest > 0, lessons.grade(cell)["grade_id"]


@each_lesson
def test_hidden_tests_stay_neutral_and_are_drawn(name):
    """Their messages say "case A", not what the test tries."""
    for cell in lessons.code_cells(twin(name)):
        for _, _, body in lessons.regions(cell.source, "HIDDEN TESTS")[1]:
            for line in body:
                if line.strip().startswith("assert"):
                    assert re.search(r', f?"case \w+"\)?$', line) or not re.search(r', f?".*"$', line), line.strip()


@pytest.mark.slow
@each_lesson
def test_graded_cells_need_no_experiment(name):
    """As grading runs it: without experiments the solutions still score full automatic marks."""
    notebook = lessons.read(ROOT, name)
    notebook.cells = [cell for cell in notebook.cells if "experiment" not in lessons.tags(cell)]
    lessons.execute(ROOT, name, notebook)
    for cell in lessons.code_cells(notebook):
        if lessons.grade(cell).get("grade") and not lessons.grade(cell).get("solution"):
            score, highest = determine_grade(cell)
            assert score == highest, lessons.grade(cell)["grade_id"]
