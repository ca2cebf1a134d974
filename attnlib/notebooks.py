"""Reading a student's notebook, and putting everything but the student's own work back as released."""

import hashlib
import json
import re

from attnlib.paths import Problem

COPY = "Your file is left as it is. JupyterLab's File menu may help (Revert to Checkpoint); or rename it and run " \
       "`attn lab` for a fresh copy."
MAX_BYTES = 64 * 2**20  # of a notebook file
MAX_LISTS, MAX_TEXTS = 2_000_000, 4_000_000  # in it: small ones take twenty times the memory that they take in the file
MAX_CELLS, MAX_SOURCE = 2_000, 2**20  # cells; characters in all of them
OWN = "own-"  # how the ids of cells begin that a student added
HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?(END HIDDEN TESTS[^\n]*|\Z)", re.DOTALL | re.MULTILINE)
DEFINED = re.compile(r"^(?:def|class) +(\w+)|^(\w+) *=(?!=)", re.MULTILINE)


def decode(data, name):
    """(text, notes) of a notebook file; a byte order mark, UTF-16 and Latin-1 are read too, and noted.

    Raises Problem on an empty file or one that isn't text.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Problem(f"{name} is empty.", COPY)
    encoding = json.detect_encoding(data)  # by the byte order mark, or by where the zeros of the first signs stand
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"  # which knows every byte
    said = {"utf-8": "", "utf-8-sig": "begins with a byte order mark"}.get(encoding, f"is written in {encoding}")
    return text, [f"{name} {said}"] if said else []


def parse(data, name):
    """(notebook in nbformat 4, notes) of the bytes `data`; `name` is what messages call it.

    What a notebook must have and this one lacks (metadata, ids, outputs) is put in. Raises Problem, in one
    sentence, on what is not a notebook.
    """
    import nbformat

    if len(data) > MAX_BYTES or data.count(b"[") + data.count(b"{") > MAX_LISTS or data.count(b'"') > 2 * MAX_TEXTS:
        raise Problem(f"{name} is too large to be read.", "Clear its outputs (Edit menu), save it, and try again.")
    text, notes = decode(data, name)
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Problem(f"{name} is not a notebook: it is not JSON ({error}).", COPY) from None
    except RecursionError:
        raise Problem(f"{name} is not a notebook: it is nested too deeply.", COPY) from None
    version = content.get("nbformat") if isinstance(content, dict) else None
    if not isinstance(version, int):
        raise Problem(f"{name} is not a notebook: it has no format number.", COPY)
    if version < 4:
        try:
            content = nbformat.reads(text, as_version=4)
        except Exception as error:  # nbformat raises many kinds on malformed notebooks
            raise Problem(f"{name} is not a notebook that can be read ({type(error).__name__}: {error}).",
                          COPY) from None
        notes.append(f"{name} was upgraded from version {version} of the notebook format")
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Problem(f"{name} is not a notebook that can be read: it has no list of cells.", COPY)
    if not cells:
        raise Problem(f"{name} has no cells.", COPY)
    mended = [_mended(cell) for cell in cells[:MAX_CELLS + 1]]
    if len(mended) > MAX_CELLS or sum(len(cell["source"]) for cell in mended) > MAX_SOURCE:
        raise Problem(f"{name} has more than {MAX_CELLS} cells, or more than {MAX_SOURCE // 2**20} MB of text in them.",
                      COPY)
    metadata = content.get("metadata")
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "cells": mended,
                               "metadata": metadata if isinstance(metadata, dict) else {}}), notes


def _mended(cell):
    """A cell with text, metadata and, if code, outputs, whatever stood in the file in their places."""
    source, metadata, outputs = (cell.get(key) for key in ("source", "metadata", "outputs"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    metadata = metadata if isinstance(metadata, dict) else {}
    tags = metadata.get("tags", [])
    tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    mended = {
        "cell_type": cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw",
        "metadata": {**metadata, "tags": tags} if "tags" in metadata else metadata,
        "source": source.encode(errors="replace").decode(),  # half a surrogate pair can't be written to a file
    }
    if isinstance(cell.get("id"), str):
        mended["id"] = cell["id"]
    if isinstance(cell.get("attachments"), dict) and mended["cell_type"] == "markdown":
        mended["attachments"] = {name: forms for name, forms in cell["attachments"].items() if _is_picture(forms)}
    if mended["cell_type"] == "code":
        mended["execution_count"] = None
        mended["outputs"] = [output for output in outputs if isinstance(output, dict)] \
            if isinstance(outputs, list) else []
    return mended


def _is_picture(forms):
    """Whether this is a picture that was pasted into a Markdown cell: {"image/png": base64}."""
    return isinstance(forms, dict) and all(
        kind in ("image/png", "image/jpeg", "image/gif") and isinstance(data, str) for kind, data in forms.items())


def load(path):
    """(notebook, notes) of the file at `path`; raises Problem, in one sentence, where it can't be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Problem(f"There is no file {path.name} in {path.parent}.", "`attn lab` puts a copy there.") from None
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}.", "Is it a file, and yours?") from None
    return parse(data, path.name)


def read(path):
    """The notebook at `path`, as `load`."""
    return load(path)[0]


def graded(cell):
    """nbgrader's entry in a cell's metadata; an empty dict where there is none."""
    entry = cell.metadata.get("nbgrader", {})
    return entry if isinstance(entry, dict) else {}


def grade_id(cell):
    name = graded(cell).get("grade_id")
    return name if isinstance(name, str) else None


def is_solution(cell):
    return bool(graded(cell).get("solution"))


def is_test(cell):
    """Whether this is an automatically graded test cell."""
    return bool(graded(cell).get("grade")) and not is_solution(cell)


