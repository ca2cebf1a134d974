"""A fresh copy of the course, `attn lab` serving it, and a Chromium that looks at it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, SCREENSHOTS

PATIENCE = 300  # seconds for one lesson to run; experiments train for up to a minute, and machines are busy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Lab:
    """A JupyterLab that `attn lab` serves on a copy of the course."""

    course: Path
    address: str
    token: str
    printed: Path  # what the server printed

    def ask(self, path):
        """The server's own answer to a request, decoded."""
        with urllib.request.urlopen(f"{self.address}{path}?token={self.token}", timeout=30) as answer:
            return json.load(answer)

    def is_idle(self):
        return all(kernel["execution_state"] == "idle" for kernel in self.ask("/api/kernels"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """`attn lab` on a fresh copy of what students get."""
    course = tmp_path_factory.mktemp("course")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, course)
    shutil.copytree(ROOT / "notebooks", course / "notebooks")
    # The tests drive some things through JupyterLab's own application object.
    settings = tmp_path_factory.mktemp("settings")
    (settings / "jupyter_lab_config.json").write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    lab = Lab(course, f"http://localhost:{free_port()}", secrets.token_hex(8), settings / "printed.txt")
    surroundings = {**os.environ, "JUPYTER_TOKEN": lab.token, "JUPYTER_CONFIG_PATH": str(settings),
                    "JUPYTER_CONFIG_DIR": str(settings / "empty"),
                    "JUPYTERLAB_WORKSPACES_DIR": str(settings / "spaces"),
                    "JUPYTERLAB_SETTINGS_DIR": str(settings / "user")}
    with lab.printed.open("w") as printed:
        server = subprocess.Popen(
            [sys.executable, "-m", "attnlib.cli", "lab", "--no-browser", "--port", lab.address.rsplit(":")[-1]],
            cwd=course, env=surroundings, stdout=printed, stderr=printed)
        try:
            wait_until(lambda: answers(lab), 60, lambda: lab.printed.read_text())
            yield lab
        finally:
            server.terminate()
            server.wait(30)


def answers(lab):
    try:
        return "version" in lab.ask("/api")
    except OSError:
        return False


def wait_until(true, seconds, explain=lambda: ""):
    """Wait until `true()`; fails with `explain()` after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s. {explain()}"
        time.sleep(0.25)


# Console errors that harm nobody, each with its reason.
HARMLESS = ()


class Desk:
    """One browser page on the lab, and what went wrong in it."""

    def __init__(self, browser, lab):
        self.lab, self.troubles = lab, []
        self.page = browser.new_page(viewport={"width": 1400, "height": 1000})
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda said: self._note("console", said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note("page", str(error)))
        self.page.on("response", self._answered)

    def _answered(self, got):
        if got.status >= 400:
            self._note("answer", f"{got.status} {got.url}")

    def _note(self, kind, text):
        if not any(known in text for known in HARMLESS):
            self.troubles.append(f"{kind}: {text}")

    def open(self, path):
        """Open the notebook at `path`, relative to work/, and wait until its kernel is there."""
        self.path = self.lab.course / "work" / path
        self.page.goto(f"{self.lab.address}/lab/tree/{path}?token={self.lab.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        ready = """() => {
            const panel = window.jupyterapp.shell.currentWidget, kernel = panel?.sessionContext?.session?.kernel;
            return panel?.context?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
        }"""
        self.page.wait_for_function(ready)

    def run_all(self):
        """Run All from the menu, wait until the kernel has nothing left to do, save."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.settle()

    def run_each(self):
        """Run one cell after the other from the top, as a student does who goes on below an error."""
        for index, cell in enumerate(self.cells()):
            if cell["cell_type"] == "code":
                self.page.evaluate("""async index => {
                    const notebook = window.jupyterapp.shell.currentWidget.content;
                    notebook.deselectAll(); notebook.activeCellIndex = index;
                    await window.jupyterapp.commands.execute('notebook:run-cell');
                }""", index)
        self.settle()

    def settle(self):
        """Wait until the cells have run, or one of them stopped with an error; then save."""
        done = """() => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)
                .filter(model => model.type === 'code' && model.sharedModel.source.trim());
            const stopped = cells.some(model => model.outputs.toJSON().some(output => output.output_type === 'error'));
            return cells.every(model => model.executionState === 'idle')
                && (stopped || cells.every(model => model.executionCount));
        }"""
        wait_until(lambda: self.page.evaluate(done) and self.lab.is_idle(), PATIENCE, self.text)
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def show(self, index):
        """Scroll to the cell at `index`."""
        self.page.evaluate("""async index => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = index;
            await notebook.scrollToItem(index, 'center');
        }""", index)
        time.sleep(1)  # the browser draws what came into sight

    def cells(self):
        """The saved notebook's cells."""
        return json.loads(self.path.read_text())["cells"]

    def errors(self):
        """{index: (kind, message)} of the cells that stopped with an error."""
        return {index: (output["ename"], output["evalue"]) for index, cell in enumerate(self.cells())
                for output in cell.get("outputs", []) if output["output_type"] == "error"}

    def text(self):
        return self.page.inner_text("body")[:2000]

    def keep(self, name):
        """A screenshot, build/screenshots/NAME.png."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def desk(chromium, lab):
    desk = Desk(chromium, lab)
    yield desk
    desk.page.close()
    for session in lab.ask("/api/sessions"):
        address = f"{lab.address}/api/sessions/{session['id']}?token={lab.token}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=60)
