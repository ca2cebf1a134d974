"""Run a restored submission: one cell after the other, in a kernel behind walls.

`attn grade` calls `run`. `RunSubmission` takes the place of nbgrader's own `Execute` and calls the same,
so `nbgrader autograde` and the formgrader page run submissions in the same way.

Each cell keeps its result as it finishes. A kernel that ends loses only what comes after, and says why.
"""

import asyncio
import signal
import time
from pathlib import Path

import nbformat
import zmq
import zmq.asyncio
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_output
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import Bool, Integer

from attnlib import notebooks
from attnlib.grading import canaries, guard, sandbox
from attnlib.grading.sandbox import Settings
from attnlib.paths import Problem

EXPERIMENT = "experiment"  # nothing graded depends on cells with this tag
TICK = 0.25  # seconds between two looks at the kernel
GRACE = 2  # seconds that an interrupted cell has to end
ORDER = 15  # seconds that putting a kernel in order may take
START = 60  # seconds that a kernel may take to start
SHOWN = ("stream", "display_data", "execute_result", "error", "clear_output", "update_display_data")
ENDED = {signal.SIGKILL: "killed, as for want of memory", signal.SIGSEGV: "a crash", signal.SIGBUS: "a crash",
         signal.SIGILL: "a crash", signal.SIGFPE: "a crash", signal.SIGABRT: "a crash, as for want of memory",
         signal.SIGXCPU: "the limit on computing time", signal.SIGXFSZ: "the limit on a file's size"}


GARBLED = "the kernel sent something that is no message"
STOPPED = "CellTimeoutError"  # the name that nbgrader gives it


class Ended(Exception):
    """The kernel is gone, or has to go: the rest of the notebook can't run."""


class TryAgain(Exception):
    """The machine's fault, not the submission's: it can be run again."""


def run(notebook, files=None, settings=None, environment=None):
    """The notebook executed: outputs in its cells, `attn` in their metadata and in its own.

    files: {relative name: bytes} beside the notebook. environment: more variables for the kernel.
    Raises Problem where no sandbox runs and the settings want one, TryAgain where a kernel doesn't start.
    """
    settings = settings or Settings()
    name, wrong = (sandbox.NONE, "") if settings.unsafe else sandbox.probe()
    if wrong:
        raise Problem(wrong, "Or grade without walls, if you trust every submission: `attn grade LESSON --unsafe`.")
    notebook, began = nbformat.from_dict(notebook), time.monotonic()
    for cell in notebook.cells:
        handed_in = cell.metadata.pop("attn", {}).get("handed_in", [])
        if cell.cell_type == "code" and not notebooks.is_test(cell) and not notebooks.has_tag(cell, EXPERIMENT):
            cell.metadata["attn"] = {"handed_in": handed_in}  # for feedback
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if notebooks.graded(cell):  # never left out, whatever its tags say
            cell.metadata.pop("tags", None)
    with sandbox.scratch(files or {}) as folder:
        run_sync(_Kernel(notebook, folder, settings, environment or {}).run)()
    seconds = round(time.monotonic() - began, 3)
    notebook.metadata.setdefault("attn", {}).update(sandbox=name, seconds=seconds)
    return notebook


