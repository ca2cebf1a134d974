"""Writes interface.tsv.gz, what French programs say and its English, and interface.md, whose it is.

From the compiled catalogues in published wheels. Only a package's own catalogues are read, not those of other
packages inside its wheel.
"""

import gzip
import io
import re
from collections import Counter

from babel.messages.mofile import read_mo

from attnlib.corpora.rebuild import DATA, wheel
from attnlib.corpora.words import clean

# Package, version, folder of its own catalogues in the wheel, licence. Where two say the same, the first is named.
PACKAGES = (
    ("Django", "5.2.19", "django", "BSD-3-Clause"),
    ("wagtail", "8.0.1", "wagtail", "BSD-3-Clause"),
    ("django-cms", "5.1.3", "cms", "BSD-3-Clause"),
    ("django-oscar", "4.2.1", "oscar", "BSD-3-Clause"),
    ("djangorestframework", "3.18.3", "rest_framework", "BSD-3-Clause"),
    ("mezzanine", "6.1.1", "mezzanine", "BSD-2-Clause"),
    ("Sphinx", "9.0.4", "sphinx", "BSD-2-Clause"),
    ("WTForms", "3.3.2", "wtforms", "BSD-3-Clause"),
    ("django-allauth", "65.21.1", "allauth", "MIT"),
    ("kolibri", "0.19.5", "kolibri/locale", "MIT"),
    ("jupyterlab-language-pack-fr-FR", "4.5.post3", "jupyterlab_language_pack_fr_FR", "BSD-3-Clause"),
)
CATALOGUE = re.compile(r"(^|/)fr(_FR)?/LC_MESSAGES/[^/]+\.mo$")

# What French and English prose is written with. Placeholders, markup, addresses and wrong encodings hold other signs,
PROSE = re.compile(r"""[A-Za-zÀÂÄÆÇÈÉÊËÎÏÔÖŒÙÛÜŸàâäæçèéêëîïôöœùûüÿ0-9 .,:;?!'"()€-]+""")
# but for names of files and hosts, calls and open plurals: "setup.py", ".gitignore", "print()", "page(s)", "--full".
CODE = re.compile(r"\w\.[^\W\d]{2}|(^|[ (\"'])\.\w|\bwww\b|\bhttps?:|\w\(|--")
LONGEST = 40  # words; longer ones are paragraphs
LICENCE = re.compile(r"[^/]+\.dist-info/(licenses/)?LICENSE(\.\w+)?")

HEAD = """# interface.tsv.gz

{count:,} pairs of texts from the interfaces of programs, in French and in English: tab separated, UTF-8, with the
columns `french`, `english` and `source`, the package that a pair comes from. The translations are the work of the
translators of {packages} projects, published under the licences below. Changes: messages with placeholders, markup,
addresses, code or more than 40 words were left out, white space, quotation marks and dashes made alike, repeated
pairs kept once.

`python -m attnlib.corpora.rebuild.interface` makes this page and the file from exactly these versions.

| package | version | licence | pairs |
|---|---|---|---:|
{table}"""


def rows():
    """Every (french, english, package), sorted within its package; each pair of texts once, upper case or lower."""
    seen = set()
    for name, version, folder, _ in PACKAGES:
        found = {(clean(french), clean(english)) for english, french in messages(wheel(name, version), folder)}
        for french, english in sorted(found, key=lambda pair: pair[::-1]):
            pair = french.casefold(), english.casefold()
            if is_translation(french, english) and pair not in seen:
                yield french, english, name
            seen.add(pair)


def messages(package, folder):
    """(English, French) of every message in the package's own catalogues, singular and plural as two."""
    for path in sorted(package.namelist()):
        if path.startswith(f"{folder}/") and CATALOGUE.search(path):
            for message in read_mo(io.BytesIO(package.read(path))):
                if message.id:  # the empty one is the catalogue's heading
                    yield from zip(_forms(message.id), _forms(message.string), strict=False)


def _forms(text):
    return (text,) if isinstance(text, str) else text


def is_translation(french, english):
    """Whether both are prose of two letters or more, and the French isn't the English left as it was."""
    return french.casefold() != english.casefold() and is_prose(french) and is_prose(english)


def is_prose(text):
    return (bool(PROSE.fullmatch(text)) and not CODE.search(text) and len(text.split()) <= LONGEST
            and sum(letter.isalpha() for letter in text) > 1)


def write(folder):
    """Both files, the same bytes each time (gzip's head holds no name and no time); returns how many pairs."""
    found = list(rows())
    text = "".join("\t".join(row) + "\n" for row in (("french", "english", "source"), *found))
    (folder / "interface.tsv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (folder / "interface.md").write_text(notices(found), encoding="utf-8")
    return len(found)


def notices(found):
    """What the file is, how many pairs are whose, and each package's licence, word for word."""
    counts = Counter(package for _, _, package in found)
    table = "".join(f"| {name} | {version} | {licence} | {counts[name]:,} |\n"
                    for name, version, _, licence in PACKAGES)
    texts = "".join(f"\n## {name} {version}\n\n```text\n{licence_text(wheel(name, version))}\n```\n"
                    for name, version, *_ in PACKAGES)
    return HEAD.format(count=len(found), packages=len(PACKAGES), table=table) + texts


def licence_text(package):
    """The licence of the package itself, not of others inside its wheel or in its tests."""
    path = min(path for path in package.namelist() if LICENCE.fullmatch(path))
    return "\n".join(line.rstrip() for line in package.read(path).decode().strip().splitlines())


if __name__ == "__main__":
    print(f"{write(DATA):,} pairs in {DATA / 'interface.tsv.gz'}")
