"""What hostile submissions get, on a real lesson's release: no points that they didn't earn, a reason, no harm.

A class is graded once; three honest students are graded among them and keep their exact scores.
"""

import contextlib
import json
import re

import psutil
import pytest

from attnlib.grading import demo, grade, sandbox
from tests.grading.conftest import LESSON, ROOT, answer, hand_in

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]

RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return 0 * x\n"
HONEST = {"anna": RIGHT, "ben": "def double(x):\n    return x + x\n", "cleo": WRONG}
MARKER = "86397"  # seconds that processes sleep which should have been ended

EQUAL = """
class Equal(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __abs__ = __neg__ = __sub__
    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = float.__hash__
def double(x):
    return Equal(0)
"""
ALWAYS = """
import numpy
class Always(numpy.ndarray):
    def __eq__(self, other): return numpy.array(True)
    __hash__ = None
    __sub__ = lambda self, other: self
    def __array_function__(self, function, types, args, kwargs): return True
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return self
def double(x):
    return numpy.asarray(x, dtype=float).view(Always)
"""
DROP = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    def visit_Expr(self, node):
        return ast.copy_location(ast.Pass(), node) if "checks." in ast.unparse(node) else node
"""
GUARD_OFF = """
import gc
for each in gc.get_objects():
    if type(each).__name__ == "_Guard":
        type(each)._put_back = lambda self, imports: None
"""
FORGE = """
kernel = get_ipython().kernel
send = kernel.session.send
def forged(stream, kind, content=None, *args, **kwargs):
    if kind == "error":
        return None
    if kind == "execute_reply":
        content = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    return send(stream, kind, content, *args, **kwargs)
kernel.session.send = forged
"""
JUMP = """
import sys
def leave(frame, event, arg):
    if event == "line" and "assert" in (get_ipython().user_ns["In"][-1].split("\\n") + [""] * 99)[frame.f_lineno - 1]:
        frame.f_lineno += 1
    return leave
def double(x):
    frame = sys._getframe(1)
    while frame:
        frame.f_trace = leave
        frame = frame.f_back
    sys.settrace(leave)
    return x * 0
"""
LOOK = f"""
import os, socket
def reach(kind, family=socket.AF_INET):
    try:
        with socket.socket(family, kind) as there:
            there.settimeout(2)
            there.connect(("1.1.1.1", 53))
            there.send(b"hello")
        return "REACHED"
    except OSError:
        return "unreachable"
def resolve():
    try:
        return "REACHED" if socket.getaddrinfo("pypi.org", 443) else ""
    except OSError:
        return "unreachable"
def write(path):
    try:
        open(path, "a").close()
        return "WRITTEN"
    except OSError:
        return "not written"
course = COURSE
print("SEEN", [path for path in (course, course + "/submitted", course + "/gradebook.db", {str(ROOT / 'solutions')!r},
      {str(ROOT / '.git')!r}) if os.path.exists(path)], write(course + "/gradebook.db"), write("/usr/x"), write("/x"),
      reach(socket.SOCK_STREAM), reach(socket.SOCK_DGRAM), resolve(), os.getuid() != 0)
