"""What ships as data: small enough, each file with its licence, in the wheel and in the students' repository."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from attnlib.corpora.rebuild import DATA
from attnlib.grading import lessons, students

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in DATA.rglob("*") if path.is_file())


def test_all_the_data_is_at_most_6_mb():
    assert sum(path.stat().st_size for path in FILES) <= 6_000_000


def test_each_file_says_whose_it_is():
    """Beside NAME.anything lies NAME.md, with its licence, its attribution and the script that makes it."""
    assert FILES
    for path in FILES:
        about = path.with_name(path.name.partition(".")[0] + ".md")
        assert about.exists(), f"{path.name} has no {about.name}"
        text = about.read_text(encoding="utf-8")
        assert "licen" in text.lower() and "Copyright" in text
        assert f"attnlib.corpora.rebuild.{about.stem}" in text
        assert path == about or path.name in text


def test_students_get_the_data():
    released = students._contents(ROOT, lessons.names(ROOT))
    for path in FILES:
        assert released[path.relative_to(ROOT).as_posix()] == path.read_bytes()


@pytest.mark.slow
def test_the_wheel_holds_the_data(tmp_path):
    made = subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT],
                          capture_output=True, text=True, timeout=300)
    if "No matching distribution found for hatchling" in made.stderr:
        pytest.skip("needs outside data: hatchling, which builds the wheel")
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        for path in FILES:
            assert wheel.read(path.relative_to(ROOT).as_posix()) == path.read_bytes()
