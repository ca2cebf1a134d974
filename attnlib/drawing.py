"""Drawing with numbers: boxes, arrows, labels and grids of coloured cells, as SVG.

`svg` makes a picture, 900 wide, of what `text`, `symbol`, `box`, `arrow`, `frame` and `cells` return. Text is 16 or
larger, so that it can be read from the back of a room. Equal numbers give equal bytes.
"""

import html
import math

import numpy as np

from attnlib.figures import BLUE, GREY, INK, ORANGE, RED

WIDTH, CELL, LINE = 900, 58, 34         # of a picture; of a cell with a number, and its height
SIZE = 17                               # of text, in cells and where nothing else is said
PALE, QUIET = "#DDDDDD", "#595959"      # lines of what is still to come; text of second rank (contrast 7:1)


# ---- Numbers -------------------------------------------------------------------------------------------------

def array(values, ndim, name):
    """`values` (a list, a NumPy array or a torch tensor) as floats of `ndim` axes; a batch of one is unpacked."""
    values = values.detach().cpu() if hasattr(values, "detach") else values
    values = np.asarray(values, dtype=float)
    if values.ndim == ndim + 1 and len(values) == 1:
        values = values[0]
    if values.ndim != ndim:
        raise ValueError(f"{name} has shape {values.shape}; expected {ndim} axes, for one sentence. Try {name}[0].")
    return values


def number(value):
    """Two decimals, fewer from 10 on; a real minus sign, and none before zero."""
    shown = f"{value:.{2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0}f}"
    return shown.replace("-0.00", "0.00").replace("-", "−")


def listed(vector):
    """A vector's numbers in a row of text; a long one's are counted."""
    return ", ".join(map(number, vector)) if len(vector) <= 8 else f"{len(vector)} numbers"


def tint(colour, share):
    """`colour` thinned with white: share 0 is white, 1 is the colour."""
    return "#" + "".join(f"{round(255 + share * (int(colour[i:i + 2], 16) - 255)):02X}" for i in (1, 3, 5))


def heat(value, scale):
    """White at 0, orange above, blue below; at `scale` three quarters of the colour, so ink on it stays readable."""
    share = min(1, abs(round(value, 2)) / scale) if math.isfinite(value) else 0
    return tint(ORANGE if value > 0 else BLUE, 0.75 * math.ceil(12 * share) / 12)       # twelve shades are enough


def scale_of(*arrays):
    """The largest size of a number in the arrays."""
    return max(0.01, *(round(float(np.nanmax(np.abs(a), initial=0)), 2) for a in arrays))


def some(count, most, wanted=()):
    """Which of `count` rows to draw if about `most` fit: the wanted ones and the first ones, None for each gap."""
    keep = set(wanted) or {count - 1}
    for i in range(count):
        if count <= most or len(keep) < most - 1:
            keep.add(i)
    rows = []
    for i in sorted(keep):
        rows += [None, i] if i > 0 and i - 1 not in keep else [i]
    return rows if count - 1 in keep else [*rows, None]


def picked(vector, columns):
    """The numbers of `vector` at `columns`, None where there is a gap."""
    return [None if i is None else vector[i] for i in columns]


# ---- Drawing: each function returns SVG ----------------------------------------------------------------------

def svg(height, *parts):
    """A whole picture. It has a white ground of its own, or a dark theme would swallow it."""
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height:.0f}'"
            f" viewBox='0 0 {WIDTH} {height:.0f}' font-family='Helvetica,Arial,sans-serif' font-size='{SIZE}'"
            f" text-anchor='middle' fill='{INK}'><path fill='#FFF' d='M0 0h{WIDTH}v{height:.0f}H0z'/>"
            f"{''.join(parts)}</svg>")


def clip(words, letters):
    """`words`, or as much of it as fits, with an ellipsis."""
    return words if len(words) <= letters else words[:max(1, letters - 1)] + "…"


