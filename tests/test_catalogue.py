"""Each answer in the catalogue gets what it deserves, in one kernel for all of a lesson's answers."""

import importlib
import importlib.util
from contextlib import ExitStack
from pathlib import Path

import pytest

from attnlib import checks, course
from attnlib.grading import lessons
from tests.catalogue import Exercise, Right
from tests.catalogue.runner import running

ROOT = Path(__file__).parents[1]
NAMES = lessons.names(ROOT)
LEAST_WRONG, LEAST_RIGHT = 4, 2


def answers(name):
    """Lesson `name`'s catalogue, {} where there is none."""
    module = f"tests.catalogue.{name.partition('_')[2]}"
    return importlib.import_module(module).ANSWERS if importlib.util.find_spec(module) else {}


def exercises(name):
    """The grade_ids of the lesson's solution cells that tests decide on."""
    cells = lessons.code_cells(lessons.parse(lessons.text_path(ROOT, name).read_text(encoding="utf-8"), name))
    return [lessons.grade(cell)["grade_id"] for cell in cells
            if lessons.grade(cell).get("solution") and not lessons.grade(cell).get("grade")]


# What may be asked of an answer

def gets_its_hint(lesson, exercise, answer):
    failed = [result for result in lesson.try_answer(exercise, answer.code) if result.error]
    assert failed, f"it passes: {answer.why}"
    hints = [result.message for result in failed if result.error == "NotYet"]
    assert any(answer.hint.lower() in hint.lower() for hint in hints), f"wanted {answer.hint!r}, got {failed}"


def fails_hidden_tests(lesson, exercise, answer):
    """Without the visible check, which students can read and fit their answer to."""
    if answer.hidden is not True:
        assert isinstance(answer.hidden, str), "where hidden tests can't reject it, say why: hidden='…'"
        return
    results = lesson.try_answer(exercise, answer.code, only_hidden=True)
    assert any(result.error for result in results), f"it passes the hidden tests: {answer.why}"


def passes(lesson, exercise, answer):
    failed = [result for result in lesson.try_answer(exercise, answer.code) if result.error]
    assert not failed, f"{answer.why}: {failed}"


def own_version(name, exercise):
    """The course's own version of an exercise, as an answer; none where the lesson has no such module."""
    code = f"from attnlib.course import own_version\n{exercise} = own_version({exercise!r})"
    return [Right("the course's own", code)] if name.partition("_")[2] in course.LESSONS else []


def cases():
    """One case an answer and question, lesson by lesson, so that each lesson's kernel starts once."""
    for name in NAMES:
        found = answers(name)
        for exercise in exercises(name):
            entry = found.get(exercise, Exercise())
            asked = [(question, answer) for question in (gets_its_hint, fails_hidden_tests) for answer in entry.wrong]
            asked += [(passes, answer) for answer in [*entry.right, *own_version(name, exercise)]]
            for question, answer in asked:
                yield pytest.param(name, exercise, answer, question,
                                   id=f"{name}-{exercise}-{answer.why}-{question.__name__}")


@pytest.fixture(scope="module")
def kernel_of():
    """A function from a lesson's name to the lesson in its kernel; one kernel at a time."""
    current = {}
    with ExitStack() as stack:
        def start(name):
            if name not in current:
                stack.close()
                current.clear()
                try:
                    current[name] = stack.enter_context(running(ROOT, name))
                except Exception as error:  # kept, so that the next hundred answers don't wait for it again
                    current[name] = error
            if isinstance(current[name], Exception):
                pytest.fail(f"{name} didn't start: {current[name]}", pytrace=False)
            return current[name]

        yield start


@pytest.mark.parametrize(("name", "exercise", "answer", "question"), list(cases()))
def test_answer(kernel_of, name, exercise, answer, question):
    question(kernel_of(name), exercise, answer)


@pytest.mark.parametrize("name", NAMES)
def test_each_exercise_has_answers(name):
    found = answers(name)
    assert sorted(found) == sorted(exercises(name))
    for exercise, entry in found.items():
        assert len(entry.wrong) >= LEAST_WRONG, f"{exercise} needs {LEAST_WRONG} wrong answers"
        assert len(entry.right) >= LEAST_RIGHT, f"{exercise} needs {LEAST_RIGHT} right answers"


@pytest.mark.parametrize("name", NAMES)
def test_each_exercise_has_a_check(name):
    for exercise in exercises(name):
        assert checks.find(exercise).is_check
