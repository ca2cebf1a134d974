"""What pictures are made of: numbers as they are shown, colours that ink can be read on, text that fits."""

import xml.etree.ElementTree as ElementTree

import matplotlib.colors as mcolors
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib import drawing
from attnlib.figures import INK, contrast

FLOATS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("value, shown", [
    (0.5, "0.50"), (-0.5, "−0.50"), (0, "0.00"), (-0.0, "0.00"), (-0.004, "0.00"), (-0.006, "−0.01"), (9.994, "9.99"),
    (9.996, "10.0"), (-12.34, "−12.3"), (99.96, "100"), (123.4, "123"), (float("nan"), "nan"),
])
def test_numbers_as_shown(value, shown):
    assert drawing.number(value) == shown


@given(FLOATS)
def test_shown_numbers_are_near_and_have_no_hyphen(value):
    shown = drawing.number(value)
    assert "-" not in shown and shown != "−0.00"
    assert abs(float(shown.replace("−", "-")) - value) <= (0.00501 if abs(value) < 9.9 else 0.501)


@given(FLOATS, st.floats(0.01, 1e6))
def test_ink_can_be_read_on_every_colour(value, scale):
    assert contrast(INK, drawing.heat(value, scale)) >= 4.5


def test_text_of_second_rank_can_be_read():
    assert contrast(drawing.QUIET, "#FFFFFF") >= 4.5


def test_colours_show_sign_and_size():
    assert drawing.heat(0, 1) == drawing.heat(0.004, 1) == drawing.heat(float("nan"), 1) == "#FFFFFF"
    red, _, blue = mcolors.to_rgb(drawing.heat(1, 1))
    assert red > blue
    red, _, blue = mcolors.to_rgb(drawing.heat(-1, 1))
    assert blue > red
    assert contrast("#FFFFFF", drawing.heat(1, 1)) > contrast("#FFFFFF", drawing.heat(0.3, 1))
    assert drawing.heat(2, 1) == drawing.heat(1, 1)


@pytest.mark.parametrize("count, most, wanted, rows", [
    (3, 4, (), [0, 1, 2]), (4, 4, (), [0, 1, 2, 3]), (9, 4, (), [0, 1, None, 8]),
    (100, 6, (50, 7), [0, 1, 2, None, 7, None, 50, None]), (9, 4, (0, 8), [0, 1, None, 8]),
    (5, 2, (3,), [None, 3, None]),
])
def test_what_is_drawn_when_not_all_fits(count, most, wanted, rows):
    assert drawing.some(count, most, wanted) == rows


@given(st.integers(1, 60), st.sets(st.integers(0, 59)))
def test_wanted_rows_are_drawn_and_gaps_are_shown(count, wanted):
    wanted = {i for i in wanted if i < count}
    rows = drawing.some(count, 8, wanted)
    drawn = [i for i in rows if i is not None]
    assert wanted <= set(drawn) and drawn == sorted(set(drawn))
    padded = [-1, *rows, count]
    for before, after in zip(padded, padded[1:], strict=False):
        assert before is None or after is None or after == before + 1


def test_arrays_come_from_lists_numpy_and_torch():
    weights = torch.ones(2, 3, requires_grad=True)
    for given_ in (weights, weights.unsqueeze(0), np.ones((2, 3)), [[1, 1, 1], [1, 1, 1]]):
        assert np.array_equal(drawing.array(given_, 2, "xs"), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"xs has shape \(4, 2, 3\); expected 2 axes.*Try xs\[0\]"):
        drawing.array(np.ones((4, 2, 3)), 2, "xs")


@given(st.text(st.characters(exclude_categories=["C"]), max_size=40), st.floats(30, 300))
def test_text_is_never_small_and_keeps_within_its_width(words, width):
    element = ElementTree.fromstring(drawing.text(100, 100, words, 22, width=width))
    size = float(element.get("font-size", drawing.SIZE))
    assert size >= 16
    assert len(element.text or "") * 0.64 * size <= max(width, 2 * size)


def test_a_grid_has_a_box_for_each_cell_and_a_number_for_each_value():
    picture = ElementTree.fromstring(drawing.svg(100, drawing.cells(0, 0, [[1.5, None], [-2, 0]], 2)))
    assert sum(path.get("d").count("M") for path in picture.findall("{*}g/{*}path")) == 4
    assert [text.text for text in picture.findall("{*}text")] == ["1.50", "⋯", "−2.00", "0.00"]
    empty = ElementTree.fromstring(drawing.svg(100, drawing.cells(0, 0, [[1.5, 2]], 2, blank=True)))
    assert empty.findall("{*}text") == []


def test_an_arrow_ends_at_its_tip():
    path = ElementTree.fromstring(drawing.arrow(0, 0, 30, 40))
    tip, line = (28, 38), float(path.get("stroke-width"))               # its line makes the head larger all round
    assert path.get("d").startswith("M0 0L24 32M{} {}L".format(*tip))
    assert abs(np.hypot(30 - tip[0], 40 - tip[1]) - line) < 1


def test_several_grids_share_their_paths():
    several = [(x, 0, [[1.0], [0.5]], 1, blank) for x, blank in ((0, False), (80, False), (160, True))]
    picture = ElementTree.fromstring(drawing.svg(100, drawing.grids(several)))
    assert sorted(path.get("d").count("M") for path in picture.findall("{*}g/{*}path")) == [2, 2, 2]
    assert [text.get("x") for text in picture.findall("{*}text")] == ["29", "29", "109", "109"]
