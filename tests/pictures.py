"""The README's pictures of the course at work: python tests/pictures.py, after `make test` and `make grade-demo`."""

import sys
from pathlib import Path

from PIL import Image

from attnlib.grading import slides
from attnlib.grading.course import Course
from attnlib.grading.report import report

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS, PICTURES, DEMO = ROOT / "build" / "screenshots", ROOT / ".github" / "images", ROOT / "build" / "grade-demo"
# Each picture: the screenshot that it is made from, and the part to show (left, top, right, bottom), None for all.
SHOWN = {
    "lesson": ("00_welcome-solved.png", (0, 0, 1400, 930)),
    "hint": ("00_welcome-validate-wrong.png", (300, 235, 1100, 766)),
    "report": ("demo-report.png", None),
    "slide": ("slides/05_attention/05.png", None),
}
WIDTH, COLOURS = 840, 64  # shown at half the width; few colours make a small file
LARGEST = 120_000  # bytes


def main():
    """Write the pictures whose screenshots are there; returns how many are not."""
    for lesson in sorted(DEMO.glob("notebooks/*"))[:1]:
        _show_report(lesson.name)
    missing = 0
    for name, (screenshot, part) in SHOWN.items():
        try:
            whole = Image.open(SCREENSHOTS / screenshot).convert("RGB")
        except FileNotFoundError:
            print(f"{name}: build/screenshots/{screenshot} isn't there yet.", file=sys.stderr)
            missing += 1
            continue
        image = whole.crop(part) if part else whole
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        image.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
        assert (PICTURES / f"{name}.png").stat().st_size <= LARGEST, f"{name}.png is too large"
    return missing


def _show_report(lesson):
    """A screenshot of the report on the made-up class."""
    page, *_ = report(Course(DEMO), lesson)
    with slides.chromium() as browser:
        view = browser.new_page(viewport={"width": 820, "height": 850})
        view.goto(page.as_uri())
        view.screenshot(path=SCREENSHOTS / "demo-report.png")


if __name__ == "__main__":
    sys.exit(main())