class _Kernel(NotebookClient):
    """nbclient's conversation with a kernel that may be hostile: nothing that it sends is believed to be harmless."""

    def __init__(self, notebook, folder, settings, environment):
        self.imports = canaries.lesson_imports(notebook)
        self.modules = [*(module for _, module, _ in self.imports), *canaries.check_modules(notebook)]
        manager = sandbox.CourseKernelManager(folder, settings, environment, self.modules)
        # More than this in one message is not even read; what was not read yet waits in the kernel's own memory.
        manager.context.setsockopt(zmq.MAXMSGSIZE, settings.output_kb * 1024 + 2**20)
        manager.context.setsockopt(zmq.RCVHWM, 16)
        super().__init__(notebook, km=manager, record_timing=False)
        self.log.setLevel("CRITICAL")
        self.settings, self.why, self.count, self.said, self.looked = settings, "", 0, 0, 0
        self.borrowed = canaries.borrowed(notebook)

    async def run(self):
        """Run the notebook's cells."""
        try:
            await self._start()
            for index, cell in enumerate(self.nb.cells):
                if cell.cell_type == "code":
                    await self._run_cell(cell, index)
        finally:
            await self._end()

    async def _start(self):
        try:
            await self.async_start_new_kernel()
        except OSError as error:
            raise TryAgain(f"the kernel did not start: {error}") from None
        self.kc = self.km.client()
        self.kc.start_channels(stdin=False, hb=False)
        self.iopub, self.shell = self.kc.iopub_channel.socket, self.kc.shell_channel.socket
        self.dropped = self.iopub.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.poller = zmq.asyncio.Poller()
        for socket in (self.iopub, self.shell, self.dropped):
            self.poller.register(socket, zmq.POLLIN)
        try:
            await self._ready()
            self.km.seal()
            await self._install_guard()
            self.until = time.monotonic() + self.settings.notebook_seconds
        except Ended as reason:
            raise TryAgain(f"the kernel did not start: {reason}") from None

    async def _ready(self):
        """Wait until the kernel answers on both sockets."""
        until = time.monotonic() + START
        heard = set()
        while heard < {self.iopub, self.shell}:
            self.kc.kernel_info()
            heard |= set(dict(await self.poller.poll(100)))
            await self._look(until)
        while events := dict(await self.poller.poll(20)):  # what else it says at its start
            for socket in events:
                await socket.recv_multipart()

    async def _end(self):
        """Kill the kernel and all that it left running; close the sockets."""
        try:
            if self.km.has_kernel:
                await self.km.shutdown_kernel(now=True)
        finally:
            if self.kc is not None:
                self.iopub.disable_monitor()
                self.kc.stop_channels()
            self.km.context.destroy(linger=0)

    async def _run_cell(self, cell, index):
        if notebooks.has_tag(cell, EXPERIMENT) or not cell.source.strip():
            return
        began = time.monotonic()
        if not self.why and began > self.until:
            self.why = f"time limit: the whole notebook took more than {self.settings.notebook_seconds} s"
        if not self.why:
            self.count += 1
            try:
                await (self._test if notebooks.is_test(cell) else self._execute)(cell, index)
            except Ended as reason:
                self.why = str(reason)
                await self.km.shutdown_kernel(now=True)
        if self.why:
            cell.outputs.append(error("NotRun", self.why))
        cell.outputs = _joined(cell.outputs)
        cell.metadata.setdefault("attn", {})["seconds"] = round(time.monotonic() - began, 3)

    async def _test(self, cell, index):
        """Run a test cell between its canaries. What they find goes into its metadata."""
        flags = [self.borrowed[name] for name in [notebooks.grade_id(cell)] if name in self.borrowed]
        pries = canaries.prying(self.nb.cells[:index])
        flags += [canaries.PRIES + ", ".join(pries)] if pries else []
        watch, passed = sorted(canaries.exercises(cell.source)), False
        source = canaries.with_builtins(cell.source, self.nb.cells[:index])
        after = None  # what the guard has still to clear up: told with the next request, which saves one
        for canary in canaries.around(source):
            ran, first = new_code_cell(canary.source if canary else source), canary is None and not passed
            helpers = canaries.helpers(canary)
            await self._guard({"after": after, "before": {"helpers": helpers, "watch": watch}}, flags)
            after = "keep" if first else "forget"
            try:
                await self._execute(ran, index)
            finally:
                if first:
                    cell.outputs, cell.execution_count = ran.outputs, self.count
            ended = next(reversed(_errors(ran)), None)
            if not passed and ended is not None and (canary is None or _timed_out(ended)):
                cell.outputs, cell.execution_count = ran.outputs, self.count  # it would take as long again
                break
            if canary is None and ended is not None or _timed_out(ended):
                flags.append("the test passed once and not again")
            elif canary and canary.wrong(ended):
                flags.append(canary.flag)
            passed = passed or canary is None
        await self._guard({"after": after, "before": None}, flags)
        if not passed:
            return
        cell.metadata["attn"] = {"flags": list(dict.fromkeys(flags))}

    async def _install_guard(self):
        """Before anything of the student's: import what the lesson imports, and remember how all of it is."""
        code = f"__import__({guard.__name__!r}, fromlist=['install']).install({self.modules!r})"
        message = self.kc.session.msg("execute_request", {"code": code, "silent": True, "store_history": False,
                                                          "user_expressions": {}, "allow_stdin": False})
        reply = await self._ask(message, START)
        if reply.get("status") != "ok":
            raise Ended(f"{reply.get('ename')}: {reply.get('evalue')}")

    async def _guard(self, wanted, flags):
        """Have the guard put everything back, or clear up after a run. What it finds wrong goes into flags."""
        message = self.kc.session.msg(guard.MESSAGE, {"imports": self.imports, **wanted})
        reply = await self._ask(message, ORDER)
        if reply.get("status") != "ok":
            flags.append(f"the kernel can't be put in order ({reply.get('evalue')})")
        if reply.get("called"):
            flags.append(canaries.BORROWED + ", ".join(map(str, reply["called"])))

    async def _execute(self, cell, index):
        """Run one cell; its outputs are in it afterwards. Raises Ended when the kernel can't go on."""
        message = self.kc.session.msg("execute_request", {
            "code": cell.source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
            "stop_on_error": False})
        self.clear_before_next_output = False
        try:
            reply = await self._ask(message, self.settings.cell_seconds, lambda said: self._take(said, cell, index))
        finally:
            cell.execution_count = self.count
        if reply.get("ename") == STOPPED or reply.get("status") != "ok" and not _errors(cell):
            cell.outputs.append(error(str(reply.get("ename")), str(reply.get("evalue"))))

    async def _ask(self, message, seconds, take=lambda said: None):
        """Send a request; `take` gets each message that answers it; returns the content of its reply.

        After `seconds` the kernel is interrupted, and the reply is an error that says so. Raises Ended when the
        kernel is gone, goes on all the same, or takes more than its share.
        """
        self.kc.shell_channel.send(message)
        asked, self.said, self.km.peak = message["header"]["msg_id"], 0, 0
        until, interrupted, reply, idle = time.monotonic() + seconds, False, None, False
        limit = ""
        while reply is None or not idle:
            events = dict(await self.poller.poll(1000 * TICK))
            if self.iopub in events:
                said = await self._receive(self.iopub, asked)
                idle = idle or _is_idle(said)
                take(said)
            elif self.dropped in events:
                await self._disconnected()
            if self.shell in events:
                reply = reply or await self._receive(self.shell, asked)
            now = time.monotonic()
            if now > self.looked + TICK:
                await self._look()
                self.looked = time.monotonic()
            if now > until:
                limit = limit or self._limit_reached()
                if interrupted:
                    raise Ended(f"{limit}: a cell went on after {seconds} s, though interrupted")
                interrupted, until = True, now + GRACE
                await self.km.interrupt_kernel()
        return {"status": "error", "ename": STOPPED, "evalue": limit} if interrupted else reply["content"]

    def _limit_reached(self):
        """What to call it when a cell's time is up: filling the memory takes its time, too."""
        return "memory limit" if self.km.peak > self.settings.memory_mb * 2**20 / 4 else "time limit"

    async def _disconnected(self):
        """Raise Ended with the reason: the kernel is gone, or sent a message that is too long to be read."""
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            await self._look()
            await asyncio.sleep(TICK / 5)
        raise Ended("output limit: more at once than a cell may print")

    async def _receive(self, socket, asked):
        """The message that waits, if it answers what was asked; None for any other."""
        parts = await socket.recv_multipart()
        self.said += sum(map(len, parts))
        if self.said > self.settings.output_kb * 1024:
            raise Ended(f"output limit: a cell printed more than {self.settings.output_kb} kB")
        try:
            message = self.kc.session.deserialize(self.kc.session.feed_identities(parts)[1])
            return message if message["parent_header"].get("msg_id") == asked else None
        except Exception:
            raise Ended(GARBLED) from None

    def _take(self, message, cell, index):
        """Put a message's output into the cell."""
        if message is not None and message["msg_type"] in SHOWN:
            try:
                self.process_message(message, cell, index)
            except Exception:
                raise Ended(GARBLED) from None

    async def _look(self, until=None):
        """Raise Ended where the kernel is gone, or takes more than its share."""
        if not await self.km.is_alive():
            raise Ended(f"the kernel ended: {_cause(self.km.provisioner.process.returncode)}")
        wrong = self.km.over_limits()
        if wrong:
            raise Ended(wrong)
        if until and time.monotonic() > until:
            raise Ended(f"no answer within {START} s")


