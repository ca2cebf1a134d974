"""The course's policy for late submissions, as a plugin of nbgrader's own kind."""

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

DAY = 24 * 60 * 60


class PerDay(LateSubmissionPlugin):
    """Takes off a share of the points for each day begun after the due date."""

    share = Float(0.1, help="The share of the points taken off for each day begun: 0.1 is a tenth.").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        days = math.ceil(total_seconds_late / DAY)
        return min(score, score * self.share * days)


def in_words(seconds):
    """How late, in words; "" if in time."""
    if seconds <= 0:
        return ""
    days, hours = divmod(seconds / 3600, 24)
    return f"{days:.0f} d {hours:.0f} h" if days else f"{hours:.1f} h"
