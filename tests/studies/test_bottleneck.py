"""Lesson 04's study: the file is whole, its own stages asked for it, and a point measured again comes out alike."""

import pytest
import torch

from attnlib import studies
from attnlib.studies import bottleneck
from attnlib.training import shift_right, to_batch

ROWS = studies.read(bottleneck.RESULTS)
SETTINGS = ("experiment", "model", "hidden", "task", "source", "pairs", "steps", "rate", "seed")


def points():
    return [point for stage in bottleneck.STAGES for point in stage(ROWS)]


def test_the_file_holds_the_points_of_the_study_in_their_order():
    held = list(dict.fromkeys(tuple(row[name] for name in SETTINGS) for row in ROWS))
    assert held == [tuple(point.values()) for point in points()]


def test_each_row_says_with_what_it_was_made():
    for row in ROWS:
        assert row["torch"] and row["python"] and row["command"] == "python -m attnlib.studies.bottleneck"
        assert 0 <= row["right"] <= row["count"] and row["seconds"] > 0


def test_three_seeds_each():
    for experiment in ("sizes", "orders", "few pairs", "ten times"):
        kinds = {}
        for row in (row for row in ROWS if row["experiment"] == experiment):
            kind = tuple(row[name] for name in SETTINGS if name != "seed")
            kinds.setdefault(kind, set()).add(row["seed"])
        assert all(seeds == set(bottleneck.SEEDS) for seeds in kinds.values()), experiment


def test_no_best_rate_lies_at_the_edge_of_those_tried():
    for model in bottleneck.MODELS:
        assert min(bottleneck.RATES) < bottleneck.best_rate(ROWS, *model) < max(bottleneck.RATES), model


def test_equal_parameters_within_five_percent():
    held = {(row["model"], row["hidden"]): row["parameters"] for row in ROWS}
    assert set(held) == set(bottleneck.MODELS)
    matched = [held[model] for model in (("context", bottleneck.MIDDLE), *bottleneck.MODELS[3:])]
    assert max(matched) <= 1.05 * min(matched)
    assert sum(p.numel() for p in bottleneck.build("LSTM", 54).parameters()) == held["LSTM", 54]


@pytest.fixture(params=dict.fromkeys(model for model, _ in bottleneck.MODELS))
def model(request):
    torch.manual_seed(0)
    return bottleneck.build(request.param, 10).eval()


@pytest.fixture
def batch():
    return to_batch(bottleneck.examples("reversal", 4, seed=1, lengths=(2, 5)))


@torch.no_grad()
def test_a_model_ignores_padding_and_the_future(model, batch):
    source, target = batch
    logits = model(source, shift_right(target))
    wider = torch.nn.functional.pad(source, (0, 3))
    assert torch.allclose(model(wider, shift_right(target)), logits, atol=1e-5)
    changed = shift_right(target).clone()
    changed[:, 2:] = 4
    assert torch.allclose(model(source, changed)[:, :2], logits[:, :2], atol=1e-6)


@torch.no_grad()
def test_what_a_model_says_alone_is_what_it_says_when_it_is_told_its_own_words(model, batch):
    source, _ = batch
    said = model.translate(source, 6)
    best = model(source, shift_right(said)).argmax(dim=-1)
    assert torch.equal(best.masked_fill(said == 0, 0), said)


def test_turned_reversal_is_copying_but_for_the_place_of_end():
    for source, target in bottleneck.examples("reversal", 20, seed=1, source="reversed"):
        assert source[0] == bottleneck.END == target[-1] and source[1:] == target[:-1]


@pytest.mark.slow
def test_one_point_again():
    """Another machine rounds differently, and training makes much of little: the seeds' spread is the yardstick."""
    wanted = next(point for point in points() if point["experiment"] == "few pairs")
    kept = [row for row in ROWS if all(row[name] == wanted[name] for name in SETTINGS if name != "seed")
            and row["measured_on"] == "new"]
    for row in bottleneck.measure(wanted)[:len(bottleneck.BINS)]:
        shares = [old["right"] / old["count"] for old in kept if old["low"] == row["low"]]
        spread = 0.1 + max(shares) - min(shares)
        assert min(shares) - spread <= row["right"] / row["count"] <= max(shares) + spread, row
