"""Canaries: cells around each test that must fail, and that must pass, and show that tests can be believed.

Each is the test itself with small changes, run in an order that is drawn, so that code that wants to know which
is which has to guess. With its assertions turned round the test must fail, with an answer that can't be right its
check must fail, and a wrong value in place of what it expects must not be taken for equal. The test as it is runs
twice, and must pass both times. Where a run ends otherwise, asserts have been dropped, replies forged, comparisons
replaced, or an answer claims to be equal to everything.

No canary stays in the notebook.
"""

import ast
import builtins
import functools
import random
import re
from dataclasses import dataclass

from attnlib import notebooks

COMPARES = {"allclose", "isclose", "array_equal", "equal", "array_equiv"}
WORDS = ("expected", "truth", "known", "exact", "given", "wanted", "correct", "right", "value", "ours", "theirs")
HELPERS = ("far", "less", "more", "other")  # of guard.py
OWN = ("course", "models", "metrics", "training", "studies")  # of attnlib: they hold the course's own versions
BORROWED = "the answer uses the course's own "
IN_TEXT = re.compile(rf"attnlib\s*[./]\s*({'|'.join(OWN)})|own_version")

PRIES = "the student's code reaches into Python or the tests: "
PRYING = {"_getframe", "currentframe", "f_globals", "f_locals", "f_back", "f_trace", "cell_contents", "__code__",
          "__closure__", "__globals__", "_implementation", "get_objects", "get_referrers", "ctypes", "settrace",
          "setprofile", "linecache", "shell_handlers", "user_ns", "user_module", "ast_transformers",
          "input_transformers_post", "input_transformer_manager", "run_cell", "run_code", "run_ast_nodes",
          "set_custom_exc", "showtraceback", "iopub_socket", "setitimer", "_Guard", "__subclasses__", "__file__",
          "import_module"}
BY_NAME = PRYING | {"exec", "eval", "compile", "__import__"}  # model.eval() is something else
FORGING = {f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "bool", "array_function",
                                      "array_ufunc", "torch_function", "array", "instancecheck", "class")}


@dataclass
class Canary:
    """A changed test. fails: how it has to end. helpers: {name in its source: which function of guard.py}."""

    source: str
    fails: bool
    helpers: dict
    flag: str

    def wrong(self, error):
        """Whether it behaved wrongly; error: what it ended with, as an output, or None."""
        if self.fails:
            return error is None
        # Any other error is an answer's, when it is called once more: that proves nothing.
        return error is not None and error.ename == "AssertionError"


def around(source, draw=None):
    """The runs of a test in an order that can't be known: canaries, and None twice, for the test as it is."""
    draw = draw or random.SystemRandom()
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return [None]
    found = [turned(source, tree), hopeless(source, tree), displaced(source, tree, draw)]
    runs = [None, None, *filter(None, found)]
    draw.shuffle(runs)
    return runs


def helpers(canary):
    """What a run's message to the guard names: the same number of helpers for each run, so that it tells nothing."""
    if canary and canary.helpers:
        return canary.helpers
    return _named(random.SystemRandom())


def _named(draw):
    """{name: helper}, under names that can't be guessed, and that no honest notebook gave to something of its own."""
    return {f"{word}_{draw.randrange(10**6)}": helper
            for word, helper in zip(draw.sample(WORDS, len(HELPERS)), HELPERS, strict=True)}


def turned(source, tree):
    """The test with each assertion turned round: the first one that is reached must fail."""
    edits = [edit for node in _asserts(tree) for edit in _wrap(node.test, "not (", ")")]
    flag = "a test passes with its assertions and with the opposite of them"
    return Canary(_edited(source, edits), True, {}, flag) if edits else None


def hopeless(source, tree):
    """The visible check of an answer that does nothing: it must fail."""
    edits = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("checks.") and len(node.args) == 1 \
                and isinstance(node.args[0], ast.Name):
            edits += [(*_start(node.args[0]), *_end(node.args[0]), "lambda *a, **k: None")]
    return Canary(_edited(source, edits), True, {}, "a check passes whatever is checked") if edits else None


