"""What a student reads when an answer isn't right yet.

One module per lesson, one function per exercise; `checks.embeddings.lookup(lookup)` looks at the
student's `lookup`. A check tests properties and small fixtures worked by hand, never against a
solution. It states what went wrong in the student's terms and shows the smallest failing case.
"""

import copy
import functools
import importlib
import inspect
import os
import re
import sysconfig
import textwrap
import traceback
import zlib
from pathlib import Path

import numpy as np

LESSONS = ("welcome", "embeddings", "rnn_encoder", "encoder_decoder", "context_bottleneck", "attention",
           "attention_decoder", "translation", "captioning", "summarization", "self_attention")
NOTHING = ("your function returns None. Is there a `return`, and does it return a value? "
           "(append, sort and np.add.at change their object in place and give back None.)")


def __getattr__(name):
    if name in LESSONS:
        return importlib.import_module(f"attnlib.checks.{name}")
    raise AttributeError(f"there are no checks called {name!r}; there are {', '.join(LESSONS)}")


class NotYet(AssertionError):
    """An answer that isn't right yet; the message is a hint in the student's terms."""

    def _render_traceback_(self):  # IPython shows this instead of a stack of library frames
        return [part for line in f"Not yet: {self}".splitlines() for part in textwrap.wrap(line, 90) or [""]]


def expect(condition, hint):
    """Go on if `condition` holds, else stop with `hint`."""
    if not condition:
        raise NotYet(hint)


def check(test):
    """Make `test(answer)` a check: a stub, or an error in the student's code, becomes one sentence."""

    @functools.wraps(test)
    def run(answer):
        try:
            test(answer)
        except NotYet:
            raise
        except NotImplementedError as stub:
            message = str(stub) or "it is still the stub"
            named = test.__name__.startswith(message.partition(":")[0])  # build_vocab_order looks at build_vocab
            raise NotYet(message if named else f"{test.__name__}: {message}") from None
        except KeyboardInterrupt:
            raise NotYet(f"{_exercise(test, answer)} was stopped by you before it was done. Does a `while` loop "
                         "in it never end?") from None
        except Exception as error:
            raise NotYet(_what_stopped(_exercise(test, answer), error)) from None
        print(f"{test.__name__}: all checks pass.")

    run.is_check = True
    return run


def _exercise(test, answer):
    """The student's name for it: the check build_vocab_order looks at their build_vocab."""
    name = getattr(answer, "__name__", test.__name__)
    return name if test.__name__.startswith(f"{name}_") else test.__name__


def _what_stopped(name, error):
    """One sentence on an exception: the student's own last line if it came from there."""
    if not _students(error):
        return f"{name} returned something that the check can't use ({plain(error)})."
    return f"{name} stopped with {plain(error)}{line_of(error)}."


def line_of(error):
    """", in the line `…`": the student's own last line if the exception came from there, else ""."""
    frames = _students(error)
    return f", in the line `{frames[-1].line}`" if frames and frames[-1].line else ""


def _students(error):
    """The frames of an exception that are in the student's code, the innermost last."""
    library = (str(Path(__file__).parents[1]), "site-packages", sysconfig.get_path("stdlib"))
    return [frame for frame in traceback.extract_tb(error.__traceback__)
            if not any(part in frame.filename for part in library)]


