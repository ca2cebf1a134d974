"""Checks of lesson 07: n-grams counted by hand, a split of eleven pairs, weights of three words."""

# ruff: noqa: E501
# A hint stays on one line.

import math
from collections import Counter

import torch

from attnlib.checks import NOTHING, call, check, expect, kind, plain


def _plain(value):
    """A number from torch or numpy as Python's."""
    return value.item() if getattr(value, "shape", None) == () else value


# ---- BLEU ------------------------------------------------------------------------------------------------------------

def _matches(answer, hypothesis, references, n):
    try:
        got = call(answer, hypothesis.split(), [reference.split() for reference in references], n)
    except ZeroDivisionError:
        expect(False, "your function divides, and here there is nothing to divide by (ZeroDivisionError). Return the two counts, (matches, total), and don't divide.")
    expect(got is not None, NOTHING)
    expect(not isinstance(_plain(got), (int, float)), f"the result is a pair of counts, (matches, total); you return {kind(_plain(got))}. Counts of many sentences are added up before anything is divided.")
    expect(isinstance(got, (tuple, list)) and len(got) == 2, f"the result is a pair of counts, (matches, total); you return {kind(got)}.")
    matches, total = map(_plain, got)
    expect(all(isinstance(count, (int, float)) and not isinstance(count, bool) and count == int(count) for count in (matches, total)), f"matches and total are whole numbers; yours are {matches!r} and {total!r}.")
    return int(matches), int(total)


def _counts(got, wanted, hypothesis, references, n, hint=""):
    what = {1: "words", 2: "pairs of words"}.get(n, f"n-grams of {n} words")
    expect(got == wanted, f"'{hypothesis}' against {' and '.join(map(repr, references))}, {what}: ({wanted[0]}, {wanted[1]}), matches and total; yours is {got}.{hint}")


@check
def ngram_precision(answer):
    """The paper's "the the the", two references, pairs of words, and a hypothesis that is too short."""
    hypothesis, reference = "the the the the", "the cat is on the mat"
    got = _matches(answer, hypothesis, [reference], 1)
    expect(got != (2, 6), "the total is the number of n-grams of the hypothesis, here 4; yours counts the reference's.")
    expect(got != (4, 4), "the hypothesis says 'the' four times, and the reference only twice, so two of the four match: an n-gram counts at most as often as the reference has it. Yours isn't clipped.")
    expect(got not in ((1, 1), (1, 4)), "the hypothesis says 'the' four times, the reference twice, so the counts are (2, 4). Yours counts each n-gram once: a set forgets how often something occurs.")
    expect(got[1] != 3, "4 words are 4 n-grams of one word; your total is 3. The last one is left out.")
    _counts(got, (2, 4), hypothesis, [reference], 1)

    hypothesis, references = "the the the", ["the cat", "the dog"]
    got = _matches(answer, hypothesis, references, 1)
    expect(got[0] != 2, "with two references that have 'the' once each, one of three 'the' matches: the limit is the count in the reference that has it most often. Yours adds the references up.")
    _counts(got, (1, 3), hypothesis, references, 1)
    for references in (["a a b", "a c"], ["a c", "a a b"]):
        got = _matches(answer, "a a c", references, 1)
        _counts(got, (3, 3), "a a c", references, 1, " Each n-gram takes its limit from the reference that has it most often: 'a' from one, 'c' from the other.")

    hypothesis, reference = "the cat sat on the mat", "the cat is on the mat"
    got = _matches(answer, hypothesis, [reference], 2)
    expect(got != (5, 6), "with n = 2, the n-grams are pairs of neighbours: 'the cat', 'cat sat' and so on. Yours are single words. Is n used?")
    expect(got[1] != 6, "6 words have 5 pairs of neighbours; your total is 6. The last pair begins one word before the end.")
    expect(got[1] != 4, "6 words have 5 pairs of neighbours; your total is 4. The last one is left out.")
    expect(got[1] != 3, "6 words have 5 pairs of neighbours, which overlap: 'the cat', 'cat sat'. Your total is 3.")
    _counts(got, (3, 5), hypothesis, [reference], 2, " 'the cat', 'on the' and 'the mat' match.")
    got = _matches(answer, "a b", ["b a"], 2)
    expect(got == (0, 1), f"'a b' isn't 'b a': the order counts, so (0, 1); yours is {got}.")
    got = _matches(answer, "a b", ["c a", "b d"], 2)
    expect(got[0] == 0, f"no reference has 'a b'. (The one ends on 'a', the other begins with 'b': n-grams don't run from one sentence into the next.) So (0, 1); yours is {got}.")
    got = _matches(answer, "ab c", ["a bc"], 2)
    expect(got[0] == 0, f"'ab c' and 'a bc' are different pairs of words, so (0, 1); yours is {got}. Join words with something between them, or use tuples.")
    got = _matches(answer, "a", ["the cat"], 1)
    expect(got[0] == 0, f"'the cat' has the letter a, but no word 'a', so (0, 1); yours is {got}. Compare whole words.")
    got = _matches(answer, "a b c d e", ["a b c d f"], 4)
    _counts(got, (1, 2), "a b c d e", ["a b c d f"], 4)
    for words in ("", "a", "a b"):
        got = _matches(answer, words, ["a b c d"], 3)
        expect(got == (0, 0), f"{len(words.split())} words have no n-gram of 3, so (0, 0); yours is {got}.")
    got = _matches(answer, "a b c", ["a b", "c"], 3)
    expect(got == (0, 1), f"references may be shorter than n and then match nothing: 'a b c' against 'a b' and 'c' is (0, 1) for n = 3; yours is {got}.")


