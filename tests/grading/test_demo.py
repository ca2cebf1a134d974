"""The made-up class gets what it earned, from zip to feedback page."""

import pytest

from attnlib.grading import demo
from tests.grading.conftest import LESSON, ROOT

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own

EXECUTED = [path.parent.name for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [name for name in EXECUTED if name in (LESSON, demo.PREFERRED)])
def test_scores_are_what_they_should_be(walls, tmp_path, name):
    rows, collected, index = demo.run_demo(name, ROOT, tmp_path / "demo")
    assert len(rows) == 12 and len(collected.new) == 12
    assert [line for line in collected.refused if "escaped" in line] == collected.refused != []
    assert {row.student: row.score for row in rows} == pytest.approx({row.student: row.should_be for row in rows})
    assert index.exists() and len({row.should_be for row in rows}) > 1  # not all alike


def test_a_wrong_score_is_seen():
    assert demo.Row("ada", "all right", 2.0, 2.0).ok and not demo.Row("ada", "all right", 1.9, 2.0).ok
