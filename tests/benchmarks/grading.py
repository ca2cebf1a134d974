"""How fast grading is, beside stock `nbgrader autograde`.

    python -m tests.benchmarks.grading [LESSON] [SUBMISSIONS] [ROUNDS]

Stock is nbgrader with its defaults, none of the course's configuration, one thread, on submissions of the same kind;
experiment cells are removed for both. Both take their turns in each round. Stock grades one after the other, so a few
submissions tell its pace, which is counted from the first that it has graded to the last: its start is given to it.
Ours counts from the command's start to its end. Exit code 1 where a figure is not reached.
"""

import contextlib
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attnlib import paths
from attnlib.grading import demo
from attnlib.grading.executor import LocalPool
from attnlib.grading.grade import Grading, cores, know
from tests.benchmarks import ROOT, reached, spread, table
from tests.grading import synthetic

WORKERS = 2
STOCK = 8  # submissions that stock nbgrader grades in a round
SMALL, LARGE = 50, 500  # submissions of the synthetic classes
STOCK_PACE, PACE, UNCHANGED = ("stock, a submission", f"ours, a submission, sandbox on, {WORKERS} workers",
                               "ours, an unchanged submission")
MEMORY = f"peak memory at {LARGE}"
FIGURES = {  # what is measured in each round: its unit and digits
    STOCK_PACE: ("s", 2), PACE: ("s", 2), UNCHANGED: ("ms", 1), MEMORY: ("MB", 0)}
GOALS = {  # and what is to be reached: (at least or at most, how much, unit)
    "submissions a minute against stock": (">=", 1.8, "×"),
    "unchanged submissions against stock": (">=", 100, "×"),
    "recorded a second": (">=", 20, ""),
    f"{MEMORY} against {SMALL}": ("<=", 1.2, "×"),
    "overhead a submission beyond its kernel": ("<=", 0.3, "s"),
}


def main(name="01_embeddings", number="32", rounds="5"):
    """The report's lines, and which figures were missed."""
    lesson, measured, missed = without_experiments(name), [], []
    for each in range(int(rounds)):
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(lesson, name, int(number), Path(folder)))
        print(f"round {each + 1}:", *(f"{what} {value:.2f};" for what, value in measured[-1].items()), flush=True)
    taken = {what: [one[what] for one in measured] for what in measured[0]}
    rows = [(what, spread(taken[what], *shown), "") for what, shown in FIGURES.items()]
    for what, (sign, goal, unit) in GOALS.items():
        late = not reached(statistics.median(taken[what]), sign, goal)
        missed += [f"{what} ({statistics.median(taken[what]):.2f} {unit})"] if late else []
        rows.append((what, spread(taken[what], unit), f"{sign} {goal:g}" + (" **missed**" if late else "")))
    return [f"Grading {name}: {number} submissions, {cores()} cores, medians of {rounds}", "",
            *table(("", "median, spread", "to reach"), rows)], missed


def measure(lesson, name, number, folder):
    """{what: its value} for all in FIGURES and GOALS, once."""
    stock = _stock(lesson, name, folder / "stock")
    ours, overhead = _ours(lesson, name, number, folder / "ours")
    small, large = (_synthetic(lesson, name, each, folder / str(each)) for each in (SMALL, LARGE))
    values = (stock / ours, stock / large["unchanged"], large["rate"], large["memory"] / small["memory"], overhead)
    return {STOCK_PACE: stock, PACE: ours, UNCHANGED: 1000 * large["unchanged"], MEMORY: large["memory"],
            **dict(zip(GOALS, values, strict=True))}


def without_experiments(name):
    """The lesson (source and release), without the cells that grading doesn't run."""
    def read(step):
        found = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths.notebooks(name, ROOT / step)}
        for book in found.values():
            book["cells"] = [cell for cell in book["cells"] if "experiment" not in cell["metadata"].get("tags", [])]
        return found

    return demo.Lesson(read("solutions"), read("notebooks"))


