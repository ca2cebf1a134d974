"""Sentences to words and back, for French and English, and for every script that puts spaces between words.

Everything becomes lower case: "Add" and "add" are one word to a small model, and the translation loses its capitals.
An elided word keeps its apostrophe ("l'", "qu'"), what hangs on a word keeps its hyphen or apostrophe ("-vous",
"-t-il", "'s"), so `detokenise` knows where there was no space. Chinese, Japanese and Thai have no spaces between
words: there a whole clause comes out as one word.
"""

import re
import unicodedata

PLAIN = {
    **dict.fromkeys("\u2018\u2019\u02bc\u2032", "'"), **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2013\u2014", "-"), "\u2026": "...",
    # Invisible: where a word may break, which way a line runs, a file's first mark.
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""),
}
FANCY = re.compile("«\\s*|\\s+»|[" + "".join(PLAIN) + "]")
ELIDED = "c|d|j|l|m|n|s|t|qu|jusqu|lorsqu|puisqu|quoiqu"
HANGING = r"-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce|ci|là|moi|toi|lui|leur|les?|la|y|en)|'(?:s|d|m|ll|re|ve)"
# Accents and vowel signs are part of a word, but re's \w leaves them out; two joiners stand inside Persian words.
LETTER = r"[\w\u200c\u200d" + "".join(chr(n) for n in range(0x300, 0x10000) if unicodedata.combining(chr(n))
                                      or unicodedata.category(chr(n)) in ("Mn", "Mc")) + "]"
TOKEN = re.compile(rf"""
    \d+(?:[.,]\d+)*(?!{LETTER})                                        # 1,000.5
  | (?<!{LETTER})(?:{ELIDED})'(?={LETTER})                             # l', qu'
  | (?<={LETTER})(?:{HANGING})(?!{LETTER})                             # -vous, 's
  | {LETTER}+(?:(?!(?:{HANGING})(?!{LETTER}))['-]{LETTER}+)*           # arbre, peut-être, don't
  | \.\.\. | \S                                                        # each other sign on its own
""", re.VERBOSE)


def clean(text):
    """Straight quotes, short dashes, "..." in one form, no invisible marks, one ordinary space for any white space."""
    return " ".join(FANCY.sub(lambda found: PLAIN[found[0].strip()], unicodedata.normalize("NFC", text)).split())


def tokenise(text):
    """A sentence to its words and signs in lower case: "L'as-tu vu ?" becomes l' as -tu vu ?"""
    return TOKEN.findall(clean(text).lower())


def detokenise(tokens):
    """Words and signs to one line of text, spaced as English is: no space before a full stop or a question mark."""
    text = re.sub(r'" (.*?) "', r'"\1"', " ".join(tokens))
    text = re.sub(rf"(?<!\S)({ELIDED})' ", r"\1'", text)
    return re.sub(rf" (?=(?:[.,;:?!)]|\.\.\.|(?:{HANGING}))(?: |$))", "", text).replace("( ", "(")
