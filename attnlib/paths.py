"""Where the course lies and what its lessons are called. Standard library only, so that it loads at once."""

import re
from pathlib import Path

LESSON_NAME = re.compile(r"\d\d_[a-z][a-z0-9_]*")
NOTEBOOK_NAME = re.compile(r"[a-z][a-z0-9_]*")


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
    """Names of the lessons in `folder`, in order, such as "01_embeddings".

    folder: one of the course's, by its name, or any by its whole path; so in each function below.
    """
    place = root() / folder
    if not place.is_dir():
        return []
    return sorted(path.name for path in place.iterdir() if path.is_dir() and LESSON_NAME.fullmatch(path.name))


def notebooks(lesson, folder="notebooks", suffix=".ipynb"):
    """The paths of the notebooks of `lesson` in `folder`, in order; with the suffix ".md", of their texts.

    Files whose names have a capital letter or a space are something else: README.md, "welcome (new).ipynb".
    """
    return sorted(path for path in (root() / folder / lesson).glob(f"*{suffix}")
                  if NOTEBOOK_NAME.fullmatch(path.stem) and path.is_file())


def full_name(path):
    """A notebook's name in the course: "01_embeddings", or "08_captioning" for 08_applications/captioning.ipynb."""
    return f"{path.parent.name[:2]}_{path.stem}"


def find(name, folder="notebooks", suffix=".ipynb"):
    """(lesson, paths of notebooks) that `name` means in `folder`.

    "01", "1", "embeddings" and "01_embeddings" mean a lesson with all that it has; "captioning" and
    "08_captioning" mean one notebook of a lesson that has several. Raises Problem, which lists the lessons.
    """
    wanted, known = str(name).strip().rstrip("/"), lessons(folder)
    for lesson in known:
        number, short = lesson.split("_", 1)
        if wanted in (lesson, number, short, str(int(number))):
            return lesson, notebooks(lesson, folder, suffix)
    for lesson in known:
        for path in notebooks(lesson, folder, suffix):
            if wanted in (path.stem, full_name(path)):
                return lesson, [path]
    place = Path(folder).name
    if not known:
        raise Problem(f"There are no lessons in {place}/ yet.", "Author: `make lessons release` writes them.")
    raise Problem(f"There is no lesson {str(name)!r} in {place}/.", f"The lessons are: {', '.join(known)}.")


def lesson(name, folder="notebooks"):
    """The full name of the lesson that `name` means in `folder`, as `find`."""
    return find(name, folder)[0]
