"""Run and score one restored submission: bytes of JSON in, bytes of JSON out."""

import base64
import json
import os
import tempfile
import time
from pathlib import Path

import nbformat
from traitlets.config import Config

from attnlib.grading.run import RunSubmission
from attnlib.grading.score import judge


def settings(config, unsafe=False):
    run = RunSubmission(config=config)
    return {"cell_seconds": run.timeout, "notebook_seconds": run.notebook_timeout, "unsafe": unsafe}


def grade_task(payload):
    task, began = json.loads(payload), time.monotonic()
    limits = task["settings"]
    os.environ.update(task["environment"])
    config = Config({"RunSubmission": {"timeout": limits["cell_seconds"], "unsafe": limits["unsafe"],
                                       "notebook_timeout": limits["notebook_seconds"]}})
    with tempfile.TemporaryDirectory() as folder:
        for name, data in task["files"].items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(data))
        notebook = nbformat.from_dict(task["notebook"])
        notebook, _ = RunSubmission(config=config).preprocess(notebook, {"metadata": {"path": folder}})
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            points, reason = judge(cell)
            cell.metadata.setdefault("attn", {}).update(
                score=points, max_score=float(cell.metadata.nbgrader["points"]), reason=reason, flags=[], held=False)
            cell.metadata.attn.setdefault("seconds", 0.0)
    return json.dumps({"version": 1, "notebook": notebook, "flags": [], "sandbox": notebook.metadata.attn["sandbox"],
                       "seconds": time.monotonic() - began, "reason": ""}).encode()
