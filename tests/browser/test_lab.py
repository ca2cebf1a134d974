"""Each lesson in JupyterLab as a student sees it: opened, run, validated, without a console error."""

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


def solutions(lesson):
    """{grade_id: source} of the solution cells."""
    book = nbformat.read(ROOT / "solutions" / FILES[lesson], 4)
    return {grade_id(cell): cell.source for cell in book.cells if cell.metadata.get("nbgrader", {}).get("solution")}


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


def validate(desk):
    """Press nbgrader's Validate button; the text of the dialog that answers."""
    desk.page.get_by_role("button", name="Validate").click()
    dialog = desk.page.locator(".jp-Dialog")
    dialog.wait_for(timeout=300_000)
    return dialog.inner_text()


@pytest.mark.parametrize("lesson", LESSONS)
def test_validate_on_right_answers(lab, desk, lesson):
    answers = solutions(lesson)

    def fill_in(book):
        for cell in book.cells:
            cell.source = answers.get(grade_id(cell), cell.source)

    desk.open(put(lab, lesson, "right", fill_in))
    said = validate(desk)
    desk.keep(f"{lesson}-validate-right")
    assert "Success" in said, said
    assert desk.troubles == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_validate_on_a_wrong_answer_shows_the_hint(lab, desk, lesson):
    answers = solutions(lesson)
    catalogue = __import__(f"tests.catalogue.{lesson[3:]}", fromlist=["ANSWERS"]).ANSWERS
    exercise, wrong = next((name, entry.wrong[0]) for name, entry in catalogue.items() if name in answers)
    answers[exercise] = wrong.code

    def fill_in(book):
        for cell in book.cells:
            cell.source = answers.get(grade_id(cell), cell.source)

    desk.open(put(lab, lesson, "wrong", fill_in))
    said = validate(desk)
    desk.keep(f"{lesson}-validate-wrong")
    assert "Success" not in said and wrong.hint.lower() in " ".join(said.lower().split()), said
    assert desk.troubles == []


def test_a_lab_started_again_leaves_the_students_file(lab):
    copies = {name: lab.course / "work" / FILES[name] for name in LESSONS}
    for name, copy in copies.items():
        assert json.loads(copy.read_text())["cells"], name
        assert copy.read_bytes() == (lab.course / "notebooks" / FILES[name]).read_bytes()
    assert shutil.which("attn") is not None
