"""The walls and limits themselves, tried by running programs behind them."""

import os
import subprocess
import sys

import psutil
import pytest

from attnlib.grading import sandbox
from attnlib.grading.sandbox import Settings


def behind(code, files=None, **limits):
    """What a Python program prints behind the walls."""
    with sandbox.scratch(files or {}) as folder:
        run = subprocess.run([*sandbox.walls(folder, Settings(**limits), {"ATTN_TERM_SEED": "5"}), sys.executable, "-c",
                              code], capture_output=True, text=True, timeout=100)
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


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
        run = subprocess.run([*sandbox.walls(folder, Settings(notebook_seconds=1)), sys.executable, "-c",
                              "while True: pass"], timeout=100)
    assert run.returncode in (128 + 24, -24)


def test_nothing_stays(walls):
    with sandbox.scratch({"a.txt": b"x"}) as folder:
        behind_it = subprocess.run([*sandbox.walls(folder, Settings()), "sh", "-c",
                                    "setsid sleep 86396 & setsid nohup sleep 86396 & echo started"],
                                   stdout=subprocess.PIPE, text=True, timeout=100)
    assert behind_it.stdout == "started\n" and not folder.exists()
    assert not any("86396" in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