def _penalty(answer, hypothesis_length, reference_length):
    try:
        got = call(answer, hypothesis_length, reference_length)
    except ZeroDivisionError:
        expect(hypothesis_length, "an empty hypothesis has length 0, and r/h divides by it (ZeroDivisionError). Its penalty is 0; that case needs a line of its own.")
        raise
    expect(got is not None, NOTHING)
    got = _plain(got)
    expect(isinstance(got, (int, float)) and not isinstance(got, bool), f"the penalty is one number; you return {kind(got)}.")
    return float(got)


@check
def brevity_penalty(answer):
    """Shorter, as long, longer, empty."""
    got = _penalty(answer, 6, 9)
    expect(abs(got - math.exp(1 - 6 / 9)) > 1e-3, "6 words for 9 give exp(1 − 9/6); yours is exp(1 − 6/9), with h and r the other way round.")
    expect(abs(got - 1) > 1e-3, "6 words for 9 are too short, so the penalty is below 1; yours is 1. Are the two lengths the right way round (the hypothesis comes first), is r/h divided with / and not //, and is exp there at all?")
    expect(abs(got - 6 / 9) > 1e-3, "that is h/r; the penalty is exp(1 − r/h).")
    expect(abs(got - math.exp(9 / 6 - 1)) > 1e-3, "the penalty for being short is below 1, and yours is 1.65: the sign. It is exp(1 − r/h).")
    expect(abs(got - math.exp(-9 / 6)) > 1e-3, "yours is exp(−r/h); the 1 is missing: exp(1 − r/h), so that just long enough gives 1.")
    expect(abs(got - math.exp(-0.5)) < 1e-4, f"6 words for 9 give exp(1 − 9/6) = exp(−0.5) = 0.607; yours is {got:.3f}.")
    for hypothesis_length, reference_length in ((9, 6), (30, 3)):
        got = _penalty(answer, hypothesis_length, reference_length)
        expect(got <= 1 + 1e-12, f"nothing is won by being too long: {hypothesis_length} words for {reference_length} give 1; yours is {got:.3f}.")
        expect(got > 1 - 1e-9, f"the penalty is for being short. {hypothesis_length} words for {reference_length} give 1 (their precision suffers already); yours is {got:.3f}.")
    got = _penalty(answer, 7, 7)
    expect(abs(got - 1) < 1e-9, f"as long as the reference is long enough: 1; yours is {got:.3f}.")
    got = _penalty(answer, 99, 100)
    expect(abs(got - math.exp(1 - 100 / 99)) < 1e-6, f"99 words for 100 give exp(1 − 100/99) = 0.9899; yours is {got:.4f}.")
    got = _penalty(answer, 0, 5)
    expect(abs(got) < 1e-12, f"an empty hypothesis gets 0; yours is {got:.3f}.")
    got = _penalty(answer, 0, 0)
    expect(abs(got) < 1e-12, f"an empty hypothesis gets 0, whatever the reference; yours is {got:.3f}.")


# ---- A split that doesn't leak ---------------------------------------------------------------------------------------

PAIRS = [("enregistrer", "save"), ("sauvegarder", "save"), ("ouvrir", "open"), ("fermer", "close"), ("ouvert", "open"),
         ("page", "page"), ("une page", "a page"), ("supprimer", "delete"), ("effacer", "delete"), ("effacer", "clear"),
         ("non", "no")]                                                      # 8 targets


class Word(str):
    """A text whose place in a set is another in each salt, as all texts' places are in each run of Python."""

    salt = 0

    def __hash__(self):
        return hash((Word.salt, str(self)))


