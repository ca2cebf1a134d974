"""English sentences, their French translations, and the links between their words.

A small synchronous grammar: one derivation writes both sentences and links the words where it
writes them, so the alignment is known, not guessed. It has articles, possessives, demonstratives,
number words, adjectives before and after the noun, agreement, negation, object pronouns, adverbs,
owners ("the girl 's car"), places, relative clauses, clauses after "says that", and sentences
joined to any length. Meaning restricts it: people and animals eat foods, boats don't.

Tokens are lower case, without punctuation. An elided word keeps its apostrophe ("l'", "école"),
"'s" is a token too, and a contraction is one token with two links ("du" = "from the"). A number is
one token per word, without hyphens ("twenty", "one"); `detokenize` puts them back. "I" is a man
(« je suis étudiant »); 70 is « soixante-dix », 80 « quatre-vingts ».

A link is sure where one word translates the other, or a part of it: "eighty" has sure links to both
words of « quatre-vingts », "because" to « parce » and « que ». It is possible, and no more, at
words with no counterpart of their own: "does"; the « ne » beside « pas »; the « et » in « vingt et
un »; seventy in the « onze » of « soixante et onze »; the "a" of "a student" in « je suis
étudiant »; the first article in « la voiture de la fille », "the girl 's car". Every word of either language
has at least one possible link. A sentence has one translation, either way.

The grammar is frozen: lessons compare models on it, so a change here changes their figures.
Own work, CC BY 4.0.
"""

import random
import re
import zlib
from collections import namedtuple
from dataclasses import dataclass, replace
from functools import cache

# English, French, gender, kinds. The kinds say what a noun can do and what can be done to it.
NOUNS = """
man       | homme    | m | adult
woman     | femme    | f | adult
student   | étudiant | m | adult worker
actress   | actrice  | f | adult worker
boy       | garçon   | m | child
girl      | fille    | f | child
child     | enfant   | m | child
dog       | chien    | m | animal
cat       | chat     | m | animal
horse     | cheval   | m | animal
mouse     | souris   | f | animal
owl       | hibou    | m | animal
apple     | pomme    | f | food
egg       | œuf      | m | food
cake      | gâteau   | m | food
car       | voiture  | f | vehicle
boat      | bateau   | m | vehicle
plane     | avion    | m | vehicle
school    | école    | f | place building
house     | maison   | f | place building
hotel     | hôtel    | m | place building
market    | marché   | m | place institution
area      | zone     | f | region institution
agreement | accord   | m | topic institution
idea      | idée     | f | topic institution
"""
# English, slot, French masculine and feminine, kinds of noun. A noun takes one adjective of each
# slot at most. English keeps the order of this table; French mirrors it after the noun.
ADJECTIVES = """
good        | opinion | bon         | bonne        | worker food
beautiful   | opinion | beau        | belle        | adult child animal vehicle building region
intelligent | opinion | intelligent | intelligente | adult child animal
honest      | opinion | honnête     | honnête      | adult child
strange     | opinion | étrange     | étrange      | adult child animal vehicle building institution
expensive   | opinion | cher        | chère        | food vehicle building
big         | size    | grand       | grande       | animal vehicle place region
small       | size    | petit       | petite       | child animal food vehicle place region
old         | size    | vieux       | vieille      | adult animal vehicle building institution
young       | size    | jeune       | jeune        | adult child animal
new         | size    | nouveau     | nouvelle     | vehicle building institution
red         | colour  | rouge       | rouge        | food vehicle
white       | colour  | blanc       | blanche      | animal vehicle building
european    | origin  | européen    | européenne   | adult vehicle building institution
economic    | type    | économique  | économique   | institution
"""
# English, French with je, il, ils; kinds of subject; preposition; kinds of object ("that": a clause).
VERBS = """
see     | vois voit voient                    | adult child animal              |      | adult child animal food vehicle place region
love    | aime aime aiment                    | adult child                     |      | adult child animal food vehicle place
follow  | suis suit suivent                   | adult child animal vehicle      |      | adult child animal vehicle
eat     | mange mange mangent                 | adult child animal              |      | food
buy     | achète achète achètent              | adult                           |      | animal food vehicle building
visit   | visite visite visitent              | adult child                     |      | place region
explain | explique explique expliquent        | adult                           |      | topic
help    | aide aide aident                    | adult child topic               |      | adult child
go      | vais va vont                        | adult child animal vehicle      | to   | place
come    | viens vient viennent                | adult child animal food vehicle | from | place region
belong  | appartiens appartient appartiennent | animal food vehicle building    | to   | adult child
sleep   | dors dort dorment                   | adult child animal              |      |
arrive  | arrive arrive arrivent              | adult child animal vehicle      |      |
say     | dis dit disent                      | adult child                     |      | that
"""  # noqa: E501
DETERMINERS = {"the": ("le", "la", "les"), "a": ("un", "une", None), "my": ("mon", "ma", "mes"),
               "this": ("ce", "cette", None), "these": (None, None, "ces")}
