"""Collect what students handed in, from whatever a learning platform gives, into submitted/STUDENT/LESSON/.

Knows Moodle's and Canvas's downloads, a folder or zip per student, nbgrader's own folders, and single
notebooks. A notebook is recognised by its grade_ids, whatever it is called. Only regular files come
in; what is refused is named, and the rest goes on.
"""

import csv
import io
import json
import os
import re
import shutil
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from attnlib.grading.course import grade_ids
from attnlib.paths import Problem

MAX_FILE = 50 * 2**20  # bytes of one file, unpacked
MAX_STUDENT = 100 * 2**20  # bytes of one student's files together
MAX_FILES = 100  # files of one student
MAX_ENTRIES = 20_000  # files in one download

JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__pycache__"}
STAMP = "timestamp.txt"

# Moodle: Full Name_1234567_assignsubmission_file_, a folder with the files or the beginning of each file's name.
MOODLE = re.compile(r"(?P<name>.+?)_(?P<platform_id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
# Canvas: lastnamefirstname_LATE_12345_67890_original name.
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<platform_id>\d+)_\d+_(?P<file>.+)")


@dataclass
class Piece:
    """One file of a download: whose it may be, what it is called there, its bytes, its time."""

    shown: str  # where it was found, for messages
    parts: tuple  # its path within the download
    data: bytes
    when: datetime
    stamped: datetime | None = None  # what nbgrader's own timestamp beside it says
    container: str = ""  # the name of the zip it came in, without .zip


@dataclass
class Collected:
    """What came of a collection: students, and what is worth a line each."""

    new: list = field(default_factory=list)
    updated: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    absent: list = field(default_factory=list)  # on the roster, nothing handed in

    @property
    def students(self):
        """All whose submission is in place."""
        return sorted({*self.new, *self.updated, *self.unchanged})


class Refused(Exception):
    """A piece or a student's work that can't be taken, with the reason."""


def collect(course, lesson, sources, roster=None):
    """Put each student's work from `sources` (zips, folders, notebooks) into submitted/; returns Collected.

    roster: a CSV file with the columns student, platform_id, file_name, and name or email where useful.
    Raises Problem where a source or the roster can't be read at all.
    """
    known, outcome = read_roster(roster), Collected()
    wanted, name = set(course.graded_ids(lesson)), course.source(lesson).name
    by_student, platform_ids = {}, {}
    for piece in _pieces([Path(source) for source in sources], outcome):
        try:
            student, platform_id, inner = whose(piece, known, (lesson, name))
            student = check_id(student)
            if platform_ids.setdefault(student, platform_id) != platform_id and not known:
                raise Refused(f"a second person called {student!r}; a roster tells them apart by platform_id")
            by_student.setdefault(student, []).append((safe(inner), piece))
        except Refused as reason:
            outcome.refused.append(f"{piece.shown}: {reason}")
    for student, pieces in sorted(by_student.items()):
        try:
            files, when, notes = _one_submission(pieces, wanted, name)
            outcome.notes += [f"{student}: {note}" for note in notes]
            getattr(outcome, _put(course, student, lesson, files, when)).append(student)
        except Refused as reason:
            outcome.refused.append(f"{student}: {reason}")
    outcome.absent = sorted({row["student"] for row in known} - set(course.students("submitted", lesson)))
    return outcome


# Reading a download


def _pieces(sources, outcome):
    """Every regular file of the sources, zips in zips too (once)."""
    for source in sources:
        if not source.exists():
            raise Problem(f"There is nothing at {source}.", "Give the zip, folder or notebook that was downloaded.")
        if source.is_dir():
            yield from _of_folder(source, outcome)
        elif source.suffix.lower() == ".zip":
            yield from _of_zip(source.read_bytes(), source.name, (), _mtime(source), outcome, deeper=True)
        elif source.is_file():
            yield Piece(source.name, (source.name,), source.read_bytes(), _mtime(source))
        else:
            outcome.refused.append(f"{source.name}: not a regular file")


