"""What trains on another device leaves nothing behind on this one: tried on a device that every machine has."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from attnlib import training
from tests.benchmarks.gpu import trained_lessons
from tests.test_training import EXAMPLES, TARGET, model

LESSONS = [path.with_suffix(".md") for path in trained_lessons()]
TRAININGS = {"context_bottleneck": 3, "attention_decoder": 8, "translation": 3, "captioning": 5, "summarization": 4,
             "self_attention": 3}  # how many models each lesson trains, LSTMs aside


def apart(function, *arguments):
    """What the function returns, from a process of its own: the device can't be taken away again."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


class KeepsWeights(torch.nn.Module):
    """Whatever it reads, the same logits, which it keeps in a parameter and a tensor that is none."""

    def __init__(self, made_before):
        super().__init__()
        self.logits, self.before = torch.nn.Parameter(torch.zeros(len(TARGET))), torch.ones(len(TARGET))
        self.made_before = made_before

    def forward(self, source, inputs):
        ones = self.before if self.made_before else torch.ones(len(TARGET))
        return (self.logits * ones).expand(*inputs.shape, len(TARGET))


def trained(which):
    from tests import elsewhere

    each = model() if which == "translator" else KeepsWeights(made_before=which == "made before")
    found = elsewhere.losses(each, EXAMPLES)
    return found, {weights.device.type for weights in each.parameters()}, each.training


def trained_in(text):
    from tests import elsewhere

    os.environ["MPLBACKEND"] = "agg"
    training.reproducible(1, threads=1)
    return elsewhere.trained_in(text)


@pytest.mark.parametrize("which", ["translator", "made meanwhile"])
def test_a_model_trains_elsewhere_as_here_and_comes_back(which):
    (here, there), devices, still_training = apart(trained, which)
    assert len(set(here)) == 3 and there == pytest.approx(here, abs=1e-5)
    assert devices == {"cpu"} and not still_training


def test_what_stays_behind_is_found():
    with pytest.raises(RuntimeError, match="two devices"):
        apart(trained, "made before")


def test_each_lesson_that_trains_is_known():
    assert {path.stem for path in LESSONS} == TRAININGS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("text", LESSONS, ids=lambda path: path.stem)
def test_each_model_of_a_lesson_trains_elsewhere_as_here(text):
    found = apart(trained_in, text)
    assert len(found) == TRAININGS[text.stem]
    assert all(found), found
    for here, there in found:
        assert there == pytest.approx(here, abs=1e-4)


@pytest.mark.parametrize(("named", "variable"), [("nowhere", "cpu"), (None, "nowhere")])
def test_a_device_that_is_not_there_is_named(named, variable, monkeypatch):
    monkeypatch.setenv("ATTN_DEVICE", variable)
    with pytest.raises(ValueError, match="can't train on device 'nowhere' here.*unset ATTN_DEVICE"):
        training.train(model(), EXAMPLES, 1, device=named)
