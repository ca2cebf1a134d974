"""solutions/LESSONS.md: for each lesson objectives, minutes and points by part, and how long it runs.

`attn lessons` writes it. All of it is the lessons' own: objectives are their first list, lecture minutes those of the
speaker notes. Only a lesson's minutes for students are an estimate, in the table of solutions/README.md; they are
shared out by what there is to read and to write. Seconds differ each time, so they change only when asked for:

    attn lessons --force                    # or those that should be measured
    python -m attnlib.grading.guide
"""

import json
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from attnlib import notebooks, paths
from attnlib.grading import lessons

FILE = "LESSONS.md"
WORDS, LINE, BY_HAND = 150, 1.5, 5  # words read a minute; minutes for a line of an answer, for a question by hand
HEAD = """# Lesson by lesson

For the [guide](README.md), written by `attn lessons` from the lessons' texts. Edit those.

*Students* are the minutes of the guide's table, shared out by what a part has to read ({words} words a minute) and
to write ({line:g} minutes a line of an answer, {by_hand} for the question graded by hand). *Lecture* are the minutes in
the speaker notes. *Runs* is what `attn lessons --force` measured before `python -m attnlib.grading.guide` was called.
"""


def write(root, measured=False):
    """Write the file anew where this course has an instructor's guide; whether anything has changed.

    measured: whether to take over the seconds in build/timings/, too, where there are any.
    """
    path, said = Path(root, "solutions", FILE), Path(root, "solutions", "README.md")
    if not said.exists():
        return False
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = text(root, said.read_text(encoding="utf-8"), before, measured)
    path.write_text(after, encoding="utf-8")
    return after != before


def text(root, said, before="", measured=False):
    """The whole file. said: the guide, for students' minutes. before: the file as it was, for its seconds."""
    return "\n".join([HEAD.format(words=WORDS, line=LINE, by_hand=BY_HAND),
                      *(_lesson(root, name, said, before, measured) for name in lessons.names(root))])


def minutes(said, place):
    """Students' minutes for the notebook at `place`, as the guide's table says; None where it has no row."""
    found = re.search(rf"^\| \[[^\]]*\]\({re.escape(place)}\) \| (\d+) min", said, re.MULTILINE)
    return int(found[1]) if found else None


def _lesson(root, name, said, before, measured):
    book = lessons.read(root, name)
    place = lessons.twin_path(root, name).relative_to(Path(root, "solutions")).as_posix()
    title, found = objectives(book)
    parts = list(_parts(book))
    shares = shared(minutes(said, place) or 0, [part.effort for part in parts])
    rows = [f"| {part.heading} | {share or ''} | {part.lecture or ''} | {part.points or ''} |"
            for part, share in zip(parts, shares, strict=True)]
    sums = [sum(shares), sum(part.lecture for part in parts), sum(part.points for part in parts)]
    source = place.replace(".ipynb", ".md")
    links = [f"[Notebook]({place})", f"[text]({source})",
             f"[wrong answers and the hint for each](../tests/catalogue/{name[3:]}.py)",
             *(f"[question, rubric, anchor answers]({source}#{_anchor(part.heading)})"
               for part in parts if part.by_hand)]
    return "\n".join([
        f"## {name[:2]} {title}\n", " · ".join(links) + "\n",
        "They can then\n", *found, "",
        "| part | students, min | lecture, min | points |", "|---|---|---|---|", *rows,
        "| **all** | " + " | ".join(f"**{n}**" for n in sums) + " |", "", _runs(root, name, before, measured), ""])


def objectives(book):
    """(title, what one can do after it: the lines of its first list) of a lesson."""
    words = "\n\n".join(cell.source for cell in book.cells if _for_students(cell) and cell.cell_type == "markdown")
    title, listed = re.search(r"^# (.+)", words, re.MULTILINE), re.search(r"you can\n\n((?:- .+\n?)+)", words)
    return title[1] if title else "", listed[1].rstrip().split("\n") if listed else []


def _for_students(cell):
    return not {"instructor", "slide"} & set(lessons.tags(cell))


@dataclass
class _Part:
    """What stands between two headings. effort: a student's minutes, not yet to scale. lecture: the speaker's."""

    heading: str
    effort: float = 0
    lecture: int = 0
    points: int = 0
    by_hand: bool = False


def _parts(book):
    """The parts of a lesson, in order."""
    part = _Part("Opening")
    for cell in book.cells:
        heading = re.match(r"## (.+)", cell.source)
        if heading and cell.cell_type == "markdown" and _for_students(cell):
            yield part
            part = _Part(heading[1])
        if "instructor" in lessons.tags(cell):
            said = re.match(r"\**(\d+) min", cell.source)
            part.lecture += int(said[1]) if said else 0
        if lessons.grade(cell).get("grade"):
            part.points += lessons.grade(cell)["points"]
            part.by_hand |= notebooks.is_hand_graded(cell)
        part.effort += _effort(cell)
    yield part


def _anchor(heading):
    """A heading's address in its file, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def _effort(cell):
    """A student's minutes with a cell, roughly."""
    if not _for_students(cell) or notebooks.is_test(cell):
        return 0
    if cell.cell_type == "markdown":
        return BY_HAND if notebooks.is_hand_graded(cell) else len(cell.source.split()) / WORDS
    outside, answers = lessons.regions(cell.source, "SOLUTION")
    return sum(len(lines) for *_, lines in answers) * LINE + len("\n".join(outside).split()) / WORDS


def shared(total, efforts):
    """`total` in whole minutes, shared out like `efforts`: they add up to it."""
    whole, given, shares = sum(efforts) or 1, 0, []
    for k in range(len(efforts)):
        shares.append(round(total * sum(efforts[:k + 1]) / whole) - given)
        given += shares[-1]
    return shares


def _runs(root, name, before, measured):
    """How long the lesson took when it was executed last, if that is wanted and known; else what was said before."""
    path = Path(root, "build", "timings", f"{name}.json")
    if not (measured and path.exists()):
        place = re.escape(f"({lessons.lesson_of(root, name)}/{name[3:]}.ipynb)")
        kept = re.search(rf"{place}.*?^(Runs[^\n]+)$", before, re.DOTALL | re.MULTILINE)
        return kept[1] if kept else "Runs: not measured yet."
    timed = json.loads(path.read_text(encoding="utf-8"))
    tried = sum(entry["seconds"] for entry in timed if "experiment" in entry["tags"])
    return (f"Runs {sum(entry['seconds'] for entry in timed):.0f} s in all, {tried:.0f} s of it experiments, the "
            f"slowest cell {max(entry['seconds'] for entry in timed):.0f} s "
            f"({platform.system()}, {platform.machine()}, {os.cpu_count()} cores).")


if __name__ == "__main__":
    write(paths.root(), measured=True)
