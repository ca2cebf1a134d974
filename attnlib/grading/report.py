"""What a class did with a lesson: items, marks, flags and look-alikes, as one page for the instructor and as tables.

The page needs no network and runs no script. Item statistics as in classical test theory: difficulty is the mean
share of the points (so a high one is easy), discrimination the correlation of an item with the rest of the lesson.
"""

import base64
import csv
import io
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
from jinja2 import Environment, FileSystemLoader

from attnlib import figures, notebooks
from attnlib.grading import similarity
from attnlib.grading.export import defused
from attnlib.grading.grade import result
from attnlib.grading.late import in_words
from attnlib.paths import Problem

TEMPLATES = Path(__file__).parent / "templates"
FEWEST = 5  # students; a correlation over fewer says nothing
WEAK = 0.2  # a discrimination below this is worth a look


@dataclass(frozen=True)
class ItemStatistics:
    """One graded cell over the class."""

    grade_id: str
    max_score: float
    graded: int  # students with a score
    waiting: int  # students whose answer waits for a mark by hand
    difficulty: float | None  # mean share of the points, 0 to 1
    full: float | None  # share of students with all points
    discrimination: float | None  # correlation with the points of the other items, −1 to 1
    seconds: float | None  # mean time the cell took
    reason: str  # the most frequent reason for missing points


def report(course, lesson, tell=lambda student: None):
    """Write report/LESSON.html and its tables beside it; returns their paths, the page first."""
    outcomes = []
    for student in course.students("autograded", lesson):
        tell(student)
        outcomes.append(result(course, lesson, student))
    if not outcomes:
        raise Problem(f"Nobody's {lesson} has been graded yet.", f"Grade first: `attn grade {lesson}`.")
    items, pairs = item_statistics(outcomes), {source.stem: _pairs(course, lesson, source.name)
                                               for source in course.sources(lesson)}
    folder = course.root / "report"
    folder.mkdir(exist_ok=True)
    page = folder / f"{lesson}.html"
    page.write_text(_page(lesson, outcomes, items, pairs), encoding="utf-8")
    tables = {"items": _item_rows(items), "students": _student_rows(outcomes), "similar": _pair_rows(pairs)}
    for name, rows in tables.items():
        _write(folder / f"{lesson}-{name}.csv", rows)
    return [page, *(folder / f"{lesson}-{name}.csv" for name in tables)]


# Numbers

def item_statistics(outcomes):
    """An ItemStatistics for each item, in the lesson's order."""
    found = []
    for place in dict.fromkeys((item.notebook, item.grade_id) for outcome in outcomes for item in outcome.items):
        own = [(outcome, item) for outcome in outcomes for item in outcome.items
               if (item.notebook, item.grade_id) == place]
        marked = [(outcome, item) for outcome, item in own if item.score is not None]
        most = own[0][1].max_score
        shares = np.array([item.score / most for _, item in marked]) if most else np.array([])
        rest = np.array([sum(other.score or 0 for other in outcome.items if other is not item)
                         for outcome, item in marked])
        times = [item.seconds for _, item in own if item.seconds]
        found.append(ItemStatistics(
            place[1], most, len(marked), len(own) - len(marked), _mean(shares), _mean(shares >= 1),
            correlation(shares, rest), _mean(times), _most_frequent([item.reason for _, item in marked
                                                                     if item.score < most and item.reason])))
    return found


def correlation(shares, rest):
    """Pearson's correlation; None where it says nothing: too few students, or no differences among them."""
    if len(shares) < FEWEST or np.ptp(shares) == 0 or np.ptp(rest) == 0:
        return None
    return float(np.corrcoef(shares, rest)[0, 1])


def _mean(values):
    return float(np.mean(values)) if len(values) else None


def _most_frequent(reasons):
    return max(sorted(set(reasons)), key=reasons.count) if reasons else ""


def _pairs(course, lesson, name):
    """The most similar submissions of one of the lesson's notebooks, read from the graded ones."""
    released = nbformat.read(course.root / "notebooks" / lesson / name, as_version=4)
    stubs = {notebooks.grade_id(cell): cell.source for cell in released.cells if notebooks.is_solution(cell)}
    graded = {student: nbformat.read(place, as_version=4) for student in course.students("autograded", lesson)
              if (place := course.place("autograded", student, lesson) / name).exists()}
    return similarity.most_similar(graded, stubs)


# Tables

def _item_rows(items):
    yield ("item", "points", "graded", "waiting", "difficulty", "full marks", "discrimination", "seconds",
           "most frequent reason")
    for item in items:
        yield (item.grade_id, item.max_score, item.graded, item.waiting, *map(_decimals, (
            item.difficulty, item.full, item.discrimination, item.seconds)), item.reason)


