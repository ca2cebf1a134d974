"""167,130 short sentences in English and French, on request: downloaded once, checked, kept in the user's cache folder.

Written by the contributors of Tatoeba (tatoeba.org), made into pairs by manythings.org/anki, under CC BY 2.0 FR;
whoever shows or passes on the sentences names both. The file is the one that d2l 1.0.3 uses. It isn't part of this
package, and no lesson needs it: without a network the interface text does.
"""

import hashlib
import io
import zipfile

from attnlib.corpora import interface
from attnlib.corpora.parallel import Pair, pairs_in, read_pairs

URL = "http://d2l-data.s3-accelerate.amazonaws.com/fra-eng.zip"
ZIP_SHA1 = "94646ad1522d915e7b0f9296181140edcf86a4f5"
TEXT_SHA256 = "0bb85dbaa1c896844649094d7eaf2e34bee34e84fe362b26ce7e8f2e12aae104"
ATTRIBUTION = "Sentences: tatoeba.org, as paired by manythings.org/anki, CC BY 2.0 FR."
TIMEOUT = 20  # seconds without a byte
RETRIES = 2


class Unavailable(RuntimeError):
    """The file couldn't be had; the message is one sentence that says why and what to try."""


def pairs(path=None, most=None):
    """The pairs, shortest English first, `most` of them at most (None: all); the first call downloads the file.

    path: a file that you have, fra.txt or the same in gzip, from here or newer; then nothing is downloaded and
    no checksum expected. Raises Unavailable, and what `read_pairs` raises.
    """
    columns = read_pairs(path, most) if path else pairs_in(io.BytesIO(_text()), "fra.txt", most)
    return [Pair(french, english, "Tatoeba") for english, french in columns]


def best_available():
    """These pairs, or the interface text that ships with the course and a line that says why."""
    try:
        return pairs()
    except Unavailable as problem:
        print(f"{problem} Instead, the course's own interface text is used.")
        return interface.pairs()


def _text():
    """The bytes of fra.txt, out of the zip file in the cache folder; checksums say that they are those meant."""
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel("ERROR")  # the messages here tell what it would
    cache = pooch.create(pooch.os_cache("attention-course"), base_url="", urls={"fra-eng.zip": URL},
                         registry={"fra-eng.zip": f"sha1:{ZIP_SHA1}"}, retry_if_failed=RETRIES)
    if not (cache.abspath / "fra-eng.zip").exists():
        print(ATTRIBUTION)
    try:
        # Written beside its place, checked, and only then moved there: what lies there is whole.
        path = cache.fetch("fra-eng.zip", downloader=pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT))
    except RequestException as problem:
        raise Unavailable(f"Tatoeba's sentences couldn't be downloaded ({type(problem).__name__}); try again with a "
                          "network, or give a file that you have: tatoeba.pairs(path).") from None
    except ValueError:
        raise Unavailable("What came instead of Tatoeba's sentences has another checksum, so it isn't used; try again "
                          "on another network, or give a file that you have: tatoeba.pairs(path).") from None
    except OSError as problem:
        raise Unavailable(f"Tatoeba's sentences can't be kept in {cache.abspath} ({problem.strerror or problem}); "
                          "make room there, or give a file that you have: tatoeba.pairs(path).") from None
    with zipfile.ZipFile(path) as packed:
        text = packed.read(next(name for name in packed.namelist() if name.endswith("fra.txt")))
    if hashlib.sha256(text).hexdigest() != TEXT_SHA256:
        raise Unavailable(f"fra.txt in {path} has another checksum, so it isn't used; give a file that you have: "
                          "tatoeba.pairs(path).")
    return text
