"""A grading run as the instructor sees it: a line for each submission, and below how the whole stands."""

import contextlib
import json
import signal
import sys
import time
import traceback
from dataclasses import asdict

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from attnlib.grading.executor import GO_ON
from attnlib.paths import Problem

STOPPED = 130  # the exit code of a program that Ctrl-C ended
DETAILS = "build/grading/error.txt"


def show(run, file=None):
    """Go through `run` and print what becomes of each; the exit code. file: a line of JSON an item goes there.

    Whatever happens on the way is said in a sentence: what is graded is kept.
    """
    console = Console(highlight=False, soft_wrap=True, stderr=str(file) == "-")
    items = _lines(file)
    began = time.monotonic()
    status = Live(standing(run, began), get_renderable=lambda: standing(run, began), console=console,
                  refresh_per_second=4, transient=True)
    try:
        with interruptible(), items as out, contextlib.closing(run.results()) as results:
            with status if console.is_terminal else contextlib.nullcontext():
                for result in results:
                    console.print(f"{run.done} of {run.total}  {line(result)}", markup=False)
                    if out:
                        write_items(result.items, out)
    except KeyboardInterrupt:
        console.print(f"Stopped. {run.done} of {run.total} are graded and kept; the same command goes on "
                      "with the rest.", markup=False)
        return STOPPED
    except Problem:
        raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise Problem(f"Grading stopped: the system said {error.strerror or error}{where}.",
                      "Make room on the disk, or make the course's folder writable. " + GO_ON) from error
    except Exception as error:
        details = run.course.root / DETAILS
        details.parent.mkdir(parents=True, exist_ok=True)
        details.write_text(traceback.format_exc(), encoding="utf-8")
        raise Problem(f"Grading stopped at something unexpected ({type(error).__name__}); {DETAILS} has the details.",
                      GO_ON) from error
    console.print(_summary(run), markup=False)
    return 0


@contextlib.contextmanager
def interruptible():
    """Ctrl-C, or being told to end, raises KeyboardInterrupt once; while things are put away it is not heard."""
    def once(*_):
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, once)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lines(file):
    """The open file that --json names, as a context; of none, None."""
    if file is None or str(file) == "-":
        return contextlib.nullcontext(file and sys.stdout)
    return open(file, "w", encoding="utf-8")


def write_items(items, file):
    """A line of JSON an item."""
    for item in items:
        print(json.dumps(asdict(item), ensure_ascii=False), file=file, flush=True)


def line(result):
    """One submission, or one of its notebooks, in a line."""
    waits = f"{result.by_hand} to mark by hand" if result.by_hand else ""
    late = f"−{result.penalty:g} for being late" if result.penalty else ""
    said = [part for part in ("unchanged" if result.again else "", result.reason, waits, late, *result.notes) if part]
    who = ", ".join(filter(None, (result.student, result.part)))
    return f"{who}: {result.score:g} of {result.max_score:g}" + (f" ({'; '.join(said)})" if said else "")


def standing(run, began):
    """The bar, and below it done, running, waiting, failed, time left."""
    names = sorted(run.running)
    who = f" ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})" if names else ""
    parts = [f"{run.done} done", f"{len(names)} running{who}", f"{run.waiting} waiting", f"{run.failed} failed"]
    left = time_left(time.monotonic() - began, run.done - run.unchanged, run.total - run.done)
    whole = Table.grid(expand=True)
    whole.add_row(ProgressBar(total=run.total, completed=run.done))
    whole.add_row(Text(" · ".join(parts + ([left] if left else []))))
    return whole


def time_left(spent, done, rest):
    """In words, judged by what has been run so far; "" before anything has."""
    if not done:
        return ""
    minutes, seconds = divmod(round(spent / done * rest), 60)
    return f"{minutes} min left" if minutes >= 10 else f"{minutes}:{seconds:02d} left"


def _summary(run):
    new = run.done - run.unchanged
    what = "submissions" if len(run.sources) == 1 else "notebooks"
    return f"{run.lesson}: {run.done} {what}, {new} graded, {run.unchanged} unchanged, {run.failed} failed."
