"""Made-up tasks whose right answers and alignments are known: symbols to reverse or copy, number words.

Each function returns a list of `Pair`, the same on every machine for the same arguments. `<end>` isn't
in them; `attnlib.training.encode_pairs` adds it. Own work, CC BY 4.0.

Number words go from 1 to 999,999. Numbers up to 19 and tens are one token, so that each English word
has one German token: "forty two" ↔ zwei und vierzig. English has no "and" (as in the United States),
German has: "und" has possible links to the two words that it joins, and no sure one. Written by hand
against the rules of each language; the tests compare with the package num2words.
"""

import random
import zlib
from dataclasses import dataclass

SYMBOLS = tuple("abcdefghijklmnopqrstuvwxyz")
UNITS = "ein zwei drei vier fünf sechs sieben acht neun".split()
TEENS = "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()
TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
ENGLISH_UNITS = "one two three four five six seven eight nine".split()
ENGLISH_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
LARGEST = 999_999


@dataclass(frozen=True)
class Pair:
    """A source, its target, and the 0-based links (t, s): target position, source position."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]  # contains the sure links

    def swapped(self):
        """The same pair with the target as source."""
        turned = [frozenset((s, t) for t, s in links) for links in (self.sure, self.possible)]
        return Pair(self.target, self.source, *turned)


def reversal(count, seed, max_length, min_length=1, symbols=10):
    """Random letters, and the same letters from last to first; lengths are equally likely."""
    return [_linked(letters, letters[::-1], [(t, len(letters) - 1 - t) for t in range(len(letters))])
            for letters in _random_letters(count, seed, max_length, min_length, symbols)]


def copying(count, seed, max_length, min_length=1, symbols=10):
    """Random letters, and the same letters once more."""
    return [_linked(letters, letters, [(t, t) for t in range(len(letters))])
            for letters in _random_letters(count, seed, max_length, min_length, symbols)]


def _random_letters(count, seed, max_length, min_length, symbols):
    if not 1 <= min_length <= max_length:
        raise ValueError(f"lengths from {min_length} to {max_length}; expected 1 or more, the smaller first")
    if not 2 <= symbols <= len(SYMBOLS):
        raise ValueError(f"{symbols} symbols; there are 2 to {len(SYMBOLS)} letters to choose from")
    below = _below(seed)
    for _ in range(count):
        yield tuple(SYMBOLS[below(symbols)] for _ in range(min_length + below(max_length - min_length + 1)))


def german_numbers(count, seed, split="train", letters=False, digits=None):
    """`count` numbers in words, German to English, drawn independently; 1 to 6 digits are equally likely.

    split: "train" or "test"; a number is in one of them, about a tenth of them in "test". letters: the German
    side letter by letter, as German writes it, in one word; `spelled` does it for one pair. digits: numbers of
    so many digits only.
    """
    if split not in ("train", "test"):
        raise ValueError(f'there is no split {split!r}; there are "train" and "test"')
    if digits not in (None, *range(1, 7)):
        raise ValueError(f"digits is {digits!r}; numbers have 1 to 6 of them, and None draws from all")
    below, pairs = _below(seed), []
    for _ in range(count):
        first = 10 ** (digits - 1 if digits else below(6))  # the smallest number with so many digits
        n = first + below(9 * first)
        while _is_test(n) != (split == "test"):
            n = first + below(9 * first)
        pairs.append(spelled(german_number(n)) if letters else german_number(n))
    return pairs


def german_number(n):
    """The pair of a number: 42 is zwei und vierzig ↔ forty two."""
    if not 1 <= n <= LARGEST:
        raise ValueError(f"number words go from 1 to {LARGEST:,}, not {n:,}")
    thousands, rest = divmod(n, 1000)
    german, english, links = [], [], []
    if thousands:
        _hundreds(thousands, german, english, links)
        _add("tausend", "thousand", german, english, links)
    if rest:
        _hundreds(rest, german, english, links)
    if german[-1] == "ein":  # the number ends in one
        german[-1] = "eins"
    joined = [s for s, word in enumerate(german) if word == "und"]
    extra = [(t, s) for s in joined for t, other in links if abs(other - s) == 1]
    return _linked(tuple(german), tuple(english), links, extra)


def spelled(pair):
    """The pair with its source in letters; a link to a word becomes links to all of its letters."""
    places, start = [], 0
    for word in pair.source:
        places.append(range(start, start + len(word)))
        start += len(word)
    sure, possible = ({(t, place) for t, s in links for place in places[s]} for links in (pair.sure, pair.possible))
    return _linked(tuple("".join(pair.source)), pair.target, sure, possible)


def _hundreds(n, german, english, links):
    """Add the words of a number from 1 to 999 to both sides."""
    hundreds, rest = divmod(n, 100)
    tens, unit = divmod(rest, 10)
    if hundreds:
        _add(UNITS[hundreds - 1], ENGLISH_UNITS[hundreds - 1], german, english, links)
        _add("hundert", "hundred", german, english, links)
    if 10 <= rest < 20:
        _add(TEENS[unit], ENGLISH_TEENS[unit], german, english, links)
    elif tens and unit:  # German says the unit first
        start = len(german)
        german += [UNITS[unit - 1], "und", TENS[tens - 2]]
        links += [(len(english), start + 2), (len(english) + 1, start)]
        english += [ENGLISH_TENS[tens - 2], ENGLISH_UNITS[unit - 1]]
    elif tens:
        _add(TENS[tens - 2], ENGLISH_TENS[tens - 2], german, english, links)
    elif unit:
        _add(UNITS[unit - 1], ENGLISH_UNITS[unit - 1], german, english, links)


def _add(german_word, english_word, german, english, links):
    links.append((len(english), len(german)))
    german.append(german_word)
    english.append(english_word)


def _linked(source, target, sure, possible=()):
    return Pair(source, target, frozenset(sure), frozenset([*sure, *possible]))


def _below(seed):
    """A function that draws a whole number below n, from `random()` alone, whose numbers Python promises to keep."""
    draw = random.Random(seed).random
    return lambda n: int(draw() * n)


def _is_test(n):
    """Whether the number is held out: about a tenth of those of each length, 3 and 8 among them, in no pattern."""
    return zlib.crc32(str(n).encode()) % 10 == 1
