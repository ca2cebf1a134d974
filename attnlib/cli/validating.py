"""nbgrader's Validate button runs the same notebook as `attn check` and grading: restored from the release."""

from pathlib import Path

from nbconvert.preprocessors import Preprocessor
from nbgrader.validator import Validator

from attnlib import notebooks, paths


class RestoreLesson(Preprocessor):
    """Restores a work copy of a lesson; any other notebook stays as it is."""

    def preprocess(self, nb, resources):
        lesson = Path.cwd().name  # Validate changes into the notebook's folder
        if lesson not in paths.lessons():
            return nb, resources
        released = notebooks.read(paths.notebook(lesson))
        if {*map(notebooks.grade_id, nb.cells)}.isdisjoint({*map(notebooks.grade_id, released.cells)} - {None}):
            return nb, resources
        return notebooks.restore(nb, released)[0], resources


def configure(config):
    """Put `RestoreLesson` first. The list is no setting in nbgrader, so it is made one."""
    Validator.preprocessors.tag(config=True)
    config.Validator.preprocessors = [RestoreLesson, *Validator.preprocessors.default_args[0]]
