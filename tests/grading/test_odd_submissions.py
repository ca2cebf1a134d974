"""Broken, odd and ill-meant submissions, cases 21 to 40 and 49 to 51 of the course's table and some more.

One class hands in real files, in all the ways that went wrong for somebody; it is collected, graded and given
feedback once, by the commands that an instructor types. Each test looks at one case, and sees that the honest
neighbours have what they earned.
"""

import contextlib
import copy
import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from dataclasses import dataclass

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from attnlib.grading import demo, grade, sandbox
from tests.conftest import SCREENSHOTS
from tests.grading.conftest import LESSON, ROOT, answer

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]  # nbgrader's own

RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x ** 2"
NEIGHBOURS = {"ada": 1, "ben": 0, "cleo": 1}
SCRIPT = "<script>window.hacked = true</script><form action='https://evil.example'><input></form>"


@dataclass
class Graded:
    """What came of the class: what the commands printed, a Result of each student, the pages."""

    course: object
    collected: str
    printed: str
    results: dict
    memory: int  # MB, the most that a command took

    def __getitem__(self, student):
        return self.results[student]

    def notes(self, student):
        return "; ".join(self[student].notes)

    def refused(self, name):
        """The line that says why `name` was refused."""
        lines = [line for line in self.collected.splitlines() if line.startswith("Refused") and name in line]
        assert lines, self.collected
        return lines[0]

    def page(self, student):
        return (self.course.place("feedback", student, LESSON) / "welcome.html").read_text(encoding="utf-8")

    def executed(self, student):
        path = self.course.place("autograded", student, LESSON) / "welcome.ipynb"
        return nbformat.read(path, as_version=4)


def cell_of(notebook, grade_id):
    return next(cell for cell in notebook["cells"]
                if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def changed(notebook, change):
    """A copy of a notebook to which `change` was done."""
    notebook = copy.deepcopy(notebook)
    change(notebook)
    return notebook


def with_copy(notebook, grade_id, source):
    """The cell `grade_id` a second time, saying something else."""
    def change(book):
        cell = cell_of(book, grade_id)
        book["cells"].insert(book["cells"].index(cell) + 1, {**copy.deepcopy(cell), "source": source, "id": "copy"})
    return changed(notebook, change)


def stripped(notebook, *keys):
    """Without these keys in any cell."""
    return changed(notebook, lambda book: [cell.pop(key, None) for cell in book["cells"] for key in keys])


def marks(notebook, **values):
    """With other values in nbgrader's metadata."""
    return changed(notebook, lambda book: [cell["metadata"]["nbgrader"].update(values) for cell in book["cells"]
                                           if "nbgrader" in cell["metadata"]])


def in_version_3(notebook):
    """As IPython 2 would have saved it."""
    cells = []
    for cell in notebook["cells"]:
        same = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        source = "".join(cell["source"])
        cells.append({**same, "input": source, "language": "python", "outputs": [], "collapsed": False}
                     if cell["cell_type"] == "code" else {**same, "source": source})
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0,
            "worksheets": [{"cells": cells, "metadata": {}}]}


def of_an_earlier_release(notebook):
    """Other words, another stub and test, a cell that is gone since: as an earlier release would have had it."""
    from attnlib.notebooks import id_of

    def change(book):
        first = book["cells"][0]
        first["source"] = "# Welcome, all of you"
        first["id"] = id_of("markdown", first["source"])
        gone = demo.code_cell("raise RuntimeError('a cell of the earlier release was run')")
        book["cells"].insert(1, {**gone, "id": id_of("code", gone["source"])})
        for name in ("double", "test_double"):
            cell_of(book, name)["metadata"]["nbgrader"]["checksum"] = "0" * 32
        cell_of(book, "test_double")["source"] = "assert double(1) == 2"
    return changed(notebook, change)


