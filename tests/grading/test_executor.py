"""Tasks run on this machine or on a Dask cluster, and a worker that is lost loses nobody's work."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from attnlib.grading import executor
from attnlib.grading.executor import DaskPool, Job, LocalPool, Lost, outcomes
from attnlib.paths import Problem
from tests.grading.conftest import ROOT
from tests.grading.synthetic import end_always, end_once, fail, shout


def jobs(payloads):
    return (Job(number, payload) for number, payload in enumerate(payloads))


def test_each_job_ends_once_and_few_are_taken_at_a_time():
    taken, done = 0, 0

    def counted():
        nonlocal taken
        for job in jobs([b"a", None, b"b", b"c", b"d", None, b"e"]):
            taken += 1
            assert taken - done <= 3 + 1
            yield job

    found = {}
    with LocalPool(3) as pool:
        for label, outcome in outcomes(shout, counted(), pool):
            done += 1
            found[label] = outcome
    assert found == {0: b"A", 1: None, 2: b"B", 3: b"C", 4: b"D", 5: None, 6: b"E"}


@pytest.mark.slow
def test_a_lost_worker_costs_nobody_anything(tmp_path):
    payloads = [b"a", str(tmp_path / "once").encode(), b"b", b"c"]
    with LocalPool(2) as pool:
        found = dict(outcomes(end_once, jobs(payloads), pool))
    assert found == {number: payload.upper() for number, payload in enumerate(payloads)}


@pytest.mark.slow
def test_a_worker_that_ends_while_idle_is_replaced():
    with LocalPool(1) as pool:
        for _ in range(2):
            worker = pool.submit(os.getpid).result()
            os.kill(worker, signal.SIGKILL)
            assert ends(worker)
            time.sleep(0.2)  # until the pool has noticed


@pytest.mark.slow
def test_what_ends_its_worker_each_time_is_given_up_and_the_others_are_not():
    with LocalPool(2) as pool:
        found = dict(outcomes(end_always, jobs([b"a", b"bad", b"b", b"c", b"d", b"e"]), pool))
    assert isinstance(found.pop(1), Lost)
    assert found == {0: b"A", 2: b"B", 3: b"C", 4: b"D", 5: b"E"}


def test_an_error_of_the_task_is_its_outcome():
    with LocalPool(1) as pool:
        found = dict(outcomes(fail, jobs([b"a", b"b"]), pool))
    assert [str(error) for error in found.values()] == ["no", "no"]


COORDINATOR = """
import time
from attnlib.grading.executor import Job, LocalPool, outcomes
from tests.grading.synthetic import rest
if __name__ == "__main__":
    with LocalPool(2) as pool:
        for _ in outcomes(rest, [Job(0, b""), Job(1, b"")], pool):
            pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_coordinator(how, tmp_path):
    script = tmp_path / "coordinator.py"
    script.write_text(COORDINATOR)
    with subprocess.Popen([sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as coordinator:
        workers = [int(coordinator.stdout.readline()) for _ in range(2)]
        coordinator.send_signal(how)
        coordinator.wait(20)
        for worker in workers:
            assert ends(worker), worker


def ends(process, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with open(f"/proc/{process}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


# A cluster: a scheduler and two workers, each a process of its own.

@contextlib.contextmanager
def cluster(folder, workers=2, *options):
    """(address, scheduler, [worker]) of a Dask cluster on this machine."""
    place = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"env": {**os.environ, "PYTHONPATH": str(ROOT)}, "cwd": folder, "stdout": subprocess.DEVNULL,
             "stderr": subprocess.DEVNULL}
    protocol = ["--protocol", "tls"] if options else []
    started = [subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                 "--scheduler-file", place, *protocol, *options], **quiet)]
    try:
        address = _wait_for(lambda: json.loads(place.read_text())["address"])
        for number in range(workers):
            started.append(subprocess.Popen(
                [*dask, "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard",
                 "--name", str(number), "--local-directory", folder / f"worker-{number}", *protocol, *options],
                **quiet))
        yield address, started[0], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def _wait_for(look, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            return look()
        except (OSError, ValueError, KeyError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def wait_for_workers(pool, number):
    until = time.monotonic() + 60
    while len(pool.threads()) < number and time.monotonic() < until:
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.alone
def test_a_cluster_runs_the_same_tasks_and_survives_a_lost_worker(tmp_path):
    with cluster(tmp_path) as (address, _, workers):
        with DaskPool(address) as pool:
            wait_for_workers(pool, 2)
        with DaskPool(address) as pool:
            assert pool.at_once == 4
            found = {}
            for label, outcome in outcomes(shout, jobs([b"a"] * 40), pool):
                found[label] = outcome
                if len(found) == 10:
                    workers[0].kill()
    assert found == {number: b"A" for number in range(40)}


@pytest.mark.slow
@pytest.mark.alone
def test_a_scheduler_that_goes_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "PATIENCE", 3)
    with cluster(tmp_path, 1) as (address, scheduler, _):
        with pytest.raises(Problem, match="goes on from there"), DaskPool(address) as pool:
            wait_for_workers(pool, 1)
            for number, _ in enumerate(outcomes(shout, jobs([b"a"] * 200), pool)):
                if number == 3:
                    scheduler.kill()


@pytest.mark.slow
@pytest.mark.alone
def test_workers_that_go_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "PATIENCE", 3)
    with cluster(tmp_path, 1) as (address, _, workers):
        with pytest.raises(Problem, match="no workers any more"), DaskPool(address) as pool:
            wait_for_workers(pool, 1)
            for number, _ in enumerate(outcomes(shout, jobs([b"a"] * 200), pool)):
                if number == 3:
                    workers[0].kill()


@pytest.mark.slow
@pytest.mark.alone
def test_tls_is_handed_through(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=course", "-days", "2",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    options = ["--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key]
    with cluster(tmp_path, 1, *options) as (address, *_):
        assert address.startswith("tls://")
        with pytest.raises(Problem, match="--tls-ca"):
            DaskPool(address)
        with DaskPool(address, (certificate, certificate, key)) as pool:
            wait_for_workers(pool, 1)
            assert dict(outcomes(shout, jobs([b"a"] * 3), pool)) == {0: b"A", 1: b"A", 2: b"A"}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_a_scheduler_that_does_not_answer_is_a_sentence(address, monkeypatch):
    monkeypatch.setattr(executor, "ANSWER", 1)
    with pytest.raises(Problem, match="No Dask scheduler answers.*Is it running"):
        DaskPool(address)


def test_a_certificate_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(Problem, match="nosuch.pem"):
        DaskPool("tls://127.0.0.1:1", (tmp_path / "nosuch.pem", None, None))
