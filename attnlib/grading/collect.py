"""Collect what students handed in, from whatever a learning platform gives, into submitted/STUDENT/LESSON/.

Knows Moodle's and Canvas's downloads, a folder or zip per student, nbgrader's own folders, and single
notebooks. A notebook is recognised by its grade_ids, whatever it is called. Only regular files come
in; what is refused is named, and the rest goes on.
"""

import csv
import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from nbgrader.api import MissingEntry

from attnlib import notebooks
from attnlib.paths import Problem

MAX_FILE = notebooks.MAX_BYTES  # of one file, unpacked
MAX_STUDENT = 100 * 2**20  # bytes of one student's files together
MAX_FILES = 100  # files of one student
MAX_ENTRIES = 20_000  # files in one download
POLICIES = ("newest", "first", "in-time")  # of several submissions; in-time: the newest that wasn't late

JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__pycache__"}
STAMP = "timestamp.txt"

# Moodle: Full Name_1234567_assignsubmission_file_, a folder with the files or the beginning of each file's name.
MOODLE = re.compile(r"(?P<name>.+?)_(?P<platform_id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
# Canvas: lastnamefirstname_LATE_12345_67890_original name.
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<platform_id>\d+)_\d+_(?P<file>.+)")


@dataclass
class Piece:
    """One file of a download: whose it may be, what it is called there, how to read it, its time."""

    shown: str  # where it was found, for messages
    parts: tuple  # its path within the download
    read: Callable  # () -> bytes, at most MAX_FILE; raises Refused
    when: datetime
    stamped: datetime | None = None  # what nbgrader's own timestamp beside it says
    container: str = ""  # the name of the zip it came in, without .zip


@dataclass
class File:
    """One file of a student's work, laid aside on the disk: a class's work together may not fit into memory."""

    inner: PurePosixPath  # its path within the student's work
    at: Path
    when: datetime

    @property
    def data(self):
        return self.at.read_bytes()

    @cached_property
    def ids(self):
        """The grade_ids and ids of its cells, by which a notebook is recognised; None where it is no notebook."""
        try:
            book, _ = notebooks.parse(self.data, self.inner.name)
        except Problem:
            return None
        return {notebooks.grade_id(cell) for cell in book.cells} | {cell.get("id") for cell in book.cells}

    @property
    def is_notebook(self):
        return ".ipynb" in self.inner.name.lower()  # some browsers save an .ipynb.txt or .ipynb.json


@dataclass
class Work:
    """All that was found of one student."""

    folder: Path
    files: list = field(default_factory=list)
    size: int = 0
    refused: str = ""

    def add(self, inner, piece):
        """Lay one file aside; once there is too much, nothing more is read."""
        if self.refused:
            return
        data = piece.read()
        self.size += len(data)
        if len(self.files) == MAX_FILES:
            self.refused = f"more than {MAX_FILES} files"
        elif self.size > MAX_STUDENT:
            self.refused = f"more than {MAX_STUDENT // 2**20} MB in all"
        else:
            self.folder.mkdir(exist_ok=True)
            at = self.folder / str(len(self.files))
            at.write_bytes(data)
            self.files.append(File(inner, at, piece.stamped or piece.when))


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