def _mtime(path):
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _of_folder(folder, outcome):
    """Regular files below a folder; a symbolic link is never followed."""
    for at, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if name not in JUNK and not name.startswith("."))
        for name in list(below):
            if (Path(at) / name).is_symlink():
                outcome.refused.append(f"{(Path(at) / name).relative_to(folder)}: a symbolic link")
                below.remove(name)
        for name in sorted(names):
            path = Path(at) / name
            shown = str(path.relative_to(folder))
            if name in JUNK or name.startswith("."):
                continue
            if not stat.S_ISREG(path.lstat().st_mode):
                kind = "a symbolic link" if path.is_symlink() else "not a regular file"
                outcome.refused.append(f"{shown}: {kind}")
            elif path.stat().st_size > MAX_FILE:
                outcome.refused.append(f"{shown}: larger than {MAX_FILE // 2**20} MB")
            else:
                parts = path.relative_to(folder).parts
                if path.suffix.lower() == ".zip":
                    yield from _of_zip(path.read_bytes(), shown, (*parts[:-1], path.stem), _mtime(path), outcome)
                else:
                    yield Piece(shown, parts, path.read_bytes(), _mtime(path), _stamp(path.parent))


def _stamp(folder):
    """The time in nbgrader's timestamp.txt of a folder that an exchange or an earlier collection wrote."""
    try:
        from nbgrader.utils import parse_utc

        return parse_utc((folder / STAMP).read_text(encoding="utf-8").strip()).replace(tzinfo=UTC)
    except (OSError, ValueError, AttributeError):
        return None


def _of_zip(data, shown, above, downloaded, outcome, deeper=False):
    """The regular files of a zip, and once more of the zips in it; sizes are counted as they unpack, not believed."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        outcome.refused.append(f"{shown}: not a zip file that can be opened ({error})")
        return
    if len(entries) > MAX_ENTRIES:
        outcome.refused.append(f"{shown}: more than {MAX_ENTRIES:,} files")
        return
    for entry in entries:
        where = f"{shown}/{entry.filename}"
        parts = PurePosixPath(entry.filename).parts
        if entry.is_dir() or JUNK & set(parts) or (parts and parts[-1].startswith(".") and parts[-1] != ".."):
            continue
        try:
            content = _unpack(archive, entry)
        except Refused as reason:
            outcome.refused.append(f"{where}: {reason}")
            continue
        when = _entry_time(entry, downloaded)
        if deeper and parts[-1].lower().endswith(".zip"):
            inner = (*above, *parts[:-1], parts[-1][:-4])
            yield from _of_zip(content, where, inner, when, outcome)
        else:
            yield Piece(where, (*above, *parts), content, when, container=PurePosixPath(shown).stem)


def _unpack(archive, entry):
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("a symbolic link" if kind == stat.S_IFLNK else "not a regular file")
    if entry.flag_bits & 1:
        raise Refused("locked with a password")
    if entry.filename.startswith(("/", "\\")) or "\\" in entry.filename or ".." in PurePosixPath(entry.filename).parts:
        raise Refused("its path leads out of the zip")
    try:
        with archive.open(entry) as stream:
            content = stream.read(MAX_FILE + 1)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"damaged ({error})") from None
    except Exception as error:  # zlib's and lzma's own
        raise Refused(f"damaged ({error})") from None
    if len(content) > MAX_FILE:
        raise Refused(f"larger than {MAX_FILE // 2**20} MB when unpacked")
    return content


def _entry_time(entry, downloaded):
    """An entry's time, which zips keep as local time; where it has none (1980), that of the zip."""
    try:
        when = datetime(*entry.date_time).astimezone(UTC)
    except ValueError:
        return downloaded
    return downloaded if when.year <= 1980 else when


# Whose it is


