"""Does what a lesson says hold on another machine? Each model starts with weights that are a millionth off.

    python -m tests.rounding [--times N] [LESSON…]

Another processor or another version of torch rounds otherwise, and training makes much of little. So a claim that holds
by a hair here stops some student's notebook. This runs each lesson that trains, three times by default, with weights
shaken before each training, as a student would run it, and names the cells that stop. Exit code 1 where one does.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from attnlib.grading.lessons import ENCRYPTED, kernel_environment
from tests.benchmarks import ROOT
from tests.benchmarks.gpu import trained_lessons

SHAKE = """
import functools
import torch
from attnlib import training

def shaken(train, model, *settings, **more):
    chance = torch.Generator().manual_seed({seed})
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(1 + 1e-6 * torch.randn(weights.shape, generator=chance))
    return train(model, *settings, **more)

training.train = functools.partial(shaken, training.train)
"""


def stopped(path, seed):
    """[(number of a cell, what it said)] for the cells of the lesson at `path` that stop with an error."""
    notebook = nbformat.read(path, 4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SHAKE.format(seed=seed)))
    with tempfile.TemporaryDirectory() as settings:
        client = NotebookClient(notebook, kernel_name="python3", timeout=None, config=ENCRYPTED, allow_errors=True,
                                resources={"metadata": {"path": str(Path(path).parent)}})
        client.execute(env=kernel_environment(ROOT, settings))
    return [(number - 1, f"{output.ename}: {output.evalue}") for number, cell in enumerate(notebook.cells)
            for output in cell.get("outputs", [])
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])]


def main(arguments=None):
    there = {f"{path.parent.name}/{path.stem}": path for path in trained_lessons()}
    options = argparse.ArgumentParser("python -m tests.rounding", description=__doc__.partition("\n")[0])
    options.add_argument("--times", type=int, default=3, help="how often, each time with other weights")
    options.add_argument("lesson", nargs="*", help=f"part of a name; there are {', '.join(there)}")
    chosen = options.parse_args(arguments)
    for part in chosen.lesson:
        if not any(part in name for name in there):
            options.error(f"no lesson that trains is called {part}; there are {', '.join(there)}")
    code = 0
    for name, path in there.items():
        if chosen.lesson and not any(part in name for part in chosen.lesson):
            continue
        for seed in range(1, chosen.times + 1):
            found = stopped(path, seed)
            code = 1 if found else code
            print(f"{path.stem}, {seed}:", "; ".join(f"cell {number}: {said}" for number, said in found) or "holds",
                  flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
