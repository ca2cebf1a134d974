"""ruff finds nothing, in Python files and in the lessons."""

import subprocess
import sys
from pathlib import Path


def test_ruff_finds_nothing():
    ran = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."],
                         cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
