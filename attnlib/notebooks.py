"""Reading a student's notebook, and putting everything but the student's own work back as released."""

import json

from attnlib.paths import Problem

COPY = "Your file is left as it is. JupyterLab's File menu may help (Revert to Checkpoint); or rename it and run " \
       "`attn lab` for a fresh copy."


def decode(data, name):
    """The text of a notebook file; a byte order mark and Latin-1 are read too.

    Raises Problem on an empty file or one that isn't text.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Problem(f"{name} is empty.", COPY)
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem(f"{name} is not text.", COPY)


def parse(data, name):
    """The notebook in the bytes `data`, in nbformat 4; `name` is what messages call it.

    Raises Problem, in one sentence, on what is not a notebook.
    """
    import nbformat

    text = decode(data, name)
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Problem(f"{name} is not a notebook: it is not JSON ({error}).", COPY) from None
    except RecursionError:
        raise Problem(f"{name} is not a notebook: it is nested too deeply.", COPY) from None
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise Problem(f"{name} is not a notebook: it has no format number.", COPY)
    try:
        book = nbformat.reads(text, as_version=4)
        cells = [cell for cell in book.cells if isinstance(cell.source, str) and isinstance(cell.metadata, dict)]
        whole = len(cells) == len(book.cells)
    except Exception as error:  # nbformat raises many kinds on malformed notebooks
        raise Problem(f"{name} is not a notebook that can be read ({type(error).__name__}: {error}).", COPY) from None
    if not cells:
        raise Problem(f"{name} has no cells.", COPY)
    if not whole:
        raise Problem(f"{name} has cells without text or metadata.", COPY)
    return book


def read(path):
    """The notebook at `path`; raises Problem, in one sentence, where it can't be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Problem(f"There is no file {path.name} in {path.parent}.", "`attn lab` puts a copy there.") from None
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}.", "Is it a file, and yours?") from None
    return parse(data, path.name)


def graded(cell):
    """nbgrader's entry in a cell's metadata; an empty dict where there is none."""
    entry = cell.metadata.get("nbgrader", {})
    return entry if isinstance(entry, dict) else {}


def grade_id(cell):
    return graded(cell).get("grade_id")


def is_solution(cell):
    return bool(graded(cell).get("solution"))


def is_test(cell):
    """Whether this is an automatically graded test cell."""
    return bool(graded(cell).get("grade")) and not is_solution(cell)


def is_hand_graded(cell):
    return bool(graded(cell).get("grade")) and is_solution(cell)


def has_tag(cell, tag):
    return tag in cell.metadata.get("tags", [])


def restore(student, released):
    """(notebook, notes): `released` with the student's solution cells and the cells the student added.

    Metadata, tests, order and everything locked come from the release. An added cell stays behind the cell that
    it stood behind. notes: one sentence for each thing that was put back.
    """
    import nbformat

    theirs, added, notes = _their_cells(student, released)
    cells = list(added.get(None, []))
    for place, cell in enumerate(released.cells):
        name, cell = grade_id(cell), nbformat.from_dict(cell)
        if is_solution(cell) and name in theirs:
            cell.source = theirs[name].source
        elif is_solution(cell):
            notes.append(f"the answer cell {name} was missing; the released one was put back")
        cells += [cell, *added.get(place, [])]
    book = nbformat.from_dict({key: released[key] for key in released if key != "cells"})
    book.cells = cells
    return book, notes


def _their_cells(student, released):
    """The student's cells by grade_id, the cells they added by the place of the released cell before, notes."""
    by_name = {grade_id(cell): place for place, cell in enumerate(released.cells) if grade_id(cell)}
    by_id = {cell.id: place for place, cell in enumerate(released.cells) if cell.get("id")}
    by_text = {cell.source: place for place, cell in enumerate(released.cells)}
    theirs, added, notes, behind = {}, {}, [], None
    for cell in student.cells:
        name = grade_id(cell)
        if name in theirs:
            notes.append(f"{name} occurs more than once; the first one counts")
        elif name in by_name:
            theirs[name], behind = cell, by_name[name]
        elif cell.get("id") in by_id:
            behind = by_id[cell.id]
        elif cell.source in by_text:
            behind = by_text[cell.source]
        elif cell.source.strip():
            added.setdefault(behind, []).append(_own(cell))
    return theirs, added, notes


def _own(cell):
    """A cell that the student added, without nbgrader's metadata, so that it can never be graded."""
    import nbformat

    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(
        cell.cell_type, nbformat.v4.new_markdown_cell)
    return make(cell.source, metadata={"tags": list(cell.metadata.get("tags", []))})
