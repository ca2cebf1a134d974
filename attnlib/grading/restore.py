"""Restore what nbgrader needs to know about a submitted notebook's cells, from the gradebook.

A first pass before nbgrader's own: whatever a student or a program did to the marks of a cell (points,
locks, versions, a copied test), the gradebook's are put in their place. nbgrader's passes then put
back the tests' text and the tests that are gone.
"""

from nbgrader.api import Gradebook
from nbgrader.preprocessors.base import NbGraderPreprocessor


class RestoreMarks(NbGraderPreprocessor):
    """Gives each known cell its own marks again; of a cell that stands there twice, the first counts."""

    def preprocess(self, nb, resources):
        own = resources["nbgrader"]
        with Gradebook(own["db_url"]) as book:
            known = marks(book.find_notebook(own["notebook"], own["assignment"]))
        for cell in nb.cells:
            found = cell.metadata.pop("nbgrader", None)
            name = found.get("grade_id") if isinstance(found, dict) else None
            if isinstance(name, str) and name in known:
                cell.metadata["nbgrader"] = known.pop(name)
        return nb, resources


def marks(notebook):
    """{grade_id: nbgrader's metadata} of a notebook in the gradebook."""
    points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    graded, tasks, solutions = ({cell.name for cell in cells} for cells in
                                (notebook.grade_cells, notebook.task_cells, notebook.solution_cells))
    found = {}
    for cell in notebook.source_cells:
        name = cell.name
        found[name] = {"grade_id": name, "schema_version": 3, "locked": cell.locked, "checksum": cell.checksum,
                       "cell_type": cell.cell_type, "grade": name in graded, "solution": name in solutions,
                       "task": name in tasks}
        if name in points:
            found[name]["points"] = points[name]
    return found
