"""From a lesson's text to its executed notebook, one way: the text is read and never written.

A lesson is a folder with one notebook or several, each with a text of its own. `name` is a notebook's name in
the course: "05_attention", or "08_captioning" in the lesson 08_applications.

`solutions/05_attention/attention.md` is MyST Markdown, the one place to edit. `build` writes
`attention.ipynb` beside it, executed from top to bottom in a fresh kernel, outputs kept. The same text
gives the same file: cell ids come from the grade_id or the content, keys are sorted, and there are no
times and no paths in it. A notebook is executed again only if its code, the lesson side of attnlib, or
constraints.txt has changed; a word changed in the prose keeps the outputs.
"""

import ast
import base64
import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from attnlib import notebooks, paths
from attnlib.grading.preprocessors import KERNELSPEC, LANGUAGE
from attnlib.paths import Problem

# Parts of attnlib that no lesson imports.
NOT_LESSON_SIDE = ("grading", "cli", "bootstrap.py", "notebooks.py", "paths.py")
LONGEST_CELL = 900  # seconds; a cell that takes longer hangs
METADATA = "A code cell's options are YAML between two lines `---`; a text's are JSON after `+++`."
ENCRYPTED = Config(KernelManager=Config(transport_encryption="auto"))  # else each kernel prints a warning


# Names and places

def names(root):
    """The notebooks whose texts lie in `solutions/`, in order: "01_embeddings", "08_captioning"."""
    place = Path(root, "solutions")
    return [paths.full_name(text) for lesson in paths.lessons(place) for text in paths.notebooks(lesson, place, ".md")]


def choose(root, wanted=()):
    """The notebooks that `wanted` names, as `paths.find` understands it; all of them by default."""
    known = names(root)
    if not known:
        raise Problem("There are no lessons in solutions/.", "`attn new-lesson NAME` writes a first one.")
    found = [text for name in wanted or () for text in paths.find(name, Path(root, "solutions"), ".md")[1]]
    return [name for name in known if not wanted or name in map(paths.full_name, found)]


def text_path(root, name):
    """A notebook's text: solutions/08_applications/captioning.md is that of "08_captioning"."""
    number, _, short = name.partition("_")
    found = sorted(Path(root, "solutions").glob(f"{number}_*/{short}.md"))
    if not found:
        raise Problem(f"There is no {short}.md in solutions/{number}_…/.", "`attn new-lesson NAME` writes a lesson.")
    return found[0]


def twin_path(root, name):
    """The executed notebook, beside its text."""
    return text_path(root, name).with_suffix(".ipynb")


def lesson_of(root, name):
    """The lesson that a notebook belongs to: "08_applications" is that of "08_captioning"."""
    return text_path(root, name).parent.name


# From text to notebook

def read(root, name):
    """The text as a notebook without outputs. Raises Problem, with all that is wrong with it."""
    path = text_path(root, name)
    notebook = parse(path.read_text(encoding="utf-8"), path.name)
    wrong = problems(notebook)
    if wrong:
        raise Problem(f"{path.name} can't become a notebook:\n" + "\n".join(f"- {line}" for line in wrong),
                      f"Mend it in {path.parent.name}/{path.name} and try again.")
    return notebook