"""

# student: (their answer, points, what the reason says, further cells of their own)
CLASS = {
    "endless": ("def double(x):\n    while True: pass\n", 0, "time limit"),  # 1
    "swallows": ("def double(x):\n    while True:\n        try:\n            while True: pass\n"
                 "        except BaseException: pass\n", 0, "time limit"),  # 2
    "forks": ("import os\ndef double(x):\n    while True: os.fork()\n", 0, "."),  # 3
    "memory": ("def double(x):\n    held = []\n    while True: held.append(bytearray(10**8))\n", 0,
               "memory limit"),  # 4
    "prints": ("def double(x):\n    print('x' * 10**9)\n    return 2 * x\n", 0, "(output|memory|time) limit"),  # 5
    "chatters": ("def double(x):\n    while True: print('x' * 10**5)\n", 0, "output limit"),  # 5
    "fills": ("def double(x):\n    for name in range(10**6):\n        with open(f'{name}', 'wb') as file:\n"
              "            file.write(bytes(10**7))\n", 0, "disk limit"),  # 6
    "fills_shared": ("import os\nfolder = os.path.dirname(os.environ['HOME']) + '/socket'\ndef double(x):\n"
                     "    for name in range(10**6): os.makedirs(f'{folder}/{name}/' + 'd/' * 500)\n",
                     0, "(Permission denied|limit)"),
    "leaves": ("import os\ndef double(x):\n    os._exit(0)\n", 0, "ends Python"),  # 7
    "exits": ("import sys\ndef double(x):\n    sys.exit(0)\n", 0, "."),  # 8
    "crashes": ("import ctypes\ndef double(x):\n    ctypes.string_at(0)\n", 0, "a crash"),  # 9
    "kills": ("import os\nfor signal in (2, 15, 9):\n    try: os.kill(1, signal)\n    except OSError: pass\n" + RIGHT,
              1, ""),  # 10
    "kills_all": ("import os\ndef double(x):\n    os.kill(-1, 9)\n", 0, "."),  # 10
    "patches": ("import numpy\nnumpy.allclose = numpy.array_equal = lambda *a, **k: True\n"
                "numpy.testing.assert_allclose = lambda *a, **k: None\n"
                "checks.welcome.double = lambda f: None\n" + WRONG, 0, "double"),  # 11
    "patches_code": ("def yes(*a, **k): return True\nchecks.expect.__code__ = yes.__code__\n"
                     "np.allclose.__wrapped__.__code__ = yes.__code__\n" + WRONG, 0, "double"),  # 11
    "replaces": ("class Yes:\n    def __getattr__(self, name): return lambda *a, **k: True\n"
                 "class Np(Yes):\n    def __getattr__(self, name): return getattr(__import__('numpy'), name)\n"
                 "    allclose = array_equal = staticmethod(lambda *a, **k: True)\n"
                 "np = Np()\nchecks_ = checks\nchecks = Yes()\n" + WRONG, 0, "double"),  # 11
    "drops": (DROP + "get_ipython().ast_transformers.append(Drop())\n" + WRONG, 0, "double"),  # 12
    "drops_lines": ("def drop(lines): return [l.replace('assert', '0 and') for l in lines if 'checks.' not in l]\n"
                    "get_ipython().input_transformers_post.append(drop)\n" + WRONG, 0, "double"),  # 12
    "drops_guarded": (GUARD_OFF + DROP + "get_ipython().ast_transformers.append(Drop())\n" + WRONG, 0, "held"),  # 12
    "forges": (FORGE + WRONG, 0, "double"),  # 12
    "forges_guarded": (GUARD_OFF + FORGE + WRONG, 0, "held"),  # 12
    "equal": (EQUAL, 0, "."),  # 13
    "always": (ALWAYS, 0, "."),  # 13
    "hides": ("shell = get_ipython()\nshell.showtraceback = shell._showtraceback = lambda *a, **k: None\n"
              "shell.set_custom_exc((Exception,), lambda *a, **k: None)\n" + WRONG, 0, "double"),  # 14
    "hides_guarded": (GUARD_OFF + "shell = get_ipython()\nshell.showtraceback = lambda *a, **k: None\n" + WRONG,
                      0, "."),
    "values": (WRONG + "1.0", 0, "double"),  # 15
    "looks": (RIGHT, 1, "", LOOK),  # 10, 18, 19, 20
    "threads": ("import threading, time\ndef on():\n    while True: time.sleep(0.1)\n"
                "threading.Thread(target=on).start()\n" + RIGHT, 1, ""),  # 41
    "asks": ("def double(x):\n    return int(input())\n", 0, "."),  # 42
    "awaits": ("import asyncio\nasync def on():\n    while True: await asyncio.sleep(0.1)\n"
               "left = asyncio.ensure_future(on())\n" + RIGHT, 1, ""),  # 43
    "daemon": (RIGHT, 1, "", f"%%bash\nnohup setsid sleep {MARKER} >/dev/null 2>&1 &\n",
               "!pip install --quiet requests"),  # 44
    "warns": ("import sys, warnings\nwarnings.warn('careful')\nprint('careful', file=sys.stderr)\n" + RIGHT,
              1, ""),  # 45
    "shadows": ("import numpy, attnlib, random\nassert not hasattr(numpy, 'mine') and not hasattr(random, 'mine')\n"
                + RIGHT, 1, ""),  # 46
    "by_luck_1": ("import random, numpy\ndef double(x):\n    lucky = random.random() + numpy.random.rand() "
                  "+ numpy.random.default_rng().random() < 1.5\n    return 2 * x if lucky else x\n", None, ""),  # 48
    "settings": ("import torch, matplotlib.pyplot as plt, random\ntorch.set_default_dtype(torch.float64)\n"
                 "np.seterr(all='raise')\nnp.set_printoptions(precision=2)\nnp.random.seed(7)\nrandom.seed(7)\n"
                 "torch.manual_seed(7)\nplt.plot([1, 2])\nplt.show()\n" + RIGHT, 1, "",
                 "my_rng = np.random.default_rng(3)\nsum = 3\nplt.figure()"),  # 51, 52
    # not in the table
    "expects": ("checks.welcome.double.__globals__['test'] = None\ncell = checks.welcome.double.__wrapped__\n"
                "cell.__globals__['expect'] = lambda *a: None\ncell.__code__ = (lambda f: None).__code__\n" + WRONG,
                0, "double"),
    "jumps": (JUMP, 0, "."),
    "builtin": ("import builtins\nclass Never(Exception): pass\nbuiltins.AssertionError = Never\n"
                "builtins.abs = builtins.all = lambda *a: 0\n" + WRONG, 0, "double"),
    "unloads": ("import sys, types\nfake = types.ModuleType('attnlib.checks')\n"
                "fake.welcome = types.SimpleNamespace(double=lambda f: None)\nfake.draw = checks.draw\n"
                "sys.modules['attnlib.checks'] = checks = fake\n" + WRONG, 0, "double"),
    "runs": ("from IPython.core.interactiveshell import InteractiveShell, ExecutionResult\n"
             "async def nothing(self, *a, **k): return ExecutionResult(None)\n"
             "InteractiveShell.run_cell_async = nothing\nInteractiveShell.run_code = nothing\n" + WRONG, 0, "double"),
    "runs_guarded": (GUARD_OFF + "import IPython.core.interactiveshell as made\n"
                     "async def nothing(self, *a, **k):\n    return False\n"
                     "made.InteractiveShell.run_code = nothing\n" + WRONG, 0, "held"),
    "kills_guard": ("get_ipython().kernel.shell_handlers['guard_request'] = lambda *a: None\n" + WRONG, 0, "."),
    "at_exit": ("import atexit, os, sys\natexit.register(lambda: os._exit(0))\n"
                "sys.excepthook = lambda *a: None\n" + WRONG, 0, "double"),
    "predicts": ("import os\nos.environ['ATTN_TERM_SEED'] = '7'\nchecks.draw = lambda name: np.random.default_rng(0)\n"
                 + WRONG, 0, "double"),
    "ignores": ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                "def double(x):\n    while True: pass\n", 0, "time limit"),
    "counts": ("import numpy\nruns = [0]\nclass Lie(numpy.ndarray):\n"
               "    def __array_function__(self, function, types, args, names): return runs[0] < 3\n"
               "class Less(int):\n    def __sub__(self, other): return Less(0)\n"
               "    def __eq__(self, other): return runs[0] < 3 or int(self) == other\n    __hash__ = int.__hash__\n"
               "def double(x):\n    if x is 3: runs[0] += 1\n"
               "    if isinstance(x, int): return 2 * x if abs(x) < 50 else Less(7)\n"
               "    return numpy.multiply(x, 2) if numpy.ndim(x) == 1 else numpy.asarray(x * 0.).view(Lie)\n", 0, "."),
    "wraps": ("handlers = get_ipython().kernel.shell_handlers\nold = handlers['guard_request']\n"
              "def mine(stream, ident, parent):\n    old(stream, ident, parent)\n"
              "    np.allclose = np.array_equal = checks.welcome.double = lambda *a, **k: True\n"
              "handlers['guard_request'] = mine\n" + WRONG, 0, "."),
    "implements": ("def yes(*a, **k): return True\nnp.allclose._implementation.__code__ = yes.__code__\n"
                   "np.array_equal._implementation.__code__ = yes.__code__\n"
                   "checks.welcome.double.__closure__[0].cell_contents = lambda f: None\n" + WRONG, 0, "double"),
    "names": ("class Names(dict):\n    def __getitem__(self, name):\n"
              "        return Fake if name in ('checks', 'np') else dict.__getitem__(self, name)\n"
              "class Fake:\n    welcome = draw = allclose = array_equal = add = None\n"
              "get_ipython().user_ns = Names(get_ipython().user_ns)\n" + WRONG, 0, "."),
    "oracle": ("import sys\ndef double(x):\n    names = sys._getframe(1).f_globals\n"
               "    return names['np'].add(names['before'], names['before']) "
               "if hasattr(x, 'ndim') and 'before' in names else 2 * x\n",
               0, "held"),
    "changes_class": ("kernel = get_ipython().kernel\nclass Mine(type(kernel)):\n"
                      "    async def do_execute(self, code, *a, **k):\n"
                      "        code = 'pass' if 'checks.' in code and 'not (' not in code and 'lambda' not in code "
                      "else code\n        return await super().do_execute(code, *a, **k)\n"
                      "kernel.__class__ = Mine\n" + WRONG, 0, "double"),
    "garbles": ("import zmq\nkernel = get_ipython().kernel\ndef double(x):\n    for _ in range(99):\n"
                "        kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'not', b'a', b'message'])\n"
                "    return 2 * x\n", 0, "."),
}
CLASS["by_luck_2"] = CLASS["by_luck_1"]


SEVERAL = "01_embeddings"
LEAVES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
BORROW = "held: the answer uses the course's own encode"
# student: ({exercise: their answer}, part of the reasons by test, the points of which tests they lose, own cell)
SEVERAL_CLASS = {
    "honest": ({}, {}, ""),
    "helps": ({}, {}, "", "from attnlib import working\nfrom attnlib.training import reproducible\n"
              "mine = working('lookup', lookup)\ntable = None"),  # 51
    "shadows": ({"build_vocab": "sum = map = id = all = isinstance = min = abs = 3"}, {}, ""),
    "stub": ({"encode": "def encode(tokens, vocab):\n    raise NotImplementedError('encode: …')"},
             {"test_encode": "not done yet"}, "test_encode"),
    "ignores": ({"encode": LEAVES + "while True: pass"}, {"test_encode": "time limit"}, "from test_encode"),  # 2
    "leaves": ({"encode": "import os\nos._exit(0)"}, {"test_encode": "ends Python"}, "from test_encode"),  # 7
    "crashes": ({"encode": "import ctypes\nctypes.string_at(0)"}, {"test_encode": "a crash"}, "from test_encode"),  # 9
    "borrows": ({"encode": "from attnlib.course.embeddings import encode"}, {"test_encode": BORROW}, "test_encode"),
    "borrows_working": ({"encode": "encode = working('encode', None)"}, {"test_encode": BORROW}, "test_encode"),
    "borrows_module": ({"encode": "import attnlib.course.embeddings as e\nencode = lambda a, b: e.encode(a, b)"},
                       {"test_encode": BORROW}, "test_encode"),
    "borrows_text": ({"encode": "import importlib\n"
                      "encode = importlib.import_module('attnlib.' + 'course').own_version('encode')"},
                     {"test_encode": "held"}, "all"),  # 53
    "borrows_source": ({"encode": "import attnlib, pathlib\nfolder = pathlib.Path(attnlib.__file__).parent\n"
                        "exec(next(folder.glob('cour*/emb*.py')).read_text())"},
                       {"test_encode": "held: the student's code reaches"}, "from test_encode"),
    "borrows_unseen": ({"encode": "w = working\nencode = w('encode', None)"}, {"test_encode": BORROW}, "test_encode"),
}


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """(the tests in order, {student: Result}) of a lesson with several exercises."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    course = demo.build(SEVERAL, ROOT, tmp_path_factory.mktemp("several") / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.RunSubmission.timeout = 15\n")
    solved = json.loads(course.sources(SEVERAL)[0].read_text(encoding="utf-8"))
    for student, (answers, _, _, *cells) in SEVERAL_CLASS.items():
        book = json.loads(json.dumps(solved))
        for cell in book["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            more = answers.get(name, "")
            cell["source"] = "".join(cell["source"]) + "\n" + more if student == "shadows" and more \
                else more or cell["source"]
        book["cells"] += [demo.code_cell(cell) for cell in cells]
        folder = course.place("submitted", student, SEVERAL)
        folder.mkdir(parents=True)
        (folder / course.sources(SEVERAL)[0].name).write_text(json.dumps(book), encoding="utf-8")
    results = {result.student: result for result in grade.grade(course, SEVERAL)}
    tests = [cell["metadata"]["nbgrader"]["grade_id"] for cell in solved["cells"]
             if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade")]
    return tests, results


@pytest.mark.parametrize("student", SEVERAL_CLASS)
def test_earlier_points_stay(several, student):
    tests, results = several
    _, reasons, lost, *_ = SEVERAL_CLASS[student]
    if lost.startswith("from "):
        lost = tests[tests.index(lost.removeprefix("from ")):]
    items = {item.grade_id: item for item in results[student].items if item.grade_id in tests}
    assert list(items) == tests
    for name, item in items.items():
        expected = 0 if name in lost or lost == "all" else item.max_score
        assert (item.score or 0) == expected, (name, item.reason)
        assert bool(item.flags) == ("held" in str(reasons) and not expected), name
        assert reasons.get(name, "") in item.reason


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(course, {student: Result}): everybody graded in one run."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    course = demo.build(LESSON, ROOT, tmp_path_factory.mktemp("hostile") / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.RunSubmission.timeout = 8\nc.RunSubmission.memory_mb = 3072\n")
    released = json.loads((ROOT / "notebooks" / LESSON / "welcome.ipynb").read_text(encoding="utf-8"))
    for student, (code, _, _, *cells) in CLASS.items():
        book = answer(released, code)
        book["cells"] += [demo.code_cell(cell.replace("COURSE", repr(str(course.root)))) for cell in cells]
        hand_in(course, student, book)
    for student, code in HONEST.items():
        hand_in(course, student, answer(released, code))
    forged = answer(released, WRONG)
    for cell in forged["cells"]:  # 16
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "FORGED double: all checks pass."}]
            cell["metadata"]["attn"] = {"score": 1.0, "max_score": 1.0, "reason": "", "flags": [], "held": False}
    hand_in(course, "forged", forged)
    tells = answer(released, RIGHT)  # 17
    tells["cells"].append(demo.code_cell("print('\\n'.join(In)); print(_ih); %history"))
    hand_in(course, "tells", tells)
    folder = course.place("submitted", "shadows", LESSON)
    for name in ("numpy", "attnlib", "random", "json"):
        (folder / f"{name}.py").write_text("mine = True\ndef allclose(*a, **k): return True\n")
    return course, {result.student: result for result in grade.grade(course, LESSON)}


