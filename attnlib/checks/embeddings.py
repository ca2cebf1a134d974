"""Checks of lesson 01: what a student reads when an answer isn't right yet.

A name with a suffix, such as `build_vocab_order`, looks at one skill of the exercise alone, so that
it can have its own points. The exercise's own check looks at everything.
"""

import operator
import warnings
from contextlib import contextmanager
from unittest import mock

import numpy as np
import torch

from attnlib.checks import NOTHING, NotYet, array, call, check, expect, kind, line_of, plain

SPECIALS = {"<pad>": 0, "<unk>": 1, "<start>": 2, "<end>": 3}


def _numpy(value, shape, meaning):
    """`value` if it is a NumPy array of this shape."""
    expect(value is not None, NOTHING)
    expect(isinstance(value, (np.ndarray, np.generic)),
           f"{meaning} should be a NumPy array; you return {kind(value)}.")
    return array(value, shape, meaning)


def _plain(value):
    """Numbers as they are read best: lists, two decimals."""
    return np.round(np.asarray(value, dtype=float), 3).tolist()


def _vocab(answer, sentences, *min_count):
    """The answer's vocabulary, if it is a dict of whole numbers that count up from 0."""
    vocab = call(answer, sentences, *min_count)
    expect(vocab is not None, NOTHING)
    expect(isinstance(vocab, dict), f"a vocabulary is a dict from word to id; you return {kind(vocab)}.")
    expect(not any(isinstance(key, int) for key in vocab), "the keys are the words and the values their ids; "
           f"yours has the key {next(iter(vocab), None)!r}. Are the two swapped?")
    for text, number in SPECIALS.items():
        expect(text in vocab, f"{text} is missing for the corpus {sentences}; the four specials are always there.")
        expect(vocab[text] == number, f"{text} has id {number}; for the corpus {sentences} yours is {vocab[text]}.")
    tokens = {token for sentence in sentences for token in sentence}
    for key in vocab.keys() - SPECIALS.keys() - tokens:
        pair = isinstance(key, tuple) and key and set(key) & tokens
        expect(not pair, f"the keys are the words alone; yours has the key {key!r}, a word with its count.")
        why = ("Tokens stay as they are: Rome isn't rome." if str(key).lower() in {token.lower() for token in tokens}
               else "Does a count live on between calls?")
        expect(False, f"your vocabulary has the key {key!r}, and the corpus {sentences} hasn't. {why}")
    try:
        ids = sorted(operator.index(number) for number in vocab.values())
    except TypeError:
        expect(False, f"ids are whole numbers; yours are {list(vocab.values())}.")
    expect(len(set(ids)) == len(ids), f"two words share an id in {vocab}; each word has one of its own.")
    expect(ids == list(range(len(ids))),
           f"ids count up from 0 without a gap; for the corpus {sentences} yours are {ids}.")
    return vocab


def _words(vocab):
    """The words of a vocabulary in the order of their ids, specials left out."""
    return sorted(vocab.keys() - SPECIALS.keys(), key=vocab.get)


def _order(answer):
    for sentences, words, why in (
        ([["a"], ["b", "b", "b"], ["a"]], ["b", "a"], '"b" occurs 3 times and "a" twice, so "b" comes first '
                                                      "(occurrences count, not sentences)"),
        ([["c", "a"], ["b"]], ["a", "b", "c"], "all occur equally often, and ties are alphabetical"),
        ([["b", "a", "a", "b", "z", "z", "z"]], ["z", "a", "b"], '"z" is the most frequent; "a" and "b" are a tie, '
                                                                 "and ties are alphabetical"),
        ([["c", "bb", "a"]], ["a", "bb", "c"], "all occur once, and ties are alphabetical, whatever their length"),
    ):
        found = _words(_vocab(answer, sentences))
        lost = [word for word in words if word not in found]
        expect(not lost, f"min_count is 1 where nobody says more, so each word stays, also one that occurs once; for "
                         f"the corpus {sentences} you lost {lost}.")
        expect(found == words, f"for the corpus {sentences} the words after the specials should be {words}: {why}. "
                               f"Yours are {found}.")


