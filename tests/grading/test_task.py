"""A submission as bytes in and bytes out: the contract, honest work of every lesson, and what it costs."""

import base64
import json
import subprocess
import sys
import time

import pytest

from attnlib.grading import sandbox
from attnlib.grading.course import Course
from attnlib.grading.restore import restored, to_grade
from attnlib.grading.run import settings
from attnlib.grading.task import grade_task
from attnlib.paths import Problem
from tests.grading.conftest import ROOT, answer

RIGHT = "def double(x):\n    return 2 * x\n"
SOLVED = sorted((ROOT / "solutions").glob("0*/*.ipynb"))


def payload(notebook, files=None, **limits):
    files = {name: base64.b64encode(data).decode() for name, data in (files or {}).items()}
    return json.dumps({"version": 1, "lesson": "", "name": "", "notebook": notebook, "files": files,
                       "settings": limits, "environment": {}}).encode()


def graded(result):
    """{grade_id: what the task says of it}."""
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["attn"] for cell in result["notebook"]["cells"]
            if "score" in cell["metadata"].get("attn", {})}


@pytest.fixture(scope="module")
def lesson():
    return to_grade(Course(ROOT), *Course(ROOT).sources("00_welcome"))


def submission(lesson, code, *cells):
    book = answer(lesson, code)
    book["cells"] += [{"cell_type": "code", "id": f"own-{number}", "metadata": {}, "outputs": [],
                       "execution_count": None, "source": cell} for number, cell in enumerate(cells)]
    return book


@pytest.mark.slow
@pytest.mark.parametrize("source", SOLVED, ids=lambda source: source.stem)
def test_honest_work_gets_full_marks_and_no_flag(source, walls):
    course = Course(ROOT)
    notebook = restored(source.read_bytes(), to_grade(course, source), source.name).notebook
    result = json.loads(grade_task(payload(notebook, cell_seconds=120, notebook_seconds=600)))
    assert not result["flags"]
    by_hand = [cell["metadata"]["nbgrader"]["grade_id"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"
               and cell["metadata"].get("nbgrader", {}).get("grade")]
    for grade_id, item in graded(result).items():
        assert not item["flags"] and not item["held"], grade_id
        assert item["score"] == (None if grade_id in by_hand else item["max_score"]), (grade_id, item["reason"])


def test_result_is_what_the_contract_says(lesson, walls):
    result = json.loads(grade_task(payload(submission(lesson, RIGHT, "print(open('data.txt').read())"),
                                           {"data.txt": b"HERE"})))
    assert set(result) == {"version", "notebook", "flags", "sandbox", "seconds", "reason"}
    assert result["sandbox"] == sandbox.probe()[0] and result["seconds"] > 0
    item = graded(result)["test_double"]
    assert set(item) == {"score", "max_score", "reason", "flags", "seconds", "held"}
    assert (item["score"], item["max_score"], item["held"]) == (1, 1, False)
    assert result["notebook"]["cells"][-1]["outputs"][0]["text"] == "HERE\n"
    count = [cell["execution_count"] for cell in result["notebook"]["cells"] if cell.get("execution_count")]
    assert count == list(range(1, len(count) + 1))


def test_without_a_sandbox_it_refuses(lesson, monkeypatch):
    monkeypatch.setattr(sandbox, "probe", lambda: ("", "bubblewrap isn't installed."))
    with pytest.raises(Problem, match="--unsafe"):
        grade_task(payload(lesson))


def test_unsafe_scores_alike(lesson):
    result = json.loads(grade_task(payload(submission(lesson, RIGHT), unsafe=True)))
    assert graded(result)["test_double"]["score"] == 1 and result["sandbox"] == "none"


def test_settings_come_from_the_configuration():
    found = settings(Course(ROOT).config, unsafe=True)
    assert found["unsafe"] is True and found["cell_seconds"] == 30
    sandbox.Settings(**found)


@pytest.mark.slow
def test_the_whole_notebook_has_a_limit_and_earlier_cells_keep_theirs(lesson, walls):
    book = submission(lesson, RIGHT, "import time\ntime.sleep(60)", "print('never')")
    began = time.monotonic()
    result = json.loads(grade_task(payload(book, cell_seconds=3, notebook_seconds=3)))
    assert time.monotonic() - began < 30
    assert graded(result)["test_double"]["score"] == 1
    assert "time limit" in result["notebook"]["cells"][-1]["outputs"][0]["evalue"]


@pytest.mark.slow
def test_a_gigabyte_in_one_line_leaves_the_coordinator_small(lesson, walls):
    code = ("import json, resource, sys\nfrom attnlib.grading.task import grade_task\n"
            "data = sys.stdin.buffer.read()\nquiet, loud = json.loads(data)\n"
            "grade_task(json.dumps(quiet).encode())\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "grade_task(json.dumps(loud).encode())\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)")
    tasks = [json.loads(payload(submission(lesson, RIGHT, *cells)))
             for cells in ((), ("print('x' * 10**9)", "print('never')"))]
    run = subprocess.run([sys.executable, "-c", code], input=json.dumps(tasks).encode(), capture_output=True, cwd=ROOT)
    assert int(run.stdout) < 100 * 1024, f"{int(run.stdout) // 1024} MB more"  # kB


@pytest.mark.slow
@pytest.mark.alone
def test_little_is_added_to_the_kernels_own_time(lesson, walls, monkeypatch):
    """What a submission takes beyond its kernel's start and its cells: at most 0.3 s."""
    from attnlib.grading import run

    spent, inside = [], []

    def timed(do):
        async def measured(*args):
            inside.append(time.monotonic())
            try:
                return await do(*args)
            finally:
                began = inside.pop()
                if not inside:  # a question within the start belongs to it
                    spent.append(time.monotonic() - began)
        return measured

    for name in ("_start", "_ask"):
        monkeypatch.setattr(run._Kernel, name, timed(getattr(run._Kernel, name)))
    beyond = []
    for _ in range(3):
        spent.clear()
        began = time.monotonic()
        grade_task(payload(submission(lesson, RIGHT)))
        beyond.append(time.monotonic() - began - sum(spent))
    assert min(beyond) < 0.3, beyond

