"""The course's own version of each exercise, one module per lesson.

A later lesson imports what an earlier one wrote out. And nobody gets stuck: an experiment asks
`working` for the student's function and gets the course's where the student's doesn't pass yet.
"""

import contextlib
import importlib
import io

LESSONS = ("embeddings", "rnn_encoder", "encoder_decoder", "context_bottleneck", "attention", "attention_decoder",
           "translation", "captioning", "summarization", "self_attention")


def own_version(name):
    """The course's own function or class called `name`."""
    for lesson in LESSONS:
        module = importlib.import_module(f"attnlib.course.{lesson}")
        if hasattr(module, name):
            return getattr(module, name)
    raise KeyError(f"the course has no exercise called {name!r}; it has those in attnlib/course/")


def working(name, answer):
    """`answer` if it passes the visible check of exercise `name`, else the course's own version.

    Which of the two it is gets said in one line when it is the course's.
    """
    from attnlib import checks

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            checks.find(name)(answer)
    except AssertionError:
        print(f"{name} doesn't pass its check yet, so this experiment uses the course's own.")
        return own_version(name)
    return answer
