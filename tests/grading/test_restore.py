"""Restoring: the student's own work stays, all else is as released, and whatever was put back is noted."""

import copy
import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_output

from attnlib import notebooks
from attnlib.grading import restore
from attnlib.grading.course import Course
from attnlib.grading.demo import code_cell
from attnlib.grading.score import hidden_lines
from tests.grading.conftest import ROOT

LESSON = "05_attention"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def to_grade():
    """The lesson with its hidden tests."""
    return restore.to_grade(Course(ROOT), *Course(ROOT).sources(LESSON))


@pytest.fixture(scope="module")
def given_out():
    """The lesson as students get it."""
    return nbformat.read(ROOT / "notebooks" / LESSON / "attention.ipynb", as_version=4)


def answered(book):
    """A copy with something written into every answer."""
    book = copy.deepcopy(book)
    for cell in book.cells:
        if notebooks.is_solution(cell):
            cell.source = cell.source.replace("# YOUR CODE HERE", "# mine").replace("Write your three", "My")
    return book


def back(book, released):
    found = restore.restored(json.dumps(book).encode(), released, "attention.ipynb")
    assert found.why == ""
    return found


def answers(book):
    return [cell.source for cell in book.cells if notebooks.is_solution(cell)]


def test_hidden_tests_stand_in_what_is_graded_and_only_there(to_grade, given_out):
    assert [cell.metadata for cell in to_grade.cells] == [cell.metadata for cell in given_out.cells]
    different = [cell for cell, shown in zip(to_grade.cells, given_out.cells, strict=True)
                 if cell.source != shown.source]
    assert different and all(notebooks.is_test(cell) and hidden_lines(cell.source) for cell in different)


def test_an_honest_notebook_comes_back_with_its_answers_and_no_note(to_grade, given_out):
    student = answered(given_out)
    found = back(student, to_grade)
    assert found.notes == [] and answers(found.notebook) == answers(student) != answers(to_grade)
    assert [cell.source for cell in found.notebook.cells if not notebooks.is_solution(cell)] == [
        cell.source for cell in to_grade.cells if not notebooks.is_solution(cell)]
    nbformat.validate(found.notebook)


@pytest.mark.parametrize("lost", [["metadata"], ["id"], ["metadata", "id"], ["outputs", "metadata", "id"]])
def test_what_a_program_stripped_is_found_by_ids_text_names_and_neighbours(to_grade, given_out, lost):
    student = answered(given_out)
    for cell in student.cells:
        for key in lost:
            cell.pop(key, None)
    found = back(student, to_grade)
    assert answers(found.notebook) == answers(answered(given_out)) and found.notes == []
    assert not any(map(notebooks.is_own, found.notebook.cells))


def test_own_cells_stay_in_their_place_and_are_never_graded(to_grade, given_out):
    student = answered(given_out)
    own = {**code_cell("helper = 1"), "metadata": {"nbgrader": {"grade": True, "points": 9, "grade_id": "mine"}}}
    for place in (len(student.cells), 7, 0):
        student.cells.insert(place, nbformat.from_dict(own))
    found = back(student, to_grade).notebook
    places = [place for place, cell in enumerate(found.cells) if notebooks.is_own(cell)]
    assert places == [0, 8, len(found.cells) - 1]
    assert not any(notebooks.graded(found.cells[place]) for place in places)


def test_a_pasted_picture_stays_in_an_answer(to_grade, given_out):
    student = answered(given_out)
    words = next(cell for cell in student.cells if notebooks.is_hand_graded(cell) and cell.cell_type == "markdown")
    words.source = "See ![this](attachment:a.png)"
    words.attachments = {"a.png": {"image/png": PIXEL}, "b.svg": {"image/svg+xml": "<svg onload='x'/>"}}
    found = back(student, to_grade).notebook
    answer = next(cell for cell in found.cells if notebooks.grade_id(cell) == notebooks.grade_id(words))
    assert answer.source == words.source and dict(answer.attachments) == {"a.png": {"image/png": PIXEL}}


def test_saved_outputs_of_experiments_are_kept_apart_cleaned_and_marked(to_grade, given_out):
    student = answered(given_out)
    experiment = next(cell for cell in student.cells if notebooks.has_tag(cell, "experiment"))
    experiment.outputs = [
        new_output("stream", text="loss 0.25\n"), new_output("display_data", data={"image/png": PIXEL}),
        new_output("display_data", data={"text/html": "<b>bold</b><script>x</script>", "application/javascript": "x"})]
    found = back(student, to_grade)
    assert all(not cell.get("outputs") for cell in found.notebook.cells)
    restore.show_experiments(found.notebook, found.experiments)
    shown = next(cell for cell in found.notebook.cells if cell.id == experiment.id).outputs
    assert [output.get("text") or dict(output.data) for output in shown] == [
        restore.NOT_RUN, "loss 0.25\n", {"image/png": PIXEL}, {"text/html": "<b>bold</b>"}]
    nbformat.validate(found.notebook)


def test_too_much_saved_is_left_out(to_grade, given_out):
    student = answered(given_out)
    for cell in student.cells:
        if notebooks.has_tag(cell, "experiment"):
            cell.outputs = [new_output("display_data", data={"image/png": "A" * 3 * 2**20})]
    assert len(back(student, to_grade).experiments) == 1


def test_cells_of_an_earlier_release_are_not_run(to_grade, given_out):
    student = answered(given_out)
    old = new_markdown_cell("As it was put a year ago.")
    old.id = notebooks.id_of("markdown", old.source)
    student.cells.insert(3, old)
    for cell in student.cells:
        if notebooks.grade_id(cell):
            cell.metadata.nbgrader["checksum"] = "0" * 32
    found = back(student, to_grade)
    assert found.notes == ["made from another release of this lesson; its cells were matched by their ids"]
    assert old.source not in [cell.source for cell in found.notebook.cells]
    assert answers(found.notebook) == answers(student)


def test_a_changed_cell_of_the_lesson_is_noted(to_grade, given_out):
    student = answered(given_out)
    imports = next(cell for cell in student.cells if cell.cell_type == "code")
    imports.source += "\nimport math"
    notes = back(student, to_grade).notes
    assert len(notes) == 1 and "1 of the lesson's own cells had been changed" in notes[0]


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
                        ["cells", "metadata", "nbgrader", "grade_id", "source", "tags", "id", "cell_type", "outputs",
                         "data", "output_type", "nbformat", "attachments", "worksheets"]), inner, max_size=5),
                    max_leaves=20)


@settings(max_examples=150, deadline=None)
@given(cells=st.lists(JSON, max_size=4), version=st.integers(0, 5), data=st.binary(max_size=60))
def test_nothing_that_is_handed_in_raises(to_grade, cells, version, data):
    odd = {"nbformat": version, "nbformat_minor": 2, "metadata": {}, "cells": [
        {"cell_type": "code", "metadata": {"nbgrader": cell, "tags": cell}, "source": cell, "outputs": [cell],
         "attachments": cell, "id": cell} for cell in cells] + cells}
    for content in (data, json.dumps(odd).encode(), json.dumps(odd).encode()[:-3]):
        found = restore.restored(content, to_grade, "x.ipynb")
        nbformat.validate(found.notebook)
        assert found.why or len(found.notebook.cells) >= len(to_grade.cells)


def test_nothing_handed_in_is_the_release_without_an_answer(to_grade):
    for data, why in ((None, "missing"), (b"", "empty"), (b"{}", "unreadable: is not a notebook")):
        found = restore.restored(data, to_grade, "x.ipynb")
        assert found.why.startswith(why) and answers(found.notebook) == answers(to_grade)
