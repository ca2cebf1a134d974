"""A kernel that sees nothing but Python, the course's package and a scratch folder of its own.

The walls are bubblewrap's: no network, a read-only system, no sight of the gradebook, the solutions
or other students' work. nbclient stays outside and talks to the kernel over a socket in a folder
that both see, so a student's code can end its own kernel and nothing else.
"""

import contextlib
import functools
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

import psutil
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

import attnlib
from attnlib.grading.warm import Warm

NONE = "none"
MOST_SOCKETS = 20  # a kernel has five and its connection file
FIRST_USER, USERS = 200_000, 100_000  # numbers of users that no system gives to anybody
# A file of a student's own never shadows a module: the folder isn't searched first (see canaries.py).
LAUNCH = (sys.executable, "-P", "-m", "ipykernel_launcher")
QUIETLY = ("--IPKernelApp.ignore_cwd=True", "--HistoryManager.enabled=False", "--log-level=ERROR")

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


@dataclass(frozen=True)
class Settings:
    """What a submission may use. Honest lessons stay far below."""

    cell_seconds: float = 30
    notebook_seconds: float = 180
    memory_mb: int = 4096  # `import torch` alone needs 2 GB of addresses
    processes: int = 64  # threads count
    file_mb: int = 100
    scratch_mb: int = 256  # all files
    output_kb: int = 8192  # of a cell
    unsafe: bool = False


@functools.cache
def probe():
    """(what the sandbox is called, "") if a sandbox runs here, else ("", what is wrong and the remedy).

    Tried by running one: an installed bubblewrap that may not make namespaces is of no use.
    """
    program = shutil.which("bwrap")
    if program is None:
        return "", f"bubblewrap isn't installed, and students' code runs inside it. {INSTALL}"
    try:
        with scratch({}) as folder:
            run = subprocess.run([*walls(folder, Settings()), sys.executable, "-S", "-c", ""],
                                 capture_output=True, text=True, timeout=60)
        version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"bubblewrap doesn't run here ({error}). {ALLOW}"
    if run.returncode:
        said = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        return "", f"bubblewrap is installed but doesn't run here ({said}). {ALLOW}"
    return version, ""


@contextlib.contextmanager
def scratch(files):
    """A folder for one kernel: `given`, what it finds at its start, with the files {name: bytes}, and `socket`.

    Its path is short: a socket's path has at most 107 characters.
    """
    # $TMPDIR may be long, or lie where the sandbox can't reach.
    folder = Path(tempfile.mkdtemp(prefix="attn-", dir="/tmp" if os.path.isdir("/tmp") else None))
    try:
        folder.chmod(0o755)  # a kernel with a user of its own has to get in
        for part in ("given/work", "given/home", "socket"):
            (folder / part).mkdir(parents=True)
        _font_list(folder / "given" / "home")
        for place, data in files.items():
            path = folder / "given" / "work" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        yield folder
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
        except RecursionError:  # folders that are too deep for Python
            subprocess.run(["rm", "-rf", str(folder)], capture_output=True)


def _font_list(home):
    """matplotlib looks through all fonts for seconds unless it finds its list of them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "matplotlib"
    for found in cache.glob("fontlist-*.json"):
        (home / ".cache" / "matplotlib").mkdir(parents=True, exist_ok=True)
        shutil.copy(found, home / ".cache" / "matplotlib")


def walls(folder, settings, environment=None):
    """The command that comes before the kernel's: bubblewrap, what the kernel may see, its user and its limits.

    All that it can write is memory: one file system for its files, with a limit, and one for what its processes
    share. What is bound below /tmp comes after /tmp, else it is hidden.
    """
    command = ["bwrap", *_namespaces(), "--die-with-parent", "--new-session", "--hostname", "attention", "--clearenv",
               "--proc", "/proc", "--dev", "/dev"]
    for place in ("/tmp", "/dev/shm"):
        command += ["--perms", "1777", "--size", str(settings.scratch_mb * 2**20), "--tmpfs", place]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    for name in OF_ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path in _python():
        for above in reversed(Path(path).parents[:-1]):  # left to bubblewrap, they would be closed to others
            command += ["--perms", "0755", "--dir", str(above)]
        command += ["--ro-bind", path, path]
    command += ["--perms", "1777", "--dir", str(folder), "--ro-bind", f"{folder}/given", f"{folder}/given",
                "--bind", f"{folder}/socket", f"{folder}/socket", "--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in {**_environment(folder), **(environment or {})}.items():
        command += ["--setenv", name, value]
    return [*command, "--chdir", str(folder), "--", *_own_user(folder), "prlimit",
            *(f"--{name}={soft}:{hard}" for name, (soft, hard) in _limits(settings).items()), "--",
            "sh", "-c", 'cp -R given/. . && cd work && exec "$@"', "sh"]


def _is_root():
    return os.geteuid() == 0


def _user(folder):
    """The user of a kernel that root starts: one that nobody has, another for each kernel."""
    return FIRST_USER + zlib.crc32(folder.name.encode()) % USERS


def _namespaces():
    """Root needs no namespace of users, and in one of root's the limit on processes would not hold."""
    if _is_root():
        return ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
                "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return ["--unshare-all", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"]


