"""Every submission ends with points or a reason, behind walls, and nobody's trouble is anyone else's."""

import copy
import errno
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from attnlib.cli import app, main
from attnlib.grading import demo, grade, live, sandbox
from attnlib.grading.executor import DaskPool, LocalPool
from attnlib.grading.feedback import feedback
from attnlib.grading.journal import Journal
from attnlib.paths import Problem
from tests.grading import synthetic
from tests.grading.conftest import LESSON, ROOT, answer, hand_in, marks
from tests.grading.test_executor import cluster, wait_for_workers

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own

RIGHT = "def double(x):\n    return 2 * x"
STUDENTS = {
    # student: (answer, points, part of the reason)
    "honest": (RIGHT, 1, ""),
    "warns": ("import sys\ndef double(x):\n    print('careful', file=sys.stderr)\n    return 2 * x", 1, ""),
    "square": ("def double(x):\n    return x ** 2", 0, "double(3) should be 6"),
    "hidden": ("def double(x):\n    return 2 * x if getattr(x, 'ndim', 1) != 2 else x * 0", 0, "(case A)"),
    "raises": ("def double(x):\n    if isinstance(x, int) and abs(x) > 50: raise KeyError(x)\n    return 2 * x", 0,
               "a hidden test stopped with KeyError"),
    "ends": ("import os\ndef double(x):\n    os._exit(0)", 0, "the kernel ended"),
    "loops": ("def double(x):\n    while True: pass", 0, "time limit"),
    "exits": ("import sys\ndef double(x):\n    sys.exit(0)", 0, "double"),
    "stub": ("def double(x):\n    raise NotImplementedError('double: return two times x')", 0, "not done yet"),
    "asks": ("def double(x):\n    return int(input())", 0, "double"),
}


PRIVATE = [str(path) for path in (ROOT / "solutions", ROOT / ".git", ROOT / "gradebook.db", *Path.home().glob(".*rc"))]


