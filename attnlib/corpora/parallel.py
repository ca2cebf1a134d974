"""Sentences in two languages: a file of one's own, and parts for training and testing that share no sentence."""

import zlib
from typing import NamedTuple

from attnlib.corpora.words import tokenise


class Pair(NamedTuple):
    """A sentence in French, the same in English, and the package or project that it comes from."""

    french: str
    english: str
    source: str


def split(pairs):
    """The pairs in three lists: about eight tenths to train on, a tenth to choose settings by, a tenth to test.

    Which list is a matter of the second sentence alone, so every translation of it is in one of them, and the
    same pairs are always split alike, on every machine. Capitals and punctuation don't count ("Add" is "add:").
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
