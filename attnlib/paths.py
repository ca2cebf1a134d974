"""Where the course lies and what its lessons are called. Standard library only, so that it loads at once."""

import re
from pathlib import Path

LESSON_NAME = re.compile(r"\d\d_[a-z][a-z0-9_]*")


class Problem(Exception):
    """Something the user can put right: one sentence that says what is wrong, and a remedy."""

    def __init__(self, what, remedy=""):
        super().__init__(f"{what} {remedy}".strip())
        self.what, self.remedy = what, remedy


def is_course(folder):
    """Whether `folder` is the root of a copy of the course."""
    project = folder / "pyproject.toml"
    return project.is_file() and 'name = "attnlib"' in project.read_text(encoding="utf-8", errors="replace")


def root():
    """The course's root folder: looked for upwards from the current folder, else beside the package."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if is_course(folder):
            return folder
    raise Problem("The course's folder was not found.", "Change into it (the folder with the Makefile) and try again.")


def lessons(folder="notebooks"):
    """Names of the lessons in `folder` of the course, in order, such as "01_embeddings"."""
    place = root() / folder
    if not place.is_dir():
        return []
    return sorted(path.name for path in place.iterdir() if path.is_dir() and LESSON_NAME.fullmatch(path.name))


def lesson(name, folder="notebooks"):
    """The full name of one lesson in `folder`: "01", "1", "embeddings" and "01_embeddings" are the same.

    Raises Problem, which lists the names, where there is no such lesson.
    """
    wanted, known = str(name).strip().rstrip("/"), lessons(folder)
    for full in known:
        number, short = full.split("_", 1)
        if wanted in (full, number, short, str(int(number))):
            return full
    if not known:
        raise Problem(f"There are no lessons in {folder}/ yet.", "Author: `make lessons release` writes them.")
    raise Problem(f"There is no lesson {str(name)!r} in {folder}/.", f"The lessons are: {', '.join(known)}.")


def notebook(name, folder="notebooks"):
    """The path of lesson `name`'s notebook in `folder`, whether it exists or not."""
    return root() / folder / name / f"{name.split('_', 1)[1]}.ipynb"
