"""How figures look and how they are shown: with a text for those who don't see them, numbers readable on colours."""

import base64
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from attnlib import figures
from attnlib.figures import contrast


@pytest.fixture(autouse=True)
def clean():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


@pytest.fixture
def displayed(monkeypatch):
    """What is handed to the notebook."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: seen.append(data))
    return seen


def cells(axes):
    return [[text.get_text() for text in axes.texts][i:i + 2] for i in range(0, len(axes.texts), 2)]


def test_a_shown_figure_has_its_text_and_is_closed(displayed):
    figures.style()
    plt.plot([1, 2])
    figures.show('A line from 1 to 2, with "quotes" & more.')
    data, = displayed
    assert data["text/plain"] == 'Figure: A line from 1 to 2, with "quotes" & more.'
    assert 'alt="A line from 1 to 2, with &quot;quotes&quot; &amp; more."' in data["text/html"]
    picture = base64.b64decode(re.search("base64,([^\"]*)", data["text/html"]).group(1))
    assert picture.startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_equal_figures_give_equal_bytes(displayed):
    for _ in range(2):
        plt.plot([1, 2])
        figures.show("A line.")
    assert displayed[0] == displayed[1]


def test_showing_nothing_says_so():
    with pytest.raises(ValueError, match="no figure to show"):
        figures.show("A line.")
    plt.plot([1, 2])
    with pytest.raises(ValueError, match="needs alt"):
        figures.show(" ")


@pytest.mark.parametrize("one, other, expected", [
    ("black", "white", 21), ("#777", "#777", 1), ("#767676", "white", 4.54),
])
def test_contrast(one, other, expected):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.01)


def test_the_palette_is_eight_colours_and_its_first_stand_out():
    assert len(set(figures.PALETTE)) == 8
    assert all(contrast(colour, "white") >= 3 for colour in figures.PALETTE[:3])


def test_a_heat_map_shows_its_numbers_and_names():
    axes = figures.heatmap(torch.tensor([[0.25, 0.75], [1.0, 0.0]], requires_grad=True), ["je", "suis"], ["I", "am"])
    assert cells(axes) == [["0.25", "0.75"], ["1.00", "0.00"]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["I", "am"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["je", "suis"]


def test_a_heat_map_writes_minus_and_zero_well():
    assert cells(figures.heatmap([[-0.001, -1.5]], ["a"], ["b", "c"])) == [["0.00", "−1.50"]]


def test_zero_is_white_and_the_sign_has_a_colour():
    axes = figures.heatmap([[-2.0, 0.0, 1.0]], ["a"], ["b", "c", "d"], numbers=None)
    assert not axes.texts
    image = axes.get_images()[0]
    below, zero, above = image.cmap(image.norm([-2.0, 0.0, 1.0]))
    assert zero[:3] == pytest.approx([1, 1, 1], abs=0.01)
    assert below[2] > below[0] and above[0] > above[2]


@pytest.mark.parametrize("matrix", [np.linspace(0, 1, 50)[None], np.linspace(-1, 1, 51)[None], np.zeros((1, 3))])
def test_numbers_can_be_read_on_their_colours(matrix):
    axes = figures.heatmap(matrix, ["a"], [""] * matrix.shape[1])
    image = axes.get_images()[0]
    for text, value in zip(axes.texts, matrix[0], strict=True):
        assert contrast(text.get_color(), image.cmap(image.norm(value))) >= 4.5


def test_a_heat_map_s_names_must_fit():
    with pytest.raises(ValueError, match=r"shape \(1, 2\), but there are 1 names for its rows and 3"):
        figures.heatmap([[1, 2]], ["a"], ["b", "c", "d"])


def test_a_colour_bar_says_what_the_colours_mean():
    axes = figures.heatmap([[0.5]], ["a"], ["b"], label="weight")
    assert "weight" in [other.get_ylabel() for other in axes.figure.axes]
