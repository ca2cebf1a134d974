"""Make data/emoji.tsv.gz and data/emoji.png: pictures from emoji-datasource-twitter, names from CLDR.

    python -m attnlib.corpora.rebuild.emoji

Kept are pictures with a name in all three languages, one skin tone at most (couples have two), and no twin:
where several names share one picture, nothing in it says which. Each picture is drawn on white, 64 pixels become 32
by the mean of two by two, and colours are rounded to 32 steps, which halves the file and can't be seen.
"""

import gzip
import io
import json
from collections import Counter

from PIL import Image

from attnlib.corpora.rebuild import DATA, npm_package

PICTURES = "emoji-datasource-twitter", "16.0.0"
NAMES = ("cldr-annotations-full", "48.2.0"), ("cldr-annotations-derived-full", "48.2.0")
LANGUAGES = "en", "fr", "de"
SIZE, COLUMNS = 32, 64                                   # pixels a picture, pictures a row of the sheet
TONES = range(0x1F3FB, 0x1F400)                          # Fitzpatrick's modifiers
NOT_FOR_CLASS = "\N{REVERSED HAND WITH MIDDLE FINGER EXTENDED}"


def main(folder=DATA):
    """Write both files into `folder`."""
    rows, pictures = kept(read_pictures(), read_names())
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(row) for row in [("emoji", "group", *LANGUAGES), *rows]]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8")
    with open(folder / "emoji.tsv.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write(text)
    sheet(pictures).save(folder / "emoji.png", optimize=True)


def read_pictures():
    """(emoji, group, picture) in Unicode's order; a picture is RGB, 32 × 32."""
    with npm_package(*PICTURES) as package:
        files = read(package, lambda path: path.endswith("emoji.json") or "/img/twitter/64/" in path)
    entries = sorted(json.loads(files["package/emoji.json"]), key=lambda entry: entry["sort_order"])
    return [(characters(shown["unified"]), entry["category"], small(files[f"package/img/twitter/64/{shown['image']}"]))
            for entry in entries for shown in [entry, *entry.get("skin_variations", {}).values()]]


def read_names():
    """For each language, emoji → name."""
    names = {language: {} for language in LANGUAGES}
    for name, version in NAMES:
        with npm_package(name, version) as package:
            files = read(package, lambda path: path.endswith("/annotations.json"))
        for path, content in files.items():
            if (language := path.split("/")[-2]) in names:
                (annotations,) = json.loads(content).values()
                names[language] |= {emoji: "".join(said["tts"]) for emoji, said in annotations["annotations"].items()
                                    if "tts" in said}
    return names


def read(package, wanted):
    """The files of an open package whose path is `wanted`, path → bytes, read once from front to back."""
    return {member.name: package.extractfile(member).read() for member in package if wanted(member.name)}


def characters(code):
    """"1F9D1-200D-1F692" to the emoji; without the variation selectors, which CLDR leaves out too."""
    return "".join(chr(int(part, 16)) for part in code.split("-")).replace("\N{VARIATION SELECTOR-16}", "")


def small(png):
    """A PNG file, 64 × 64 with transparency, to an RGB picture on white, half as wide and high."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BOX).point(lambda value: value // 8 * 255 // 31)


def kept(pictures, names):
    """(rows of the table, their pictures)."""
    twins = Counter(picture.tobytes() for _, _, picture in pictures)
    rows, shown = [], []
    for emoji, group, picture in pictures:
        tones = sum(ord(character) in TONES for character in emoji)
        if (twins[picture.tobytes()] == 1 and group != "Component" and tones < 2 and emoji[0] != NOT_FOR_CLASS
                and all(emoji in names[language] for language in LANGUAGES)):
            rows.append((emoji, group, *(names[language][emoji] for language in LANGUAGES)))
            shown.append(picture)
    return rows, shown


def sheet(pictures):
    """All pictures in one, row by row."""
    whole = Image.new("RGB", (COLUMNS * SIZE, -(-len(pictures) // COLUMNS) * SIZE), "white")
    for i, picture in enumerate(pictures):
        whole.paste(picture, (i % COLUMNS * SIZE, i // COLUMNS * SIZE))
    return whole


if __name__ == "__main__":
    main()
