"""The course as a website: a start page from the README, and a page for each notebook with its figures and outputs.

A page is the executed notebook with a student's cells: stubs in place of solutions, no hidden tests, nothing of the
instructor's, no outputs of graded cells. Sphinx makes the site of it; nothing is executed, and no server is asked.
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
PART_FOR_READERS_ENDS = "\n## For instructors\n"  # in the README
NOWHERE = "https://github.com/OWNER/REPOSITORY"
PUBLIC = re.compile(r"(?:https://|git@|ssh://git@)(github\.com|gitlab\.com|codeberg\.org)[:/](.+?)(?:\.git)?/?")
WARNING = re.compile(r"^(?:(?P<file>.+?):(?:\d+:)? )?(?:WARNING|ERROR|CRITICAL): (?P<what>.+?)(?: \[[\w.-]+\])?$", re.M)
NOT_PUBLISHED = shutil.ignore_patterns(".*", "_sources", "locales", "*.map", "*-macros.html", "webpack-macros.html")


def place(root):
    return Path(root, "build", "site")


def repository(root):
    """Where the Binder button leads: the address of git's remote `origin`, or NOWHERE if that isn't a public one."""
    with contextlib.suppress(OSError):
        asked = subprocess.run(["git", "remote", "get-url", "origin"], cwd=root, capture_output=True, text=True)
        found = PUBLIC.fullmatch(asked.stdout.strip())
        if found:
            return "https://{}/{}".format(*found.groups())
    return NOWHERE


def build(root, names, address=NOWHERE):
    """Write build/site/ with a page for each notebook in `names`. Returns its start page and a list of Problems.

    address: the repository that the buttons lead to. The Problems are what the site lacks: a notebook that isn't what
    its text says, a picture, whatever Sphinx warns of. Raises Problem where no site can be built or a page would give
    a secret away; the site of an earlier time then stays.
    """
    root = Path(root)
    late = [name for name in names if not lessons.is_current(root, name)]
    problems = [Problem(f"{name}: no page, since its notebook isn't what its text says.", f"Run `attn lessons {name}`.")
                for name in late]
    with tempfile.TemporaryDirectory() as scratch:
        texts, made = Path(scratch, "texts"), Path(scratch, "made")
        shutil.copytree(SETTINGS, texts)
        (texts / "_static" / "mathjax.js").write_text(slides.library(*slides.LIBRARIES["mathjax_js"]), "utf-8")
        entries = [_add(root, name, texts) for name in names if name not in late]
        _add_start(root, entries, texts)
        problems += _sphinx(texts, made, address)
        shutil.rmtree(place(root), ignore_errors=True)
        shutil.copytree(made, place(root), ignore=NOT_PUBLISHED)
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


def _add(root, name, texts):
    """Put a notebook's page where the notebook lies in the repository; returns its line in the list of pages.

    With the pictures beside it: what the README and the lessons link to is then there on the site, too.
    """
    source = lessons.twin_path(root, name)
    path = source.relative_to(root / "solutions")
    target = texts / "notebooks" / path
    if not target.parent.exists():
        shutil.copytree(source.parent, target.parent, ignore=shutil.ignore_patterns("*.md", "*.ipynb", ".*"))
    notebook = page(root, name)
    nbformat.write(notebook, target)
    title = re.search(r"^# (.+)$", "\n".join(cell.source for cell in notebook.cells), re.M)
    return f"{name[:2]} {title.group(1) if title else name[3:]} <notebooks/{path.with_suffix('').as_posix()}>"


def _add_start(root, entries, texts):
    """The README's part for readers, without the rows of lessons that have no page, and the list of pages."""
    readme = Path(root, "README.md").read_text(encoding="utf-8").partition(PART_FOR_READERS_ENDS)[0]
    there = [line for line in readme.split("\n") if all(
        Path(texts, link).exists() for link in re.findall(r"\]\((notebooks/[^)#]+)", line))]
    lines = [*there, "", "```{toctree}", ":hidden:", "", *entries, "```", ""]
    (texts / "index.md").write_text("\n".join(lines), encoding="utf-8")
    if Path(root, ".github", "images").exists():
        shutil.copytree(Path(root, ".github", "images"), texts / ".github" / "images")


def _sphinx(texts, made, address):
    """Make the site in the folder `made`. Returns what Sphinx warns of as Problems; raises Problem where it stops."""
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        raise Problem("Sphinx, which makes the site, isn't installed.", "`make site` installs it.") from None
    button = f"html_theme_options.repository_url={address}"
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = build_main(["-q", "--no-color", "-D", button, str(texts), str(made)])
    said = said.getvalue().replace(f"{texts}/", "")
    if code:
        raise Problem(f"Sphinx couldn't make the site: {said.strip()}", "`make site` installs what it needs.")
    return [_problem(found["file"], found["what"]) for found in WARNING.finditer(said)]


def _problem(file, what):
    what = re.sub(r"image file not readable: (?:.*/)?(.+)", r"the picture \1 is missing.", what)
    return Problem(f"{file}: {what}" if file else what, "Mend the lesson's text, or put there what it names.")