def read_roster(path):
    """The roster's rows as dictionaries; [] without one. Raises Problem where it is no roster."""
    if path is None:
        return []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"The roster {path} can't be read ({error}).", "It is a CSV file in UTF-8.") from None
    rows = [{(key or "").strip(): (value or "").strip() for key, value in row.items() if not isinstance(value, list)}
            for row in csv.DictReader(io.StringIO(text))]
    if not rows or "student" not in rows[0]:
        raise Problem(f"The roster {path} has no column `student`.",
                      "Its first line is: student,platform_id,file_name (name and email may follow).")
    for row in rows:
        try:
            row["student"] = check_id(row["student"])
        except Refused as reason:
            raise Problem(f"The roster {path} has a student id that can't be used: {reason}.") from None
    return rows


def whose(piece, roster, own_names):
    """(student, platform id or "", path within the student's work) of one piece of a download.

    own_names: what the lesson's folder and notebook are called; those are nobody's name.
    """
    first, rest = piece.parts[0], piece.parts[1:]
    if first in own_names and piece.container:  # a single student's zip, as `attn pack` makes it
        first, rest = piece.container, piece.parts
    if first == "submitted" and len(rest) > 1:  # nbgrader's own folders, from the course's root
        first, rest = rest[0], rest[1:]
    seen = {"file_name": first, "name": first, "platform_id": ""}
    for form in (MOODLE, CANVAS):
        found = form.fullmatch(first)
        if found:
            seen |= {"name": found["name"], "platform_id": found["platform_id"]}
            rest = (*([found["file"]] if found["file"] else []), *rest)
            break
    else:
        if not rest:  # a file right at the top: its name is the student's
            seen["name"], rest = PurePosixPath(first).stem, (first,)
        elif rest[0] == own_names[0]:
            rest = rest[1:]
    student = _on_roster(seen, roster) if roster else seen["name"]
    if student is None:
        raise Refused(f"nobody on the roster is called {seen['name']!r}"
                      + (f" or has the platform id {seen['platform_id']}" if seen["platform_id"] else ""))
    return student, seen["platform_id"], PurePosixPath(*(rest or (first,)))


def _on_roster(seen, roster):
    """The roster's student whose file name, platform id, name, e-mail address or id this is, or None."""
    plain = unicodedata.normalize("NFC", seen["name"]).casefold()
    for row in roster:
        if row.get("file_name") and row["file_name"] in (seen["file_name"], PurePosixPath(seen["file_name"]).stem):
            return row["student"]
    for row in roster:
        if seen["platform_id"] and row.get("platform_id") == seen["platform_id"]:
            return row["student"]
    for row in roster:
        names = {row.get(column, "").casefold() for column in ("student", "name", "email")}
        if unicodedata.normalize("NFC", plain) in {unicodedata.normalize("NFC", name) for name in names if name}:
            return row["student"]
    return None


def check_id(student):
    """A student's id, normalised, or Refused: it becomes a folder's name and goes into spreadsheets."""
    student = unicodedata.normalize("NFC", student.strip())
    if not student or len(student.encode()) > 200:
        raise Refused(f"a student id must have 1 to 200 characters, not {student[:30]!r}")
    if student.startswith((".", "=", "+", "-", "@")) or re.search(r"[/\\*?\[\]{}<>|:\"\x00-\x1f\x7f]", student):
        raise Refused(f"{student!r} is no student id: it names a folder, so it has none of / \\ * ? [ ] {{ }} < > | "
                      ': " and none of . = + - @ at its beginning')
    return student


def safe(inner):
    """The path of a file within a student's work, or Refused."""
    for part in inner.parts:
        if part in ("..", "/") or re.search(r"[\\:\x00-\x1f\x7f]", part) or len(part.encode()) > 200:
            raise Refused(f"a file name that can't be used: {part!r}")
    return inner


# One student's work


