"""Feedback: a page per student that needs nothing but itself, and that tells no hidden test.

nbgrader's own `generate_feedback` with three things of the course's: hidden tests are masked before
the page is made, mathematics is written as MathML, which browsers show offline, and the page loads
no script and makes no request.
"""

import glob
import html
import re
from pathlib import Path
from urllib.parse import quote

import sqlalchemy.exc
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import GetGrades
from nbgrader.preprocessors.base import NbGraderPreprocessor

from attnlib.grading.course import QUIET, unusable
from attnlib.grading.grade import result
from attnlib.grading.late import in_words
from attnlib.grading.safe import SafeOutputs
from attnlib.grading.score import BEGIN, COLOUR, END, hidden, hidden_lines
from attnlib.paths import Problem

TEMPLATES = Path(__file__).parent / "templates"
STYLE = TEMPLATES / "attention_feedback" / "style.css"
MASK = "# hidden tests ran here"
MASKED = "(a hidden test)"
REGION = re.compile(f"#* *{BEGIN}.*?({END}|$)", re.DOTALL)
TELLING = 12  # characters; shorter lines of a hidden test, such as `x = 3`, stand everywhere


class MaskHiddenTests(NbGraderPreprocessor):
    """Takes the hidden tests out of a graded notebook, and what was printed while or about them."""

    def preprocess(self, nb, resources):
        secret = {line.strip() for cell in nb.cells for line in _hidden_part(cell)}
        secret = {line for line in secret if len(line) >= TELLING}
        for cell in nb.cells:
            self._mask_outputs(cell)
            self._mask_source(cell)
            for output in cell.get("outputs", []):
                _without(output, secret)
        return nb, resources

    @staticmethod
    def _mask_source(cell):
        within = hidden_lines(cell.source)
        if within:
            lines = [line for number, line in enumerate(cell.source.split("\n"), 1) if number not in within]
            cell.source = "\n".join([*lines[:within[0] - 1], MASK, *lines[within[0] - 1:]])

    @staticmethod
    def _mask_outputs(cell):
        """Of a cell with hidden tests only its own error is kept: who printed what, and when, can't be told apart."""
        if not hidden_lines(cell.source):
            return
        kept = []
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                if hidden(cell, output):
                    reason = cell.metadata.get("attn", {}).get("reason") or "a hidden test failed"
                    output.ename, output.evalue, output.traceback = "Failed", reason, [f"Failed: {reason}."]
                elif output.ename != "NotYet":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
                kept.append(output)
        cell.outputs = kept


def _hidden_part(cell):
    lines = cell.source.split("\n")
    return [lines[number - 1] for number in hidden_lines(cell.source)]


def _without(output, secret):
    """Mask every secret line in an output's texts, as it stands or as Python's repr shows it."""
    def masked(text):
        plain = COLOUR.sub("", text)
        if BEGIN in plain:  # a whole test cell, as the kernel's history has it
            return masked(REGION.sub(MASKED, plain))
        found = [line for line in secret for form in {line, repr(line)[1:-1], html.escape(line)} if form in plain]
        if not found:
            return text
        for line in found:
            for form in (line, repr(line)[1:-1], html.escape(line)):
                plain = plain.replace(form, MASKED)
        return plain

    if "text" in output:
        output.text = masked(output.text)
    if "traceback" in output:
        output.traceback = [masked(part) for part in output.traceback]
        output.evalue = masked(output.evalue)
    for kind, data in output.get("data", {}).items():
        if isinstance(data, str) and not kind.startswith("image/p"):
            output.data[kind] = masked(data)


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

    Returns ([page of each student], the list's page). Raises Problem where nobody was graded, and at the end
    where a page could not be made, with the names; the others' pages are there then.
    """
    there = course.students("autograded", lesson)
    if not there:
        raise Problem(f"Nobody's {lesson} has been graded yet.", f"Grade first: `attn grade {lesson}`.")
    unknown = sorted(set(students) - set(there))
    if unknown:
        raise Problem(f"{lesson} of {', '.join(unknown)} has not been graded.", f"Graded are: {', '.join(there)}.")
    failed = []
    for student in there:
        if students and student not in students:
            continue
        tell(student)
        why = _page(course, lesson, student)
        if why:
            failed.append(f"{student} ({why})")
    name = f"{course.source(lesson).stem}.html"
    pages = [page for student in there if (page := course.place("feedback", student, lesson) / name).exists()]
    index = _index(course, lesson, name)
    if failed:
        raise Problem(f"No page could be made for {', '.join(failed)}.",
                      f"Grade them again: `attn grade {lesson} --student ID --force`. The others have theirs.")
    return pages, index


def _page(course, lesson, student):
    """Make one student's page; returns why not, or ""."""
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


def _index(course, lesson, name):
    """The instructor's list: who, how many points, why not more, and the page."""
    rows = []
    for student in course.students("autograded", lesson):
        if not (course.place("feedback", student, lesson) / name).exists():
            continue
        outcome = result(course, lesson, student)
        link = "/".join(quote(part) for part in (student, lesson, name))
        waits = f", {outcome.by_hand} to mark by hand" if outcome.by_hand else ""
        rows.append(f'<tr><td><a href="{html.escape(link)}">{html.escape(student)}</a></td>'
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



