"""A made-up class of forty, eight of them hostile, graded from the platform's zip to the feedback pages.

What each student hands in is the lesson's real release with some exercises answered: with the course's
own solution, with a slip, with nothing, with an attack. So what each score should be is known
beforehand, from the points of the exercises that were solved, and stands beside the score in the table.
"""

import copy
import io
import json
import math
import os
import re
import shutil
import sys
import textwrap
import webbrowser
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from attnlib import paths
from attnlib.grading import collect, feedback, grade
from attnlib.grading.course import Course
from attnlib.paths import Problem

FOLDER = "build/grade-demo"
PREFERRED = "01_embeddings"
DUE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PENALTY = 0.1  # share of the points for each day begun
CELL_SECONDS = 15  # what an endless loop costs; less than the course's own limit, so that the demo ends soon

CONFIG = f"""

# The demo's policy: a tenth of the points for each day begun.
from attnlib.grading.late import PerDay  # noqa: E402

c.AssignLatePenalties.plugin_class = PerDay
c.PerDay.share = {PENALTY}
c.RunSubmission.timeout = {CELL_SECONDS}
"""

# Slips that students make: exercise, what stands in the solution, what the student wrote instead.
SLIPS = {
    "00_welcome": ("double", "2 * x", "x ** 2"),
    "01_embeddings": ("cosine_similarity", "axis=1", "axis=0"),
}

OWN_CELL = """import warnings
warnings.warn("a warning of my own")
np.seterr(all="warn")
print("here")
0.5"""

# What the hostile do in the last exercise: who, what, the code, what GRADING.md demands, what the reason must say.
HOSTILE = [
    ("mallory", "Mallory Moe", "loops for ever", "while True:\n    pass",
     '0 "time limit", the rest graded', "time limit"),
    ("ned", "Ned Black", "loops, and ignores being interrupted",
     "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
     "kernel killed; earlier scores kept, the rest 0", "time limit|kernel ended"),
    ("leo", "Leo Rossi", "ends Python", "import os\nos._exit(0)", "earlier scores kept, the rest 0", "kernel ended"),
    ("olga", "Olga Grin", "takes all memory", "taken = []\nwhile True:\n    taken.append(bytearray(2**26))",
     '0 "memory limit"', "memory"),
    ("pax", "Pax Roe", "starts processes without end",
     "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)",
     "stopped at the limit", "limit|temporarily unavailable"),
    ("quinn", "Quinn Vale", "calls out to the network",
     "import socket\nsocket.create_connection(('1.1.1.1', 53), timeout=5)", "unreachable", "unreachable"),
    ("rex", "Rex Stone", "writes into the gradebook", "open({gradebook!r}, 'r+b').write(bytes(4096))", "not there",
     "No such file"),
    ("sly", "Sly Fox", "returns what is equal to everything",
     "class Equal:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\nreturn Equal()",
     "no points", "."),
]
# More of the class, each with some of the exercises solved.
OTHERS = ["Tam Le", "Uma Patel", "Vik Olsen", "Wen Zhao", "Xenia Popa", "Yara Haddad", "Zoe Klein", "Amir Khan",
          "Bea Lund", "Carl Nowak", "Dana Levi", "Eli Moreau", "Finn Berg", "Gwen Hall", "Hana Sato", "Ivo Kos",
          "Jana Horak", "Karim Said", "Lena Vogt"]


@dataclass
class Student:
    """One of the class: who, what was done, which exercises it solves, when it was handed in."""

    id: str
    name: str
    did: str
    files: dict  # {file name: a notebook, or the text of what is none}
    solves: list  # exercises
    late: timedelta = timedelta(0)
    packed: bool = False  # handed in as a zip of its own, as `attn pack` makes it
    by_hand: bool = False  # answered the question in words
    demand: str = ""  # what GRADING.md demands of this case
    says: str = ""  # … and what the reason must match


@dataclass
class Row:
    """One line of the demo's table."""

    student: str
    did: str
    score: float
    should_be: float
    outcome: str = ""
    demand: str = ""
    says: str = ""

    @property
    def ok(self):
        """Whether the score is what it should be, to rounding, and the reason says what it must."""
        return math.isclose(self.score, self.should_be, abs_tol=1e-9) and bool(re.search(self.says, self.outcome))


