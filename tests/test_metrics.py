"""Measures, against definitions that are slow and plain."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib.metrics import bleu, exact_match, perplexity

rows = st.lists(st.sampled_from([0, 3, 4, 5]), min_size=1, max_size=5)


def cut(row):
    row = row[: row.index(3) + 1] if 3 in row else row
    while row and row[-1] == 0:
        row = row[:-1]
    return row


@given(rows, rows)
def test_exact_match_is_equality_of_what_counts(one, other):
    assert exact_match(torch.tensor([one]), torch.tensor([other])).tolist() == [cut(one) == cut(other)]


def test_each_row_has_its_own_end():
    said = torch.tensor([[5, 3, 9, 9], [5, 6, 3, 0], [3, 0, 0, 0]])
    wanted = torch.tensor([[5, 3, 0], [5, 3, 0], [3, 7, 7]])
    assert exact_match(said, wanted).tolist() == [True, False, True]


def test_arguments_stay_as_they_were():
    said = torch.tensor([[5, 3, 9, 9]])
    exact_match(said, torch.tensor([[5, 3]]))
    assert said.tolist() == [[5, 3, 9, 9]]


def test_different_numbers_of_rows_are_named():
    with pytest.raises(ValueError, match=r"\(2, 3\) and targets \(1, 3\)"):
        exact_match(torch.zeros(2, 3), torch.zeros(1, 3))
    with pytest.raises(ValueError, match=r"\(3,\) and targets \(3,\) don't fit; expected \(B, T\) and \(B, U\)"):
        exact_match(torch.zeros(3), torch.zeros(3))


def test_an_empty_batch_has_no_matches():
    assert exact_match(torch.zeros(0, 3), torch.zeros(0, 2)).shape == (0,)


@given(st.integers(1, 50), st.integers(1, 20))
def test_guessing_among_n_words_has_perplexity_n(n, count):
    assert perplexity(count * math.log(n), count) == pytest.approx(n)


def test_no_tokens_have_no_perplexity():
    with pytest.raises(ValueError, match="token_count is 0"):
        perplexity(1.0, 0)


def test_bleu_by_hand_takes_tokens_as_they_are():
    said, right = "the page was saved saved".split(), "the page was saved in your folder".split()
    assert bleu([said], [right]) == pytest.approx(100 * math.exp(1 - 7 / 5) * 0.2**0.25)
    assert bleu([["don't.", "l'", "-vous", "a", "b"]], [["don't.", "l'", "-vous", "a", "b"]]) == pytest.approx(100)
    assert bleu([[]], [["a"]]) == 0


def test_bleu_of_unlike_numbers_of_sentences():
    with pytest.raises(ValueError, match="1 hypotheses and 2 references"):
        bleu([["a"]], [["a"], ["b"]])
