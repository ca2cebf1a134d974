"""The lecturer's verbs: `attn slides` and `attn site`."""

import typer

from attnlib import paths
from attnlib.paths import Problem

app = typer.Typer(no_args_is_help=True)
CHOSEN = typer.Argument(None, metavar="[LESSON…]", help='"01_embeddings", "01" or "embeddings"; all by default.')


@app.command("slides")
def slides_verb(
    chosen: list[str] = CHOSEN,
    pdf: bool = typer.Option(False, "--pdf", help="Also write handouts as PDF, a page a slide (needs Chromium)."),
):
    """Write a deck for each lesson, build/slides/NAME.html: one file, opened in any browser, offline.

    Arrow keys or space go on, S opens the speaker's notes, F fills the screen, Esc shows all slides.

    Example: attn slides 05 --pdf
    """
    from rich.console import Console

    from attnlib.grading import lessons, slides

    root, console = paths.root(), Console(highlight=False)
    decks, problems = [], []
    for name in lessons.choose(root, chosen):
        with console.status(name):
            try:
                decks.append(slides.build(root, name))
            except Problem as problem:  # the others are built all the same
                problems.append(problem)
                continue
        console.print(f"{name}: {decks[-1].as_uri()}", markup=False, soft_wrap=True)
    if pdf and decks:
        try:
            with console.status("handouts"), slides.chromium() as browser:
                for deck in decks:
                    path = slides.handout(slides.printed(browser, deck), deck)
                    console.print(f"{path.stem}: {path.as_uri()}", markup=False, soft_wrap=True)
        except Problem as problem:
            problems.append(problem)
    _raise(problems)


@app.command("site")
def site_verb(
    repository: str = typer.Option(None, "--repository", metavar="ADDRESS",
                                   help="Where the Binder button leads; by default git's remote `origin`."),
):
    """Write the course as a website, build/site/: to read and search offline, without solutions or speaker notes.

    Open build/site/index.html in a browser, or put the folder on any web server.

    Example: attn site --repository https://github.com/you/course
    """
    from rich.console import Console

    from attnlib.grading import lessons, site

    root, console = paths.root(), Console(highlight=False)
    address = repository or site.repository(root)
    with console.status("site"):
        start, problems = site.build(root, lessons.choose(root), address)
    console.print(start.as_uri(), markup=False, soft_wrap=True)
    if address == site.NOWHERE:
        console.print(f"The Binder button leads to {address}, since git's remote `origin` is no public address. "
                      "--repository says where the course lies.", markup=False, soft_wrap=True)
    _raise(problems)


def _raise(problems):
    """Raise `problems`, if there are any, as one: the rest is built."""
    if problems:
        raise Problem("\n".join(problem.what for problem in problems),
                      "\n".join(dict.fromkeys(problem.remedy for problem in problems if problem.remedy)))
