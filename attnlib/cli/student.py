"""The student's verbs: lab, check, progress, pack, doctor."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from attnlib import paths
from attnlib.cli import work
from attnlib.paths import Problem

app = typer.Typer()
screen = Console(highlight=False)

Lesson = Annotated[str, typer.Argument(help="A lesson, or one notebook of it: 01, embeddings or 01_embeddings.",
                                        show_default=False)]


@app.command(epilog="Example: `attn lab`, or `attn lab embeddings`.")
def lab(
    lesson: Annotated[str, typer.Argument(help="The lesson to open; the first one if none is named.")] = "",
    port: Annotated[int | None, typer.Option(help="The port to serve on.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    fetch: Annotated[str, typer.Option(metavar="LESSON", help="Put this lesson, as it is now, beside your copy.")] = "",
):
    """Open JupyterLab on your copies of the lessons, in work/. Nothing there is ever overwritten."""
    from attnlib.cli import lab as jupyter

    if fetch:
        for released in paths.find(fetch)[1]:
            screen.print(f"{paths.full_name(released)} as it is now is in {_short(work.fetch(released))}. "
                         "Your own copy is as it was.", markup=False)
        return
    first = paths.find(lesson)[1] if lesson else _released()
    if not first:
        raise Problem("There are no lessons in notebooks/ yet.", "Author: `make lessons release` writes them.")
    port = jupyter.pick_port(port)
    _prepare()
    page = work.place_of(first[0]).relative_to(work.folder()).as_posix()
    screen.print(f"JupyterLab is at http://localhost:{port}/lab. Stop it with Ctrl-C, twice.")
    jupyter.serve(work.folder(), page, port, browser)


def _released():
    """The paths of all notebooks that have been released, in order."""
    return [path for lesson in paths.lessons() for path in paths.notebooks(lesson)]


def _prepare():
    """Copy the notebooks that are not in work/ yet, and say which have changed or can't be read."""
    from attnlib import notebooks

    work.folder()
    copied = work.copy_missing(paths.lessons())
    if copied:
        screen.print(f"New in work/: {', '.join(copied)}.", markup=False)
    for released in filter(work.has_changed, _released()):
        name = paths.full_name(released)
        screen.print(f"{name} has changed since you got it. Your copy is as it was; "
                     f"`attn lab --fetch {name}` puts the new one beside it.", markup=False)
    for released in _released():
        try:
            notebooks.read(work.place_of(released))
        except Problem as problem:
            screen.print(f"Your copy of {paths.full_name(released)}: {problem}", style="red", markup=False)


def _short(path):
    """`path` as seen from the course's folder."""
    return path.relative_to(paths.root()).as_posix()


@app.command(epilog="Example: `attn check embeddings`. Exit code 0 only if every test passes.")
def check(lesson: Lesson):
    """Run the visible tests on your copy of a lesson, in a fresh kernel, and show a hint where one fails."""
    passed = total = 0
    for released in paths.find(lesson)[1]:
        results, notes, unanswered = _run(released)
        screen.print(_table(paths.full_name(released), results, unanswered))
        for note in notes:
            screen.print(f"Note: {note}.", style="yellow", markup=False)
        passed, total = passed + sum(result.passed for result in results), total + len(results)
    screen.print(f"{passed} of {total} tests pass. They are the visible ones; grading tries more cases.")
    if passed < total:
        raise typer.Exit(1)


def _run(released):
    """The results of checking a notebook, with a line that shows how far it is; they are remembered."""
    from attnlib.cli import checking

    copy, name = work.copy_of(released), paths.full_name(released)
    seen = work.fingerprint(copy)
    with screen.status(f"Checking {name} ...") as status:
        results, notes, unanswered = checking.run(
            released, copy, on_cell=lambda done, total: status.update(f"Checking {name}: cell {done} of {total}"))
    work.remember("checked", released, {"copy": seen, "results": [result.as_dict() for result in results]})
    return results, notes, unanswered