def look_around(course):
    """A cell that says what it can see and reach."""
    return demo.code_cell(f"""
import os, socket
def reach():
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=2)
        return "network"
    except OSError:
        return "no network"
seen = [path for path in {PRIVATE + [str(course.root)]!r} if os.path.exists(path)]
try:
    open("/usr/written", "w")
    seen.append("the system can be written")
except OSError:
    pass
print("SEEN", seen, reach(), os.environ.get("SECRET_OF_THE_INSTRUCTOR"), os.environ["OMP_NUM_THREADS"])
""")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class graded once: (course, {student: Result})."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    course = demo.build(LESSON, ROOT, tmp_path_factory.mktemp("graded") / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.RunSubmission.timeout = 4\n")
    released = json.loads((ROOT / "notebooks" / LESSON / "welcome.ipynb").read_text(encoding="utf-8"))
    for student, (code, _, _) in STUDENTS.items():
        hand_in(course, student, answer(released, code))
    hand_in(course, "cut", json.dumps(released)[:500])
    hand_in(course, "latin", "[1, 2]")
    hand_in(course, "blank", "")
    hand_in(course, "gone", "{}")
    (course.place("submitted", "gone", LESSON) / "welcome.ipynb").unlink()

    curious = answer(released, RIGHT)
    curious["cells"].append(look_around(course))
    hand_in(course, "curious", curious)
    skips = answer(released, "def double(x):\n    return 0")
    for cell in skips["cells"]:  # a tag of the student's can't leave a test out
        cell["metadata"]["tags"] = ["experiment"]
    hand_in(course, "skips", skips)
    twice = answer(released, RIGHT)
    twice["cells"].append(copy.deepcopy(next(cell for cell in twice["cells"]
                                             if cell["metadata"].get("nbgrader", {}).get("grade_id") == "test_double")))
    hand_in(course, "ünï cödé", twice)
    marked = answer(released, RIGHT)
    for cell in marked["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"points": 100, "grade": False, "locked": False, "schema_version": 9}
    hand_in(course, "marked", marked)
    odd = answer(released, RIGHT)
    odd["metadata"]["kernelspec"] = {"name": "nosuchkernel", "display_name": "?", "language": "python"}
    hand_in(course, "odd", odd)
    tells = answer(released, RIGHT)
    tells["cells"].append(demo.code_cell("print(In); print(_ih[-3:])"))
    hand_in(course, "tells", tells)
    experiment = answer(released, RIGHT)
    experiment["cells"].insert(0, {**demo.code_cell("import os; os._exit(1)"), "metadata": {"tags": ["experiment"]}})
    hand_in(course, "experiment", experiment)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_THE_INSTRUCTOR", "hunter2")
        results = grade.grade(course, LESSON)
    return course, {result.student: result for result in results}


@pytest.mark.slow
@pytest.mark.parametrize("student", STUDENTS)
def test_points_and_reasons(graded, student):
    _, points, reason = STUDENTS[student]
    result = graded[1][student]
    assert (result.score, result.max_score) == (points, 1)
    assert reason in result.reason and bool(result.reason) == (points == 0)
    assert [item.sandbox for item in result.items] == [sandbox.probe()[0]]


@pytest.mark.slow
@pytest.mark.parametrize("student, reason", [("cut", "unreadable"), ("latin", "unreadable"), ("blank", "empty"),
                                             ("gone", "missing")])
def test_broken_submissions_get_0_and_the_reason(graded, student, reason):
    result = graded[1][student]
    assert (result.score, result.max_score) == (0, 1) and reason in result.reason
    assert [item.score for item in result.items] == [0]


@pytest.mark.slow
def test_odd_but_honest_submissions_keep_their_points(graded):
    should_be = {"ünï cödé": 1, "marked": 1, "odd": 1, "tells": 1, "experiment": 1, "skips": 0}
    assert {student: graded[1][student].score for student in should_be} == should_be


@pytest.mark.slow
def test_the_kernel_sees_nothing_and_reaches_nothing(graded):
    course, _ = graded
    text = (course.place("autograded", "curious", LESSON) / "welcome.ipynb").read_text(encoding="utf-8")
    assert "SEEN [] no network None 1" in text


@pytest.mark.slow
def test_feedback_tells_no_hidden_test_and_needs_no_network(graded):
    course, results = graded
    pages, index = feedback(course, LESSON)
    assert len(pages) == len(results)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for secret in ("BEGIN HIDDEN", "np.add(before", "rng.normal", "rng.integers", "array_equal(x, before)"):
            assert secret not in text, page
        assert "<script" not in text and "Content-Security-Policy" in text
        assert " src=\"http" not in text and "url(http" not in text
    hidden = course.place("feedback", "hidden", LESSON) / "welcome.html"
    assert "a hidden test failed (case A)" in hidden.read_text(encoding="utf-8")
    assert "<math" in hidden.read_text(encoding="utf-8")
    assert all(f">{student}<" in index.read_text(encoding="utf-8") for student in results)


@pytest.mark.slow
def test_what_is_unchanged_is_not_run_again_and_marks_by_hand_stay(graded):
    course, _ = graded
    assert grade.grade(course, LESSON, ["honest"])[0].again
    assert not grade.grade(course, LESSON, ["honest"], force=True)[0].again
    with course.gradebook() as book:
        mark = book.find_grade("test_double", "welcome", LESSON, "square")
        mark.manual_score = 0.5
        book.db.commit()
    assert grade.grade(course, LESSON, ["square"], force=True)[0].score == 0.5


@pytest.mark.slow
def test_json_has_a_line_an_item(graded, tmp_path):
    course, results = graded
    with open(tmp_path / "marks.jsonl", "w", encoding="utf-8") as file:
        for result in results.values():
            live.write_items(result.items, file)
    lines = [json.loads(line) for line in (tmp_path / "marks.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(results)
    assert set(lines[0]) == {"student", "notebook", "grade_id", "score", "max_score", "reason", "flags", "seconds",
                             "sandbox"}


@pytest.mark.slow
def test_nbgraders_own_autograde_gives_the_same(graded):
    course, _ = graded
    for student in ("warns", "hidden"):
        run = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", LESSON, "--student", student, "--force"],
                             cwd=course.root, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        result = grade.result(course, LESSON, student)
        assert result.score == STUDENTS[student][1] and STUDENTS[student][2] in result.reason
        assert result.items[0].sandbox == sandbox.probe()[0]


def without_bubblewrap(monkeypatch):
    monkeypatch.setattr(sandbox, "probe", lambda: ("", f"bubblewrap isn't installed. {sandbox.INSTALL}"))


def test_without_bubblewrap_it_refuses_with_the_remedy(course, released, monkeypatch):
    hand_in(course, "ada", answer(released, RIGHT))
    without_bubblewrap(monkeypatch)
    with pytest.raises(Problem, match="apt install bubblewrap.*--unsafe"):
        grade.grade(course, LESSON)


@pytest.mark.slow
def test_unsafe_grades_without_it_and_says_so(course, released, monkeypatch):
    hand_in(course, "ada", answer(released, RIGHT))
    without_bubblewrap(monkeypatch)
    result = grade.grade(course, LESSON, unsafe=True)[0]
    assert result.score == 1 and result.items[0].sandbox == "none"


def test_probe_says_what_is_missing(monkeypatch, tmp_path):
    broken = "#!/bin/sh\necho 'No permissions' >&2\nexit 1\n"
    for program, said in ((None, "isn't installed"), (broken, "No permissions")):
        if program:
            (tmp_path / "bwrap").write_text(program)
            (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert said in sandbox.probe.__wrapped__()[1]


def test_nothing_collected_and_unknown_students_are_sentences(course, released):
    with pytest.raises(Problem, match="attn collect"):
        grade.grade(course, LESSON, unsafe=True)
    with pytest.raises(Problem, match="has been graded yet"):
        feedback(course, LESSON)
    hand_in(course, "ada", answer(released, RIGHT))
    with pytest.raises(Problem, match="Those collected are: ada"):
        grade.grade(course, LESSON, ["bob"], unsafe=True)


def test_a_locked_gradebook_is_a_sentence(course, released):
    hand_in(course, "ada", answer(released, RIGHT))
    grade.know(course, LESSON)
    lock = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(Problem, match="locked"):
            grade.grade(course, LESSON, unsafe=True)
    finally:
        lock.close()


def test_verbs_say_which_lessons_there_are(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    for verb in (["collect", "07", "--from", "x.zip"], ["grade", "07"], ["feedback", "07"]):
        with pytest.raises(SystemExit) as ended:
            main(verb)
        assert ended.value.code == 1
        assert LESSON in capsys.readouterr().err


def test_every_verb_has_help_with_an_example():
    for verb in ("collect", "grade", "feedback", "formgrader", "grade-demo"):
        shown = CliRunner().invoke(app(), [verb, "--help"])
        assert shown.exit_code == 0 and f"Example: attn {verb}" in shown.output


# The coordinator, with tasks that take no kernel


def go(course, **settings):
    """{student: Result} of a run with synthetic tasks."""
    settings = {"unsafe": True, "task": synthetic.task, "pool": LocalPool(1), **settings}
    return {result.student: result for result in grade.Grading(course, LESSON, **settings).results()}


def source(course, change):
    """Change the lesson's executed solution."""
    path = course.sources(LESSON)[0]
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_run_gives_the_gradebook_the_indexes_that_it_lacks(known, released):
    hand_in(known, "ada", answer(released, RIGHT))
    go(known)
    with sqlite3.connect(known.root / "gradebook.db") as book:
        names = {name for name, in book.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {"attn_grade", "attn_comment", "attn_submitted_notebook"} <= names


@pytest.mark.slow
def test_what_is_run_again_and_what_is_not(known, released):
    course = known
    for student in ("ada", "ben"):
        hand_in(course, student, answer(released, RIGHT + f"  # {student}"))
    assert not any(result.again for result in go(course).values())
    assert all(result.again for result in go(course, task=synthetic.fail).values())

    saved = answer(released, RIGHT + "  # ben")  # run and saved anew: the same answers
    for cell in saved["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = 7, [{"output_type": "stream", "name": "stdout", "text": "hi"}]
    hand_in(course, "ben", saved)
    assert all(result.again for result in go(course, task=synthetic.fail).values())

    hand_in(course, "ben", answer(released, RIGHT + "  # another"))
    assert {name: result.again for name, result in go(course).items()} == {"ada": True, "ben": False}
    assert {name: result.again for name, result in go(course, force=True, students=["ada"]).items()} == {"ada": False}

    source(course, lambda text: text.replace("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TESTS\\n    # harder"))
    assert not any(result.again for result in go(course).values())  # a test has changed
    (course.place("submitted", "ada", LESSON) / "data.csv").write_text("1,2")
    assert {name: result.again for name, result in go(course).items()} == {"ada": False, "ben": True}


@pytest.mark.slow
def test_a_changed_term_seed_and_a_limit_are_other_conditions(known, released, monkeypatch):
    hand_in(known, "ada", answer(released, RIGHT))
    go(known)
    monkeypatch.setenv("ATTN_TERM_SEED", "2027")
    assert not go(known)["ada"].again
    known.config.RunSubmission.timeout = 77
    assert not go(known)["ada"].again
    assert go(known)["ada"].again


@pytest.mark.parametrize("seed", ["2026-autumn", "-1", "", "3.5"])
def test_a_term_seed_that_is_no_number_is_a_sentence_and_costs_nobody_anything(known, released, monkeypatch, seed):
    hand_in(known, "ada", answer(released, RIGHT))
    monkeypatch.setenv("ATTN_TERM_SEED", seed)
    with pytest.raises(Problem, match=f"ATTN_TERM_SEED is '{seed}'; a whole number"):
        go(known)


@pytest.mark.slow
def test_what_could_not_be_graded_is_held_and_tried_again(known, released, tmp_path):
    hand_in(known, "ada", answer(released, RIGHT))
    nowhere = tmp_path / "nowhere" / "mark"
    hand_in(known, "bad", answer(released, RIGHT + f"\n{synthetic.ENDS}{nowhere}"))
    results = go(known, task=synthetic.mortal)
    assert results["bad"].reason == "could not be graded: the worker that ran it was lost, 3 times"
    assert (results["bad"].score, results["bad"].by_hand, results["bad"].failed) == (0, 1, True)
    assert results["ada"].score == go(known)["ada"].score and not results["ada"].failed
    results = go(known, task=synthetic.fail)
    assert results["bad"].again and not results["bad"].failed  # graded by the run before
    hand_in(known, "bad", answer(released, RIGHT + "  # new"))
    assert go(known, task=synthetic.fail)["bad"].reason == "could not be graded: no"
    results = go(known)
    assert not results["bad"].failed and results["bad"].by_hand == 0


def test_another_version_of_the_course_on_a_worker_is_a_sentence(known, released):
    class Elsewhere(LocalPool):
        def everywhere(self, function):
            return {"tcp://10.0.0.7:4711": ("another", "")}

    hand_in(known, "ada", answer(released, RIGHT))
    with pytest.raises(Problem, match="tcp://10.0.0.7:4711 has another version"):
        go(known, pool=Elsewhere(1))


# What the instructor sees


def show(course, capsys, **settings):
    """(exit code, what the run prints)."""
    settings = {"unsafe": True, "task": synthetic.task, "pool": LocalPool(1), **settings}
    return live.show(grade.Grading(course, LESSON, **settings)), capsys.readouterr().out


@pytest.mark.slow
def test_plain_lines_where_there_is_no_terminal(known, released, capsys):
    for student in ("ada", "ben"):
        hand_in(known, student, answer(released, RIGHT + f"  # {student}"))
    hand_in(known, "eve", "")
    code, said = show(known, capsys)
    lines = said.splitlines()
    assert code == 0 and len(lines) == 4 and "\x1b" not in said
    assert [line[:7] for line in lines[:3]] == ["1 of 3 ", "2 of 3 ", "3 of 3 "]
    assert lines[3] == f"{LESSON}: 3 submissions, 3 graded, 0 unchanged, 1 failed."
    assert "(unchanged)" in show(known, capsys)[1] or "(unchanged; " in show(known, capsys)[1]


@pytest.mark.slow
def test_on_a_terminal_the_whole_stands_below(known, released, monkeypatch):
    hand_in(known, "ada", answer(released, RIGHT))
    screen = io.StringIO()
    monkeypatch.setattr(live, "Console", lambda **settings: Console(file=screen, force_terminal=True, width=100,
                                                                    highlight=False))
    live.show(grade.Grading(known, LESSON, unsafe=True, task=synthetic.task, pool=LocalPool(1)))
    assert "0 done · 0 running · 1 waiting · 0 failed" in screen.getvalue()
    assert "1 of 1  ada: " in screen.getvalue()


def test_the_whole_is_told_in_a_line():
    run = SimpleNamespace(total=9, done=3, failed=1, unchanged=1, waiting=1, running=set("edcba"))
    screen = io.StringIO()
    Console(file=screen, width=100).print(live.standing(run, time.monotonic() - 20))
    assert "3 done · 5 running (a, b, c, d, …) · 1 waiting · 1 failed · 1:00 left" in screen.getvalue()


def test_time_left_in_words():
    assert [live.time_left(*each) for each in ((10, 0, 5), (10, 2, 5), (600, 10, 30))] == ["", "0:25 left",
                                                                                          "30 min left"]


@pytest.mark.slow
def test_something_unexpected_is_a_sentence_and_its_details_are_kept(known, released, capsys, monkeypatch):
    hand_in(known, "ada", answer(released, RIGHT))
    monkeypatch.setattr(grade, "restored", lambda *_: 1 / 0)
    with pytest.raises(Problem, match="ZeroDivisionError.*graded so far is kept"):
        show(known, capsys)
    assert "ZeroDivisionError" in (known.root / live.DETAILS).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_full_disk_is_a_sentence_and_the_next_run_goes_on(known, released, capsys, monkeypatch):
    for student in ("ada", "ben"):
        hand_in(known, student, answer(released, RIGHT + f"  # {student}"))

    def full(journal, data):
        if b'"ben"' in data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return append(journal, data)

    append = Journal._append
    with monkeypatch.context() as patch, pytest.raises(Problem, match="No space left.*goes on from there"):
        patch.setattr(Journal, "_append", full)
        show(known, capsys)
    assert {name: result.again for name, result in go(known).items()} == {"ada": True, "ben": False}


@pytest.mark.slow
def test_what_is_no_regular_file_is_unreadable(known, released):
    for student in ("link", "folder", "gone"):
        hand_in(known, student, "x")
        (known.place("submitted", student, LESSON) / "welcome.ipynb").unlink()
    (known.place("submitted", "link", LESSON) / "welcome.ipynb").symlink_to(known.root / "gradebook.db")
    (known.place("submitted", "folder", LESSON) / "welcome.ipynb").mkdir()
    reasons = {student: result.reason for student, result in go(known, task=synthetic.fail).items()}
    assert reasons == {"link": "unreadable: not a regular file", "folder": "unreadable: not a regular file",
                       "gone": "missing"}


@pytest.mark.parametrize("options, said", [
    (["--scheduler", "nonsense"], "No Dask scheduler answers at nonsense"),
    (["--tls-ca", "ca.pem"], "Name its --scheduler too"),
    (["--scheduler", "tls://127.0.0.1:1", "--tls-ca", "ca.pem"], "ca.pem"),
    (["--student", "nobody"], "Those collected are: ada"),
    (["--json", "no/such/folder.jsonl"], "no/such/folder.jsonl"),
])
def test_what_is_wrong_with_the_command_is_a_sentence(known, released, monkeypatch, capsys, options, said):
    hand_in(known, "ada", answer(released, RIGHT))
    monkeypatch.chdir(known.root)
    with pytest.raises(SystemExit) as ended:
        main(["grade", "00", "--unsafe", *options])
    shown = capsys.readouterr().err
    assert ended.value.code == 1 and said in shown and "Traceback" not in shown


@pytest.mark.slow
@pytest.mark.alone
def test_on_a_cluster_that_loses_a_worker_all_scores_are_right(walls, known, released, tmp_path):
    should_be = {}
    for number in range(8):
        should_be[f"s{number}"] = number % 2
        hand_in(known, f"s{number}", answer(released, RIGHT if number % 2 else f"def double(x):\n    return {number}"))
    with cluster(tmp_path) as (address, _, workers):
        with DaskPool(address) as pool:
            wait_for_workers(pool, 2)
        run = grade.Grading(known, LESSON, pool=DaskPool(address))
        found = {}
        for result in run.results():
            found[result.student] = result
            if len(found) == 2:
                workers[0].kill()
    assert {student: result.score for student, result in found.items()} == should_be, found
    assert {student: score for (student, _), score in marks(known).items()} == should_be