@check
def build_vocab_order(answer):
    """By falling frequency, ties alphabetical; nothing else."""
    _order(answer)


@check
def build_vocab(answer):
    """Corpora of a few words, one for each clause of the contract."""
    _vocab(answer, [["Rome", "."]])
    first = _vocab(answer, [["the", "cat", "the"]])
    expect(len(first) == 6, 'the corpus [["the", "cat", "the"]] has two words, so with the specials there are 6 '
                            f"entries; yours has {len(first)}: {list(first)}.")
    _order(answer)
    found = _words(_vocab(answer, [["Rome", "rome", "rome", ".", ".", "."]]))
    expect(found == [".", "rome", "Rome"], "tokens stay as they are: a full stop is a token, and Rome isn't rome. For "
           f'the corpus [["Rome", "rome", "rome", ".", ".", "."]] yours are {found}.')
    found = _words(_vocab(answer, [["a", "b", "a"]], 2))
    expect("a" in found, 'with min_count=2 a word that occurs exactly twice stays; in [["a", "b", "a"]] you lost "a".')
    expect("b" not in found, 'with min_count=2 a word that occurs once is left out; in [["a", "b", "a"]] you kept "b".')
    found = _words(_vocab(answer, [["a"], ["a"], ["a", "b", "b"]], 3))
    expect(found == ["a"], 'with min_count=3, [["a"], ["a"], ["a", "b", "b"]] leaves "a" only: count over all '
                           f"sentences together. Yours are {found}.")
    sentences = [["<end>", "<end>", "<pad>", "<start>", "<unk>", "b"], ["b", "a"]]
    found = _words(_vocab(answer, sentences))
    expect(found == ["b", "a"], f"a special's own text in the corpus isn't counted; for {sentences} the words are "
                                f"['b', 'a'], yours are {found}.")
    again = _vocab(answer, [["the", "cat", "the"]])
    expect(again == first, "called twice with the same corpus, your function gives two vocabularies. "
                           "Does a count live on between calls?")


@check
def encode(answer):
    """Known words, an unknown one, an empty sentence; a vocabulary whose entries stand in any order."""
    vocab = SPECIALS | {"cat": 5, "the": 4, "sees": 6}

    def ids(*tokens):
        try:
            found = call(answer, list(tokens), dict(vocab))
        except KeyError as error:
            key = error.args[0] if error.args else None
            expect(key not in tokens, f"a word that isn't in the vocabulary gets the id of <unk>; yours stopped at "
                                      f"{key!r}{line_of(error)}.")
            expect(f"<{key}>" not in SPECIALS, f"the vocabulary's key is \"<{key}>\", with its brackets; yours looked "
                                               f"for {key!r}.")
            raise
        expect(found is not None, NOTHING)
        expect(isinstance(found, list), f"the ids are a list; you return {kind(found)}.")
        for number in found:
            expect(number is not None, "one of your ids is None: vocab.get gives that for a word that the vocabulary "
                                       "lacks. Such a word becomes <unk>, 1.")
            expect(type(number) is int, f"each id is a Python int; one of yours is {kind(number)}.")
        return found

    found = ids("the", "cat")
    expect(found != [4, 5], '["the", "cat"] should end with the id of <end>, 3; yours is [4, 5].')
    expect(found[:1] != [2], '["the", "cat"] should be [4, 5, 3], without <start> in front; '
                             f"yours is {found}. (The decoder of lesson 03 adds <start> itself.)")
    expect(found == [4, 5, 3], 'with "the" 4 and "cat" 5, ["the", "cat"] should be [4, 5, 3]; '
                               f"yours is {found}.")
    found = ids()
    expect(found == [3], f"an empty sentence still ends: it should be [3]; yours is {found}.")
    found = ids("the", "dog")
    expect(found != [4, 3], '"dog" isn\'t in the vocabulary and becomes <unk>, 1; you dropped it: [4, 3].')
    expect(found == [4, 1, 3], f'"dog" isn\'t in the vocabulary, so ["the", "dog"] should be [4, 1, 3]; '
                               f"yours is {found}.")
    found = ids("sees", "cat", "cat", "sees")
    expect(found == [6, 5, 5, 6, 3], "order and repetitions stay: sees cat cat sees should be [6, 5, 5, 6, 3]; "
                                     f"yours is {found}.")
    found = ids("<pad>", "cat")
    expect(found == [0, 5, 3], 'the vocabulary has the text "<pad>", with the id 0, so ["<pad>", "cat"] should be '
           f"[0, 5, 3]; yours is {found}. An id of 0 counts as false in `or` and `if`: ask whether the token is `in` "
           "the vocabulary.")
    expect(ids("cat") == [5, 3] == ids("cat"), "called twice with the same tokens, your function gives two answers.")


