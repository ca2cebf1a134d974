"""The walls and limits themselves, tried by running programs behind them."""

import ast
import os
import subprocess
import sys

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from attnlib.grading import run, sandbox
from attnlib.grading.sandbox import Settings


def behind(code, files=None, **limits):
    """What a Python program prints behind the walls."""
    with sandbox.scratch(files or {}) as folder:
        ran = subprocess.run([*sandbox.walls(folder, Settings(**limits), {"ATTN_TERM_SEED": "5"}), sys.executable, "-c",
                              code], capture_output=True, text=True, timeout=100)
    return ran.stdout.strip() or ran.stderr.strip().splitlines()[-1]


def test_a_user_of_its_own_without_rights(walls):
    said = behind("import os; print(os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])")
    user, rights = said.split()
    assert int(rights, 16) == 0
    assert int(user) >= sandbox.FIRST_USER if os.getuid() == 0 else int(user) == 1000


def test_only_scratch_can_be_written(walls):
    code = ("import os\nfor path in ('/x', '/usr/x', '/dev/x', '/etc/x', os.path.dirname(os.getcwd()) + '/given/x'):\n"
            "    try: open(path, 'w'); print(path)\n    except OSError: pass\n"
            "for path in ('x', os.environ['HOME'] + '/x', '/tmp/x', '/dev/shm/x'): open(path, 'w')\nprint('done')")
    assert behind(code) == "done"


def test_files_are_given_and_the_environment_is_the_courses(walls, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    code = ("import os\nprint(open('a/b.txt').read(), os.environ.get('SECRET'), os.environ['ATTN_TERM_SEED'], "
            "os.environ['OMP_NUM_THREADS'])")
    assert behind(code, {"a/b.txt": b"here"}) == "here None 5 1"


@pytest.mark.parametrize("limits, code, said", [
    ({"memory_mb": 1024}, "bytearray(2 * 10**9)", "MemoryError"),
    ({"scratch_mb": 20}, "for n in range(9): open(str(n), 'wb').write(bytes(10**7))", "No space left on device"),
    ({"scratch_mb": 20}, "for n in range(9): open(f'/dev/shm/{n}', 'wb').write(bytes(10**7))", "No space left"),
    ({"file_mb": 5}, "open('x', 'wb').write(bytes(10**7)); open('x', 'ab').write(b'x')", "File too large"),
    ({"processes": 8}, "import os, time\nfor n in range(50):\n    if not os.fork(): time.sleep(2); os._exit(0)",
     "Resource temporarily unavailable"),
    ({}, "import socket; socket.create_connection(('1.1.1.1', 53), 2)", "unreachable"),
    ({}, "import os; os.setuid(0)", "not permitted"),
])
def test_limits_hold(limits, code, said, walls):
    assert said in behind(code, **limits)


def test_computing_time_has_a_limit(walls):
    with sandbox.scratch({}) as folder:
        ran = subprocess.run([*sandbox.walls(folder, Settings(notebook_seconds=1)), sys.executable, "-c",
                              "while True: pass"], timeout=100)
    assert ran.returncode in (128 + 24, -24)


def test_nothing_stays(walls):
    with sandbox.scratch({"a.txt": b"x"}) as folder:
        behind_it = subprocess.run([*sandbox.walls(folder, Settings()), "sh", "-c",
                                    "setsid sleep 86396 & setsid nohup sleep 86396 & echo started"],
                                   stdout=subprocess.PIPE, text=True, timeout=100)
    assert behind_it.stdout == "started\n" and not folder.exists()
    assert not any("86396" in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))


RIGHTS = """
import os, sys
wanted = ("Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp", "SigIgn", "SigBlk", "Umask")
print([line for line in open("/proc/self/status") if line.split(":")[0] in wanted])
print(open("/proc/self/limits").read(), sys.path[:-1], sys.flags, sys.executable)
print([line for line in open("/proc/mounts") if "/attn-" not in line])
print(sorted(name for name in os.environ if "PWD" not in name), os.getuid() > 999)
print([line for line in open("/proc/self/maps") if "rw-s" in line])
print(sorted({os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd") if
              os.path.lexists(f"/proc/self/fd/{fd}")} - {f"/proc/{os.getpid()}/fd"}))
"""
OURS = "import os\nprint({name: os.readlink('/proc/self/ns/' + name) for name in os.listdir('/proc/self/ns')})"
EXE = ("for number in range(3):\n    try: open('/proc/self/exe', 'r+b').write(b'x')\n"
       "    except OSError as error: print('no')")


def _said(*sources):
    notebook = run.run(new_notebook(cells=[new_code_cell(source) for source in sources]))
    return ["".join(output.get("text") or output["evalue"] for output in cell.outputs) for cell in notebook.cells]


def test_a_fork_of_the_warm_process_has_the_same_rights_as_a_kernel_from_anew(walls, monkeypatch):
    warm, spaces, exe = _said(RIGHTS, OURS, EXE)
    if not any(sandbox._warm.values()):
        pytest.skip("no fork can enter other namespaces here")
    outside = {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")}
    inside = ast.literal_eval(spaces)
    shared = {name for name in outside if inside[name] == outside[name]}
    assert shared <= {"time", "time_for_children", *(["user"] if os.geteuid() == 0 else [])}
    assert exe == "no\n" * 3
    monkeypatch.setattr(sandbox, "keep", lambda *_: None)
    assert _said(RIGHTS)[0].split("\n") == warm.split("\n")


def test_kernels_of_one_warm_process_know_nothing_of_each_other(walls):
    if not sandbox.keep({}, []):
        pytest.skip("no fork can enter other namespaces here")
    leave = ("import os, sys, math, builtins\nmath.pi = builtins.mine = os.mine = 3\n"
             "for place in ('/tmp', '/dev/shm', os.environ['HOME']): open(place + '/mine', 'w').write('3')\n"
             "print(sum(name.isdigit() for name in os.listdir('/proc')))")
    find = ("import os, math, builtins\nprint(math.pi > 3, hasattr(builtins, 'mine'), hasattr(os, 'mine'), "
            "[place for place in ('/tmp', '/dev/shm', os.environ['HOME']) if os.path.exists(place + '/mine')])")
    assert _said(leave) == ["3\n"]  # bubblewrap's own process, the shell that waits, the kernel
    assert _said(find) == ["True False False []\n"]


@pytest.mark.parametrize("code, said", [
    ("import os; os._exit(0)", "a call that ends Python"), ("import os; os.abort()", "a crash"),
    ("import os; os.kill(os.getpid(), 9)", "killed"), ("import os; os.kill(-1, 9)", "killed"),
])
def test_the_reason_why_a_kernel_ended_reaches_the_grader(code, said, walls):
    # kill(-1) spares the process that calls it, so a quick kernel may still answer before its walls fall on it
    assert said in "".join(_said(code, "import time; time.sleep(20)"))


def test_a_warm_process_that_ended_is_told_apart_from_a_submission_s_fault(walls):
    _said("x = 1")
    for warm in filter(None, sandbox._warm.values()):
        warm.process.kill()
        warm.process.wait()
    with pytest.raises(run.TryAgain):
        _said("x = 1")
    assert _said("print(1)") == ["1\n"]
