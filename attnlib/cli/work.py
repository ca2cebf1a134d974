"""A student's copies in work/: put there once, never overwritten, and what is remembered about them."""

import hashlib
import json
import os
import tempfile
import zipfile
from datetime import datetime

from attnlib import paths
from attnlib.paths import Problem


def folder():
    """work/ in the course, made where it is missing; raises Problem if nothing can be written there."""
    place = paths.root() / "work"
    try:
        (place / ".attn").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place / ".attn"):
            pass
    except OSError as error:
        raise Problem(f"Nothing can be written in {place} ({error.strerror}).",
                      "Make the folder yours, or move the course into your home folder.") from None
    return place


def place_of(released):
    """Where the work copy of the released notebook at `released` lies, whether it exists or not."""
    return paths.root() / "work" / released.parent.name / released.name


def copy_of(released):
    """The path of the work copy of a released notebook; raises Problem if there is none."""
    path = place_of(released)
    if not path.is_file():
        raise Problem(f"You have no copy of {paths.full_name(released)} in work/ yet.", "`attn lab` puts one there.")
    return path


def recall():
    """What is remembered: {"copied": {notebook: ...}, "checked": {notebook: ...}}. A spoilt memory counts as none."""
    try:
        memory = json.loads((paths.root() / "work" / ".attn" / "memory.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        memory = {}
    memory = memory if isinstance(memory, dict) else {}
    return {part: memory[part] if isinstance(memory.get(part), dict) else {} for part in ("copied", "checked")}


def remember(part, released, facts):
    """Keep `facts`, a dict, about the notebook released at `released`, with the time."""
    memory = recall()
    memory[part][paths.full_name(released)] = {**facts, "when": datetime.now().isoformat(timespec="seconds")}
    _write(folder() / ".attn" / "memory.json", json.dumps(memory, indent=1, sort_keys=True).encode())


def fingerprint(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path, data):
    """Write all of `data` or nothing: a file cut off half way never gets the name `path`."""
    handle, draft = tempfile.mkstemp(dir=folder() / ".attn")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.chmod(draft, 0o644)
    os.replace(draft, path)


def write_zip(target, files):
    """Write the zip `target` from files, {name in the zip: path}, all of it or nothing."""
    draft = folder() / ".attn" / target.name
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            archive.write(path, name)
    os.replace(draft, target)


def copy_missing(names):
    """Copy each lesson's files that work/ lacks; returns the names of the notebooks that were copied."""
    copied = []
    for lesson in names:
        source, notebooks = paths.root() / "notebooks" / lesson, paths.notebooks(lesson)
        for file in sorted(source.rglob("*")):
            target = folder() / lesson / file.relative_to(source)
            if not file.is_file() or os.path.lexists(target) or ".ipynb_checkpoints" in file.parts:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, file.read_bytes())
            if file in notebooks:
                remember("copied", file, {"release": fingerprint(file)})
                copied.append(paths.full_name(file))
    return copied


def has_changed(released):
    """Whether this released notebook has changed since it was copied (or fetched)."""
    copied = recall()["copied"].get(paths.full_name(released))
    return copied is not None and copied.get("release") != fingerprint(released)


def fetch(released):
    """Put a notebook as released now beside the student's copy; returns the new file's path."""
    mine = place_of(released)
    target, number = mine.with_name(f"{mine.stem} (new).ipynb"), 1
    while os.path.lexists(target):
        number += 1
        target = mine.with_name(f"{mine.stem} (new {number}).ipynb")
    folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, released.read_bytes())
    remember("copied", released, {"release": fingerprint(released)})
    return target