def _batch(answer, sequences):
    """The two arrays that the answer makes of `sequences`."""
    result = call(answer, sequences)
    expect(result is not None, NOTHING)
    expect(isinstance(result, (tuple, list)) and len(result) == 2, "return two things: `return ids, mask`.")
    first, second = (str(getattr(part, "dtype", "")) for part in result)
    expect(not (first == "bool" and second.startswith("int")), "the ids come first, then the mask: `return ids, mask`.")
    return result


def _padded_ids(ids, sequences):
    rows, width = len(sequences), max(map(len, sequences))
    expect(ids is not None, "the ids are None so far: `return ids, mask`.")
    found = array(ids, (rows, width), f"the ids of {sequences}, a row for each and as wide as the longest,")
    wanted = np.zeros((rows, width), dtype=np.int64)
    for i, sequence in enumerate(sequences):
        for j, number in enumerate(sequence):
            wanted[i, j] = number
    expect(np.array_equal(found, wanted),
           f"the ids of {sequences} should be {wanted.tolist()}; yours are {found.tolist()}. "
           "Sequences stay in their order, start at the left, and zeros fill up on the right.")
    _of_type(ids, "int64", "ids")


def _of_type(part, wanted, name):
    expect(isinstance(part, np.ndarray), f"the {name} are a NumPy array of {wanted}; yours are {kind(part)}."
           if name == "ids" else f"the {name} is a NumPy array of {wanted}; yours is {kind(part)}.")
    expect(not part.size or str(part.dtype) == wanted, f"the type of the {name} is {wanted}; yours is {part.dtype}.")


@check
def pad_batch_ids(answer):
    """The ids alone."""
    for sequences in ([[4, 5, 3]], [[4, 5, 3], [6, 3]], [[3], [7, 8, 3]], [[4, 3], []]):
        _padded_ids(_batch(answer, sequences)[0], sequences)


@check
def pad_batch(answer):
    """Ids and mask; a 0 inside a sequence, an empty sequence, a single one."""
    for sequences in ([[4, 5, 3], [6, 3]], [[3], [7, 8, 3]], [[4, 0, 3], [5, 0]], [[4, 3], []], [[4, 5, 3]], [[]]):
        ids, mask = _batch(answer, sequences)
        _padded_ids(ids, sequences)
        width = max(map(len, sequences))
        expect(mask is not None, "the ids are right, and the mask is None so far: make it from the lengths.")
        found = array(mask, (len(sequences), width), f"the mask of {sequences}")
        _of_type(mask, "bool", "mask")
        for row, sequence in zip(found.astype(bool).tolist(), sequences, strict=True):
            wanted = [True] * len(sequence) + [False] * (width - len(sequence))
            zero = " An id 0 inside a sequence is a real token: whether a place is real follows from the length."
            swapped = " Yours is the wrong way round." if row == [not real for real in wanted] and width else ""
            expect(row == wanted, f"in the batch {sequences}, the mask of {sequence} should be {wanted}; yours is "
                                  f"{row}.{swapped or (zero if 0 in sequence else '')}")


