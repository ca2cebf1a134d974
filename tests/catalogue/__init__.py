"""Answers to the exercises, wrong and right, that the checks and the tests are tried on.

One module per lesson, `ANSWERS = {exercise: Exercise(wrong=[...], right=[...])}`. An answer's code takes
the place of the solution cell. When a student's wrong answer passes, it is added here first.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wrong:
    """An answer that must not pass.

    why: the misconception. hint: a part of the message that the student must get (case doesn't matter).
    hidden: whether the hidden tests reject it too, without the visible check. Where they can't, `hidden`
    is the reason, in words.
    """

    why: str
    hint: str
    code: str
    hidden: bool | str = True


@dataclass(frozen=True)
class Right:
    """An answer that must get full marks. why: in what it differs from the course's own."""

    why: str
    code: str


@dataclass(frozen=True)
class Exercise:
    """One exercise's answers."""

    wrong: list[Wrong] = field(default_factory=list)
    right: list[Right] = field(default_factory=list)
