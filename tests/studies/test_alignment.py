"""Lesson 06's study: its file is whole and says what it claims, and a point measured again comes out the same."""

import pytest

from attnlib import studies
from attnlib.studies import alignment

ROWS = studies.read(alignment.RESULTS)


def test_every_point_is_there_with_its_versions_and_command():
    wanted = []
    for stage in alignment.STAGES:
        wanted += stage(ROWS)
    keys = [tuple(row[name] for name in wanted[0]) for row in ROWS]
    assert sorted(keys, key=str) == sorted((tuple(point.values()) for point in wanted), key=str)
    assert all(row["torch"] and row["python"] for row in ROWS)
    assert {row["command"] for row in ROWS} == {"python -m attnlib.studies.alignment"}


def test_models_of_a_task_have_equal_parameters_within_five_percent():
    for task in alignment.STEPS:
        sizes = [row["parameters"] for row in ROWS if row["task"] == task]
        assert max(sizes) < 1.05 * min(sizes), task


def test_links_against_the_word_that_went_in():
    import torch

    weights = [torch.eye(3).roll(1, dims=0)]                # step t looks at word t − 1
    links = [({(t, t) for t in range(3)}, set())]
    out, went_in = alignment.error_rates(weights, links)
    assert out == 1 and went_in == 0


@pytest.mark.slow
def test_a_point_measured_again_agrees_with_its_row():
    point = alignment.point("scores", "grammar", "dot", seed=2, rate=0.01)
    [shipped] = [row for row in ROWS if all(row[name] == value for name, value in point.items())]
    [again] = alignment.measure(point)
    assert again["parameters"] == shipped["parameters"]
    assert again["exact"] == pytest.approx(shipped["exact"], abs=0.05)
    assert again["aer"] == pytest.approx(shipped["aer"], abs=0.03)