TABLE = np.array([[0.0, 0.5], [1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])  # (V, E) = (4, 2)


def _looked_up(answer, table, ids):
    wanted = np.stack([table[number] for number in ids.ravel()]).reshape(*ids.shape, table.shape[1])
    try:
        result = call(answer, table, ids)
    except (IndexError, ValueError, TypeError) as error:
        any_shape = "" if ids.ndim == 1 else " It takes ids of any shape, () and (2, 3) too."
        raise NotYet(f"for ids of shape {ids.shape} and a table of shape {table.shape} your function stopped with "
                     f"{plain(error)}{line_of(error)}. Ids number the table's rows.{any_shape}") from None
    meaning = f"one vector of {table.shape[1]} numbers for each id in an array of shape {ids.shape}"
    found = _numpy(result, wanted.shape, meaning)
    right = np.isclose(found, wanted, atol=1e-6)
    why = ""
    if any(np.allclose(found, table[(ids + off) % len(table)]) for off in (-1, 1)):
        why = " Yours are one row off: id 0 is the first row."
    elif right[ids != 0].all():
        why = " Row 0 counts like any other."
    expect(right.all(), f"in the table {table.tolist()}, the ids {ids.tolist()} should give {wanted.tolist()}; "
                        f"yours are {_plain(found)}.{why}")


@check
def lookup(answer):
    """Ids of zero to three dimensions, tables that aren't square and one that is."""
    for ids in ([2, 0, 2], [1], [[1, 3], [0, 0], [2, 1]], 3, [[[3, 0]], [[1, 1]]]):
        _looked_up(answer, TABLE, np.array(ids))
    _looked_up(answer, np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0, 1]))
    _looked_up(answer, TABLE.astype(np.float32), np.array([3, 1]))


def _gradient(answer, grad_output, ids, vocab_size):
    grad_output, ids = np.array(grad_output), np.array(ids)
    rows = f"The gradient has a row for each word of the vocabulary, {vocab_size} here, and the ids number those rows."
    loop = f"Here ids has shape {ids.shape}: a loop over it " + (
        "yields rows of ids, not ids." if ids.ndim else "isn't possible, it is a single id.")
    try:
        result = call(answer, grad_output, ids, vocab_size)
    except (IndexError, ValueError, TypeError) as error:
        why = f" {loop}" if ids.ndim != 1 else f" {rows}" if "out of bounds" in str(error) else ""
        raise NotYet(f"for ids of shape {ids.shape} and gradients of shape {grad_output.shape}, lookup_gradient "
                     f"stopped with {plain(error)}{line_of(error)}.{why}") from None
    shape = getattr(result, "shape", ())
    expect(grad_output.ndim < 3 or shape != (vocab_size, grad_output.shape[1]) or shape[1] == grad_output.shape[-1],
           f"for gradients of shape {grad_output.shape}, yours has shape {shape}: E is the last axis of grad_output, "
           "shape[-1], however many there are.")
    found = _numpy(result, (vocab_size, grad_output.shape[-1]),
                   "the gradient has a row for each word of the vocabulary, like the table; it")
    expect(found.dtype.kind == "f", f"the gradient holds decimals; yours is an array of {found.dtype}, which cuts "
                                    "off what comes after the point.")
    row_by_row = np.zeros(found.shape)
    if ids.ndim > 1:
        for part, gradient in zip(ids, grad_output, strict=True):
            row_by_row[part] += gradient
    wanted = np.zeros(found.shape)
    for number, gradient in zip(ids.ravel(), grad_output.reshape(ids.size, -1), strict=True):
        wanted[number] += gradient
    for row in range(vocab_size):
        times = int((ids == row).sum())
        why = (f"id {row} was looked up {times} times, and each time its row had a share in the loss: the gradients "
               "add up" if times > 1 else "it was looked up once" if times else "it wasn't looked up")
        expect(np.allclose(found[row], wanted[row], atol=1e-6),
               f"for ids {ids.tolist()} and gradients {_plain(grad_output)}, row {row} of the table's gradient should "
               f"be {_plain(wanted[row])} ({why}); yours is {_plain(found[row])}."
               + (f" {loop}" if ids.ndim > 1 and np.allclose(found, row_by_row) else ""))


@check
def lookup_gradient_once(answer):
    """Each id at most once."""
    _gradient(answer, [[1.0, 2.0], [3.0, 4.0]], [2, 0], 4)
    _gradient(answer, [[0.5, -1.0, 2.0]], [1], 2)


