"""What programs say to their users, in French and in English: buttons, settings, error messages.

From eleven published packages under BSD and MIT licences; data/interface.md names them. Works offline;
`python -m attnlib.corpora.rebuild.interface` makes the file anew.
"""

import gzip
from importlib.resources import files

from attnlib.corpora.parallel import Pair


def pairs():
    """All the pairs, in the file's order: package by package, sorted by their English."""
    text = gzip.decompress(files("attnlib.corpora").joinpath("data/interface.tsv.gz").read_bytes()).decode()
    return [Pair(*line.split("\t")) for line in text.splitlines()[1:]]
