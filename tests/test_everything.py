"""How the tests themselves are run: nothing is left out unseen, and a failure is never lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .everything import _add, main

ROOT = Path(__file__).resolve().parents[1]
PASSES = "def test_passes():\n    pass\n"


def run(folder, test, *options, **surroundings):
    """pytest's exit code and output on one test file beside this project's conftest.py."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_it.py").write_text("import pytest\n" + PASSES + test)
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the other plugins take seconds to load
    ran = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options], cwd=folder,
                         env={**os.environ, **quick, **surroundings}, capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout


INSIDE = "def test_skips():\n    pytest.skip('needs Chromium: apt install it')\n"
MARKED = "@pytest.mark.skipif(True, reason='no time')\ndef test_skips():\n    pass\n"
MODULE = "pytest.skip('not today', allow_module_level=True)\n"


TWO = ("-p", "xdist", "-n", "2")


@pytest.mark.parametrize("skip, options", [(INSIDE, ()), (MARKED, ()), (MODULE, ()), (INSIDE, TWO)],
                         ids=["inside", "marked", "module", "two workers"])
def test_in_ci_a_test_left_out_fails_the_run(tmp_path, skip, options):
    code, shown = run(tmp_path, skip, *options, CI="true")
    assert code == 1 and "in CI nothing may be skipped" in shown
    code, _ = run(tmp_path, skip, *options, CI="")
    assert code in (0, 5), "elsewhere it may be skipped"


@pytest.mark.parametrize("reason", ["needs a GPU", "needs outside data: the Tatoeba file"])
def test_in_ci_these_reasons_are_good(tmp_path, reason):
    assert run(tmp_path, f"def test_skips():\n    pytest.skip({reason!r})\n", CI="true")[0] == 0


def test_the_counts_of_several_reports_add_up(tmp_path):
    report = tmp_path / "report.xml"
    run(tmp_path, "def test_fails():\n    assert 0\ndef test_skips():\n    pytest.skip('x')\n", f"--junitxml={report}")
    counts = {}
    _add(counts, report)
    _add(counts, report)
    _add(counts, tmp_path / "none.xml")
    assert counts == {"passed": 2, "failed": 2, "errors": 0, "skipped": 2}


@pytest.mark.parametrize("codes, expected", [
    ([0, 0, 0], 0), ([1, 0, 0], 1), ([0, 1, 0], 1), ([0, 0, 1], 1), ([0, 5, 5], 0), ([3, 0, 0], 1)])
def test_one_bad_part_makes_the_whole_fail(monkeypatch, tmp_path, codes, expected):
    from . import everything

    left = list(codes)
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    monkeypatch.setattr(everything, "_pytest", lambda options: left.pop(0))
    monkeypatch.setattr(everything, "_add", lambda counts, report: counts.update(passed=1))
    assert main([]) == expected


def test_no_test_at_all_is_a_failure(monkeypatch, tmp_path):
    from . import everything

    monkeypatch.setattr(everything, "ROOT", tmp_path)
    monkeypatch.setattr(everything, "_pytest", lambda options: 5)
    assert main([]) == 1