def _student_rows(outcomes):
    yield "student", "score", "max", "late", "penalty", "to mark by hand", "flags", "reason"
    for outcome in outcomes:
        yield (outcome.student, outcome.score, outcome.max_score, in_words(outcome.late), outcome.penalty,
               outcome.by_hand, "; ".join(flags_of(outcome)), outcome.reason)


def _pair_rows(pairs):
    several = len(pairs) > 1
    yield "one", "other", "similarity", "usual", "identical answers", *(["notebook"] if several else [])
    for name, alike in pairs.items():
        for pair in alike:
            yield (pair.one, pair.other, _decimals(pair.similarity), _decimals(pair.usual),
                   "; ".join(pair.identical), *([name] if several else []))


def flags_of(outcome):
    """What a person should look at in a submission, each with its item."""
    return [f"{item.grade_id}: {flag}" for item in outcome.items for flag in item.flags]


def _decimals(value):
    return "" if value is None else f"{value:.2f}"


def _write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([defused(value) for value in row] for row in rows)


# The page

def _page(lesson, outcomes, items, pairs):
    shell = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    shell.filters |= {"percent": _percent, "decimals": lambda value: _decimals(value) or "–", "delay": in_words}
    scores = [outcome.score for outcome in outcomes]
    with mpl.rc_context():
        figures.style()
        mpl.rcParams["svg.hashsalt"] = lesson  # the same page from the same marks
        pictures = [picture for picture in (_histogram(outcomes), _items_figure(items), _seconds_figure(items))
                    if picture]
    return shell.get_template("attention_report/report.html.j2").render(
        lesson=lesson, outcomes=outcomes, items=items, pairs=pairs, pictures=pictures, weak=WEAK, fewest=FEWEST,
        flagged=[(outcome.student, flags_of(outcome)) for outcome in outcomes if flags_of(outcome)],
        waiting=sum(outcome.by_hand > 0 for outcome in outcomes), most=max(outcome.max_score for outcome in outcomes),
        mean=float(np.mean(scores)), median=float(np.median(scores)),
        style=(TEMPLATES / "attention_feedback" / "style.css").read_text(encoding="utf-8"))


def _percent(value):
    return "–" if value is None else f"{value:.0%}"


def _histogram(outcomes):
    most = max(outcome.max_score for outcome in outcomes) or 1
    shares = np.array([100 * outcome.score / most for outcome in outcomes])
    figure, axes = plt.subplots(figsize=(7, 3.2))
    counts, _, _ = axes.hist(shares, bins=np.arange(0, 101, 10), color=figures.BLUE, edgecolor="white")
    axes.set(xlabel="points (% of all)", ylabel="students", xticks=range(0, 101, 20))
    axes.yaxis.get_major_locator().set_params(integer=True)
    told = ", ".join(f"{low} to {low + 10} %: {int(n)}" for low, n in zip(range(0, 100, 10), counts, strict=True) if n)
    return _picture(figure, "How the marks are spread", f"Students by share of the points. {told}.")


def _items_figure(items):
    shown = [item for item in items if item.difficulty is not None]
    if not shown:
        return None
    figure, axes = plt.subplots(figsize=(7, 0.8 + 0.38 * len(shown)))
    names, shares = [item.grade_id for item in shown], [100 * item.difficulty for item in shown]
    colours = [figures.RED if item.discrimination is not None and item.discrimination < WEAK else figures.BLUE
               for item in shown]
    axes.barh(names, shares, color=colours)
    for place, share in enumerate(shares):
        axes.text(share + 1, place, f"{share:.0f} %", va="center", fontsize=11)
    axes.set(xlabel="mean share of the points (%)", xlim=(0, 112), xticks=range(0, 101, 20))
    axes.invert_yaxis()
    told = ", ".join(f"{name} {share:.0f} %" for name, share in zip(names, shares, strict=True))
    return _picture(figure, "How hard each item was", f"Mean share of the points, item by item: {told}. Red bars are "
                    f"items whose discrimination is below {WEAK}.")


def _seconds_figure(items):
    shown = [item for item in items if item.seconds is not None]
    if not shown:
        return None
    figure, axes = plt.subplots(figsize=(7, 0.8 + 0.38 * len(shown)))
    names, seconds = [item.grade_id for item in shown], [item.seconds for item in shown]
    axes.barh(names, seconds, color=figures.GREEN)
    axes.set(xlabel="mean time a test took (s)")
    axes.invert_yaxis()
    told = ", ".join(f"{name} {value:.2f} s" for name, value in zip(names, seconds, strict=True))
    return _picture(figure, "How long the tests took", f"Mean seconds, item by item: {told}.")


def _picture(figure, title, alt):
    """What the page shows of a figure: an SVG in the page itself, with its alternative text."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
    return {"title": title, "alt": alt, "data": base64.b64encode(file.getvalue()).decode()}