PRONOUNS = {"i": ("je", 0, "m"), "he": ("il", 1, "m"), "she": ("elle", 1, "f")}  # French, person, gender
BE = ("am", "is", "are"), ("suis", "est", "sont")
OBJECT_PRONOUNS = {"me": "me", "them": "les"}
PREPOSITIONS = {"to": "à", "from": "de", "in": "dans"}
CONJUNCTIONS = {"and": ("et",), "but": ("mais",), "because": ("parce", "que")}
ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
       "seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
UNITS = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()
SCORES = {2: ["vingt"], 3: ["trente"], 4: ["quarante"], 5: ["cinquante"], 6: ["soixante"], 8: ["quatre", "vingt"]}
NUMBERS = {*ONES, *TENS, *UNITS, "une", "vingts", "vingt", "trente", "quarante", "cinquante", "soixante"}
# Adjective and noun that never meet in train, validation or test, only in the split "unseen".
HELD_OUT = {("red", "car"), ("beautiful", "plane"), ("old", "owl"), ("small", "horse"), ("white", "mouse"),
            ("expensive", "cake"), ("european", "hotel"), ("intelligent", "girl")}
SPLITS = ("train", "validation", "test", "unseen")

# Groups of kinds.
PERSONS = frozenset({"adult", "child"})
LIVING = PERSONS | {"animal"}
THINGS = frozenset({"food", "vehicle", "building", "institution"})
PLACES = frozenset({"place", "region"})
MOVABLE = LIVING | {"food"}  # what can be in a place
OWNED = frozenset({"animal", "food", "vehicle", "building"})  # with 's
MINE = OWNED | {"child", "place"}  # with my

# Spelling.
PLURALS = {"man": "men", "woman": "women", "child": "children", "mouse": "mice", "actress": "actresses",
           "cheval": "chevaux", "hibou": "hiboux"}
BEFORE_NOUN = {"bon", "beau", "grand", "petit", "vieux", "jeune", "nouveau"}
BEFORE_VOWEL = {"le": "l'", "la": "l'", "de": "d'", "ne": "n'", "que": "qu'", "je": "j'", "me": "m'",
                "ma": "mon", "ce": "cet"}