class Lesson:
    """A lesson's exercises, with the points of their tests, its solutions, and its release.

    sources, released: {file name: notebook}.
    """

    def __init__(self, sources, released):
        self.sources, self.released = sources, released
        self.points, self.solutions, self.written = {}, {}, {}
        exercise = None
        for cell in cells_of(sources):
            own = cell["metadata"].get("nbgrader")
            if not own:
                continue
            text = "".join(cell["source"])
            if own["solution"] and own["grade"]:
                self.written[own["grade_id"]] = own["points"]
            elif own["solution"]:
                exercise = own["grade_id"]
                self.points[exercise] = 0
                self.solutions[exercise] = re.sub(r".*### (BEGIN|END) SOLUTION.*\n?", "", text)
            elif own["grade"]:
                self.points[exercise] += own["points"]

    @property
    def exercises(self):
        """Their names, in the lesson's order."""
        return list(self.points)

    def stub(self, exercise):
        """An exercise as students get it."""
        return next("".join(cell["source"]) for cell in cells_of(self.released)
                    if cell["metadata"].get("nbgrader", {}).get("grade_id") == exercise)

    def answered(self, right, nothing=(), instead=None, words=None):
        """The release with the exercises `right` solved, `nothing` returning None, `instead` as given."""
        files = copy.deepcopy(self.released)
        for cell in cells_of(files):
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            stub = "".join(cell["source"])
            if name in (instead or {}):
                cell["source"] = instead[name]
            elif name in right:
                cell["source"] = self.solutions[name]
            elif name in nothing:
                cell["source"] = nothing_in(stub)
            elif name in self.written and words:
                cell["source"] = words
        return files


def cells_of(files):
    """The cells of notebooks, {file name: notebook}, one after the other."""
    return [cell for notebook in files.values() for cell in notebook["cells"]]


def nothing_in(stub):
    """A stub's code that returns None."""
    return doing(stub, "return None")


def doing(stub, code):
    """A stub's code with `code` in place of each NotImplementedError."""
    return re.sub(r"^( *)raise NotImplementedError\(.*\)", lambda found: textwrap.indent(code, found[1]), stub,
                  flags=re.MULTILINE)


def made_up_class(lesson, slip, gradebook):
    """The forty. `slip`: (exercise, code) of an answer that goes wrong, and costs the exercise's points."""
    return [*_honest(lesson, slip), *_hostile(lesson, gradebook), *_others(lesson)]


