"""attn lab: copies, changes upstream, ports, folders that can't be written."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from attnlib.cli import lab, work

from .conftest import fill_in


@pytest.fixture
def served(monkeypatch):
    """What `attn lab` would serve, in place of a server: a list of (folder, page, port, browser)."""
    calls = []
    monkeypatch.setattr(lab, "serve", lambda *what: calls.append(what))
    return calls


def test_lab_copies_what_is_missing_and_opens_the_first_lesson(attn, course, served):
    code, shown = attn("lab", "--no-browser")
    assert code == 0
    assert "00_tiny" in shown
    (folder, page, _, browser), = served
    assert folder == course / "work" and page == "00_tiny/tiny.ipynb" and browser is False
    for name in ("00_tiny/tiny.ipynb", "01_second/second.ipynb"):
        assert (course / "work" / name).read_bytes() == (course / "notebooks" / name).read_bytes()


def test_lab_opens_the_lesson_that_is_named(attn, course, served):
    attn("lab", "second")
    assert served[0][1] == "01_second/second.ipynb"


def test_lab_overwrites_nothing(attn, copied, served):
    fill_in(copied, double="def double(x): return 'mine'")
    mine = copied.read_bytes()
    (copied.parent / "notes.txt").write_text("mine")
    fill_in(copied.parents[2] / "notebooks" / "00_tiny" / "tiny.ipynb", test_half="assert half(6) == 3")
    assert attn("lab")[0] == 0
    assert copied.read_bytes() == mine and (copied.parent / "notes.txt").read_text() == "mine"


def test_a_lesson_that_changed_is_announced_and_fetched_beside(attn, copied, served):
    fill_in(copied, double="def double(x): return 'mine'")
    mine = copied.read_bytes()
    release = copied.parents[2] / "notebooks" / "00_tiny" / "tiny.ipynb"
    _, shown = attn("lab")
    assert "has changed" not in shown
    fill_in(release, test_half="assert half(6) == 3")
    _, shown = attn("lab")
    assert "00_tiny has changed" in shown and "attn lab --fetch 00_tiny" in shown
    code, shown = attn("lab", "--fetch", "tiny")
    assert code == 0 and "work/00_tiny/tiny (new).ipynb" in shown
    assert (copied.parent / "tiny (new).ipynb").read_bytes() == release.read_bytes()
    attn("lab", "--fetch", "tiny")
    assert (copied.parent / "tiny (new 2).ipynb").exists()
    assert copied.read_bytes() == mine
    assert "has changed" not in attn("lab")[1], "announced until it is fetched"


def test_a_copy_that_is_no_notebook_is_named_and_left(attn, copied, served):
    copied.write_text("{oh")
    code, shown = attn("lab")
    assert code == 0 and len(served) == 1
    assert "not JSON" in shown and copied.read_text() == "{oh"


def test_an_interrupted_copy_leaves_no_half_file(course, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(work.os, "replace", fail)
    with pytest.raises(OSError):
        work.copy_missing(["00_tiny"])
    assert not (course / "work" / "00_tiny" / "tiny.ipynb").exists()


def test_a_full_disk_is_a_sentence(attn, course, served, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(work.os, "replace", fail)
    code, shown = attn("lab")
    assert code == 1 and "No space left" in shown and "Traceback" not in shown


def test_work_that_cannot_be_written_is_a_sentence(attn, course, served):
    (course / "work").write_text("a file where the folder should be")
    for verb in (["lab"], ["lab", "--fetch", "tiny"]):
        code, shown = attn(*verb)
        assert code == 1 and "Nothing can be written in" in shown and "Traceback" not in shown
    assert not served


def test_a_port_that_is_taken(attn, course, served):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, shown = attn("lab", "--port", port)
    assert code == 1 and f"Port {port} is taken" in shown and "--port" in shown and not served


def test_without_a_wish_the_next_free_port_is_used(monkeypatch):
    monkeypatch.setattr(lab, "is_free", lambda port: port >= 8890)
    assert lab.pick_port() == 8890


def test_all_ports_taken(monkeypatch):
    monkeypatch.setattr(lab, "is_free", lambda port: False)
    with pytest.raises(lab.Problem, match="--port"):
        lab.pick_port()


def test_an_empty_course_says_so(attn, tmp_path, monkeypatch, served):
    (tmp_path / "pyproject.toml").write_text('name = "attnlib"')
    monkeypatch.chdir(tmp_path)
    code, shown = attn("lab")
    assert code == 1 and "no lessons" in shown and not served


@pytest.mark.alone
def test_a_real_lab_serves_the_lesson_with_the_courses_settings(course):
    """The promise is 10 s to a served page; the guard is wide, since machines differ."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, began = f"http://localhost:{port}", time.monotonic()
    server = subprocess.Popen([sys.executable, "-m", "attnlib.cli", "lab", "--no-browser", "--port", str(port)],
                              env={**os.environ, "JUPYTER_TOKEN": "t"}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                page = ask(f"{address}/lab/tree/00_tiny/tiny.ipynb?token=t")
                break
            except OSError:
                assert time.monotonic() - began < 50 and server.poll() is None
                time.sleep(0.1)
        print(f"served after {time.monotonic() - began:.1f} s")
        assert "JupyterLab" in page
        news = json.loads(ask(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification?token=t"))
        assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
        assert '"name": "tiny.ipynb"' in ask(f"{address}/api/contents/00_tiny?token=t")
    finally:
        server.terminate()
        server.wait(30)


def ask(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read().decode()