def parse(text, file_name="the text"):
    """MyST text as a notebook with ids that depend on nothing but the text."""
    front = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    if not front or "format_name: myst" not in front.group(1):
        raise Problem(f"{file_name} isn't a lesson: it should begin with a header that says `format_name: myst`.",
                      "Copy the first lines of another lesson's text. Or, if it is something else, give it a name "
                      "with a capital letter, such as NOTES.md.")
    try:
        notebook = jupytext.reads(text, {"extension": ".md", "format_name": "myst"})
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError, yaml.YAMLError) as error:
        raise Problem(f"{file_name} isn't valid MyST: {error}") from None
    except Exception as error:
        if type(error).__name__ != "MystMetadataParsingError":
            raise
        raise Problem(f"{file_name} isn't valid MyST: {error}", METADATA) from None
    notebook.metadata = nbformat.from_dict({"kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE)})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _derive_ids(notebook)
    return notebook


def _derive_ids(notebook):
    """A cell's id is its grade_id, else a hash of what it says: two rebuilds are equal."""
    seen = Counter()
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        base = (re.sub(r"[^\w-]", "-", grade_id, flags=re.ASCII)[:60] if grade_id
                else notebooks.id_of(cell.cell_type, cell.source))
        seen[base] += 1
        cell.id = base if seen[base] == 1 else f"{base}-{seen[base]}"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def grade(cell):
    """nbgrader's entry in a cell's metadata, {} where there is none."""
    return cell.metadata.get("nbgrader", {})


def tags(cell):
    return cell.metadata.get("tags", [])


# What can be wrong with a text

def regions(source, kind):
    """Split `source` at its regions of `kind` ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME").

    Returns (outside, regions): the lines outside all regions, and for each region (the number of the line
    that begins it, the sentence on that line, its lines). Raises ValueError where begin and end don't match.
    """
    outside, found, inside = [], [], None
    for number, line in enumerate(source.split("\n")):
        if f"BEGIN {kind}" in line:
            if inside:
                raise ValueError(f"a BEGIN {kind} inside another")
            inside = (number, line.split(f"BEGIN {kind}", 1)[1].strip(), [])
        elif f"END {kind}" in line:
            if not inside:
                raise ValueError(f"an END {kind} without its BEGIN")
            found.append(inside)
            inside = None
        else:
            (inside[2] if inside else outside).append(line)
    if inside:
        raise ValueError(f"a BEGIN {kind} without its END")
    return outside, found


def problems(notebook):
    """Sentences on what would go wrong later: at release, in grading, or before a student."""
    found = []
    ids = Counter(grade(cell)["grade_id"] for cell in notebook.cells if "grade_id" in grade(cell))
    found += [f"the grade_id {name!r} stands on {count} cells; each needs its own."
              for name, count in ids.items() if count > 1]
    for number, cell in enumerate(notebook.cells):
        found += [f"{where(cell, number)}: {wrong}" for wrong in _problems_of(cell)]
    return found


def where(cell, number):
    """A cell in words: its grade_id, else its number and first line."""
    name = grade(cell).get("grade_id")
    first = next((line for line in cell.source.split("\n") if line.strip()), "")
    return f"cell {number} ({name})" if name else f"cell {number} ({first[:50]!r})"


def _problems_of(cell):
    solution, graded = grade(cell).get("solution", False), grade(cell).get("grade", False)
    swallowed = [line for line in cell.source.split("\n")
                 if line.startswith(("```{code-cell}", "+++ {")) or line.strip() == "```{code-cell} ipython3"]
    if swallowed:
        yield f"it holds the line {swallowed[0]!r}, so a fence before that line isn't closed, or is indented."
        return
    if grade(cell) and not grade(cell).get("grade_id"):
        yield "its nbgrader entry has no grade_id."
    for kind, allowed, needs in (("SOLUTION", solution, "solution: true"), ("HIDDEN TESTS", graded, "grade: true")):
        try:
            _, found = regions(cell.source, kind)
        except ValueError as error:
            yield f"there is {error}."
            continue
        if found and not allowed:
            yield f"it has BEGIN {kind}, but its nbgrader entry doesn't say {needs}."
    if cell.cell_type == "code":
        yield from _problems_of_code(cell)


def _problems_of_code(cell):
    try:
        tree = ast.parse(_plain_python(cell.source))
    except SyntaxError as error:
        if "raises-exception" not in tags(cell):
            yield f"it isn't valid Python: {error.msg}, line {error.lineno}."
        return
    if not grade(cell).get("solution"):
        return
    try:
        _, found = regions(cell.source, "SOLUTION")
    except ValueError:
        return  # already told
    if not found:
        yield "it is a solution cell without `### BEGIN SOLUTION say what to do` and `### END SOLUTION`."
    for line, sentence, _ in found:
        if not sentence:
            yield f"line {line + 1}, BEGIN SOLUTION, has no sentence that says what to do."
        if not _in_a_function(tree, line + 1):
            yield f"the solution that begins in line {line + 1} should stand inside a function or a method."


def _plain_python(source):
    """`source` without the lines that only IPython understands."""
    if source.startswith("%%"):
        return ""
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in source.split("\n"))


def _in_a_function(tree, line):
    """Whether the innermost def or class around `line` is a def."""
    around = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
              and node.lineno < line <= node.end_lineno]
    return bool(around) and not isinstance(max(around, key=lambda node: node.lineno), ast.ClassDef)


# Execute

