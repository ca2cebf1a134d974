"""Lesson 06's study: its file is whole, its models can read its tasks, and a point measured again comes out alike."""

import functools

import pytest
import torch

from attnlib import studies
from attnlib.studies import alignment
from attnlib.training import shift_right, to_batch

ROWS = studies.read(alignment.RESULTS)


task_of = functools.cache(alignment.Task)


def test_the_file_holds_the_points_of_the_study_in_their_order():
    wanted = [tuple(point.values()) for stage in alignment.STAGES for point in stage(ROWS)]
    settings = list(alignment.point("scores", "grammar", "dot", 1, 0.01))
    assert [tuple(row[name] for name in settings) for row in ROWS] == wanted


def test_each_row_says_with_what_it_was_made():
    for row in ROWS:
        assert row["torch"] and row["python"] and row["command"] == "python -m attnlib.studies.alignment"
        assert 0 <= row["exact"] <= 1 and row["cpu_seconds"] > 0
        assert (row["aer"] == "") == (row["model"] == "context")
        assert (row["exact_longest"] == "") == (row["task"] == "grammar")


@pytest.mark.parametrize("name", alignment.STEPS)
def test_models_of_a_task_have_equal_parameters_within_five_percent(name):
    sizes = [row["parameters"] for row in ROWS if row["task"] == name]
    assert max(sizes) < 1.05 * min(sizes)


@pytest.mark.parametrize("name", alignment.STEPS)
@pytest.mark.parametrize("model", alignment.MODELS)
def test_each_model_can_read_the_longest_source(name, model):
    task = task_of(name)
    sizes = tuple(len(vocab) for vocab in task.vocabs)
    built = alignment.build(model, sizes, alignment.matched_size(model, sizes))
    longest = max(task.train + task.test + task.longest, key=lambda pair: len(pair[0]))
    source, target = to_batch([longest])
    assert built(source, shift_right(target)).shape == (*target.shape, sizes[1])


@pytest.mark.parametrize("name", alignment.STEPS)
def test_nothing_that_is_tested_was_trained_on_or_chosen_with(name):
    task, tuning = task_of(name), alignment.Task(name, tuning=True)
    trained = {str(pair) for pair in task.train}
    assert not trained & {str(pair) for pair in task.test + task.longest}
    assert tuning.train == task.train
    assert not {str(pair) for pair in tuning.test} & {str(pair) for pair in task.test + task.longest}


def test_the_longest_numbers_have_six_digits():
    task = task_of("numbers")
    thousand, hundred = (task.vocabs[1][word] for word in ("thousand", "hundred"))
    for _, said in task.longest:
        assert hundred in said[: said.index(thousand)]


def test_links_against_the_word_that_went_in():
    weights = [torch.eye(3).roll(1, dims=0)]                # step t looks at word t − 1
    links = [({(t, t) for t in range(3)}, set())]
    out, went_in = alignment.error_rates(weights, links)
    assert out == 1 and went_in == 0


@pytest.mark.parametrize(("sure", "cross"), [({(0, 0), (1, 1)}, False), ({(0, 1), (1, 0)}, True),
                                             ({(0, 0), (0, 1), (1, 1)}, False), (set(), False)])
def test_links_that_cross(sure, cross):
    assert alignment.crosses(sure) == cross


@pytest.mark.slow
def test_a_point_measured_again_agrees_with_its_row():
    """Another machine rounds differently, and training makes much of little: the seeds' spread is the yardstick."""
    kept = [row for row in ROWS if (row["experiment"], row["task"], row["model"]) == ("scores", "grammar", "dot")]
    [again] = alignment.measure(alignment.point("scores", "grammar", "dot", seed=2, rate=kept[0]["rate"]))
    assert again["parameters"] == kept[0]["parameters"]
    for name in ("exact", "aer"):
        values = [row[name] for row in kept]
        spread = 0.03 + max(values) - min(values)
        assert min(values) - spread <= again[name] <= max(values) + spread, name
