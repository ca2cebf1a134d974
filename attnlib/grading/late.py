"""The course's policy for late submissions, as a plugin of nbgrader's own kind.

In nbgrader_config.py: `c.AssignLatePenalties.plugin_class = "attnlib.grading.late.PerDay"`.
"""

import functools
import math
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float, Unicode

from attnlib.grading.collect import read_roster
from attnlib.paths import Problem

DAY, HOUR = 24 * 60 * 60, 60 * 60


def assign(policy, submission):
    """Write a submission's penalty into its notebooks, each a part by its points.

    A lesson is late once, however many notebooks it has; nbgrader keeps a penalty for each of them.
    """
    late, whole = submission.total_seconds_late, sum(notebook.score for notebook in submission.notebooks)
    penalty = policy.late_submission_penalty(submission.student_id, whole, late) if late > 0 else None
    for notebook in submission.notebooks:
        part = notebook.score / whole if whole else 0
        notebook.late_submission_penalty = None if penalty is None else min(max(penalty, 0), whole) * part


class AssignOnce(AssignLatePenalties):
    """`assign` as a step of nbgrader's own autograding."""

    def preprocess(self, nb, resources):
        own = resources["nbgrader"]
        self.init_plugin()
        with Gradebook(own["db_url"]) as book:
            assign(self.plugin_inst, book.find_submission(own["assignment"], own["student"]))
            book.db.commit()
        return nb, resources


class PerDay(LateSubmissionPlugin):
    """Takes off a share of the points for each day begun after the due date, or after a student's own extra time."""

    share = Float(0.1, help="The share of the points taken off for each day begun: 0.1 is a tenth.").tag(config=True)
    roster = Unicode("roster.csv", help="The class's roster; its column extra_hours, where there is one, holds the "
                                        "hours that a student has more than the others.").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        late = total_seconds_late - self._extra_hours(student_id) * HOUR
        return min(score, score * self.share * math.ceil(max(0, late) / DAY))

    def _extra_hours(self, student):
        path = Path(self.config.CourseDirectory.get("root", "."), self.roster)
        return extra_hours(path, path.stat().st_mtime_ns).get(student, 0.0) if path.exists() else 0.0


@functools.lru_cache(maxsize=4)
def extra_hours(path, changed):
    """{student: hours} of the roster at `path`; read again when the file has `changed`."""
    found = {}
    for row in read_roster(path):
        text = row.get("extra_hours", "")
        try:
            found[row["student"]] = float(text or 0)
        except ValueError:
            raise Problem(f"{row['student']}'s extra_hours in {path} is {text!r}.",
                          "Write a number, such as 48, or nothing.") from None
    return found


def in_words(seconds):
    """How late, in words; "" if in time."""
    if seconds <= 0:
        return ""
    days, hours = divmod(seconds / 3600, 24)
    return f"{days:.0f} d {hours:.0f} h" if days else f"{hours:.1f} h"
