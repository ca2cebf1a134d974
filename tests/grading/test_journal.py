"""What is in the journal stays there, whatever happened while it was written."""

import errno
import hashlib

import pytest

from attnlib.grading.journal import Journal
from attnlib.paths import Problem


def key(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journals" / "00_welcome.jsonl"


def filled(path, *names):
    with Journal(path) as journal:
        for name in names:
            journal.add(key(name), name, {"of": name, "text": "é\n\ud800"})
    return path.read_bytes()


def found(path, *names):
    with Journal(path) as journal:
        return [(journal.get(key(name)) or {}).get("of") for name in names]


def test_results_come_back_and_unknown_keys_are_none(path):
    filled(path, "ada", "ben")
    assert found(path, "ada", "ben", "eve") == ["ada", "ben", None]
    with Journal(path) as journal:
        assert journal.get(key("ada"))["text"] == "é\n\ud800"


def test_the_latest_result_of_a_key_counts_and_the_earlier_one_is_kept(path):
    filled(path, "ada")
    with Journal(path) as journal:
        journal.add(key("ada"), "ada", {"of": "regraded"})
        assert journal.get(key("ada")) == {"of": "regraded"}
    assert found(path, "ada") == ["regraded"]
    assert path.read_bytes().count(key("ada").encode()) == 2


def test_a_line_cut_off_anywhere_loses_only_itself(path):
    whole = filled(path, "ada", "ben")
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert found(path, "ada", "ben") == ["ada", "ben" if end == len(whole) - 1 else None]
        filled(path, "cem")
        assert found(path, "ada", "cem") == ["ada", "cem"]


@pytest.mark.parametrize("rubbish", [b"\0" * 5000, b'{"key": "', b'{"key": "\xff\xfe"}\n', b"[]\n\n"])
def test_what_a_power_cut_leaves_is_no_result(path, rubbish):
    filled(path, "ada")
    with open(path, "ab") as file:
        file.write(rubbish)
    filled(path, "ben")
    assert found(path, "ada", "ben") == ["ada", "ben"]


def test_only_one_run_at_a_time(path):
    with Journal(path):
        with pytest.raises(Problem, match="being graded already"):
            Journal(path).__enter__()
    assert found(path, "ada") == [None]


def test_a_full_disk_is_heard_and_costs_one_line(path, monkeypatch):
    class Full:
        """A file that takes ten bytes more."""

        def __init__(self, file):
            self.file, self.left = file, 10

        def write(self, data):
            if not self.left:
                raise OSError(errno.ENOSPC, "No space left on device")
            taken, self.left = self.left, 0
            return self.file.write(data[:taken])

        def __getattr__(self, name):
            return getattr(self.file, name)

    filled(path, "ada")
    with pytest.raises(OSError, match="No space"), Journal(path) as journal:
        journal.writer = Full(journal.writer)
        journal.add(key("ben"), "ben", {})
    filled(path, "cem")
    assert found(path, "ada", "ben", "cem") == ["ada", None, "cem"]