# What libraries say about common mistakes, and the same in a beginner's words.
IN_PLAIN_WORDS = [
    (r"matmul: .*mismatch in its core dimension.*\(size (\d+) is different from (\d+)\)",
     r"the shapes don't fit for `@`: each row on its left has \2 numbers, and each column on its right \1"),
    (r"shapes \(?([\d,]+)\)? and \(?([\d,]+)\)? not aligned.*", r"shapes (\1) and (\2) can't be multiplied"),
    (r"mat1 and mat2 shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)",
     r"the shapes don't fit for `@`: each row on its left has \1 numbers, and each column on its right \2"),
    (r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
     r"the shapes don't fit together, number by number: axis \3 is \1 long in one and \2 in the other"),
    (r"Expected size for first two dimensions of batch2 tensor to be: \[(\d+), (\d+)\] but got: \[(\d+), (\d+)\]",
     r"the shapes don't fit for `@`: on its left is a batch of \1, each row of \2 numbers, on its right a batch of \3, "
     r"each column of \4 numbers"),
    (r"expected Tensor as element \d+ in argument 0, but got tuple",
     "a tuple stands where a tensor should; a function that returns two things needs two names, as in a, b = f(x)"),
    (r"operands could not be broadcast together with shapes (\S+) (\S+).*",
     r"the shapes don't fit together, number by number: \1 and \2"),
    (r"Can't call numpy\(\) on Tensor that requires grad.*",
     "NumPy keeps no gradients; use torch's functions on torch's tensors"),
    (r"Cannot interpret '\d+' as a data type", "the shape is one tuple, as in np.zeros((2, 3))"),
    (r"Cannot cast ufunc .* from dtype\('float\d+'\) to dtype\('int\d+'\).*",
     "an array of whole numbers (int) can't take up decimals; make it one of floats"),
    (r"(Value after \* must be an iterable, not NoneType|'NoneType' object is not (?:iterable|subscriptable)|"
     r"object of type 'NoneType' has no len\(\))", r"\1 (something is None here; append and sort change their list "
     "in place and give back None)"),
    (r"The truth value of an array.*|Boolean value of Tensor.*",
     "`if`, `and` and `or` decide once, and here is an array of many answers; np.where decides for each"),
]


def plain(error):
    """An exception as text: its kind, and what it means, in plain words where we have some."""
    if isinstance(error, RecursionError):
        return "RecursionError: it calls itself again and again, without end"
    said = str(error).rstrip(".\n")
    for pattern, words in IN_PLAIN_WORDS:
        found = re.fullmatch(pattern, said, flags=re.DOTALL)
        if found:
            said = found.expand(words)
    return re.sub(r"\b1 numbers", "1 number", f"{type(error).__name__}: {said}".removesuffix(": "))


def kind(value):
    """What a value is, for a sentence: "a list", "an object of type Tensor"."""
    name = type(value).__name__
    if name in ("list", "tuple", "dict", "set", "float", "bool", "generator"):
        return f"a {name}"
    return {"int": "an int", "str": "a text (str)", "NoneType": "None"}.get(name, f"an object of type {name}")


def find(name):
    """The check of the exercise called `name`."""
    for lesson in LESSONS:
        found = getattr(importlib.import_module(f"attnlib.checks.{lesson}"), name, None)
        if getattr(found, "is_check", False):
            return found
    raise KeyError(f"there is no check for an exercise called {name!r}")


def call(answer, *arguments, **keywords):
    """`answer(*arguments)`, and a hint if it changed an argument."""
    given = copy.deepcopy(arguments)
    result = answer(*given, **keywords)
    for place, (before, after) in enumerate(zip(arguments, given, strict=True)):
        if not _same(before, after):
            raise NotYet(f"your function changed an argument that it was given, {_argument(answer, place)}; "
                         "work on a copy.")
    return result


def _argument(answer, place):
    """What the answer calls its argument number `place`."""
    try:
        return f"`{list(inspect.signature(answer).parameters)[place]}`"
    except (IndexError, TypeError, ValueError):
        return f"number {place + 1}"


def _same(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if hasattr(a, "shape"):  # numpy or torch
        return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())
    return a is b or a == b


def array(value, shape, meaning):
    """`value` as a numpy array if it has `shape`, else a hint that says what the shape means."""
    expect(value is not None, NOTHING)
    try:
        found = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except (ValueError, TypeError):
        raise NotYet(f"{meaning} should be an array of shape {shape}; you return {kind(value)}.") from None
    expect(found.shape == tuple(shape), f"{meaning} should have shape {tuple(shape)}; yours has {found.shape}.")
    return found


def draw(name):
    """The random generator that the hidden tests of exercise `name` draw their cases from.

    An instructor gives each term its own cases with the environment variable ATTN_TERM_SEED.
    """
    return np.random.default_rng([int(os.environ.get("ATTN_TERM_SEED", "1")), zlib.crc32(name.encode())])
