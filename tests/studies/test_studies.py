"""How a study runs: it goes on where it stood, keeps the points' order, and drops what nobody asks for."""

from attnlib import studies

COMMAND = "python -m this"


def squares(log):
    def measure(point):
        log.append(point["n"])
        return [{"result": point["n"] ** 2}]

    return measure


def first(rows):
    return [{"n": 1}, {"n": 2}]


def second(rows):
    return [{"n": 10 + row["result"]} for row in rows]


def test_each_point_is_measured_once(tmp_path):
    path, log = tmp_path / "squares.csv", []
    rows = studies.run([first, second], squares(log), path, COMMAND)
    assert log == [1, 2, 11, 14] and [row["result"] for row in rows] == [1, 4, 121, 196]
    text = path.read_text()
    assert studies.run([first, second], squares(log), path, COMMAND) == rows == studies.read(path)
    assert len(log) == 4 and path.read_text() == text and COMMAND in text


def test_goes_on_where_it_stood(tmp_path):
    path, log = tmp_path / "squares.csv", []

    def breaks(point):
        if point["n"] == 11:
            raise KeyboardInterrupt
        return squares(log)(point)

    try:
        studies.run([first, second], breaks, path, COMMAND)
    except KeyboardInterrupt:
        pass
    studies.run([first, second], squares(log), path, COMMAND)
    assert log == [1, 2, 11, 14]


def test_drops_what_no_stage_asks_for(tmp_path):
    path = tmp_path / "squares.csv"
    studies.run([first, second], squares([]), path, COMMAND)
    assert [row["n"] for row in studies.run([first], squares([]), path, COMMAND)] == [1, 2]


def test_no_file_no_rows(tmp_path):
    assert studies.read(tmp_path / "none.csv") == []
