"""Feedback: a page per student that needs nothing but itself, and that tells no hidden test.

nbgrader's own `generate_feedback` with three things of the course's: hidden tests are masked before
the page is made, mathematics is written as MathML, which browsers show offline, and the page loads
no script and makes no request.
"""

import glob
import html
import json
from pathlib import Path
from urllib.parse import quote

import sqlalchemy.exc
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import GetGrades

from attnlib.grading.course import QUIET, Course, unusable
from attnlib.grading.executor import Job, LocalPool, outcomes
from attnlib.grading.grade import cores, result
from attnlib.grading.late import in_words
from attnlib.grading.mask import MaskHiddenTests
from attnlib.grading.safe import SafeOutputs
from attnlib.paths import Problem

TEMPLATES = Path(__file__).parent / "templates"
STYLE = TEMPLATES / "attention_feedback" / "style.css"
FEW = 8  # students whose pages are made sooner than other processes start


class FeedbackPage(HTMLExporter):
    """nbconvert's HTML page in the course's template."""

    def from_notebook_node(self, nb, resources=None, **settings):
        resources = {**(resources or {}), "attn_style": STYLE.read_text(encoding="utf-8")}
        return super().from_notebook_node(nb, resources, **settings)


def configure(config):
    """Settings that make nbgrader's own `generate_feedback` write the course's pages."""
    config.GenerateFeedback.preprocessors = [MaskHiddenTests, SafeOutputs, GetGrades, CSSHTMLHeaderPreprocessor]
    config.GenerateFeedback.exporter_class = FeedbackPage
    config.FeedbackPage.template_name = "attention_feedback"
    config.FeedbackPage.extra_template_basedirs = [str(TEMPLATES)]


def feedback(course, lesson, students=(), tell=lambda student: None):
    """Write feedback/STUDENT/LESSON/*.html for all who were graded, and feedback/LESSON.html, which lists them.

    Returns ([each student's page of each notebook], the list's page). Raises Problem where nobody was graded, and at
    the end where a page could not be made, with the names; the others' pages are there then.
    """
    there = course.students("autograded", lesson)
    if not there:
        raise Problem(f"Nobody's {lesson} has been graded yet.", f"Grade first: `attn grade {lesson}`.")
    unknown = sorted(set(students) - set(there))
    if unknown:
        raise Problem(f"{lesson} of {', '.join(unknown)} has not been graded.", f"Graded are: {', '.join(there)}.")
    failed = []
    for student, why in _made(course, lesson, [student for student in there if not students or student in students]):
        tell(student)
        if isinstance(why, Problem):
            raise why
        if why:
            failed.append(f"{student} ({why})")
    failed.sort()
    pages = {student: _pages(course, lesson, student) for student in there}
    index = _index(course, lesson, {student: own for student, own in pages.items() if own})
    if failed:
        raise Problem(f"No page could be made for {', '.join(failed)}.",
                      f"Grade them again: `attn grade {lesson} --student ID --force`. The others have theirs.")
    return [page for own in pages.values() for page in own], index


def _made(course, lesson, students):
    """Make the students' pages, a process for each core; yields (student, why there is none, or "")."""
    if len(students) < FEW:
        yield from ((student, _page(course, lesson, student)) for student in students)
        return
    jobs = (Job(student, json.dumps([str(course.root), lesson, student]).encode()) for student in students)
    with LocalPool(cores()) as pool:
        yield from outcomes(_page_elsewhere, jobs, pool)


def _page_elsewhere(payload):
    root, lesson, student = json.loads(payload)
    return _page(Course(Path(root)), lesson, student)


def _pages(course, lesson, student):
    """A student's pages that are there, a page a notebook."""
    places = [course.place("feedback", student, lesson) / f"{source.stem}.html" for source in course.sources(lesson)]
    return [place for place in places if place.exists()]


def _page(course, lesson, student):
    """Make one student's pages; returns why not, or ""."""
    config = course.config.copy()
    configure(config)
    directory = course.directory(lesson, glob.escape(student))
    converter = GenerateFeedback(coursedir=directory, config=config, log=QUIET, force=True)
    try:
        converter.start()
    except sqlalchemy.exc.OperationalError as error:
        raise unusable(error) from error
    except (NbGraderException, SystemExit, OSError) as error:
        with course.gradebook():  # a gradebook that can't be used is not this student's fault
            pass
        return str(error).splitlines()[0]
    return ""


def _index(course, lesson, pages):
    """The instructor's list: who, how many points, why not more, and the pages. pages: {student: their places}."""
    rows, several = [], len(course.sources(lesson)) > 1
    for student, own in pages.items():
        outcome = result(course, lesson, student)
        links = ((quote(page.relative_to(course.root / "feedback").as_posix()),
                  f"{student}, {page.stem}" if several else student) for page in own)
        who = "<br>".join(f'<a href="{html.escape(link)}">{html.escape(text)}</a>' for link, text in links)
        waits = f", {outcome.by_hand} to mark by hand" if outcome.by_hand else ""
        rows.append(f"<tr><td>{who}</td>"
                    f"<td>{outcome.score:g} of {outcome.max_score:g}{waits}</td>"
                    f"<td>{in_words(outcome.late)}</td><td>{html.escape(outcome.reason)}</td></tr>")
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{lesson}: feedback</title><style>{STYLE.read_text(encoding="utf-8")}</style></head>
<body><main><h1>{lesson}: feedback</h1>
<table><caption>For the instructor: every student's page</caption>
<thead><tr><th scope="col">student</th><th scope="col">points</th><th scope="col">late</th>
<th scope="col">why not more</th></tr></thead>
<tbody>
{chr(10).join(rows)}
</tbody></table></main></body></html>
"""
    path = course.root / "feedback" / f"{lesson}.html"
    path.write_text(page, encoding="utf-8")
    return path



