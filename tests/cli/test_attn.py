"""The command's frame: its verbs, its speed, its doctor."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

from attnlib import cli, paths
from attnlib.cli import health


def test_help_lists_the_students_verbs_each_with_an_example(attn):
    code, shown = attn("--help")
    assert code == 0
    for verb in ("lab", "check", "progress", "pack", "doctor"):
        assert f" {verb} " in shown
    for verb in cli.app().registered_commands:
        name = verb.name or verb.callback.__name__.replace("_", "-")
        code, shown = attn(name, "--help")
        below = shown.split("Usage:")[1].split("\n", 1)[1]
        assert code == 0 and f"attn {name}" in below, f"attn {name} --help shows no example"


def test_help_loads_nothing_heavy():
    heavy = ("torch", "nbgrader", "nbformat", "nbclient", "numpy", "jupytext", "jupyterlab", "matplotlib", "dask")
    program = ("import sys\nfrom attnlib import cli\ntry:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
               f"print([name for name in {heavy!r} if name in sys.modules])")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_side_that_cannot_be_loaded_is_left_out_and_named(attn, monkeypatch):
    def points(group):
        yield importlib.metadata.EntryPoint("student", "attnlib.cli.student:app", group)
        yield importlib.metadata.EntryPoint("instructor", "attnlib_nowhere:app", group)

    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: points(group))
    code, shown = attn("--help")
    assert code == 0 and "check" in shown
    _, shown = attn("doctor")
    assert "instructor's verbs" in shown and "attnlib_nowhere" in shown


def test_an_unknown_verb_fails(attn):
    code, shown = attn("teach")
    assert code == 2 and "teach" in shown and "Traceback" not in shown


def test_root_is_found_from_below_and_from_elsewhere(course, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(course / "notebooks" / "00_tiny")
    assert paths.root() == course
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert (paths.root() / "attnlib" / "paths.py").exists(), "beside the package"


@pytest.mark.parametrize("name", ["00", "0", "tiny", "00_tiny", "00_tiny/"])
def test_ways_to_name_a_lesson(course, name):
    assert paths.lesson(name) == "00_tiny"


@pytest.mark.parametrize("name", ["", "..", "../00_tiny", "tin", "7", "=cmd()"])
def test_a_name_that_is_no_lesson(course, name):
    with pytest.raises(paths.Problem, match="00_tiny, 01_second"):
        paths.lesson(name)


def test_doctor_is_content_where_a_student_can_work(attn, course):
    code, shown = attn("doctor")
    assert code == 0, shown
    for what in ("Python", "torch", "jupyterlab", "nbgrader", "bubblewrap", "Chromium", "disk space"):
        assert what in shown


def test_doctor_without_bubblewrap_and_chromium_names_the_remedy(attn, course, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ATTN_CHROMIUM", raising=False)
    code, shown = attn("doctor")
    assert code == 0, "a student needs neither"
    assert "sudo apt install bubblewrap" in shown and "sudo apt install chromium" in shown


def test_doctor_tries_bubblewrap(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    finding = health.bubblewrap()
    assert not finding.well and "Permission denied" in finding.found and "apparmor" in finding.remedy


def test_doctor_fails_where_a_student_cannot_work(attn, course, monkeypatch):
    (course / "work").write_text("")
    code, shown = attn("doctor")
    assert code == 1 and "Nothing can be written" in shown


def test_doctor_on_an_old_python_a_missing_package_and_a_full_disk(course):
    assert not health.python((3, 9, 6)).well
    missing = health.package("no-such-package-here")
    assert not missing.well and "make lab" in missing.remedy
    assert not health.space(free=1e8).well
