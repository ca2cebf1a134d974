"""Release on a small course: what leaks is found, what was handed in is safe, students get their repository."""

import shutil
import subprocess
import tomllib

import nbformat
import pytest
from nbgrader.api import Gradebook

from attnlib.grading import lessons, release, students
from attnlib.paths import Problem
from tests.lessons.tiny import ROOT, TEXT, make, write

pytestmark = pytest.mark.slow  # nbgrader starts alembic for each new gradebook


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    make(folder)
    lessons.build(folder, "00_tiny")
    assert release.release(folder, ["00_tiny"]) == ["00_tiny"]
    return folder


@pytest.fixture
def tiny(built, tmp_path):
    """A copy of a course with one lesson, built and released."""
    shutil.copytree(built, tmp_path / "course")
    return tmp_path / "course"


def notebook(folder):
    return nbformat.read(folder / "notebooks" / "00_tiny" / "tiny.ipynb", as_version=4)


def everything(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def change(folder, old, new):
    """Change the lesson's text and bring its notebook up to date."""
    assert old in TEXT
    write(folder, TEXT.replace(old, new))
    lessons.build(folder, "00_tiny")


def test_what_a_student_gets(tiny):
    cells = {cell.id: cell for cell in notebook(tiny).cells}
    stub = '    # YOUR CODE HERE\n    raise NotImplementedError("twice: return two times x")'
    assert cells["twice"].source.endswith(stub)
    assert cells["test_twice"].source == 'assert twice(3) == 6, "twice(3) should be 6"'
    assert cells["why"].source == "*Write your three sentences here.*"
    assert not any("Ask the room" in cell.source for cell in cells.values())


def test_twice_the_same(tiny):
    before = everything(tiny / "notebooks")
    assert release.release(tiny, ["00_tiny"]) == []
    assert everything(tiny / "notebooks") == before


def test_hidden_tests_are_in_the_gradebook_for_grading(tiny):
    with Gradebook(f"sqlite:///{tiny / 'gradebook.db'}") as book:
        assert "secret_number" in book.find_source_cell("test_twice", "tiny", "00_tiny").source


def test_files_beside_the_text_are_released_and_the_text_is_not(tiny):
    (tiny / "solutions" / "00_tiny" / "words.csv").write_text("a,b\n")
    (tiny / "solutions" / "00_tiny" / "REMARKS.md").write_text("for the instructor\n")
    assert release.release(tiny, ["00_tiny"]) == ["00_tiny"]
    assert sorted(path.name for path in (tiny / "notebooks" / "00_tiny").iterdir()) == ["tiny.ipynb", "words.csv"]


def test_nbgraders_own_command_writes_the_same(tiny):
    before = everything(tiny / "notebooks")
    command = ["nbgrader", "generate_assignment", "00_tiny", "--force"]
    ended = subprocess.run(command, cwd=tiny, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert everything(tiny / "notebooks") == before


# Leaks

SECRETS = ["result_of_doubling = 2 * x", "Because addition was repeated once.", "Ask the room what twice three is.",
           'assert twice(secret_number) == secret_number + secret_number, "case A"',
           "*Rubric.* 1 point: names the repeated addition."]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", ["source", "output", "metadata"])
def test_a_leak_is_found_wherever_it_is(tiny, secret, place):
    given = notebook(tiny)
    cell = lessons.code_cells(given)[0]
    if place == "source":
        cell.source += f"\n# {secret}"
    elif place == "output":
        cell.outputs = [nbformat.v4.new_output("stream", text=f"first line\n{secret}\n")]
    else:
        cell.metadata["remark"] = [secret]
    assert release.leaks(lessons.read(tiny, "00_tiny"), given) == [secret]


def test_a_line_that_the_lesson_shows_anyway_is_no_secret(tiny):
    change(tiny, "x = 3", "x = 3\nresult_of_doubling = 2 * x")
    release.release(tiny, ["00_tiny"])


def test_a_release_that_would_leak_changes_nothing(tiny):
    """Here because somebody took the preprocessor away that strips the instructor's cells."""
    config = (tiny / "nbgrader_config.py").read_text()
    (tiny / "nbgrader_config.py").write_text(config + "\nc.GenerateAssignment.preprocessors = RELEASE[1:]\n")
    before = everything(tiny)
    with pytest.raises(Problem, match="(?s)give 1 secret line.*Ask the room"):
        release.release(tiny, ["00_tiny"])
    assert everything(tiny) == before


def test_a_text_that_was_not_executed_is_not_released(tiny):
    write(tiny, TEXT.replace("x = 3", "x = 4"))
    before = everything(tiny)
    with pytest.raises(Problem, match="attn lessons 00_tiny"):
        release.release(tiny, ["00_tiny"])
    assert everything(tiny) == before


# What was handed in

def hand_in(folder, where):
    if where == "submitted":
        place = folder / "submitted" / "ada" / "00_tiny"
        place.mkdir(parents=True)
        shutil.copy(folder / "notebooks" / "00_tiny" / "tiny.ipynb", place)
    else:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
            book.add_student("ada")
            book.add_submission("00_tiny", "ada")


CHANGES = {
    "renamed": ("grade_id: test_twice", "grade_id: test_twice_again", "test_twice is gone or renamed"),
    "kind": ("grade_id: test_twice, locked: true", "grade_id: test_twice, locked: false",
             "test_twice has changed its kind"),
    "removed": ('{"nbgrader": {"grade": true, "grade_id": "why"', '{"tags": ["instructor"], "x": {"grade_id": "why"',
                "why is gone"),
}


@pytest.mark.parametrize("where", ["submitted", "gradebook"])
@pytest.mark.parametrize("case", CHANGES)
def test_refused_before_anything_changes(tiny, case, where):
    old, new, says = CHANGES[case]
    hand_in(tiny, where)
    change(tiny, old, new)
    before = everything(tiny)
    with pytest.raises(Problem) as told:
        release.release(tiny, ["00_tiny"])
    assert says in told.value.what and "ada" in told.value.what and "grade_id back" in told.value.remedy
    assert everything(tiny) == before


@pytest.mark.parametrize("where", ["submitted", "gradebook"])
def test_a_word_may_change_after_work_was_handed_in(tiny, where):
    hand_in(tiny, where)
    change(tiny, "Why does it work?", "Why does that work?")
    assert release.release(tiny, ["00_tiny"]) == ["00_tiny"]


def test_without_submissions_anything_may_change(tiny):
    change(tiny, "grade_id: test_twice", "grade_id: test_twice_again")
    assert release.release(tiny, ["00_tiny"]) == ["00_tiny"]


# The students' repository

@pytest.fixture
def whole(tiny):
    """The small course with what else goes to students."""
    for name in ("pyproject.toml", "environment.yml", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, tiny)
    (tiny / "attnlib" / "grading").mkdir()
    (tiny / "attnlib" / "grading" / "score.py").write_text("")
    return tiny


def test_students_get_no_solutions_tests_or_grading(whole, tmp_path):
    students.write(whole, tmp_path / "out", ["00_tiny"])
    paths = [path.relative_to(tmp_path / "out").as_posix() for path in everything(tmp_path / "out")]
    assert sorted(paths) == [".attention-course.json", ".gitattributes", ".gitignore", "LICENSE", "LICENSE-TEXT",
                             "Makefile", "README.md", "attnlib/figures.py", "constraints.txt", "environment.yml",
                             "notebooks/00_tiny/tiny.ipynb", "pyproject.toml"]
    text = "\n".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert not [secret for secret in SECRETS if secret in text]


def test_students_project_file():
    project = tomllib.loads(students.project_file((ROOT / "pyproject.toml").read_text()))["project"]
    course = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == course["dependencies"]
    assert "optional-dependencies" not in project
    assert list(project["entry-points"]["attnlib.verbs"]) == ["student"]


def test_written_again_only_what_changed_is_touched(whole, tmp_path):
    folder = tmp_path / "out"
    students.write(whole, folder, ["00_tiny"])
    (folder / "work").mkdir()
    (folder / "work" / "mine.ipynb").write_text("mine")
    (whole / "attnlib" / "figures.py").write_text("# new\n")
    assert students.write(whole, folder, ["00_tiny"]) == 1
    assert students.write(whole, folder, ["00_tiny"]) == 0
    assert (folder / "work" / "mine.ipynb").read_text() == "mine"


def test_what_the_course_no_longer_has_goes_and_earlier_lessons_stay(whole, tmp_path):
    folder = tmp_path / "out"
    students.write(whole, folder, ["00_tiny"])
    (whole / "attnlib" / "figures.py").unlink()
    students.write(whole, folder, [])
    assert not (folder / "attnlib" / "figures.py").exists()
    assert (folder / "notebooks" / "00_tiny" / "tiny.ipynb").exists()


@pytest.mark.parametrize("path", ["README.md", "notebooks/00_tiny/tiny.ipynb"])
def test_a_file_changed_by_hand_is_not_overwritten(whole, tmp_path, path):
    folder = tmp_path / "out"
    students.write(whole, folder, ["00_tiny"])
    (folder / path).write_text("mine")
    before = everything(folder)
    with pytest.raises(Problem, match="Nothing was overwritten") as told:
        students.write(whole, folder, ["00_tiny"])
    assert path in told.value.what and everything(folder) == before


def test_a_folder_of_something_else_is_refused(whole, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    with pytest.raises(Problem, match="isn't empty"):
        students.write(whole, tmp_path / "mine", ["00_tiny"])
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match="is a file"):
        students.write(whole, tmp_path / "file", ["00_tiny"])
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