def hash_of(root, notebook):
    """What the outputs depend on: the code cells, the lesson side of attnlib, constraints.txt."""
    digest = hashlib.sha256()
    for cell in code_cells(notebook):
        digest.update(json.dumps([cell.source, sorted(tags(cell))]).encode())
    package = Path(root, "attnlib")
    files = [path for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
             and path.relative_to(package).parts[0] not in NOT_LESSON_SIDE]
    for path in [*files, Path(root, "constraints.txt")]:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build(root, name, force=False, tell=lambda done, of, cell: None):
    """Bring the notebook up to date with its text. Returns (status, timings).

    status: "executed", "prose" (text changed, outputs kept) or "unchanged". timings: a list of
    {cell, name, tags, seconds}, empty unless executed. tell: called before each cell.
    """
    notebook, path = read(root, name), twin_path(root, name)
    old = _read_twin(path)
    code = hash_of(root, notebook)
    notebook.metadata["attnlib"] = {"code": code}
    if old is None or force or old.metadata.get("attnlib", {}).get("code") != code or not _executed(old, notebook):
        timings = execute(root, name, notebook, tell)
        _write(path, notebook)
        _write_timings(root, name, timings)
        _write_cover(root, name, notebook)
        return "executed", timings
    for cell, before in zip(code_cells(notebook), code_cells(old), strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return ("prose" if _write(path, notebook) else "unchanged"), []


def is_current(root, name):
    """Whether the notebook is what its text says, cell for cell (outputs aside)."""
    notebook, twin = read(root, name), _read_twin(twin_path(root, name))
    return twin is not None and [(c.id, c.cell_type, c.source, c.metadata) for c in notebook.cells] == \
        [(c.id, c.cell_type, c.source, c.metadata) for c in twin.cells]


def _read_twin(path):
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None  # not there or cut off: it is written anew


def _executed(old, notebook):
    same = [cell.source for cell in code_cells(old)] == [cell.source for cell in code_cells(notebook)]
    return same and all(cell.execution_count for cell in code_cells(old))


def execute(root, name, notebook, tell=lambda done, of, cell: None):
    """Run all cells in a fresh kernel, in place. Returns the timings. Raises Problem where a cell fails."""
    timings, started = [], {}
    total = len(code_cells(notebook))

    def before(cell, cell_index):
        tell(len(timings), total, cell)
        started[cell_index] = time.perf_counter()

    def after(cell, cell_index, execute_reply):
        seconds = round(time.perf_counter() - started[cell_index], 3)
        timings.append({"cell": cell_index, "name": where(cell, cell_index), "tags": tags(cell), "seconds": seconds})

    with tempfile.TemporaryDirectory() as settings:
        client = NotebookClient(
            notebook, kernel_name="python3", timeout=LONGEST_CELL, record_timing=False, coalesce_streams=True,
            on_cell_execute=before, on_cell_executed=after, config=ENCRYPTED,
            resources={"metadata": {"path": str(text_path(root, name).parent)}})
        try:
            client.execute(env=kernel_environment(root, settings))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            number = max(started, default=0)
            raise Problem(f"{name} stopped in {where(notebook.cells[number], number)}: {_in_short(error)}",
                          "Nothing was written. Mend the cell in the lesson's text, or tag it raises-exception "
                          "if the error is meant.") from None
    _make_plain(root, notebook)
    return timings


def _in_short(error):
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    if isinstance(error, CellTimeoutError):
        return f"it ran longer than {LONGEST_CELL} seconds"
    return "the kernel died"


def kernel_environment(root, settings):
    """The environment of a kernel whose outputs are the same everywhere.

    settings: an empty folder for IPython, so that nobody's own start-up files run.
    """
    environment = dict(os.environ)
    environment.setdefault("OMP_NUM_THREADS", str(min(2, os.cpu_count() or 1)))
    paths = [str(root), environment.get("PYTHONPATH", "")]
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONHASHSEED": "0", "TQDM_DISABLE": "1",
                    "IPYTHONDIR": str(settings), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment.pop("MPLBACKEND", None)  # the kernel chooses the one that draws into the notebook
    return environment


def _make_plain(root, notebook):
    """Take out what another machine would write differently: its Python's version, paths, ids of processes."""
    notebook.metadata.language_info = nbformat.from_dict(dict(LANGUAGE))
    for cell in code_cells(notebook):
        for output in cell.outputs:
            output.pop("transient", None)
        text = json.dumps(cell.outputs, ensure_ascii=False)
        for path, instead in ((f"{root}{os.sep}", ""), (f"{sys.prefix}{os.sep}", "PYTHON/")):
            text = text.replace(path, instead)
        # From the start of a word only: a picture is one word of 100,000 letters, and trying each takes minutes.
        text = re.sub(r"(?<![^\s\"'])[^\s\"']*/ipykernel_\d+/\d+\.py", "<cell>", text)
        cell.outputs = [nbformat.from_dict(output) for output in json.loads(text)]
        cell.metadata.pop("execution", None)


# Write

def as_text(notebook):
    """The notebook as the one JSON text that everyone writes: sorted keys, one space, a last newline."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _write(path, notebook):
    """Write `notebook` in one step. Returns False if the file said so already."""
    nbformat.validate(notebook)
    text = as_text(notebook)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text:
            return False
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)
    return True


def cover_path(root, name):
    """The notebook's picture in the README."""
    return Path(root, ".github", "images", f"{name}.png")


def cover(notebook):
    """The first picture of the cell tagged `cover`, as the bytes of a PNG; None where there is none."""
    for cell in code_cells(notebook):
        found = re.search(r'src=\\?"data:image/png;base64,([^"\\]+)', json.dumps(cell.outputs))
        if "cover" in tags(cell) and found:
            return base64.b64decode(found.group(1))
    return None


def _write_cover(root, name, notebook):
    picture = cover(notebook)
    if picture:
        cover_path(root, name).parent.mkdir(parents=True, exist_ok=True)
        cover_path(root, name).write_bytes(picture)


def _write_timings(root, name, timings):
    path = Path(root, "build", "timings", f"{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(timings, indent=1) + "\n", encoding="utf-8")
