"""Every release: what the source generates now, nothing of the instructor's, stubs that say what to do."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

from attnlib import paths
from attnlib.grading import lessons, release
from attnlib.grading.preprocessors import ANSWER_STUB, KERNELSPEC, NOT_RELEASED

ROOT = Path(__file__).parents[2]
NAMES = lessons.names(ROOT)
LESSONS = paths.lessons(ROOT / "solutions")
each_lesson = pytest.mark.parametrize("name", NAMES)
REMEDY = "`make lessons release` writes the notebooks"


def folder(name):
    """Where the notebook `name` is released."""
    return ROOT / "notebooks" / lessons.lesson_of(ROOT, name)


def released(name):
    path = folder(name) / lessons.twin_path(ROOT, name).name
    assert path.exists(), f"{name} isn't released: {REMEDY}"
    return nbformat.read(path, as_version=4)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and ".ipynb_checkpoints" not in path.parts}


def test_notebooks_holds_the_lessons_and_nothing_else():
    assert sorted(path.name for path in (ROOT / "notebooks").iterdir() if path.is_dir()) == LESSONS, REMEDY


@pytest.mark.parametrize("lesson", LESSONS)
def test_release_is_what_the_source_generates(lesson, tmp_path):
    assert files(release.generate_into(ROOT, lesson, tmp_path)) == files(ROOT / "notebooks" / lesson), REMEDY


@each_lesson
def test_nothing_leaks(name):
    assert release.leaks(lessons.read(ROOT, name), released(name)) == []
    assert not [path for path in files(folder(name)) if path.endswith(".md")]


@each_lesson
def test_only_what_students_need(name):
    notebook = released(name)
    assert sorted(notebook.metadata) == ["kernelspec", "language_info"]
    assert notebook.metadata.kernelspec == KERNELSPEC
    for number, cell in enumerate(notebook.cells):
        assert NOT_RELEASED.isdisjoint(lessons.tags(cell)) and not cell.get("outputs"), lessons.where(cell, number)
        assert "SOLUTION" not in cell.source and "HIDDEN TESTS" not in cell.source, lessons.where(cell, number)


def stubs(notebook):
    """The sentence of each stub, in order."""
    trees = [ast.parse(lessons._plain_python(cell.source)) for cell in lessons.code_cells(notebook)
             if lessons.grade(cell).get("solution")]
    return [node.exc.args[0].value for tree in trees for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and ast.unparse(node.exc).startswith("NotImplementedError(")]


@each_lesson
def test_each_stub_says_what_to_do(name):
    said = stubs(released(name))
    solutions = [cell for cell in lessons.read(ROOT, name).cells if cell.cell_type == "code"]
    wanted = {f"{lessons.grade(cell)['grade_id']}: {sentence}" for cell in solutions
              for _, sentence, _ in lessons.regions(cell.source, "SOLUTION")[1]}
    assert set(said) == wanted
    assert len(said) == len(set(said)), "two stubs say the same"


@each_lesson
def test_answers_in_words_are_asked_for_in_words(name):
    for cell in released(name).cells:
        if cell.cell_type == "markdown" and lessons.grade(cell).get("solution"):
            assert cell.source == ANSWER_STUB


def run(name, notebook, settings):
    """Run `notebook` as a student would, going on after errors."""
    client = NotebookClient(notebook, kernel_name="python3", timeout=lessons.LONGEST_CELL, allow_errors=True,
                            config=lessons.ENCRYPTED, resources={"metadata": {"path": str(folder(name))}})
    client.execute(env=lessons.kernel_environment(ROOT, settings))


@pytest.mark.slow
@each_lesson
def test_untouched_it_runs_to_the_end_and_scores_nothing(name, tmp_path):
    """Only stubs and their checks raise; experiments use the course's own versions."""
    notebook = released(name)
    said = stubs(notebook)
    run(name, notebook, tmp_path)
    wrong = []
    for number, cell in enumerate(notebook.cells):
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        wrong += [f"{lessons.where(cell, number)}: {error.ename}: {error.evalue}" for error in errors
                  if error.ename != "NotYet" and error.evalue not in said
                  and "raises-exception" not in lessons.tags(cell)]
        if "experiment" in lessons.tags(cell):
            assert not errors, f"{lessons.where(cell, number)}: an experiment must run without the student's answers"
        if lessons.grade(cell).get("grade"):
            assert determine_grade(cell)[0] == 0, lessons.grade(cell)["grade_id"]
    assert not wrong, "\n".join(wrong)


def test_no_path_or_host_in_any_release():
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(home|root|tmp|Users)/", text), path.name
