"""The benchmarks' own arithmetic: what a wrong line there would make of right measurements."""

import nbformat.v4
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks import __main__ as bench
from tests.benchmarks import reached, spread, table
from tests.benchmarks.gpu import on_both
from tests.benchmarks.lessons import Cell, over_budget
from tests.benchmarks.scaling import replay

seconds = st.lists(st.integers(1, 50), min_size=1, max_size=6)  # whole numbers, so that sums are exact


def test_a_table_has_a_cell_for_each_value():
    assert table(("what", "time"), [("a", 1), ("b", 2)]) == ["| what | time |", "| --- | --- |", "| a | 1 |",
                                                             "| b | 2 |"]


def test_a_spread_names_the_median_the_smallest_and_the_largest():
    assert spread([3, 1, 2], "s", 1) == "2.0 s (1.0 to 3.0)"


@pytest.mark.parametrize(("value", "sign", "goal", "expected"), [
    (2.0, ">=", 2.0, True), (1.9, ">=", 2.0, False), (1.3, "<=", 1.3, True), (1.4, "<=", 1.3, False)])
def test_a_goal_counts_as_reached_when_it_is_met_exactly(value, sign, goal, expected):
    assert reached(value, sign, goal) is expected


def fail():
    raise RuntimeError("no sandbox")


@pytest.mark.parametrize(("parts", "code", "said"), [
    ({"gpu": lambda: (["GPU", "fast"], [])}, 0, ["## GPU", "fast", "Each figure was reached."]),
    ({"gpu": lambda: (["GPU", "slow"], ["speed"])}, 1, ["slow", "Not reached:", "- speed"]),
    ({"grading": fail, "gpu": lambda: (["GPU", "fast"], [])}, 1,
     ["fast", "- grading could not be measured: no sandbox"])])
def test_the_report_names_what_is_missed_and_keeps_what_could_be_measured(parts, code, said, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    monkeypatch.setattr(bench, "apart", lambda module: parts[module.rpartition(".")[2]]())
    assert bench.main(list(parts)) == code
    lines = (tmp_path / "bench.md").read_text(encoding="utf-8").splitlines()
    assert set(said) <= set(lines)


def test_an_unknown_part_is_refused_with_those_that_there_are(capsys):
    assert bench.main(["trainings"]) == 2
    assert "trainings" in (said := capsys.readouterr().err) and "training," in said


@pytest.mark.parametrize(("name", "seconds", "expected"), [
    ("05_attention/attention", [5, 45, 45, 25], []),
    ("05_attention/attention", [5, 45, 45, 26], ["05_attention/attention: 121 s of 120 s"]),
    ("06_attention_decoder/attention_decoder", [5, 45, 45, 45, 40], []),
    ("06_attention_decoder/attention_decoder", [6, 1], ["06_attention_decoder/attention_decoder, imports: 6 s of 5 s"]),
    ("05_attention/attention", [1, 2, 46], ["05_attention/attention, cell 4: 46 s of 45 s"])])
def test_budgets(name, seconds, expected):
    cells = [Cell(name, 2 * i, "", taken, 0.0) for i, taken in enumerate(seconds)]
    assert over_budget(cells) == expected


@pytest.mark.parametrize(("device", "wrong"), [("there", ""), ("nowhere", "AssertionError: too far apart")])
def test_a_lesson_on_another_device_is_given_by_its_environment(device, wrong, tmp_path, monkeypatch):
    monkeypatch.setenv("ATTN_DEVICE", "whatever somebody has set")
    claim = "import os\nassert os.environ['ATTN_DEVICE'] in ('cpu', 'there'), 'too far apart'"
    path = tmp_path / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(claim)]), path)
    name, here, there, found = on_both(path, device)
    assert (name, found, here > 0, there > 0) == ("lesson", wrong, True, not wrong)


@pytest.mark.parametrize(("workers", "expected"), [
    (1, 3 * (1 + 10 + 2)),  # each is prepared, run, recorded before the next
    (2, 26),  # prepared at 1 and 2; end at 11 and 12; recorded 13; the third prepared 14, ends at 24; recorded 16, 26
    (3, 17),  # prepared at 1, 2 and 3; end at 11, 12 and 13; recorded one after the other from 11 on
])
def test_a_queue_worked_by_hand(workers, expected):
    assert replay(3, [1], [10], [2], workers) == expected


@given(st.integers(1, 30), seconds, seconds, seconds, st.integers(1, 9))
@settings(deadline=None)
def test_a_replay_lies_between_its_limits(tasks, before, work, after, workers):
    def total(each):
        return sum(each[i % len(each)] for i in range(tasks))

    own, theirs = total(before) + total(after), total(work)
    taken = replay(tasks, before, work, after, workers)
    assert max(own, theirs / workers) <= taken <= own + theirs
    if workers == 1:
        assert taken == own + theirs


@given(st.integers(1, 40), st.integers(1, 50), st.integers(1, 9))
def test_where_the_coordinator_takes_no_time_the_workers_alone_count(tasks, length, workers):
    assert replay(tasks, [0], [length], [0], workers) == -(-tasks // workers) * length


@given(st.integers(1, 40), st.integers(1, 50))
def test_where_workers_take_no_time_the_coordinator_alone_counts(tasks, length):
    assert replay(tasks, [length], [0], [length], 64) == 2 * tasks * length
