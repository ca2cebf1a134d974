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
    assert len(rows) == 40 and len(collected.new) == 40
    assert [line for line in collected.refused if "escaped" in line] == collected.refused != []
    assert [row for row in rows if not row.ok] == []
    assert len([row for row in rows if row.demand]) == 10
    assert index.exists() and len({row.should_be for row in rows}) > 1  # not all alike


def test_a_wrong_score_is_seen():
    assert demo.Row("ada", "all right", 2.0, 2.0).ok and not demo.Row("ada", "all right", 1.9, 2.0).ok
    assert demo.Row("eve", "loops", 0.0, 0.0, "time limit", "time limit", "time limit").ok
    assert not demo.Row("eve", "loops", 0.0, 0.0, "an error", "time limit", "time limit").ok


def test_hostile_code_stands_where_the_stub_was():
    stub = 'def double(x):\n    """Doc."""\n    # YOUR CODE HERE\n    raise NotImplementedError("double: do")'
    for _, _, _, code, _, _ in demo.HOSTILE:
        compile(demo.doing(stub, code.replace("{gradebook!r}", "'gradebook.db'")), "stub", "exec")
    assert demo.nothing_in(stub).endswith("    return None")
