"""nbgrader's Validate sees what `attn check` and grading see."""

import nbformat
import pytest
from nbgrader.validator import Validator
from traitlets.config import PyFileConfigLoader

from attnlib.cli import lab, validating
from tests.cli.conftest import RIGHT, fill_in


@pytest.fixture
def validate():
    """What the button says of a notebook, with the settings that `attn lab` gives it."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(lab.settings())).load_config()
    return lambda path: Validator(config=config).validate(str(path))


def test_edited_and_deleted_tests_come_from_the_release(validate, copied):
    fill_in(copied, **{**RIGHT, "half": "def half(x):\n    return x", "test_half": "pass"})
    book = nbformat.read(copied, 4)
    book.cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "test_double"]
    nbformat.write(book, copied)
    assert [failed["source"] for failed in validate(copied)["failed"]] == ["assert half(4) == 2"]


def test_right_answers_pass(validate, copied):
    fill_in(copied, **RIGHT)
    assert "failed" not in validate(copied)


def test_other_notebooks_are_left_alone(copied, tmp_path, monkeypatch):
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    for folder in (copied.parent, tmp_path):
        monkeypatch.chdir(folder)
        assert validating.RestoreLesson().preprocess(other, {})[0] is other
