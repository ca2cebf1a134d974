"""Figures to step through: pictures that follow numbers through a computation, one step at a time.

A figure is plain HTML: for each step a picture (SVG), the text that stands in for it, and a caption. A little script
adds buttons and a slider. Where no script runs, in a notebook not yet trusted or on paper, all steps stand below each
other. The numbers come from the arrays that a lesson hands in, and equal arrays give equal bytes.

    stepper.lookup(table, ids, words)               # words become rows of the embedding table
    stepper.unrolled(words, xs, states, h0)         # an RNN reads a sentence
    stepper.backward(words, grads)                  # how much gradient gets back to each state
    stepper.attention(words, states, ...)           # a decoder's step looks at all of the encoder's states
    stepper.translate(words, states, inputs, thoughts, outputs)     # a sentence goes through one vector and out again
    stepper.beam(record, width, vocabulary)         # a search keeps the best few beginnings of a sentence
    stepper.self_attention(words, queries, ...)     # each word of a sentence asks all words
    stepper.show([Step(svg, alt, caption), ...], title)

As a cell's last value, or through `display`, a figure is shown; `figure[i]` is one step of it, a picture that stands
still. `attnlib.drawing` has what pictures are made of.
"""

import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attnlib.drawing import (
    CELL,
    INK,
    LINE,
    ORANGE,
    PALE,
    QUIET,
    RED,
    WIDTH,
    array,
    arrow,
    box,
    cells,
    clip,
    frame,
    grids,
    listed,
    number,
    picked,
    scale_of,
    some,
    svg,
    symbol,
    text,
    tint,
)
from attnlib.figures import GREEN

BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
IN_ADDRESS = str.maketrans({c: f"%{ord(c):02X}" for c in "%#<>\"&"})
FILES = Path(__file__).parent


def indexed(number):
    """A number as an index below the line: 12 becomes ₁₂."""
    return str(number).translate(BELOW)


@dataclass(frozen=True)
class Step:
    """One picture: its SVG, the text that stands in for it, and the sentence below it."""

    svg: str
    alt: str
    caption: str

    def _repr_html_(self):
        return Steps([self], self.caption)._repr_html_()

    def __repr__(self):
        return f"Figure: {self.alt}"


@dataclass(frozen=True)
class Steps:
    """Pictures to step through, numbered from `first`: 0 where the first one shows how things stand before step 1."""

    steps: list
    title: str
    first: int = 1

    def __getitem__(self, i):
        return self.steps[i]

    def __len__(self):
        return len(self.steps)

    def __repr__(self):
        return f"Figure in {self.first + len(self.steps) - 1} steps: {self.title}"

    def _repr_html_(self):
        figures = "".join(
            f'<figure><img alt="{html.escape(step.alt)}" src="data:image/svg+xml;charset=utf-8,'
            f'{step.svg.translate(IN_ADDRESS)}"><figcaption>{html.escape(step.caption)}</figcaption></figure>'
            for step in self.steps)
        key = hashlib.sha256((self.title + figures).encode()).hexdigest()[:12]
        css, js = (" ".join((FILES / name).read_text("utf-8").split()) for name in ("stepper.css", "stepper.js"))
        js = js.replace("KEY", key).replace("FIRST", str(self.first))
        script = f"<script>{js}</script>" if len(self.steps) > 1 else ""
        # A div, not a section: reveal.js takes every section within its slides for a slide.
        return (f'<div class="attn-steps" role="group" aria-label="{html.escape(self.title)}" data-steps="{key}">'
                f"<style>{css}</style>{figures}</div>{script}")


def show(steps, title, first=1):
    """A figure of `steps`, a list of `Step`, numbered from `first`. `title` names it to those who don't see it."""
    if not steps:
        raise ValueError("A figure needs at least one step, got none.")
    return Steps(list(steps), title, first)


# ---- Lessons' figures ----------------------------------------------------------------------------------------

