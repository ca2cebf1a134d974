"""Wherever a run is ended, the next one goes on from there: no score lost, none twice."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from attnlib.grading import grade
from attnlib.grading.executor import LocalPool
from tests.grading import synthetic
from tests.grading.conftest import LESSON, ROOT, answer, hand_in, marks

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own
CLASS, KILLS = 30, 21


def hand_in_class(course, released, number):
    for each in range(number):
        hand_in(course, f"student-{each:03d}", answer(released, f"def double(x):\n    return 2 * x + {each}"))


def run(course):
    """A coordinator, as a process of its own begins it."""
    for _ in grade.Grading(course, LESSON, unsafe=True, pool=LocalPool(2), task=synthetic.task).results():
        pass


def journal(course):
    """The keys in the journal, in order; a line that is not whole is none."""
    path = course.root / grade.JOURNALS / f"{LESSON}.jsonl"
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line)["key"])
        except ValueError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.alone
def test_killed_at_any_point_and_started_again(known, released, tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "fingerprint", lambda: "")  # whoever edits the known meanwhile disturbs nothing
    hand_in_class(known, released, CLASS)
    chance, kills, amid = random.Random(4), 0, 0
    fork = multiprocessing.get_context("fork")  # imports nothing anew, so that a kill falls into the work
    while True:
        coordinator = fork.Process(target=run, args=(known,))
        coordinator.start()
        if kills < KILLS:
            before = len(journal(known))
            if CLASS - before > 2 * (KILLS - kills) - 16:  # else this kill comes before any work
                wait_for_results(known, before + 1, coordinator)
            time.sleep(chance.uniform(0, 0.03))
            if coordinator.exitcode is None:
                os.kill(coordinator.pid, signal.SIGKILL)
                kills += 1
                amid += 0 < len(journal(known)) < CLASS
        coordinator.join()
        if coordinator.exitcode == 0:
            break
    assert kills >= 20 and amid >= 10
    killed, keys = marks(known), journal(known)
    assert len(keys) == len(set(keys)) == CLASS

    calm = type(known)(tmp_path / "calm")
    subprocess.run(["cp", "-r", known.root, calm.root], check=True)
    for name in ("gradebook.db", "autograded"):
        subprocess.run(["rm", "-r", calm.root / name], check=True)
    run(calm)
    assert killed == marks(calm)
    assert len(killed) == CLASS and len(set(killed.values())) > 3  # not all alike


def wait_for_results(course, number, coordinator):
    until = time.monotonic() + 60
    while len(journal(course)) < number and coordinator.exitcode is None and time.monotonic() < until:
        time.sleep(0.005)


@pytest.mark.slow
def test_what_was_kept_but_not_recorded_is_recorded_without_running_it(known, released):
    hand_in_class(known, released, 3)
    run(known)
    before, keys = marks(known), journal(known)
    (known.root / "gradebook.db").unlink()
    again = list(grade.Grading(known, LESSON, unsafe=True, task=synthetic.fail).results())
    assert marks(known) == before and journal(known) == keys
    assert all(result.again for result in again)
    subprocess.run(["rm", "-r", known.place("autograded", "student-001")], check=True)
    list(grade.Grading(known, LESSON, unsafe=True, task=synthetic.fail).results())
    assert marks(known) == before and known.place("autograded", "student-001", LESSON).exists()


@pytest.mark.slow
def test_ctrl_c_says_that_nothing_is_lost_and_the_next_run_goes_on(known, released):
    hand_in_class(known, released, 4)
    command = [sys.executable, "-m", "attnlib.cli", "grade", "00", "--unsafe", "--workers", "1"]
    settings = {"cwd": known.root, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **settings) as first:
        assert first.stdout.readline().startswith("1 of 4  student-000: ")
        first.send_signal(signal.SIGINT)
        said = first.stdout.read()
    assert "of 4 are graded and kept" in said and "Traceback" not in said and first.returncode == 130
    kept = len(journal(known))
    second = subprocess.run(command, capture_output=True, timeout=300, **settings)
    assert second.returncode == 0 and second.stdout.count("unchanged") == kept + 1, second
    assert f"4 submissions, {4 - kept} graded, {kept} unchanged, 0 failed" in second.stdout
