"""JupyterLab on the student's folder, with the course's settings."""

import errno
import os
import socket
from pathlib import Path

from attnlib.paths import Problem

PORTS = range(8888, 8908)


def is_free(port):
    """Whether a server can listen on `port` of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def pick_port(wanted=None):
    """`wanted` if it is free, else a Problem; where none is wanted, the first free one from 8888 on."""
    if wanted is not None and not is_free(wanted):
        free = next((port for port in PORTS if port != wanted and is_free(port)), None)
        remedy = f"Try `attn lab --port {free}`." if free else "Try another one."
        raise Problem(f"Port {wanted} is taken, perhaps by a lab that still runs.", remedy)
    if wanted is not None:
        return wanted
    for port in PORTS:
        if is_free(port):
            return port
    raise Problem(f"All ports from {PORTS[0]} to {PORTS[-1]} are taken.", "Close other labs, or name one with --port.")


def settings():
    """Where this package keeps its settings of JupyterLab (no news pop-up) and nbgrader (Validate)."""
    return Path(__file__).parent / "jupyter"


def serve(folder, page, port, browser=True):
    """Serve `folder` and open `page` in it; returns when the server is stopped.

    folder: Path. page: path of a notebook relative to it, with forward slashes.
    """
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(settings())] + ([others] if others else []))
    from jupyterlab.labapp import LabApp

    arguments = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{page}",
                 f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--log-level=WARN"]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container; JupyterLab would refuse
        arguments.append("--allow-root")
    os.chdir(folder)
    LabApp.launch_instance(arguments)
