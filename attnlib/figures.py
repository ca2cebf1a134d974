"""How the course's figures look: one palette, labels that can be read from the back of a room."""

import base64
import html
import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

# Okabe and Ito (2008), "Color Universal Design": told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, GREY, INK = "#CC79A7", "#56B4E9", "#F0E442", "#8A8A8A", "#222222"
PALETTE = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY, GREY, YELLOW)     # those that stand out from white come first


def style():
    """Use the course's look from here on; called once, in a lesson's first cell."""
    mpl.rcParams.update({
        "figure.figsize": (7.0, 4.0), "figure.dpi": 100, "savefig.dpi": 160, "figure.constrained_layout.use": True,
        "font.size": 13, "axes.titlesize": 14, "axes.titlelocation": "left", "axes.labelsize": 13,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK, "text.color": INK,
        "axes.prop_cycle": mpl.cycler(color=PALETTE), "lines.linewidth": 2.5, "lines.markersize": 7,
        "legend.frameon": False, "image.cmap": "Blues",
    })


def show(alt, figure=None):
    """Show `figure` (the current one by default) with `alt`, the text that stands in for the picture.

    The text says what the picture shows to someone who can't see it: what is on the axes, and what to notice.
    """
    from IPython.display import display

    if figure is None and not plt.get_fignums():
        raise ValueError("There is no figure to show. Draw one first, in the same cell.")
    if not alt.strip():
        raise ValueError("A figure needs alt, a sentence that says what it shows to someone who can't see it.")
    figure = figure or plt.gcf()
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    width = round(figure.get_figwidth() * 100)
    plt.close(figure)
    data = base64.b64encode(file.getvalue()).decode()
    image = (f'<img alt="{html.escape(alt)}" width="{width}" style="max-width:100%" '
             f'src="data:image/png;base64,{data}">')
    display({"text/html": image, "text/plain": f"Figure: {alt}"}, raw=True)


def heatmap(matrix, rows, columns, axes=None, numbers="{:.2f}", label=None):
    """Draw `matrix`, (R, C), as coloured cells with their numbers; `rows` and `columns` name them. Returns the axes.

    What is never negative goes from white to blue; other matrices have white at 0, orange above and blue below.
    numbers: how to write them, None for none. label: what the colours mean, for a colour bar.
    """
    matrix = np.asarray(matrix.detach().cpu() if hasattr(matrix, "detach") else matrix, dtype=float)
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(f"matrix has shape {matrix.shape}, but there are {len(rows)} names for its rows and "
                         f"{len(columns)} for its columns.")
    axes = axes or plt.gca()
    most = float(np.nanmax(np.abs(matrix), initial=0)) or 1.0
    signed = bool((matrix < 0).any())
    colours = mpl.colors.LinearSegmentedColormap.from_list("", [BLUE, "white", ORANGE] if signed else ["white", BLUE])
    image = axes.imshow(matrix, cmap=colours, vmin=-most if signed else 0, vmax=most, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=45 if max(map(len, map(str, columns))) > 6 else 0)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(matrix if numbers else np.empty((0, 0))):
        shown = numbers.format(0.0 if numbers.format(value) == numbers.format(-0.0) else value)
        behind = colours(image.norm(value))
        ink = "black" if contrast("black", behind) >= contrast("white", behind) else "white"
        axes.text(j, i, shown.replace("-", "−"), ha="center", va="center", color=ink)
    if label:
        axes.figure.colorbar(image, ax=axes, label=label).outline.set_visible(False)
    return axes


def contrast(one, other):
    """How well two colours stand out from each other (WCAG 2.2): 1 if equal, 21 for black on white, 4.5 for text."""
    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
