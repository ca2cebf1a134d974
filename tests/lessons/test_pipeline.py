"""From text to executed notebook: one way, reproducible, executed only where code has changed."""

import shutil

import nbformat
import pytest

from attnlib.grading import lessons
from attnlib.paths import Problem
from tests.lessons.tiny import HEADER, TEXT, make, write

# The kernel of these tests gets the folder's attnlib, an empty one; the lesson imports nothing of it.


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    make(folder)
    assert lessons.build(folder, "00_tiny")[0] == "executed"
    return folder


@pytest.fixture
def tiny(built, tmp_path):
    """A copy of a course with one lesson, built."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_text_is_never_written(tmp_path):
    path = make(tmp_path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    lessons.build(tmp_path, "00_tiny")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_source_and_outputs(tiny):
    notebook = read(lessons.twin_path(tiny, "00_tiny"))
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in lessons.read(tiny, "00_tiny").cells]
    assert [cell.execution_count for cell in lessons.code_cells(notebook)] == [1, 2, 3, 4]
    assert lessons.code_cells(notebook)[0].outputs[0].text == "x is 3 in 00_tiny\n"
    assert lessons.is_current(tiny, "00_tiny")


def test_two_executions_write_the_same_file(tiny):
    path = lessons.twin_path(tiny, "00_tiny")
    before = path.read_bytes()
    assert lessons.build(tiny, "00_tiny", force=True)[0] == "executed"
    assert path.read_bytes() == before


def test_no_trace_of_machine_or_pairing(tiny):
    text = lessons.twin_path(tiny, "00_tiny").read_text()
    for trace in (str(tiny), "jupytext", "iopub", "execution\"", "codemirror"):
        assert trace not in text
    assert read(lessons.twin_path(tiny, "00_tiny")).metadata.kernelspec.name == "python3"


def test_nothing_to_do_the_second_time(tiny):
    assert lessons.build(tiny, "00_tiny") == ("unchanged", [])


def test_prose_keeps_the_outputs(tiny):
    write(tiny, TEXT.replace("Why does it work?", "Why does that work?"))
    assert not lessons.is_current(tiny, "00_tiny")
    assert lessons.build(tiny, "00_tiny")[0] == "prose"
    notebook = read(lessons.twin_path(tiny, "00_tiny"))
    assert "Why does that work?" in [cell.source for cell in notebook.cells]
    assert all(cell.execution_count for cell in lessons.code_cells(notebook))


@pytest.mark.parametrize(("path", "status"), [
    ("attnlib/figures.py", "executed"),
    ("constraints.txt", "executed"),
    ("attnlib/grading/score.py", "unchanged"),
    ("attnlib/cli/lab.py", "unchanged"),
])
def test_executed_again_when_what_it_depends_on_changes(tiny, path, status):
    (tiny / path).parent.mkdir(parents=True, exist_ok=True)
    (tiny / path).write_text("# changed\n")
    assert lessons.build(tiny, "00_tiny")[0] == status


def test_executed_again_when_code_changes(tiny):
    write(tiny, TEXT.replace("x = 3", "x = 4"))
    assert lessons.build(tiny, "00_tiny")[0] == "executed"


def test_a_notebook_that_was_cut_off_is_written_anew(tiny):
    lessons.twin_path(tiny, "00_tiny").write_text('{"cells": [')
    assert lessons.build(tiny, "00_tiny")[0] == "executed"


def test_seconds_of_each_cell_are_kept(tiny):
    timings = (tiny / "build" / "timings" / "00_tiny.json").read_text()
    assert timings.count('"seconds"') == 4 and "test_twice" in timings


def test_a_cell_that_fails_is_named_and_nothing_written(tiny):
    before = lessons.twin_path(tiny, "00_tiny").read_bytes()
    write(tiny, TEXT.replace('print("an experiment")', "1 / 0"))
    with pytest.raises(Problem, match=r"00_tiny stopped in cell 5 \('1 / 0'\): ZeroDivisionError"):
        lessons.build(tiny, "00_tiny")
    assert lessons.twin_path(tiny, "00_tiny").read_bytes() == before


def test_a_dead_kernel_is_named(tiny):
    write(tiny, TEXT.replace('print("an experiment")', "os._exit(1)"))
    with pytest.raises(Problem, match="cell 5 .* the kernel died"):
        lessons.build(tiny, "00_tiny")


def test_a_cell_may_raise_if_it_says_so(tiny):
    text = TEXT.replace("tags: [experiment]", "tags: [raises-exception]")
    write(tiny, text.replace('print("an experiment")', "1 / 0"))
    assert lessons.build(tiny, "00_tiny")[0] == "executed"
    outputs = lessons.code_cells(read(lessons.twin_path(tiny, "00_tiny")))[-1].outputs
    assert outputs[0].ename == "ZeroDivisionError"


def test_ids_are_derived(tmp_path):
    make(tmp_path)
    first, second = (lessons.read(tmp_path, "00_tiny") for _ in range(2))
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    assert {"twice", "test_twice", "why"} <= {cell.id for cell in first.cells}
    again = lessons.parse(HEADER + "one\n\n+++\n\none\n")
    assert len({cell.id for cell in again.cells}) == 2


# Names

@pytest.mark.parametrize("wanted", ["00_tiny", "00", "0", "tiny", "00_tiny/"])
def test_a_lesson_by_any_of_its_names(tmp_path, wanted):
    make(tmp_path)
    assert lessons.choose(tmp_path, [wanted]) == ["00_tiny"]


def test_an_unknown_lesson_lists_the_known(tmp_path):
    make(tmp_path)
    with pytest.raises(Problem, match="no lesson 'big'.*The lessons are: 00_tiny"):
        lessons.choose(tmp_path, ["big"])


def test_no_lessons(tmp_path):
    with pytest.raises(Problem, match="new-lesson"):
        lessons.choose(tmp_path)


# Texts that can't become lessons

SOLUTION = "    ### BEGIN SOLUTION return two times x\n"
BROKEN = {
    "no header": ("# A page\n", "header that says `format_name: myst`"),
    "header not YAML": (TEXT.replace("kernelspec:", "kernelspec: ]"), "isn't valid MyST"),
    "cell options not YAML": (TEXT.replace("tags: [experiment]", "tags: [experiment"), "isn't valid MyST"),
    "text options not JSON": (TEXT.replace('"tags": ["instructor"]}', '"tags": [instructor]}'), "isn't valid MyST"),
    "fence not closed": (TEXT.replace("getcwd()))\n```", "getcwd()))\n"), "fence before that line isn't closed"),
    "grade_id twice": (TEXT.replace("grade_id: test_twice", "grade_id: twice"), "'twice' stands on 2 cells"),
    "no grade_id": (TEXT.replace("grade_id: twice, ", ""), "no grade_id"),
    "solution elsewhere": (TEXT.replace("x = 3", "### BEGIN SOLUTION a\nx = 3\n### END SOLUTION"),
                           "doesn't say solution: true"),
    "no end": (TEXT.replace("    ### END SOLUTION\n", ""), "a BEGIN SOLUTION without its END"),
    "no begin": (TEXT.replace(SOLUTION, ""), "an END SOLUTION without its BEGIN"),
    "begin twice": (TEXT.replace(SOLUTION, SOLUTION * 2), "a BEGIN SOLUTION inside another"),
    "no region": (TEXT.replace(SOLUTION, "").replace("    ### END SOLUTION\n", ""), "without `### BEGIN SOLUTION"),
    "no sentence": (TEXT.replace(" return two times x\n", "\n"), "no sentence"),
    "hidden tests don't end": (TEXT.replace("### END HIDDEN TESTS\n", ""), "a BEGIN HIDDEN TESTS without its END"),
    "hidden tests elsewhere": (TEXT.replace("x = 3", "### BEGIN HIDDEN TESTS\nx = 3\n### END HIDDEN TESTS"),
                               "doesn't say grade: true"),
    "round a def after another": (TEXT.replace("def twice(x):\n" + SOLUTION,
                                               "def other():\n    pass\n\n\n" + SOLUTION.strip() + "\ndef twice(x):\n"),
                                  "should stand inside a function"),
    "round a def": (TEXT.replace("def twice(x):\n" + SOLUTION, SOLUTION.strip() + "\ndef twice(x):\n"),
                    "should stand inside a function"),
    "round a class body": (TEXT.replace("def twice(x):\n", "class twice:\n").replace("return result", "y = result"),
                           "should stand inside a function"),
    "not Python": (TEXT.replace("x = 3", "x = = 3"), "isn't valid Python"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_text_is_told_apart(tmp_path, case):
    text, says = BROKEN[case]
    assert text != TEXT
    make(tmp_path, text)
    with pytest.raises(Problem) as told:
        lessons.read(tmp_path, "00_tiny")
    assert says in str(told.value) and "tiny.md" in str(told.value)


METHOD = """def twice(x):
    return Doubler().run(x)


class Doubler:
    def run(self, x):
        ### BEGIN SOLUTION return two times x
        return 2 * x
        ### END SOLUTION

    def name(self):
        return "doubler"
"""


def test_a_method_may_hold_the_solution(tmp_path):
    a, b = TEXT.index("def twice"), TEXT.index("```", TEXT.index("def twice"))
    make(tmp_path, TEXT[:a] + METHOD + TEXT[b:])
    lessons.read(tmp_path, "00_tiny")
