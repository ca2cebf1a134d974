"""The course for nbgrader: its own commands work here as `attn` does."""

from attnlib.grading import feedback, grade, restore, safe
from attnlib.grading.preprocessors import ANSWER_STUB, RELEASE

c = get_config()  # noqa: F821, nbgrader provides it

c.CourseDirectory.course_id = "attention"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# The lessons' texts hold the solutions. They stay here.
c.CourseDirectory.ignore = ["*.md", ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".*"]

# Release: a stub with its own sentence for each solution, nothing of the instructor's.
c.GenerateAssignment.preprocessors = RELEASE
c.StubSentences.text_stub = ANSWER_STUB
c.ClearSolutions.text_stub = ANSWER_STUB

# Grading: seconds a cell may take.
c.Execute.timeout = 120
c.Execute.skip_cells_with_tag = "experiment"  # nothing graded depends on them; Validate leaves them out too
c.RunSubmission.timeout = 30

# nbgrader's own autograde, generate_feedback and formgrader page run, score and mask as `attn` does.
grade.configure(c)
restore.configure(c)
feedback.configure(c)
safe.configure(c)  # whatever a student wrote can do nothing on these pages
