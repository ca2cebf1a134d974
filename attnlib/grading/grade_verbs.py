"""The instructor's verbs: `attn collect`, `grade`, `feedback`, `formgrader`, `grade-demo`."""

import os
import subprocess
import sys
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
    policy: str = typer.Option(
        "newest", "--policy", help="Which of several submissions counts: newest, first, in-time (newest not late)."),
):
    """Put what students handed in into submitted/STUDENT/LESSON/; what can't be taken is named.

    Knows Moodle's and Canvas's downloads, a folder or a zip per student, nbgrader's folders. Of several
    submissions the newest counts, or what --policy says; the others are kept in submitted/.earlier/.

    Example: attn collect 01 --from moodle.zip --roster class.csv
    """
    from attnlib.grading import collect as collecting

    course, console = _course(), _console()
    name = course.lesson(lesson)
    with console.status(f"collecting {name}"):
        outcome = collecting.collect(course, name, [*sources, *(more or [])], roster, policy)
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
    workers: Annotated[int | None, typer.Option(
        "--workers", min=1, metavar="N", help="Submissions at a time; by default as many as there are cores.")] = None,
    scheduler: Annotated[str | None, typer.Option(
        "--scheduler", metavar="ADDRESS", help="Run them on a Dask cluster, such as tcp://HOST:8786.")] = None,
    tls_ca: Annotated[Path | None, typer.Option("--tls-ca", metavar="FILE", help="For --scheduler tls://…")] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE")] = None,
    force: bool = typer.Option(False, "--force", help="Grade again what hasn't changed."),
    unsafe: bool = typer.Option(False, "--unsafe", help="Without a sandbox: students' code runs as you."),
    json: Annotated[Path | None, typer.Option(
        "--json", metavar="FILE", help="Also a line of JSON an item; - for the screen.")] = None,
):
    """Grade what was collected; each item ends with points and, where some are missing, a reason.

    Students' code runs in a sandbox (bubblewrap) without network or sight of anything else.
    What hasn't changed since it was graded is not run again, and marks given by hand stay. Ctrl-C
    loses nothing: the same command goes on with the rest.

    Example: attn grade 01 --workers 4 --json marks.jsonl
    """
    from attnlib.grading import executor, live
    from attnlib.grading.grade import Grading

    if scheduler is None and (tls_ca or tls_cert or tls_key):
        raise Problem("The --tls options are for a Dask cluster.", "Name its --scheduler too.")
    course = _course()
    pool = executor.DaskPool(scheduler, (tls_ca, tls_cert, tls_key)) if scheduler else None
    if workers and not scheduler:
        pool = executor.LocalPool(workers)
    run = Grading(course, course.lesson(lesson), student or (), force, unsafe, pool)
    raise typer.Exit(live.show(run, json))


@app.command()
def feedback(lesson: Lesson, student: Students = None):
    """Write a page of feedback for each graded notebook of each student, and one that lists them for you.

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
    """Grade a made-up class of forty, eight of them hostile, from zip to feedback page.

    What came of each stands beside what it should be; exit code 1 where they differ.

    Example: attn grade-demo --no-open
    """
    from attnlib.grading import demo

    _course()
    if not demo.show(lesson, show):
        raise typer.Exit(1)