def _split(answer, pairs, test_fraction, seed):
    got = call(answer, list(pairs), test_fraction, seed)
    expect(got is not None, NOTHING)
    expect(isinstance(got, (tuple, list)) and len(got) == 2, f"the result is two lists, (train, test); you return {kind(got)}.")
    sides = []
    for name, side in zip(("train", "test"), got, strict=True):
        expect(isinstance(side, (list, tuple, set)) or hasattr(side, "tolist"), f"{name} is a list of pairs; yours is {kind(side)}.")
        side = list(side)
        expect(all(not isinstance(pair, str) and hasattr(pair, "__len__") and len(pair) == 2 for pair in side), f"{name} is a list of pairs (source, target); in yours there is {next((pair for pair in side if isinstance(pair, str) or not hasattr(pair, '__len__') or len(pair) != 2), None)!r}.")
        sides.append([tuple(map(str, pair)) for pair in side])
    return sides


def _valid(train, test, pairs, wanted):
    """Whether it is a split of the pairs by target with as many test targets as wanted."""
    return Counter(train + test) == Counter(pairs) and len({e for _, e in test}) == wanted \
        and not {e for _, e in train} & {e for _, e in test}


@check
def split_by_target(answer):
    """Eleven pairs, eight targets: each pair on one side, no target on both, the fraction of targets, the seed."""
    for seed in range(6):
        train, test = _split(answer, PAIRS, 0.25, seed)
        twice = sorted(set(train) & set(test))
        expect(not twice, f"the pair {twice[:1]} is on both sides.")
        missing = [pair for pair in PAIRS if pair not in train + test]
        expect(not missing, f"the pair {missing[:1]} is on neither side.")
        strange = [pair for pair in train + test if pair not in PAIRS]
        expect(not strange, f"the pair {strange[:1]} isn't one of those given; a pair is (source, target), as it came.")
        expect(len(train + test) == len(PAIRS), f"{len(PAIRS)} pairs go in and {len(train + test)} come out.")
        both = sorted({e for _, e in train} & {e for _, e in test})
        expect(not both, f"the target {both[:1]} is on both sides: a model can have learned it by heart. Draw targets, not pairs, and let each pair follow its target.")
        targets = len({e for _, e in test})
        expect(targets != 6, "train and test are the wrong way round: (train, test), and test_fraction is the test's share.")
        expect(targets == 2, f"a quarter of 8 targets are 2 in the test; yours has {targets}. The fraction is of distinct targets, not of pairs.")
    twice = [*PAIRS, PAIRS[0]]
    train, test = _split(answer, twice, 0.25, 1)
    expect(len(train + test) == len(twice), f"the list may hold the same pair twice, then both stay; {len(twice)} pairs go in and {len(train + test)} come out.")

    many = [(f"mot {i}", f"word {i % 40}") for i in range(60)]               # 40 targets
    draws = [_split(answer, many, 0.3, seed) for seed in (1, 1, 2, 3)]
    expect(set(draws[0][1]) == set(draws[1][1]), "the same seed gave two different splits. Make a generator from the seed, such as random.Random(seed), and draw with it.")
    expect(len({frozenset(test) for _, test in draws[1:]}) > 1, "the seeds 1, 2 and 3 give the same split: the seed isn't used.")
    one, two = (_split(lambda *given: answer(*given[:2], seed=given[2]), many, 0.3, 5) for _ in range(2))
    expect(set(one[1]) == set(two[1]), "the same seed gave two different splits. Make a generator from the seed, such as random.Random(seed), and draw with it.")

    rounded = _split(answer, many, 0.19, 1)[1]
    expect(len({e for _, e in rounded}) != 7, "0.19 of 40 targets are 7.6, rounded 8; yours has 7. int() cuts off; round() rounds.")
    expect(len({e for _, e in rounded}) == 8, f"0.19 of 40 targets are 7.6, rounded 8; yours has {len({e for _, e in rounded})}.")
    few = {e for _, e in _split(answer, PAIRS, 0.3, 1)[1]}
    expect(len(few) == 2, f"0.3 of 8 targets are 2.4, rounded 2; yours has {len(few)}. Is it rounded up?")
    for fraction, wanted in ((0.0, 0), (1.0, 40)):
        train, test = _split(answer, many, fraction, 1)
        expect(len({e for _, e in test}) == wanted, f"test_fraction {fraction:g} puts {wanted} of 40 targets into the test; yours has {len({e for _, e in test})}.")

    salted = []
    words = [(Word(f), Word(e)) for f, e in many]
    for Word.salt in range(1, 4):
        try:
            train, test = answer(list(words), 0.3, 1)
            salted.append(frozenset((str(f), str(e)) for f, e in test) if _valid([tuple(map(str, p)) for p in train], [tuple(map(str, p)) for p in test], many, 12) else None)
        except Exception:
            salted.append(None)
    expect(None in salted or len(set(salted)) == 1, "you draw from a set, and a set has another order each time Python starts. So the same seed gives another split tomorrow. Put the targets in order first: sorted(...), or dict.fromkeys(...), which keeps the order they came in.")