def collect(course, lesson, sources, roster=None, policy="newest"):
    """Put each student's work from `sources` (zips, folders, notebooks) into submitted/; returns Collected.

    roster: a CSV file with the columns student, platform_id, file_name, and name or email where useful.
    policy: which of a student's submissions counts, one of POLICIES. The others are kept in submitted/.earlier/.
    Raises Problem where a source or the roster can't be read at all.
    """
    if policy not in POLICIES:
        raise Problem(f"There is no policy {policy!r}.", f"There are: {', '.join(POLICIES)}.")
    known, outcome = read_roster(roster), Collected()
    wanted = course.graded_ids(lesson)
    order = _order(policy, _due(course, lesson) if policy == "in-time" else None)
    works, platform_ids = {}, {}
    with tempfile.TemporaryDirectory() as aside:
        for piece in _pieces([Path(source) for source in sources], outcome):
            try:
                student, platform_id, inner = whose(piece, known, (lesson, *wanted))
                student = check_id(student)
                if platform_ids.setdefault(student, platform_id) != platform_id and not known:
                    raise Refused(f"a second person called {student!r}; a roster tells them apart by platform_id")
                works.setdefault(student, Work(Path(aside, str(len(works))))).add(safe(inner), piece)
            except Refused as reason:
                outcome.refused.append(f"{piece.shown}: {reason}")
        for student, work in sorted(works.items()):
            try:
                files, when, notes, others = _one_submission(work, wanted, order)
                outcome.notes += [f"{student}: {note}" for note in notes]
                for name, other in others:
                    _keep(course, student, lesson, {PurePosixPath(name): other.data}, other.when)
                became, notes = _put(course, student, lesson, files, when, order, list(map(PurePosixPath, wanted)))
                outcome.notes += [f"{student}: {note}" for note in notes]
                getattr(outcome, became).append(student)
            except Refused as reason:
                outcome.refused.append(f"{student}: {reason}")
    outcome.absent = sorted({row["student"] for row in known} - set(course.students("submitted", lesson)))
    return outcome


def _order(policy, due):
    """A key by which submissions' times sort: the greatest counts."""
    if policy == "newest":
        return lambda when: (when,)
    if policy == "first":
        return lambda when: (-when.timestamp(),)
    return lambda when: (1, when.timestamp()) if due is None or when <= due else (0, -when.timestamp())


def _due(course, lesson):
    """When the lesson is due, or None."""
    with course.gradebook() as book:
        try:
            due = book.find_assignment(lesson).duedate
        except MissingEntry:
            return None
    return due and due.replace(tzinfo=UTC)


# Reading a download


def _pieces(sources, outcome):
    """Every regular file of the sources, zips in zips too (once)."""
    for source in sources:
        if not source.exists():
            raise Problem(f"There is nothing at {source}.", "Give the zip, folder or notebook that was downloaded.")
        if source.is_dir():
            yield from _of_folder(source, outcome)
        elif source.is_file() and source.suffix.lower() == ".zip":
            yield from _of_zip(source, source.name, (), _mtime(source), outcome, deeper=True)
        elif source.is_file():
            yield Piece(_shown(source.name), (source.name,), partial(_read, source), _mtime(source))
        else:
            outcome.refused.append(f"{source.name}: not a regular file")


def _read(path):
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise Refused(f"can't be read ({error.strerror})") from None
    if len(data) > MAX_FILE:
        raise Refused(f"larger than {MAX_FILE // 2**20} MB")
    return data


def _shown(path):
    """A path that can be printed, whatever bytes the file system has in it."""
    return str(path).encode(errors="replace").decode()


def _mtime(path):
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _of_folder(folder, outcome):
    """Regular files below a folder; a symbolic link is never followed."""
    for at, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if name not in JUNK and not name.startswith("."))
        for name in list(below):
            if (Path(at) / name).is_symlink():
                outcome.refused.append(f"{_shown((Path(at) / name).relative_to(folder))}: a symbolic link")
                below.remove(name)
        for name in sorted(names):
            path = Path(at) / name
            shown = _shown(path.relative_to(folder))
            if name in JUNK or name.startswith("."):
                continue
            if not stat.S_ISREG(path.lstat().st_mode):
                kind = "a symbolic link" if path.is_symlink() else "not a regular file"
                outcome.refused.append(f"{shown}: {kind}")
            elif path.suffix.lower() == ".zip":
                parts = path.relative_to(folder).parts
                yield from _of_zip(path, shown, (*parts[:-1], path.stem), _mtime(path), outcome)
            else:
                yield Piece(shown, path.relative_to(folder).parts, partial(_read, path), _mtime(path),
                            _stamp(path.parent))


def _stamp(folder):
    """The time in nbgrader's timestamp.txt of a folder that an exchange or an earlier collection wrote."""
    try:
        from nbgrader.utils import parse_utc

        return parse_utc((folder / STAMP).read_text(encoding="utf-8").strip()).replace(tzinfo=UTC)
    except (OSError, ValueError, AttributeError):
        return None


