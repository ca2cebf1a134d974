"""The author's verbs: `attn lessons`, `attn release`, `attn new-lesson`."""

from pathlib import Path

import typer

from attnlib import paths

app = typer.Typer(no_args_is_help=True)
CHOSEN = typer.Argument(None, metavar="[LESSON…]", help='"01_embeddings", "01" or "embeddings"; all by default.')
TO = typer.Option(None, "--to", metavar="DIR", help="Also write a students' repository there.")
SHOWN = 0.1  # seconds; quicker cells aren't listed


@app.command("lessons")
def lessons_verb(
    chosen: list[str] = CHOSEN,
    force: bool = typer.Option(False, "--force", help="Execute again, even if no code has changed."),
):
    """Write each lesson's notebook from its text, and execute it if its code has changed.

    The texts in solutions/NN_name/ are read, never written. A lesson may have several, and one of them may be
    named alone. Seconds per cell: build/timings/. solutions/LESSONS.md, a part of the instructor's guide, is kept up.

    Example: attn lessons 01_embeddings
    """
    from rich.console import Console

    from attnlib.grading import guide, lessons

    root, console = paths.root(), Console()
    slowest = []
    for name in lessons.choose(root, chosen):
        with console.status(name) as line:
            status, timings = lessons.build(
                root, name, force,
                lambda done, of, cell, name=name, line=line: line.update(f"{name}: cell {done + 1} of {of}"))
        seconds = sum(entry["seconds"] for entry in timings)
        console.print({"executed": f"{name}: {len(timings)} cells executed in {seconds:.1f} s.",
                       "prose": f"{name}: text updated, outputs kept (no code has changed).",
                       "unchanged": f"{name}: nothing to do."}[status], highlight=False)
        slowest += [(entry["seconds"], name, entry) for entry in timings if entry["seconds"] >= SHOWN]
    guide.write(root)
    if slowest:
        console.print(_slowest(slowest))


def _slowest(entries, rows=8):
    """A table of the cells that took longest."""
    from rich.table import Column, Table

    table = Table("seconds", Column("lesson", no_wrap=True), Column("cell", no_wrap=True, max_width=36), "tags",
                  title="Slowest cells")
    for seconds, name, entry in sorted(entries, key=lambda entry: -entry[0])[:rows]:
        table.add_row(f"{seconds:.2f}", name, entry["name"].replace("[", r"\["), " ".join(entry["tags"]))
    return table


@app.command("release", rich_help_panel="Instructor")
def release_verb(
    chosen: list[str] = CHOSEN,
    to: Path = TO,
):
    """Generate the students' notebooks in notebooks/ and verify that nothing leaks.

    Nothing is changed where work that was handed in would not survive the new release.

    Example: attn release 01_embeddings --to ../attention-course
    """
    from rich.console import Console

    from attnlib.grading import lessons, release, students

    root, console = paths.root(), Console(highlight=False)
    names = list(dict.fromkeys(lessons.lesson_of(root, name) for name in lessons.choose(root, chosen)))
    if to is not None:
        students.recorded(to.expanduser())  # a folder that won't do is refused before anything changes
    with console.status("generating and checking"):
        changed = release.release(root, names)
    for name in names:
        console.print(f"{name}: {'released' if name in changed else 'released already, nothing changed'}.")
    if to is not None:
        count = students.write(root, to, names)
        console.print(f"Students' repository in {to}: {count} files written or updated.", soft_wrap=True)


@app.command("new-lesson")
def new_lesson_verb(name: str = typer.Argument(..., help='Such as "pointers" or "08_pointers".')):
    """Write a lesson's skeleton: text, check, the course's own version, catalogue of answers.

    It passes the tests as it is; replace it part by part.

    Example: attn new-lesson pointers
    """
    from rich.console import Console

    from attnlib.grading import skeleton

    root, console = paths.root(), Console(highlight=False)
    full, files = skeleton.write(root, name)
    for path in files:
        console.print(path.relative_to(root).as_posix())
    console.print(f"Next: attn lessons {full} && attn release {full}")
