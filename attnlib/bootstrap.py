"""Set up `.venv` and run a command in it: `python3 attnlib/bootstrap.py lab|test [COMMAND...]`.

This file needs nothing but Python itself, and keeps to what old Pythons can read, so that they can say
that they are too old. `lab` installs what a student needs, `test` also the grading and test tools.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)
EXTRAS = {"lab": "", "test": "[grading,test]"}
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STAMP, BUILDING = "attn-stamp.json", "attn-building"


class Problem(Exception):
    """One sentence that says what is wrong, and one that says what to do."""


def check_python(version, executable, which=shutil.which):
    """Raise Problem if this Python is too old, naming a newer one where the machine has it."""
    if tuple(version[:2]) >= NEEDED:
        return
    found = [name for name in ("python3.%d" % minor for minor in range(20, NEEDED[1] - 1, -1)) if which(name)]
    if found:
        remedy = "Try `make lab PYTHON=%s`, which this machine has." % found[0]
    else:
        remedy = ("Try python.org, `brew install python`, `sudo apt install python3.11 python3.11-venv`, "
                  "or conda with environment.yml; then `make lab PYTHON=python3.11`.")
    raise Problem("Python %d.%d or newer is needed, this is %s (%s).\n%s" % (
        NEEDED + (".".join(str(part) for part in version[:3]), executable, remedy)))


def check_folder(root):
    """Raise Problem unless a folder can be made in `root`."""
    probe = os.path.join(root, ".attn-probe-%d" % os.getpid())
    try:
        os.mkdir(probe)
        os.rmdir(probe)
    except OSError as error:
        raise Problem("The folder %s is not writable (%s).\nMove the course into your home folder and try there." % (
            root, error.strerror))


def check_venv_module(find):
    """Raise Problem if this Python can't make environments, as Debian's without python3-venv."""
    if not (find("venv") and find("ensurepip")):
        raise Problem("This Python lacks its venv module.\nOn Debian and Ubuntu: "
                      "`sudo apt install python%d.%d-venv`, then try again." % sys.version_info[:2])


def fingerprint(root):
    """A hash of what the environment is made from: two files, this Python, and where the course lies."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(root, name), "rb") as file:
            digest.update(file.read())
    digest.update(repr((sys.version_info[:2], os.path.realpath(root))).encode())
    return digest.hexdigest()


def binaries(venv):
    return os.path.join(venv, "Scripts" if os.name == "nt" else "bin")


def python_in(venv):
    return os.path.join(binaries(venv), "python.exe" if os.name == "nt" else "python")


def is_ready(venv, wanted, what):
    """Whether `venv` was finished from the same files, with at least what `what` needs."""
    try:
        with open(os.path.join(venv, STAMP)) as file:
            stamp = json.load(file)
        return (stamp["made_from"] == wanted and stamp["for"] in (what, "test") and os.path.exists(python_in(venv))
                and not os.path.exists(os.path.join(venv, BUILDING)))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def is_half_built(venv):
    """Whether making `venv` was interrupted, or its Python is gone: then it is made anew."""
    if os.path.exists(os.path.join(venv, BUILDING)):
        return True
    try:
        with open(os.devnull, "wb") as nowhere:
            command = [python_in(venv), "-c", "import pip, sys; assert sys.version_info[:2] >= (3, 11)"]
            return subprocess.call(command, stdout=nowhere, stderr=nowhere) != 0
    except OSError:
        return True


def make(venv):
    """Make `venv` unless a whole one is there."""
    if os.path.lexists(venv) and not os.path.isdir(venv):
        raise Problem("%s is not a folder.\nRemove it, then try again." % venv)
    if os.path.isdir(venv) and is_half_built(venv):
        if os.path.islink(venv):
            raise Problem("%s is a link to a half-built environment.\nRemove the link, then try again." % venv)
        print("The environment in .venv is half built or broken: making it anew.")
        shutil.rmtree(venv)
    if not os.path.isdir(venv):
        print("Making the environment .venv ...")
        sys.stdout.flush()
        if subprocess.call([sys.executable, "-m", "venv", venv]) != 0:
            raise Problem("The environment could not be made; what Python said stands above.\n"
                          "On Debian and Ubuntu `sudo apt install python3-venv` often mends it.")


def install(venv, root, what):
    """pip-install the course into `venv`; pip's own progress is shown."""
    command = [python_in(venv), "-m", "pip", "install", "--disable-pip-version-check", "-c",
               os.path.join(root, "constraints.txt"), "-e", root + EXTRAS[what]]
    print("Installing the course's packages. The first time takes some minutes.")
    sys.stdout.flush()
    pip = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=root)
    said = []
    for line in iter(pip.stderr.readline, b""):
        said.append(line.decode(errors="replace"))
        sys.stderr.write(said[-1])
        sys.stderr.flush()
    if pip.wait() != 0:
        raise Problem(why_pip_failed("".join(said)))


def why_pip_failed(said):
    """What to do about a failed installation, from what pip said."""
    said = said.lower()
    if "no space left" in said:
        return "The disk is full.\nTorch needs up to 8 GB while it installs; make room, then try again."
    signs = ("connection", "name resolution", "unreachable", "timed out", "proxyerror", "getaddrinfo", "ssl",
             "from versions: none")
    if any(sign in said for sign in signs):
        return ("The package index could not be reached.\nCheck the network (and the proxy, HTTPS_PROXY), then run the "
                "same command again: what was downloaded is kept.")
    return ("The packages could not be installed; what pip said stands above.\n"
            "Mend that, then run the same command again.")


def set_up(root, what):
    """The folder of programs to run the course with: of `.venv`, made where needed."""
    if in_conda(what):
        return binaries(sys.prefix)
    venv, wanted = os.path.join(root, ".venv"), fingerprint(root)
    if is_ready(venv, wanted, what):
        return binaries(venv)
    from importlib.util import find_spec

    check_folder(root)
    check_venv_module(find_spec)
    make(venv)
    marker = os.path.join(venv, BUILDING)
    with open(marker, "w") as file:
        file.write("pip is at work; if you read this without it, the environment is half built\n")
    install(venv, root, what)
    with open(os.path.join(venv, STAMP), "w") as file:
        json.dump({"made_from": wanted, "for": what}, file)
    os.remove(marker)
    return binaries(venv)


def in_conda(what):
    """Whether this Python is an active conda environment that has the course in it (environment.yml)."""
    prefix = os.environ.get("CONDA_PREFIX")
    if not prefix or os.path.realpath(prefix) != os.path.realpath(sys.prefix):
        return False
    from importlib.util import find_spec

    return all(find_spec(name) for name in ("attnlib", "jupyterlab", "torch") + (("nbval",) if what == "test" else ()))


def main(arguments, root=ROOT):
    """Set up for arguments[0], then run the rest as a command; returns the exit code."""
    if not arguments or arguments[0] not in EXTRAS:
        sys.stderr.write("usage: python3 attnlib/bootstrap.py lab|test [COMMAND...]\n")
        return 2
    try:
        check_python(sys.version_info, sys.executable)
        programs = set_up(root, arguments[0])
    except (Problem, OSError) as problem:
        sys.stderr.write("\n%s\n" % problem)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Run the same command again: it starts over where that is needed.\n")
        return 130
    return run(programs, arguments[1:]) if arguments[1:] else 0


def run(programs, command):
    """Run `command` with the environment's programs first on the PATH."""
    os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
    if os.name != "nt":
        os.execvp(command[0], command)
    return subprocess.call(command, shell=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
