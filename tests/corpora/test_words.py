"""Sentences to words and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlib.corpora import interface
from attnlib.corpora.words import clean, detokenise, tokenise


@pytest.mark.parametrize("text, words", [
    ("Je suis étudiant.", "je suis étudiant ."),
    ("Comment allez-vous\u00a0?", "comment allez -vous ?"),
    ("L’arbre d'aujourd'hui", "l' arbre d' aujourd'hui"),
    ("Qu'est-ce qu'il y a-t-il ?", "qu' est -ce qu' il y a -t-il ?"),
    ("Donnez-le-moi, peut-être par e-mail…", "donnez -le -moi , peut-être par e-mail ..."),
    ("It's Tom's; I don't know.", "it 's tom 's ; i don't know ."),
    ("«\u202fBonjour\u202f»", '" bonjour "'),
    ("1,000.5 pages, 42.", "1,000.5 pages , 42 ."),
    ("cafe\u0301", "café"),
    ("שלום, עולם!", "שלום , עולם !"),
    ("كيف حالُك؟", "كيف حالُك ؟"),
    ("हिन्दी में।", "हिन्दी में ।"),
    (" \t ", ""),
])
def test_words(text, words):
    assert tokenise(text) == words.split()


@given(st.text())
def test_nothing_is_lost_but_space(text):
    assert "".join(tokenise(text)) == clean(text).lower().replace(" ", "")


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


def test_back_to_a_line():
    assert detokenise(["l'", "as", "-tu", "vu", "?"]) == "l'as-tu vu?"
    assert detokenise(["tom", "'s", "(", "old", ")", "car", ",", "he", "said", "..."]) == "tom's (old) car, he said..."
    assert detokenise(['"', "yes", '"', "and", '"', "no", '"']) == '"yes" and "no"'
    assert detokenise([]) == ""


def test_a_line_has_the_words_it_was_made_of():
    for pair in interface.pairs():
        for text in pair[:2]:
            assert tokenise(detokenise(tokenise(text))) == tokenise(text)
