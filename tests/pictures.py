"""The README's pictures of the course at work, from the screenshots of `make test`: python tests/pictures.py"""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS, PICTURES = ROOT / "build" / "screenshots", ROOT / ".github" / "images"
# Each picture: its screenshot, and the part of it to show (left, top, right, bottom; pixels), None for the whole.
SHOWN = {
    "lesson": ("00_welcome-solved.png", (0, 0, 1400, 930)),
    "hint": ("00_welcome-validate-wrong.png", (300, 235, 1100, 766)),
    "report": ("report.png", (0, 0, 1100, 730)),
    "slide": ("slides/05_attention/05.png", None),
}
WIDTH, COLOURS = 840, 64  # drawn at half the width; few colours make a small file
LARGEST = 120_000  # bytes


def main():
    """Write the pictures whose screenshots are there; returns how many are not."""
    missing = 0
    for name, (screenshot, part) in SHOWN.items():
        try:
            whole = Image.open(SCREENSHOTS / screenshot).convert("RGB")
        except FileNotFoundError:
            print(f"{name}: build/screenshots/{screenshot} isn't there. `make test` writes it.", file=sys.stderr)
            missing += 1
            continue
        image = whole.crop(part) if part else whole
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        image.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
        assert (PICTURES / f"{name}.png").stat().st_size <= LARGEST, f"{name}.png is too large"
    return missing


if __name__ == "__main__":
    sys.exit(main())
