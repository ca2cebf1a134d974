"""How long one waits at the start: for a command, for the package, for JupyterLab's second start, for a first cell.

    python -m tests.benchmarks.start_up [REPEATS]

Each time is a process of its own; `import attnlib` is given beside `import torch`, which it may not exceed by much.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.benchmarks import table

ROOT = Path(__file__).resolve().parents[2]
BEYOND, AT_MOST = "import attnlib, beyond import torch", 0.3  # seconds
PATIENCE = 120


def main(repeats=5):
    """The report's lines, and which figures were missed."""
    python = {"python alone": "pass", "import torch": "import torch", "import attnlib": "import attnlib",
              "what a lesson's first cell imports": "import torch; from attnlib import checks, figures"}
    taken = {what: [] for what in (*python, "attn --help", "JupyterLab answers (second start)")}
    for _ in range(repeats):  # in turns, so that what else the machine does meets all of them
        for what, code in python.items():
            taken[what].append(_seconds([sys.executable, "-c", code]))
        taken["attn --help"].append(_seconds([sys.executable, "-m", "attnlib.cli", "--help"]))
        taken["JupyterLab answers (second start)"].append(_lab())
    beyond = statistics.median(a - t for a, t in zip(taken["import attnlib"], taken["import torch"], strict=True))
    missed = [BEYOND] if beyond > AT_MOST else []
    rows = [(what, f"{statistics.median(each):.2f} s", f"{min(each):.2f} to {max(each):.2f}") for what, each in
            taken.items()]
    rows.append((BEYOND, f"{beyond:.2f} s", f"at most {AT_MOST} s" + (" **missed**" if missed else "")))
    return [f"Start-up, medians of {repeats}", "", *table(("what", "median", "spread"), rows)], missed


def _seconds(command):
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began


def _lab():
    """Seconds from starting JupyterLab until its page is served."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
                                   "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"],
                                  stderr=subprocess.PIPE, text=True)
        try:
            address = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+/lab", line)))
            while True:
                try:
                    urllib.request.urlopen(address, timeout=5).read()
                    return time.perf_counter() - began
                except urllib.error.URLError:
                    if time.perf_counter() - began > PATIENCE:
                        raise
                    time.sleep(0.05)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    text, late = main(*map(int, sys.argv[1:]))
    print("\n".join(text))
    sys.exit(1 if late else 0)
