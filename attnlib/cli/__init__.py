"""The command line: `attn VERB`.

Each side of the course brings its verbs through the entry points of the group `attnlib.verbs`: the
student's, the author's, the instructor's. Verbs load what is heavy (nbgrader, torch, jupytext) inside
their functions, so that `attn --help` answers at once.
"""

import importlib.metadata
import sys

import typer
from rich.console import Console

from attnlib.paths import Problem

__all__ = ["Problem", "app", "main", "missing_sides"]

HEADINGS = {"student": "Student", "instructor": "Instructor", "lecturer": "Lecturer", "author": "Author"}


def _sides():
    """(name, typer app or None, what is missing) for each side that is installed."""
    found = {point.name: point for point in importlib.metadata.entry_points(group="attnlib.verbs")}
    for name in sorted(found, key=lambda name: (list(HEADINGS).index(name) if name in HEADINGS else 9, name)):
        try:
            yield name, found[name].load(), None
        except ImportError as error:
            yield name, None, str(error)


def missing_sides():
    """{side: why it could not be loaded}, for `attn doctor`."""
    return {name: why for name, _, why in _sides() if why}


def app():
    """One typer app with the verbs of all sides."""
    whole = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_show_locals=False,
        help="The course's command: work through lessons, check them, hand them in; release and grade them.",
        epilog="`attn VERB --help` shows an example of each verb; `attn doctor` says what is missing.",
    )
    whole.callback()(lambda: None)  # a single verb stays a verb
    for name, side, _ in _sides():
        if side is not None:
            for verb in side.registered_commands:
                verb.rich_help_panel = verb.rich_help_panel or HEADINGS.get(name, name)
            whole.registered_commands += side.registered_commands
            whole.registered_groups += side.registered_groups
    return whole


def main(arguments=None):
    """Run one verb; a Problem becomes one sentence with its remedy, and exit code 1."""
    try:
        app()(arguments)
    except Problem as problem:
        _say(problem.what, problem.remedy)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _say(f"The system said: {error.strerror or error}{where}.", "Check that the folder is writable and not full.")
    sys.exit(1)


def _say(what, remedy):
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(what, style="bold red", markup=False)
    if remedy:
        console.print(remedy, markup=False)