@check
def lookup_gradient(answer):
    """Ids that come once, ids that repeat, ids of zero to three dimensions."""
    _gradient(answer, [[1.0, 2.0], [3.0, 4.0]], [2, 0], 4)
    _gradient(answer, [[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]], [1, 1, 2], 4)
    _gradient(answer, [[[1.0], [2.0]], [[3.0], [4.5]]], [[1, 0], [0, 0]], 3)
    _gradient(answer, [1.0, 2.0], 1, 3)
    _gradient(answer, [[[[1.0, 2.0]], [[3.0, 4.0]]]], [[[2], [2]]], 3)


@contextmanager
def nothing_by_luck():
    """Places that an answer never fills hold 7.5 in here, where they could be 0 by luck.

    np.divide(a, b, where=...) without `out` leaves the other places as the memory happens to be.
    """
    divide = np.divide

    def filled(a, b, out=None, *, where=True, **more):
        if out is None and where is not True:
            out = np.full(np.broadcast_shapes(np.shape(a), np.shape(b), np.shape(where)), 7.5)
        return divide(a, b, out=out, where=where, **more)

    del [np.full(size, 7.5) for size in range(1, 12) for _ in range(8)][:]  # np.empty gets used memory
    with mock.patch.multiple(np, divide=filled, true_divide=filled):
        yield


def _cosines(answer, query, table):
    query, table = np.array(query), np.array(table)
    with warnings.catch_warnings(), nothing_by_luck():
        warnings.simplefilter("ignore")
        try:
            result = call(answer, query, table)
        except ValueError as error:
            columns = f"({table.shape[1]},)" in str(error) and f"({len(table)},)" in str(error)
            raise NotYet(f"for a query of shape {query.shape} and a table of shape {table.shape}, cosine_similarity "
                         f"stopped with {plain(error)}{line_of(error)}."
                         + (" Is a length taken for each column? Each row has one: axis=1." if columns else "")
                         ) from None
    return _numpy(result, (len(table),), f"one similarity for each of the table's {len(table)} rows: the result")


@check
def cosine_similarity(answer):
    """Angles that a hand can check, zero rows, a zero query, long and short vectors."""
    table = [[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0], [3.0, 4.0]]
    found = _cosines(answer, [1.0, 0.0], table)
    expect(not np.allclose(found, [0, 1, 2, 0.4]), "the same direction should give 1; is yours one minus the cosine?")
    expect(found[2] < 0, f"vectors that point in opposite directions have cosine -1; yours is {found[2]:.3g}.")
    why = ""
    if np.allclose(found, [2, 0, -1, 3]):
        why = " Those are dot products. Divide each by its row's length: 2, 5, 1, 5."
    elif np.allclose(found, np.array([2, 0, -1, 3]) / np.linalg.norm(table)):
        why = " Each row needs its own length; without an axis, np.linalg.norm gives one number for the whole table."
    expect(np.allclose(found, [1, 0, -1, 0.6], atol=1e-5), "the cosines of (1, 0) with (2, 0), (0, 5), (-1, 0), "
           f"(3, 4) are [1, 0, -1, 0.6]; yours are {_plain(found)}.{why}")
    found = _cosines(answer, [30.0, 40.0], table)
    expect(np.allclose(found, [0.6, 0.8, -0.6, 1.0], atol=1e-5), "the query's length should not matter: for (30, 40) "
           f"the cosines are [0.6, 0.8, -0.6, 1]; yours are {_plain(found)}.")
    found = _cosines(answer, [1.0, 2.0, 2.0], [[2.0, 2.0, 1.0], [0.0, 0.0, 5.0]])
    expect(np.allclose(found, [8 / 9, 2 / 3], atol=1e-5), "vectors may have more than two numbers: (1, 2, 2) has the "
           f"cosines [0.889, 0.667] with (2, 2, 1), (0, 0, 5); yours gives {_plain(found)}. Do the lengths count every "
           "number of a vector?")
    found = _cosines(answer, [0.0, 2.0], [[0.0, 0.0], [0.0, 1.0]])
    expect(np.isfinite(found).all(), f"a row of zeros has no direction; it gets 0. Yours gives {_plain(found)}: "
                                     "is something divided by 0?")
    unset = (" A place was never filled: np.divide(..., where=...) leaves it as the memory happens to be; give it "
             "out=np.zeros(...).")
    expect(np.allclose(found, [0, 1], atol=1e-5), "with (0, 2), the rows (0, 0) and (0, 1) give [0, 1]; "
           f"yours gives {_plain(found)}.{unset if found[0] == 7.5 else ''}")
    found = _cosines(answer, [0.0, 0.0], [[3.0, 4.0], [0.0, 0.0]])
    expect(np.isfinite(found).all() and np.allclose(found, 0, atol=1e-5),
           f"a query of zeros gets 0 with every row; yours gives {_plain(found)}.{unset if 7.5 in found else ''}")
    found = _cosines(answer, [1.0, 0.0], [[1.0, 0.0], [3.0, 4.0]])
    expect(np.allclose(found, [1, 0.6], atol=1e-5), "with (1, 0), the rows (1, 0) and (3, 4) give [1, 0.6]; yours "
           f"gives {_plain(found)}. Is each *row's* length taken, and not each column's?")
    found = _cosines(answer, [1e-4, 0.0], [[3e-4, 4e-4], [300.0, 400.0]])
    expect(np.allclose(found, 0.6, atol=1e-3), "how long a vector is should not matter: (0.0001, 0) has cosine 0.6 "
           f"with (0.0003, 0.0004) and with (300, 400); yours gives {_plain(found)}. "
           "Is a small number added to the lengths? An epsilon of 1e-12 is small enough.")
    found = _cosines(answer, [3.0, 4.0, 0.0], [[3.0, 4.0, 0.0]])
    expect(np.allclose(found, 1, atol=1e-5), f"a vector has cosine 1 with itself; yours gives {_plain(found)}.")


