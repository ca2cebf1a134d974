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


def test_three_seeds_and_equal_parameters():
    sizes = [row for row in ROWS if row["experiment"] == "sizes"]
    assert {(row["model"], row["hidden"]) for row in sizes} == set(bottleneck.MODELS)
    for model in bottleneck.MODELS[:-1]:
        assert len({row["seed"] for row in sizes if (row["model"], row["hidden"]) == model}) >= 3
    one, other = (sum(p.numel() for p in bottleneck.build(*model).parameters())
                  for model in (("context", bottleneck.MIDDLE), ("attention", bottleneck.ATTENTION_SIZE)))
    assert abs(one - other) < 0.05 * min(one, other)


def test_the_attention_model_ignores_padding_and_the_future():
    torch.manual_seed(0)
    model = bottleneck.build("attention", 10).eval()
    source, target = to_batch(bottleneck.examples("reversal", 4, seed=1, lengths=(2, 5)))
    with torch.no_grad():
        logits = model(source, shift_right(target))
        wider = torch.nn.functional.pad(source, (0, 3))
        assert torch.allclose(model(wider, shift_right(target)), logits, atol=1e-5)
        changed = shift_right(target).clone()
        changed[:, 2:] = 4
        assert torch.allclose(model(source, changed)[:, :2], logits[:, :2], atol=1e-6)


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
