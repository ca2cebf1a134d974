"""Marks for learning platforms: Canvas, Moodle, Gradescope, or a plain table.

With a platform's own sheet (its gradebook or grading worksheet, downloaded) the marks are written into a copy of it;
the sheet itself stays as it is. What begins like a formula is written so that a spreadsheet shows it and runs nothing.
"""

import csv
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from attnlib.grading.collect import read_roster
from attnlib.grading.grade import result
from attnlib.paths import Problem

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Grade")
FORMATS = ("canvas", "moodle", "gradescope", "csv")


@dataclass
class Exported:
    """The file or folder that was written, and what is worth a line each."""

    path: Path
    students: set = field(default_factory=set)
    notes: list = field(default_factory=list)


def defused(value):
    """`value` as a spreadsheet may have it: text that it would take for a formula gets an apostrophe in front.

    A lone "-", which Moodle writes where there is no date, is none and stays.
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if isinstance(value, str) and value.startswith(FORMULA) and value != "-" and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def export(course, lessons, form, into=None, roster=None, column=None):
    """Write the marks of `lessons` in the form of `FORMATS` into export/; returns an Exported.

    into: a platform's own sheet, copied and filled. roster: a CSV file, by default roster.csv of the course.
    column: what the sheet calls the lesson, where it isn't found by its name.
    """
    if form not in FORMATS:
        raise Problem(f"There is no format {form!r}.", f"Choose one of: {', '.join(FORMATS)}.")
    if into and form not in ("canvas", "moodle"):
        raise Problem(f"--into is for a sheet of Canvas or Moodle, not for {form}.", "Leave it out.")
    if len(lessons) != 1 and (into or form in ("moodle", "gradescope")):
        raise Problem(f"The {form} export takes one lesson at a time, not {len(lessons)}.", "Name one lesson.")
    people = {row["student"]: row for row in read_roster(roster or _own_roster(course))}
    marks = {lesson: _marks(course, lesson) for lesson in lessons}
    if form == "gradescope":
        return _gradescope(course, lessons[0], marks[lessons[0]])
    name = f"{form}-{lessons[0] if len(lessons) == 1 else 'all'}.csv"
    done = Exported(course.root / "export" / name)
    write = {"csv": _plain, "canvas": _canvas_sheet if into else _canvas, "moodle": _moodle_sheet if into else _moodle}
    rows = write[form](marks, people, done, *((_sheet(into), column) if into else ()))
    _save(done.path, rows)
    done.notes += [f"{lesson}: {count} answers wait for a mark by hand; the points are those so far"
                   for lesson, own in marks.items() if (count := sum(one.by_hand for one in own.values()))]
    return done


def _own_roster(course):
    path = course.root / "roster.csv"
    return path if path.exists() else None


def _marks(course, lesson):
    """{student: Result} of all who were graded."""
    graded = course.students("autograded", lesson)
    if not graded:
        raise Problem(f"Nobody's {lesson} has been graded yet.", f"Grade first: `attn grade {lesson}`.")
    return {student: result(course, lesson, student) for student in graded}


def _everyone(marks):
    return sorted({student for own in marks.values() for student in own})


def _points(own, student):
    return f"{own[student].score:g}" if student in own else ""


# Tables of our own

def _plain(marks, people, done):
    yield ["student", "name", "email", *(f"{lesson} {what}" for lesson in marks for what in ("points", "of", "late h"))]
    for student in _everyone(marks):
        row = people.get(student, {})
        line = [student, row.get("name", ""), row.get("email", "")]
        for own in marks.values():
            one = own.get(student)
            line += [f"{one.score:g}", f"{one.max_score:g}", f"{max(0, one.late) / 3600:.1f}"] if one else ["", "", ""]
        done.students.add(student)
        yield line


def _canvas(marks, people, done):
    """Canvas's gradebook import: https://community.canvaslms.com, "How do I import grades in the Gradebook?"."""
    yield [*CANVAS, *marks]
    most = [max(one.max_score for one in own.values()) for own in marks.values()]
    yield ["    Points Possible", "", "", "", "", *(f"{value:g}" for value in most)]
    for student in _everyone(marks):
        row = people.get(student, {})
        done.students.add(student)
        yield [row.get("name") or student, row.get("platform_id", ""), "", student, "",
               *(_points(own, student) for own in marks.values())]


def _moodle(marks, people, done):
    """Moodle's grade import from CSV: https://docs.moodle.org/en/Grade_import."""
    [(lesson, own)] = marks.items()
    yield ["Username", "Full name", "Email address", lesson]
    for student in _everyone(marks):
        row = people.get(student, {})
        done.students.add(student)
        yield [student, row.get("name", ""), row.get("email", ""), _points(own, student)]


# A platform's own sheet

