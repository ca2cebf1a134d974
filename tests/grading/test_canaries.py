"""Canaries: the changed tests say what they should, on every lesson's tests; borrowing is seen, honest use is not."""

import ast
import importlib
import json
import random
import re

import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook, new_output

from attnlib.grading import canaries, guard
from tests.grading.conftest import ROOT

TEST = """checks.welcome.double(double)
### BEGIN HIDDEN TESTS
def hidden_tests():
    rng = checks.draw("é")
    for x in [1, 2]:
        assert double(x) == x + x and np.allclose(double(x), [x + x]), "case A"  # é
        assert (double(x) != 7
                or x), "case B"
hidden_tests()
### END HIDDEN TESTS"""


def of_all_lessons():
    for path in sorted((ROOT / "solutions").glob("0*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and marks.get("grade") and not marks.get("solution"):
                yield pytest.param("".join(cell["source"]), id=f"{path.stem}-{marks['grade_id']}")


@pytest.mark.parametrize("source", of_all_lessons())
def test_every_test_has_canaries_that_look_like_it(source):
    tree = ast.parse(source)
    for canary in (canaries.turned(source, tree), canaries.hopeless(source, tree)):
        assert canary.source != source and canary.fails
        ast.parse(canary.source)
        assert len(canary.source.split("\n")) == len(source.split("\n"))
        assert [line for line in source.split("\n") if line.startswith("#")] \
            == [line for line in canary.source.split("\n") if line.startswith("#")]
    displaced = canaries.displaced(source, tree, random.Random(0))
    if displaced:
        ast.parse(displaced.source)
        assert not any(re.search(rf"\b{name}\b", source) for name in displaced.helpers)


def run(source, double, **names):
    """The error that a test or canary ends with, as an output; None where it passes."""
    class Checks:
        class welcome:
            @staticmethod
            def double(f):
                assert f(3) == 6

        @staticmethod
        def draw(name):
            return np.random.default_rng(0)

    try:
        exec(source, {"checks": Checks, "np": np, "double": double, **names})
    except Exception as error:
        return new_output("error", ename=type(error).__name__, evalue=str(error), traceback=[])


def behaves(canary, double):
    helpers = {name: guard.KINDS[kind] for name, kind in canary.helpers.items()}
    return not canary.wrong(run(canary.source, double, **helpers))


class Equal(float):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize("seed", range(6))
def test_canaries_tell_honest_answers_from_those_equal_to_everything(seed):
    runs = canaries.around(TEST, random.Random(seed))
    assert len(runs) == 5 and runs.count(None) == 2  # the test itself twice
    assert all(behaves(canary, lambda x: 2 * x) for canary in runs if canary)
    test = TEST.replace(", [x + x])", ", double(x))")
    assert run(test, lambda x: Equal(0)) is None
    displaced = canaries.displaced(test.replace(" and np.allclose(double(x), double(x))", ""), ast.parse(
        test.replace(" and np.allclose(double(x), double(x))", "")), random.Random(seed))
    assert not behaves(displaced, lambda x: Equal(0))


def test_the_order_cannot_be_known():
    seen = {tuple(canary and canary.flag for canary in canaries.around(TEST, random.Random(seed)))
            for seed in range(2000)}
    assert len(seen) == 60  # all orders of five, two of them alike
    named = [canaries.helpers(canary) for canary in canaries.around(TEST)]
    assert {len(helpers) for helpers in named} == {4} and len(set().union(*named)) == 20
    assert not any(name.isalpha() for helpers in named for name in helpers)  # a student may well have a `right`


def test_dropped_asserts_are_seen():
    dropped = ast.unparse(ast.parse(canaries.turned(TEST, ast.parse(TEST)).source.replace("assert", "0 and")))
    assert canaries.turned(TEST, ast.parse(TEST)).wrong(run(dropped, lambda x: 2 * x))


@pytest.mark.parametrize("value", [
    0, 1, -2, 0.0, -3.5, float("inf"), True, "", "ab", [], [1, 2], [[]], (), (2, 3), {}, {"a": 1}, set(), {"e"}, None,
    np.float64(2), np.int64(-4), np.arange(3), np.zeros(0), np.array([True]), np.array([np.inf, np.nan, 1]),
    np.uint8(249), torch.tensor(2.0), torch.arange(3), torch.zeros(0), torch.tensor([True, False]),
    torch.tensor([float("inf")])], ids=repr)
def test_what_is_far_is_never_taken_for_equal(value):
    other = guard.far(value)
    if isinstance(value, np.ndarray | np.generic | torch.Tensor):
        equal = torch.equal if isinstance(value, torch.Tensor) else np.array_equal
        close = torch.allclose if isinstance(value, torch.Tensor) else np.allclose
        for compare in (equal, close):
            try:
                assert not compare(value, other)
            except (TypeError, RuntimeError):  # proves nothing, and flags nothing
                pass
    else:
        assert not (value == other)


def notebook(*cells):
    book = new_notebook()
    for kind, source in cells:
        marks = {"grade_id": kind, "solution": not kind.startswith("test_"), "grade": kind.startswith("test_")}
        cell = new_code_cell(source, metadata={"nbgrader": marks} if kind not in ("own", "lesson") else {})
        cell.id = "own-1" if kind == "own" else cell.id
        book.cells.append(cell)
    return book


@pytest.mark.parametrize("kind, source, taken", [
    ("lookup", "from attnlib.course.embeddings import lookup", "lookup"),
    ("lookup", "from attnlib.course import embeddings as e\ndef lookup(a, b): return e.lookup(a, b)", "lookup"),
    ("lookup", "from attnlib.course import embeddings\nlookup = embeddings.lookup", "lookup"),
    ("lookup", "import attnlib.models as m\nlookup = m.lookup", "lookup"),
    ("lookup", "lookup = getattr(models, 'lookup')", "lookup"),
    ("lookup", "lookup = working('lookup', None)", "lookup"),
    ("lookup", "exec(open('/x/attnlib/course/embeddings.py').read())", "lookup encode"),
    ("lookup", "from attnlib.course import own_version\nlookup = own_version('lookup')", "lookup encode"),
    ("lookup", "from attnlib.course.embeddings import *", "lookup encode"),
    ("own", "lookup = working('lookup', None)", "lookup"),
    # honest
    ("lookup", "def lookup(table, ids):\n    '''as in attnlib.course'''\n    return table[ids]", ""),
    ("lookup", "from attnlib.training import reproducible", ""),
    ("own", "mine = working('lookup', lookup)", ""),
    ("own", "from attnlib.course.attention import masked_softmax\nfrom attnlib import models\nmodels.Other", ""),
    ("lesson", "from attnlib.course.embeddings import lookup", ""),
])
def test_borrowing(kind, source, taken):
    book = notebook((kind, source), ("test_lookup", "checks.embeddings.lookup(lookup)"),
                    ("test_encode", "checks.embeddings.encode(encode)"))
    assert set(canaries.borrowed(book)) == {f"test_{name}" for name in taken.split()}


@pytest.mark.parametrize("source, names", [
    ("import sys\nf = sys._getframe(1)", ["_getframe"]),
    ("import ctypes as c", ["ctypes"]), ("from gc import get_objects", ["get_objects"]),
    ("class A(float):\n    def __eq__(self, other): return True\n    __lt__ = __eq__", ["__eq__", "__lt__"]),
    ("getattr(f, '__code__')", ["__code__"]), ("print(In[-1])", []),
    ("class A(nn.Module):\n    def __init__(self): pass\n    def forward(self, x): return x == 1", []),
    ("np.seterr(all='raise')\nprint(x.__class__.__name__, len(x), __name__)", []),
])
def test_prying(source, names):
    assert canaries.prying(notebook(("lookup", source)).cells) == names
    assert canaries.prying(notebook(("lesson", source)).cells) == []


def test_no_right_answer_pries():
    for path in sorted((ROOT / "tests" / "catalogue").glob("[a-z]*.py")):
        answers = getattr(importlib.import_module(f"tests.catalogue.{path.stem}"), "ANSWERS", {})
        for exercise in answers.values():
            for answer in exercise.right:
                assert canaries.prying(notebook(("lookup", answer.code)).cells) == [], answer.code


def test_a_students_own_sum_is_no_tests_sum():
    source = "assert sum(f([1, max(2, 3)])) == len('é') * sum([2]), f'case {sum}'\nmax = 2"
    cells = notebook(("lookup", "sum = max = 3\ndef len(x): return 0")).cells
    assert canaries.with_builtins(source, cells) == source.replace("sum(", "__builtins__.sum(").replace(
        "len(", "__builtins__.len(")
    assert canaries.with_builtins(source, notebook(("lesson", "sum = 3")).cells) == source


def test_cells_that_are_no_python_stop_nothing():
    book = notebook(("own", "%%bash\nls |"), ("lookup", "def ("), ("test_lookup", "checks.embeddings.lookup(lookup)"))
    assert canaries.borrowed(book) == {} and canaries.around("def (") == [None]
    assert canaries.lesson_imports(notebook(("lesson", "import numpy as np\nfrom attnlib import checks"))) \
        == [("np", "numpy", ""), ("checks", "attnlib.checks", ""), ("checks", "attnlib", "checks")]
