"""The instructor's verbs: `attn collect`, `grade`, `feedback`, `formgrader`, `grade-demo`."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from attnlib import paths
from attnlib.paths import Problem

app = typer.Typer(no_args_is_help=True)
Lesson = Annotated[str, typer.Argument(metavar="LESSON", help='Such as "01_embeddings", "01" or "embeddings".')]
Students = Annotated[list[str] | None, typer.Option(
    "--student", metavar="ID", help="Only this student; may be given several times.")]


def _course():
    from attnlib.grading.course import Course

    # nbgrader calls programs of the environment (alembic) by their bare names.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return Course(paths.root())


def _console():
    from rich.console import Console

    return Console(highlight=False)


@app.command()
def collect(
    lesson: Lesson,
    sources: Annotated[list[Path], typer.Option("--from", metavar="PATH", help="A download: zip, folder, notebook.")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Further downloads.")] = None,
    roster: Annotated[Path | None, typer.Option(
        "--roster", metavar="FILE", help="CSV: student,platform_id,file_name (and name, email).")] = None,
):
    """Put what students handed in into submitted/STUDENT/LESSON/; what can't be taken is named.

    Knows Moodle's and Canvas's downloads, a folder or a zip per student, nbgrader's folders. A later
    submission takes the place of an earlier one, which is kept in submitted/.earlier/.

    Example: attn collect 01 --from moodle.zip --roster class.csv
    """
    from attnlib.grading import collect as collecting

    course, console = _course(), _console()
    name = course.lesson(lesson)
    with console.status(f"collecting {name}"):
        outcome = collecting.collect(course, name, [*sources, *(more or [])], roster)
    for line in outcome.notes:
        console.print(f"Note: {line}.", style="yellow", markup=False, soft_wrap=True)
    for line in outcome.refused:
        console.print(f"Refused: {line}.", style="red", markup=False, soft_wrap=True)
    if outcome.absent:
        console.print(f"Nothing yet from: {', '.join(outcome.absent)}.", markup=False, soft_wrap=True)
    console.print(f"{name}: {len(outcome.new)} new, {len(outcome.updated)} updated, "
                  f"{len(outcome.unchanged)} unchanged, {len(outcome.refused)} refused.")
    if not outcome.students:
        raise Problem("Nothing was collected.", "The lines above say why; a --roster tells whose each file is.")


@app.command()
def grade(
    lesson: Lesson,
    student: Students = None,
    force: bool = typer.Option(False, "--force", help="Grade again what hasn't changed."),
    unsafe: bool = typer.Option(False, "--unsafe", help="Without a sandbox: students' code runs as you."),
    json: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Also a line of JSON an item; - for the screen.")] = None,
):
    """Grade what was collected; each item ends with points and, where some are missing, a reason.

    Students' code runs in a sandbox (bubblewrap) without network or sight of anything else.
    What hasn't changed since it was graded is not run again. Marks given by hand stay.

    Example: attn grade 01 --json marks.jsonl
    """
    from attnlib.grading import grade as grading

    course = _course()
    name = course.lesson(lesson)
    with _live(f"grading {name}", json) as (console, tell):
        results = grading.grade(course, name, student or (), force, unsafe, tell)
    console.print(results_table(name, results))
    if json is not None:
        grading.write_json(results, json)


@contextmanager
def _live(doing, json):
    """(console, tell) around a rich display of who is being graded; plain lines where it is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(highlight=False, stderr=str(json) == "-")
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                   TextColumn("{task.fields[who]}", markup=False), console=console, transient=True,
                   disable=not console.is_terminal)
    task = bar.add_task(doing, total=None, who="")

    def tell(student, outcome, of=None):
        if outcome is None:
            bar.update(task, who=student, total=of)
            return
        bar.advance(task)
        said = "unchanged" if outcome.again else outcome.reason
        console.print(f"{student}: {outcome.score:g} of {outcome.max_score:g}" + (f" ({said})" if said else ""),
                      markup=False, soft_wrap=True)

    with bar:
        yield console, tell


def results_table(name, results):
    """student, score, max, late, reason."""
    from rich.markup import escape
    from rich.table import Table

    from attnlib.grading.late import in_words

    table = Table("student", "score", "max", "late", "reason", title=name, title_justify="left")
    for outcome in results:
        delay = in_words(outcome.late) + (f" (−{outcome.penalty:g})" if outcome.penalty else "")
        waits = f"{outcome.by_hand} to mark by hand" if outcome.by_hand else ""
        reason = "; ".join(part for part in (outcome.reason, waits) if part)
        table.add_row(escape(outcome.student), f"{outcome.score:g}", f"{outcome.max_score:g}", delay, escape(reason))
    return table


@app.command()
def feedback(lesson: Lesson, student: Students = None):
    """Write a page of feedback for each graded student, and one that lists them for you.

    The pages need no network, and hidden tests are masked in them.

    Example: attn feedback 01
    """
    from attnlib.grading import feedback as pages_of

    course, console = _course(), _console()
    name = course.lesson(lesson)
    with console.status(f"feedback for {name}") as line:
        pages, index = pages_of.feedback(course, name, student or (),
                                         lambda who: line.update(f"feedback for {name}: {who}"))
    for page in pages:
        console.print(str(page.relative_to(course.root)), markup=False, soft_wrap=True)
    console.print(f"{len(pages)} pages. The list of them: {index.as_uri()}", markup=False, soft_wrap=True)


@app.command()
def formgrader(
    port: int = typer.Option(8888, "--port", help="The first port to try."),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open a browser window."),
):
    """Open nbgrader's page for marking by hand, on this course.

    Example: attn formgrader
    """
    course = _course()
    with course.gradebook():  # one that can't be used is said here, not in a browser
        pass
    page = "/formgrader/manage_assignments"
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={course.root}", f"--ServerApp.port={port}",
               f"--ServerApp.default_url={page}", f"--LabApp.default_url={page}"]
    command += [] if browser else ["--no-browser"]
    command += ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []  # as in a container
    raise typer.Exit(subprocess.run(command, cwd=course.root).returncode)


@app.command("grade-demo")
def grade_demo(
    lesson: str = typer.Argument(None, metavar="[LESSON]", help="By default the newest that the demo knows."),
    show: bool = typer.Option(True, "--open/--no-open", help="Open the list of feedback pages in a browser."),
):
    """Grade a made-up class of twelve from zip to feedback page; each score stands beside what it should be.

    Example: attn grade-demo --no-open
    """
    from attnlib.grading import demo

    _course()
    if not demo.show(lesson, show):
        raise typer.Exit(1)
