"""Weights are shaken before a training, a little, and a claim that doesn't survive it is named."""

import nbformat
import pytest

from tests import rounding

LESSON = """
import torch
from attnlib.training import train
model = torch.nn.Linear(2, 2)
before = model.weight.clone()
try:
    train(model, [], 1)
except ValueError:
    pass  # there is nothing to train on
assert torch.allclose(before, model.weight, rtol=1e-4), "far off"
"""


@pytest.mark.parametrize(("claim", "expected"), [
    ("pass", []), ("assert torch.equal(before, model.weight), 'by a hair'", [(1, "AssertionError: by a hair")])])
def test_a_claim_that_holds_by_a_hair_stops_the_lesson(claim, expected, tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in (LESSON, claim)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    assert rounding.stopped(tmp_path / "lesson.ipynb", 1) == expected


@pytest.mark.parametrize(("found", "code"), [([], 0), ([(3, "AssertionError: ")], 1)])
def test_lessons_are_chosen_by_a_part_of_their_names(found, code, monkeypatch, capsys):
    monkeypatch.setattr(rounding, "stopped", lambda path, seed: found)
    assert rounding.main(["--times", "2", "07", "09"]) == code
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "translation, 1", "translation, 2", "self_attention, 1", "self_attention, 2"]


def test_a_lesson_that_does_not_train_is_refused_with_those_that_do(capsys):
    with pytest.raises(SystemExit, match="2"):
        rounding.main(["05"])
    assert "called 05; there are 04_context_bottleneck" in capsys.readouterr().err