def _hand_in(lesson, name, number, root):
    """`number` submissions with everything right, no two of them alike."""
    for each in range(number):
        files = lesson.answered(lesson.exercises)
        for notebook in files.values():
            notebook["cells"].append(demo.code_cell(f"# submission {each}"))
        _write(files, root / "submitted" / f"student{each:03d}" / name)


def _write(files, folder):
    """Write {file name: notebook} into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, notebook in files.items():
        (folder / file).write_text(json.dumps(notebook), encoding="utf-8")


def course(lesson, name, number, root):
    """A course of its own in `root`, with `number` submissions."""
    made = demo.build(name, ROOT, root)
    _write(lesson.sources, made.place("solutions", name))
    _hand_in(lesson, name, number, root)
    return made


def _stock(lesson, name, root):
    """Seconds from one submission that stock nbgrader has graded to the next."""
    _write(lesson.sources, root / "source" / name)
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n")
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT),
                    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def nbgrader(verb):
        ran = subprocess.run([sys.executable, "-m", "nbgrader", verb, name], cwd=root, env=surroundings, text=True,
                             capture_output=True)
        if ran.returncode:
            raise RuntimeError(f"nbgrader {verb} failed:\n{ran.stderr[-2000:]}")

    nbgrader("generate_assignment")
    _hand_in(lesson, name, STOCK, root)
    nbgrader("autograde")
    ends = sorted(path.stat().st_mtime for path in root.glob(f"autograded/*/{name}/*.ipynb"))
    assert len(ends) == STOCK * len(lesson.sources)
    return (ends[-1] - ends[0]) / (STOCK - 1)


def _ours(lesson, name, number, root):
    """(seconds a submission takes us, seconds from one submission to a worker's next that no kernel ran)."""
    built = course(lesson, name, number, root)
    know(built, name)  # stock's generate_assignment isn't counted either
    began = time.monotonic()
    _child("grade", root, name)
    spent = time.monotonic() - began
    turns, full = {}, sum(lesson.points.values())
    for path in built.root.glob(f"autograded/*/{name}/*.ipynb"):
        graded = json.loads(path.read_text(encoding="utf-8"))
        worker, start, kernel = graded["metadata"]["timed"]
        turns.setdefault(worker, []).append((start, kernel))
        points = sum(cell["metadata"].get("attn", {}).get("score") or 0 for cell in graded["cells"])
        assert points == full, f"{path} has {points} of {full} points"
    gaps = [after - start - kernel for each in turns.values()
            for (start, kernel), (after, _) in itertools.pairwise(sorted(each))]
    return spent / number, sum(gaps) / len(gaps)


def _child(*arguments):
    """What this program prints as a process of its own, with `arguments`."""
    child = subprocess.run([sys.executable, "-m", "tests.benchmarks.grading", *map(str, arguments)],
                           stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return child.stdout


def _grade(root, name):
    for _ in Grading(demo.Course(Path(root)), name, pool=LocalPool(WORKERS), task=synthetic.timed).results():
        pass


def _synthetic(lesson, name, number, root):
    """What a process of its own measures on a class whose tasks take 50 ms and no kernel."""
    course(lesson, name, number, root)
    return json.loads(_child("measure", root, name))


def _measure(root, name):
    course = demo.Course(Path(root))

    def run():
        """Seconds from the first result to the last."""
        first, results = None, Grading(course, name, unsafe=True, pool=LocalPool(2 * WORKERS), task=synthetic.task)
        with contextlib.closing(results.results()) as each:
            for _ in each:
                first = first or time.monotonic()
        return (time.monotonic() - first) / (results.total - 1)

    recorded, unchanged = run(), run()
    print(json.dumps({"rate": 1 / recorded, "unchanged": unchanged,
                      "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    if sys.argv[1:2] in (["measure"], ["grade"]):
        {"measure": _measure, "grade": _grade}[sys.argv[1]](*sys.argv[2:])
    else:
        text, late = main(*sys.argv[1:])
        print("\n".join(text))
        sys.exit(1 if late else 0)
