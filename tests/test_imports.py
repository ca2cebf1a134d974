"""Which way imports run, and what `import attnlib` costs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_contracts_on_imports_hold():
    program = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def python(program):
    """The last line that a fresh Python prints when it runs `program`."""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


@pytest.mark.alone
def test_importing_attnlib_costs_little_above_torch():
    """At most 0.1 s above torch; the best of three, since another program can only make it slower."""
    program = ("import time\nimport torch\nbegan = time.perf_counter()\nimport attnlib\n"
               "from attnlib import checks, course\nprint(time.perf_counter() - began)")
    assert min(float(python(program)) for _ in range(3)) < 0.1


def test_importing_attnlib_loads_no_tools_of_the_instructor():
    tools = ("nbgrader", "nbformat", "nbclient", "nbconvert", "jupytext", "typer", "rich", "dask", "attnlib.grading")
    program = f"import sys\nfrom attnlib import checks\nprint([name for name in {tools!r} if name in sys.modules])"
    assert python(program) == "[]"