def _sheet(path):
    """(header, rows) of a CSV file; rows as lists, as long as the header."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"The sheet {path} can't be read ({error}).", "It is a CSV file, as downloaded.") from None
    try:
        kind = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t")
    except csv.Error:
        kind = csv.excel
    rows = [row for row in csv.reader(io.StringIO(text), kind) if row]
    if len(rows) < 2:
        raise Problem(f"The sheet {path} has no students.", "Download it again from the platform.")
    return rows[0], [row + [""] * (len(rows[0]) - len(row)) for row in rows[1:]]


def _canvas_sheet(marks, people, done, sheet, column):
    """The identity columns of the sheet and the lesson's, filled; Canvas leaves columns that are absent as they are."""
    header, rows = sheet
    [(lesson, own)] = marks.items()
    missing = [name for name in ("Student", "ID") if name not in header]
    if missing:
        raise Problem(f"The sheet has no column {', '.join(missing)}, so it is no gradebook of Canvas.",
                      "In Canvas: Grades, Export, Export Entire Gradebook.")
    place = _column_of(lesson, header, column)
    kept = [header.index(name) for name in CANVAS if name in header]
    known = _by_keys(people, own)
    yield [header[i] for i in kept] + [header[place]]
    for row in rows:
        if row[header.index("Student")].strip() == "Points Possible":
            _compare(done, own, row[place], "Canvas")
        else:
            keys = [row[header.index(name)] for name in CANVAS[1:4] if name in header] + [row[header.index("Student")]]
            row[place] = _filled(known, own, keys, done) or row[place]
        yield [row[i] for i in kept] + [row[place]]
    _name_the_rest(own, done)


def _moodle_sheet(marks, people, done, sheet, column):
    """The whole grading worksheet, its Grade column filled: https://docs.moodle.org/en/Assignment_grading."""
    header, rows = sheet
    [(lesson, own)] = marks.items()
    missing = [name for name in MOODLE if name not in header]
    if missing:
        raise Problem(f"The sheet has no column {', '.join(missing)}, so it is no grading worksheet of Moodle.",
                      "In Moodle (in English): the assignment, Grading action, Download grading worksheet.")
    place, known = header.index(column or "Grade"), _by_keys(people, own)
    if "Maximum Grade" in header:
        _compare(done, own, rows[0][header.index("Maximum Grade")], "Moodle")
    yield header
    for row in rows:
        keys = [row[header.index("Identifier")].removeprefix("Participant").strip()]
        keys += [row[header.index(name)] for name in ("Email address", "Full name") if name in header]
        row[place] = _filled(known, own, keys, done) or row[place]
        yield row
    _name_the_rest(own, done)


def _column_of(lesson, header, column):
    """The place of the lesson's column: called as `column` says, or as the lesson, with Canvas's number behind."""
    wanted = {(column or lesson).casefold(), *([] if column else [lesson.partition("_")[2].casefold()])}
    found = [place for place, name in enumerate(header)
             if {name.casefold(), re.sub(r" \(\d+\)$", "", name).casefold()} & wanted]
    if len(found) != 1:
        others = ", ".join(name for name in header if name not in CANVAS)
        raise Problem(f"{len(found)} columns of the sheet are called {column or lesson}.",
                      f"Say which with --column. There are: {others}.")
    return found[0]


def _by_keys(people, own):
    """{what a platform may call a student: the student}, where it is one student only."""
    found, twice = {}, set()
    for student in {*people, *own}:
        row = people.get(student, {})
        for key in {student, *(row.get(name, "") for name in ("platform_id", "email", "name"))} - {""}:
            twice |= {key.casefold()} if key.casefold() in found else set()
            found[key.casefold()] = student
    return {key: student for key, student in found.items() if key not in twice}


def _filled(known, own, keys, done):
    """The points of the student whom one of `keys` names; "" where there are none."""
    for key in keys:
        last, comma, first = key.partition(", ")
        student = known.get(key.strip().casefold()) or known.get(f"{first} {last}".casefold() if comma else "")
        if student in own:
            done.students.add(student)
            return _points(own, student)
    return ""


def _name_the_rest(own, done):
    left = sorted({*own} - done.students)
    if left:
        done.notes.append(f"not in the sheet: {', '.join(left)}; a roster (student,platform_id,…) tells who they are")


def _compare(done, own, most, platform):
    ours = max(one.max_score for one in own.values())
    if NUMBER.fullmatch(most.strip()) and float(most.replace(",", ".")) != ours:
        done.notes.append(f"{platform} has {most.strip()} points for it, the lesson {ours:g}; the points are as graded")


def _save(path, rows):
    rows = [[defused(value) for value in row] for row in rows]  # all read before anything is written
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


# Gradescope

def _gradescope(course, lesson, own):
    """A results.json a student: https://gradescope-autograders.readthedocs.io/en/latest/specs/."""
    folder = course.root / "export" / "gradescope" / lesson
    for student, one in own.items():
        path = folder / student / "results.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        tests = [{"name": item.grade_id, "number": str(number), "score": item.score, "max_score": item.max_score,
                  "status": "passed" if item.score >= item.max_score else "failed",
                  "output": item.reason, "visibility": "visible"}
                 for number, item in enumerate(one.items, 1) if item.score is not None]
        content = {"score": one.score, "output": one.reason, "output_format": "text", "stdout_visibility": "hidden",
                   "execution_time": round(sum(item.seconds for item in one.items), 3), "tests": tests}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Exported(folder, set(own))
