"""The course as a website: a page a lesson, nothing of the instructor's on it, and what is lacking is told."""

import builtins
import re
import subprocess

import nbformat
import pytest

from attnlib import cli
from attnlib.grading import lessons, release, site
from attnlib.paths import Problem
from tests.lessons.tiny import ROOT, TEXT, make, write

NAMES = lessons.names(ROOT)
README = """# A tiny course

| | |
|---|---|
| [Tiny](notebooks/00_tiny/tiny.ipynb) | first |
| [Late](notebooks/01_late/late.ipynb) | second |

## For instructors

[Solutions](solutions/README.md)
"""
SHORT = TEXT.replace("print(\"an experiment\")", "print(6 * 7)\ntwice(21)").replace("Why does it work?", "Why $2x$?")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two lessons: the first names a picture that isn't there, the second isn't what its text says."""
    folder = tmp_path_factory.mktemp("course")
    make(folder, SHORT.replace("Why $2x$?", "Why $2x$?\n\n![a cat](cat.png)\n\n![a dog](dog.png)"))
    write(folder, TEXT, "01_late")
    (folder / "README.md").write_text(README)
    (folder / "solutions" / "00_tiny" / "dog.png").write_bytes((ROOT / ".github/images/00_welcome.png").read_bytes())
    for name in ("00_tiny", "01_late"):
        lessons.build(folder, name)
    write(folder, TEXT.replace("A tiny lesson", "Changed"), "01_late")
    return folder


@pytest.fixture(scope="module")
def made(course):
    start, problems = site.build(course, lessons.names(course), "https://github.com/you/course")
    return start.parent, [problem.what for problem in problems]


@pytest.fixture(scope="module")
def tiny_page(made):
    return (made[0] / "notebooks/00_tiny/tiny.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_lessons_page_shows_outputs_and_gives_nothing_away(name):
    page = site.page(ROOT, name)
    assert release.leaks(lessons.read(ROOT, name), page) == []
    assert any(cell.outputs for cell in lessons.code_cells(page))
    assert not any(cell.outputs for cell in lessons.code_cells(page) if lessons.grade(cell))


def test_a_page_has_the_cells_that_students_get(course, tmp_path):
    given = nbformat.read(release.generate_into(course, "00_tiny", tmp_path) / "tiny.ipynb", as_version=4)
    assert [cell.source for cell in site.page(course, "00_tiny").cells] == [cell.source for cell in given.cells]


def test_a_secret_in_an_output_stops_the_site(course, monkeypatch):
    twin = nbformat.read(lessons.twin_path(course, "00_tiny"), as_version=4)
    twin.cells[2].outputs[0].text = "result_of_doubling = 2 * x\n"
    monkeypatch.setattr(site.nbformat, "read", lambda *place, **settings: twin)
    with pytest.raises(Problem, match="give 1 secret line"):
        site.page(course, "00_tiny")


def test_what_is_on_a_page(tiny_page):
    words = re.sub(r"<[^>]+>", "", tiny_page)
    assert "42" in words and "x is 3" in words and r"\(2x\)" in words and "twice: return two times x" in words
    for secret in ("result_of_doubling", "secret_number", "Rubric", "Ask the room", "addition was repeated"):
        assert secret not in tiny_page


def test_no_file_of_the_site_holds_a_secret(made):
    for path in (path for path in made[0].rglob("*") if path.is_file()):
        assert path.suffix not in (".md", ".ipynb", ".map") and "result_of_doubling" not in path.read_text("latin-1")


def test_the_binder_button_opens_the_released_notebook(tiny_page):
    assert "mybinder.org/v2/gh/you/course/HEAD?urlpath=lab/tree/notebooks/00_tiny/tiny.ipynb" in tiny_page


def test_nothing_is_loaded_from_a_server(made):
    for page in made[0].rglob("*.html"):
        loaded = re.findall(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=[\"']((?:https?:)?//[^\"']+)",
                            page.read_text(encoding="utf-8"))
        assert loaded == [], page.name


def test_the_start_page_is_the_readmes_part_for_readers(made):
    start = (made[0] / "index.html").read_text(encoding="utf-8")
    assert re.search(r'href="notebooks/00_tiny/tiny.html">(<span[^>]*>)*Tiny<', start)
    assert "00 A tiny lesson" in start and "Solutions" not in start and "Late" not in start
    assert site.PART_FOR_READERS_ENDS in (ROOT / "README.md").read_text(encoding="utf-8")


def test_what_the_site_lacks_is_named_and_the_rest_is_built(made):
    assert made[1] == ["01_late: no page, since its notebook isn't what its text says.",
                       "notebooks/00_tiny/tiny.ipynb: the picture cat.png is missing."]
    assert not (made[0] / "notebooks" / "01_late").exists()
    assert (made[0] / "_images" / "dog.png").exists()


def test_the_verb_tells_where_the_site_is_and_what_it_lacks(course, monkeypatch, capsys):
    monkeypatch.chdir(course)
    with pytest.raises(SystemExit) as ended:
        cli.main(["site"])
    said = capsys.readouterr()
    assert ended.value.code == 1 and "cat.png is missing" in said.err and "attn lessons 01_late" in said.err
    assert site.place(course).as_uri() in said.out and "--repository" in said.out


def test_without_sphinx_nothing_is_lost(course, made, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("sphinx"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Problem, match="Sphinx, which makes the site, isn't installed"):
        site.build(course, ["00_tiny"])
    assert (made[0] / "index.html").exists()


@pytest.mark.parametrize(("remote", "address"), [
    ("https://github.com/you/course.git", "https://github.com/you/course"),
    ("git@gitlab.com:you/course.git", "https://gitlab.com/you/course"),
    ("/somewhere/course", site.NOWHERE), (None, site.NOWHERE)])
def test_the_repository_is_gits_remote(tmp_path, remote, address):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    if remote:
        subprocess.run(["git", "remote", "add", "origin", remote], cwd=tmp_path, check=True)
    assert site.repository(tmp_path) == address