def _own_user(folder):
    user = str(_user(folder))
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs",
            "--inh-caps=-all"] if _is_root() else []


def _limits(settings):
    """Limits for each process; those for all of a kernel's processes together `over_limits` watches."""
    seconds = 2 * settings.notebook_seconds
    same = {"as": settings.memory_mb * 2**20, "nproc": settings.processes, "fsize": settings.file_mb * 2**20,
            "core": 0, "nofile": 256}
    return {"cpu": (seconds, seconds + 5), **{name: (limit, limit) for name, limit in same.items()}}


def _python():
    """Where this Python, its packages and the course's package lie, outermost first."""
    places = {os.path.realpath(sys.base_prefix), os.path.realpath(sys.base_exec_prefix), sys.prefix,
              str(Path(attnlib.__file__).resolve().parent)}
    return sorted(place for place in places if place not in ("/", "/usr"))


def _environment(folder):
    """The environment variables of a kernel in the sandbox: none of the instructor's own."""
    return {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": str(folder / "home"), "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1", **{name: os.environ[name] for name in HANDED_ON if name in os.environ},
            **course_environment()}


def course_environment():
    """What every graded kernel gets, in a sandbox or not."""
    return {**ONE_THREAD, "NBGRADER_EXECUTION": "autograde", "TQDM_DISABLE": "1"}


class _Door:
    """Lets a fork of the warm process into walls that stand already, around a shell that waits for its end.

    The walls' program gets `heard` as its input and `said` as its output.
    """

    WAIT = ("sh", "-c", 'echo; read -r status; exit "${status:-1}"')

    def __enter__(self):
        (self.heard, self.status), (self.stands, self.said) = os.pipe(), os.pipe()
        return self

    def enter(self, warm, walls, folder, settings, environment, arguments):
        """Start a kernel with `arguments` inside; returns the number of its parent, which is outside.

        walls: the number of bubblewrap's process. Raises OSError where it doesn't work.
        """
        os.close(self.said)
        self.said = None
        os.read(self.stands, 1)
        inside = _family(walls)[-1:]
        if not inside:
            raise OSError("the walls don't stand")
        return warm.kernel(inside[0], self.status, user=_user(folder) if _is_root() else None,
                           limits=_limits(settings), environment={**_environment(folder), **environment},
                           folder=str(folder / "work"), arguments=arguments)

    def __exit__(self, *error):
        for end in (self.heard, self.status, self.stands, self.said):
            if end is not None:
                os.close(end)


_warm, _warming = {}, threading.Lock()  # one at most: lessons are graded one after the other


def keep(environment, modules):
    """The warm process whose kernels have such an environment and import such modules; None where none works here."""
    key = (tuple(sorted(environment.items())), tuple(sorted(set(modules))))
    with _warming:
        if key not in _warm:
            for other in filter(None, _warm.values()):
                other.close()
            _warm.clear()
            _warm[key] = _working(environment, key[1])
        return _warm[key]


def _forget(warm):
    """One that doesn't answer any more: the next kernel gets another."""
    with _warming:
        for key in [key for key, kept in _warm.items() if kept is warm]:
            _warm.pop(key).close()


def _working(environment, modules):
    """A warm process that has shown that it can become a kernel, or None: Linux before 5.8 doesn't let it in."""
    with contextlib.suppress(OSError), scratch({}) as folder:
        # matplotlib finds its list of fonts where a kernel does
        home = {"HOME": str(folder / "given" / "home")}
        warm = Warm({**_environment(folder), **environment, **home}, modules)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired), _Door() as door:
            walls_ = subprocess.Popen([*walls(folder, Settings()), *door.WAIT], stdin=door.heard, stdout=door.said,
                                      stderr=subprocess.DEVNULL)
            with walls_:
                door.enter(warm, walls_.pid, folder, Settings(), environment, ["--version"])
                if walls_.wait(60) == 0:
                    return warm
        warm.close()
    return None


