"""A parallel file of one's own: it works, or the message names the line and says what to try."""

import gzip
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlib.corpora.parallel import LONGEST_LINE, pairs_in, read_pairs, split

GOOD = [("Go.", "Va !"), ("Hi.", "Salut !")]
TEXT = "Go.\tVa !\nHi.\tSalut !\n"


def read(tmp_path, content, name="own.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_pairs(path)


@pytest.mark.parametrize("content", [
    TEXT,
    TEXT.rstrip("\n"),
    "\ufeff" + TEXT,
    TEXT.replace("\n", "\r\n"),
    "\n\n  \n" + TEXT.replace("\n", "\n\n\t\n"),
    "Go.\tVa !\tCC-BY 2.0 (France), tatoeba.org #1\nHi.\tSalut !\tCC-BY\tmore\n",
    "Go.\tVa\u00a0!\n Hi. \tSalut\u202f !\n",
    gzip.compress(TEXT.encode()),
], ids="plain, no last line end, BOM, CRLF, empty lines, third column, non-breaking spaces, gzip".split(", "))
def test_it_works(tmp_path, content):
    assert read(tmp_path, content) == GOOD


def test_gzip_needs_no_name(tmp_path):
    assert read(tmp_path, gzip.compress(TEXT.encode()), "own.txt.gz") == GOOD


def test_right_to_left(tmp_path):
    assert read(tmp_path, "שלום עולם\tمرحبا بالعالم\n") == [("שלום עולם", "مرحبا بالعالم")]


@pytest.mark.parametrize("content, line, told", [
    (TEXT + "One column\n", 3, "has no tab: 'One column'; expected a sentence, a tab and its translation"),
    ("Go. ; Va !\n", 1, "has no tab"),
    (TEXT + "\n\nGo.\t \n", 5, "has nothing after its tab: 'Go.'"),
    ("\tVa !\n", 1, "has nothing before its tab: 'Va !'"),
    (b"Go.\tVa !\n" + "Été.\tSummer.\n".encode("latin-1"), 2, "isn't UTF-8 (byte 0xc9)"),
    (b"It\x92s\tC'est\n", 1, 'encoding="cp1252"'),
    (TEXT.encode("utf-16"), 1, "is UTF-16"),
    (TEXT.encode("utf-16-be"), 1, "is UTF-16"),
    (TEXT + "Go\0.\tVa !\n", 3, "holds a zero byte"),
    ("Go.\tVa !\rHi.\tSalut !\r", 1, "has a carriage return in its middle"),
    (TEXT + "a" * LONGEST_LINE + "\tb\n", 3, "is longer than 100,000 bytes"),
    (TEXT + "x" * 500, 3, "'" + "x" * 39 + "…'"),
    (gzip.compress((TEXT + "One column\n").encode()), 3, "has no tab"),
])
def test_which_line_is_wrong(tmp_path, content, line, told):
    with pytest.raises(ValueError) as wrong:
        read(tmp_path, content)
    assert f"own.txt, line {line} " in str(wrong.value)
    assert told in str(wrong.value) and "\n" not in str(wrong.value)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file(tmp_path, content):
    with pytest.raises(ValueError, match="own.txt holds no pair"):
        read(tmp_path, content)


def test_a_zip_file(tmp_path):
    with pytest.raises(ValueError, match="is a zip file or a spreadsheet; unpack it"):
        read(tmp_path, b"PK\x03\x04 and so on")


def test_a_cut_gzip_file(tmp_path):
    packed = gzip.compress("".join(f"{n}\t{n * n}\n" for n in range(10_000)).encode())
    for content in (packed[:len(packed) // 2], packed[:3], packed[:40] + b"\0" * 20 + packed[60:]):
        if content.startswith(b"\x1f\x8b"):
            with pytest.raises(OSError, match="is damaged or was cut off"):
                read(tmp_path, content, "own.txt.gz")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*missing.txt; you are in"):
        read_pairs(tmp_path / "missing.txt")
    with pytest.raises(IsADirectoryError, match="is a folder; give the text file inside it"):
        read_pairs(tmp_path)


def test_no_more_than_asked_for(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text(TEXT + "One column\n")
    assert read_pairs(path, most=2) == GOOD  # the wrong line isn't reached
    assert read_pairs(path, most=0) == []


@given(st.binary())
def test_any_bytes_are_pairs_or_a_clear_error(content):
    try:
        pairs = pairs_in(io.BytesIO(content), "own.txt")
    except ValueError as wrong:
        assert str(wrong).startswith(("own.txt, line ", "own.txt holds no pair")), wrong
    else:
        assert pairs and all(first and second for first, second in pairs)


column = st.text(st.characters(exclude_characters="\t\r\n\0", exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(column, column), min_size=1), st.sampled_from(["\n", "\r\n", "\tthird\n", "\n\n"]))
def test_what_was_written_is_read(pairs, end):
    content = "".join(f"{first}\t{second}{end}" for first, second in pairs)
    expected = [tuple(" ".join(text.split()) for text in pair) for pair in pairs]
    if expected[0][0].startswith("\ufeff"):  # it would be the file's byte order mark
        return
    assert pairs_in(io.BytesIO(content.encode()), "own.txt") == expected


@pytest.mark.slow
@pytest.mark.alone
def test_a_million_lines(tmp_path):
    path = tmp_path / "own.txt"
    with path.open("w") as file:
        file.writelines(f"sentence number {n}\tphrase numéro {n}\n" for n in range(1_000_000))
    began = time.process_time()
    assert len(read_pairs(path)) == 1_000_000
    assert time.process_time() - began < 15
    tracemalloc.start()
    assert len(read_pairs(path, most=1000)) == 1000
    assert tracemalloc.get_traced_memory()[1] < 1_000_000  # the rest isn't read
    tracemalloc.stop()


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3))))
def test_parts_share_no_sentence_and_lose_little(pairs):
    parts = split(pairs)
    assert all(pair in pairs for part in parts for pair in part)
    for side in (0, 1):
        train, validation, test = ({pair[side] for pair in part} for part in parts)
        assert not train & validation and not train & test and not validation & test
    again = split(pairs[::-1])
    assert [sorted(part) for part in again] == [sorted(part) for part in parts]  # order is no matter


def test_every_translation_of_a_sentence_is_in_one_part():
    written = ("Log out", "log out:", "LOG OUT!", "“log out”")
    parts = split([(f"déconnexion {n}", english) for n, english in enumerate(written)])
    assert sorted(map(len, parts)) == [0, 0, 4]
