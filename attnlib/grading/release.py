"""From the executed lessons to what students get: `notebooks/`, or a repository of their own.

nbgrader's generate_assignment writes each notebook, with the preprocessors of `nbgrader_config.py`.
It runs twice: first into a scratch folder with a scratch gradebook, where the result is looked over,
then, only if all is well with every lesson, into `notebooks/` with the course's gradebook.
"""

import contextlib
import re
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from attnlib import paths
from attnlib.grading import lessons
from attnlib.grading.preprocessors import NOT_RELEASED
from attnlib.paths import Problem

SHORTEST_SECRET = 10  # characters; shorter lines, such as `return x`, stand everywhere


def release(root, names):
    """Generate `notebooks/` for the lessons `names`, each with all its notebooks. Returns those that changed.

    Raises Problem before anything has changed: where a text hasn't been executed, where something would
    leak, where work that was handed in would not survive.
    """
    root = Path(root)
    _expect_current(root, names)
    for name in names:
        _expect_only_lessons(root, name)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            _generate(root, name, Path(scratch))
            new = {book: nbformat.read(Path(scratch, "notebooks", name, book), as_version=4)
                   for book in _texts(root, name)}
            for book, text in _texts(root, name).items():
                expect_no_leak(root, text, new[book])
            _expect_survival(root, name, new)
        changed = [name for name in names
                   if _files(Path(scratch, "notebooks", name)) != _files(root / "notebooks" / name)]
    for name in names:
        _generate(root, name)
    return changed


def generate_into(root, name, scratch):
    """The folder with lesson `name`'s released notebooks, generated below the folder `scratch`."""
    _generate(Path(root), name, Path(scratch))
    return Path(scratch, "notebooks", name)


def _texts(root, name):
    """{file name: the notebook's name, as `lessons` knows it} of a lesson's notebooks that have a text."""
    return {text.with_suffix(".ipynb").name: paths.full_name(text)
            for text in paths.notebooks(name, root / "solutions", ".md")}


def _expect_current(root, names):
    late = [text for name in names for text in _texts(root, name).values() if not lessons.is_current(root, text)]
    if late:
        raise Problem(f"The notebook of {', '.join(late)} isn't what its text says.",
                      f"Run `attn lessons {' '.join(late)}` first.")


def _expect_only_lessons(root, name):
    """Raise Problem where a lesson has a notebook that no text stands for, or one grade_id in two notebooks."""
    texts = _texts(root, name)
    strange = [path.name for path in sorted(Path(root, "solutions", name).glob("*.ipynb")) if path.name not in texts]
    if strange:
        raise Problem(f"In solutions/{name}/ lies {', '.join(strange)}, a notebook without a text of its name.",
                      "nbgrader would release it too, with all that is in it. Move it elsewhere.")
    ids = Counter(cell for text in texts.values() for cell in graded_cells(lessons.read(root, text)))
    twice = [cell for cell, count in ids.items() if count > 1]
    if twice:
        raise Problem(f"Two notebooks of {name} have a cell {', '.join(twice)}.",
                      "By their grade_ids submissions are told apart. Give one of the two another.")


