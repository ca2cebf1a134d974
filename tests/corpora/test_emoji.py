"""Emoji: what ships is what the script makes, names are clean, splits don't meet, scenes show what captions say."""

import re
from collections import Counter

import numpy as np
import pytest

from attnlib.corpora import emoji
from attnlib.corpora.rebuild import emoji as rebuild

LANGUAGES = pytest.mark.parametrize("language", emoji.LANGUAGES)


@pytest.mark.slow
def test_the_script_makes_what_ships(tmp_path):
    try:
        rebuild.main(tmp_path)
    except SystemExit as missing:                        # no npm or no network
        pytest.skip(str(missing))
    for name in ("emoji.tsv.gz", "emoji.png"):
        assert (tmp_path / name).read_bytes() == (emoji.DATA / name).read_bytes(), name


def test_the_note_names_versions_and_licences():
    note = (emoji.DATA / "emoji.md").read_text(encoding="utf-8")
    for name, version in (rebuild.PICTURES, *rebuild.NAMES):
        assert f"`{name}` {version}" in note
    for said in ("UNICODE LICENSE V3", "Unicode-3.0", "CC BY 4.0", "Twitter, Inc. and other contributors",
                 f"{len(emoji.emoji()):,} emoji"):
        assert said in note


def test_sizes():
    assert sum((emoji.DATA / name).stat().st_size for name in ("emoji.tsv.gz", "emoji.png")) < 2.5e6


@LANGUAGES
def test_names_are_words(language):
    names = [one.names[language] for one in emoji.emoji()]
    assert len(set(names)) == len(names) == 3435
    for name in names:
        assert name == name.strip() and emoji.tokens(name)
        assert not re.search(r"[<>{}%_\\|@\t\r\n]|https?:|www\.|&\w+;", name), name
        assert "".join(emoji.tokens(name)) == re.sub(r"\s", "", name)


def test_pictures_are_small_on_white_and_each_its_own():
    pictures = emoji.pictures()
    assert pictures.shape == (3435, 32, 32, 3) and pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    assert (pictures.reshape(len(pictures), -1).min(axis=1) < 250).all(), "a picture is blank"
    assert (pictures[:, [0, -1]][:, :, [0, -1]] == 255).all(axis=-1).mean() > 0.8, "corners are mostly white"


def test_a_picture_belongs_to_its_name():
    by_name = {one.names["en"]: emoji.pictures()[one.picture].reshape(-1, 3) for one in emoji.emoji()}
    for name, channel in (("red circle", 0), ("green circle", 1), ("blue circle", 2)):
        middle = by_name[name].reshape(32, 32, 3)[16, 16]
        assert middle.argmax() == channel, name
    assert by_name["person: dark skin tone"].mean() < by_name["person: light skin tone"].mean()


def test_splits_do_not_meet_and_combinations_are_of_known_words():
    train, combinations, new = emoji.split()
    assert Counter(map(id, (*train, *combinations, *new))) == Counter(map(id, emoji.emoji()))
    assert (len(train), len(combinations), len(new)) == (2955, 315, 165)
    known = {"".join(c for c in one.text if c not in emoji.TONES) for one in train}
    for one in combinations:
        assert len(emoji.TONES & set(one.text)) == 1
        assert "".join(c for c in one.text if c not in emoji.TONES) in known
    for language in emoji.LANGUAGES:
        words = {word for one in train for word in emoji.tokens(one.names[language])}
        assert all(word in words for one in combinations for word in emoji.tokens(one.names[language]))


def pairs(scenes):
    return {frozenset(one.text for one in scene.emoji) for scene in scenes}


def test_pairs_meet_in_one_split_only_and_each_emoji_in_both():
    train, test = emoji.scenes(6000, 1), emoji.scenes(2000, 1, "test")
    assert not pairs(train) & pairs(test)
    assert len(pairs(train) | pairs(test)) == 24 * 23 / 2 and len(pairs(test)) == 60
    for split in (train, test):
        assert {text for pair in pairs(split) for text in pair} == set(emoji.OBJECTS)


def test_scenes_are_drawn_by_seed():
    assert emoji.scenes(5, 1) == emoji.scenes(5, 1) != emoji.scenes(5, 2)
    with pytest.raises(ValueError, match="no split 'dev'"):
        emoji.scenes(1, 1, "dev")


@LANGUAGES
def test_a_caption_says_what_the_board_shows(language):
    left, right, above, below = emoji.PLACE_WORDS[language]
    for scene in emoji.scenes(200, 3):
        (r1, c1), (r2, c2) = scene.cells
        said = " ".join(emoji.caption(scene, language))
        first, second = (one.names[language] for one in scene.emoji)
        first, second = (" ".join(emoji.tokens(name)) for name in (first, second))
        words = (left, right) if r1 == r2 else (above, below)
        assert said == f"{first} {words[0]} , {second} {words[1]}"
        assert (c1 < c2) if r1 == r2 else (c1 == c2 and r1 < r2)
        tokens = emoji.caption(scene, language)
        for cell, name in zip(scene.cells, (first, second), strict=True):
            assert [tokens[t] for t, where in emoji.links(scene, language) if where == cell] == name.split()


def test_drawn_scenes_have_their_pictures_in_their_cells():
    scenes = emoji.scenes(20, 4)
    drawn = emoji.draw(scenes)
    assert drawn.shape == (20, 96, 96, 3) and drawn.dtype == np.uint8
    for picture, scene in zip(drawn, scenes, strict=True):
        rest = picture.copy()
        for one, (row, column) in zip(scene.emoji, scene.cells, strict=True):
            cell = (slice(32 * row, 32 * row + 32), slice(32 * column, 32 * column + 32))
            assert (picture[cell] == emoji.pictures()[one.picture]).all()
            rest[cell] = 255
        assert (rest == 255).all()
