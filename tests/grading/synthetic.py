"""Tasks that take no kernel: a score from the answer's text, after 50 ms. Workers import this module by its name."""

import hashlib
import json
import os
import time
from pathlib import Path

SECONDS = 0.05
ENDS = "# the worker ends, unless there is "  # … a file of the name that follows


def task(payload):
    """A result as `attnlib.grading.task.grade_task` returns it."""
    time.sleep(SECONDS)
    work = json.loads(payload)
    for cell in work["notebook"]["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("grade"):
            share = share_of(work["notebook"])
            cell["metadata"]["attn"] = {"score": share * marks["points"], "max_score": marks["points"], "flags": [],
                                        "reason": "" if share == 1 else "made up", "seconds": SECONDS, "held": False}
    return json.dumps({"version": 1, "notebook": work["notebook"], "flags": [], "sandbox": "none",
                       "seconds": SECONDS, "reason": ""}).encode()


def timed(payload):
    """The real task; its notebook's metadata say which worker ran it, when it began, and the kernel's seconds."""
    from attnlib.grading.task import grade_task

    began = time.time()
    result = json.loads(grade_task(payload))
    kernel = result["notebook"]["metadata"]["attn"]["seconds"]
    result["notebook"]["metadata"]["timed"] = [os.getpid(), began, kernel]
    return json.dumps(result).encode()


def mortal(payload):
    """`task`, in a worker that ends where the answer says so: as one that is out of memory."""
    source = _answer(json.loads(payload)["notebook"])
    if ENDS in source:
        mark = Path(source.split(ENDS)[1].split("\n")[0])
        if not mark.exists():
            mark.parent.exists() and mark.touch()
            os._exit(1)
    return task(payload)


def share_of(notebook):
    """Anything from 0 to 1 in tenths, always the same for the same answer."""
    return int(hashlib.sha256(_answer(notebook).encode()).hexdigest(), 16) % 11 / 10


def _answer(notebook):
    return "\n".join(cell["source"] for cell in notebook["cells"]
                     if cell["metadata"].get("nbgrader", {}).get("solution"))


# Tasks on plain bytes

def shout(payload):
    time.sleep(0.02)
    return payload.upper()


def end_once(payload):
    """Ends the worker, except when the file that the payload names is there."""
    if payload.startswith(b"/") and not Path(payload.decode()).exists():
        Path(payload.decode()).touch()
        os._exit(1)
    return payload.upper()


def end_always(payload):
    if payload == b"bad":
        os._exit(1)
    return shout(payload)


def fail(payload):
    raise ValueError("no")


def rest(payload):
    print(os.getpid(), flush=True)
    time.sleep(60)
    return b""
