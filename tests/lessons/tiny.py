"""A small course in a folder of its own, to try the pipeline on."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
BODY = """# A tiny lesson

+++ {"slideshow": {"slide_type": "notes"}, "tags": ["instructor"]}

Ask the room what twice three is.

+++

```{code-cell} ipython3
import os
x = 3
print("x is", x, "in", os.path.basename(os.getcwd()))
```

```{code-cell} ipython3
---
nbgrader: {grade: false, grade_id: twice, locked: false, schema_version: 3, solution: true, task: false}
---
def twice(x):
    ### BEGIN SOLUTION return two times x
    result_of_doubling = 2 * x
    return result_of_doubling
    ### END SOLUTION
```

```{code-cell} ipython3
---
nbgrader: {grade: true, grade_id: test_twice, locked: true, points: 2, schema_version: 3, solution: false, task: false}
---
assert twice(3) == 6, "twice(3) should be 6"
### BEGIN HIDDEN TESTS
for secret_number in (7, 11):
    assert twice(secret_number) == secret_number + secret_number, "case A"
### END HIDDEN TESTS
```

```{code-cell} ipython3
---
tags: [experiment]
---
print("an experiment")
```

Why does it work?

+++ {"nbgrader": {"grade": true, "grade_id": "why", "locked": false, "points": 1, "schema_version": 3, "solution": true, "task": false}}

Because addition was repeated once.

*Rubric.* 1 point: names the repeated addition.
"""  # noqa: E501
TEXT = HEADER + BODY


SECOND = TEXT.replace("twice", "thrice").replace("2 * x", "3 * x").replace('"why"', '"why_thrice"').replace(
    "== 6", "== 9").replace("secret_number + secret_number,", "3 * secret_number,")


def make(folder, text=TEXT, name="00_tiny"):
    """A course in `folder` with one lesson; its attnlib is one file."""
    (folder / "attnlib").mkdir(parents=True, exist_ok=True)
    (folder / "attnlib" / "figures.py").write_text("")
    (folder / "constraints.txt").write_text("")
    (folder / "pyproject.toml").write_text('[project]\nname = "attnlib"\n')
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return write(folder, text, name)


def make_pair(folder):
    """A course in `folder` whose one lesson, 00_pair, has two notebooks: first and second."""
    make(folder, TEXT, "00_pair").unlink()
    write(folder, TEXT, "00_pair", "first")
    write(folder, SECOND, "00_pair", "second")


def write(folder, text, name="00_tiny", book=None):
    """The path of lesson `name`'s text, or of that of its notebook `book`, written."""
    path = folder / "solutions" / name / f"{book or name[3:]}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def copy_course(folder):
    """The whole course copied to `folder`, without what git ignores."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for part in ("attnlib", "notebooks", "solutions", "tests", ".github"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file() and path.name != "gradebook.db":
            shutil.copy(path, folder)
    return folder
