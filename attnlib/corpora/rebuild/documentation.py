"""Documentation text with summaries: docstrings of published packages, read with `ast`, never imported or run.

    python -m attnlib.corpora.rebuild.documentation    # writes attnlib/corpora/data/documentation.tsv.gz

A docstring's first sentence is the summary. The text is the function's or class's name, its parameters, and the
sentences that follow. Taken are those that are plain prose; whatever holds markup that we can't take out is left.
"""

import ast
import gzip
import io
import re

import numpy as np

from attnlib.corpora.rebuild import DATA, wheel

PACKAGES = (("astropy", "8.0.2"), ("bokeh", "3.9.2"), ("dask", "2026.8.0"), ("django", "5.2.19"),
            ("matplotlib", "3.11.2"), ("mne", "1.13.2"), ("networkx", "3.6.1"), ("nilearn", "0.14.1"),
            ("numpy", "2.4.6"), ("pandas", "3.1.1"), ("pyvista", "0.49.1"), ("scikit-image", "0.26.0"),
            ("scikit-learn", "1.9.1"), ("scipy", "1.17.1"), ("sqlalchemy", "2.1.9"), ("statsmodels", "0.15.0"),
            ("sympy", "1.14.0"), ("textual", "8.2.8"))
LEFT_OUT = re.compile(r"(^|/)(_?tests?|testing|_?vendored|_?extern\w*|_?distutils|_?examples?|conftest|tutorial)"
                      r"(/|\.py$)")
SUMMARY_WORDS, TEXT_WORDS, LEAST_TEXT_WORDS = range(4, 19), 50, 6

ROLE = re.compile(r"(?::[\w:+-]+:)?`+[~!]?([^`<>]+?)(?:\s*<[^`<>]*>)?`+_{0,2}")
PROSE = re.compile(r"[A-Za-z0-9 .,;:'\"()/+=%_!?\[\]-]+")
END = re.compile(r"(?<=[a-z0-9)\]'\"][.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)(?<!cf\.)(?<!al\.)"
                 r" +(?=[A-Z0-9\"'(])")
UNFIT = re.compile(r"https?:|www\.|\.(com|org|net)\b|>>>|\.\.|::|[\w\]]_(?!\w)|__|--|%[\w(]"
                   r"|(?i:todo|fixme|deprecated|docstring|see also)")
HEADING = re.compile(r"^[^\n]+\n *([-=~^*])\1{2,} *$")


def main():
    """Write the file: text, summary and source in a row, tabs between them, with nothing that changes by the day."""
    rows = unlike(row for name, version in PACKAGES for row in read(name, version))
    content = "".join("\t".join(row) + "\n" for row in rows).encode()
    path = DATA / "documentation.tsv.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(packed(content))
    print(f"{len(rows):,} texts with summaries, {path.stat().st_size / 1e6:.2f} MB in {path.name}")


def packed(content):
    """Bytes, compressed with neither a time nor a file's name in it."""
    file = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write(content)
    return file.getvalue()


def read(name, version):
    """The rows (text, summary, source) of one package."""
    with wheel(name, version) as archive:
        for file in sorted(archive.namelist()):
            if file.endswith(".py") and not LEFT_OUT.search(file):
                for signature, docstring in documented(ast.parse(archive.read(file))):
                    if found := summarised(signature, docstring):
                        yield *found, name


def documented(node, around=""):
    """The pairs (signature, docstring) of public functions, classes and methods in a syntax tree, in its order."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if isinstance(child, (ast.If, ast.Try)):
                yield from documented(child, around)
            continue
        if child.name.startswith("_"):
            continue
        docstring, is_class = ast.get_docstring(child), isinstance(child, ast.ClassDef)
        if docstring:
            yield around + child.name + ("" if is_class else f"({', '.join(parameters(child))})"), docstring
        if is_class:
            yield from documented(child, f"{child.name}.")


def parameters(function):
    """The names of a function's parameters, six at most."""
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]
    return [name for name in names if name not in ("self", "cls") and not name.startswith("_")][:6]


def summarised(signature, docstring):
    """(text, summary) of a docstring, or None if it isn't plain prose."""
    sentences = []
    for paragraph in re.split(r"\n\s*\n", docstring.strip()):
        if HEADING.match(paragraph) or len({len(line) - len(line.lstrip()) for line in paragraph.splitlines()}) > 1:
            break                                       # a section, a list or a formula: the opening is over
        plain = " ".join(ROLE.sub(last_part, paragraph).split())
        if not PROSE.fullmatch(plain) or UNFIT.search(plain):
            break
        sentences += [sentence for sentence in END.split(plain) if sentence[-1] in ".!?"]
    if len(sentences) < 2 or not sentences[0].endswith("."):
        return None
    summary, rest = sentences[0], []
    for sentence in sentences[1:]:
        rest += sentence.split()
    if len(summary.split()) not in SUMMARY_WORDS or len(rest) < LEAST_TEXT_WORDS:
        return None
    return f"{signature}: {' '.join(rest[:TEXT_WORDS])}", summary


def last_part(role):
    """What a role or a literal shows: of `pkg.module.name` the name."""
    shown = role.group(1)
    return shown.rpartition(".")[2] if re.fullmatch(r"[\w.]+\w", shown) and not shown[0].isdigit() else shown


def unlike(rows):
    """The rows, sorted, without those whose summary or text has nearly the same words as an earlier one's."""
    rows = sorted(set(rows))
    alike = near([summary for _, summary, _ in rows], 0.7) | near([text for text, _, _ in rows], 0.7)   # (N, N)
    kept = np.ones(len(rows), dtype=bool)
    for number in range(len(rows)):
        if kept[number]:
            kept[number + 1:] &= ~alike[number, number + 1:]
    return [row for row, keep in zip(rows, kept, strict=True) if keep]


def near(sentences, share):
    """(N,N) bool: of the words that one of two sentences has, do both have at least `share`? (Jaccard's index)"""
    sets = [set(re.findall(r"[a-z0-9]+", sentence.lower())) for sentence in sentences]
    column = {word: number for number, word in enumerate(sorted(set().union(*sets)))}
    has = np.zeros((len(sets), len(column)), dtype=np.float32)
    for row, words in zip(has, sets, strict=True):
        row[[column[word] for word in words]] = 1
    both, count = has @ has.T, has.sum(axis=1)                          # whole numbers, so exact
    return both >= share * (count[:, None] + count - both)


if __name__ == "__main__":
    main()
