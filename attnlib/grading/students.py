"""`attn release --to DIR`: a repository for students, without solutions, tests and grading.

`.attention-course.json` in it records what was written, so that a later release updates its own files,
and refuses to touch one that somebody has changed since.
"""

import hashlib
import json
import tomllib
from pathlib import Path

from attnlib.paths import Problem

MARKER = ".attention-course.json"
COPIED = ("constraints.txt", "environment.yml", "LICENSE", "LICENSE-TEXT")
NOT_FOR_STUDENTS = ("grading",)  # parts of attnlib

README = """# From word embeddings to attention

Notebooks with exercises: from word embeddings to the attention decoder.

You need Python 3.11 or newer and make, on Linux or macOS. Then

    make lab

installs what the lessons need and opens JupyterLab on the first lesson. The second time it starts in
seconds. With conda, on Windows too:

    conda env create -f environment.yml
    conda activate attention-course
    attn lab

Your copies of the lessons lie in `work/`, and nothing overwrites them. To get new lessons: `git pull`, then
`make lab` again.

| | |
|---|---|
| `attn check LESSON` | tries your answers and shows a hint for each exercise |
| `attn progress` | all lessons at a glance |
| `attn pack LESSON` | makes the file to hand in |
| `attn doctor` | what is installed, what is missing and how to get it |

With `make lab` the command is `.venv/bin/attn`, or `attn` in JupyterLab's terminal.
"""

MAKEFILE = """# The Python that .venv is made with; another one: `make lab PYTHON=python3.12`
PYTHON ?= python3

.PHONY: help lab
help:
\t@echo "make lab    install what the lessons need, open JupyterLab on the first lesson"

lab:
\t@$(PYTHON) attnlib/bootstrap.py lab attn lab
"""

GITIGNORE = """.venv/
work/
build/
__pycache__/
.ipynb_checkpoints/
*.egg-info/
"""

GITATTRIBUTES = """* text=auto eol=lf
*.png binary
*.gz binary
"""


def write(root, folder, names):
    """Write or update the students' repository in `folder` with the lessons `names`.

    Returns how many files were written or removed. Raises Problem before anything has changed: where the
    folder is something else, or files in it have been changed by hand.
    """
    root, folder = Path(root), Path(folder).expanduser()
    before, now = recorded(folder), _contents(root, names)
    _expect_untouched(folder, before, now)
    kept = {path for path in before if path.startswith("notebooks/")
            and path.split("/")[1] not in names}  # lessons released earlier
    gone = [path for path in before if path not in now and path not in kept and (folder / path).exists()]
    late = [path for path, content in now.items() if _content(folder / path) != content]
    for path in late:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(now[path])
    for path in gone:
        (folder / path).unlink()
    entries = {path: before[path] for path in sorted(kept)} | {path: _hash(now[path]) for path in now}
    text = json.dumps({"files": entries}, indent=1, sort_keys=True) + "\n"
    (folder / MARKER).write_text(text, encoding="utf-8")
    return len(late) + len(gone)


def recorded(folder):
    """{path: hash} of what an earlier release wrote into `folder`, {} if the folder is new or empty.

    Raises Problem where the folder is something else.
    """
    if folder.exists() and not folder.is_dir():
        raise Problem(f"{folder} is a file.", "Name a folder: a new one, or one that an earlier release wrote.")
    if not folder.exists() or not any(path.name != ".git" for path in folder.iterdir()):
        return {}
    try:
        return json.loads((folder / MARKER).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Problem(f"{folder} isn't empty, and isn't a students' repository that an earlier release wrote "
                      f"(it has no readable {MARKER}).",
                      "Nothing was changed. Name a new or an empty folder.") from None


def _expect_untouched(folder, before, now):
    changed = [path for path in sorted({*before, *now})
               if (found := _content(folder / path)) is not None
               and found != now.get(path) and _hash(found) != before.get(path)]
    if changed:
        listed = ", ".join(changed[:5]) + (", …" if len(changed) > 5 else "")
        raise Problem(f"In {folder}, files have been changed since they were released: {listed}.",
                      "Nothing was overwritten. Move them away, or restore them with git, and release again.")


def _contents(root, names):
    """{path: bytes} of the whole students' repository."""
    package = [path for path in sorted((root / "attnlib").rglob("*"))
               if path.is_file() and "__pycache__" not in path.parts
               and path.relative_to(root).parts[1] not in NOT_FOR_STUDENTS]
    released = [path for name in names for path in sorted((root / "notebooks" / name).rglob("*"))
                if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    copied = [root / name for name in COPIED if (root / name).is_file()]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in [*copied, *package, *released]}
    written = {"README.md": README, "Makefile": MAKEFILE, ".gitignore": GITIGNORE, ".gitattributes": GITATTRIBUTES,
               "pyproject.toml": project_file((root / "pyproject.toml").read_text(encoding="utf-8"))}
    return files | {path: text.encode() for path, text in written.items()}


def project_file(text):
    """The students' pyproject.toml: the course's, without the extras and the verbs of the other sides."""
    whole = tomllib.loads(text)
    build, project = whole["build-system"], whole["project"]
    kept = ("name", "version", "description", "readme", "requires-python", "license", "license-files")
    lines = ["[build-system]", *(f"{key} = {json.dumps(value)}" for key, value in build.items()), "", "[project]"]
    lines += [f"{key} = {json.dumps(project[key], ensure_ascii=False)}" for key in kept if key in project]
    lines += ["dependencies = [", *(f"  {json.dumps(each)}," for each in project["dependencies"]), "]", ""]
    lines += ["[project.scripts]", *(f"{key} = {json.dumps(value)}" for key, value in project["scripts"].items()), ""]
    verbs = project["entry-points"]["attnlib.verbs"]
    lines += ['[project.entry-points."attnlib.verbs"]',
              *(f"{side} = {json.dumps(place)}" for side, place in verbs.items()
                if not place.startswith(tuple(f"attnlib.{part}" for part in NOT_FOR_STUDENTS))), ""]
    lines += ["[tool.hatch.build.targets.wheel]", 'packages = ["attnlib"]']
    return "\n".join(lines) + "\n"


def _content(path):
    return path.read_bytes() if path.is_file() else None


def _hash(content):
    return hashlib.sha256(content).hexdigest()
