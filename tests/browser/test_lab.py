"""Each lesson in JupyterLab as a student sees it: opened, run, without a console error."""

import json
import shutil

import nbformat
import pytest

from .conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

FILES = {f"{path.parent.name[:2]}_{path.stem}": path.relative_to(ROOT / "notebooks")
         for path in sorted((ROOT / "notebooks").glob("*/*.ipynb"))}  # "08_summarization": its file below notebooks/
LESSONS = list(FILES)
STUBS = {"NotYet", "NotImplementedError"}


def put(lab, lesson, name, change=lambda book: None, source="notebooks"):
    """A notebook of `source` in work/, under another name and changed; the path relative to work/."""
    target = FILES[lesson].with_name(f"{lesson}-{name}.ipynb")
    book = nbformat.read((ROOT if source == "solutions" else lab.course) / source / FILES[lesson], 4)
    change(book)
    nbformat.write(book, lab.course / "work" / target)
    return target.as_posix()


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def test_there_are_lessons():
    assert LESSONS and "00_welcome" in LESSONS[0]


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_release_opens_and_only_stubs_and_their_checks_stop(lab, desk, lesson):
    desk.open(put(lab, lesson, "released"))
    desk.keep(f"{lesson}-opened")
    assert not desk.page.locator(".jp-Dialog").count(), "no question, no news"
    desk.run_all()
    assert next(iter(desk.errors().values()))[0] in STUBS, "Run All ends at the first exercise"
    desk.run_each()
    errors = desk.errors()
    desk.show(max(errors, default=0))
    desk.keep(f"{lesson}-released-run")
    assert errors and {kind for kind, _ in errors.values()} <= STUBS, errors
    code = [cell for cell in desk.cells() if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    assert all(cell["execution_count"] for cell in code)
    assert desk.troubles == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solutions_run_without_an_error(lab, desk, lesson):
    def clear(book):
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    desk.open(put(lab, lesson, "solved", clear, source="solutions"))
    desk.run_all()
    pictures = [place for place, cell in enumerate(desk.cells()) if "<img" in json.dumps(cell.get("outputs", ""))]
    desk.show(pictures[-1] if pictures else 0)
    desk.keep(f"{lesson}-solved")
    assert desk.errors() == {}
    assert all(cell["execution_count"] for cell in desk.cells() if cell["cell_type"] == "code")
    assert desk.troubles == []


def test_a_lab_started_again_leaves_the_students_file(lab):
    copies = {name: lab.course / "work" / FILES[name] for name in LESSONS}
    for name, copy in copies.items():
        assert json.loads(copy.read_text())["cells"], name
        assert copy.read_bytes() == (lab.course / "notebooks" / FILES[name]).read_bytes()
    assert shutil.which("attn") is not None
