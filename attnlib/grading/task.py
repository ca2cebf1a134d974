"""Run and score one restored submission: JSON in, JSON out, so that it can run on any machine."""

import base64
import json
import time

from attnlib.grading.run import run
from attnlib.grading.sandbox import Settings
from attnlib.grading.score import score

VERSION = 1  # of payload and result


def grade_task(payload):
    """The result, as bytes of JSON, of the submission in the bytes `payload`.

    Raises Problem where no sandbox runs on this machine.
    """
    task, began = json.loads(payload), time.monotonic()
    files = {name: base64.b64decode(data) for name, data in task["files"].items()}
    notebook = run(task["notebook"], files, Settings(**task["settings"]), task["environment"])
    score(notebook)
    whole = notebook.metadata["attn"]
    return json.dumps({"version": VERSION, "notebook": notebook, "flags": whole.get("flags", []),
                       "sandbox": whole["sandbox"], "seconds": round(time.monotonic() - began, 3),
                       "reason": ""}).encode()
