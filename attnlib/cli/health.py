"""What `attn doctor` looks at. Each probe tries the thing itself, where that is quick."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from attnlib import cli, paths
from attnlib.cli import work

# In a process of its own: the student's side doesn't import the grading side, which may not be there.
PROBE = "from attnlib.grading import sandbox; print(*sandbox.probe(), sep='\\n')"
INSTRUCTOR = "`make test` installs what it needs. A students' copy has none, and needs none."


@dataclass
class Finding:
    """One line: what was looked at, what was found, whether it is well, who needs it, and the remedy."""

    what: str
    found: str
    well: bool
    remedy: str = ""
    needed_by: str = "student"


def look():
    """All findings, in the order in which they are shown."""
    return [python(), *map(package, ("torch", "jupyterlab", "nbgrader")), folder(), space(), environment(), threads(),
            package("jupytext", "author"), bubblewrap(), browser(), *sides()]


def python(version=sys.version_info):
    found = ".".join(map(str, version[:3]))
    return Finding("Python", found, tuple(version[:2]) >= (3, 11),
                   "Install Python 3.11 or newer, then `make lab PYTHON=python3.11`.")


def package(name, needed_by="student"):
    remedy = "`make lab` installs it." if needed_by == "student" else "`make test` installs it."
    try:
        return Finding(name, importlib.metadata.version(name), True, needed_by=needed_by)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "missing", False, remedy, needed_by)


def folder():
    try:
        return Finding("your folder", str(work.folder()), True)
    except paths.Problem as problem:
        return Finding("your folder", problem.what, False, problem.remedy)


def space(free=None):
    free = shutil.disk_usage(paths.root()).free if free is None else free
    return Finding("disk space", f"{free / 1e9:.1f} GB free", free > 1e9, "Make room: at least 1 GB.")


def environment():
    """Whether .venv is whole, as attnlib/bootstrap.py sees it; another environment is fine too."""
    from attnlib import bootstrap

    venv = paths.root() / ".venv"
    if bootstrap.is_ready(venv, bootstrap.fingerprint(paths.root()), "lab"):
        return Finding(".venv", "up to date", True)
    if not venv.is_dir():
        return Finding(".venv", f"not used; Python runs in {sys.prefix}", True)
    return Finding(".venv", "made by hand, of other versions, or half built", True, "`make lab` brings it up to date.")


def threads():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("cores", f"{cores}; OMP_NUM_THREADS is {os.environ.get('OMP_NUM_THREADS', 'not set')}", True)


def bubblewrap():
    """The sandbox that submissions are graded in, as the grading side finds it: by running one."""
    who = "instructor"
    try:
        ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("bubblewrap", f"could not be tried: {error}", False, "Try again.", who)
    if ran.returncode:
        return Finding("bubblewrap", "not tried: the grading side is not installed", False, INSTRUCTOR, who)
    name, wrong = ran.stdout.split("\n")[:2]
    trouble, _, remedy = wrong.partition(". ")
    return Finding("bubblewrap", trouble or f"{name} runs", not wrong, remedy, who)


def chromium():
    """The path of a Chromium (or Chrome), or None. The environment variable ATTN_CHROMIUM names another one."""
    names = (os.environ.get("ATTN_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


def browser():
    found = chromium()
    remedy = "`sudo apt install chromium` (macOS: `brew install --cask chromium`), or ATTN_CHROMIUM=/path/to/it."
    return Finding("Chromium", found or "missing", bool(found), remedy, "tests")


def sides():
    """A finding for each side of the course whose verbs could not be loaded."""
    return [Finding(f"{side}'s verbs", f"left out: {why}", False, "`make test` installs what they need.", side)
            for side, why in cli.missing_sides().items()]
