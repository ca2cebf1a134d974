"""A kernel that sees nothing but Python, the course's package and a scratch folder of its own.

The walls are bubblewrap's: no network, a read-only system, no sight of the gradebook, the solutions
or other students' work. nbclient stays outside and talks to the kernel over a socket in a folder
that both see, so a student's code can end its own kernel and nothing else.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

import attnlib

NONE = "none"

# Kernels that compete for cores with several threads each are ten times slower than with one each.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                                     "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")}
HANDED_ON = ("ATTN_TERM_SEED", "LANG", "LC_ALL", "TZ")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
OF_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types")

INSTALL = ("Install it: `sudo apt install bubblewrap` (Debian, Ubuntu), `sudo dnf install bubblewrap` (Fedora). "
           "On macOS and Windows grade in a Linux container or in WSL2.")
ALLOW = ("Where it may not make namespaces: on Ubuntu 24.04, allow it with "
         "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`; in a container, start that with "
         "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`.")


@functools.cache
def probe():
    """(what the sandbox is called, "") if a sandbox runs here, else ("", what is wrong and the remedy).

    Tried by running one: an installed bubblewrap that may not make namespaces is of no use.
    """
    program = shutil.which("bwrap")
    if program is None:
        return "", f"bubblewrap isn't installed, and students' code runs inside it. {INSTALL}"
    try:
        with scratch() as folder:
            run = subprocess.run([*walls(folder), sys.executable, "-S", "-c", ""],
                                 capture_output=True, text=True, timeout=60)
        version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"bubblewrap doesn't run here ({error}). {ALLOW}"
    if run.returncode:
        said = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        return "", f"bubblewrap is installed but doesn't run here ({said}). {ALLOW}"
    return version, ""


@contextlib.contextmanager
def scratch(files_of=None):
    """A folder for one kernel: `work`, where it runs, with the files of `files_of`, and `socket`.

    Its path is short: a socket's path has at most 107 characters.
    """
    # $TMPDIR may be long, or lie where the sandbox can't reach.
    with tempfile.TemporaryDirectory(prefix="attn-", dir="/tmp" if os.path.isdir("/tmp") else None,
                                     ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("work", "socket", "home"):
            (folder / part).mkdir()
        _font_list(folder / "home")
        if files_of:
            _copy_files(Path(files_of), folder / "work")
        yield folder


def _font_list(home):
    """matplotlib looks through all fonts for seconds unless it finds its list of them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "matplotlib"
    for found in cache.glob("fontlist-*.json"):
        (home / ".cache" / "matplotlib").mkdir(parents=True, exist_ok=True)
        shutil.copy(found, home / ".cache" / "matplotlib")


def _copy_files(source, into):
    """The regular files beside a notebook: what its cells may open. Notebooks stay outside."""
    for path in source.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb":
            place = into / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def walls(folder):
    """The command that comes before the kernel's: bubblewrap and what the kernel may see.

    `--tmpfs /tmp` comes before what is bound below it, else it hides it.
    """
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
               "--uid", "1000", "--gid", "1000", "--hostname", "attention", "--clearenv",
               "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    for name in OF_ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path in _python():
        command += ["--ro-bind", path, path]
    for name in ("work", "socket", "home"):
        command += ["--bind", str(folder / name), str(folder / name)]
    for name, value in environment(folder).items():
        command += ["--setenv", name, value]
    return [*command, "--chdir", str(folder / "work"), "--"]


def _python():
    """Where this Python, its packages and the course's package lie, outermost first."""
    places = {os.path.realpath(sys.base_prefix), os.path.realpath(sys.base_exec_prefix), sys.prefix,
              str(Path(attnlib.__file__).resolve().parent)}
    return sorted(place for place in places if place not in ("/", "/usr"))


def environment(folder):
    """The environment variables of a kernel in the sandbox: none of the instructor's own."""
    return {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": str(folder / "home"), "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1", **{name: os.environ[name] for name in HANDED_ON if name in os.environ},
            **course_environment()}


def course_environment():
    """What every graded kernel gets, in a sandbox or not."""
    return {**ONE_THREAD, "NBGRADER_EXECUTION": "autograde", "TQDM_DISABLE": "1"}


class CourseKernelManager(AsyncKernelManager):
    """Starts the course's kernel, whatever kernel a notebook asks for; where `walled`, inside the sandbox.

    Its sockets lie in `folder`, which the sandbox shares: behind the walls there is no network.
    """

    def __init__(self, folder, walled, **settings):
        super().__init__(**settings)
        self.folder, self.walled = folder, walled
        self.transport = "ipc"
        self.ip = str(folder / "socket" / "kernel")
        self.connection_file = str(folder / "socket" / "connection.json")

    @property
    def kernel_spec(self):
        # A signal would reach bubblewrap and not the kernel behind it; a message reaches the kernel.
        return KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                          display_name="Python 3", language="python",
                          interrupt_mode="message" if self.walled else "signal")

    def format_kernel_cmd(self, extra_arguments=None):
        command = super().format_kernel_cmd(extra_arguments)
        return [*walls(self.folder), *command] if self.walled else command
