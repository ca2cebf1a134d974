"""Run a submission: every graded cell, one after the other, in a kernel behind walls.

Takes the place of nbgrader's own `Execute`, so `nbgrader autograde` and the formgrader page run
submissions in the same way as `attn grade`.
"""

import os
import subprocess
import time

from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer, Unicode

from attnlib.grading import sandbox
from attnlib.paths import Problem


class RunSubmission(Execute):
    """Runs a notebook's cells; each keeps its result, so a kernel that dies loses only what comes after."""

    skip_cells_with_tag = Unicode("experiment", help="Nothing graded depends on cells with this tag.").tag(config=True)
    unsafe = Bool(False, help="Run students' code without a sandbox.").tag(config=True)
    notebook_timeout = Integer(180, help="Seconds for all cells of a notebook together.").tag(config=True)

    def preprocess(self, nb, resources, km=None):
        name, wrong = (sandbox.NONE, "") if self.unsafe else sandbox.probe()
        if wrong:
            raise Problem(wrong, "Or grade without walls, if you trust every submission: `attn grade LESSON --unsafe`.")
        self.shutdown_kernel = "immediate"
        self.began, self.ended = time.monotonic(), ""
        with sandbox.scratch(resources.get("metadata", {}).get("path")) as self.folder:
            nb, resources = super().preprocess(nb, resources, km)
        nb.metadata["attn"] = {"sandbox": name, "seconds": round(time.monotonic() - self.began, 3)}
        return nb, resources

    def create_kernel_manager(self):
        self.km = sandbox.CourseKernelManager(self.folder, walled=not self.unsafe, config=self.config)
        return self.km

    async def async_start_new_kernel(self, **settings):
        # Behind walls the kernel gets none of these: bubblewrap clears them and sets its own.
        settings.setdefault("env", {**os.environ, **sandbox.course_environment()})
        await super().async_start_new_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **settings)

    start_new_kernel = run_sync(async_start_new_kernel)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            return cell, resources
        if utils.is_grade(cell) or utils.is_solution(cell):  # never left out, whatever its tags say
            cell.metadata.pop("tags", None)
        began = time.monotonic()
        if not self.ended and began - self.began > self.notebook_timeout:
            self.ended = f"time limit: the whole notebook took more than {self.notebook_timeout} s"
        if not self.ended:
            try:
                cell, resources = super().preprocess_cell(cell, resources, index)
            except DeadKernelError:
                self.ended = "the kernel ended (memory, a crash, or a call that ends Python)"
        if self.ended:
            cell.outputs = [new_output("error", ename="NotRun", evalue=self.ended, traceback=[self.ended])]
        cell.metadata["attn"] = {"seconds": round(time.monotonic() - began, 3)}
        return cell, resources