def lookup(table, ids, words, vocab=None):
    """How words become vectors: each id picks a row of the table.

    table: (V, E). ids: (S,) ints, at most 7. words: the S words. vocab: word to id, to label every row.
    """
    table, ids = array(table, 2, "table"), [int(i) for i in array(ids, 1, "ids")]
    if len(ids) != len(words) or not 1 <= len(ids) <= 7:
        raise ValueError(f"Got {len(ids)} ids and {len(words)} words; expected 1 to 7, a word for each id (and <end>).")
    if not all(0 <= i < len(table) for i in ids):
        raise ValueError(f"The ids {ids} go beyond the table's {len(table)} rows, which are 0 to {len(table) - 1}.")
    names = {i: word for word, i in (vocab or dict(zip(words, ids, strict=True))).items()}
    rows, columns, (size, depth), count = some(len(table), 8, ids), some(table.shape[1], 4), table.shape, len(ids)
    scale, wide, narrow = scale_of(table), len(columns) * CELL, min(30, 250 // len(rows))
    top, left, right = 158, 190, WIDTH - 24 - wide                      # the grids; table; vectors
    pitch, height = (WIDTH - 110) / count, top + max(len(rows), count) * LINE + 16
    margin = 28 + min(110, max(len(word) for word in words) * 11)       # for the words beside the vectors

    def heading(x, wide, what, *shape):
        return text(x + wide / 2, top - 20, f"{what} {shape}", fill=QUIET)

    def sentence(now=None, known=True):
        parts = [text(24, 34, "words", anchor="start", fill=QUIET), text(24, 84, "ids", anchor="start", fill=QUIET)]
        for t, word in enumerate(words):
            x = 90 + t * pitch
            parts.append(box(x, 14, pitch - 12, 40, word, line=RED if t == now else INK))
            parts.append(text(x + pitch / 2 - 6, 84, ids[t] if known else "?", 22, bold=t == now))
        return "".join(parts)

    def grid(x, labels=True):
        beside = [text(x - 10, top + (k + .5) * LINE, f"{clip(names.get(i, ''), 11)}\u2002{i}", anchor="end")
                  for k, i in enumerate(rows) if labels and i is not None]
        lines = [[None] * len(columns) if i is None else picked(table[i], columns) for i in rows]
        return heading(x, wide, "table", size, depth) + "".join(beside) + cells(x, top, lines, scale)

    def vectors(x, done=count, labels=True):
        beside = [text(x - 10, top + (t + .5) * LINE, word, anchor="end", width=110)
                  for t, word in enumerate(words[:done]) if labels]
        lines = [picked(table[i], columns) for i in ids]
        return (heading(x, wide, "vectors", count, depth) + "".join(beside) + cells(x, top, lines[:done], scale)
                + cells(x, top + done * LINE, lines[done:], scale, blank=True))

    steps = [Step(svg(height, sentence(known=False), grid(left)), f"The words {', '.join(words)}, and the table.",
                  f"A sentence, and the embedding table: {size} rows, one for each id, of {depth} numbers each."),
             Step(svg(height, sentence(), grid(left)), "The words' ids: " + ", ".join(map(str, ids)) + ".",
                  "The vocabulary gives each word its id.")]
    for t, (word, i) in enumerate(zip(words, ids, strict=True)):
        y = top + rows.index(i) * LINE
        marked = sentence(t) + grid(left) + frame(left, y, wide, LINE)
        if t == 0:
            steps.append(Step(svg(height, marked), f"Row {i} of the table is marked: {listed(table[i])}.",
                              f"“{word}” has id {i}: its vector is row {i}."))
        steps.append(Step(
            svg(height, marked, vectors(right, t + 1), frame(right, top + t * LINE, wide, LINE),
                arrow(left + wide + 6, y + LINE / 2, right - margin, top + (t + .5) * LINE, RED)),
            f"An arrow from row {i} of the table to row {t} of the vectors: {listed(table[i])}.",
            f"“{word}”: row {i} of the table is copied to row {t} of the vectors. Nothing is computed."))
    x, gap = 110, 36
    second = x + narrow * len(rows) + gap
    third = second + wide + gap
    one_hot = [[None if j is None else float(j == i) for j in rows] for i in ids]
    beside = [text(x - 10, top + (t + .5) * LINE, word, anchor="end", width=90) for t, word in enumerate(words)]
    steps.append(Step(
        svg(height, sentence(), *beside, heading(x, narrow * len(rows), "one-hot", count, size),
            cells(x, top, one_hot, 1, narrow, "{:.0f}".format), text(second - gap / 2, top + LINE, "×", 28),
            grid(second, labels=False), text(third - gap / 2, top + LINE, "=", 28), vectors(third, labels=False)),
        f"One-hot rows {count, size} times the table {size, depth} equal the vectors {count, depth}.",
        "It equals a matrix product: a one-hot row has its 1 at the word's id, and so picks that row of the table."))
    return show(steps, "Embedding look-up: " + " ".join(words))


def unrolled(words, xs, states, h0):
    """An RNN reads a sentence: at each word, its embedding and the previous state go in, the next state comes out.

    words: S words, at most 6. xs: (S, E) embeddings. states: (S, H), from whichever cell. h0: (H,) the first state.
    """
    xs, states, h0, count = array(xs, 2, "xs"), array(states, 2, "states"), array(h0, 1, "h0"), len(words)
    if not (1 <= count <= 6 and len(xs) == len(states) == count and states.shape[1] == len(h0)):
        raise ValueError(f"Got {count} words, xs {xs.shape}, states {states.shape} and h0 {h0.shape}; "
                         "expected 1 to 6 words, (S, E), (S, H) and (H,). Try a shorter sentence.")
    every, scale = np.vstack([h0, states]), scale_of(xs, states, h0)
    up, deep = some(len(h0), 4), some(xs.shape[1], 4)
    pitch = min(200, (WIDTH - 50 - CELL) / count)
    start, side = (WIDTH - pitch * count - CELL) / 2, pitch - CELL - 2 * (17 + (pitch - 132) / 6)
    tall = max(len(up), 2) * LINE
    middle, under = 80 + tall / 2, 80 + tall + 62                       # of states and weights; embeddings' top
    words_y = under + len(deep) * LINE + 14

    def picture(t, done, end=False):
        parts = [text(WIDTH / 2, 22, "W is one set of weights, the same at every step", fill=QUIET)]
        for k in range(count + 1):
            x, column = start + k * pitch, [[value] for value in picked(every[k], up)]
            parts += [symbol(x + CELL / 2, middle - len(up) * LINE / 2 - 20, "h", k, INK if k <= done else QUIET),
                      cells(x, middle - len(up) * LINE / 2, column, scale, blank=k > done)]
        for k, word in enumerate(words):
            x = start + k * pitch + CELL                                # from the right of h_k to the left of h_k+1
            centre, far = x + (pitch - CELL) / 2, x + pitch - CELL
            line = RED if k == t else INK if k < done else PALE
            solid = RED if k == t else INK
            parts += [arrow(x + 2, middle, centre - side / 2 - 2, middle, line),
                      arrow(centre + side / 2 + 2, middle, far - 2, middle, line),
                      arrow(centre, under - 4, centre, middle + 38, line),
                      box(centre - side / 2, middle - 34, side, 68, "W", tint(GREEN, .5), solid, size=26, bold=True),
                      symbol(centre - 26, under - 20, "x", k + 1, INK if k < done else QUIET),
                      cells(centre - CELL / 2, under, [[value] for value in picked(xs[k], deep)], scale),
                      box(centre - pitch / 2 + 5, words_y, pitch - 10, 40, word, line=solid)]
        if done:
            x, bottom = start + done * pitch, middle + len(up) * LINE / 2
            parts.append(frame(x, bottom - len(up) * LINE, CELL, len(up) * LINE))
        if end:
            parts += [arrow(x + CELL / 2, bottom + 4, x + CELL / 2, bottom + 30, RED),
                      text(min(x + CELL / 2, WIDTH - 60), bottom + 42, "handed on", bold=True)]
        return svg(words_y + 56, *parts)

    steps = [Step(picture(None, 0), f"{count} words, an embedding for each, and the first state h0: {listed(h0)}.",
                  "Before the first word: an embedding for each word, and a state to begin with, h₀.")]
    for t, word in enumerate(words):
        now, then = indexed(t + 1), indexed(t)
        steps.append(Step(
            picture(t, t + 1), f"{word}: x{now} = {listed(xs[t])} and h{then} = {listed(every[t])} go into the box W. "
            f"Out comes h{now} = {listed(states[t])}.",
            f"“{word}”: two arrows go into W, the word's embedding x{now} and the previous state h{then}. "
            f"The next state h{now} comes out."))
    last = indexed(count)
    steps.append(Step(
        picture(None, count, end=True), f"The last of {count} states is marked: h{last} = {listed(states[-1])}.",
        f"The sentence is read. The last state, h{last}, is handed on."))
    return show(steps, "An RNN reads: " + " ".join(words))


def backward(words, grads):
    """Backpropagation through time: how much gradient gets back to each state, from the last word to the first.

    words: S words, at most 7. grads: (S, H), the gradient of the loss for each state. Drawn are the rows' norms.
    """
    grads, count = array(grads, 2, "grads"), len(words)
    if not 1 <= count <= 7 or len(grads) != count:
        raise ValueError(f"Got {count} words and gradients {grads.shape}; expected 1 to 7 words and (S, H).")
    norms = [float(f"{norm:.2g}") for norm in np.linalg.norm(grads, axis=1)]
    pitch, most = min(200, (WIDTH - 40) / count), max(norms) or 1
    start, wide = (WIDTH - pitch * count) / 2, 94

    def picture(now):
        parts = [text(WIDTH / 2, 22, "the size of the gradient for each state", fill=QUIET)]
        for k, word in enumerate(words):
            centre, known = start + (k + .5) * pitch, k >= now
            line = RED if k == now else INK if known else PALE
            parts += [symbol(centre, 72, "h", k + 1, INK if known else QUIET),
                      box(centre - wide / 2, 100, wide, 60, f"{norms[k]:.2g}" if known else "",
                          tint(ORANGE, .75 * norms[k] / most) if known else "#FFF", line),
                      box(centre - pitch / 2 + 5, 190, pitch - 10, 40, word)]
            if k:
                parts.append(arrow(centre - wide / 2 - 4, 130, centre - pitch + wide / 2 + 4, 130,
                                   RED if k == now + 1 else INK if k > now else PALE))
        return svg(246, *parts)

    steps = []
    for t in reversed(range(count)):
        here, first = f"h{indexed(t + 1)}, the state after “{words[t]}”", t == count - 1
        compare = not first and norms[-1] not in (0, 1)     # of 1, the size itself says it
        than = f" That is {norms[t] / norms[-1]:.2g} times as large as at the end." if compare else ""
        says = ("The gradient starts at " if first else "Back at ") + f"{here}. Its size is {norms[t]:.2g}.{than}"
        steps.append(Step(picture(t), f"The gradient has size {norms[t]:.2g} at h{indexed(t + 1)}, {words[t]}.", says))
    return show(steps, "Backpropagation through time: " + " ".join(words))


def attention(words, states, token, state, scores, weights, context, attentional, logits, vocabulary):
    """A decoder's step with attention, in seven steps, after a first picture of what the encoder hands over.

    words: S source words, at most 6. states: (S, H), the encoder's. token: the word that the decoder reads.
    state: (H,), the cell's. scores, weights: (S,). context: (H,). attentional: (A,). logits: (V,), at most 6 words.
    """
    given = {"states": (states, 2), "state": (state, 1), "scores": (scores, 1), "weights": (weights, 1),
             "context": (context, 1), "attentional": (attentional, 1), "logits": (logits, 1)}
    arrays = {name: array(value, ndim, name) for name, (value, ndim) in given.items()}
    states, state, scores, weights, context, attentional, logits = arrays.values()
    count, size = len(words), states.shape[-1]
    fit = (states.shape == (count, size) and state.shape == context.shape == (size,)
           and scores.shape == weights.shape == (count,) and len(logits) == len(vocabulary))
    if not (fit and 1 <= count <= 6 and 1 <= len(vocabulary) <= 6):
        raise ValueError(f"Got {count} words, {len(vocabulary)} words to choose from, and "
                         + ", ".join(f"{name} {value.shape}" for name, value in arrays.items())
                         + "; expected 1 to 6 of both, (S, H), (H,), (S,), (S,), (H,), (A,) and (V,).")
    scale, shares, rows = scale_of(states, state, context), weights[:, None] * states, some(size, 3)
    deep, pitch, left = len(rows) * LINE, 384 / count, 92
    first, second, third, last = 496, 594, 692, WIDTH - CELL - 10       # columns: s and c, [s; c], attentional, logits
    at = {"states": 88, "scores": 104 + deep, "weights": 146 + deep, "shares": 188 + deep}
    bottom, mixed, best = at["shares"] + deep, some(len(attentional), 6), int(logits.argmax())
    middle = (at["states"] + bottom) / 2                                # of the three columns on the right
    top, height = middle - len(mixed) * LINE / 2, max(bottom, middle + max(len(mixed), len(logits)) * LINE / 2) + 14

    def column(x, y, values, done, by=scale):
        return x, y, [[value] for value in values], by, not done

    def picture(now):
        line = [RED if now == step else INK if now > step else PALE for step in range(8)]
        fill = [INK if now >= step else QUIET for step in range(8)]
        columns = []
        parts = [text(left - 10, at[name] + high / 2, label, anchor="end", fill=fill[step])
                 for name, label, high, step in (("states", "states", deep, 0), ("scores", "scores", LINE, 2),
                                                 ("weights", "weights α", LINE, 3), ("shares", "α · state", deep, 4))]
        for j, word in enumerate(words):
            x = left + (j + .5) * pitch - CELL / 2
            parts += [box(left + j * pitch + 1, 8, pitch - 2, 40, word), symbol(x + CELL / 2, 66, "h", j + 1)]
            columns += [column(x, at["states"], picked(states[j], rows), True),
                        column(x, at["scores"], scores[j:j + 1], now >= 2, scale_of(scores)),
                        column(x, at["weights"], weights[j:j + 1], now >= 3, 1),
                        column(x, at["shares"], picked(shares[j], rows), now >= 4)]
        y = middle - len(logits) * LINE / 2
        parts += [text(last - 8, y + (k + .5) * LINE, word, anchor="end", width=74, fill=fill[7],
                       bold=now == 7 and k == best) for k, word in enumerate(vocabulary)]
        columns += [column(first, at["states"], picked(state, rows), now >= 1),
                    column(first, at["shares"], picked(context, rows), now >= 4),
                    column(second, middle - deep, picked(state, rows) + picked(context, rows), now >= 5),
                    column(third, top, picked(attentional, mixed), now >= 6, scale_of(attentional)),
                    column(last, y, logits, now >= 7, scale_of(logits))]
        parts += [box(first - 12, 8, CELL + 24, 40, token, line=line[1]),
                  symbol(first + CELL + 18, at["states"] + deep / 2, "s", fill=fill[1]),
                  symbol(first + CELL + 18, at["shares"] + deep / 2, "c", fill=fill[4]),
                  text(second + CELL / 2, middle - deep - 18, "[s; c]", fill=fill[5]),
                  text(third + CELL / 2, top - 18, "tanh(… W_c)", fill=fill[6]),
                  arrow(first + CELL / 2, 50, first + CELL / 2, at["states"] - 3, line[1]),
                  arrow(left + 386, at["shares"] + deep / 2, first - 4, at["shares"] + deep / 2, line[4]),
                  arrow(first + CELL + 3, at["states"] + deep - 6, second - 3, middle - deep / 2, line[5]),
                  arrow(first + CELL + 3, at["shares"] + 6, second - 3, middle + deep / 2, line[5]),
                  arrow(second + CELL + 3, middle, third - 3, middle, line[6]),
                  arrow(third + CELL + 2, middle, third + CELL + 22, middle, line[7])]
        marked = [(left, at["states"], 384, deep), (first, at["states"], CELL, deep), (left, at["scores"], 384, LINE),
                  (left, at["weights"], 384, LINE), (first, at["shares"], CELL, deep),
                  (second, middle - deep, CELL, 2 * deep), (third, top, CELL, len(mixed) * LINE),
                  (last, y + best * LINE, CELL, LINE)]
        return svg(height, *parts, grids(columns), frame(*marked[now]))

    def named(names, values):
        return ", ".join(f"{name} {number(value)}" for name, value in zip(names, values, strict=True)) + "."

    heaviest = words[int(weights.argmax())]
    told = [
        (", ".join(f"h{indexed(j + 1)} of {word} = ({listed(states[j])})" for j, word in enumerate(words)) + ".",
         f"Before the seven steps: the encoder hands over all {count} states, one for each word, not only the last."),
        (f"The decoder reads {token}. Its new state s = ({listed(state)}).",
         f"1. The cell reads “{token}” and makes the decoder's new state s."),
        ("Scores: " + named(words, scores),
         "2. Each state of the encoder gets a score. It says how well the state fits s."),
        ("Weights: " + named(words, weights),
         f"3. Softmax makes weights of the scores. Together {number(weights.sum())}; “{heaviest}” has the most."),
        (f"Each state times its weight, added up: c = ({listed(context)}).",
         "4. Each state is multiplied by its weight. Added up across, they are the context c."),
        (f"[s; c] = ({listed([*state, *context])}).", "5. State and context are put together, s first: [s; c]."),
        (f"tanh of [s; c] W_c = ({listed(attentional)}).",
         "6. A small network, the matrix W_c and a tanh, mixes the two. It is trained with everything else."),
        ("Logits: " + named(vocabulary, logits),
         f"7. A score for each word that could be written. The largest belongs to “{vocabulary[best]}”."),
    ]
    return show([Step(picture(now), *texts) for now, texts in enumerate(told)],
                f"One step of the attention decoder, from {token}: {' '.join(words)}", first=0)


def translate(words, states, inputs, thoughts, outputs):
    """Encoder and decoder: the last state of the one is the first of the other; each word said is read next.

    words: S source words. states: (S, H), the encoder's. inputs: the T words that the decoder reads. thoughts: (T, H),
    its states. outputs: the T words that it says. S + T is at most 10.
    """
    states, thoughts, S, T = array(states, 2, "states"), array(thoughts, 2, "thoughts"), len(words), len(inputs)
    if not (S and T and S + T <= 10 and states.shape == (S, thoughts.shape[1]) and len(thoughts) == len(outputs) == T):
        raise ValueError(f"Got {S} words, states {states.shape}, {T} inputs, thoughts {thoughts.shape} and "
                         f"{len(outputs)} outputs; expected (S, H), (T, H), and S + T at most 10. "
                         "Try a shorter sentence.")
    every, read, scale = np.vstack([states, thoughts]), [*words, *inputs], scale_of(states, thoughts)
    rows, pitch, side = some(states.shape[1], 5), min(120, (WIDTH - 20) / (S + T)), CELL + 8
    start, tall = (WIDTH - pitch * (S + T)) / 2, len(rows) * LINE
    top, said_y, read_y = 158, 52, 158 + tall + 56                      # of states; of words said; of words read
    left, right = start + pitch * S / 2, start + pitch * (S + T / 2)    # the middle of the encoder, of the decoder

    def picture(now, done, says=0, over=False):
        """`done` states are known, `says` words are said; column `now` is the step's own; over: h_S is handed over."""
        parts = [text(left, 22, "encoder", fill=QUIET), text(right, 22, "decoder", fill=QUIET),
                 text(left, read_y + 60, "words of the source", fill=QUIET),
                 text(right, read_y + 60, "what the decoder reads", fill=QUIET)]
        columns = []
        for k, word in enumerate(read):
            decodes, known = k >= S, k < done
            centre, line = start + (k + .5) * pitch, RED if k == now else INK if known else PALE
            fill = tint(GREEN, .35) if decodes else "#FFF"
            name = ("s", k - S + 1) if decodes else ("h", k + 1)
            if not decodes or k - S <= says:                            # what isn't said yet can't be read
                parts.append(box(centre - pitch / 2 + 2, read_y, pitch - 4, 40, word, fill, line))
            if decodes and not known and not (k == S and over):         # how many states follow isn't known yet
                continue
            columns.append((centre - CELL / 2, top, [[v] for v in picked(every[k], rows)], scale, not known))
            parts += [symbol(centre, top - 24, *name, INK if known else QUIET),
                      arrow(centre, read_y - 4, centre, top + tall + 6, line)]
            if k:
                handed = RED if k == S and over else line
                middle = top + tall / 2
                parts.append(arrow(centre - pitch + side / 2, middle, centre - side / 2, middle, handed))
            if decodes and k - S < says:
                parts += [arrow(centre, top - 42, centre, said_y + 44, line),
                          box(centre - pitch / 2 + 2, said_y, pitch - 4, 40, outputs[k - S], tint(ORANGE, .4), line)]
        parts.append(grids(columns))
        if now is not None:
            parts.append(frame(start + (now + .5) * pitch - CELL / 2, top, CELL, tall))
        return svg(read_y + 80, *parts)

    steps = []
    for t, word in enumerate(words):
        steps.append(Step(picture(t, t + 1), f"The encoder reads {word}: h{indexed(t + 1)} = {listed(states[t])}.",
                          f"The encoder reads “{word}”; its state is now h{indexed(t + 1)}."))
    last = indexed(S)
    steps.append(Step(picture(S - 1, S, over=True),
                      f"h{last} = {listed(states[-1])} is marked, with an arrow to the decoder.",
                      f"The last state, h{last}, is the context vector. It is all that the decoder gets."))
    for t, (word, said) in enumerate(zip(inputs, outputs, strict=True)):
        now = indexed(t + 1)
        steps.append(Step(
            picture(S + t, S + t + 1, t + 1),
            f"The decoder reads {word}: s{now} = {listed(thoughts[t])}. It says {said}.",
            f"It reads x′{now} = “{word}”, thinks s{now}, and says “{said}”."
            + ("" if t + 1 == T else f" That is what it reads next: x′{indexed(t + 2)}.")))
    return show(steps, f"Through one vector and out again: {' '.join(words)} → {' '.join(outputs)}")


def beam(record, width, vocabulary):
    """A beam search: at each step the best next words of every beginning, of which the best `width` are kept.

    record: for each of 1 to 4 steps the candidates (tokens, Σ log p), best first, as `beam_search` records them; those
    without a parent among the `width` kept before are an error. Drawn are 5. vocabulary: the word of each id.
    """
    record = [[(tuple(tokens), float(total)) for tokens, total in step] for step in record]
    if not (1 <= len(record) <= 4 and 1 <= width <= 3 and all(record)):
        raise ValueError(f"Got {len(record)} steps with {[len(step) for step in record]} candidates and width {width}; "
                         "expected 1 to 4 steps, each with candidates, and a width of 1 to 3.")
    unknown = {i for step in record for tokens, _ in step for i in tokens} - set(range(len(vocabulary)))
    if unknown:
        raise ValueError(f"The record has the ids {sorted(unknown)}; the vocabulary's {len(vocabulary)} words have the "
                         f"ids 0 to {len(vocabulary) - 1}.")
    kept = [{(): (0, 0.0)}] + [{tokens: (row, total) for row, (tokens, total) in enumerate(step[:width])}
                               for step in record]                      # tokens: the row it stands in, and Σ log p

    def parent(t, tokens):
        """(row, Σ log p) before step t, whether it grew in this step."""
        for before in (tokens[:-1], tokens):
            if before in kept[t]:
                return *kept[t][before], before != tokens
        raise ValueError(f"Step {t + 1} has the candidate {list(tokens)}, but step {t} kept "
                         f"{[list(each) for each in kept[t]]}. Is the width {width}?")

    drawn = [[(tokens, total, *parent(t, tokens)) for tokens, total in step][:5] for t, step in enumerate(record)]
    most, count, wide, high, row = max(map(len, drawn)), len(record), 132, 56, 76
    left, pitch, top = 116, (WIDTH - 124) / count, 76
    cut = top + min(width, most) * row - (row - high) / 2
    height = max(top + most * row, cut + 36)

    def spelled(tokens):
        return " ".join(vocabulary[i] for i in tokens)

    def picture(now, done=False):
        """Step `now` is the last that is known. done: the search is over, and the way to the best is marked."""
        parts = [box(8, top + 12, 84, high - 24, "<start>"), text(8, cut - 12, "kept", anchor="start", fill=QUIET),
                 f"<path d='M8 {cut:.0f}H{WIDTH - 8}' stroke='{QUIET}' stroke-width='2' stroke-dasharray='8 6'/>",
                 text(8, cut + 16, "dropped", anchor="start", fill=QUIET)]
        for t, step in enumerate(drawn):
            x = left + t * pitch + pitch - wide
            parts += [text(x + wide / 2, 16, f"step {t + 1}", fill=INK if t <= now else QUIET, bold=t == now),
                      text(x + 34, 50, "log p", fill=QUIET), text(x + wide - 34, 50, "sum", fill=QUIET)]
            for k, (tokens, total, came, before, grew) in enumerate(step if t <= now else []):
                stays, y = k < width, top + k * row
                marked = stays and (tokens == record[-1][0][0][:len(tokens)] if done else t == now)
                line, ink = RED if marked else INK if stays else PALE, INK if stays else QUIET
                start = (x - pitch + wide + 2 if t else 94), top + came * row + high / 2
                parts += [arrow(*start, x - 3, y + high / 2, line),
                          box(x, y, wide, high, "", tint(ORANGE, .35) if stays else "#FFF", line),
                          text(x + wide / 2, y + 17, vocabulary[tokens[-1]], 20, bold=stays, width=wide - 30, fill=ink),
                          text(x + 34, y + 40, number(total - before) if grew else "ended", fill=ink, width=60),
                          text(x + wide - 34, y + 40, number(total), bold=stays, fill=ink)]
        return svg(height, *parts)

    def told(step):
        return ", ".join(f"“{spelled(tokens)}” {number(total)}" for tokens, total in step)

    steps = []
    for t, step in enumerate(record):
        stay, go = step[:width], step[width:]
        sums = ", ".join(f"“{spelled(tokens)}” {number(before)} and {number(total - before)} is {number(total)}"
                         if grew else f"“{spelled(tokens)}” has ended, it keeps {number(total)}"
                         for tokens, total, _, before, grew in drawn[t])
        steps.append(Step(
            picture(t), f"Sums of log p: {sums}. Kept: {told(stay)}. Dropped: {told(go) or 'none'}.",
            ("Each goes on. " if t else "The best first words. ") + f"Kept: {told(stay)}."
            + (f" Dropped: {told(go)}." if go else "")
            + "".join(f" “{spelled(tokens)}” has ended: its sum and its place are kept." for tokens, _ in stay
                      if tokens in kept[t])))
    (tokens, total), others = record[-1][0], record[-1][1:width]
    steps.append(Step(
        picture(count - 1, done=True), f"The way to “{spelled(tokens)}” is marked: {number(total)}.",
        f"The best is “{spelled(tokens)}”: {number(total)}, a probability of {np.exp(total):.2f}."
        + (f" After it: {told(others)}." if others else "")))
    return show(steps, f"A beam of width {width}: {spelled(tokens)}")


def self_attention(words, queries, keys, values, scores, weights, outputs):
    """Each word of a sentence asks all words: three vectors a word, then a row of weights and an output for each.

    words: S, at most 4. queries, keys: (S, D). values, outputs: (S, Dv). D and Dv are at most 2.
    scores, weights: (S, S), a row for each word that asks; scores are those that softmax gets.
    """
    given = {"queries": queries, "keys": keys, "values": values, "scores": scores, "weights": weights,
             "outputs": outputs}
    arrays = {name: array(value, 2, name) for name, value in given.items()}
    queries, keys, values, scores, weights, outputs = arrays.values()
    S, D, Dv = len(words), queries.shape[1], values.shape[1]
    fit = (queries.shape == keys.shape == (S, D) and values.shape == outputs.shape == (S, Dv)
           and scores.shape == weights.shape == (S, S))
    if not (fit and 1 <= S <= 4 and 1 <= D <= 2 and 1 <= Dv <= 2):
        raise ValueError(f"Got {S} words, " + ", ".join(f"{name} {value.shape}" for name, value in arrays.items())
                         + "; expected 1 to 4 words, (S, D), (S, D), (S, Dv), (S, S), (S, S) and (S, Dv), with "
                           "D and Dv at most 2.")
    scale, top, pitch = scale_of(queries, keys, values, outputs), 92, 58
    asked, mixed = 512, 512 + S * CELL + 24                             # the columns of weights; of outputs
    columns = [("query", 124, queries), ("key", 250, keys), ("value", 376, values)]

    def row(t):
        return top + t * pitch

    def picture(now, done):
        """`done` words have asked; `now` is the one that asks, None for all or none."""
        heads = [*((name, x, vectors.shape[1]) for name, x, vectors in columns), ("weights on", asked, S),
                 ("output", mixed, Dv)]
        parts = [text(x + wide * CELL / 2, 24, name, fill=INK if i < 3 or done else QUIET, width=wide * CELL + 60)
                 for i, (name, x, wide) in enumerate(heads)]
        parts += [text(asked + (s + .5) * CELL, 62, word, width=CELL, fill=INK if done else QUIET)
                  for s, word in enumerate(words)]
        several = []
        for t, word in enumerate(words):
            parts.append(box(8, row(t) - 3, 100, 40, word, line=RED if t == now else INK))
            several += [(x, row(t), [vectors[t]], scale, False) for _, x, vectors in columns]
            several += [(asked, row(t), [weights[t]], 1, t >= done), (mixed, row(t), [outputs[t]], scale, t >= done)]
        parts.append(grids(several))
        if now is not None:
            parts += [frame(124, row(now), D * CELL, LINE), frame(250, top, D * CELL, row(S - 1) - top + LINE),
                      frame(asked, row(now), S * CELL, LINE), frame(mixed, row(now), Dv * CELL, LINE)]
        return svg(row(S - 1) + LINE + 24, *parts)

    def told(vectors):
        return ", ".join(f"{word} ({listed(vector)})" for word, vector in zip(words, vectors, strict=True))

    steps = [Step(picture(None, 0), ". ".join(f"{name}: {told(vectors)}" for name, _, vectors in columns) + ".",
                  "Each word makes three vectors of its own: a query to ask, a key to be found by, a value to give.")]
    for t, word in enumerate(words):
        with_each = ", ".join(f"{other} {number(e)}" for other, e in zip(words, scores[t], strict=True))
        shares = ", ".join(f"{other} {number(a)}" for other, a in zip(words, weights[t], strict=True))
        steps.append(Step(picture(t, t + 1), f"{word} asks. Scores: {with_each}. Weights: {shares}. "
                                             f"Output: ({listed(outputs[t])}).",
                          f"“{word}” asks every key, its own too. Scores {with_each}. Softmax makes them weights; the "
                          "values, mixed by these, are its output."))
    at_once = "it needs one step" if S == 1 else f"the {S} rows could be computed at the same moment"
    steps.append(Step(picture(None, S), f"All weights. Outputs: {told(outputs)}.",
                      f"No row waits for another: {at_once}. An RNN needs {S}, one after the other."))
    return show(steps, "Self-attention: " + " ".join(words))
