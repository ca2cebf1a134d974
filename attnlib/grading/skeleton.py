"""`attn new-lesson NAME`: the files of a new lesson, which pass the tests as they are.

The lesson's text with one exercise, its check, the course's own version, its catalogue of answers, and its
row in the README and in the instructor's guide. The templates lie in `templates/lesson/`; LESSON stands
there for the lesson's name, EXERCISE for its exercise's.
"""

import keyword
import re
from pathlib import Path

from attnlib.grading import lessons
from attnlib.paths import LESSON_NAME, Problem
from attnlib.paths import lessons as lessons_of

TEMPLATES = Path(__file__).parent / "templates" / "lesson"
PLACES = {"text.md": "solutions/{full}/{short}.md", "check.py.txt": "attnlib/checks/{short}.py",
          "course.py.txt": "attnlib/course/{short}.py", "answers.py.txt": "tests/catalogue/{short}.py"}
FIRST_FREE = 10  # 03 to 09 are the numbers of the course's own lessons

# A row for the lesson in each of these, after the last line that begins so.
ROWS = {
    "README.md": ("| **[", '| **[{number} {title}](notebooks/{full}/{short}.ipynb)**<br>What it is about. '
                           '| <img src=".github/images/{full}.png" width="420" alt="What the figure shows."> |'),
    "solutions/README.md": ("| [", "| [{number} {title}]({full}/{short}.ipynb) "
                                   "| 45 min | 2, and 2 by hand | nothing |"),
}


def write(root, wanted):
    """Write the skeleton of the lesson `wanted` ("pointers" or "08_pointers").

    Returns its full name and the files written or changed. Raises Problem before anything has changed.
    """
    root = Path(root)
    full = _full_name(root, wanted)
    short = full.partition("_")[2]
    files = {place.format(full=full, short=short): (TEMPLATES / template).read_text(encoding="utf-8")
             for template, place in PLACES.items()}
    there = [path for path in files if (root / path).exists()]
    if there:
        raise Problem(f"{', '.join(there)} is there already.", "Choose another name; nothing was written.")
    lists = {root / "attnlib" / part / "__init__.py": None for part in ("checks", "course")}
    lists = {path: _with_lesson(path, short) for path in lists}
    lists |= {root / path: _with_row(root / path, *row, full) for path, row in ROWS.items() if (root / path).exists()}
    for path, template in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        text = template.replace("EXERCISE", f"{short}_shares").replace("LESSON", short)
        (root / path).write_text(text, encoding="utf-8")
    for path, text in lists.items():
        path.write_text(text, encoding="utf-8")
    return full, [root / path for path in files] + list(lists)


def _full_name(root, wanted):
    """The new lesson's name with its number, the next free one if none is given."""
    known = sorted({*lessons.names(root), *lessons_of(root / "solutions")})
    free = max([FIRST_FREE, *(int(name[:2]) + 1 for name in known)])
    full = wanted if re.match(r"\d\d_", wanted) else f"{free:02d}_{wanted}"
    number, _, short = full.partition("_")
    if not LESSON_NAME.fullmatch(full) or keyword.iskeyword(short):
        raise Problem(f"{wanted!r} can't be a lesson's name.",
                      'Use small letters, digits and underscores, such as "pointers" or "08_pointers".')
    taken = [name for name in known if name[:2] == number or name.partition("_")[2] == short]
    if taken:
        raise Problem(f"There is a lesson {taken[0]} already.", f"Try another name, or the number {free:02d}.")
    return full


def _with_lesson(path, short):
    """The text of the module at `path` with `short` added to its list LESSONS."""
    text = path.read_text(encoding="utf-8")
    found = re.search(r"^LESSONS = \((.*?)\)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise Problem(f"{path.parent.name}/{path.name} has no line `LESSONS = (…)`.", "Nothing was written.")
    names = [*re.findall(r'"(\w+)"', found.group(1)), short]
    line = "LESSONS = (" + ", ".join(f'"{name}"' for name in names) + (",)" if len(names) == 1 else ")")
    return text[:found.start()] + line + text[found.end():]


def _with_row(path, beginning, row, full):
    """The text of the document at `path` with a row for the lesson `full`, after the last of its kind."""
    number, _, short = full.partition("_")
    lines = path.read_text(encoding="utf-8").split("\n")
    last = max((place for place, line in enumerate(lines) if line.startswith(beginning)), default=None)
    if last is None:
        raise Problem(f"{path.name} has no table of lessons: no line begins with {beginning!r}.",
                      "Nothing was written.")
    lines.insert(last + 1, row.format(full=full, short=short, number=number, title=short.replace("_", " ")))
    return "\n".join(lines)
