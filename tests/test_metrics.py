"""Measures, against definitions that are slow and plain."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib.metrics import exact_match, perplexity

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
