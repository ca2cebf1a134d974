"""How fast grading is, in one run beside stock `nbgrader autograde`.

    python -m tests.benchmarks.grading [LESSON] [SUBMISSIONS]

Stock is nbgrader with its defaults, none of the course's configuration, one thread, on the same submissions;
experiment cells are removed for both. Exit code 1 where a figure is not reached.
"""

import contextlib
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attnlib import paths
from attnlib.grading import demo
from attnlib.grading.executor import LocalPool
from attnlib.grading.grade import Grading, cores, know
from tests.benchmarks import ROOT, reached, table
from tests.grading import synthetic

WORKERS = 2
SMALL, LARGE = 50, 500  # submissions of the synthetic classes
GOALS = {  # figure: (at least or at most, unit)
    "submissions a minute against stock": (">=", 1.8, "×"),
    "unchanged submissions against stock": (">=", 100, "×"),
    "recorded a second": (">=", 20, ""),
    f"peak memory at {LARGE} against {SMALL}": ("<=", 1.2, "×"),
    "overhead a submission beyond its kernel": ("<=", 0.3, "s"),
}


def main(name="01_embeddings", number="32"):
    """The report's lines, and which figures were missed."""
    lesson = without_experiments(name)
    with tempfile.TemporaryDirectory() as folder:
        stock = _stock(lesson, name, int(number), Path(folder, "stock"))
        print(f"stock: {stock:.2f} s a submission", flush=True)
        ours, overhead = _ours(lesson, name, int(number), Path(folder, "ours"))
        print(f"ours: {ours:.2f} s a submission", flush=True)
        small, large = (_synthetic(lesson, name, each, Path(folder, str(each))) for each in (SMALL, LARGE))
    figures = dict(zip(GOALS, (stock / ours, stock / large["unchanged"], large["rate"],
                               large["memory"] / small["memory"], overhead), strict=True))
    rows = [("stock, a submission", f"{stock:.2f} s ({60 / stock:.1f} a minute)", ""),
            (f"ours, sandbox on, {WORKERS} workers", f"{ours:.2f} s ({60 / ours:.1f} a minute)", ""),
            ("ours, unchanged", f"{large['unchanged'] * 1000:.1f} ms", "")]
    rows += [(f"peak memory at {each}", f"{one['memory']:.0f} MB", f"{one['rate']:.0f} recorded a second")
             for each, one in ((SMALL, small), (LARGE, large))]
    missed = [what for what, value in figures.items() if not reached(value, *GOALS[what][:2])]
    rows += [(what, f"{value:.2f} {GOALS[what][2]}", f"{GOALS[what][0]} {GOALS[what][1]:g}"
              + (" **missed**" if what in missed else "")) for what, value in figures.items()]
    return [f"Grading {name}: {number} submissions, {cores()} cores", "",
            *table(("", "measured", "to reach"), rows)], missed


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


def _stock(lesson, name, number, root):
    """Seconds a submission takes stock nbgrader."""
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
    _hand_in(lesson, name, number, root)
    began = time.monotonic()
    nbgrader("autograde")
    return (time.monotonic() - began) / number


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
