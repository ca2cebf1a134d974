"""Emoji: real pictures, their names in English, French and German, and scenes made of two of them.

Names: Unicode CLDR 48.2 (Unicode-3.0). Pictures: Twemoji, © Twitter, Inc. and other contributors (CC BY 4.0),
made smaller. `data/emoji.md` has the licences; `attnlib.corpora.rebuild.emoji` made the files.
"""

import csv
import gzip
import random
import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
LANGUAGES = "en", "fr", "de"
SIZE = 32                                                # pixels, the width and height of a picture
TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))

# Scenes: a board of 2 × 3 cells, each as large as a picture.
ROWS, COLUMNS = 2, 3
OBJECTS = tuple("🐕🐈🐧🐢🦉🦋🍎🍏🍌🍋🍓🥕🔑🔔🎸⏰📗📘🚲🚀⛵🌻🌵🎈")
PLACES = {                                               # what a caption calls the cells, in reading order
    "en": ("top left", "top centre", "top right", "bottom left", "bottom centre", "bottom right"),
    "fr": ("en haut à gauche", "en haut au centre", "en haut à droite",
           "en bas à gauche", "en bas au centre", "en bas à droite"),
    "de": ("oben links", "oben mittig", "oben rechts", "unten links", "unten mittig", "unten rechts"),
}


@dataclass(frozen=True, eq=False)                        # each exists once
class Emoji:
    """An emoji, the group it is in, its name by language, and its place in `pictures()`."""

    text: str
    group: str
    names: dict
    picture: int


@dataclass(frozen=True)
class Scene:
    """Two emoji on the board, in reading order, and their cells (row, column)."""

    emoji: tuple[Emoji, Emoji]
    cells: tuple[tuple[int, int], tuple[int, int]]


@cache
def emoji():
    """All emoji, in Unicode's order."""
    with gzip.open(DATA / "emoji.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Emoji(row["emoji"], row["group"], {language: row[language] for language in LANGUAGES}, i)
                     for i, row in enumerate(rows))


@cache
def pictures():
    """The pictures, (N, 32, 32, 3) uint8: height, width, and red, green, blue."""
    from matplotlib.image import imread

    sheet = (imread(DATA / "emoji.png") * 255).round().astype(np.uint8)
    rows, columns = sheet.shape[0] // SIZE, sheet.shape[1] // SIZE
    cut = sheet.reshape(rows, SIZE, columns, SIZE, 3).swapaxes(1, 2).reshape(-1, SIZE, SIZE, 3)[: len(emoji())]
    cut.flags.writeable = False                          # kept for the next caller
    return cut


def tokens(name):
    """A name as a list of words; colons and commas stand alone."""
    return re.findall(r"[:,]|[^\s:,]+", name)


# ---- One emoji a picture -------------------------------------------------------------------------------------

def split():
    """(train, test): of each emoji that comes in five skin tones one tone is held out, by chance; the rest is train.

    So each name in test is a new combination of known words: its drawing is known in four other tones and without
    any, its tone from other drawings.
    """
    toned = {}
    for one in emoji():
        if TONES & set(one.text):
            toned.setdefault("".join(c for c in one.text if c not in TONES), []).append(one)
    held_out = {min(same, key=lambda one: _chance(one.text)) for same in toned.values() if len(same) > 1}
    return tuple(one for one in emoji() if one not in held_out), tuple(one for one in emoji() if one in held_out)


# ---- Two emoji on a board ------------------------------------------------------------------------------------

def scenes(count, seed, split="train"):
    """`count` scenes, drawn independently: two different emoji of OBJECTS in two different cells of the board.

    split: "train" or "test". Two emoji meet in one of them only, whatever their cells; about a fifth in "test".
    """
    if split not in ("train", "test"):
        raise ValueError(f'there is no split {split!r}; there are "train" and "test"')
    known = {one.text: one for one in emoji()}
    draw, found = random.Random(seed), []
    while len(found) < count:
        pair = draw.sample(OBJECTS, 2)
        if (_chance("".join(sorted(pair))) % 5 == 0) == (split == "test"):
            cells = sorted(draw.sample(range(ROWS * COLUMNS), 2))
            found.append(Scene(tuple(known[text] for text in pair), tuple(divmod(cell, COLUMNS) for cell in cells)))
    return found


def caption(scene, language="en"):
    """A scene's caption as a list of tokens, in reading order: dog top left , red apple bottom right."""
    (name, place), (other_name, other_place) = _parts(scene, language)
    return [*name, *place, ",", *other_name, *other_place]


def links(scene, language="en"):
    """Which cell each word of the caption belongs to: (position, cell), for names; and the same for places."""
    names, places, position = [], [], 0
    for cell, (name, place) in zip(scene.cells, _parts(scene, language), strict=True):
        names += [(position + i, cell) for i in range(len(name))]
        places += [(position + len(name) + i, cell) for i in range(len(place))]
        position += len(name) + len(place) + 1           # and the comma
    return names, places


def draw(scenes):
    """Scenes as pictures, (B, 64, 96, 3) uint8, on white."""
    board = np.full((len(scenes), ROWS * SIZE, COLUMNS * SIZE, 3), 255, dtype=np.uint8)
    for picture, scene in zip(board, scenes, strict=True):
        for one, (row, column) in zip(scene.emoji, scene.cells, strict=True):
            picture[row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE] = pictures()[one.picture]
    return board


def _parts(scene, language):
    """For each emoji, the words of its name and those of its place."""
    return [(tokens(one.names[language]), PLACES[language][row * COLUMNS + column].split())
            for one, (row, column) in zip(scene.emoji, scene.cells, strict=True)]


def _chance(text):
    """A number that depends on `text` only, the same on every machine."""
    return zlib.crc32(text.encode("utf-8"))
