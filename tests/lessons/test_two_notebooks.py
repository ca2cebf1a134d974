"""A lesson of two notebooks, from its texts to what a student checks and packs."""

import shutil
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook

from attnlib import paths
from attnlib.cli import work
from attnlib.grading import lessons, release, students
from attnlib.paths import Problem
from tests.cli.conftest import attn  # noqa: F401, a fixture
from tests.lessons.tiny import SECOND, make_pair, write

RIGHT = "def twice(x):\n    return x + x"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    make_pair(folder)
    for name in lessons.names(folder):
        assert lessons.build(folder, name)[0] == "executed"
    release.release(folder, ["00_pair"])
    return folder


@pytest.fixture
def pair(built, tmp_path, monkeypatch):
    """A copy of the course, built and released; it is the current folder."""
    shutil.copytree(built, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("wanted", "found"), [
    ("00", ["first", "second"]), ("0", ["first", "second"]), ("pair", ["first", "second"]),
    ("00_pair/", ["first", "second"]), ("first", ["first"]), ("00_second", ["second"]),
])
def test_ways_to_name_it(pair, wanted, found):
    assert [path.stem for path in paths.find(wanted)[1]] == found
    assert lessons.choose(pair, [wanted]) == [f"00_{name}" for name in found]
    assert paths.lesson(wanted) == "00_pair"


def test_each_notebook_is_built_on_its_own(pair):
    write(pair, SECOND.replace("x = 3", "x = 4"), "00_pair", "second")
    assert [lessons.build(pair, name)[0] for name in lessons.names(pair)] == ["unchanged", "executed"]
    assert files(pair / "build" / "timings") == ["00_first.json", "00_second.json"]


def test_both_are_released_together(pair):
    assert files(pair / "notebooks") == ["00_pair/first.ipynb", "00_pair/second.ipynb"]
    with Gradebook(f"sqlite:///{pair / 'gradebook.db'}") as book:
        assert {notebook.name: notebook.max_score for notebook in book.find_assignment("00_pair").notebooks} == {
            "first": 3, "second": 3}
    assert release.release(pair, ["00_pair"]) == []


def test_a_leak_is_found_in_the_second(pair):
    given = nbformat.read(pair / "notebooks" / "00_pair" / "second.ipynb", as_version=4)
    given.cells[0].source += "\nresult_of_doubling = 3 * x"
    assert release.leaks(lessons.read(pair, "00_second"), given) == ["result_of_doubling = 3 * x"]


def test_work_that_was_handed_in_is_safe_in_the_second_too(pair):
    shutil.copytree(pair / "notebooks" / "00_pair", pair / "submitted" / "ada" / "00_pair")
    write(pair, SECOND.replace("test_thrice", "test_three_times"), "00_pair", "second")
    lessons.build(pair, "00_second")
    with pytest.raises(Problem, match="test_thrice is gone or renamed; test_three_times is new"):
        release.release(pair, ["00_pair"])


def test_a_notebook_that_no_text_stands_for_is_not_released(pair):
    (pair / "solutions" / "00_pair" / "second.md").unlink()
    with pytest.raises(Problem, match="second.ipynb, a notebook without a text"):
        release.release(pair, ["00_pair"])


def test_one_grade_id_in_both_is_refused(pair):
    write(pair, SECOND.replace("why_thrice", "why"), "00_pair", "second")
    lessons.build(pair, "00_second")
    with pytest.raises(Problem, match="Two notebooks of 00_pair have a cell why"):
        release.release(pair, ["00_pair"])


def test_students_get_both(pair, tmp_path):
    shutil.copy(paths.Path(__file__).parents[2] / "pyproject.toml", pair)
    students.write(pair, tmp_path / "out", ["00_pair"])
    assert files(tmp_path / "out" / "notebooks") == ["00_pair/first.ipynb", "00_pair/second.ipynb"]


# The student's verbs

@pytest.fixture
def copied(pair):
    """work/00_pair, just copied."""
    assert work.copy_missing(["00_pair"]) == ["00_first", "00_second"]
    return pair / "work" / "00_pair"


def answer(path, code):
    book = nbformat.read(path, as_version=4)
    next(cell for cell in book.cells if cell.id in ("twice", "thrice")).source = code
    nbformat.write(book, path)


def test_check_of_the_lesson_and_of_one_notebook(attn, copied):  # noqa: F811
    answer(copied / "first.ipynb", RIGHT)
    code, shown = attn("check", "pair")
    assert code == 1 and "00_first" in shown and "00_second" in shown and "1 of 2 tests pass" in shown
    code, shown = attn("check", "first")
    assert code == 0 and "1 of 1 tests pass" in shown and "00_second" not in shown
    _, shown = attn("progress")
    assert "1 of 1" in shown and "0 of 1" in shown


def test_a_copy_that_is_missing_is_named(attn, copied):  # noqa: F811
    (copied / "second.ipynb").unlink()
    for verb in ("check", "pack"):
        code, shown = attn(verb, "pair")
        assert code == 1 and "no copy of 00_second" in shown
    assert work.copy_missing(["00_pair"]) == ["00_second"]


def test_pack_holds_both_whichever_was_named(attn, copied):  # noqa: F811
    code, shown = attn("pack", "second")
    assert code == 0 and "twice, thrice" in shown and "why, why_thrice" in shown and "0 of 2 tests pass" in shown
    with zipfile.ZipFile("work/00_pair.zip") as archive:
        assert archive.namelist() == ["00_pair/first.ipynb", "00_pair/second.ipynb"]


def test_a_changed_notebook_is_announced_and_fetched_alone(attn, copied, monkeypatch):  # noqa: F811
    from attnlib.cli import lab

    pages = []
    monkeypatch.setattr(lab, "serve", lambda folder, page, port, browser: pages.append(page))
    answer(copied.parents[1] / "notebooks" / "00_pair" / "second.ipynb", "# newer")
    _, shown = attn("lab", "00")
    assert "--fetch 00_second" in shown and "00_first" not in shown
    attn("lab", "--fetch", "00_second")
    attn("lab", "second")
    assert files(copied) == ["first.ipynb", "second (new).ipynb", "second.ipynb"]
    assert pages == ["00_pair/first.ipynb", "00_pair/second.ipynb"]