def _of_zip(file, shown, above, downloaded, outcome, deeper=False):
    """The regular files of a zip, and once more of the zips in it; sizes are counted as they unpack, not believed."""
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        outcome.refused.append(f"{shown}: not a zip file that can be opened ({error})")
        return
    if len(entries) > MAX_ENTRIES:
        outcome.refused.append(f"{shown}: more than {MAX_ENTRIES:,} files")
        return
    unpacked = Counter()  # bytes of the zips in it, by the folder that they lie in
    for entry in entries:
        where = f"{shown}/{_shown(entry.filename)}"
        parts = PurePosixPath(entry.filename).parts
        if entry.is_dir() or not parts or JUNK & set(parts) or (parts[-1].startswith(".") and parts[-1] != ".."):
            continue
        when = _entry_time(entry, downloaded)
        if not (deeper and parts[-1].lower().endswith(".zip")):
            yield Piece(where, (*above, *parts), partial(_unpack, archive, entry), when,
                        container=PurePosixPath(shown).stem)
            continue
        try:
            if unpacked[parts[0]] > MAX_STUDENT:
                raise Refused(f"more than {MAX_STUDENT // 2**20} MB of zips in {parts[0]}")
            content = _unpack(archive, entry)
        except Refused as reason:
            outcome.refused.append(f"{where}: {reason}")
            continue
        unpacked[parts[0]] += len(content)
        yield from _of_zip(io.BytesIO(content), where, (*above, *parts[:-1], parts[-1][:-4]), when, outcome)


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
    except Exception as error:  # zipfile's many kinds, zlib's and lzma's own
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

    own_names: what the lesson's folder and its notebooks are called; those are nobody's name.
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
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") for sign in student):
        raise Refused(f"{_shown(student)!r} is no student id: it has signs that can't be seen")
    if not student or len(student.encode()) > 200:
        raise Refused(f"a student id must have 1 to 200 characters, not {student[:30]!r}")
    if student.startswith((".", "=", "+", "-", "@")) or re.search(r"[/\\*?\[\]{}<>|:\"\x00-\x1f\x7f]", student):
        raise Refused(f"{student!r} is no student id: it names a folder, so it has none of / \\ * ? [ ] {{ }} < > | "
                      ': " and none of . = + - @ at its beginning')
    return student


def safe(inner):
    """The path of a file within a student's work, or Refused."""
    for part in inner.parts:
        if part in ("..", "/") or re.search(r"[\\:\x00-\x1f\x7f\ud800-\udfff]", part) or len(part.encode()) > 200:
            raise Refused(f"a file name that can't be used: {_shown(part)!r}")
    return inner


# One student's work


def _one_submission(work, wanted, order):
    """({path: bytes}, time, notes, others) of a student's work: notebooks under their own names, what lies beside.

    wanted: {file name: grade_ids} of the lesson's notebooks. others: (file name, File) of those that don't count.
    """
    if work.refused:
        raise Refused(work.refused)
    books = [file for file in work.files if file.is_notebook]
    beside = [file for file in work.files if not file.is_notebook and file.inner.name != STAMP]
    chosen, others = _choose(books, wanted, order)
    if not chosen and books:
        names = ", ".join(file.inner.name for file in books)
        raise Refused(f"no notebook of this lesson among {names} (none has one of its exercises)")
    if not chosen and not beside:
        raise Refused("no files")
    files = {_beside(file.inner, chosen.values()): file.data for file in beside}
    files |= {PurePosixPath(name): file.data for name, file in chosen.items()}
    notes = [f"{file.inner.name} was recognised by its exercises" + (f" as {name}" if len(wanted) > 1 else "")
             for name, file in chosen.items() if file.inner.name != name]
    for name, left in others.items():
        counts, kept = chosen[name], ", ".join(other.inner.name for other in left)
        notes.append(f"several notebooks of this lesson; {counts.inner.name} of {counts.when:%Y-%m-%d %H:%M} UTC "
                     f"counts, submitted/.earlier/ keeps {kept}")
    when = max(file.when for file in chosen.values() or beside)
    return files, when, notes, [(name, other) for name, left in others.items() for other in left]