BEL = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}
CONTRACTIONS = {("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des"}
VOWEL = re.compile("(?!hibou|huit|onze)[aehiouéœ]")  # the h of hibou and the o of onze count as consonants
AN = re.compile("(?!european)[aeio]|honest")


@dataclass(frozen=True)
class Pair:
    """A sentence, its translation, and the 0-based links (English position, French position)."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]  # contains the sure links

    def links(self, target):
        """(sure, possible) as sets of (t, s), for a translation into `target`, "english" or "french"."""
        if target not in ("english", "french"):
            raise ValueError(f'the target is "english" or "french", not {target!r}')
        turn = 1 if target == "english" else -1
        return {link[::turn] for link in self.sure}, {link[::turn] for link in self.possible}


def sample(count, seed, split="train", max_words=None, min_words=1):
    """A list of `count` pairs, the same on every machine for the same arguments.

    No sentence is in two of "train", "validation", "test" and "unseen"; every sentence of "unseen"
    holds a combination of `HELD_OUT`, and no other sentence does. Both sides have `min_words` to
    `max_words` tokens, spread over that range; without `max_words`, most have up to `min_words` + 19.
    Pairs are drawn independently, so a short one may come twice.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; there are {', '.join(SPLITS)}")
    if max_words is not None and max_words < max(3, min_words):
        raise ValueError(f"max_words is {max_words}; it should be at least 3, and at least min_words ({min_words})")
    choose, pairs = _Choices(seed), []
    while len(pairs) < count:
        length = min_words + choose.below((max_words or min_words + 19) - min_words + 1)
        derivation = _Derivation(choose)
        pair = _pair(derivation.sentence(length))
        sizes = len(pair.english), len(pair.french)
        fits = min(sizes) >= min_words and (max_words is None or max(sizes) <= max_words)
        if fits and derivation.split(pair) == split:
            pairs.append(pair)
    return pairs


def crosses(pair):
    """Whether two sure links cross: a word moves past another on its way to the other language."""
    return any(e < e2 and f > f2 for e, f in pair.sure for e2, f2 in pair.sure)


def detokenize(tokens):
    """The tokens of either language as a reader expects them: "l'école", "the girl's car", "twenty-one"."""
    text = ""
    for before, token in zip(("", *tokens), tokens, strict=False):
        joined = not text or token.startswith("'") or (before.endswith("'") and len(before) > 1)
        text += ("" if joined else "-" if before in NUMBERS and token in NUMBERS else " ") + token
    return text


def word_class(word):
    """The class of an English word: "noun", "verb", "adjective", "number", "determiner" and so on."""
    for name, words in WORD_CLASSES.items():
        if word in words:
            return name
    raise KeyError(f"the grammar has no English word {word!r}")


def noun_phrase(determiner, adjectives, noun, plural=False):
    """A pair such as noun_phrase("the", ["european", "economic"], "area"), adjectives in English order."""
    if (determiner in ("a", "this")) if plural else (determiner == "these"):
        raise ValueError(f"{determiner!r} doesn't go with a {'plural' if plural else 'singular'} noun")
    rows = [_ADJECTIVES[name] for name in adjectives]
    return _pair(_Derivation(_Choices(0)).assemble(_NOUNS[noun], plural, determiner, rows))


def examples():
    """Three pairs that the course's sources use, by name."""
    return {"area": noun_phrase("the", ["european", "economic"], "area"),
            "student": _pair(_pronoun("i") + _link("am", "suis") + _profession("student")),
            "how": _pair(_link("how", "comment") + _link("are", "allez") + _link("you", "vous"))}


# Words of both sides, and their links.


class _Word:
    """A token. A French one names the English tokens that it is linked to."""

    def __init__(self, text, sure=(), possible=(), before_vowel=None):
        self.text, self.sure, self.possible = text, [*sure], [*sure, *possible]
        self.before_vowel = before_vowel or BEFORE_VOWEL.get(text, text)


@dataclass(eq=False)
class _Phrase:
    """Words of both sides, each in its own language's order; the rest is for agreement and meaning."""

    english: list
    french: list
    gender: str = "m"
    person: int = 1  # 0 as je, 1 as il and elle, 2 as ils and elles
    kinds: frozenset = frozenset()
    nouns: tuple = ()  # in English

    def __add__(self, other):
        return _Phrase(self.english + other.english, self.french + other.french,
                       self.gender, self.person, self.kinds, self.nouns)


def _link(english, *french):
    word = _Word(english)
    return _Phrase([word], [_Word(text, [word]) for text in french])


def _pronoun(name):
    french, person, gender = PRONOUNS[name]
    return replace(_link(name, french), person=person, gender=gender, kinds=frozenset({"adult"}))


def _profession(noun):
    """The phrase "a student" ↔ « étudiant », as it stands after am and is."""
    article, word = _Word("a"), _Word(noun)
    return _Phrase([article, word], [_Word(_NOUNS[noun].french, [word], [article])])


def number(n, feminine=False):
    """The phrase of a number from 1 to 99, such as twenty one ↔ vingt et un, or une."""
    tens, unit = divmod(n, 10)
    words = [_Word(ONES[n - 1])] if n < 20 else [_Word(TENS[tens - 2])] + [_Word(ONES[unit - 1])] * (unit > 0)
    score = {1: 0, 7: 6, 9: 8}.get(tens, tens)  # 70 counts on from 60, 90 from 80
    rest = n - 10 * score
    french = [_Word(text, words[:1]) for text in (["quatre", "vingts"] if n == 80 else SCORES.get(score, []))]
    if score not in (0, 8) and rest in (1, 11):
        french.append(_Word("et", possible=words))
    if rest > 16:
        french += [_Word("dix", words[:1]), _Word(UNITS[rest - 11], words[-1:])]
    elif rest:
        text = "une" if feminine and rest == 1 else UNITS[rest - 1]
        french.append(_Word(text, words[-1:], words[:1] if score and rest > 10 else ()))
    return _Phrase(words, french)


def _pair(phrase):
    """The finished pair: a or an, elision, contraction, and links as positions."""
    english, french = [word.text for word in phrase.english], []
    for i in range(len(english) - 1):
        if english[i] == "a" and AN.match(english[i + 1]):
            english[i] = "an"
    for word, following in zip(phrase.french, [*phrase.french[1:], _Word(".")], strict=True):
        text = word.before_vowel if VOWEL.match(following.text) else word.text
        links = word.sure, word.possible
        if french and (french[-1][0], text) in CONTRACTIONS:
            before, sure, possible = french.pop()
            text, links = CONTRACTIONS[before, text], (sure + word.sure, possible + word.possible)
        french.append((text, *links))
    place = {id(word): e for e, word in enumerate(phrase.english)}
    sure, possible = (frozenset((place[id(word)], f) for f, entry in enumerate(french) for word in entry[column])
                      for column in (1, 2))
    return Pair(tuple(english), tuple(text for text, _, _ in french), sure, possible)


# The grammar.


class _Choices:
    """Random choices made from `random()` alone, whose numbers Python promises to keep."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, n):
        return int(self.random() * n)

    def chance(self, probability):
        return self.random() < probability

    def pick(self, options):
        return options[self.below(len(options))]


@cache
def _fitting(rows, column, kinds):
    """Those of `rows` ("nouns", "adjectives" or "verbs") with one of `kinds` in `column`, in the table's order."""
    table = {"nouns": _NOUNS, "adjectives": _ADJECTIVES, "verbs": _VERBS}[rows]
    return [row for row in table.values() if getattr(row, column) & kinds]


class _Derivation:
    """One sentence in the making. `depth` says how many more clauses may nest inside a phrase."""

    def __init__(self, choose):
        self.choose = choose
        self.combinations = set()  # (adjective, noun), in English

    def split(self, pair):
        """The split that the sentence belongs to, by its own text: a tenth each for validation and test."""
        if self.combinations & HELD_OUT:
            return "unseen"
        return (["validation", "test"] + ["train"] * 8)[zlib.crc32(" ".join(pair.english).encode()) % 10]

    def sentence(self, length):
        """Clauses joined until the English side has `length` words or more; short sentences nest nothing."""
        depth, last = 0 if length < 7 else 2, None
        whole = self.clause(depth)
        while len(whole.english) < length:
            last = self.choose.pick([name for name in CONJUNCTIONS if name != last])
            whole = whole + _link(last, *CONJUNCTIONS[last]) + self.clause(depth)
        return whole

    def clause(self, depth):
        subject = self.subject(depth)
        return subject + self.predicate(subject, depth)

    def subject(self, depth):
        """A pronoun, a noun phrase, or two short ones joined by and."""
        if self.choose.chance(0.2):
            return _pronoun(self.choose.pick(list(PRONOUNS)))
        first = self.noun_phrase(LIVING if self.choose.chance(0.6) else LIVING | THINGS, depth)
        if len(first.english) > 3 or self.choose.chance(0.7):
            return first
        second = self.noun_phrase(first.kinds, 0, other_than=first.nouns)
        return replace(first + _link("and", "et") + second, kinds=first.kinds & second.kinds, person=2,
                       gender=max(first.gender, second.gender), nouns=first.nouns + second.nouns)  # "m" wins over "f"

    def noun_phrase(self, kinds, depth, negated=False, other_than=()):
        """A noun of one of `kinds`; at depth 0 no owner, place or relative clause goes with it."""
        chance, pick = self.choose.chance, self.choose.pick
        noun = pick([row for row in _fitting("nouns", "kinds", kinds) if row.english not in other_than])
        plural = kinds is not PLACES and chance(0.4)  # nobody is in two places
        count = self.count() if plural and chance(0.45) else 0
        names = ["the", "the", "these"] if plural else ["the", "the", "a", "a", "this"]
        names += ["my"] if noun.kinds & MINE else []
        name = None if count and chance(0.7) else pick(names)
        owner = self.noun_phrase(PERSONS, 0) if depth and noun.kinds & OWNED and chance(0.12) else None
        phrase = self.assemble(noun, plural, name, self.adjectives(noun), count, owner, negated)
        if depth and noun.kinds & MOVABLE and chance(0.1):
            phrase = phrase + _link("in", "dans") + self.noun_phrase(PLACES, 0)
        # « la voiture de la fille qui … » would say it of the girl; « pas de chat qui … » needs a subjunctive
        if depth and not owner and not (negated and name == "a") and chance(0.2):
            phrase = phrase + self.relative(phrase, depth - 1)
        return phrase

    def count(self):
        low, high = self.choose.pick([(2, 12), (2, 12), (13, 19), (20, 99)])
        return low + self.choose.below(high - low + 1)

    def adjectives(self, noun):
        """None to three adjectives that suit the noun, of different slots, in English order."""
        chosen = []
        for probability in (0.55, 0.35, 0.3):
            slots = [row.slot for row in chosen]
            options = [row for row in _fitting("adjectives", "kinds", noun.kinds) if row.slot not in slots]
            if not options or not self.choose.chance(probability):
                break
            chosen.append(self.choose.pick(options))
        return sorted(chosen, key=list(_ADJECTIVES.values()).index)

    def assemble(self, noun, plural, determiner, adjectives, count=0, owner=None, negated=False):
        """Determiner or owner, number, adjectives and noun, each side in its own order and agreeing."""
        feminine = noun.gender == "f"
        form = 2 if plural else int(feminine)
        phrase = _Phrase([], [], noun.gender, 1 + plural, noun.kinds, (noun.english,))
        if owner:  # the girl 's car, la voiture de la fille
            of = _Word("'" if owner.english[-1].text.endswith("s") and owner.person == 2 else "'s")
            phrase += _Phrase([*owner.english, of], [_Word(DETERMINERS["the"][form], possible=[of])])
        elif determiner:
            french = "de" if negated and determiner == "a" else DETERMINERS[determiner][form]
            phrase += _link(determiner, french)
        if count:
            phrase += number(count, feminine)
        head = _link(*(_plural(word) if plural else word for word in (noun.english, noun.french)))
        after = []
        for row in adjectives:
            self.combinations.add((row.english, noun.english))
            one = _link(row.english, _agreeing(row, noun.gender, plural))
            if row.masculine in BEFORE_NOUN:
                word = one.french[0]
                word.before_vowel = word.text if plural else BEL.get(word.text, word.text)  # « bel homme »
                phrase += one
            else:  # « une voiture rouge chère » mirrors "an expensive red car"
                phrase.english, after = phrase.english + one.english, one.french + after
        possessor = [_Word("de", [of]), *owner.french] if owner else []
        return phrase + head + _Phrase([], after + possessor)

    def relative(self, head, depth):
        """A clause after `head`, which is its subject (qui) or its object (que)."""
        actions = [row for row in _fitting("verbs", "objects", head.kinds) if not row.preposition]
        if not actions or self.choose.chance(0.6):
            return _link("who" if head.kinds & PERSONS else "that", "qui") + self.predicate(head, depth)
        verb = self.choose.pick(actions)
        pronoun = "adult" in verb.subjects and self.choose.chance(0.4)
        subject = _pronoun(self.choose.pick(list(PRONOUNS))) if pronoun else self.noun_phrase(verb.subjects, 0)
        return _link("that", "que") + subject + self.verb(subject, verb)[0]

    def predicate(self, subject, depth):
        """What is said of `subject`: a verb with what it needs, or a form of be."""
        verbs = _fitting("verbs", "subjects", subject.kinds)
        if not verbs or self.choose.chance(0.25):
            return self.description(subject)
        verb = self.choose.pick(verbs)
        if verb.objects & PERSONS and not verb.preposition and self.choose.chance(0.25):
            return self.verb(subject, verb, self.choose.pick(["me", "them"] if subject.person else ["them"]))[0]
        phrase, negated = self.verb(subject, verb)
        if "that" in verb.objects:
            return phrase + _link("that", "que") + self.clause(max(depth - 1, 0))
        if verb.preposition:
            phrase += _link(verb.preposition, PREPOSITIONS[verb.preposition])
            negated = False  # only a direct object's "a" turns to « de »
        return phrase + self.noun_phrase(verb.objects, depth, negated) if verb.objects else phrase

    def description(self, subject):
        """A form of be with a profession, a place, or an adjective that says something new."""
        phrase, _ = self.verb(subject)
        said = {word.text for word in subject.english}
        can_be_one = "adult" in subject.kinds and "worker" not in subject.kinds and subject.person < 2
        if can_be_one and self.choose.chance(0.3):
            return phrase + _profession("actress" if subject.gender == "f" else "student")
        if subject.kinds & MOVABLE and "in" not in said and self.choose.chance(0.3):
            return phrase + _link("in", "dans") + self.noun_phrase(PLACES, 0)
        options = [row for row in _fitting("adjectives", "kinds", subject.kinds) if row.slot != "type"]
        slots = {row.slot for row in options if row.english in said}
        row = self.choose.pick([row for row in options if row.slot not in slots] or options)
        self.combinations |= {(row.english, noun) for noun in subject.nouns}
        return phrase + _link(row.english, _agreeing(row, subject.gender, subject.person == 2))

    def verb(self, subject, row=None, pronoun=None):
        """(phrase, whether it is negated): "does not often see them" ↔ « ne les voit pas souvent »; no row is be."""
        negated, third = self.choose.chance(0.2), subject.person == 1
        main = _Word((_third(row.english) if third and not negated else row.english) if row else BE[0][subject.person])
        french = (row.french.split() if row else BE[1])[subject.person]
        helper = [_Word("does" if third else "do")] if negated and row else []
        no = [_Word("not")] if negated else []
        often = [_Word("often")] if row and self.choose.chance(0.1) else []
        them = [_Word(pronoun)] if pronoun else []
        english = [*helper, *no, *often, main, *them] if row else [main, *no]
        return _Phrase(english, [*(_Word("ne", possible=no + helper) for _ in no),
                                 *(_Word(OBJECT_PRONOUNS[pronoun], them) for _ in them),
                                 _Word(french, [main], helper),
                                 *(_Word("pas", no, helper) for _ in no),
                                 *(_Word("souvent", often) for _ in often)]), negated


def _plural(word):
    return PLURALS.get(word) or word + ("x" if word.endswith("eau") else "" if word[-1] in "sx" else "s")


def _third(verb):
    return verb + ("es" if verb == "go" else "s")


def _agreeing(row, gender, plural):
    form = row.feminine if gender == "f" else row.masculine
    return _plural(form) if plural else form


def _table(text, *columns):
    """Rows of a table above, by their English word. The columns "kinds", "subjects", "objects" hold sets."""
    row_type = namedtuple("Row", columns)
    cells = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    sets = ("kinds", "subjects", "objects")
    return {line[0]: row_type(*(frozenset(cell.split()) if name in sets else cell
                                for name, cell in zip(columns, line, strict=True))) for line in cells}


_NOUNS = _table(NOUNS, "english", "french", "gender", "kinds")
_ADJECTIVES = _table(ADJECTIVES, "english", "slot", "masculine", "feminine", "kinds")
_VERBS = _table(VERBS, "english", "french", "subjects", "preposition", "objects")
WORD_CLASSES = {
    "noun": {form for word in _NOUNS for form in (word, _plural(word))},
    "verb": {form for word in _VERBS for form in (word, _third(word))} | {"am", "is", "are", "do", "does"},
    "adjective": set(_ADJECTIVES), "number": {*ONES, *TENS}, "determiner": {*DETERMINERS, "an"},
    "pronoun": {*PRONOUNS, *OBJECT_PRONOUNS, "who", "you"}, "preposition": set(PREPOSITIONS),
    "conjunction": {*CONJUNCTIONS, "that"}, "adverb": {"often", "not", "how"}, "possessive": {"'s", "'"}}
