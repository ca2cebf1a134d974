"""Set-up: what is wrong is said in a sentence with the remedy, and a half-built environment is made anew."""

import ast
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "attnlib" / "bootstrap.py")
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)


@pytest.fixture
def course(tmp_path):
    (tmp_path / "pyproject.toml").write_text('name = "attnlib"')
    (tmp_path / "constraints.txt").write_text("")
    return tmp_path


@pytest.fixture
def installs(monkeypatch):
    """The calls of pip, which is not run: a list of (folder of the environment, what for)."""
    calls = []
    monkeypatch.setattr(bootstrap, "install", lambda where, root, what: calls.append((where, what)))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    return calls


@pytest.fixture
def no_pip_inside(monkeypatch):
    """Make environments without pip, and count them as whole: quicker, and no less an environment."""

    def quick(command, **options):
        if command[1:3] == ["-m", "venv"]:
            venv.create(command[3], with_pip=False)
            return 0
        return real(command, **options)

    real = subprocess.call
    monkeypatch.setattr(bootstrap.subprocess, "call", quick)


def test_it_can_be_read_by_an_old_python():
    text = (ROOT / "attnlib" / "bootstrap.py").read_text()
    ast.parse(text, feature_version=(3, 4))
    assert not any(isinstance(node, (ast.JoinedStr, ast.AnnAssign)) for node in ast.walk(ast.parse(text)))


def test_it_needs_the_standard_library_only():
    program = "import sys; sys.argv = ['x', 'nothing']; import runpy; runpy.run_path({!r})"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", program.format(str(ROOT / "attnlib" / "bootstrap.py"))],
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 9, 6), (3, 10, 0)])
def test_an_old_python_is_named_with_a_newer_one_on_this_machine(version):
    with pytest.raises(bootstrap.Problem) as problem:
        bootstrap.check_python(version, "/usr/bin/python3", which=lambda name: name == "python3.12")
    said = str(problem.value)
    assert "Python 3.11 or newer is needed, this is " + ".".join(map(str, version)) in said
    assert "make lab PYTHON=python3.12" in said


def test_an_old_python_and_no_newer_one():
    with pytest.raises(bootstrap.Problem, match="environment.yml"):
        bootstrap.check_python((3, 9, 6), "/usr/bin/python3", which=lambda name: None)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_a_new_python_is_fine(version):
    bootstrap.check_python(version, "python3")


def test_debians_python_without_venv():
    with pytest.raises(bootstrap.Problem, match="apt install python3.*-venv"):
        bootstrap.check_venv_module(lambda name: name != "ensurepip")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(bootstrap.Problem, match="not writable"):
        bootstrap.check_folder(str(tmp_path / "file"))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_called_venv(course, installs):
    (course / ".venv").write_text("")
    with pytest.raises(bootstrap.Problem, match="is not a folder"):
        bootstrap.set_up(str(course), "lab")


def test_set_up_once_then_never_again(course, installs, no_pip_inside, monkeypatch):
    bootstrap.set_up(str(course), "lab")
    monkeypatch.setattr(bootstrap, "is_half_built", lambda where: False)  # these have no pip
    bootstrap.set_up(str(course), "lab")
    assert [what for _, what in installs] == ["lab"]
    bootstrap.set_up(str(course), "test")
    assert [what for _, what in installs] == ["lab", "test"]
    bootstrap.set_up(str(course), "lab")
    bootstrap.set_up(str(course), "test")
    assert len(installs) == 2, "what the tests need covers what a student needs"


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_other_versions_are_installed_into_the_same_environment(course, installs, no_pip_inside, monkeypatch, name):
    bootstrap.set_up(str(course), "lab")
    monkeypatch.setattr(bootstrap, "is_half_built", lambda where: False)
    (course / ".venv" / "kept").write_text("")
    (course / name).write_text("# changed")
    bootstrap.set_up(str(course), "lab")
    assert len(installs) == 2 and (course / ".venv" / "kept").exists()


