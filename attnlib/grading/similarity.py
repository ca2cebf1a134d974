"""Which submissions look alike: a list for a person to read, never a verdict.

Answers to short exercises are alike by nature. So each student's answers are compared as one text, with the names and
comments that the student chose, and what stands in the released stubs is left out.
"""

import io
import tokenize
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from attnlib import notebooks

FEWEST = 30  # tokens; what is shorter is too short to say anything
SKIPPED = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Pair:
    """Two students and how much of their answers is the same, 0 to 1, beside the class's usual (its median)."""

    one: str
    other: str
    similarity: float
    usual: float
    identical: tuple[str, ...]  # exercises whose answers are the same, token for token


def most_similar(submissions, stubs, count=20):
    """The `count` most similar pairs, most similar first.

    submissions: {student: notebook}. stubs: {grade_id: source} as released; an answer left as it was doesn't count.
    """
    answers = {student: _answers(notebook, stubs) for student, notebook in submissions.items()}
    whole = {student: [token for tokens in own.values() for token in tokens] for student, own in answers.items()}
    students = sorted(student for student, tokens in whole.items() if len(tokens) >= FEWEST)
    if len(students) < 2:
        return []
    texts = [whole[student] for student in students]
    alike = process.cdist(texts, texts, scorer=Indel.normalized_similarity, dtype=np.float32)      # (N, N)
    rows, columns = np.triu_indices(len(students), k=1)
    values = alike[rows, columns]
    usual = float(np.median(values))
    best = np.argsort(-values, kind="stable")[:count]
    return [_pair(students[rows[i]], students[columns[i]], float(values[i]), usual, answers) for i in best]


def _pair(one, other, similarity, usual, answers):
    same = tuple(name for name, tokens in answers[one].items() if tokens and tokens == answers[other].get(name))
    return Pair(one, other, similarity, usual, same)


def _answers(notebook, stubs):
    """{grade_id: tokens} of the code that a student wrote into the answer cells."""
    found = {}
    for cell in notebook.cells:
        name = notebooks.grade_id(cell)
        if cell.cell_type == "code" and name in stubs and notebooks.is_solution(cell) and cell.source != stubs[name]:
            found[name] = tokens(cell.source)
    return found


def tokens(source):
    """Python's tokens of `source` without its layout; of what isn't Python, its words."""
    try:
        read = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source.split()
    return [token.string for token in read if token.type not in SKIPPED]