def acting(notebook):
    """Script and forms wherever a student can write."""
    def change(book):
        shown = f"from IPython.display import HTML, Javascript, display\ndisplay(HTML({SCRIPT!r}), " \
                f"Javascript('window.hacked = true'))\nprint({SCRIPT!r})"
        book["cells"] += [{"cell_type": "markdown", "metadata": {}, "source": SCRIPT, "id": "m"},
                          {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": SCRIPT, "id": "r"},
                          demo.code_cell(shown), demo.code_cell(f"raise type({SCRIPT!r}, (Exception,), {{}})()")]
        cell_of(book, "double")["source"] = f"def double(x):\n    raise ValueError({SCRIPT!r})"
    return changed(notebook, change)


def zipped(files, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def large(notebook, megabytes):
    """With an output of so many megabytes."""
    line = "0.1234567890123456789012345678901234567890123456\n"
    output = {"output_type": "stream", "name": "stdout", "text": [line] * (megabytes * 2**20 // (len(line) + 5))}
    return changed(notebook, lambda book: next(cell for cell in book["cells"] if cell["cell_type"] == "code").update(
        outputs=[output]))


def notebooks_of_the_class(released):
    """{student: what is in the file}: bytes, text, or a notebook."""
    right, wrong = answer(released, RIGHT), answer(released, WRONG)
    helper = answer(released, "def double(x):\n    return helper(x)")
    helper["cells"].insert(1, demo.code_cell("def helper(x):\n    return x + x"))
    text = json.dumps(answer(released, RIGHT + "  # é"), ensure_ascii=False)

    def without_test(book):
        book["cells"].remove(cell_of(book, "test_double"))

    def at_the_end(book):
        book["cells"].append(book["cells"].pop(book["cells"].index(cell_of(book, "double"))))

    def as_raw(book):
        cell_of(book, "double")["cell_type"] = "raw"

    def edited(book):
        cell_of(book, "test_double")["source"] = "pass"
        book["cells"][2]["source"] = "raise SystemExit('the imports are gone')"

    def imitated(book):
        book["cells"].insert(0, {**demo.code_cell("pass"), "id": "test_double",
                                 "metadata": {"nbgrader": {"grade_id": ["double"], "grade": True, "points": 99}}})

    def swapped(book):
        for name, other in (("double", "test_double"), ("test_double", "double")):
            cell = cell_of(book, name)
            cell["metadata"]["swapped"] = other
        for cell in book["cells"]:
            if "swapped" in cell["metadata"]:
                cell["metadata"]["nbgrader"]["grade_id"] = cell["metadata"].pop("swapped")

    return {
        "ada": right, "ben": wrong, "cleo": helper,
        "21 deleted test": changed(right, without_test), "21 deleted, wrong": changed(wrong, without_test),
        "22 edited": changed(right, edited), "22 edited, wrong": changed(wrong, edited),
        "23 marks": marks(wrong, points=100, grade=False, solution=True, locked=False, task=True),
        "24 right first": with_copy(right, "double", WRONG), "24 wrong first": with_copy(wrong, "double", RIGHT),
        "24 test twice": with_copy(wrong, "test_double", "pass"),
        "25 version": marks(right, schema_version=99), "25 no version": marks(right, schema_version="two"),
        "25 no metadata": stripped(right, "metadata"), "25 nothing left": stripped(right, "metadata", "id"),
        "26 cut": json.dumps(right)[:-200], "26 bytes": os.urandom(3000), "27 empty": b"", "27 blank": b" \n\0\0",
        "27 no cells": {**right, "cells": []}, "28 old": in_version_3(right),
        "29 mark": text.encode("utf-8-sig"), "29 latin": text.encode("latin-1", "replace"),
        "29 utf-16": text.encode("utf-16"),
        "36 kernel": {**right, "metadata": {"kernelspec": {"name": "nosuchkernel", "display_name": "?"}}},
        "36 no kernel": {**right, "metadata": []},
        "40 large": large(right, 50), "49 acting": acting(released), "50 earlier": of_an_earlier_release(right),
        # Not in the table:
        "54 surrogate": json.dumps(answer(released, RIGHT + "  # HALF")).replace("HALF", "\\ud83d"),
        "55 nested": '{"nbformat": 4, "cells": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "56 imitation": changed(wrong, imitated), "57 raw answer": changed(right, as_raw),
        "58 moved": changed(right, at_the_end), "59 swapped": changed(wrong, swapped),
        "60 many cells": {**right, "cells": right["cells"] + [demo.code_cell("1")] * 5000},
        "61 no cell": {**right, "cells": [None, 7, *right["cells"]]}, "62 lists": "[" + "[]," * 3_000_000 + "[]]",
        "63 untouched": released,
    }


def write_files(released, inbound):
    """All that the class hands in, below the folder `inbound`."""
    right = json.dumps(answer(released, RIGHT))
    for student, content in notebooks_of_the_class(released).items():
        (inbound / student).mkdir(parents=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        data = content if isinstance(content, bytes) else content.encode()
        (inbound / student / "welcome.ipynb").write_bytes(data)

    def put(name, data=right):
        path = inbound / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    put("30 renamed/my homework (final).ipynb")
    put("31 missing/essay.txt", "I forgot")
    (inbound / "secret.txt").write_text("of the instructor")  # a file at the top is a student of that name
    (put("32 link/welcome.ipynb").parent / "data.txt").symlink_to(inbound / "secret.txt")
    (inbound / "32 linked").mkdir()
    (inbound / "32 linked" / "welcome.ipynb").symlink_to(inbound / "ada" / "welcome.ipynb")
    (inbound / "32 linked" / "note.txt").write_text("see there")
    os.mkfifo(put("33 pipe/welcome.ipynb").parent / "pipe")
    put("34 traversal.zip", zipped({"../../../escaped.ipynb": right, "welcome.ipynb": right}))
    bomb = zipped({f"{number}.bin": b"\0" * (30 * 2**20) for number in range(5)})
    put("35 bomb.zip", bomb)
    put("35 nested.zip", zipped({"welcome.ipynb": right, "inner.zip": zipped({"innermost.zip": bomb})}))
    put("37 Zoë Þórs döttir 山田/welcome.ipynb")
    put("=cmd()/welcome.ipynb")
    put("39 several/a.ipynb", json.dumps(answer(released, WRONG)))
    put("39 several/b.ipynb")
    os.utime(inbound / "39 several" / "a.ipynb", (1_000_000_000, 1_000_000_000))
    put("64 locked.zip", zipped({"welcome.ipynb": right}).replace(b"PK\x01\x02\x14\x03\x14\0\0\0",
                                                                  b"PK\x01\x02\x14\x03\x14\0\x01\0"))
    put("49 file/<img src=x onerror=hack()>.ipynb")
    put("65 downloaded/welcome.ipynb.txt")
    with zipfile.ZipFile(inbound.parent / "more.zip", "w") as archive:
        archive.writestr("../x/welcome.ipynb", right)
        archive.writestr("<b>x</b>/welcome.ipynb", right)
        archive.writestr("38 fine/welcome.ipynb", right)


def attn(course, *arguments):
    """Run a verb in the course's folder as an instructor does; what it printed."""
    command = [sys.executable, "-m", "attnlib.cli", *map(str, arguments)]
    run = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=900,
                         env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300"})
    assert "Traceback" not in run.stdout + run.stderr, run.stdout + run.stderr
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class: collected, graded, given feedback."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    place = tmp_path_factory.mktemp("odd")
    course = demo.build(LESSON, ROOT, place / "course")
    released = json.loads((ROOT / "notebooks" / LESSON / "welcome.ipynb").read_text(encoding="utf-8"))
    write_files(released, place / "inbound")
    collected = attn(course, "collect", LESSON, "--from", place / "inbound", place / "more.zip")
    printed = attn(course, "grade", LESSON) + attn(course, "feedback", LESSON)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    results = {student: grade.result(course, LESSON, student) for student in course.students("submitted", LESSON)}
    return Graded(course, collected, printed, results, memory)


@pytest.fixture(autouse=True)
def neighbours(graded):
    """Whatever the others hand in, three honest students have exactly what they earned."""
    yield
    assert {student: graded[student].score for student in NEIGHBOURS} == NEIGHBOURS
    assert "double(3) should be 6" in graded["ben"].reason
    assert all(not graded[student].notes for student in NEIGHBOURS)


@pytest.mark.parametrize("student, points, note", [
    ("21 deleted test", 1, "test_double was missing"), ("21 deleted, wrong", 0, "test_double was missing"),
    ("22 edited", 1, "test_double had been changed"), ("22 edited, wrong", 0, "test_double had been changed"),
    ("23 marks", 0, ""),
    ("24 right first", 1, "double occurs more than once"), ("24 wrong first", 0, "double occurs more than once"),
    ("24 test twice", 0, "test_double occurs more than once"),
    ("25 version", 1, ""), ("25 no version", 1, ""), ("25 no metadata", 1, ""), ("25 nothing left", 1, ""),
    ("28 old", 1, "upgraded from version 3"),
    ("29 mark", 1, "byte order mark"), ("29 latin", 1, "latin-1"), ("29 utf-16", 1, "utf-16"),
    ("30 renamed", 1, ""), ("32 link", 1, ""), ("33 pipe", 1, ""), ("35 nested", 1, ""),
    ("36 kernel", 1, ""), ("36 no kernel", 1, ""), ("37 Zoë Þórs döttir 山田", 1, ""), ("38 fine", 1, ""),
    ("39 several", 1, ""), ("40 large", 1, ""), ("49 file", 1, ""), ("50 earlier", 1, "another release"),
    ("cleo", 1, ""), ("34 traversal", 1, ""),
    ("54 surrogate", 1, ""), ("56 imitation", 0, ""), ("57 raw answer", 1, ""), ("58 moved", 1, ""),
    ("59 swapped", 0, ""), ("63 untouched", 0, ""), ("65 downloaded", 1, ""),
])
def test_odd_ones_get_their_points_and_a_note(graded, student, points, note):
    result = graded[student]
    assert (result.score, result.max_score) == (points, 1), result
    assert bool(result.reason) == (points == 0)
    assert note in graded.notes(student)
    assert len(result.items) == 1 and result.items[0].flags == []


@pytest.mark.parametrize("student, reason", [
    ("26 cut", "unreadable"), ("26 bytes", "unreadable"), ("27 empty", "empty"), ("27 blank", "empty"),
    ("27 no cells", "empty"), ("31 missing", "missing"), ("32 linked", "missing"), ("55 nested", "unreadable"),
    ("60 many cells", "unreadable"), ("61 no cell", "unreadable"), ("62 lists", "unreadable"),
])
def test_broken_ones_get_nothing_and_a_reason(graded, student, reason):
    result = graded[student]
    assert (result.score, result.max_score) == (0, 1) and reason in result.reason
    assert [(item.score, reason in item.reason) for item in result.items] == [(0, True)]
    assert reason in graded.page(student)


@pytest.mark.parametrize("name, why", [
    ("32 link/data.txt", "a symbolic link"), ("32 linked/welcome.ipynb", "a symbolic link"),
    ("33 pipe/pipe", "not a regular file"), ("escaped.ipynb", "a file name that can't be used: '..'"),
    ("35 bomb", "more than 100 MB"), ("=cmd()", "no student id"), ("<b>x</b>", "no student id"),
    ("../x", "no student id"), ("64 locked", "locked with a password"),
])
def test_what_is_refused_is_named(graded, name, why):
    assert why in graded.refused(name)


def test_nothing_left_the_folders_and_no_link_was_followed(graded):
    place = graded.course.root.parent
    assert not list(place.rglob("escaped*")) and not (place / "x").exists()
    for path in (graded.course.root / "submitted").rglob("*"):
        assert path.is_dir() or path.is_file() and not path.is_symlink()
        assert path.is_dir() or path.name == "secret.txt" or path.read_bytes() != b"of the instructor"


def test_several_submissions_are_noted_and_kept(graded):
    assert "39 several: several notebooks of this lesson; b.ipynb" in graded.collected
    kept = graded.course.root / "submitted" / ".earlier" / "39 several" / LESSON
    assert [WRONG in json.loads(path.read_text())["cells"][-4]["source"] or "x ** 2" in path.read_text()
            for path in kept.rglob("*.ipynb")] == [True]
    assert "my homework (final).ipynb was recognised by its exercises" in graded.collected


def test_a_large_notebook_takes_bounded_memory(graded):
    assert graded.memory < 800


def test_helper_cells_run_in_their_place_and_earlier_releases_do_not(graded):
    own = [cell for cell in graded.executed("cleo").cells if cell.source.startswith("def helper")]
    assert len(own) == 1 and own[0].execution_count == 1
    assert "a cell of the earlier release" not in str(graded.executed("50 earlier"))


def test_every_graded_notebook_is_the_release_with_the_students_work(graded):
    cells = [cell.metadata.nbgrader for cell in graded.executed("ada").cells if "nbgrader" in cell.metadata]
    for student in graded.results:
        book = graded.executed(student)
        nbformat.validate(book)
        assert book.metadata.kernelspec["name"] == "python3"
        assert [cell.metadata.nbgrader for cell in book.cells if "nbgrader" in cell.metadata] == cells


def test_nothing_acts_on_a_page_and_names_are_escaped(graded):
    pages = {student: graded.page(student) for student in graded.results}
    pages["the list"] = (graded.course.root / "feedback" / f"{LESSON}.html").read_text(encoding="utf-8")
    for student, page in pages.items():
        for tag in ("<script", "<form", "<input", "<img src=x", "<iframe"):
            assert tag not in page, student
    assert "&lt;script&gt;" in pages["49 acting"]
    assert "37 Zoë Þórs döttir 山田" in pages["the list"]


@pytest.fixture
def formgrader(graded):
    """The address of nbgrader's pages on this course, served by `attn formgrader`, and their token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "attnlib.cli", "formgrader", "--no-browser", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": "secret"}
    with subprocess.Popen(command, cwd=graded.course.root, env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as server:
        address = f"http://127.0.0.1:{port}/formgrader"
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/?token=secret", timeout=30):
                break
            time.sleep(0.5)
        yield address
        os.killpg(server.pid, signal.SIGKILL)


@pytest.mark.browser
def test_hand_grading_shows_it_and_runs_nothing_of_it(graded, formgrader, chromium):
    with graded.course.gradebook() as book:
        identity = book.find_submission_notebook("welcome", LESSON, "49 acting").id
    page, asked = chromium.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{formgrader}/submissions/{identity}/?token=secret")
    page.locator(".score").first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None and not [url for url in asked if "evil" in url]
    assert page.locator("#notebook form, #notebook iframe").count() == 0
    assert "window.hacked = true" in page.locator("#notebook").first.inner_text()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "formgrader-acting.png")
    page.close()


@pytest.mark.browser
def test_the_list_of_pages_can_be_read_by_everybody(graded, chromium):
    page, said = chromium.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.goto((graded.course.root / "feedback" / f"{LESSON}.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0 and said == [], found.generate_report()
    page.get_by_role("link", name="37 Zoë Þórs döttir 山田").click()
    page.get_by_role("heading", name="welcome: 1 of 1 points").wait_for()
    page.close()


def test_nbgraders_own_autograde_gives_the_same(graded):
    for student, note in (("29 latin", "latin-1"), ("26 cut", "not JSON")):
        before = graded[student].score
        run = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", LESSON, "--student", student, "--force"],
                             cwd=graded.course.root, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        again = grade.result(graded.course, LESSON, student)
        assert again.score == before and note in str(again.notes)
