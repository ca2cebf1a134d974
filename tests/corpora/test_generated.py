"""Generated tasks: number words against num2words, links that say what they should, splits that don't meet."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from attnlib.corpora import generated

numbers = st.one_of(st.integers(1, 999_999), st.integers(1, 2000), st.integers(1, 999).map(lambda n: 1000 * n))
GERMAN = {word: str(n) for n in range(1, 20) for word in [num2words(n, lang="de")]} | {"ein": "1"} | {
    num2words(n, lang="de"): str(n) for n in range(20, 100, 10)} | {"hundert": "100", "tausend": "1000"}
ENGLISH = {num2words(n): str(n) for n in [*range(1, 20), *range(20, 100, 10)]} | {"hundred": "100", "thousand": "1000"}


@given(numbers)
def test_number_words_are_those_of_num2words(n):
    pair = generated.german_number(n)
    # num2words writes "einhunderteinstausend"; the s belongs to a number that ends in one only.
    assert "".join(pair.source) == num2words(n, lang="de").replace("einstausend", "eintausend")
    assert " ".join(pair.target) == num2words(n).replace(" and ", " ").replace(",", "").replace("-", " ")


def test_all_small_numbers():
    for n in range(1, 1200):
        test_number_words_are_those_of_num2words.hypothesis.inner_test(n)


@given(numbers)
def test_sure_links_join_equal_numbers_one_to_one(n):
    pair = generated.german_number(n)
    assert {t for t, _ in pair.sure} == set(range(len(pair.target))) and len(pair.sure) == len(pair.target)
    for t, s in pair.sure:
        assert ENGLISH[pair.target[t]] == GERMAN[pair.source[s]]
    assert {s for _, s in pair.sure} == {s for s, word in enumerate(pair.source) if word != "und"}


@given(numbers)
def test_und_has_possible_links_to_the_two_words_that_it_joins(n):
    pair = generated.german_number(n)
    assert pair.sure <= pair.possible
    for s, word in enumerate(pair.source):
        joined = {t for t, place in pair.possible if place == s}
        assert len(joined) == (2 if word == "und" else 1)
    for t, s in pair.possible - pair.sure:
        assert pair.source[s] == "und" and {(t, s - 1), (t, s + 1)} & pair.sure


def test_forty_two_crosses():
    pair = generated.german_number(42)
    assert (pair.source, pair.target) == (("zwei", "und", "vierzig"), ("forty", "two"))
    assert pair.sure == {(0, 2), (1, 0)} and pair.possible == pair.sure | {(0, 1), (1, 1)}


@given(numbers)
def test_spelled_letters_carry_their_word_s_links(n):
    words, letters = generated.german_number(n), generated.spelled(generated.german_number(n))
    assert letters.target == words.target and letters.source == tuple("".join(words.source))
    place = [s for s, word in enumerate(words.source) for _ in word]
    for links, spread in ((words.sure, letters.sure), (words.possible, letters.possible)):
        assert {(t, place[s]) for t, s in spread} == links
        assert len(spread) == sum(len(words.source[s]) for _, s in links)


def test_swapped_twice_is_the_same():
    pair = generated.german_number(351_042)
    assert pair.swapped().source == pair.target
    assert generated.german_number(42).swapped().sure == {(2, 0), (0, 1)} and pair.swapped().swapped() == pair


@pytest.mark.parametrize("n", [0, -1, 1_000_000])
def test_numbers_out_of_range(n):
    with pytest.raises(ValueError, match="from 1 to 999,999"):
        generated.german_number(n)


@pytest.mark.parametrize("split", ["train", "test"])
def test_numbers_have_one_to_six_digits_equally_often(split):
    value = {generated.german_number(n).target: n for n in [*range(1, 10), *range(10, 100)]}
    pairs = generated.german_numbers(6000, 1, split)
    digits = Counter(len(str(value.get(pair.target, 100))) for pair in pairs)
    assert all(abs(digits[count] / 6000 - share) < 0.03 for count, share in ((1, 1 / 6), (2, 1 / 6), (3, 4 / 6)))


def test_no_number_is_in_both_splits():
    train, test = ({pair.target for pair in generated.german_numbers(3000, 1, split)} for split in ("train", "test"))
    assert train and test and not train & test


def test_a_tenth_of_the_numbers_is_for_testing():
    for first in (1, 10, 100, 1000, 10_000, 100_000):
        share = sum(map(generated._is_test, range(first, 10 * first))) / (9 * first)
        assert 0.05 < share < 0.25, first


def test_an_unknown_split_is_named():
    with pytest.raises(ValueError, match="no split 'dev'"):
        generated.german_numbers(1, 1, "dev")


@pytest.mark.parametrize(("task", "turn"), [(generated.reversal, -1), (generated.copying, 1)])
def test_symbols(task, turn):
    pairs = task(2000, seed=3, max_length=8, min_length=2, symbols=5)
    counts = Counter(len(pair.source) for pair in pairs)
    assert set(counts) == set(range(2, 9)) and min(counts.values()) > 200
    assert {letter for pair in pairs for letter in pair.source} == set("abcde")
    for pair in pairs:
        assert pair.target == pair.source[::turn] and pair.sure == pair.possible
        assert len(pair.sure) == len(pair.source)
        assert all(pair.target[t] == pair.source[s] and s == (t if turn == 1 else len(pair.source) - 1 - t)
                   for t, s in pair.sure)


@pytest.mark.parametrize("arguments", [{"max_length": 0}, {"max_length": 3, "min_length": 4},
                                       {"max_length": 3, "symbols": 1}, {"max_length": 3, "symbols": 27}])
def test_symbols_that_cannot_be(arguments):
    with pytest.raises(ValueError, match=r"\d"):
        generated.reversal(1, 1, **arguments)


def test_samples_are_the_same_on_every_machine():
    pairs = [*generated.reversal(50, 1, 20), *generated.copying(50, 1, 20), *generated.german_numbers(50, 1)]
    text = "\n".join(" ".join(pair.source + ("→",) + pair.target) for pair in pairs)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "7ed7e35149d615da"
