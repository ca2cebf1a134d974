"""The report's numbers against ones worked by hand, and its page: offline, safe, readable by a screen reader."""

import csv
import json

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from attnlib.grading import demo, grade, report, sandbox, similarity
from attnlib.grading.record import Item, Result
from attnlib.paths import Problem
from tests.conftest import SCREENSHOTS
from tests.grading.conftest import LESSON, ROOT, answer, hand_in

EASY, HARD = "test_easy", "test_hard"


def outcome(student, easy, hard, reason="", flags=()):
    """A Result over two items of 1 and 2 points."""
    items = [Item(student, "welcome", EASY, easy, 1.0, "" if easy else reason, [], 0.5, "none"),
             Item(student, "welcome", HARD, hard, 2.0, "" if hard == 2 else reason, list(flags), 1.5, "none")]
    score = (easy or 0) + (hard or 0)
    return Result(student, score, 3.0, reason=reason, by_hand=sum(item.score is None for item in items), items=items)


CLASS = [outcome("a", 1.0, 2.0), outcome("b", 1.0, 2.0), outcome("c", 1.0, 0.0, "wrong axis"),
         outcome("d", 0.0, 0.0, "wrong axis"), outcome("e", 1.0, 1.0, "half"), outcome("f", 1.0, None, "by hand")]


def test_difficulty_and_full_marks_are_shares_of_those_graded():
    easy, hard = report.item_statistics(CLASS)
    assert (easy.grade_id, easy.graded, easy.waiting) == (EASY, 6, 0)
    assert easy.difficulty == pytest.approx(5 / 6) and easy.full == pytest.approx(5 / 6)
    assert (hard.graded, hard.waiting) == (5, 1)
    assert hard.difficulty == pytest.approx((1 + 1 + 0 + 0 + 0.5) / 5) and hard.full == pytest.approx(2 / 5)
    assert (easy.seconds, hard.seconds) == (0.5, 1.5)
    assert hard.reason == "wrong axis"


def test_discrimination_is_the_correlation_with_the_rest():
    # Hard item 1, 1, 0, 0, 1/2 against the easy one 1, 1, 1, 0, 1: covariance 0.1, variances 0.2 and 0.16.
    hard = report.item_statistics(CLASS)[1]
    assert hard.discrimination == pytest.approx(0.1 / (0.2 * 0.16) ** 0.5)


@pytest.mark.parametrize("scores", [[1, 1, 1, 1, 1], [0, 1, 1, 1]], ids=["all alike", "too few"])
def test_no_discrimination_where_it_says_nothing(scores):
    items = report.item_statistics([outcome(str(n), float(score), 2.0 * (n % 2)) for n, score in enumerate(scores)])
    assert items[0].discrimination is None


SORT = """def double(x):
    # add it to itself, slowly
    result = 0
    for _ in range(2):
        result = result + x
    return result


def unused(first, second):
    return [first, second][::-1]"""
OTHER = """import operator
from functools import reduce


double = lambda value: reduce(operator.add, (value, value))
triple = lambda value: double(value) + value
assert triple(1) == 3 and double(2) == 4"""


def notebook_with(code):
    cell = nbformat.v4.new_code_cell(code, metadata={"nbgrader": {"grade_id": "double", "solution": True,
                                                                  "grade": False}})
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_copy_stands_out_whatever_its_layout():
    copied = SORT.replace("    ", "  ").replace("\n\n\n", "\n")
    pairs = similarity.most_similar({name: notebook_with(code) for name, code in
                                     {"ada": SORT, "ben": OTHER, "cem": copied, "dan": "stub"}.items()},
                                    {"double": "stub"})
    assert (pairs[0].one, pairs[0].other, pairs[0].similarity) == ("ada", "cem", 1.0)
    assert pairs[0].identical == ("double",)
    assert all(pair.similarity < 0.6 for pair in pairs[1:]) and "dan" not in {pair.other for pair in pairs}


def test_what_is_not_python_is_compared_by_its_words():
    assert similarity.tokens("def f(:\n  '''") == ["def", "f(:", "'''"]


def test_two_answers_at_least():
    assert similarity.most_similar({"ada": notebook_with(SORT)}, {"double": "stub"}) == []


def test_nobody_graded_is_a_sentence(course):
    with pytest.raises(Problem, match="attn grade"):
        report.report(course, LESSON)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report on a class graded for real, with names that would be markup or formulas: (course, paths)."""
    if sandbox.probe()[1]:
        pytest.skip(sandbox.probe()[1])
    course = demo.build(LESSON, ROOT, tmp_path_factory.mktemp("report") / "course")
    released = json.loads((ROOT / "notebooks" / LESSON / "welcome.ipynb").read_text(encoding="utf-8"))
    for student, code in {"ada": SORT, "ben": OTHER, "cem": SORT, "o'neil & söns": "def double(x):\n    return x ** 2",
                          "eve": "def double(x):\n    raise ValueError('<script>alert(1)</script>=1+1')"}.items():
        hand_in(course, student, answer(released, code))
    list(grade.grade(course, LESSON))
    return course, report.report(course, LESSON)


@pytest.mark.slow
def test_the_page_needs_no_network_and_runs_nothing(written):
    page = written[1][0].read_text(encoding="utf-8")
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert "o&#39;neil &amp; söns" in page and page.count("<img alt=") == page.count("<img ") >= 2
    assert "ada" in page and "cem" in page and "100%" in page


@pytest.mark.slow
def test_the_tables_say_the_same(written):
    course, (_, items, students, similar) = written
    [item] = csv.DictReader(items.open(encoding="utf-8"))
    assert item["item"] == "test_double" and float(item["difficulty"]) == 0.6 and item["graded"] == "5"
    rows = {row["student"]: row for row in csv.DictReader(students.open(encoding="utf-8"))}
    assert rows["ada"]["score"] == "1.0" and rows["eve"]["score"] == "0.0"
    assert next(csv.DictReader(similar.open(encoding="utf-8")))["similarity"] == "1.00"


@pytest.mark.browser
def test_the_page_in_a_browser(written, chromium):
    page, said = chromium.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto(written[1][0].as_uri())
    assert said == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "report.png", full_page=True)
    page.close()
