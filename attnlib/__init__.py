"""What the course's lessons import: corpora, figures, checks that answer with a hint.

Nothing heavy is loaded here: `import attnlib` costs a few milliseconds, and each submodule is
loaded when a lesson names it.
"""

from attnlib.course import working

__all__ = ["working"]
