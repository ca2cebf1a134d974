"""The instructor's verbs for what comes after grading: `attn report`, `attn export`."""

import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from attnlib.grading.grade_verbs import Lesson, _console, _course
from attnlib.paths import Problem

app = typer.Typer(no_args_is_help=True)
Form = StrEnum("Form", {name: name for name in ("canvas", "moodle", "gradescope", "csv")})


@app.command()
def report(
    lesson: Lesson,
    show: bool = typer.Option(False, "--open", help="Open the page in a browser."),
):
    """Write a page on what the class did: items, marks, flags, similar submissions; and the same as CSV files.

    Example: attn report 01 --open
    """
    from attnlib.grading import report as reporting

    course, console = _course(), _console()
    name = course.lesson(lesson)
    with console.status(f"reading {name}") as line:
        page, *tables = reporting.report(course, name, lambda student: line.update(f"reading {name}: {student}"))
    for path in tables:
        console.print(str(path.relative_to(course.root)), markup=False, soft_wrap=True)
    console.print(f"The report: {page.as_uri()}", markup=False, soft_wrap=True)
    if show:
        webbrowser.open(page.as_uri())


@app.command()
def export(
    lessons: Annotated[list[str] | None, typer.Argument(metavar="[LESSON…]", help="By default all graded.")] = None,
    form: Annotated[Form, typer.Option("--format", help="For which platform.")] = Form.csv,
    into: Annotated[Path | None, typer.Option(
        "--into", metavar="FILE", help="Fill a copy of the platform's own sheet (Canvas, Moodle).")] = None,
    roster: Annotated[Path | None, typer.Option(
        "--roster", metavar="FILE", help="CSV: student,platform_id,name,email; by default roster.csv.")] = None,
    column: Annotated[str | None, typer.Option(
        "--column", metavar="NAME", help="What the sheet calls the lesson.")] = None,
):
    """Write the marks for Canvas, Moodle or Gradescope, or as a plain table, into export/.

    Example: attn export 01 --format canvas --into gradebook.csv
    """
    from attnlib.grading import export as exporting

    course, console = _course(), _console()
    graded = sorted({path.name for path in course.place("autograded").glob("*/*") if path.is_dir()})
    names = [course.lesson(lesson) for lesson in lessons or graded]
    if not names:
        raise Problem("No lesson has been graded yet.", "Grade one first: `attn grade LESSON`.")
    with console.status(f"exporting {', '.join(names)}"):
        done = exporting.export(course, names, form.value, into, roster, column)
    for note in done.notes:
        console.print(f"Note: {note}.", style="yellow", markup=False, soft_wrap=True)
    console.print(f"{len(done.students)} students: {done.path.relative_to(course.root)}", markup=False, soft_wrap=True)