# ---- Unknown words ---------------------------------------------------------------------------------------------------

def _replaced(answer, tokens, weights, source, lexicon):
    try:
        got = call(answer, tokens, weights, source, lexicon)
    except KeyError as error:
        expect(error.args and error.args[0] not in source, f"{error.args[0]!r} isn't in the lexicon (KeyError). Then the source word itself is the answer: lexicon.get(word, word).")
        raise
    except IndexError as error:
        expect(False, f"your function looks for a word that isn't there ({plain(error)}). weights are (T, S): a row for each token, a column for each source word; the largest is looked for in one row.")
    expect(got is not None, NOTHING)
    expect(not isinstance(got, str), "the result is a list of tokens; you return one text.")
    expect(isinstance(got, (list, tuple)), f"the result is a list of tokens; you return {kind(got)}.")
    return list(got)


@check
def replace_unknowns(answer):
    """Three words said for four heard; a word in the lexicon, a name, two unknown words, none."""
    source, lexicon = ["bonjour", "madame", "dupont", "!"], {"bonjour": "hello", "madame": "mrs", "!": "!", "merci": "thanks"}
    weights = torch.tensor([[.2, .5, .2, .1], [.1, .7, .1, .1], [.1, .2, .6, .1]])
    tokens = ["hello", "<unk>", "dupond"]
    got = _replaced(answer, tokens, weights, source, lexicon)
    expect(len(got) == 3, f"three tokens go in and {len(got)} come out.")
    expect(got[1] != "<unk>", "the <unk> is still there.")
    expect(got[0] == "hello" and got[2] == "dupond", f"only <unk> is replaced; the other words stay as they are. You return {got}.")
    expect(got[1] != "madame", "the second token looked most at 'madame', and the lexicon says 'mrs' for it; you return the source word itself. Look into the lexicon first.")
    expect(got == ["hello", "mrs", "dupond"], f"the second token looked most at 'madame', for which the lexicon says 'mrs'; you return {got[1]!r}. Its weights are row 1, the row of the step that wrote it.")
    for place in range(3):
        tokens = [*["so"] * place, "<unk>", *["so"] * (2 - place)]
        weights = torch.full((3, 4), .05)
        weights[place, 2], weights[(place + 1) % 3, 0], weights[(place + 2) % 3, 1] = .85, .9, .95
        got = _replaced(answer, tokens, weights, source, lexicon)
        expect(isinstance(got[place], str), f"each token is a word; yours at place {place} is {got[place]!r}.")
        expect(got[place] != "<unk>", "a source word that isn't in the lexicon comes out as it is: names and numbers are often right that way. Yours stays <unk>.")
        expect(got[place] not in ("hello", "bonjour"), f"<unk> is token {place}, and row {place} belongs to the step that wrote it; yours takes row {(place + 1) % 3}, one step later. (Or the source word at that place: which one it is, the weights say.)")
        expect(got[place] not in ("mrs", "madame"), f"<unk> is token {place}, and row {place} belongs to the step that wrote it; yours takes row {(place + 2) % 3}, of the step before. (Or the largest of all, or of a column: each written word has a row.)")
        expect(got[place] == "dupont", f"token {place} looked most at 'dupont', which the lexicon doesn't have, so it becomes 'dupont'; yours is {got[place]!r}.")
    got = _replaced(answer, ["<unk>", "dear", "<unk>"], torch.eye(4)[[1, 0, 2]], source, lexicon)
    expect(got == ["mrs", "dear", "dupont"], f"each <unk> is replaced on its own: ['mrs', 'dear', 'dupont']; you return {got}.")
    got = _replaced(answer, ["merci", "thanks"], torch.eye(4)[:2], source, {**lexicon, "thanks": "merci"})
    expect(got == ["merci", "thanks"], f"without <unk> nothing changes, whatever the lexicon has; you return {got}.")
    got = _replaced(answer, ["<unk>"] * 5, torch.tensor([[.1, .9], [.9, .1], [.2, .8], [.6, .4], [.3, .7]]), ["a", "b"], {})
    expect(got == ["b", "a", "b", "a", "b"], f"five tokens and two source words: ['b', 'a', 'b', 'a', 'b']; you return {got}. Look for the largest along a row, over the source words.")
    got = _replaced(answer, [], torch.zeros(0, 4), source, lexicon)
    expect(got == [], f"no tokens, nothing to replace: []; you return {got}.")
