"""What hidden tests say stays in the grader, in whatever disguise a student's code prints it."""

import base64
import json

import pytest
from nbformat.v4 import new_code_cell, new_output

from attnlib import notebooks
from attnlib.grading import mask, restore
from attnlib.grading.course import Course
from attnlib.grading.run import run
from tests.grading.conftest import LESSON, ROOT, answer

SECRET = "secret = next(text for text in reversed(In) if 'BEGIN HIDDEN' in text).split('BEGIN HIDDEN')[1]"
DISGUISES = {
    "Caesar's": "print(''.join(chr(ord(sign) + 1) for sign in secret))",
    "base85": "import base64; print(base64.b85encode(secret.encode()).decode())",
    "interleaved": "print('z'.join(secret))",
    "tags": "from IPython.display import HTML; HTML(''.join(f'<b>{sign}</b>' for sign in secret))",
    "an error": "raise ValueError('z'.join(secret))",
    "an error's name": "raise type('z'.join(c for c in secret if c.isalpha()), (Exception,), {})()",
}


def _graded(own, released):
    """The cells of `own`, (source, saved outputs), as feedback shows them, at the end of a submission."""
    book = answer(released, "def double(x):\n    return 2 * x")
    book["cells"] += [json.loads(json.dumps(new_code_cell(source, outputs=outputs))) for source, outputs in own]
    whole = restore.to_grade(Course(ROOT), *Course(ROOT).sources(LESSON))
    found = restore.restored(json.dumps(book).encode(), whole, "welcome.ipynb")
    assert not found.why
    graded, _ = mask.MaskHiddenTests().preprocess(run(found.notebook), {})
    assert not any("handed_in" in cell.metadata.get("attn", {}) for cell in graded.cells)
    return [cell for cell in graded.cells if notebooks.is_own(cell)]


def test_what_was_printed_of_hidden_tests_is_not_shown(walls, released):
    cells = _graded([(SECRET, []), *((code, []) for code in DISGUISES.values())], released)
    shown = [cell.outputs for cell in cells[1:]]
    assert [[output.get("text") for output in outputs[:1]] for outputs in shown] == [[mask.HANDED_IN]] * len(DISGUISES)
    assert [output.evalue for outputs in shown for output in outputs[1:]] == [mask.STOPPED] * 2
    assert [output.ename for outputs in shown for output in outputs[1:]] == ["ValueError", "Error"]


def test_honest_outputs_are_shown_as_they_were_handed_in(walls, released):
    same, other = [new_output("stream", text="4\n")], [new_output("stream", text="at 12:00\n")]
    picture = [new_output("display_data", data={"image/png": base64.b64encode(b"drawn").decode()})]
    cells = _graded([("print(double(2))", same), ("import time; print(time.time())", other),
                     ("plt.plot([1]); plt.show()", picture), ("x = 3", [])], released)
    note = new_output("stream", text=mask.HANDED_IN)
    assert [cell.outputs for cell in cells] == [same, [note, *other], [note, *picture], []]


@pytest.mark.parametrize("source", sorted((ROOT / "solutions").glob("0*/*.ipynb")), ids=lambda path: path.stem)
def test_the_masks_own_words_are_in_no_hidden_test(source):
    secrets = mask.Secrets(restore.to_grade(Course(ROOT), source))
    assert not any(map(secrets.told_in, (mask.HANDED_IN, mask.STOPPED, mask.LEFT_OUT, mask.TOO_LONG)))
