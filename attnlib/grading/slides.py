"""Decks for the room: a lesson's slides as one HTML page that needs nothing but itself, and handouts as PDF.

Which cells are on slides says their slideshow metadata: `slide` begins a slide, `-` goes on with it, `fragment`
appears at the next key, `notes` are for the speaker. All other cells stay out. Words that only a slide needs stand
in text cells tagged `slide`, which no student's notebook gets. A code cell gives its outputs, not its code: code for
the room is short, and stands in a text cell.
"""

import contextlib
import importlib.metadata
import re
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter
from pygments.formatters import HtmlFormatter

from attnlib.cli import health
from attnlib.grading import lessons
from attnlib.paths import Problem

TEMPLATES = Path(__file__).parent / "templates"
OWN = TEMPLATES / "attention_slides"
# The libraries that a deck brings along: (published package that carries the file, its place there).
LIBRARIES = {
    "reveal_css": ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist/reveal.css"),
    "reveal_js": ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist/reveal.js"),
    "notes_js": ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/plugin/notes/notes.js"),
    "mathjax_js": ("sphinx-mathjax-offline", "sphinx-mathjax-offline/static/mathjax/tex-svg-full.js"),
}
BEGINS = ("slide", "subslide")
ON_SLIDES = (*BEGINS, "fragment", "-", "notes")
PATIENCE = 300_000  # milliseconds for a deck to be drawn, on a busy machine
ELSEWHERE = re.compile(r"<img\b[^>]*?\bsrc=[\"'](?!data:)([^\"']*)")


class Deck(SlidesExporter):
    """nbconvert's slides in the course's template."""

    def __init__(self, **settings):
        super().__init__(template_name="attention_slides", extra_template_basedirs=[str(TEMPLATES)],
                         embed_images=True, exclude_anchor_links=True, **settings)


def slide_type(cell):
    """What a cell is in the deck, "skip" where its metadata doesn't say."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "skip")


def slides(notebook):
    """The deck's cells, a list for each slide."""
    found = []
    for cell in notebook.cells:
        kind = slide_type(cell)
        if kind in BEGINS:
            found.append([])
        if kind in ON_SLIDES and found:
            found[-1].append(cell)
    return found


def deck_path(root, name):
    return Path(root, "build", "slides", f"{name}.html")


def build(root, name):
    """Write lesson `name`'s deck, build/slides/NAME.html, and return its path.

    Raises Problem where the lesson's notebook isn't what its text says, where no cell begins a slide, and where a
    picture is missing. The deck of an earlier time is then gone: nobody projects it by mistake.
    """
    path = deck_path(root, name)
    path.unlink(missing_ok=True)
    if not lessons.is_current(root, name):
        raise Problem(f"{name}: its notebook isn't what its text says.", f"Run `attn lessons {name}` first.")
    notebook = nbformat.read(lessons.twin_path(root, name), as_version=4)
    chosen = slides(notebook)
    if not chosen:
        raise Problem(f"{name}: no cell begins a slide.",
                      f'Begin one in {name.partition("_")[2]}.md: +++ {{"slideshow": {{"slide_type": "slide"}}}}')
    page = render(chosen, name, lessons.text_path(root, name).parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def render(chosen, name, folder):
    """The deck's page. chosen: a list of cells for each slide. folder: where the pictures lie that texts name."""
    book = nbformat.v4.new_notebook(cells=[cell for cells in chosen for cell in cells])
    title = re.search(r"^#+ (.+)$", chosen[0][0].source, re.MULTILINE)
    files = {key: _inline(library(*place)) for key, place in LIBRARIES.items()}
    files |= {"deck_css": (OWN / "deck.css").read_text("utf-8"), "deck_js": (OWN / "deck.js").read_text("utf-8"),
              "code_css": HtmlFormatter(style="xcode").get_style_defs(".highlight")}
    resources = {"metadata": {"name": name, "path": str(folder)}, "files": files,
                 "title": f"{name[:2]} {title.group(1) if title else name[3:]}"}
    page, _ = Deck().from_notebook_node(book, resources)
    page = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", page)  # a table's empty corner names nothing
    missing = ELSEWHERE.findall(page[page.index("<main"):page.index("</main>")])
    if missing:
        raise Problem(f"{name}: the picture {missing[0]} is missing.",
                      f"Put it into {Path(folder).name}/, or mend its name in the lesson's text.")
    return page


def library(package, place):
    """The text of a file that a published package carries."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError, OSError):
        return Path(importlib.metadata.distribution(package).locate_file(place)).read_text("utf-8")
    raise Problem(f"The package {package}, which decks are made with, isn't installed.", "`make slides` installs it.")


def _inline(script):
    """A script that may stand in a page: nothing in it looks like the page's own tags."""
    return script.replace("</script", r"<\/script").replace("<!--", r"<\!--")


@contextlib.contextmanager
def chromium():
    """A browser without a window. Raises Problem where there is none."""
    program = health.chromium()
    if not program:
        raise Problem("The decks are built, but handouts need Chromium, which was not found.",
                      f"{health.browser().remedy} Or open a deck in any browser with ?print-pdf behind its address, "
                      "and print it to a file.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


def printed(browser, deck):
    """A page on which the deck lies as it is printed: all slides below each other, all steps of a figure."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.emulate_media(media="print")
    page.goto(f"{deck.resolve().as_uri()}?print-pdf")
    page.wait_for_selector(".reveal.ready .pdf-page")
    return page


def handout(page, deck):
    """Write the deck that `printed` opened as PDF beside it, a page a slide, and return the path."""
    path = deck.with_suffix(".pdf")
    count = page.locator(".pdf-page").count()  # Chromium adds a blank page behind the last
    page.pdf(path=path, prefer_css_page_size=True, print_background=True, page_ranges=f"1-{count}")
    return path