def _table(name, results, unanswered):
    from attnlib.cli.checking import exercise_of

    table = Table(title=name, title_justify="left", show_lines=False)
    table.add_column("test", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("")
    table.add_column("hint", overflow="fold")
    for result in results:
        mark = "[green]✓[/]" if result.passed else "[red]✗[/]"
        table.add_row(escape(exercise_of(result.test)), f"{result.points:g}", mark, escape(result.hint or ""))
    for answer in unanswered:
        table.add_row(escape(answer), "", "…", "graded by hand; nothing written yet")
    return table


@app.command(epilog="Example: `attn progress`; `attn progress --now` checks every lesson again.")
def progress(now: Annotated[bool, typer.Option("--now", help="Check every lesson now; takes a while.")] = False):
    """All lessons at a glance, as they were when you last checked them."""
    if not _released():
        raise Problem("There are no lessons in notebooks/ yet.", "Author: `make lessons release` writes them.")
    table = Table(title="Your lessons", title_justify="left")
    for heading in ("lesson", "tests that pass", "points", "last checked"):
        table.add_column(heading)
    for released in _released():
        copy, name = work.place_of(released), paths.full_name(released)
        if now and copy.is_file():
            try:
                _run(released)
            except Problem as problem:
                screen.print(f"{name}: {problem}", style="red", markup=False)
        table.add_row(name, *_standing(copy, work.recall()["checked"].get(name)))
    screen.print(table)
    if not now:
        screen.print("`attn check LESSON` looks at one lesson now, `attn progress --now` at all.")


def _standing(copy, checked):
    """(tests, points, when) of one work copy, from what was remembered at its last check."""
    if not copy.is_file():
        return "not begun", "", ""
    try:
        results = [(float(result["points"]), result["hint"] is None) for result in checked["results"]]
        when = datetime.fromisoformat(checked["when"]).strftime("%Y-%m-%d %H:%M")
    except (TypeError, KeyError, ValueError):
        return "not checked yet", "", ""
    points = sum(points for points, passed in results if passed)
    since = "" if checked.get("copy") == work.fingerprint(copy) else " (you have changed it since)"
    return (f"{sum(passed for _, passed in results)} of {len(results)}",
            f"{points:g} of {sum(points for points, _ in results):g}", when + since)


@app.command(epilog="Example: `attn pack embeddings` makes work/01_embeddings.zip.")
def pack(
    lesson: Lesson,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a zip that is there already.")] = False,
):
    """Check your copy of a lesson and make the zip to hand in. Unfinished work is packed too, and said to be."""
    name = paths.lesson(lesson)  # a lesson is handed in with all its notebooks
    copies, target = [work.copy_of(path) for path in paths.notebooks(name)], work.folder() / f"{name}.zip"
    if target.exists() and not replace:
        raise Problem(f"{_short(target)} is there already.", f"`attn pack {name} --replace` writes over it.")
    results, notes, unanswered = [], [], []
    for released in paths.notebooks(name):
        for whole, part in zip((results, notes, unanswered), _run(released), strict=True):
            whole += part
    work.write_zip(target, {f"{name}/{copy.name}": copy for copy in copies})
    for note in notes:
        screen.print(f"Note: {note} when it is graded.", style="yellow", markup=False)
    failing = [result.test.removeprefix("test_") for result in results if not result.passed]
    if failing:
        screen.print(f"Not passing yet: {', '.join(failing)}.", style="yellow", markup=False)
    if unanswered:
        screen.print(f"Nothing written yet: {', '.join(unanswered)}.", style="yellow", markup=False)
    screen.print(f"To hand in: {_short(target)} ({len(results) - len(failing)} of {len(results)} tests pass).")


@app.command(epilog="Example: `attn doctor`. Exit code 0 if all that a student needs is there.")
def doctor():
    """What is installed, what is missing and how to get it."""
    from attnlib.cli import health

    table = Table(title="The course on this machine", title_justify="left")
    for heading in ("", "what", "found", "needed by", "remedy"):
        table.add_column(heading, overflow="fold")
    findings = health.look()
    for finding in findings:
        mark = "[green]✓[/]" if finding.well else "[red]✗[/]"
        remedy = finding.remedy if not finding.well or finding.what == ".venv" else ""
        table.add_row(mark, finding.what, escape(finding.found), finding.needed_by, escape(remedy))
    screen.print(table)
    if not all(finding.well for finding in findings if finding.needed_by == "student"):
        raise typer.Exit(1)