def _errors(cell):
    return [output for output in cell.outputs if output.output_type == "error"]


def _timed_out(output):
    return output is not None and output.ename == STOPPED


def _is_idle(message):
    return message is not None and message["msg_type"] == "status" \
        and message["content"].get("execution_state") == "idle"


def _cause(status):
    """Why a process ended, from its exit status: bubblewrap's own tells a signal as a shell does."""
    number = -status if status < 0 else status - 128
    return ENDED.get(number, f"signal {number}") if number > 0 else "a call that ends Python"


def error(name, said):
    return new_output("error", ename=name, evalue=said, traceback=[f"{name}: {said}"])


def _joined(outputs):
    """Outputs in which what was printed in several pieces stands in one."""
    found = []
    for output in outputs:
        if found and output.output_type == found[-1].output_type == "stream" and output.name == found[-1].name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


class RunSubmission(NbGraderPreprocessor):
    """`run` as a step of nbgrader's own autograding."""

    timeout = Integer(30, help="Seconds that a cell may take.").tag(config=True)
    notebook_timeout = Integer(180, help="Seconds for all cells of a notebook together.").tag(config=True)
    memory_mb = Integer(4096, help="Memory of a kernel.").tag(config=True)
    processes = Integer(64, help="Processes and threads of a kernel.").tag(config=True)
    file_mb = Integer(100, help="Size of a file that a kernel writes.").tag(config=True)
    scratch_mb = Integer(256, help="Size of all files of a kernel.").tag(config=True)
    output_kb = Integer(8192, help="What a cell may print and show.").tag(config=True)
    unsafe = Bool(False, help="Run students' code without a sandbox.").tag(config=True)

    def preprocess(self, nb, resources):
        settings = Settings(**settings_of(self))
        path = resources.get("metadata", {}).get("path")
        return run(nb, files_beside(Path(path)) if path else {}, settings), resources


def settings_of(step):
    """The settings in RunSubmission's configuration, as a dictionary of the task's contract."""
    same = ("memory_mb", "processes", "file_mb", "scratch_mb", "output_kb", "unsafe")
    return {"cell_seconds": step.timeout, "notebook_seconds": step.notebook_timeout,
            **{name: getattr(step, name) for name in same}}


def settings(config, unsafe=False):
    """The same from nbgrader's configuration."""
    return settings_of(RunSubmission(config=config)) | {"unsafe": unsafe}


def files_beside(folder):
    """{relative name: bytes} of the regular files in a submission's folder. Notebooks stay outside."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"}