def _beside(path, books):
    """The path of a file seen from the folder of the notebook that it lies beside, or below."""
    folders = [book.inner.parent for book in books if path.is_relative_to(book.inner.parent)]
    return path.relative_to(max(folders, key=lambda folder: len(folder.parts))) if folders else path


def _choose(books, wanted, order):
    """({name: the File that counts as this notebook of the lesson}, {name: others that are it too}).

    A File is the notebook whose cells it has, most of all; where a notebook's cells are in none, it may be one of
    its name, or the only one that can't be read. Grading says what is wrong with it.
    """
    found = {name: [] for name in wanted}
    for book in books:
        shared = {name: len(ids & (book.ids or set())) for name, ids in wanted.items()}
        name = max(shared, key=shared.get)
        if shared[name]:
            found[name].append(book)
    left = [book for book in books if book not in sum(found.values(), [])]
    chosen, others = {}, {}
    for name, of_it in found.items():
        if of_it:
            *rest, chosen[name] = sorted(of_it, key=lambda book: (
                order(book.when), len(wanted[name] & book.ids), str(book.inner)))
            others |= {name: rest} if rest else {}
        elif by_name := [book for book in left if book.inner.name == name]:
            chosen[name] = max(by_name, key=lambda book: order(book.when))
            left = [book for book in left if book.inner.name != name]
    missing = [name for name in wanted if name not in chosen]
    if len(missing) == len(left) == 1 and left[0].ids is None:
        chosen[missing[0]] = left[0]
    return chosen, others


def _put(course, student, lesson, files, when, order, names):
    """Write one submission; ("new", "updated" or "unchanged", notes). What doesn't count is kept.

    names: the lesson's notebooks. One that was handed in earlier, or later, and not this time, stays.
    """
    place, before, stamp = course.place("submitted", student, lesson), {}, None
    if place.exists():
        before = {PurePosixPath(path.relative_to(place).as_posix()): path.read_bytes()
                  for path in place.rglob("*") if path.is_file() and not path.is_symlink() and path.name != STAMP}
        stamp = _stamp(place)
    whole = {name: before[name] for name in names if name in before} | files
    if before and whole != before and stamp and order(when) <= order(stamp):
        whole = {name: files[name] for name in names if name in files} | before
        if whole == before:
            _keep(course, student, lesson, files, when)
            how = "older than (or as old as)" if when <= stamp else "newer than"
            raise Refused(f"{how} the one of {stamp:%Y-%m-%d %H:%M} UTC, which counts; kept in submitted/.earlier/")
    notes = [f"no {name} was handed in" for name in names if name not in whole]
    if len(notes) == len(names):
        notes = ["no notebook was handed in"]
    notes += [f"{name} stays as it was collected before" for name in names if name in whole and name not in files]
    if whole == before:
        return "unchanged", notes
    for some, at in ((before, stamp or datetime.now(UTC)), (files, when)):
        if not some.items() <= whole.items():
            _keep(course, student, lesson, some, at)
    if stamp and whole != files:
        when = max(when, stamp)  # of what was handed in apart, the last piece says how late the lesson is
    fresh = course.root / "submitted" / ".incoming" / student / lesson
    shutil.rmtree(fresh, ignore_errors=True)
    _write(fresh, whole, when)
    existed = place.exists()
    if existed:
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(place)
    shutil.rmtree(course.root / "submitted" / ".incoming", ignore_errors=True)
    return ("updated" if existed else "new"), notes


def _keep(course, student, lesson, files, when):
    """Lay a submission that doesn't count into submitted/.earlier/, once."""
    content = hashlib.sha256(b"".join(str(inner).encode() + data for inner, data in sorted(files.items()))).hexdigest()
    _write(course.place("submitted/.earlier", student, lesson) / f"{when:%Y%m%dT%H%M%S}-{content[:8]}", files, when)


def _write(folder, files, when):
    """Write {path: bytes} and the time into a folder."""
    for inner, data in files.items():
        path = folder / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")
