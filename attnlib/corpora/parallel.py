"""Sentences in two languages: a file of one's own, and parts for training and testing that share no sentence."""

import codecs
import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

from attnlib.corpora.words import tokenise

LONGEST_LINE = 100_000  # bytes; a file without line ends isn't read whole


class Pair(NamedTuple):
    """A sentence in French, the same in English, and the package or project that it comes from."""

    french: str
    english: str
    source: str


def read_pairs(path, most=None):
    """The pairs of a text file, a line each: a sentence, a tab, its translation; what follows a second tab is left out.

    UTF-8, with a byte order mark or without, plain or gzip; empty lines are skipped, white space is made one
    ordinary space. Returns a list of (first, second), as in the file's columns, `most` of them at most (None: all).
    Raises an OSError where there is no file to read, and a ValueError that names the line where it can't be used.
    """
    path = Path(path)
    with _opened(path) as file:
        return pairs_in(file, path, most)


def pairs_in(file, name, most=None):
    """As `read_pairs`, of a file that is open for reading bytes; `name` is what errors call it."""
    found = []
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        if len(found) == most:
            break
        try:
            if pair := _pair(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line):
                found.append(pair)
        except ValueError as problem:
            raise ValueError(f"{name}, line {number} {problem}") from None
    if not found and most != 0:
        raise ValueError(f"{name} holds no pair; expected a sentence, a tab and its translation on each line")
    return found


def _opened(path):
    """The file as bytes, unpacked where it is gzip."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the text file inside it")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}; you are in {Path.cwd()}, and paths start there")
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f"{path}, line 1 is UTF-16, as some programs save \"Unicode text\"; save it as UTF-8")
    if head == b"PK\x03\x04":
        raise ValueError(f"{path} is a zip file or a spreadsheet; unpack it, or save it as tab-separated text in UTF-8")
    return _Gzip(path) if head.startswith(b"\x1f\x8b") else path.open("rb")


class _Gzip(gzip.GzipFile):
    """A gzip file that says in one sentence that it is damaged or cut off."""

    def readline(self, size=-1):
        try:
            return super().readline(size)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise OSError(f"{self.name} is damaged or was cut off; fetch or pack it once more") from None


def _pair(line):
    """(first, second) of one line of bytes, None of an empty one; a ValueError's text goes on after "line 3 "."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"is longer than {LONGEST_LINE:,} bytes; put each pair on a line of its own")
    if b"\0" in line:
        raise ValueError("holds a zero byte, so this is UTF-16 or no text; save it as text in UTF-8")
    try:
        text = line.decode()
    except UnicodeDecodeError as wrong:
        raise ValueError(f"isn't UTF-8 (byte {line[wrong.start]:#04x}); Windows programs often write Windows-1252 or "
                         'Latin-1: open the file with encoding="cp1252" and save it as UTF-8') from None
    if "\r" in text.rstrip("\r\n"):
        raise ValueError("has a carriage return in its middle; save the file with Unix or Windows line ends")
    first, *others = (" ".join(column.split()) for column in text.split("\t"))
    if not first and not any(others):
        return None
    if not others:
        raise ValueError(f"has no tab: {_start(first)}; expected a sentence, a tab and its translation")
    if not first or not others[0]:
        raise ValueError(f"has nothing {'after' if first else 'before'} its tab: {_start(first or others[0])}")
    return first, others[0]


def _start(text):
    return repr(text if len(text) <= 40 else text[:39] + "…")


def split(pairs):
    """The pairs in three lists: about eight tenths to train on, a tenth to choose settings by, a tenth to test.

    Which list is a matter of the second sentence alone, so every translation of it is in one of them, and the
    same pairs are always split alike, on every machine. Capitals and punctuation don't count ("Add" is "add:"),
    the words do ("Log out" isn't "logout").
    What remains is no leak from the other side: a pair whose first sentence is in an earlier list is left out
    of the later ones.
    """
    parts = [], [], []
    for pair in pairs:
        first, second = _spoken(pair[0]), _spoken(pair[1])
        parts[max(zlib.crc32(second.encode()) % 10 - 7, 0)].append((first, pair))  # 0 to 7 are the first list
    seen = set()
    for part in parts:
        firsts = {first for first, _ in part}
        part[:] = [pair for first, pair in part if first not in seen]
        seen |= firsts
    return parts


def _spoken(text):
    """The words alone, so that what is written in two ways is one sentence; the text itself where there are none."""
    return " ".join(word for word in tokenise(text) if word[-1].isalnum() or word[0].isalnum()) or text
