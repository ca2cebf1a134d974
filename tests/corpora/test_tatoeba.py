"""Tatoeba's sentences: whole or not at all, from a server that does all that servers do, and from one's own file."""

import gzip
import hashlib
import io
import socket
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from attnlib.corpora import interface, tatoeba
from attnlib.corpora.parallel import Pair

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "tatoeba_fra.txt.gz"
TEXT = "".join(f"Sentence {n}.\tPhrase {n}\u202f!\n" for n in range(3000)).encode()
PAIRS = [Pair(f"Phrase {n} !", f"Sentence {n}.", "Tatoeba") for n in range(3000)]


def packed(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("fra-eng/_about.txt"), "about")
        archive.writestr(zipfile.ZipInfo("fra-eng/fra.txt"), text)
    return out.getvalue()


ZIP = packed(TEXT)


class Server(ThreadingHTTPServer):
    """Answers the n-th request as the n-th word of `plan` says, and all further ones as its last word."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.plan, self.asked = ["good"], 0
        self.url = f"http://127.0.0.1:{self.server_port}/fra-eng.zip"
        self.over = threading.Event()

    def handle_error(self, request, client_address):
        pass  # the other side went away


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        what = self.server.plan[min(self.server.asked, len(self.server.plan) - 1)]
        self.server.asked += 1
        half = len(ZIP) // 2
        if what in ("404", "500"):
            self.send_error(int(what))
        elif what == "silent":
            self.server.over.wait(30)
        elif what == "cut":
            self.answer(ZIP[:half])
        elif what == "stalled":
            self.answer(ZIP[:half])
            self.wfile.flush()
            self.server.over.wait(30)
        elif what == "truncated":
            self.answer(ZIP[:half], length=half)
        elif what == "corrupt":
            self.answer(ZIP[:half] + b"\xff" * 9 + ZIP[half + 9:])
        elif what == "log-in page":
            self.answer(b"<html>Please log in to this hotel's network</html>", length=50)
        elif what == "slow":
            self.answer(ZIP[:half])
            time.sleep(0.5)
            self.wfile.write(ZIP[half:])
        else:
            self.answer(ZIP)

    def answer(self, content, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(ZIP)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *what):
        pass


BAD = ["cut", "stalled", "silent", "truncated", "corrupt", "log-in page", "404", "500"]


@pytest.fixture
def server(monkeypatch, tmp_path):
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name, value in settings(server).items():
        monkeypatch.setattr(tatoeba, name, value)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def settings(server):
    return dict(URL=server.url, ZIP_SHA1=hashlib.sha1(ZIP).hexdigest(), TEXT_SHA256=hashlib.sha256(TEXT).hexdigest(),
                TIMEOUT=2, RETRIES=1)


def elsewhere(server, cache):
    """The same in another process, which prints how many pairs it has."""
    program = (f"import pathlib, pooch\nfrom attnlib.corpora import tatoeba\n"
               f"pooch.os_cache = lambda project: pathlib.Path({str(cache)!r})\n"
               f"vars(tatoeba).update({settings(server)!r})\nprint(len(tatoeba.pairs()))")
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_downloaded_once_and_attributed(server, tmp_path, capsys):
    assert tatoeba.pairs() == PAIRS
    assert tatoeba.ATTRIBUTION in capsys.readouterr().out
    assert tatoeba.pairs(most=2) == PAIRS[:2]
    assert capsys.readouterr().out == "" and server.asked == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["fra-eng.zip"]


@pytest.mark.parametrize("bad", BAD)
def test_what_fails_once_is_tried_again(server, bad):
    server.plan = [bad, "good"]
    assert tatoeba.pairs() == PAIRS
    assert server.asked == 2


@pytest.mark.parametrize("bad", BAD)
def test_what_fails_leaves_nothing_and_works_later(server, tmp_path, bad):
    server.plan = [bad, bad, "good"]
    with pytest.raises(tatoeba.Unavailable, match="tatoeba.pairs\\(path\\)") as problem:
        tatoeba.pairs()
    told = str(problem.value)
    assert "\n" not in told and told.endswith(".")
    assert ("another checksum" in told) == (bad in ("truncated", "corrupt", "log-in page"))
    assert list((tmp_path / "cache").iterdir()) == []
    assert tatoeba.pairs() == PAIRS


def test_without_a_network(server, monkeypatch, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(tatoeba, "URL", f"http://127.0.0.1:{port}/fra-eng.zip")
    with pytest.raises(tatoeba.Unavailable, match="couldn't be downloaded .*; try again with a network"):
        tatoeba.pairs()
    capsys.readouterr()
    assert tatoeba.best_available() == interface.pairs()
    told = capsys.readouterr().out.splitlines()[-1]
    assert "couldn't be downloaded" in told and told.endswith("Instead, the course's own interface text is used.")


def test_best_available_with_a_network(server):
    assert tatoeba.best_available() == PAIRS


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "fra-eng.zip").write_bytes(ZIP[:1000])
    assert tatoeba.pairs() == PAIRS


def test_another_text_of_the_same_name_is_refused(server, monkeypatch):
    monkeypatch.setattr(tatoeba, "TEXT_SHA256", "0" * 64)
    with pytest.raises(tatoeba.Unavailable, match="fra.txt in .* has another checksum"):
        tatoeba.pairs()


def test_a_cache_that_cannot_be_written(server, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(tatoeba.Unavailable, match="can't be kept in .*; make room there"):
        tatoeba.pairs()


def test_two_at_once(server, tmp_path):
    server.plan = ["slow"]
    both = [elsewhere(server, tmp_path / "cache") for _ in range(2)]
    assert [process.communicate(timeout=120)[0].split()[-1] for process in both] == ["3000", "3000"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["fra-eng.zip"]


def test_killed_midway(server, tmp_path):
    server.plan = ["stalled", "good"]
    process = elsewhere(server, tmp_path / "cache")
    while not server.asked:
        time.sleep(0.05)
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert not (tmp_path / "cache" / "fra-eng.zip").exists()
    assert tatoeba.pairs() == PAIRS


def test_a_file_that_one_has(tmp_path):
    path = tmp_path / "fra.txt"
    path.write_bytes(TEXT.replace(b"\n", b"\tCC-BY 2.0 (France) Attribution: tatoeba.org\n"))  # as newer files have it
    assert tatoeba.pairs(path) == PAIRS
    with pytest.raises(FileNotFoundError):
        tatoeba.pairs(tmp_path / "missing.txt")


def test_the_real_text():
    if not SHARED.exists():
        pytest.skip("needs outside data: Tatoeba's sentences in ../shared/data")
    assert hashlib.sha256(gzip.decompress(SHARED.read_bytes())).hexdigest() == tatoeba.TEXT_SHA256
    pairs = tatoeba.pairs(SHARED)
    assert len(pairs) == 167_130
    assert pairs[0] == Pair("Va !", "Go.", "Tatoeba")
    assert not [pair for pair in pairs if {"\u00a0", "\u202f"} & set(pair.french + pair.english)]
