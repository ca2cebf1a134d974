"""Score a submission that has been run: every item gets points and, where some are missing, a reason.

Takes the place of nbgrader's `SaveAutoGrades`. nbgrader gives 0 for any line on stderr and takes a
number at the end of a test cell as the points; here neither changes a score.
"""

import re

from nbgrader import utils
from nbgrader.preprocessors import SaveAutoGrades

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NEUTRAL = re.compile(r"case \w{1,3}")

# What Python says at the sandbox's limits, perhaps within a check's own message
LIMITS = {"memory limit": ("MemoryError", "DefaultCPUAllocator", "Cannot allocate memory", "Unable to allocate"),
          "disk limit": ("[Errno 28]", "No space left on device", "[Errno 27]", "File too large", "Disk quota"),
          "process limit": ("[Errno 11]", "can't start new thread", "Resource temporarily unavailable")}


class ScoreSubmission(SaveAutoGrades):
    """Writes each item's points into the gradebook, and points and reason into the notebook itself."""

    def preprocess(self, nb, resources):
        score(nb)
        return super().preprocess(nb, resources)

    def _add_score(self, cell, resources):
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"],
                                          self.notebook_id, self.assignment_id, self.student_id)
        own = cell.metadata["attn"]
        grade.auto_score = own["score"]
        # A mark given by hand stands; whoever gave it is asked to look again.
        grade.needs_manual_grade = own["score"] is None or own["held"] or grade.manual_score is not None
        self.gradebook.db.commit()


def score(notebook):
    """Write points, reason and flags of each graded cell into its metadata, under `attn`."""
    for cell in notebook.cells:
        if not utils.is_grade(cell):
            continue
        own = cell.metadata.setdefault("attn", {})
        flags = own.get("flags", [])
        points, reason = judge(cell)
        held = bool(flags) and bool(points)
        if held:
            points, reason = 0.0, f"points held: {'; '.join(flags)}"
        own.update(score=points, max_score=float(cell.metadata.nbgrader["points"]), reason=reason, flags=flags,
                   held=held, seconds=own.get("seconds", 0.0))


def judge(cell):
    """(points, reason) of a graded cell; points are None where a person has to look at it."""
    if utils.is_solution(cell):
        points, _ = utils.determine_grade(cell)
        return points, "no answer" if points == 0 else "graded by hand"
    most = float(cell.metadata.nbgrader["points"])
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if errors:  # a cell that is stopped at its limit shows the interruption first, then the limit
        return 0.0, why(cell, next((error for error in errors if error.ename == "CellTimeoutError"), errors[0]))
    if cell.execution_count is None:
        return 0.0, "not run"
    return most, ""


def why(cell, failed):
    """One sentence on a failed test; of a hidden one, no more than which case it was."""
    if failed.ename == "CellTimeoutError":
        return failed.evalue
    if failed.ename == "NotRun":
        return failed.evalue
    for limit, signs in LIMITS.items():
        if any(sign in f"{failed.ename}: {failed.evalue}" for sign in signs):
            return limit
    if hidden(cell, failed):
        case = NEUTRAL.search(failed.evalue)
        if failed.ename == "AssertionError":
            return f"a hidden test failed ({case.group()})" if case else "a hidden test failed"
        return f"a hidden test stopped with {failed.ename}"
    message = " ".join(COLOUR.sub("", failed.evalue).split())
    exercise, colon, _ = message.partition(": ")
    if failed.ename == "NotYet" and colon and cell.metadata.nbgrader["grade_id"].startswith(f"test_{exercise}"):
        return "not done yet"  # a stub's own sentence begins with the exercise's name
    return message[:300] if failed.ename == "NotYet" else f"{failed.ename}: {message}"[:300]


def hidden_lines(source):
    """Numbers, from 1, of the lines of a cell that stand between the hidden tests' delimiters, these included."""
    inside, found = False, []
    for number, line in enumerate(source.split("\n"), 1):
        inside = inside or BEGIN in line
        if inside:
            found.append(number)
        inside = inside and END not in line
    return found


def hidden(cell, failed):
    """Whether the error came up in the cell's hidden part; in doubt it did."""
    within = hidden_lines(cell.source)
    if not within:
        return False
    frames = COLOUR.sub("", "\n".join(failed.traceback))
    line = re.search(r"Cell In ?\[\d+\], line (\d+)", frames)
    if line is None:
        return failed.ename != "NotYet"  # a check's own message has no frames
    return int(line.group(1)) in within
