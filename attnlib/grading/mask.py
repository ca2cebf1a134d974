"""Take the hidden tests, and what was printed of them, out of a graded notebook before a student sees it.

A student's code can read a hidden test while that runs (through `In`, through frames) and print it in any
disguise. So of a cell that ran after hidden tests only that is shown which the student had handed in, and that
can't hold what they had not seen yet; of a test cell only its error. All that is shown is read in several ways,
and left out where one of them shares letters with a hidden test. That finds copies: as they stand, reversed,
rotated by 13, a sign a line, as numbers, in hexadecimal and base64, and two of these one upon the other.
"""

import base64
import builtins
import codecs
import html
import re
from urllib.parse import unquote

from nbformat.v4 import new_output
from nbgrader.preprocessors.base import NbGraderPreprocessor

from attnlib import notebooks
from attnlib.grading.score import COLOUR, hidden, hidden_lines

MASK = "# hidden tests ran here"
LEFT_OUT = "(Left out: this showed part of a hidden test.)\n"
HANDED_IN = "(As it was handed in. It showed something else when it was graded, after the tests.)\n"
STOPPED = "the cell stopped here when it was graded"
TOO_LONG = "\n(The rest is left out.)\n"
RUN = 14  # letters in a row that no public part of the notebook has
SHORTEST = 8  # letters of a whole line of a hidden test
STEP = 4
LONGEST = 200_000  # signs of a cell's printed outputs on a page
TWICE = 20_000  # signs; what is longer is decoded once only
HEX, BASE64 = re.compile(r"[0-9a-f]{24,}"), re.compile(r"[A-Za-z0-9+/_-]{20,}")


class MaskHiddenTests(NbGraderPreprocessor):
    """Masks source and outputs, and, where they tell too much, the reasons."""

    def preprocess(self, nb, resources):
        secrets, begun = Secrets(nb), False
        for cell in nb.cells:
            tests = bool(hidden_lines(cell.source))
            if tests:
                _keep_own_error(cell)
                _mask_source(cell)
            own = cell.metadata.get("attn", {})
            if secrets.told_in(own.get("reason", "")):
                own["reason"] = "a hidden test stopped"
            if cell.cell_type == "code":
                handed_in = own.pop("handed_in", [])
                if begun and notebooks.is_test(cell):
                    cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
                elif begun and not notebooks.has_tag(cell, "experiment"):  # which shows what was handed in anyway
                    cell.outputs = as_handed_in(cell.outputs, handed_in)
                _shorten(cell)
                if (begun or tests) and secrets.told_in(_all_text(cell.outputs)):
                    cell.outputs = [new_output("stream", text=LEFT_OUT)]
            begun = begun or tests
        return nb, resources


def as_handed_in(outputs, handed_in):
    """What may be shown of a cell that ran after hidden tests: outputs that the student had handed in.

    Where the cell stopped with an error, the kind of error, if it is one of Python's own.
    """
    if _all_text(outputs) == _all_text(handed_in):
        return handed_in
    names = [output.ename for output in outputs if output.output_type == "error"]
    names = [name if isinstance(getattr(builtins, name, None), type) else "Error" for name in names]
    return [new_output("stream", text=HANDED_IN), *handed_in,
            *(new_output("error", ename=name, evalue=STOPPED, traceback=[f"{name}: {STOPPED}"]) for name in names[:1])]


class Secrets:
    """What the hidden tests of a notebook say and nothing else in it does."""

    def __init__(self, nb):
        public, secret = [], []
        for cell in nb.cells:
            within = set(hidden_lines(cell.source))
            for number, line in enumerate(cell.source.split("\n"), 1):
                (secret if number in within else public).append(line)
        public = _letters("\n".join(public))
        self.runs = _runs(_letters("\n".join(secret)), 1) - _runs(public, 1)
        self.lines = {line for line in map(_letters, secret) if SHORTEST <= len(line) < RUN and line not in public}

    def told_in(self, text):
        """Whether a text tells part of a hidden test, in one of the ways that it can be read."""
        if len(text) > TWICE:
            return any(map(self._stand_in, (text, *_readings(text))))
        return any(self._stand_in(twice) for once in (text, *_readings(text)) for twice in (once, *_readings(once)))

    def _stand_in(self, text):
        letters = _letters(text)
        return not self.runs.isdisjoint(_runs(letters, STEP)) or any(line in letters for line in self.lines)


def _runs(letters, step):
    return {letters[at:at + RUN] for at in range(0, len(letters) - RUN + 1, step)}


def _letters(text):
    """Only a text's letters, small: spaces, line numbers and quotes around them make no difference."""
    return re.sub(r"[^a-z]", "", re.sub(r"\\[nrt]", "", text).lower())


def _readings(text):
    """Other texts that this may stand for."""
    dense = re.sub(r"\s", "", text)
    yield text[::-1]
    yield codecs.encode(text, "rot13")
    yield unquote(html.unescape(text))
    yield "".join(chr(int(number)) for number in re.findall(r"(?<!\d)\d{2,3}(?!\d)", text))
    for run in HEX.findall(re.sub(r"0x|\\x|[\s,:']", "", text.lower())):
        for start in range(2):
            yield bytes.fromhex(run[start:len(run) - (len(run) - start) % 2]).decode("latin-1")
    for run in BASE64.findall(dense):
        for start in range(4):
            part = run[start:len(run) - (len(run) - start) % 4].replace("-", "+").replace("_", "/")
            yield base64.b64decode(part).decode("latin-1")


def _mask_source(cell):
    within = hidden_lines(cell.source)
    lines = [line for number, line in enumerate(cell.source.split("\n"), 1) if number not in within]
    cell.source = "\n".join([*lines[:within[0] - 1], MASK, *lines[within[0] - 1:]])


def _keep_own_error(cell):
    """Of a cell with hidden tests only its own error is kept: who printed what, and when, can't be told apart."""
    kept = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            if hidden(cell, output):
                reason = cell.metadata.get("attn", {}).get("reason") or "a hidden test failed"
                output.ename, output.evalue, output.traceback = "Failed", reason, [f"Failed: {reason}."]
            elif output.ename != "NotYet":
                output.traceback = [f"{output.ename}: {output.evalue}"]
            kept.append(output)
    cell.outputs = kept


def _text(output):
    """All that can be read in an output, without colours."""
    data = [value for kind, value in output.get("data", {}).items()
            if isinstance(value, str) and kind not in ("image/png", "image/jpeg", "image/gif")]
    found = [output.get("text", ""), output.get("ename", ""), output.get("evalue", ""), *output.get("traceback", [])]
    return COLOUR.sub("", "\n".join([*found, *data]))


def _all_text(outputs):
    return "\n".join(map(_text, outputs))


def _shorten(cell):
    """Cut a cell's printed output to what can be looked through, here and by a reader."""
    left = LONGEST
    for output in cell.outputs:
        if "text" in output and len(output.text) > left:
            output.text = output.text[:left] + TOO_LONG
        left = max(0, left - len(output.get("text", "")))