def is_hand_graded(cell):
    return bool(graded(cell).get("grade")) and is_solution(cell)


def is_own(cell):
    """Whether this cell of a restored notebook is one that the student added."""
    return cell.get("id", "").startswith(OWN)


def has_tag(cell, tag):
    return tag in cell.metadata.get("tags", [])


def restore(student, released):
    """(notebook, notes): `released` with the student's solution cells and the cells the student added.

    Metadata, tests, order and everything locked come from the release. An added cell stays behind the cell that
    it stood behind. No output is kept. notes: one sentence for each thing that was put back.
    """
    import nbformat

    partner = partners(student, released)
    theirs = {place: student.cells[index] for index, place in partner.items()}
    added, notes = _added(student, released, partner)
    cells = list(added.get(None, []))
    for place, cell in enumerate(released.cells):
        cell = nbformat.from_dict(cell)
        if is_solution(cell) and place in theirs:
            cell.source = theirs[place].source
            _paste(theirs[place], cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells += [cell, *added.get(place, [])]
    book = nbformat.from_dict({key: released[key] for key in released if key != "cells"})
    book.cells = cells
    return book, _what_was_put_back(theirs, released) + notes


def _paste(source, cell):
    """Pictures that the student pasted into a Markdown cell belong to its text."""
    if cell.cell_type == "markdown" and source.get("attachments"):
        cell.attachments = source.attachments


def partners(student, released):
    """{index of a student's cell: place of the released cell that it is}; other cells are the student's own.

    A cell is known by its grade_id, else by its id, by its text, by the names that it defines, or by its two
    neighbours. Of several the first counts.
    """
    found, free = {}, dict(enumerate(released.cells))

    def pair(index, place):
        found[index] = place
        del free[place]

    for key in (grade_id, lambda cell: cell.get("id"), _visible):
        places = {key(cell): place for place, cell in reversed(free.items()) if key(cell)}
        for index, cell in enumerate(student.cells):
            if index not in found and key(cell) in places:
                pair(index, places.pop(key(cell)))
    for place, answer in list(free.items()):
        names, at = _defined(answer), {place: index for index, place in found.items()}
        before, behind = at.get(place - 1, -1), at.get(place + 1, len(student.cells))
        for index, cell in enumerate(student.cells):
            if is_solution(answer) and index not in found and (
                    names and names <= _defined(cell) or before + 1 == index == behind - 1):
                pair(index, place)
                break
    return found


def _visible(cell):
    """A cell's text as students have it: a notebook for grading has hidden tests in it."""
    return HIDDEN.sub("", cell.source).strip()


def _defined(cell):
    """The names that a code cell defines at its top level."""
    return {function or name for function, name in DEFINED.findall(cell.source)} if cell.cell_type == "code" else set()


def _added(student, released, partner):
    """(the student's own cells by the place of the released cell before them, notes)."""
    known = {grade_id(cell) for cell in released.cells} - {None}
    added, notes, behind = {}, [], None
    for index, cell in enumerate(student.cells):
        if index in partner:
            behind = partner[index]
        elif grade_id(cell) in known:
            notes.append(f"{grade_id(cell)} occurs more than once; the first one counts")
        elif cell.source.strip() and not _of_another_release(cell):
            added.setdefault(behind, []).append(_own(cell, f"{OWN}{index}"))
    return added, notes


def _of_another_release(cell):
    """Whether this is a lesson's cell as another release had it, unchanged: its id says what it says."""
    return cell.get("id") == id_of(cell.cell_type, cell.source)


def id_of(cell_type, source):
    """The id that a lesson's cell without a grade_id gets: the same text, the same id, whenever it is built."""
    return hashlib.sha256(f"{cell_type}\n{source}".encode()).hexdigest()[:12]


def _what_was_put_back(theirs, released):
    """Sentences on the released cells that the student's notebook, {place: cell}, lacks or has otherwise."""
    checksums = [(graded(cell).get("checksum"), graded(released.cells[place]).get("checksum"))
                 for place, cell in theirs.items()]
    earlier = any(one and other and one != other for one, other in checksums)
    notes = ["made from another release of this lesson; its cells were matched by their ids"] if earlier else []
    for place, cell in enumerate(released.cells):
        name, what = grade_id(cell), "answer cell" if is_solution(cell) else "test"
        if name and place not in theirs:
            notes.append(f"the {what} {name} was missing; the released one was put back")
        elif name and not earlier and not is_solution(cell) and _visible(theirs[place]) != _visible(cell):
            notes.append(f"the {what} {name} had been changed; the released one was put back")
    changed = [cell for place, cell in theirs.items() if not earlier and _is_plain_code(released.cells[place])
               and cell.source.strip() != released.cells[place].source.strip()]
    if changed:
        first = (changed[0].source.strip().splitlines() or [""])[0][:50]
        notes.append(f"{len(changed)} of the lesson's own cells had been changed (the first begins `{first}`); "
                     "they were put back as released, so put what you need into answers and cells of your own")
    return notes


def _is_plain_code(cell):
    """Whether this is a code cell of the lesson's that nobody is asked to change."""
    return cell.cell_type == "code" and not grade_id(cell) and not {"predict", "experiment"} & set(
        cell.metadata.get("tags", []))


def _own(cell, name):
    """A cell that the student added, without nbgrader's metadata, so that it can never be graded."""
    import nbformat

    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(
        cell.cell_type, nbformat.v4.new_markdown_cell)
    own = make(cell.source, id=name, metadata={"tags": cell.metadata.get("tags", [])})
    _paste(cell, own)
    return own