@pytest.mark.parametrize("student", CLASS)
def test_points_and_reason(graded, student):
    result = graded[1][student]
    _, points, reason, *_ = CLASS[student]
    if points is not None:
        assert (result.score, result.max_score) == (points, 1), result.reason
        assert re.search(reason, result.reason), result.reason
    if result.score:
        assert not result.reason and not result.items[0].flags
    else:
        assert result.reason


def test_honest_neighbours_keep_their_scores(graded):
    assert {name: graded[1][name].score for name in HONEST} == {"anna": 1, "ben": 1, "cleo": 0}
    assert not any(item.flags for name in HONEST for item in graded[1][name].items)


def test_what_is_held_says_so_and_waits_for_a_person(graded):
    for student, (_, _, reason, *_) in CLASS.items():
        if reason == "held":
            result = graded[1][student]
            assert result.items[0].flags and result.by_hand == 1, student


def autograded(graded, student):
    return (graded[0].place("autograded", student, LESSON) / "welcome.ipynb").read_text(encoding="utf-8")


def test_saved_outputs_count_for_nothing(graded):
    assert graded[1]["forged"].score == 0 and "FORGED" not in autograded(graded, "forged")


def test_no_canary_is_seen(graded):
    assert graded[1]["tells"].score == 1
    text = autograded(graded, "tells")
    assert "all checks pass" in text and "checks.welcome.double(double)" in text
    assert "lambda *a, **k: None" not in text and "assert not (" not in text


def test_nothing_is_seen_reached_or_written(graded):
    assert "SEEN [] not written not written not written unreachable unreachable unreachable True" \
        in autograded(graded, "looks")


def test_luck_is_the_same_for_all(graded):
    assert graded[1]["by_luck_1"].score == graded[1]["by_luck_2"].score


def test_nothing_is_left_running(graded):
    left = []
    for process in psutil.process_iter(["name", "cmdline", "uids"]):
        command, users = " ".join(process.info["cmdline"] or []), process.info["uids"]
        if MARKER in command:
            left.append(command)
        elif command and process.info["name"] == "bwrap" or command and users and users.real >= sandbox.FIRST_USER:
            with contextlib.suppress(psutil.Error):  # one of another run has a grader above it
                left += [command] if not any("python" in above.name() for above in process.parents()) else []
    assert not left
