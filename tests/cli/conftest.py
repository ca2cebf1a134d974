"""A small course in a folder of its own, to run the verbs in."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from attnlib import cli
from attnlib.cli import student

STUB = 'def double(x):\n    raise NotImplementedError("double: twice x")\n'


def entry(grade_id, **more):
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3, "task": False, "locked": False,
                         "grade": False, "solution": False, **more}}


def answer(grade_id, source, **more):
    return new_code_cell(source, metadata=entry(grade_id, solution=True, **more))


def marked(grade_id, source, points=1):
    return new_code_cell(source, metadata=entry(grade_id, grade=True, locked=True, points=points))


def lesson_cells():
    """A lesson with two exercises, an experiment that would fail, and a question graded by hand."""
    cells = [
        new_markdown_cell("# A small lesson"),
        new_code_cell("NotYet = type('NotYet', (AssertionError,), {})\ntrouble = NotYet('double(2) should be 4.')"),
        answer("double", STUB),
        new_code_cell("raise RuntimeError('an experiment was run')", metadata={"tags": ["experiment"]}),
        marked("test_double", "if double(2) != 4:\n    raise trouble", points=2),
        answer("half", 'def half(x):\n    raise NotImplementedError("half: x over two")\n'),
        marked("test_half", "assert half(4) == 2"),
        new_markdown_cell("YOUR ANSWER HERE", metadata=entry("why", grade=True, solution=True, points=2)),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return cells


def notebook(cells):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=kernel)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The root of a course with the lessons 00_tiny and 01_second; it is the current folder."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "attnlib"\n')
    (tmp_path / "constraints.txt").write_text("")
    for name in ("00_tiny", "01_second"):
        folder = tmp_path / "notebooks" / name
        folder.mkdir(parents=True)
        nbformat.write(notebook(lesson_cells()), folder / f"{name[3:]}.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def attn(capfd, monkeypatch):
    """attn("check", "tiny") runs a verb; returns (exit code, all it printed)."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(student.screen, "_width", 200)  # it may have been made under another test's COLUMNS

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        shown = capfd.readouterr()
        return ended.value.code or 0, shown.out + shown.err

    return run


@pytest.fixture
def copied(course):
    """The work copy of 00_tiny, just copied: its path."""
    from attnlib.cli import work

    work.copy_missing(["00_tiny", "01_second"])
    return course / "work" / "00_tiny" / "tiny.ipynb"


def fill_in(path, **answers):
    """Write answers, {grade_id: source}, into the notebook at `path`."""
    book = nbformat.read(path, 4)
    for cell in book.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    nbformat.write(book, path)


RIGHT = {"double": "def double(x):\n    return x + x", "half": "def half(x):\n    return x / 2"}