def _honest(lesson, slip):
    """What honest students hand in, whole and broken."""
    every, n = lesson.exercises, len(lesson.exercises)
    half, last, (slipped, wrong) = every[:n // 2], every[-1], slip
    cut = {name: json.dumps(notebook)[:2000] for name, notebook in lesson.released.items()}
    words = "Words that stand in the same places get similar vectors, whatever they mean."
    return [
        Student("ada", "Ada Lovelace", "all right, and the question in words" if lesson.written else "all right",
                lesson.answered(every, words=words), every, by_hand=True),
        Student("ben", "Ben Okafor", "all right; warns, prints, adds cells, renames the notebook",
                renamed(noisy(lesson.answered(every), every[0])), every),
        Student("chloé", "Chloé Petit", f"all but {last}, which returns None",
                lesson.answered(every[:-1], nothing=[last]), every[:-1], packed=True),
        Student("dimitri", "Dimitri Ivanov", f"the first {len(half)} of {n}", lesson.answered(half), half),
        Student("emre", "Emre Yıldız", f"only {every[0]}", lesson.answered(every[:1]), every[:1], packed=True),
        Student("fatou", "Fatou Diop", "every function returns None", lesson.answered([], nothing=every), []),
        Student("gita", "Gita Rao", f"a slip in {slipped}", lesson.answered(every, instead={slipped: wrong}),
                [name for name in every if name != slipped]),
        Student("hugo", "Hugo Martin", "all right, a day and a half late", lesson.answered(every), every,
                late=timedelta(days=1, hours=12)),
        Student("inés", "Inés García", f"the first {len(half)} of {n}, three hours late",
                lesson.answered(half), half, late=timedelta(hours=3)),
        Student("jonas", "Jonas Weber", "untouched", lesson.answered([]), []),
        Student("kim", "Kim Nguyễn", "all right; edited one test and deleted another",
                tampered(lesson.answered(every)), every, packed=True),
        Student("lou", "Lou Baker", "a file that was cut off", cut, [], demand='0 "unreadable"', says="unreadable"),
        Student("mia", "Mia Lang", "an empty file", dict.fromkeys(cut, " "), [], demand='0 "empty"', says="empty"),
    ]


def _hostile(lesson, gradebook):
    """All right up to the last exercise, which attacks."""
    every, stub = lesson.exercises, lesson.stub(lesson.exercises[-1])
    return [Student(student, name, did, lesson.answered(every, instead={every[-1]: doing(
                    stub, code.format(gradebook=str(gradebook)) if "{gradebook" in code else code)}),
                    every[:-1], demand=demand, says=says)
            for student, name, did, code, demand, says in HOSTILE]


def _others(lesson):
    """The rest of the class: each solved the first few, by turns."""
    every, students = lesson.exercises, []
    for number, name in enumerate(OTHERS):
        solved = every[:len(every) - number % (len(every) + 1)]
        students.append(Student(name.split()[0].lower(), name, f"the first {len(solved)} of {len(every)}",
                                lesson.answered(solved), solved, packed=number % 2 == 0))
    return students


def noisy(files, exercise):
    """Honest noise: a warning in the answer, global settings, a number at the end of a cell of one's own."""
    for notebook in files.values():
        for index, cell in enumerate(notebook["cells"]):
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == exercise:
                cell["source"] = "".join(cell["source"]) + "\n\nimport sys; print('careful!', file=sys.stderr)\n0.0\n"
                notebook["cells"].insert(index + 1, code_cell(OWN_CELL))
                break
    return files


def renamed(files):
    """Under names that say nothing."""
    return {f"my homework ({number}).ipynb": notebook for number, notebook in enumerate(files.values(), 2)}


def tampered(files):
    """The first test passes whatever happens, the last is gone: both are put back when graded."""
    tests = [(notebook["cells"], cell) for notebook in files.values() for cell in notebook["cells"]
             if cell["metadata"].get("nbgrader", {}).get("grade") and not cell["metadata"]["nbgrader"]["solution"]]
    tests[0][1]["source"] = "pass"
    if len(tests) > 1:
        cells, last = tests[-1]
        cells.remove(last)
    return files


def code_cell(source):
    """A code cell without outputs."""
    return {"cell_type": "code", "execution_count": None, "id": "my-own-cell", "metadata": {}, "outputs": [],
            "source": source}


def platform_zip(path, name, students):
    """The class's work on the lesson `name` as Moodle gives it, with one file more that wants to leave the zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as download:
        for number, student in enumerate(students, 4711001):
            folder = f"{student.name}_{number}_assignsubmission_file_"
            handed_in = DUE - timedelta(hours=20 - number % 12) if not student.late else DUE + student.late
            texts = {file: content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
                     for file, content in student.files.items()}
            if student.packed:
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w") as own:
                    for file, text in texts.items():
                        entry(own, f"{name}/{file}", text, handed_in)
                texts = {f"{name}.zip": inner.getvalue()}
            for file, text in texts.items():
                entry(download, f"{folder}/{file}", text, handed_in)
        entry(download, "../../escaped.ipynb", "{}", DUE)


def entry(archive, name, data, when):
    """Add one file; zips keep local time."""
    archive.writestr(zipfile.ZipInfo(name, when.astimezone().timetuple()[:6]), data)


def roster(path, students):
    """The class's roster: student, platform_id, file_name, name."""
    rows = [f"{student.id},{number},,{student.name}" for number, student in enumerate(students, 4711001)]
    path.write_text("\n".join(["student,platform_id,file_name,name", *rows]) + "\n", encoding="utf-8")


def should_be(lesson, student):
    """The score that the student has earned, from the points of what was solved."""
    points = sum(lesson.points[name] for name in student.solves)
    if student.late:
        points -= points * PENALTY * math.ceil(student.late / timedelta(days=1))
    return points + (sum(lesson.written.values()) if student.by_hand else 0)


def build(name, root, into):
    """A course of its own in the folder `into` with one lesson of the course at `root`; returns it."""
    shutil.rmtree(into, ignore_errors=True)
    for step in ("solutions", "notebooks"):
        if (root / step / name).is_dir():
            shutil.copytree(root / step / name, into / step / name)
    shutil.copy(root / "pyproject.toml", into)
    config = (root / "nbgrader_config.py").read_text(encoding="utf-8")
    (into / "nbgrader_config.py").write_text(config + CONFIG, encoding="utf-8")
    return Course(into.resolve())


def run_demo(name=None, root=None, into=None, tell=lambda progress: None):
    """Collect, grade, mark by hand, write feedback; returns ([Row of each student], Collected, the list's page).

    name: the lesson, such as "01_embeddings"; by default the fullest that has been executed.
    root: the course; into: where to build, by default build/grade-demo/ there.
    """
    root = root or paths.root()
    name = name or _default(root)
    course = build(name, root, into or root / FOLDER)
    released = course.root / "notebooks" / name
    if not released.exists():  # not released yet: what a release would give
        grade.know(course, name)
        released = course.place(grade.RELEASED, ".", name)
    lesson = Lesson(_read(course.sources(name)), _read(released.glob("*.ipynb")))
    students = made_up_class(lesson, _slip(name, lesson), course.root / "gradebook.db")
    platform_zip(course.root / "download.zip", name, students)
    roster(course.root / "roster.csv", students)

    collected = collect.collect(course, name, [course.root / "download.zip"], course.root / "roster.csv")
    with course.gradebook() as book:
        book.update_or_create_assignment(name, duedate=DUE.replace(tzinfo=None))
    run = grade.Grading(course, name)
    for _ in run.results():
        tell(f"graded {run.done} of {run.total}")
    _mark_by_hand(course, name, lesson, [student.id for student in students if student.by_hand])
    rows = [_row(lesson, student, grade.result(course, name, student.id)) for student in students]
    tell("writing feedback pages")
    _, index = feedback.feedback(course, name)
    return rows, collected, index


def _read(paths_of_notebooks):
    """{file name: notebook}."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(paths_of_notebooks)}


def _row(lesson, student, result):
    return Row(student.id, student.did, result.score, should_be(lesson, student), result.reason, student.demand,
               student.says)


def _default(root):
    for name in (PREFERRED, "00_welcome"):
        if (root / "solutions" / name / f"{name.split('_', 1)[1]}.ipynb").exists():
            return name
    raise Problem("No lesson has been executed yet.", "Run `make lessons` first.")


def _slip(name, lesson):
    """(exercise, wrong code): the lesson's own slip, or its last exercise left without a result."""
    exercise, right, wrong = SLIPS.get(name, (lesson.exercises[-1], None, None))
    code = lesson.solutions[exercise]
    if right and right not in code:
        raise Problem(f"The slip in {exercise} doesn't fit {name} any more: {right!r} isn't in its solution.",
                      "Change SLIPS in attnlib/grading/demo.py.")
    return exercise, code.replace(right, wrong) if right else re.sub(r"\n( +)return .*", r"\n\1return None", code)


def _mark_by_hand(course, name, lesson, students):
    """What the instructor does on the formgrader page: full marks for each question that was answered in words."""
    with course.gradebook() as book:
        for student in students:
            for notebook in book.find_submission(name, student).notebooks:
                for mark in notebook.grades:
                    if mark.name in lesson.written:
                        mark.manual_score, mark.needs_manual_grade = lesson.written[mark.name], False
        book.db.commit()


def show(name=None, open_page=True):
    """Run the demo and print its table; whether each score is what it should be."""
    console = Console(highlight=False)
    if name is not None:
        name = paths.lesson(name, "solutions")
    with console.status("a class of forty hands in") as line:
        rows, collected, index = run_demo(name, tell=line.update)
    console.print(f"Collected {len(collected.new)} submissions; refused {', '.join(collected.refused) or 'nothing'}.",
                  markup=False, soft_wrap=True)
    table = Table("student", "what they did", "score", "should be", "")
    for row in rows:
        table.add_row(row.student, row.did, f"{row.score:g}", f"{row.should_be:g}", "✓" if row.ok else "✗ differs")
    console.print(table)
    console.print(cases(rows))
    console.print(f"Feedback pages: {index.as_uri()}", markup=False, soft_wrap=True)
    if open_page and _has_screen():
        webbrowser.open(index.as_uri())
    wrong = [row.student for row in rows if not row.ok]
    if wrong:
        console.print(f"Not what it should be: {', '.join(wrong)}.", style="bold red", markup=False)
    return not wrong


def cases(rows):
    """Hostile and broken submissions: what came of each beside what is demanded."""
    table = Table("student", "what they did", "outcome", "demanded", "", title="hostile and broken",
                  title_justify="left")
    for row in rows:
        if row.demand:
            table.add_row(row.student, row.did, escape(row.outcome), row.demand, "✓" if row.ok else "✗ differs")
    return table


def _has_screen():
    """Whether a page can be opened: in a terminal of a machine with a screen, not in CI."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stdout.isatty() and (sys.platform != "linux" or bool(screen))
