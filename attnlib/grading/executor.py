"""Where submissions run: processes of this machine, or a Dask cluster by its address.

Both are `concurrent.futures` executors, and `outcomes` uses both in the same way. A task is a function of
bytes that returns bytes, so the machines need to share nothing.
"""

import concurrent.futures
import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from attnlib.paths import Problem

TRIES = 3  # how often a submission is given out, if the worker that has it is lost
PATIENCE = 60  # seconds without any worker, or without the scheduler, until a run is given up
GO_ON = "What is graded so far is kept: the same command goes on from there."
GRACE = 5  # seconds that a worker gets to clear up
ANSWER = 10  # seconds that a scheduler gets to answer


class Lost(Exception):
    """The worker was lost each time that the task was given out."""

    def __str__(self):
        return f"the worker that ran it was lost, {TRIES} times"


@dataclass
class Job:
    """A piece of work; one whose payload is None needs no running."""

    label: Any
    payload: bytes | None
    tries: int = 0


def outcomes(function, jobs, pool):
    """Yield (label, function(payload), or the exception that it ended with) of each job, in order of finishing.

    No more jobs are taken from the iterator `jobs` than `pool` has room for. One whose worker was lost, or
    that raises TryAgain, is given out again, up to TRIES times.
    """
    jobs, again, running, more = iter(jobs), deque(), {}, True
    while more or again or running:
        while len(running) < pool.at_once and (again or more):
            job = again.popleft() if again else next(jobs, None)
            if job is None:
                more = False
            elif job.payload is None:
                yield job.label, None
            else:
                job.tries += 1
                running[pool.submit(function, job.payload)] = job
        done, _ = concurrent.futures.wait(running, timeout=1, return_when=concurrent.futures.FIRST_COMPLETED)
        if not done:
            pool.check()
        finished = [(running.pop(future), _result(future)) for future in done]
        for job, result in finished:
            if job.tries < TRIES and _may_do_better(result):
                again.append(job)
            else:
                yield job.label, Lost() if isinstance(result, BrokenProcessPool) else result


def _may_do_better(result):
    """Whether another try is worth it: the worker was lost, or the task itself asks for it."""
    return isinstance(result, BrokenProcessPool) or type(result).__name__ == "TryAgain"


def _result(future):
    """What a future came to, be it an exception."""
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise Problem("The Dask scheduler dropped the submissions that it had.", GO_ON) from None
    except Exception as error:
        # Dask gives a task out again by itself, and says so when it has given up.
        return Lost() if type(error).__name__ == "KilledWorker" else error


class LocalPool(concurrent.futures.Executor):
    """Processes of this machine. Each is a pool of its own, so that one that dies takes no other's work along."""

    def __init__(self, workers):
        self.at_once = workers
        self.latest = {}  # pool: the future that it got last

    def submit(self, function, /, *arguments):
        for pool, future in list(self.latest.items()):
            if future.done():
                with contextlib.suppress(BrokenProcessPool):
                    return self._give(pool, function, arguments)
                del self.latest[pool]
        pool = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin_worker)
        return self._give(pool, function, arguments)

    def _give(self, pool, function, arguments):
        self.latest[pool] = pool.submit(_until_told, function, *arguments)
        return self.latest[pool]

    def everywhere(self, function):
        """{place: function()} for each machine that runs submissions."""
        return {"this machine": function()}

    def check(self):
        """Nothing can be wrong that a future doesn't say."""

    def __exit__(self, kind, *error):
        """End the workers; where the run is broken off, in the middle of what they do."""
        for pool in self.latest:
            pool.shutdown(wait=False, cancel_futures=True)
        workers = multiprocessing.active_children()
        for end in (lambda worker: kind and worker.terminate(), multiprocessing.Process.kill):
            for worker in workers:
                end(worker)
            until = time.monotonic() + GRACE
            for worker in workers:
                worker.join(max(0, until - time.monotonic()))


def _begin_worker():
    """A worker leaves Ctrl-C to the coordinator, ends in good order when told to, and doesn't outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _until_told(function, *arguments):
    """function(…), unless the worker is told to end meanwhile."""
    try:
        return function(*arguments)
    except SystemExit:
        os._exit(1)  # what `function` had open is closed by now; the pool would go on


def _end_with_parent():
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


class DaskPool:
    """The workers of a Dask scheduler. tls: files (ca, certificate, key), each a path or None."""

    def __init__(self, address, tls=(None, None, None)):
        try:
            from distributed import Client
        except ImportError:
            raise Problem("Dask isn't installed here.", "`pip install distributed`, or grade with --workers.") from None
        for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what it says there is said below, in sentences
        warnings.filterwarnings("ignore", message="Sending large graph")  # a task is as large as its notebook

        class Quiet(Client):
            def __del__(self):
                """Nothing: one that never reached its scheduler would say so again when Python ends."""

        try:
            self.client = Quiet(address, security=_security(tls), timeout=ANSWER, set_as_default=False)
        except Exception as error:  # many kinds: addresses, names, sockets, certificates
            raise Problem(f"No Dask scheduler answers at {address} ({_first_line(error)}).",
                          "Is it running (`dask scheduler`), is the address whole (tcp://HOST:8786; with TLS "
                          "tls://HOST:8786 and --tls-ca, --tls-cert, --tls-key), may this machine reach it?") from None
        self.executor = self.client.get_executor(pure=False)
        self.well = time.monotonic()  # when it was last seen to be well
        self.at_once = 1

    def __enter__(self):
        self.at_once = 2 * sum(self.threads().values()) or 1  # one runs, one waits beside it
        return self

    def threads(self):
        return {place: worker["nthreads"] for place, worker in self.client.scheduler_info(-1)["workers"].items()}

    def submit(self, function, /, *arguments):
        return self.executor.submit(function, *arguments)

    def everywhere(self, function):
        """{place: function()} for each machine that runs submissions."""
        try:
            found = self.client.run(function)
        except Exception as error:
            raise Problem(f"The Dask workers can't grade ({_first_line(error)}).",
                          "Start them in an environment of the course: `pip install .[grading]` from the same copy.",
                          ) from None
        if not found:
            raise Problem("The Dask scheduler has no workers.", "Start some: `dask worker ADDRESS`.")
        return found

    def check(self):
        """Raise Problem where scheduler or workers have been gone for long."""
        if self.client.status == "running" and self.threads():
            self.well = time.monotonic()
        elif self.client.status == "closed" or time.monotonic() - self.well > PATIENCE:
            what = "has no workers any more" if self.client.status == "running" else "is gone"
            raise Problem(f"The Dask scheduler {what}.", GO_ON)

    def __exit__(self, *error):
        self.executor.shutdown(wait=False)
        self.client.close(timeout=GRACE)


def _security(tls):
    from distributed import Security

    if not any(tls):
        return None
    for path in filter(None, tls):
        open(path, "rb").close()  # says which one is missing
    ca, certificate, key = (str(path) if path else None for path in tls)
    return Security(require_encryption=True, tls_ca_file=ca, tls_client_cert=certificate, tls_client_key=key)


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
