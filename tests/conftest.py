"""For every test: one thread a process, no progress bars, a browser, and in CI no test left out without good reason."""

import os
from pathlib import Path

import pytest

from attnlib.cli import health

ROOT = Path(__file__).resolve().parents[1]
SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that compete for cores slow training tenfold
os.environ.setdefault("TQDM_DISABLE", "1")

# In CI (CI=true) a test may be skipped only for one of these reasons.
GOOD_REASONS = ("needs a GPU", "needs outside data")
left_out = []


def _note(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(GOOD_REASONS):
            left_out.append(f"{report.nodeid}: {reason}")


def pytest_runtest_logreport(report):
    _note(report)


def pytest_collectreport(report):
    _note(report)


def _in_ci():
    return os.environ.get("CI", "").lower() == "true"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    on_worker = hasattr(session.config, "workerinput")
    if _in_ci() and left_out and not on_worker and exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if _in_ci() and left_out:
        terminalreporter.section("in CI nothing may be skipped but what needs a GPU or outside data", red=True)
        for line in left_out:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def chromium():
    """A browser without a window."""
    program = health.chromium()
    if not program:
        pytest.skip("needs Chromium: `sudo apt install chromium`, or ATTN_CHROMIUM=/path/to/it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
