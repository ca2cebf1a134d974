"""The button Validate in JupyterLab, on right answers and on a wrong one.

A module of its own, so that it runs beside test_lab.
"""

import nbformat
import pytest

from .conftest import ROOT
from .test_lab import FILES, LESSONS, grade_id, put

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


def solutions(lesson):
    """{grade_id: source} of the solution cells."""
    book = nbformat.read(ROOT / "solutions" / FILES[lesson], 4)
    return {grade_id(cell): cell.source for cell in book.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def filled_in(answers):
    """What puts answers {grade_id: source} into a notebook."""
    def fill_in(book):
        for cell in book.cells:
            cell.source = answers.get(grade_id(cell), cell.source)
    return fill_in


def validate(desk):
    """Press nbgrader's Validate button; the text of the dialog that answers."""
    desk.page.get_by_role("button", name="Validate").click()
    dialog = desk.page.locator(".jp-Dialog")
    dialog.wait_for(timeout=300_000)
    return dialog.inner_text()


@pytest.mark.parametrize("lesson", LESSONS)
def test_validate_on_right_answers(lab, desk, lesson):
    desk.open(put(lab, lesson, "right", filled_in(solutions(lesson))))
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
    desk.open(put(lab, lesson, "wrong", filled_in(answers)))
    said = validate(desk)
    desk.keep(f"{lesson}-validate-wrong")
    assert "Success" not in said and wrong.hint.lower() in " ".join(said.lower().split()), said
    assert desk.troubles == []
