"""What turns an executed lesson into a student's notebook, each step a preprocessor of nbgrader's kind.

`nbgrader_config.py` puts them into the list of `nbgrader generate_assignment`, so that nbgrader's own
commands, its formgrader page and `attn release` all write the same notebook.
"""

import json
import re

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)

# Every notebook of the course says the same about its kernel, whichever machine wrote it. With another
# name JupyterLab asks the student to choose one.
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
ANSWER_STUB = "*Write your three sentences here.*"
NOT_RELEASED = {"instructor", "slide"}  # tags of cells that students don't get


class StripInstructor(NbGraderPreprocessor):
    """Leave out the cells tagged `instructor` (speaker notes, remarks) or `slide` (words for the room)."""

    def preprocess(self, nb, resources):
        nb.cells = [cell for cell in nb.cells if NOT_RELEASED.isdisjoint(cell.metadata.get("tags", []))]
        return nb, resources


class StubSentences(ClearSolutions):
    """Put a stub that says what to do in place of each solution; nbgrader knows one stub for all.

    The sentence stands on the line that begins the solution, `### BEGIN SOLUTION return two times x`.
    The whole of a Markdown answer is replaced, since its anchor answer and rubric stand in it.
    """

    def _replace_solution_region(self, cell, language):
        if cell.cell_type != "code":
            return False  # preprocess_cell then puts text_stub in place of the whole answer
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        lines, stubbed, inside = [], False, False
        for line in cell.source.split("\n"):
            if self.begin_solution_delimeter in line:
                if inside:
                    raise RuntimeError(f"{name}: a solution begins inside a solution")
                stubbed = inside = True
                lines += _stub(name, line, self.begin_solution_delimeter)
            elif self.end_solution_delimeter in line:
                inside = False
            elif not inside:
                lines.append(line)
        if inside:
            raise RuntimeError(f"{name}: a solution begins and doesn't end")
        cell.source = "\n".join(lines)
        return stubbed


def _stub(name, line, delimiter):
    """The stub's lines for a solution that begins with `line`."""
    indent = re.match(r"\s*", line).group()
    sentence = line.split(delimiter, 1)[1].strip()
    message = json.dumps(f"{name}: {sentence}" if sentence else name, ensure_ascii=False)
    return [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError({message})"]


class PlainMetadata(NbGraderPreprocessor):
    """Keep of a notebook's metadata what every machine writes alike: no pairing, no hashes, no versions."""

    def preprocess(self, nb, resources):
        nb.metadata = {"kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE)}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        cell.metadata.pop("execution", None)
        return cell, resources


# SaveCells stands before the hidden tests are cleared: grading takes them from the gradebook.
RELEASE = [
    StripInstructor,
    LockCells,
    StubSentences,
    ClearOutput,
    PlainMetadata,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]
