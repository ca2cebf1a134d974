"""Sentences in two languages."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence in French, the same in English, and the package or project that it comes from."""

    french: str
    english: str
    source: str
