"""The lecturer's verbs: `attn slides`."""

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
    if problems:
        raise Problem("\n".join(problem.what for problem in problems),
                      "\n".join(dict.fromkeys(problem.remedy for problem in problems if problem.remedy)))