def _one_submission(pieces, wanted, name):
    """({path: bytes}, time, notes) of a student's work: the notebook, under its own name, and what lies beside it."""
    if len(pieces) > MAX_FILES:
        raise Refused(f"more than {MAX_FILES} files")
    if sum(len(piece.data) for _, piece in pieces) > MAX_STUDENT:
        raise Refused(f"more than {MAX_STUDENT // 2**20} MB in all")
    notebooks = [(inner, piece) for inner, piece in pieces if inner.suffix == ".ipynb"]
    others = [(inner, piece) for inner, piece in pieces if inner.suffix != ".ipynb" and inner.name != STAMP]
    inner, chosen = _choose(notebooks, wanted, name)
    if chosen is None and notebooks:
        names = ", ".join(inner.name for inner, _ in notebooks)
        raise Refused(f"no notebook of this lesson among {names} (none has one of its exercises)")
    if chosen is None and not others:
        raise Refused("no files")
    files = {_beside(path, inner): piece.data for path, piece in others}
    if chosen is None:
        return files, max(piece.stamped or piece.when for _, piece in others), ["no notebook was handed in"]
    notes = [] if inner.name == name else [f"{inner.name} was recognised by its exercises"]
    rivals = [other.name for other, piece in notebooks if piece is not chosen and _shared(piece, wanted)]
    if rivals:
        notes.append(f"several notebooks of this lesson; the newest, {inner.name}, counts, not {', '.join(rivals)}")
    files[PurePosixPath(name)] = chosen.data
    return files, chosen.stamped or chosen.when, notes


def _beside(path, notebook):
    """The path of a file seen from the notebook's folder, where it lies in that."""
    if notebook is not None and path.is_relative_to(notebook.parent):
        return path.relative_to(notebook.parent)
    return path


def _choose(notebooks, wanted, name):
    """The lesson's notebook: of those with its grade_ids the newest; else one that has the lesson's own name."""
    of_lesson = [(piece.stamped or piece.when, _shared(piece, wanted), inner, piece)
                 for inner, piece in notebooks if _shared(piece, wanted)]
    if of_lesson:
        *_, inner, piece = max(of_lesson, key=lambda found: (found[0], found[1], str(found[2])))
        return inner, piece
    unread = [(inner, piece) for inner, piece in notebooks if not _ids(piece)]
    by_name = [found for found in unread if found[0].name == name]
    broken = [found for found in unread if not _readable(found[1])]
    for candidates in (by_name, broken if len(notebooks) == 1 else []):  # grading says what is wrong with it
        if candidates:
            return max(candidates, key=lambda found: found[1].when)
    return None, None


def _parsed(piece):
    try:
        return json.loads(piece.data)
    except (ValueError, RecursionError):
        return None


def _readable(piece):
    return _parsed(piece) is not None


def _ids(piece):
    return grade_ids(_parsed(piece))


def _shared(piece, wanted):
    """How many of the lesson's grade_ids a notebook has."""
    return len(wanted & set(_ids(piece)))


def _put(course, student, lesson, files, when):
    """Write one submission; "new", "updated" or "unchanged". An earlier one is kept in submitted/.earlier/."""
    place = course.place("submitted", student, lesson)
    if place.exists():
        kept = {PurePosixPath(path.relative_to(place).as_posix()): path.read_bytes()
                for path in place.rglob("*") if path.is_file() and path.name != STAMP}
        if kept == files:
            return "unchanged"
        stamp = _stamp(place)
        if stamp and when <= stamp:
            raise Refused(f"older than (or as old as) the one collected before, of {stamp:%Y-%m-%d %H:%M} UTC")
    fresh = course.root / "submitted" / ".incoming" / student / lesson
    shutil.rmtree(fresh, ignore_errors=True)
    for inner, data in files.items():
        path = fresh / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (fresh / STAMP).write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")
    existed = place.exists()
    if existed:
        aside = course.root / "submitted" / ".earlier" / student / lesson / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(place)
    shutil.rmtree(course.root / "submitted" / ".incoming", ignore_errors=True)
    return "updated" if existed else "new"