def half(course, how):
    """An environment that was interrupted at one of its stages."""
    place = course / ".venv"
    place.mkdir()
    if how == "empty":
        return
    if how == "no python":
        (place / "pyvenv.cfg").write_text("")
        return
    venv.create(place, with_pip=False)
    if how == "while pip was at work":
        (place / bootstrap.BUILDING).write_text("")
    if how == "python is gone":
        os.remove(bootstrap.python_in(str(place)))
        os.symlink("/nowhere/python3", bootstrap.python_in(str(place)))
        stamp = {"made_from": bootstrap.fingerprint(str(course)), "for": "lab"}
        (place / bootstrap.STAMP).write_text(json.dumps(stamp))


@pytest.mark.parametrize("how", ["empty", "no python", "no pip", "while pip was at work", "python is gone"])
def test_a_half_built_environment_is_made_anew(course, installs, no_pip_inside, capfd, how):
    half(course, how)
    (course / ".venv" / "left over").write_text("")
    bootstrap.set_up(str(course), "lab")
    assert "half built" in capfd.readouterr().out
    assert not (course / ".venv" / "left over").exists()
    assert len(installs) == 1
    assert bootstrap.is_ready(str(course / ".venv"), bootstrap.fingerprint(str(course)), "lab")


def test_an_interrupted_installation_counts_as_half_built(course, installs, no_pip_inside, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "install", interrupted)
    assert bootstrap.main(["lab"], str(course)) == 130
    assert (course / ".venv" / bootstrap.BUILDING).exists()
    assert not bootstrap.is_ready(str(course / ".venv"), bootstrap.fingerprint(str(course)), "lab")


def test_a_spoilt_stamp_counts_as_none(course, installs, no_pip_inside):
    bootstrap.set_up(str(course), "lab")
    for content in ("", "[]", "{}", '{"made_from": 1'):
        (course / ".venv" / bootstrap.STAMP).write_text(content)
        assert not bootstrap.is_ready(str(course / ".venv"), bootstrap.fingerprint(str(course)), "lab")


@pytest.mark.parametrize("said, remedy", [
    ("WARNING: Retrying ... Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
     "Check the network"),
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "make room"),
    ("ERROR: No matching distribution found for torch", "stands above"),
])
def test_why_pip_failed(said, remedy):
    assert remedy in bootstrap.why_pip_failed(said)


def test_without_a_network_pip_ends_in_a_sentence(course, monkeypatch, capfd):
    """A real pip, told of an index where nobody listens; nothing is downloaded."""
    (course / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "attnlib"\nversion = "0"\n[project.optional-dependencies]\ngrading = []\ntest = []\n')
    for name, value in {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_RETRIES": "0",
                        "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bootstrap, "python_in", lambda where: sys.executable)
    with pytest.raises(bootstrap.Problem, match="could not be reached"):
        bootstrap.install(str(course / ".venv"), str(course), "lab")


def test_a_conda_environment_with_the_course_is_used_as_it_is(course, installs, monkeypatch):
    monkeypatch.setenv("CONDA_PREFIX", sys.prefix)
    assert bootstrap.set_up(str(course), "lab") == bootstrap.binaries(sys.prefix)
    assert not installs and not (course / ".venv").exists()


def test_make_without_python_says_which_is_needed():
    ran = subprocess.run(["make", "lab", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0 and "no-such-python was not found" in ran.stderr and "3.11" in ran.stderr


def test_make_help_names_every_target_in_one_line():
    ran = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    lines = {line.split()[1]: line for line in ran.stdout.splitlines()}
    assert {"help", "lab", "test", "lessons", "release", "grade-demo", "clean"} <= set(lines)
    assert all(len(line.split()) > 3 and len(line) <= 110 for line in lines.values())


def test_every_pinned_version_runs_on_the_oldest_python():
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    asks = {}
    for pin in map(Requirement, lines):
        try:
            asks[str(pin)] = importlib.metadata.metadata(pin.name).get("Requires-Python") or ""
        except importlib.metadata.PackageNotFoundError:
            continue  # pinned for another system
    assert len(asks) > 50
    assert [pin for pin, ask in asks.items() if not SpecifierSet(ask).contains("3.11.0")] == []
