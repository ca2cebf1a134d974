"""The shipped interface text: clean, attributed, split without a leak, and what its script makes."""

import io
import re
import zipfile
from collections import Counter
from types import SimpleNamespace

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from attnlib.corpora import interface
from attnlib.corpora.parallel import split
from attnlib.corpora.rebuild import DATA
from attnlib.corpora.rebuild import interface as rebuild
from attnlib.corpora.words import tokenise

PAIRS = interface.pairs()
NOTICES = (DATA / "interface.md").read_text(encoding="utf-8")


def test_there_are_thousands_each_once():
    assert 5_500 < len(PAIRS) < 7_500
    folded = Counter((pair.french.casefold(), pair.english.casefold()) for pair in PAIRS)
    assert folded.most_common(1)[0][1] == 1


def test_no_placeholder_markup_or_address():
    texts = [text for pair in PAIRS for text in pair[:2]]
    assert not [text for text in texts if set(text) & set("%{}$&<>*`\\_|~@#[]=§")]
    assert not [text for text in texts if re.search(r"://|www\.|http|mailto|\w\(|\.(com|org|py|html)\b", text)]


def test_written_alike():
    for pair in PAIRS:
        for text in pair:
            assert text and text == " ".join(text.split()) and text.isprintable()
            assert not set(text) & set("\u00a0\u202f\u2019\u201c\u201d\u00ab\u00bb\ufffd\u200b")
        assert not re.search("Ã|Â[^a-zé]", pair.french + pair.english)  # UTF-8 read as Latin-1
        assert min(sum(map(str.isalpha, text)) for text in pair[:2]) > 1
        assert pair.french.casefold() != pair.english.casefold()
        assert max(len(text.split()) for text in pair[:2]) <= 40


def test_it_is_french_and_english():
    french, english = (Counter(word for pair in PAIRS for word in pair[side].lower().split()) for side in (0, 1))
    assert french["le"] > 50 * english["le"] and english["the"] > 50 * french["the"]


def test_every_source_is_named_with_its_version_and_licence():
    counts = Counter(pair.source for pair in PAIRS)
    assert set(counts) == {name for name, *_ in rebuild.PACKAGES}
    for name, version, _, licence in rebuild.PACKAGES:
        assert licence in ("BSD-2-Clause", "BSD-3-Clause", "MIT")
        assert f"| {name} | {version} | {licence} | {counts[name]:,} |" in NOTICES
        notice = NOTICES.split(f"\n## {name} {version}\n")[1].split("\n## ")[0]
        assert "Copyright" in notice
        assert ("Permission is hereby granted" if licence == "MIT" else "Redistributions of source code") in notice
        assert ("Neither the name" in notice) == (licence == "BSD-3-Clause")


def test_the_parts_share_no_sentence():
    parts = split(PAIRS)
    assert [round(len(part) / len(PAIRS), 1) for part in parts] == [0.8, 0.1, 0.1]
    assert sum(map(len, parts)) > 0.98 * len(PAIRS)

    def spoken(part, side):
        return {tuple(token for token in tokenise(pair[side]) if re.search(r"\w", token)) for pair in part}

    for side in (0, 1):
        train, validation, test = (spoken(part, side) for part in parts)
        assert not train & validation and not train & test and not validation & test


@pytest.mark.parametrize("french, english, kept", [
    ("Ajouter une page", "Add page", True),
    ("Coût : 10,50 €", "Cost: €10.50", True),
    ("%s pages", "%s pages found", False),
    ("{count} pages", "{count} pages found", False),
    ("Il y a pages", "{{ count }} pages", False),
    ("<b>Gras</b>", "Bold", False),
    ("Gras", "*Bold*", False),
    ("Fichier & dossier", "File and folder", False),
    ("Voir www.exemple.fr", "See our site", False),
    ("Voir https://exemple.fr", "See our site", False),
    ("moi@exemple.fr", "my address", False),
    ("Lancez setup.py", "Run it", False),
    ("page(s)", "pages", False),
    ("Options", "options", False),
    ("", "Nothing", False),
    ("x", "Close", False),
    ("crÃ©er", "create", False),
    ("pas de d\ufffdfaut", "no default", False),
    ("mot " * 41, "word", False),
])
def test_what_is_kept(french, english, kept):
    assert rebuild.is_translation(french, english) == kept


def test_only_a_packages_own_french_is_read():
    catalogue = Catalog(locale="fr")
    catalogue.add("May", "mai", context="month")
    catalogue.add(("one page", "many pages"), ("une page", "beaucoup de pages"))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        for path in ("own/locale/fr/LC_MESSAGES/own.mo", "own/locale/de/LC_MESSAGES/own.mo",
                     "other/locale/fr/LC_MESSAGES/other.mo"):
            wheel.writestr(path, compiled.getvalue())
    with zipfile.ZipFile(packed) as wheel:
        found = list(rebuild.messages(wheel, "own"))
    assert sorted(found) == [("May", "mai"), ("many pages", "beaucoup de pages"), ("one page", "une page")]


def test_first_package_wins(monkeypatch):
    texts = {"a": [("Add page", "Ajouter une page")], "b": [("add page", "ajouter une page"), ("Save", "Enregistrer")]}
    monkeypatch.setattr(rebuild, "PACKAGES", [("a", "1", "a", "MIT"), ("b", "1", "b", "MIT")])
    monkeypatch.setattr(rebuild, "wheel", lambda name, version: SimpleNamespace(name=name))
    monkeypatch.setattr(rebuild, "messages", lambda package, folder: texts[package.name])
    assert list(rebuild.rows()) == [("Ajouter une page", "Add page", "a"), ("Enregistrer", "Save", "b")]


@pytest.mark.slow
def test_the_script_makes_what_ships(tmp_path):
    try:
        assert rebuild.write(tmp_path) == len(PAIRS)
    except SystemExit as reason:
        pytest.skip(f"needs outside data: {reason}")
    for name in ("interface.tsv.gz", "interface.md"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), f"{name}: run the script again"