NEIGHBOUR_TABLE = np.array([
    [0.9, 0.1],    # 0 <pad>
    [1.0, 0.0],    # 1 <unk>, as close to cat as can be
    [1.0, 0.1],    # 2 <start>
    [0.0, -1.0],   # 3 <end>
    [-2.0, 0.1],   # 4 two
    [9.0, 9.0],    # 5 eats: long, so its dot product with cat is the largest
    [2.0, 0.4],    # 6 dog: the smallest angle
    [1.0, 0.0],    # 7 cat
    [0.2, 0.1],    # 8 cow: near the origin, a small angle
])


@check
def nearest_words(answer):
    """Seven vectors in a plane; a special is closest, the longest vector isn't, entries stand in any order."""
    vocab = SPECIALS | {"cow": 8, "two": 4, "cat": 7, "dog": 6, "eats": 5}

    def neighbours(word, k, table=NEIGHBOUR_TABLE, vocab=vocab):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = call(answer, word, table, vocab, k)
        expect(found is not None, NOTHING)
        expect(isinstance(found, list), f"the neighbours are a list; you return {kind(found)}.")
        few = ("" if k <= len(vocab) - 5 else f" A low score isn't enough: with k = {k} and {len(vocab) - 5} words "
                                              "left, they come in again.")
        for item in found:
            expect(isinstance(item, str), f"the list holds words; yours holds {item!r}.")
            expect(item not in SPECIALS, f"the specials are no neighbours; yours contain {item}.{few}")
            expect(item != word, f"a word is no neighbour of itself; yours for {word!r} contain it.{few}")
            expect(item in vocab, f"{item!r} isn't in the vocabulary.")
        return found

    found = neighbours("cat", 3)
    why = " Were k taken before the word and the specials were left out?" if len(found) < 3 else ""
    expect(len(found) == 3, f"three neighbours were asked for, and there are four candidates; you return {found}.{why}")
    expect(found[:2] != ["eats", "dog"],
           '"eats" has the longest vector, not the smallest angle with "cat"; rank by cosine.')
    expect(found != ["two", "eats", "cow"], f"the closest come first; yours, {found}, begin with the farthest.")
    slips = {
        ("cow", "dog", "two"): "They are close in distance, but rank by cosine.",
        ("eats", "cow", "dog"): "The right words, but the best comes first.",
        ("cow", "eats", "two"): "The nearest is missing: does a slice such as [1:] cut off one too many?",
        ("two", "dog", "cow"): '"two" points the opposite way, which is as far as can be: was the sign lost?',
        ("dog", "eats", "two"): "An id is a row number, whatever the order in the dict.",
    }
    expect(found == ["dog", "cow", "eats"], 'with cosines dog 0.98, cow 0.89, eats 0.71, two -1.00, the three nearest '
           f'to "cat" are dog, cow, eats; yours are {found}. {slips.get(tuple(found), "")}'.rstrip())
    found = neighbours("cat", 1)
    expect(found == ["dog"], f'the one nearest to "cat" is ["dog"]; yours is {found}.')
    found = neighbours("two", 9)
    expect(len(found) == 4, f"where fewer than k words are left, return those: 4 here; yours are {found}.")
    expect(found == ["eats", "cow", "dog", "cat"], 'all words by their cosine with "two" are eats, cow, dog, cat; '
                                                   f"yours are {found}.")
    twins = np.array([[1.0, 1]] * 4 + [[0.0, 3], [0.0, 1], [0.0, 2], [1.0, 0]])
    found = neighbours("b", 3, twins, SPECIALS | {"a": 4, "b": 5, "c": 6, "d": 7})
    expect(sorted(found[:2]) == ["a", "c"] and found[2:] == ["d"], 'two other words point exactly where "b" points, '
           f"so they come first, in any order, then d; yours are {found}. Is the word itself left out by its name?")
    plural = np.array([[1.0, 1]] * 4 + [[1.0, 0], [1.0, 0.1], [0.0, 1]])
    for word, other in (("dog", "dogs"), ("dogs", "dog")):
        found = neighbours(word, 2, plural, SPECIALS | {"dog": 4, "dogs": 5, "cat": 6})
        expect(found == [other, "cat"], f'"dog" and "dogs" are two words, and the neighbours of {word!r} should be '
               f"{[other, 'cat']}; yours are {found}. Between texts, `in` asks for a part of a word; compare with ==.")
    zeros = np.array([[0.0, 0]] * 4 + [[1.0, 0], [1.0, 0.1], [0.0, 0]])
    found = neighbours("a", 1, zeros, SPECIALS | {"a": 4, "b": 5, "nothing": 6})
    expect(found == ["b"], 'with a = (1, 0), b = (1, 0.1) and a word of zeros only, the one nearest to "a" is b: a '
                           f"row of zeros has cosine 0 with everything; yours is {found}. Does it give NaN?")