def displaced(source, tree, draw):
    """The test with wrong values in place of expected ones, which must not be taken for right. It must pass."""
    kinds = _named(draw)
    names = {kind: name for name, kind in kinds.items()}
    edits, any_place = [], False
    for node in _asserts(tree):
        places = _places(node.test)
        kind, place = draw.choice(places) if places else ("", None)
        edits += _wrap(node.test, "not (" if place else "not (False and (", ")" if place else "))")
        if place:
            any_place = True
            edits += _wrap(place, f"{names[kind]}(", ")")
    if not any_place:
        return None
    return Canary(_edited(source, edits), False, kinds, "a wrong value was taken for the right one")


def with_builtins(source, cells):
    """A test in which Python's own names mean Python's own, also where an earlier cell calls something else `sum`."""
    bound = {node.id for cell in cells if cell.cell_type == "code" and _students(cell)
             for node in _parsed(cell.source, ast.Name) if isinstance(node.ctx, ast.Store)}
    bound |= {node.name for cell in cells if cell.cell_type == "code" and _students(cell)
              for node in _parsed(cell.source, ast.FunctionDef | ast.ClassDef)}
    shadowed = bound & set(dir(builtins))
    try:
        tree = ast.parse(source) if shadowed else None
    except SyntaxError:
        return source
    if tree is None:
        return source
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    shadowed -= {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    inside = {id(node) for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for node in ast.walk(text)}
    return _edited(source, [(*_start(node), *_start(node), "__builtins__.") for node in names
                            if node.id in shadowed and id(node) not in inside])  # those have no exact places


def _asserts(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def _places(test):
    """[(how to change it, expression)] of those parts without which a condition can't hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [place for part in test.values for place in _places(part)]
    if isinstance(test, ast.Compare):
        kind = {ast.Eq: "far", ast.Lt: "less", ast.LtE: "less", ast.Gt: "more", ast.GtE: "more"}.get(type(test.ops[-1]))
        right = test.comparators[-1]
        orders = kind in ("less", "more") and isinstance(right, ast.Tuple | ast.List | ast.Set)
        return [(kind, right)] if kind and not orders else []
    if isinstance(test, ast.Call) and len(test.args) >= 2:
        called = test.func.attr if isinstance(test.func, ast.Attribute) else getattr(test.func, "id", "")
        if called in COMPARES:
            return [("far", test.args[1])]
        if called == "isinstance":
            return [("other", test.args[1])]
    return []


# Changes of the text, so that its comments and its lines stay as they are


def _start(node):
    return node.lineno - 1, node.col_offset


def _end(node):
    return node.end_lineno - 1, node.end_col_offset


def _wrap(node, before, after):
    return [(*_start(node), *_start(node), before), (*_end(node), *_end(node), after)]


def _edited(source, edits):
    """The source with each (line, column, to line, to column, text) put in; columns count bytes, as ast does."""
    lines = [line.encode() for line in source.split("\n")]
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    whole, result, done = b"\n".join(lines), [], 0
    spots = [(starts[a] + b, starts[c] + d, text.encode()) for a, b, c, d, text in edits]
    # Of those that begin at one place, the outer comes first, and the inner ends first.
    opening = sorted((spot for spot in spots if not spot[2].startswith(b")")), key=lambda spot: spot[0])
    closing = [spot for spot in spots if spot[2].startswith(b")")]
    for begin, end, text in sorted([*closing[::-1], *opening], key=lambda spot: spot[0]):
        result += [whole[done:begin], text]
        done = end
    return b"".join([*result, whole[done:]]).decode()


# The lesson's own imports, and answers that borrow the course's


def lesson_imports(notebook):
    """[(name, module, attribute or "")] that the lesson's own cells bind by importing."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and not _students(cell):
            for node in _parsed(cell.source, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    if isinstance(node, ast.ImportFrom):
                        found += [(name, f"{node.module}.{alias.name}", ""), (name, node.module, alias.name)]
                    else:
                        found.append((name, alias.name if alias.asname else name, ""))
    return found


def check_modules(notebook):
    """The modules of the checks that the tests call: they are imported only when they are first used."""
    return sorted({f"attnlib.checks.{lesson}" for cell in notebook.cells if notebooks.is_test(cell)
                   for lesson in re.findall(r"\bchecks\.(\w+)\.\w", cell.source)})


def borrowed(notebook):
    """{grade_id of a test: flag} for exercises whose answer takes the course's own version."""
    tests = [cell for cell in notebook.cells if cell.cell_type == "code" and notebooks.is_test(cell)]
    asked = set().union(*(exercises(cell.source) for cell in tests))
    written = [cell for cell in notebook.cells if cell.cell_type == "code" and _students(cell)]
    holders = set(OWN).union(*map(_holders, written))
    taken = set().union(*(_taken(cell, asked, holders) for cell in written))
    found = {notebooks.grade_id(cell): sorted(taken & exercises(cell.source)) for cell in tests}
    return {test: BORROWED + ", ".join(names) for test, names in found.items() if names}


def exercises(source):
    """The names of what a test cell checks."""
    return {ast.unparse(node.args[0]) for node in _parsed(source, ast.Call)
            if ast.unparse(node.func).startswith("checks.") and len(node.args) == 1
            and isinstance(node.args[0], ast.Name)}


def prying(cells):
    """What those that a student wrote hold that an answer has no need of, and that forges or reads tests; names."""
    found = set()
    for cell in cells:
        for node in _parsed(cell.source, ast.AST) if cell.cell_type == "code" and _students(cell) else []:
            if isinstance(node, ast.ClassDef):
                found |= {each.name for each in node.body if isinstance(each, ast.FunctionDef)} & FORGING
                found |= {target.id for each in node.body if isinstance(each, ast.Assign) for target in each.targets
                          if isinstance(target, ast.Name)} & FORGING
            elif isinstance(node, ast.Attribute):
                found |= {node.attr} & PRYING
            elif isinstance(node, ast.Name):
                found |= {node.id} & BY_NAME
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = {part for alias in node.names for part in alias.name.split(".")}
                found |= (names | {getattr(node, "module", None)}) & PRYING
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} & (PRYING | FORGING)
    return sorted(found)


def _students(cell):
    """Whether a student wrote this cell: an answer, or one of their own."""
    return notebooks.is_solution(cell) or str(cell.get("id", "")).startswith("own-")


def _holders(cell):
    """The names by which a cell calls modules that hold the course's own versions."""
    found = set()
    for node in _parsed(cell.source, ast.Import | ast.ImportFrom):
        for alias in node.names:
            place = f"{getattr(node, 'module', '') or ''}.{alias.name}".split(".")
            if "attnlib" in place and set(place) & set(OWN):
                found.add(alias.asname or alias.name)
    return found


def _taken(cell, exercises, holders):
    """The exercises whose own version of the course a student's cell gets hold of."""
    taken, everything = set(), exercises
    for node in _parsed(cell.source, ast.AST):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attnlib"):
            names = {alias.name for alias in node.names}
            taken |= names & exercises
            deep = node.module.split(".")[1:2]
            taken |= everything if "*" in names and deep and deep[0] in OWN or names & {"own_version"} else set()
        elif isinstance(node, ast.Attribute) and node.attr in exercises and _names(node.value) & holders:
            taken.add(node.attr)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and _names(node) & holders:
            taken |= _names(node) & exercises or everything
        elif isinstance(node, ast.Attribute) and node.attr == "own_version" or \
                isinstance(node, ast.Name) and node.id == "own_version":
            taken |= everything
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_TEXT.search(node.value) \
                and not _docstring(cell.source, node):
            taken |= everything
    if notebooks.is_solution(cell):
        calls = [node for node in _parsed(cell.source, ast.Call) if getattr(node.func, "id", "") == "working"]
    else:  # an experiment of one's own may use it, but not to make an answer of it
        calls = [node.value for node in _parsed(cell.source, ast.Assign)
                 if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "working"
                 and any(getattr(target, "id", "") in exercises for target in node.targets)]
    for call in calls:
        asked = {arg.value for arg in call.args if isinstance(arg, ast.Constant)} & exercises
        taken |= asked or everything
    return taken


def _names(node):
    """The words in an expression."""
    return set(re.findall(r"\w+", ast.unparse(node)))


def _docstring(source, node):
    return any(isinstance(each, ast.Expr) and each.value.lineno == node.lineno
               and isinstance(each.value, ast.Constant) for each in _parsed(source, ast.Expr))


def _parsed(source, kinds):
    """The nodes of some kinds in a cell's source; none where it can't be read as Python."""
    return [node for node in _nodes(source) if isinstance(node, kinds)]


@functools.lru_cache(maxsize=500)  # each cell is asked about several times
def _nodes(source):
    plain = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))
    try:
        return list(ast.walk(ast.parse(plain)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
