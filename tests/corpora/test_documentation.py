"""Documentation text: what ships is what the script makes, plain prose, and no summary is found in two splits."""

import re
import socket
from collections import Counter

import pytest

from attnlib.corpora import documentation
from attnlib.corpora.documentation import FILE, SPLITS, Document, documents, template, tokens

ALL = {split: documents(split) for split in SPLITS}
EVERY = [document for split in SPLITS for document in ALL[split]]


def test_sizes():
    assert FILE.stat().st_size <= 1_500_000
    assert len(ALL["train"]) > 5500 and len(ALL["tune"]) > 600 and len(ALL["test"]) > 600
    with pytest.raises(ValueError, match="no split 'dev'"):
        documents("dev")


def test_each_package_is_attributed():
    page = FILE.with_name("documentation.md").read_text(encoding="utf-8")
    rebuild = pytest.importorskip("attnlib.corpora.rebuild.documentation")
    assert {document.source for document in EVERY} == {name for name, _ in rebuild.PACKAGES}
    for name, version in rebuild.PACKAGES:
        assert f"| {name} | {version} | " in page


@pytest.mark.parametrize("pattern", [r"https?:|www\.", r"`|\*|\\|<|>|\{|\}|\$|\||#", r"%[\w(]", r"\.\. ",
                                     r"(?i)todo|fixme", r"\]_", r"\s{2}|\t|\n", r"[^ -~]"])
def test_no_markup_placeholder_or_address(pattern):
    found = [text for document in EVERY for text in document[:2] if re.search(pattern, text)]
    assert not found, found[:3]


def test_a_summary_is_a_sentence_and_a_text_a_name_and_prose():
    for text, summary, _ in EVERY:
        assert summary.endswith(".") and 4 <= len(summary.split()) <= 18
        name, _, prose = text.partition(": ")
        assert re.fullmatch(r"[A-Za-z][\w.]*(\([\w, ]*\))?", name) and 6 <= len(prose.split()) <= 50


def test_nothing_is_nearly_the_same_in_another_split():
    held_out, train = [*ALL["tune"], *ALL["test"]], ALL["train"]
    assert not {template(d) for d in train} & {template(d) for d in held_out}
    assert not {template(d) for d in ALL["tune"]} & {template(d) for d in ALL["test"]}
    for side in (0, 1):
        others = [set(re.findall(r"[a-z0-9]+", d[side].lower())) for d in train]
        rare = Counter(word for words in others for word in words)
        for document in held_out:
            words = set(re.findall(r"[a-z0-9]+", document[side].lower()))
            # Two sets that share 70 % have one of the rarest 30 % (and one more) of the words in common.
            few = sorted(words, key=lambda word: (rare[word], word))[: int(0.3 * len(words)) + 2]
            for other in others:
                if not other.isdisjoint(few):
                    assert len(words & other) < 0.7 * len(words | other), document


def test_tokens():
    assert " ".join(tokens("to_numpy(G): Return G's x-axis, 2.5.")) == "to numpy ( g ) : return g's x - axis , 2 . 5 ."
    assert template(Document("draw_circle(r): It is round.", "Draw a circle.", "x")) == "a ."


# ---- How the file is made ------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def rebuild():
    return pytest.importorskip("attnlib.corpora.rebuild.documentation")


def test_a_docstring_becomes_text_and_summary(rebuild):
    source = '''
class Graph:
    def to_array(self, nodelist, *, dtype):
        """Return the graph as a `numpy.ndarray`.

        Rows follow :class:`~graph.NodeList`. The default
        is ``None``, which means any order.

        Parameters
        ----------
        nodelist : list
        """
    def _hidden(self):
        """Do not tell anyone of this one. It is not for you to know."""
'''
    (signature, docstring), = rebuild.documented(rebuild.ast.parse(source))
    assert signature == "Graph.to_array(nodelist, dtype)"
    assert rebuild.summarised(signature, docstring) == (
        f"{signature}: Rows follow NodeList. The default is None, which means any order.",
        "Return the graph as a ndarray.")


@pytest.mark.parametrize("docstring", [
    "Return all of it at once.", "Return all of it at once.\n\n>>> f()\n3",
    "Return\n\nit, and all the rest of it here, now.",
    "Return {this} and that now. And the rest of it, one after the other.",
    "Return this and that now. See https://example.org for the rest of it, and more.",
    "Return this and that now. It has a list of six words:\n\n* one\n* two"])
def test_what_is_no_plain_prose_is_left(rebuild, docstring):
    assert rebuild.summarised("f(x)", docstring) is None


def test_near_and_unlike(rebuild):
    rows = [("a: one two three", "Return the sum of x.", "p"), ("b: four five six", "Return the sum of X!", "p"),
            ("c: seven eight nine", "Plot it all here.", "q")]
    assert rebuild.unlike(rows) == [rows[0], rows[2]]


@pytest.mark.slow
def test_the_script_makes_what_ships(rebuild, tmp_path, monkeypatch):
    try:
        socket.create_connection(("pypi.org", 443), timeout=5).close()
    except OSError:
        if not (rebuild.DATA and _cached(rebuild)):
            pytest.skip("no network, and the packages that the text is made from are not in the cache")
    monkeypatch.setattr(rebuild, "DATA", tmp_path)
    rebuild.main()
    assert (tmp_path / FILE.name).read_bytes() == FILE.read_bytes()
    assert documentation.documents("train")


def _cached(rebuild):
    from pathlib import Path

    import pooch

    folder = Path(pooch.os_cache("attention-course")) / "rebuild"
    return all(list(folder.glob(f"{name}-{version}/*.whl")) for name, version in rebuild.PACKAGES)