def _files(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def course_config(root):
    """The settings in the course's nbgrader_config.py."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(Path(root).resolve())
    config.NbGraderAPI.log_level = "ERROR"
    return config


def _generate(root, name, scratch=None):
    """Run nbgrader's generate_assignment, into `scratch` with a gradebook of its own if that is given."""
    config = course_config(root)
    if scratch:
        config.CourseDirectory.release_directory = str(scratch.resolve() / "notebooks")
        config.CourseDirectory.db_url = f"sqlite:///{scratch.resolve() / 'gradebook.db'}"
    result = NbGraderAPI(config=config).generate_assignment(name, force=True, create=True)
    if not result["success"]:
        raise Problem(f"nbgrader could not generate {name}: {_reason(result)}", "Nothing of this lesson was released.")


def _reason(result):
    """The innermost error in nbgrader's log."""
    text = result.get("log", "") + "\n" + result["error"]
    said = re.findall(r"^\s*([\w.]+(?:Error|Exception|Entry|Invalid): .+)$", text, re.MULTILINE)
    said = [line for line in said if "NbGraderException" not in line] or said
    return said[0] if said else text.strip().splitlines()[-1]


# What must not get out

def leaks(source, release):
    """Lines of the instructor's notebook `source` that stand in the students' notebook `release`.

    Secret are the lines of solutions, hidden tests, mark schemes, hand-graded answers with their rubrics,
    and cells tagged instructor or slide, from 10 characters on. A line that stands in the public part of the
    source as well (a solution may repeat a line of the worked example) gives nothing away.
    """
    public, secret = [], []
    for cell in source.cells:
        shown, hidden = _public_and_secret(cell)
        public += shown
        secret += hidden
    public = "\n".join(public)
    given = "\n".join([cell.source for cell in release.cells] + [_beside_source(release)])
    candidates = dict.fromkeys(line.strip() for line in secret)
    return [line for line in candidates if len(line) >= SHORTEST_SECRET and line not in public and line in given]


def _public_and_secret(cell):
    """The lines of a cell that students may see, and those that they may not."""
    lines = cell.source.split("\n")
    if not NOT_RELEASED.isdisjoint(lessons.tags(cell)):
        return [], lines
    if cell.cell_type == "markdown" and lessons.grade(cell).get("solution"):
        return [], lines
    hidden = []
    for kind in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
        lines, found = lessons.regions("\n".join(lines), kind)
        hidden += [line for _, _, body in found for line in body]
    return lines, hidden


def _beside_source(notebook):
    """All the text in a notebook that isn't a cell's source: metadata and outputs, each string on its own."""
    def strings(value):
        if isinstance(value, dict):
            return [text for each in value.values() for text in strings(each)]
        if isinstance(value, list):
            return [text for each in value for text in strings(each)]
        return [value] if isinstance(value, str) else []

    cells = [{key: value for key, value in cell.items() if key != "source"} for cell in notebook.cells]
    return "\n".join(strings([notebook.metadata, *cells]))


def expect_no_leak(root, name, new):
    """new: the released notebook `name`."""
    found = leaks(lessons.read(root, name), new)
    if found:
        listed = "\n".join(f"- {line}" for line in found[:5])
        raise Problem(f"The release of {name} would give {len(found)} secret line(s) away:\n{listed}",
                      "Nothing was released. Put them inside a solution, hidden tests or a cell tagged instructor.")


# What was handed in must survive

def graded_cells(notebook):
    """{grade_id: what kind of cell it is} for the cells that nbgrader knows."""
    kinds = ("grade", "solution", "task", "locked")
    return {lessons.grade(cell)["grade_id"]: (cell.cell_type, *(bool(lessons.grade(cell).get(kind)) for kind in kinds))
            for cell in notebook.cells if lessons.grade(cell)}


def handed_in(root, name):
    """Who has handed in lesson `name`: folders in submitted/ and submissions in the gradebook."""
    students = {path.parent.name for path in Path(root, "submitted").glob(f"*/{name}") if path.is_dir()}
    with _gradebook(root) as book, contextlib.suppress(MissingEntry):
        if book:
            students |= {submission.student.id for submission in book.find_assignment(name).submissions}
    return sorted(students)


@contextlib.contextmanager
def _gradebook(root):
    """The course's gradebook, or None where there is none yet (reading must not create one)."""
    path = Path(root, "gradebook.db").resolve()
    if not path.exists():
        yield None
        return
    with Gradebook(f"sqlite:///{path}") as book:
        yield book


def _cells_before(root, name):
    """The graded cells that submissions were made from: the last release's, and what the gradebook recorded.

    {(the notebook's file name, grade_id): kind, or None where only the gradebook knows the cell}
    """
    before = {}
    for path in paths.notebooks(name, root / "notebooks"):
        with contextlib.suppress(OSError, ValueError):
            before |= _by_notebook({path.name: nbformat.read(path, as_version=4)})
    with _gradebook(root) as book, contextlib.suppress(MissingEntry):
        for notebook in book.find_assignment(name).notebooks if book else ():
            for cell in notebook.source_cells:
                before.setdefault((f"{notebook.name}.ipynb", cell.name), None)  # the kind isn't recorded whole
    return before


def _by_notebook(books):
    return {(name, cell): kind for name, book in books.items() for cell, kind in graded_cells(book).items()}


def _expect_survival(root, name, new):
    """new: the lesson's released notebooks by their file names."""
    students = handed_in(root, name)
    if not students:
        return
    before, after = _cells_before(root, name), _by_notebook(new)
    if not before:
        return
    changes = [f"{cell} is gone or renamed" for book, cell in before if (book, cell) not in after]
    changes += [f"{cell} is new" for book, cell in after if (book, cell) not in before]
    changes += [f"{cell} has changed its kind" for (book, cell), kind in before.items()
                if (book, cell) in after and kind not in (None, after[book, cell])]
    if changes:
        who = ", ".join(students[:3]) + (", …" if len(students) > 3 else "")
        raise Problem(
            f"{len(students)} student(s) have handed in {name} ({who}), and their work can't be graded after this "
            f"release: {'; '.join(changes)}.",
            "Nothing was changed. Give the cells their old grade_id back, or release the new version as a lesson of "
            "another name, or finish grading first: export the marks, then run "
            f"`nbgrader db assignment remove {name} --force` and move the folders {name} out of submitted/.")
