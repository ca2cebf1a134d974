"""Documentation text and its one-sentence summaries, from the docstrings of published Python packages.

`attnlib/corpora/rebuild/documentation.py` makes the file; `data/documentation.md` beside it names the packages, their
versions and licences. A text is a function's name, its parameters, and how its description goes on after the first
sentence. That sentence is the summary. No two summaries and no two texts share most of their words.
"""

import gzip
import re
import zlib
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "data" / "documentation.tsv.gz"
SPLITS = ("train", "tune", "test")


class Document(NamedTuple):
    """A text, its summary, and the package that both come from."""

    text: str
    summary: str
    source: str


def documents(split):
    """The documents of a split, "train", "tune" (to choose settings on) or "test", always in the same order.

    A tenth each is in "tune" and "test". Summaries that differ only in words of the name that they sum up, such as
    "Draw a circle." and "Draw a square.", are in the same split.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; there are {', '.join(SPLITS)}")
    rows = gzip.decompress(FILE.read_bytes()).decode().splitlines()
    return [document for document in (Document(*row.split("\t")) for row in rows) if split_of(document) == split]


def split_of(document):
    """The split that a document is in; its template decides."""
    return {0: "test", 1: "tune"}.get(zlib.crc32(template(document).encode()) % 10, "train")


def template(document):
    """A summary's words but for those that are in the name: of draw_circle's "Draw a circle." only "a"."""
    named = set(tokens(re.split(r"[(:]", document.text, maxsplit=1)[0]))
    return " ".join(word for word in tokens(document.summary) if word not in named)


def tokens(text):
    """Words and punctuation, in small letters; underscores part words: "to_numpy(G)" is to, numpy, (, g, )."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?|[^\sa-z0-9_]", text.lower())
