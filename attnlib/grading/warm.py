"""A process that has imported what takes seconds to import, and becomes a kernel for each submission by forking.

Importing torch, matplotlib and IPython takes longer than most submissions run. So a worker keeps one `Warm` process
that imported what the lesson itself imports. It stays outside the walls and runs nothing of a student's. Walls are
bubblewrap's as ever, fresh for each submission, around a shell that waits. A fork of the warm process enters them,
takes the kernel's user and limits, gives up every right, and only then becomes the kernel. No kernel sees it, and
none can leave anything behind in it.

    python -m attnlib.grading.warm SOCKET MODULE…     what `Warm` starts
"""

import contextlib
import ctypes
import errno
import fcntl
import gc
import importlib
import json
import os
import resource
import socket
import subprocess
import sys
import threading

READY, PATIENCE = b"ready", 300  # seconds: also on a machine that has much else to do
# Nothing that looks for IPython's shell while it is imported: that is there only once the kernel is.
KERNEL = ("IPython.core.completer", "IPython.core.magics", "IPython.extensions.storemagic", "comm",
          "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell", "zmq.asyncio")
# Linux' own numbers, which Python's `os` doesn't have everywhere
NAMESPACES = {"mnt": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000, "user": 0x10000000,
              "pid": 0x20000000, "net": 0x40000000}
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, CAPABILITIES = 4, 24, 38, 0x20080522


class Warm:
    """The warm process, and how to ask it for kernels."""

    def __init__(self, environment, modules):
        """Raises OSError where it doesn't start."""
        self.connection, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.settimeout(PATIENCE)
        self.lock = threading.Lock()
        with its, _sealed(sys.executable) as program:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(its.fileno()), *modules], cwd="/", env=environment,
                executable=f"/proc/self/fd/{program}", pass_fds=(its.fileno(), program), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.connection.recv(100) != READY:
            raise OSError("the warm process did not start")

    def kernel(self, inside, status, **wanted):
        """Have a kernel started in the namespaces of the process `inside`; returns its parent's number.

        status: where its exit status is written when it ends. wanted: user, or None for the one there; limits;
        environment; folder; arguments. Raises OSError where that isn't possible.
        """
        process = os.pidfd_open(inside)
        try:
            with self.lock:
                socket.send_fds(self.connection, [json.dumps(wanted).encode()], [process, status])
                answer = json.loads(self.connection.recv(10_000) or '"the warm process ended"')
        finally:
            os.close(process)
        if isinstance(answer, str):
            raise OSError(answer)
        return answer

    def close(self):
        """End it. Kernels that it began go on."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def _sealed(program):
    """A program's file as a copy in memory that nobody can write.

    /proc/self/exe leads to the file itself, past the walls, and a kernel may run as the user whom it belongs to.
    """
    with open(program, "rb") as file, open(os.memfd_create("python", os.MFD_ALLOW_SEALING), "wb") as copy:
        copy.write(file.read())
        copy.flush()
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, seals)
        yield copy.fileno()


# The warm process itself


def serve(connection, modules):
    """Import, and fork whenever asked; returns what is asked for, and only in a process that is to be a kernel."""
    for name in (*KERNEL, *modules):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit("A thread runs already: none of its forks could enter other namespaces.")
    gc.collect()
    gc.freeze()  # what is shared with the forks is not touched, hence not copied
    connection.send(READY)
    while True:
        asked, passed, *_ = socket.recv_fds(connection, 2**16, 2)
        if not asked:  # whoever asks has ended
            os._exit(0)
        process, status = passed
        with contextlib.suppress(ChildProcessError):  # those that have ended
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            _enter(connection, process, status)
            return json.loads(asked)
        os.close(process)
        os.close(status)


def _enter(connection, process, status):
    """Enter the namespaces of a process; returns in a child there, and tells of its end from here."""
    try:
        _call("setns", process, sum(NAMESPACES[name] for name in NAMESPACES if name != "user" or os.geteuid()))
        child = os.fork()  # only a child is in the other namespace of processes
    except OSError as error:
        connection.send(json.dumps(str(error)).encode())
        os._exit(1)
    if child == 0:
        return
    connection.send(json.dumps(os.getpid()).encode())
    connection.close()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        os.write(status, f"{code if code >= 0 else 128 - code}\n".encode())
    os._exit(0)


def become(user, limits, environment, folder, arguments):
    """Give up all that a kernel must not have, and be one."""
    os.setsid()
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    os.open(os.devnull, os.O_RDWR)
    os.dup2(0, 1)
    os.dup2(0, 2)
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), limit)
    _give_up_rights(user)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher.py", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(arguments)


def _give_up_rights(user):
    """As bubblewrap and `setpriv` do it."""
    right = 0
    with contextlib.suppress(OSError):  # beyond the last one that there is
        while True:
            _call("prctl", PR_CAPBSET_DROP, right, 0, 0, 0)
            right += 1
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _call("capset", (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)())
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # as after any start of a program: the grader looks at its files


def _call(name, *arguments):
    """A function of the C library. Raises OSError where it fails."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {errno.errorcode.get(number)} ({os.strerror(number)})")


if __name__ == "__main__":
    wanted = serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
    try:
        become(**wanted)
    finally:
        os._exit(0)