def text(x, y, words, size=SIZE, anchor="middle", fill=INK, bold=False, width=WIDTH):
    """A line of text round height y. What is wider than `width` gets smaller, down to 16, then loses its end."""
    words = str(words)
    size = max(16, min(size, int(width / (0.64 * len(words) or 1))))    # 0.64: a wide font's letter
    fits = int(width / (0.64 * size))
    look = {"font-size": size, "text-anchor": anchor, "fill": fill, "font-weight": "bold" if bold else "normal"}
    usual = {"font-size": SIZE, "text-anchor": "middle", "fill": INK, "font-weight": "normal"}       # as `svg` sets
    look = "".join(f" {name}='{value}'" for name, value in look.items() if value != usual[name])
    words = html.escape(clip(words, fits))
    return f"<text x='{x:.0f}' y='{y + 0.35 * size:.0f}'{look}>{words}</text>"


def symbol(x, y, letter, below="", fill=INK):
    """A letter with an index, such as h with t−1."""
    index = f"<tspan dy='6' font-size='{SIZE}' font-style='normal'>{below}</tspan>" if below != "" else ""
    look = f" fill='{fill}'" if fill != INK else ""
    return f"<text x='{x:.0f}' y='{y + 8:.0f}' font-size='24' font-style='italic'{look}>{letter}{index}</text>"


def box(x, y, width, height, label="", fill="#FFF", line=INK, **look):
    """A box with round corners and a label in the middle. Its line is thick where it's the step's own (RED)."""
    return (f"<rect x='{x:.0f}' y='{y:.0f}' width='{width:.0f}' height='{height:.0f}' rx='8' fill='{fill}'"
            f" stroke='{line}' stroke-width='{4 if line == RED else 2}'/>"
            + text(x + width / 2, y + height / 2, label, width=width - 10, **look))


def arrow(x1, y1, x2, y2, line=INK):
    """A straight arrow from (x1, y1) to (x2, y2)."""
    length = math.hypot(x2 - x1, y2 - y1)
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    x, y = x2 - 10 * ux, y2 - 10 * uy                                   # the line round the head ends at (x2, y2)
    corners = [round(part) for part in (x2 - 3 * ux, y2 - 3 * uy, x - 3 * uy, y + 3 * ux, x + 3 * uy, y - 3 * ux)]
    head = "M{} {}L{} {} {} {}z".format(*corners)
    look = f" fill='{line}'" if line != INK else ""                     # the picture's own
    return f"<path d='M{x1:.0f} {y1:.0f}L{x:.0f} {y:.0f}{head}' stroke='{line}' stroke-width='2.5'{look}/>"


def frame(x, y, width, height):
    """A thick line round the numbers that a step is about."""
    return (f"<path d='M{x:.0f} {y:.0f}h{width:.0f}v{height:.0f}h-{width:.0f}z' fill='none' stroke='{RED}'"
            " stroke-width='4'/>")


def cells(x, y, rows, scale, width=CELL, form=number, blank=False):
    """A grid of numbers, coloured by size. rows: lists of floats, None for a gap. blank: still to come."""
    return grids([(x, y, rows, scale, blank)], width, form)


def grids(several, width=CELL, form=number):
    """Several grids at once, each an (x, y, rows, scale, blank) as in `cells`."""
    boxes, numbers = {PALE: {}, GREY: {}}, []       # boxes of one colour are one path: pictures stay small
    for x, y, rows, scale, blank in several:
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                left, top = round(x) + j * width, round(y) + i * LINE
                fill = "#FFFFFF" if blank or value is None else heat(value, scale)
                boxes[PALE if blank else GREY].setdefault(fill, []).append(f"M{left} {top}h{width}v{LINE}h-{width}z")
                if not blank:
                    shown = "⋯" if value is None else form(value)
                    numbers.append(f"<text x='{left + width / 2:.0f}' y='{top + 23}'>{shown}</text>")
    drawn = [f"<g stroke='{line}'>" + "".join(f"<path fill='{fill}' d='{''.join(parts)}'/>"
                                              for fill, parts in fills.items()) + "</g>"
             for line, fills in boxes.items() if fills]
    return "".join(drawn + numbers)
