"""Studies: results that need several seeds and sizes, and so more time than a lesson has.

A study is a module here with a CSV file beside it. Each line of the file is one measurement with the point it
belongs to (settings and seed), the versions it was made with, and the command. Rows are written as soon as a
point is done, so a study that was stopped goes on where it stood; nothing in the file is typed by hand.
"""

import csv
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from attnlib.training import progress

HERE = Path(__file__).parent
ABOUT = ("seconds", "torch", "python", "command")


def results_of(name):
    """Where the results of a study stand."""
    return HERE / f"{name}.csv"


def read(path):
    """The rows of a study's file: dicts whose numbers are numbers. No file, no rows."""
    if not Path(path).exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: number(text) for name, text in row.items()} for row in csv.DictReader(file)]


def number(text):
    """A text from the file as an int or a float, if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def named(point):
    """A point in one line, for a progress bar."""
    return " ".join(str(value) for value in point.values())


def run(stages, measure, path, command, workers=1):
    """Measure what `path` lacks, on several processes at once; all of its rows, in the order of the points.

    stages: functions from the rows so far to the points of the next stage, so that a stage can build on the one
    before it. A point is a dict of settings; measure(point) gives its rows, dicts of results. Rows of points
    that no stage asks for any more are dropped.
    """
    wanted = []
    for stage in stages:
        points = stage(_of(wanted, read(path)))
        missing = [point for point in points if not _of([point], read(path))]
        for point, rows, seconds in progress(_measured(measure, missing, workers), stage.__name__, len(missing)):
            _append(path, [point | row | about(seconds, command) for row in rows])
        wanted += points
    rows = _of(wanted, read(path))
    Path(path).unlink()
    _append(path, rows)
    return rows


def _measured(measure, points, workers):
    """(point, its rows, seconds) as soon as each is done."""
    if workers == 1:
        yield from (_timed(measure, point) for point in points)
        return
    os.environ["TQDM_DISABLE"] = "1"  # a bar for all, made already, and none in each process
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        tasks = [pool.submit(_timed, measure, point) for point in points]
        yield from (task.result() for task in as_completed(tasks))


def _timed(measure, point):
    start = time.perf_counter()
    return point, measure(point), round(time.perf_counter() - start, 1)


def about(seconds, command):
    """What a row says on how it was made."""
    import torch

    made = (seconds, torch.__version__.partition("+")[0], platform.python_version(), command)
    return dict(zip(ABOUT, made, strict=True))


def _of(points, rows):
    """The rows that belong to the points, in their order."""
    return [row for point in points for row in rows if all(row[name] == value for name, value in point.items())]


def _append(path, rows):
    """Add rows to a file, with the names of the columns if it is new."""
    new = not Path(path).exists()
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)