class CourseKernelManager(AsyncKernelManager):
    """Starts the course's kernel, whatever kernel a notebook asks for: in the sandbox, unless `settings.unsafe`.

    Its sockets lie in `folder`, which the sandbox shares: behind the walls there is no network.
    """

    def __init__(self, folder, settings, environment, modules=()):
        """modules: what the lesson imports; where it can be, that is imported already when the kernel starts."""
        super().__init__(context=zmq.asyncio.Context())
        self.folder, self.settings, self.environment = folder, settings, environment
        self.warm = None if settings.unsafe else keep(environment, modules)
        self.roots = []  # the processes from which all of the kernel's descend
        self.peak = 0  # bytes of memory that its processes held together
        self.transport = "ipc"
        self.ip = str(folder / "socket" / "kernel")
        self.connection_file = str(folder / "socket" / "connection.json")

    @property
    def kernel_spec(self):
        # A signal would reach bubblewrap and not the kernel behind it; a message reaches the kernel.
        return KernelSpec(argv=[*LAUNCH, "-f", "{connection_file}", *QUIETLY],
                          display_name="Python 3", language="python",
                          interrupt_mode="signal" if self.settings.unsafe else "message")

    def format_kernel_cmd(self, extra_arguments=None):
        command = super().format_kernel_cmd(extra_arguments)
        if self.settings.unsafe:
            return command
        if _is_root():
            for path in (self.folder / "socket", Path(self.connection_file)):
                os.chown(path, _user(self.folder), _user(self.folder))
        return [*walls(self.folder, self.settings, self.environment), *(_Door.WAIT if self.warm else command)]

    async def start_kernel(self, **settings):
        # Behind walls the kernel gets none of these: bubblewrap clears them and sets its own.
        env = {**os.environ, **course_environment(), **self.environment}
        start = functools.partial(super().start_kernel, env=env, cwd=str(self.folder / "given" / "work"),
                                  stderr=subprocess.DEVNULL)
        if self.warm is None:
            await start(stdout=subprocess.DEVNULL)
            self.roots = [self.provisioner.pid]
            return
        with _Door() as door:
            await start(stdin=door.heard, stdout=door.said)
            arguments = super().format_kernel_cmd()[len(LAUNCH):]
            try:
                outside = door.enter(self.warm, self.provisioner.pid, self.folder, self.settings, self.environment,
                                     arguments)
            except OSError:
                _forget(self.warm)
                raise
            self.roots = [self.provisioner.pid, outside]

    def over_limits(self):
        """Which limit the kernel's processes exceed together, or ""."""
        family = _family(*self.roots)
        memory = sum(map(_resident, family)) + _unnamed(family)
        self.peak = max(self.peak, memory)
        if memory > self.settings.memory_mb * 2**20:
            return f"memory limit: more than {self.settings.memory_mb} MB in all"
        with contextlib.suppress(OSError):
            shared = [entry.stat(follow_symlinks=False) for entry in os.scandir(self.folder / "socket")]
            if len(shared) > MOST_SOCKETS or any(stat.S_ISDIR(each.st_mode) or each.st_size > 2**16 for each in shared):
                return "disk limit: files where none belong"
        return ""

    def seal(self):
        """Once the kernel's sockets are there, nobody but root may add to their folder, which is the host's."""
        if _is_root() and not self.settings.unsafe:
            os.chown(self.folder / "socket", 0, 0)


def _family(*pids):
    """The numbers of the processes that descend from these, each after its parent."""
    found, ask = [], list(pids)
    while ask:
        children = _children(ask.pop(0))
        found += children
        ask += children
    return found


def _children(pid):
    """Those of a process. Linux tells them at once; elsewhere all processes have to be looked through."""
    if sys.platform != "linux":
        return [child.pid for child in psutil.Process(pid).children()] if psutil.pid_exists(pid) else []
    found = []
    with contextlib.suppress(OSError):
        for thread in os.scandir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(thread, "children").read_text().split())
    return found


def _unnamed(family):
    """Bytes in files that have no name and live in memory."""
    held = {}
    for pid in family:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(entry.path).endswith("(deleted)"):
                        found = os.stat(entry.path)
                        held[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(held.values())


def _resident(pid):
    """Bytes of memory that a process holds; 0 for one that has ended."""
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
