"""Lesson 02's checks look at the numbers of an answer, not at what kind of array holds them."""

import importlib
import warnings

import numpy as np
import pytest
import torch

from attnlib import checks, course

EXERCISES = ("rnn_cell", "rnn_encode", "rnn_cell_backward", "rnn_backward", "numerical_gradient", "masked_rnn_encode",
             "gru_cell")
ASPECTS = {"rnn_cell_backward": ("inputs", "weights"), "masked_rnn_encode": ("final", "states"),
           "gru_cell": ("update", "reset")}
KINDS = {"32-bit numbers": np.float32, "nested lists": np.ndarray.tolist, "torch": torch.tensor,
         "another order in memory": np.asfortranarray}
rnn_encoder = importlib.import_module("attnlib.checks.rnn_encoder")


def returning(answer, kind):
    """`answer`, its arrays turned into another kind."""
    def changed(*arguments, **keywords):
        result = answer(*arguments, **keywords)
        return [kind(value) for value in result] if isinstance(result, tuple) else kind(result)
    return changed


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("name", EXERCISES)
def test_kinds_of_arrays(name, kind):
    checks.find(name)(returning(course.own_version(name), kind))


@pytest.mark.parametrize("name", EXERCISES)
def test_answer_that_can_not_be_an_array(name):
    with pytest.raises(checks.NotYet):
        checks.find(name)(lambda *arguments, **keywords: "the next state")


@pytest.mark.parametrize("name", ASPECTS)
def test_the_whole_check_is_its_aspects(name):
    """`working` asks the whole check, so an answer that fails one aspect must fail it."""
    first, second = (getattr(rnn_encoder, f"{name}_{aspect}") for aspect in ASPECTS[name])

    def only_first(*arguments):         # right in what the first aspect looks at, wrong in the other
        if name == "gru_cell":
            x, h, weights = arguments
            return course.own_version(name)(x, h, weights | {"W_hn": 0 * weights["W_hn"]})
        result = course.own_version(name)(*arguments)
        return (*result[:2], *(0 * value for value in result[2:])) if len(result) == 5 else (0 * result[0], result[1])

    first(only_first)
    for check in (second, getattr(rnn_encoder, name)):
        with pytest.raises(checks.NotYet):
            check(only_first)


def test_working_falls_back_in_one_line(capsys):
    answer = course.working("rnn_cell", lambda x, h, W_x, W_h, b: x @ W_x)
    assert answer is course.own_version("rnn_cell")
    assert capsys.readouterr().out == "rnn_cell doesn't pass its check yet, so this experiment uses the course's own.\n"


def test_a_right_gru_that_overflows_prints_no_warning():
    def gru_cell(x, h, weights):
        def gate(letter):
            return (x @ weights[f"W_i{letter}"] + weights[f"b_i{letter}"],
                    h @ weights[f"W_h{letter}"] + weights[f"b_h{letter}"])

        r, z = (1 / (1 + np.exp(-sum(gate(letter)))) for letter in "rz")
        word, state = gate("n")
        return (1 - z) * np.tanh(word + r * state) + z * h

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rnn_encoder.gru_cell(gru_cell)


def test_wrong_shapes_handed_to_a_right_cell_are_the_loops_fault():
    cell = course.own_version("rnn_cell")

    def rnn_encode(xs, h0, W_x, W_h, b):
        return cell(xs, h0, W_x, W_h, b)

    with pytest.raises(checks.NotYet) as told:
        rnn_encoder.rnn_encode(rnn_encode)
    assert "`return cell(xs, h0, W_x, W_h, b)`" in str(told.value)
    assert "x (2, 3, 1), h (2, 1)" in str(told.value)
