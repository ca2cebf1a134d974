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

# Scenes: a board of 3 × 3 cells, each as large as a picture.
BOARD = 3
OBJECTS = tuple("🐕🐈🐧🐢🦉🦋🍎🍏🍌🍋🍓🥕🔑🔔🎸⏰📗📘🚲🚀⛵🌻🌵🎈")
PLACE_WORDS = {"en": ("left", "right", "above", "below"), "fr": ("à gauche", "à droite", "en haut", "en bas"),
               "de": ("links", "rechts", "oben", "unten")}


@dataclass(frozen=True, eq=False)                        # each exists once
class Emoji:
    """An emoji, the group it is in, its name by language, and its place in `pictures()`."""

    text: str
    group: str
    names: dict
    picture: int


@dataclass(frozen=True)
class Scene:
    """Two emoji on the board, in the order in which the caption names them, and their cells (row, column)."""

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
    """All emoji in three tuples: to train on, new combinations of known words, and new words or things.

    Combinations: of each emoji that comes in five skin tones, one tone, by chance. Its drawing is known with four
    other tones and without, the tone from other drawings. New: a tenth of those that don't come in skin tones.
    """
    toned = {}
    for one in emoji():
        if TONES & set(one.text):
            toned.setdefault("".join(c for c in one.text if c not in TONES), []).append(one)
    combinations = {min(same, key=lambda one: _chance(one.text)) for same in toned.values() if len(same) > 1}
    new = {one for one in emoji()
           if one.text not in toned and not TONES & set(one.text) and _chance(one.text) % 10 == 0}
    sides = [], [], []
    for one in emoji():
        sides[1 if one in combinations else 2 if one in new else 0].append(one)
    return tuple(map(tuple, sides))


# ---- Two emoji on a board ------------------------------------------------------------------------------------

def scenes(count, seed, split="train"):
    """`count` scenes, drawn independently: two different emoji of OBJECTS in one row or one column of the board.

    split: "train" or "test". Two emoji meet in one of them only, whatever their cells; about a fifth in "test".
    """
    if split not in ("train", "test"):
        raise ValueError(f'there is no split {split!r}; there are "train" and "test"')
    known = {one.text: one for one in emoji()}
    draw, found = random.Random(seed), []
    while len(found) < count:
        pair = draw.sample(OBJECTS, 2)
        if (_chance("".join(sorted(pair))) % 5 == 0) != (split == "test"):
            continue
        line, (low, high) = draw.randrange(BOARD), sorted(draw.sample(range(BOARD), 2))
        cells = draw.choice([((line, low), (line, high)), ((low, line), (high, line))])
        found.append(Scene(tuple(known[text] for text in pair), cells))
    return found


def caption(scene, language="en"):
    """A scene's caption as a list of tokens: dog left , red apple right. What is left or above comes first."""
    said = []
    for one, place in zip(scene.emoji, _places(scene, language), strict=True):
        said += [*([","] if said else []), *tokens(one.names[language]), *place.split()]
    return said


def links(scene, language="en"):
    """Which cell each word of a name belongs to: pairs (position in the caption, cell)."""
    found, position = [], 0
    for one, cell, place in zip(scene.emoji, scene.cells, _places(scene, language), strict=True):
        words = len(tokens(one.names[language]))
        found += [(position + i, cell) for i in range(words)]
        position += words + len(place.split()) + 1
    return found


def draw(scenes):
    """Scenes as pictures, (B, 96, 96, 3) uint8, on white."""
    board = np.full((len(scenes), BOARD * SIZE, BOARD * SIZE, 3), 255, dtype=np.uint8)
    for picture, scene in zip(board, scenes, strict=True):
        for one, (row, column) in zip(scene.emoji, scene.cells, strict=True):
            picture[row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE] = pictures()[one.picture]
    return board


def _places(scene, language):
    """The words for the first emoji's place and the second's."""
    left, right, above, below = PLACE_WORDS[language]
    (first_row, _), (second_row, _) = scene.cells
    return (left, right) if first_row == second_row else (above, below)


def _chance(text):
    """A number that depends on `text` only, the same on every machine."""
    return zlib.crc32(text.encode("utf-8"))
