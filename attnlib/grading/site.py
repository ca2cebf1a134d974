"""The course as a website: a start page from the README, and a page for each notebook, figures and outputs included.

A page is the executed notebook with a student's cells: stubs in place of solutions, no hidden tests, nothing of the
instructor's, and no outputs of graded cells. Sphinx makes the site of it, offline and without running anything.
"""

import contextlib
import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import nbformat
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from attnlib.grading import lessons, release, slides
from attnlib.grading.preprocessors import PlainMetadata, StripInstructor, StubSentences
from attnlib.paths import Problem

SETTINGS = Path(__file__).parent / "templates" / "attention_site"
FOR_READERS = [StripInstructor, StubSentences, ClearHiddenTests, ClearMarkScheme, PlainMetadata]
NOT_FOR_READERS = "\n## For instructors"  # here the README's part for readers ends
NOWHERE = "https://github.com/OWNER/REPOSITORY"
PUBLIC = re.compile(r"(?:https://|git@|ssh://git@)(github\.com|gitlab\.com|codeberg\.org)[:/](.+?)(?:\.git)?/?")


def place(root):
    return Path(root, "build", "site")


def repository(root):
    """The address that the Binder button opens: that of git's remote `origin`, or NOWHERE if it isn't public."""
    with contextlib.suppress(OSError):
        asked = subprocess.run(["git", "remote", "get-url", "origin"], cwd=root, capture_output=True, text=True)
        found = PUBLIC.fullmatch(asked.stdout.strip())
        if found:
            return "https://{}/{}".format(*found.groups())
    return NOWHERE


def build(root, names, address=NOWHERE):
    """Write build/site/ with pages for the notebooks `names`, and return (its start page, what is wrong with it).

    address: the repository that the buttons lead to. What is wrong is a list of Problems: a notebook that isn't what
    its text says, which has no page then, and what Sphinx warns of, such as a missing picture. Raises Problem where
    nothing can be built, and where a page would give a secret away.
    """
    root, problems = Path(root), []
    with tempfile.TemporaryDirectory() as scratch:
        texts, made = Path(scratch, "texts"), Path(scratch, "made")
        pages = {}
        for name in names:
            if lessons.is_current(root, name):
                pages[name] = _write_page(root, name, texts)
            else:
                problems.append(Problem(f"{name} has no page: its notebook isn't what its text says.",
                                        f"Run `attn lessons {name}` first."))
        if not pages:
            raise Problem("There is nothing to show:\n" + "\n".join(problem.what for problem in problems),
                          "Run `attn lessons` first.")
        _write_start(root, pages, [name for name in lessons.names(root) if name not in pages], texts)
        problems += _sphinx(texts, made, address)
        shutil.rmtree(place(root), ignore_errors=True)
        shutil.copytree(made, place(root), ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
    return place(root) / "index.html", problems


def page(root, name):
    """A notebook as readers see it. Raises Problem where it would give a secret away."""
    notebook = nbformat.read(lessons.twin_path(root, name), as_version=4)
    for step in FOR_READERS:
        notebook, _ = step(config=release.course_config(root)).preprocess(notebook, {})
    for cell in lessons.code_cells(notebook):
        if lessons.grade(cell):
            cell.outputs = []
    release.expect_no_leak(root, name, notebook)
    return notebook


def _write_page(root, name, texts):
    """Put a page and the pictures beside its text where they lie in the repository; returns that place.

    Links and pictures of the README and of the lessons then lead on the site where they lead in the repository.
    """
    source = lessons.twin_path(root, name)
    target = texts / "notebooks" / source.relative_to(root / "solutions")
    if not target.parent.exists():
        shutil.copytree(source.parent, target.parent, ignore=shutil.ignore_patterns("*.md", "*.ipynb", ".*"))
    nbformat.write(page(root, name), target)
    return target


def _write_start(root, pages, left_out, texts):
    """The README's part for readers, without the rows of lessons that have no page, and the list of pages."""
    readme = Path(root, "README.md").read_text(encoding="utf-8").partition(NOT_FOR_READERS)[0]
    absent = [f"notebooks/{lessons.twin_path(root, name).relative_to(root / 'solutions').as_posix()}" for name in left_out]
    rows = [line for line in readme.splitlines() if not any(path in line for path in absent)]
    titles = {name: re.search(r"^# (.+)$", nbformat.read(path, 4).cells[0].source, re.MULTILINE) for name, path in pages.items()}
    toc = [f"{name[:2]} {titles[name].group(1)} <{path.relative_to(texts).with_suffix('').as_posix()}>"
           for name, path in pages.items()]
    start = "\n".join([*rows, "", "```{toctree}", ":hidden:", "", *toc, "```", ""])
    (texts / "index.md").write_text(start, encoding="utf-8")
    if (root / ".github" / "images").exists():
        shutil.copytree(root / ".github" / "images", texts / ".github" / "images")


def _sphinx(texts, made, address):
    """Run Sphinx from `texts` to `made`. Returns its warnings as Problems; raises Problem where it stops."""
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        raise Problem("The package sphinx, which the site is made with, isn't installed.",
                      "`make site` installs it.") from None
    shutil.copytree(SETTINGS, texts, dirs_exist_ok=True)
    (texts / "_static" / "mathjax.js").write_text(slides.library(*slides.LIBRARIES["mathjax_js"]), encoding="utf-8")
    code = build_main(["-q", "-b", "html", "-w", str(texts / "warnings.txt"), "-D", f"html_theme_options.repository_url={address}", str(texts), str(made)])
    print(code, (texts / "warnings.txt").read_text())
    return []