def _loss(answer, scores_true, scores_false, dtype=torch.float32):
    """The answer's loss for these scores, made with E = 1; gradients flow to the three inputs."""
    context = torch.tensor(scores_true, dtype=dtype)[:, None].requires_grad_()  # (B, 1)
    negatives = torch.tensor(scores_false, dtype=dtype)[:, :, None].requires_grad_()  # (B, K, 1)
    center = torch.ones(len(scores_true), 1, dtype=dtype, requires_grad=True)
    return _scalar(answer(center, context, negatives)), (center, context, negatives)


def _scalar(loss):
    expect(loss is not None, NOTHING)
    expect(isinstance(loss, torch.Tensor), f"the loss is a torch tensor; you return {kind(loss)}."
           + (" A plain number carries no gradient." if isinstance(loss, (float, int, np.generic)) else ""))
    expect(loss.shape == (), f"the loss is one number, of shape (); yours has shape {tuple(loss.shape)}.")
    return loss


def _ordinary_loss(answer):
    loss, _ = _loss(answer, [0.0], [[0.0]])
    expect(torch.isfinite(loss), f"with all scores 0 the loss is 2 log 2 = 1.386; yours is {loss.item()}.")
    def near(*numbers):
        return any(abs(loss.item() - number) < 1e-3 for number in numbers)

    expect(not near(1, -1), f"with all scores 0 the loss is 2 log 2 = 1.386; yours is {loss.item():.3f}. Is the log "
                            "missing?")
    expect(not near(0), "with all scores 0 the loss is 2 log 2 = 1.386; yours is 0. Take the log of each sigmoid, then "
                        "add up; the sum of the sigmoids is 1 here, and log 1 = 0.")
    expect(loss > 0, f"the loss is never negative; with all scores 0 yours is {loss.item():.3f}. Is a minus missing?")
    expect(near(1.3863), "with the true score 0 and one false score 0 the loss is "
           f"log 2 + log 2 = 1.386; yours is {loss.item():.3f}.")
    loss, _ = _loss(answer, [3.0], [[-3.0]])
    why = " Is a sign turned round?" if near(3.0972, 6.0972) else ""
    expect(near(0.0972), "a good pair, true score 3 and false score -3, has the small loss "
           f"0.049 + 0.049 = 0.097; yours is {loss.item():.3f}.{why}")
    loss, _ = _loss(answer, [0.0], [[0.0, 0.0, 0.0]])
    why = (" Each false word has a log σ of its own, and these are added up: no average, no sum of scores before it."
           if near(1.3863) else "")
    expect(near(2.7726), "one true and three false words, all scores 0: 4 log 2 = 2.773, since "
           f"the false words are summed; yours is {loss.item():.3f}.{why}")
    loss, _ = _loss(answer, [0.0, 0.0], [[0.0], [0.0]])
    why = (" Was each center scored with the other pair's words too? Look at the shape of the false scores: is it "
           "(B, K)?" if near(2.0794, 4.1589) else "")
    expect(near(1.3863), "the same pair twice in a batch has the same loss as once, 1.386, since "
           f"the loss is a mean over the batch; yours is {loss.item():.3f}.{why}")
    center, context = torch.tensor([[1.0, 2.0], [0.0, -1.0]]), torch.tensor([[3.0, -1.0], [2.0, 1.0]])
    negatives = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]]])
    loss = _scalar(call(answer, center, context, negatives))
    wanted = (0.3133 + 2.1269 + 1.3133 + 1.3133 + 0.3133 + 0.1269) / 2
    expect(abs(loss.item() - wanted) < 1e-3, "for two pairs with true scores 1 and -1, false scores (2, 1) and "
           f"(-1, -2), the loss is {wanted:.3f}; yours is {loss.item():.3f}. A score is c·o, summed over E; each "
           "center meets its own negatives.")
    loss, given = _loss(answer, [1.0], [[0.5]])
    expect(loss.requires_grad, "no gradient flows through your loss: was it detached, or turned into a plain number?")
    for name, gradient in zip(("center", "context", "negatives"),
                              torch.autograd.grad(loss, given, allow_unused=True), strict=True):
        expect(gradient is not None and gradient.abs().sum() > 0, f"no gradient reaches `{name}`. Was it detached?")


@check
def negative_sampling_loss_value(answer):
    """Ordinary scores only."""
    _ordinary_loss(answer)


@check
def negative_sampling_loss(answer):
    """Ordinary scores, then large ones."""
    _ordinary_loss(answer)
    for true, false, wanted in ((-100.0, -100.0, 100.0), (-1e4, 1e4, 2e4), (1e4, -1e4, 0.0)):
        loss, given = _loss(answer, [true], [[false]])
        expect(torch.isfinite(loss), f"with true score {true:g} and false score {false:g} the loss is {wanted:g}; "
               f"yours is {loss.item()}. exp overflows, or the sigmoid becomes exactly 0, and log 0 is −∞.")
        expect(abs(loss.item() - wanted) <= 1e-3 * max(wanted, 1),
               f"with true score {true:g} and false score {false:g} the loss is {wanted:g}; yours is "
               f"{loss.item():.4g}. Was something clipped, or a small number added, to avoid log 0? Then the gradient "
               "is lost as well.")
        gradients = torch.autograd.grad(loss, given)
        expect(all(torch.isfinite(gradient).all() for gradient in gradients),
               f"with true score {true:g} and false score {false:g} the loss is right, but its gradient isn't finite.")
