"""How long one waits at the start: for the package, for a command, for a lesson's first cell, for `make lab` again.

    python -m tests.benchmarks.start_up [REPEATS]

Each time is a process of its own. `import attnlib` may cost no more than `import torch`: it is asked for beside it.
"""

import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from attnlib.grading.lessons import ENCRYPTED
from tests.benchmarks import ROOT, reached, spread, table

PYTHON = {"python alone": "pass", "import torch": "import torch", "import attnlib": "import attnlib",
          "what lessons import": "from attnlib import checks, figures, metrics, models, training"}
GOAL = ("import attnlib against import torch", "<=", 1)
LESSON = "06_attention_decoder/attention_decoder"  # the one that imports most
PATIENCE = 300


def main(repeats=5):
    """The report's lines, and which figures were missed."""
    cell, lab = "a kernel and lesson 06's first cell", "`make lab` again, until JupyterLab answers"
    taken = {what: [] for what in (*PYTHON, "attn --help", cell, lab)}
    with tempfile.TemporaryDirectory() as folder:
        course = _course(Path(folder))
        answers_after(course)  # the first start copies the lessons
        for _ in range(repeats):  # in turns, so that what else the machine does meets all of them
            for what, code in PYTHON.items():
                taken[what].append(seconds([sys.executable, "-c", code]))
            taken["attn --help"].append(seconds([sys.executable, "-m", "attnlib.cli", "--help"]))
            taken[cell].append(first_cell())
            taken[lab].append(answers_after(course))
    ratios = [ours / torchs for ours, torchs in zip(taken["import attnlib"], taken["import torch"], strict=True)]
    what, sign, goal = GOAL
    missed = [] if reached(statistics.median(ratios), sign, goal) else [what]
    rows = [(name, spread(each, "s"), "") for name, each in taken.items()]
    rows.append((what, spread(ratios, "×"), f"{sign} {goal:g}" + (" **missed**" if missed else "")))
    return [f"Start-up, medians of {repeats}", "", *table(("what", "median, spread", "to reach"), rows)], missed


def seconds(command):
    """What a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began


def first_cell():
    """Seconds from starting a kernel until the lesson's first cell has run."""
    notebook = nbformat.read(ROOT / "solutions" / f"{LESSON}.ipynb", 4)
    notebook.cells = [next(cell for cell in notebook.cells if cell.cell_type == "code")]
    client = NotebookClient(notebook, timeout=PATIENCE, config=ENCRYPTED, resources={"metadata": {"path": str(ROOT)}})
    began = time.perf_counter()
    client.execute()
    return time.perf_counter() - began


def _course(folder):
    """A copy of what students have, so that the benchmark leaves work/ alone."""
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    return folder


def answers_after(course):
    """Seconds from `attn lab` in a copy of the course until JupyterLab's page is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = Path(sys.prefix) == ROOT / ".venv"  # as `make lab` does it, which looks first whether all is installed
    command = [sys.executable, ROOT / "attnlib" / "bootstrap.py", "lab"] if own else []
    command += [sys.executable, "-m", "attnlib.cli", "lab", "--no-browser", "--port", str(port)]
    token, began = secrets.token_hex(8), time.perf_counter()
    server = subprocess.Popen(command, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "JUPYTER_TOKEN": token})
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/lab?token={token}", timeout=PATIENCE).read()
                return time.perf_counter() - began
            except urllib.error.URLError:
                if server.poll() is not None or time.perf_counter() - began > PATIENCE:
                    raise
                time.sleep(0.05)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join(text))
    sys.exit(1 if late else 0)
