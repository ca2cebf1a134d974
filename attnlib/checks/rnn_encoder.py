"""Checks of lesson 02: small cases worked by hand, one skill at a time.

Most cases switch off everything but one term (weights of zero, a word that picks one row), so that a
wrong number points at one mistake. The others read the lesson's sentence, "dog bites man", with one
number for each word and for the state.
"""

import linecache
import traceback

import numpy as np

from attnlib import checks
from attnlib.checks import NotYet, array, check, expect

SHIFT = np.array([[0.0, 1.0], [0.0, 0.0]])              # as W_h: the state's first number moves to the second place
TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])              # as W_h: a quarter turn
ONE, HALF, NONE = np.array([[1.0]]), np.array([[0.5]]), np.zeros(1)             # the lesson's w_x, w_h, b
DOG_BITES_MAN = np.array([1.0, 0.5, -1.0])


def call(answer, *arguments):
    """As `checks.call`; where another exercise's function stopped, the hint is about the shapes handed to it.

    A very large number may overflow on the way to a right result, so NumPy doesn't warn here.
    """
    try:
        with np.errstate(all="ignore"):
            return checks.call(answer, *arguments)
    except (ValueError, IndexError) as error:
        line, shapes = _handed_over(answer, error)
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        expect(not shapes, f"stopped in the line `{line}`, which hands over arrays whose shapes don't fit together: "
                           f"{listed}. Compare them with the shapes in the docstring.{_mask_hint(shapes)}")
        expect("for axis 0" not in str(error),
               f"stopped with IndexError: {error}. Axis 0 is the batch; the words at place t are xs[:, t].")
        raise


def _handed_over(answer, error):
    """The student's line that called another exercise's function, and the shapes it handed over, by name.

    ("", {}) where the error arose in the student's own lines, or in NumPy.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    own = [i for i, frame in enumerate(frames) if frame.f_code.co_filename == file]
    if not own or own[-1] + 1 == len(frames):
        return "", {}
    code, given = frames[own[-1] + 1].f_code, frames[own[-1] + 1].f_locals
    if "site-packages" in code.co_filename or code.co_filename == __file__:
        return "", {}
    line = linecache.getline(file, list(traceback.walk_tb(error.__traceback__))[own[-1]][1]).strip()
    return line, {name: given[name].shape for name in code.co_varnames[:code.co_argcount]
                  if hasattr(given.get(name), "shape")}


def _mask_hint(shapes):
    """A mask without its second axis makes a column of B states into a square of them."""
    square = len(shapes.get("h", ())) == 2 and shapes["h"][0] == shapes["h"][1] > 1 and "W_h" in shapes
    return (" h became a square: a mask of shape (B,) runs along the wrong axis; `mask[:, t, None]` is (B, 1)."
            if square and shapes["W_h"] == (1, 1) else "")


def near(found, expected, tolerance=1e-4):
    """Whether all numbers agree; NaN agrees with nothing."""
    return bool(np.allclose(found, expected, rtol=0, atol=tolerance))


def shown(numbers):
    """An array as text, with few decimals and on one line."""
    rounded = np.round(np.asarray(numbers, dtype=float), 3) + 0.0
    return " ".join(str(rounded.tolist()).split())


def parts(result, shapes):
    """The arrays of a tuple of results, by name. shapes: name -> shape, in the order of the contract."""
    expect(result is not None, "your function returns nothing (None). Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == len(shapes),
           f"return {len(shapes)} things, in this order: {', '.join(shapes)}.")
    return {name: array(value, shape, name) for (name, shape), value in zip(shapes.items(), result, strict=True)}


# ---- One step ------------------------------------------------------------------------------------------------

@check
def rnn_cell(answer):
    """One term at a time: b alone, a row of W_x, a row of W_h, then all together. B=4, E=3, H=2."""
    x, h, W_x, no_W_h, b = np.zeros((4, 3)), np.zeros((4, 2)), np.zeros((3, 2)), np.zeros((2, 2)), np.array([0.5, -1])

    def first_row(*given):
        return array(call(answer, *given), (4, 2), "the new state")[0]

    got = first_row(x, h, W_x, no_W_h, b)
    expect(not near(got, [0.6225, 0.2689]),
           "this looks like a sigmoid, between 0 and 1; the cell uses tanh, between −1 and 1.")
    if near(got, b):
        row = first_row(np.ones((4, 3)), h, np.ones((3, 2)), no_W_h, 0 * b)
        expect(not near(row, 3), f"with b = [0.5, −1] and all weights 0 you return b itself, {shown(got)}: where is "
                                 "tanh?")
        raise NotYet(f"with b = [0.5, −1] and all weights 0 you return b itself, {shown(got)}: b belongs inside tanh.")
    expect(near(got, [0.4621, -0.7616]),
           f"with all weights 0 the new state is tanh(b): b = [0.5, −1] gives [0.462, −0.762]. Yours is {shown(got)}. "
           "Is b added, and inside tanh?")

    W_x[1], x[:, 1], h[:, 0] = [0.5, -1.0], 1, 1
    got = first_row(x, 0 * h, W_x, no_W_h, 0 * b)
    expect(near(got, [0.4621, -0.7616]),
           "a word (0, 1, 0) picks row 1 of W_x, here [0.5, −1], and tanh makes it [0.462, −0.762]. "
           f"Yours is {shown(got)}.")
    got = first_row(0 * x, h, W_x, np.array([[0.0, 1.0], [0.5, 0.0]]), 0 * b)
    expect(not near(got, 0), "a state (1, 0) before and a state of zeros give the same result: is h used?")
    expect(not near(got, [0, 0.4621]),
           "a state (1, 0) should pick row 0 of W_h; yours picks column 0. The state stands on the left of W_h, and "
           "W_h isn't transposed.")
    expect(near(got, [0, 0.7616]),
           f"a state (1, 0) picks row 0 of W_h, here [0, 1], so the new state is [0, 0.762]. Yours is {shown(got)}.")
    got = first_row(0.5 * x, 0.3 * h, np.ones((3, 2)), np.ones((2, 2)), np.full(2, 0.2))
    expect(near(got, 0.7616),
           "tanh is taken once, of the whole sum: 0.5 from the word, 0.3 from the state and 0.2 from b make "
           f"tanh(1) = 0.762. Yours is {shown(got)}.")
    got = first_row(x, h, 0 * W_x, no_W_h, np.array([1000.0, -1000.0]))
    expect(near(got, [1, -1]),
           f"sums of 1000 and −1000 should give the states 1 and −1; yours are {shown(got)}. e¹⁰⁰⁰ is too large for "
           "a float: np.tanh copes with that.")


# ---- A sentence ----------------------------------------------------------------------------------------------

@check
def rnn_encode(answer):
    """"dog bites man", read twice: from h0 = 0 and from h0 = 1. B=2, S=3, E=H=1. Then S=1, then E=3, H=2."""
    xs, h0 = np.tile(DOG_BITES_MAN[:, None], (2, 1, 1)), np.array([[0.0], [1.0]])
    got = array(call(answer, xs, h0, ONE, HALF, NONE), (2, 3, 1), "all states, (B, S, H),")
    zero, one = got[:, :, 0]
    expect(not near(got[:, 0], h0),
           "your first state is h0 itself. The first state to return comes after the first word.")
    expect(not near(zero, zero[-1]), "all your states are equal: do they share one array that each step overwrites?")
    expect(near(zero[0], 0.7616), f"reading “dog” from h0 = 0 gives tanh(1) = 0.762; yours is {shown(zero[0])}.")
    expect(not near(zero, [0.7616, 0.4621, -0.7616]),
           "each of your states knows only its own word: the state after one word must go into the next step.")
    expect(near(zero, [0.7616, 0.7068, -0.5694]),
           f"“dog bites man” from h0 = 0 gives 0.762, 0.707, −0.569 (the lesson's table); yours is {shown(zero)}.")
    expect(near(one, [0.9051, 0.7409, -0.5577]),
           f"from h0 = 1 the states are 0.905, 0.741, −0.558; yours are {shown(one)}. Is h0 used?")

    result = call(answer, xs[:, :1], h0, ONE, HALF, NONE)
    got = array(result, (2, 1, 1), "the states of a sentence of one word, (B, S, H),")[:, 0, 0]
    expect(near(got, [0.7616, 0.9051]),
           f"a sentence of one word has one state, 0.762 from h0 = 0 and 0.905 from h0 = 1; yours are {shown(got)}.")

    result = call(answer, 0 * xs, 0 * h0, ONE, 0 * HALF, np.ones(1))
    got = array(result, (2, 3, 1), "all states, (B, S, H),")[0, :, 0]
    expect(near(got, 0.7616), "with words of 0, w_h = 0 and b = 1 every state is tanh(1) = 0.762; "
                              f"yours are {shown(got)}. Is the same b used at each step?")
    turned = [[0, 0.76159], [-0.64201, 0], [0, -0.56627], [0.51261, 0]]
    result = call(answer, np.zeros((2, 4, 3)), np.tile([1.0, 0.0], (2, 1)), np.zeros((3, 2)), TURN, np.zeros(2))
    got = array(result, (2, 4, 2), "all states, (B, S, H),")[0]
    expect(near(got[0], turned[0]),
           "a state (1, 0) picks row 0 of W_h = [[0, 1], [−1, 0]]: the first state is [0, 0.762]. "
           f"Yours is {shown(got[0])}.")
    expect(near(got, turned),
           f"with W_h = [[0, 1], [−1, 0]] and words of 0 the states are {shown(turned)}; yours are {shown(got)}. "
           "Is the same W_h used at each step?")


# ---- One step back -------------------------------------------------------------------------------------------

def _step_back(answer, h=0.0, grad=1.0):
    """One step back with gradient (grad, 0) at four states, all of whose numbers are `h`. B=4, E=3, H=2."""
    row = np.ones((4, 1))
    W_x = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    W_h = np.array([[0.1, 0.2], [0.3, 0.4]])
    result = call(answer, row * [grad, 0.0], row * [1.0, 2.0, 3.0], row * [0.5, -0.5], np.full((4, 2), h), W_x, W_h)
    return parts(result, {"dx": (4, 3), "dh_prev": (4, 2), "dW_x": (3, 2), "dW_h": (2, 2), "db": (2,)})


def _step_inputs(answer):
    got = _step_back(answer)
    _slope_of("dx", answer, lambda part: part[0, 0] / 0.1)
    expect(not near(got["dx"], [0.3, 0.7, 1.1]),
           "dx doesn't depend on grad_h: the gradient at the new state is multiplied by the slope.")
    expect(not near(got["dh_prev"], [0.1, 0.2]),
           "dh_prev uses W_h the wrong way round: on the way back it is transposed.")
    for name, column, matrix in (("dx", [0.1, 0.3, 0.5], "W_x"), ("dh_prev", [0.1, 0.3], "W_h")):
        expect(near(got[name], column),
               f"where h = 0, tanh has slope 1, and a gradient (1, 0) goes back through the first column of {matrix}: "
               f"{name} is {column}. Yours is {shown(got[name][0])}.")
    got = _step_back(answer, h=0.6)
    _slope("dx", got["dx"][0, 0] / 0.1)
    _slope("dh_prev", got["dh_prev"][0, 0] / 0.1)


def _step_weights(answer):
    got = _step_back(answer)
    _slope_of("dW_x", answer, lambda part: part[0, 0] / 4)
    expect(not near(got["dW_x"], [[4, 4], [8, 8], [12, 12]]),
           "dW_x doesn't depend on grad_h: the gradient at the new state is multiplied by the slope.")
    expect(not near(got["dW_h"], [[2, -2], [0, 0]]),
           "dW_h is transposed: its rows belong to the numbers of h_prev, its columns to those of the new state.")
    for name, total, where, ask in (
            ("dW_x", [[4, 0], [8, 0], [12, 0]], "x = (1, 2, 3), ", ""),
            ("dW_h", [[2, 0], [-2, 0]], "h_prev = (0.5, −0.5), ", " Is it h_prev that meets W_h, not h?"),
            ("db", [4, 0], "", "")):
        expect(not near(got[name], np.divide(total, 4)),
               f"your {name} is a mean over the batch, or one row of it. Each row used the same weights, so their "
               "shares are added up.")
        expect(near(got[name], total),
               f"four rows with {where}h = 0 and gradient (1, 0) give {name} = {total}; "
               f"yours is {shown(got[name])}.{ask}")
    got = _step_back(answer, h=0.6)
    _slope("dW_x", got["dW_x"][0, 0] / 4)
    _slope("dW_h", got["dW_h"][0, 0] / 2)
    _slope("db", got["db"][0] / 4)


def _slope_of(name, answer, factor):
    """Which array the slope is taken from, where each of them would give another factor; h = 0 gives 1."""
    found, halved = (factor(_step_back(answer, grad=grad)[name]) for grad in (1.0, 0.5))
    expect(not near(found, 0.75),
           f"{name} takes the slope of tanh from h_prev; it is 1 − h², of the state that tanh gave in this step.")
    expect(not (near(found, 0) and near(halved, 0.375)),
           f"{name} takes the slope of tanh from grad_h; it is 1 − h², of the state h.")
    expect(not (near(found, 0) and near(halved, 0)),
           f"{name} is 0 where h = 0. The slope of tanh is 1 there: it is 1 − h².")


def _slope(name, found):
    """Where tanh gives 0.6 its slope is 0.64; one mistake gives 1, another 0.712."""
    expect(not near(found, 1), f"{name} leaves out tanh: where h = 0.6 its slope is 0.64, not 1.")
    expect(not near(found, 0.7116, 1e-3), f"{name} takes tanh of h once more; h has been through tanh already.")
    expect(not near(found, 0.4096), f"{name} is multiplied by the slope of tanh twice; once is enough.")
    expect(near(found, 0.64),
           f"where h = 0.6, tanh has slope 0.64, and {name} shrinks by that factor; yours by {found:.3f}.")


@check
def rnn_cell_backward_inputs(answer):
    """What goes back to the word and to the previous state."""
    _step_inputs(answer)


@check
def rnn_cell_backward_weights(answer):
    """What goes to the weights, added up over the batch."""
    _step_weights(answer)


@check
def rnn_cell_backward(answer):
    """Both skills together."""
    _step_inputs(answer)
    _step_weights(answer)


# ---- Back through time ---------------------------------------------------------------------------------------

def _back(answer, gradients, h=0.0):
    """Back through three steps of two equal rows, w_x = 1, w_h = 0.5, h0 = 0.5, each state equal to `h`."""
    grad_states = np.tile(np.array(gradients, dtype=float)[:, None], (2, 1, 1))
    xs, states = np.tile(DOG_BITES_MAN[:, None], (2, 1, 1)), np.full((2, 3, 1), h)
    result = call(answer, grad_states, xs, np.full((2, 1), 0.5), states, ONE, HALF)
    return parts(result, {"dxs": (2, 3, 1), "dh0": (2, 1), "dW_x": (1, 1), "dW_h": (1, 1), "db": (1,)})


@check
def rnn_backward(answer):
    """Three steps whose factors are known: 0.5 a step where h = 0, 0.32 where h = 0.6."""
    got = _back(answer, [0, 0, 1])
    found = got["dxs"][0, :, 0]
    if near(found, [0, 0, 1]):
        expect(near(_back(answer, [1, 0, 0])["dxs"][0, :, 0], [1, 0, 0]),
               "your loop walks forward, from the first word to the last; a gradient goes from the last to the first.")
    expect(not near(found, [0, 0, 1]),
           "a gradient at the last state goes back to the earlier words too; yours stops after one step.")
    expect(not near(found, [1, 0.5, 0.25]),
           "dxs is in the order in which you walked back, the last word first; turn it round before you return it.")
    expect(near(found, [0.25, 0.5, 1]),
           "where tanh has slope 1 and w_h = 0.5, a gradient 1 at the last state halves with each step back: "
           f"dxs is 0.25, 0.5, 1. Yours is {shown(found)}.")
    found = got["dh0"][0]
    expect(near(found, 0.125), f"after three steps back, 0.125 of it arrives at h0; your dh0 is {shown(found)}.")

    found = _back(answer, [0, 0, 100])["dxs"][0, :, 0]
    expect(near(found, [25, 50, 100], 1e-2),
           "a gradient 100 times as large makes dxs 100 times as large, 25, 50, 100; "
           f"yours is {shown(found)}. Do you cut large gradients? That comes later, in training.")

    got = _back(answer, [1, 1, 1])
    found = got["dxs"][0, :, 0]
    expect(not near(found, [0.25, 0.5, 1]),
           "a gradient may arrive at every state, from outside; yours uses the last one only.")
    expect(near(found, [1.75, 1.5, 1]),
           "with a gradient 1 at every state, dxs is 1.75, 1.5, 1: each state adds its own 1 to half of the next "
           f"one's. Yours is {shown(found)}.")
    expect(near(got["dh0"], 0.875),
           f"there, dh0 is half of 1.75; yours is {shown(got['dh0'][0])}. What arrives at h0 has come back through "
           "the first step.")
    _added_up(got)

    found = _back(answer, [0, 0, 1], h=0.6)["dxs"][0, :, 0]
    expect(near(found, [0.0655, 0.2048, 0.64]),
           f"where h = 0.6, tanh has slope 0.64, so dxs is 0.066, 0.205, 0.64; yours is {shown(found)}.")

    result = call(answer, np.array([[[0.0, 0.0], [0.0, 1.0]]]), np.zeros((1, 2, 3)), np.zeros((1, 2)),
                  np.zeros((1, 2, 2)), np.ones((3, 2)), SHIFT)
    found = parts(result, {"dxs": (1, 2, 3), "dh0": (1, 2), "dW_x": (3, 2), "dW_h": (2, 2), "db": (2,)})["db"]
    expect(near(found, [1, 1]),
           "with W_h = [[0, 1], [0, 0]] a gradient (0, 1) goes back as (1, 0), so db is [1, 1]; "
           f"yours is {shown(found)}. On the way back W_h is transposed.")


def _added_up(got):
    """The weights' gradients for a gradient 1 at each of three states: shares of two rows and three steps."""
    for name, total, first, last, ask in (
            ("dW_x", 3.0, 3.5, -2.0, ""),
            ("dW_h", 1.75, None, None, " The state that met W_h at a step is the one before it; at the first step "
                                       "it is h0."),
            ("db", 8.5, 3.5, 2.0, "")):
        found = got[name].item()
        expect(first is None or not (near(found, first) or near(found, last)),
               f"your {name} is the share of one step. The same weights are used at each step, so the shares are "
               "added up.")
        expect(not near(found, total / 2),
               f"your {name} is a mean over the batch, or one row of it; rows are added up as well.")
        expect(near(found, total),
               f"{name} should be {total}, added up over three steps and two rows; yours is {found:.3f}.{ask}")


# ---- The gradient by differences -----------------------------------------------------------------------------

@check
def numerical_gradient(answer):
    """The sum of k·x³, whose gradient is 3k·x², on numbers that x + ε − ε doesn't always give back."""
    _cubes(answer, np.array([2.0, 0.3, -1.1]))
    _cubes(answer, np.array([[0.1237, 0.7, 1.3], [-0.3, 2.1, 3e-7]]))
    steps = []

    def straight(x):
        steps.append(abs(float(x[0]) - 1))
        return 5 * x[0]

    got = array(answer(straight, np.array([1.0]), eps=0.25), (1,), "the gradient")
    expect(max(steps) > 0.01, "called with eps=0.25 your function nudges by another amount; use its argument eps.")
    expect(near(got, 5), f"f = 5x has gradient 5, with eps=0.25 too; yours is {shown(got)}.")


def _cubes(answer, x):
    given, seen, k = x.copy(), [], np.arange(1.0, x.size + 1).reshape(x.shape)

    def f(handed):
        expect(np.shape(handed) == x.shape,
               f"f should get an array of shape {x.shape}; you hand it one of shape {np.shape(handed)}.")
        seen.append(np.array(handed))
        return (k * handed**3).sum()

    result = answer(f, given)
    for handed in seen:
        rows = {place[0] for place in np.argwhere(handed != x)}
        expect(x.ndim == 1 or len(rows) != 1 or (handed != x).sum() < x.shape[1],
               "you nudge a whole row at once: `for i in range(len(x))` runs through the rows of a table. "
               "np.ndindex(x.shape) runs through the places of all entries.")
    got = array(result, x.shape, "the gradient, one number for each entry of x,")
    expect(seen, "your function never calls f. The slope is measured: call f with an entry nudged up, and nudged down.")
    _put_back(given, x)
    for handed in seen:
        changed = np.argwhere(handed != x).tolist()
        expect(len(changed) < 2,
               "while one entry is nudged the others stay as they were, to the last bit; here the entries "
               f"{changed[:4]} all differ.")
    _slope_found(got, 3 * k * x**2, x, seen)


def _put_back(given, x):
    """Which way an entry of x failed to be put back, if one did: by ε, or by a rounding error."""
    moved = given != x
    if moved.any():
        now, old = given[moved][0], x[moved][0]
        expect(now - old < 5e-6, f"x had an entry {old} and now has {now} in its place, ε more: is the old value saved "
                                 "before the first nudge, and put back after the second?")
        expect(old - now < 5e-6, f"x had an entry {old} and now has {now} in its place: it is never put back. Save the "
                                 "old value before the first nudge, and put it back after the second.")
        raise NotYet(f"x had an entry {old} and now has {now} in its place: adding and taking away ε rounds. Put the "
                     "old value back, or work on a copy.")


def _slope_found(got, exact, x, seen):
    """Whether the gradient is right; if not, the mistake that gives this number."""
    nudges = np.array([(handed - x).ravel()[np.abs(handed - x).argmax()] for handed in seen])
    expect(np.any(got),
           "your gradient is 0 everywhere. Did f get the same array twice? `up = x` makes a second name, not a copy.")
    expect(not np.allclose(got, exact * 1e-10, rtol=1e-3, atol=1e-14),
           "your gradient is far too small: `/ 2 * eps` divides by 2 and then multiplies by eps. Brackets: (2 * eps).")
    for factor, what in ((2, "twice as large as it should be: the two nudges are 2ε apart"),
                         (0.5, "half of what it should be"), (-1, "of the wrong sign")):
        expect(not near(got, factor * exact, 1e-3), f"your gradient is {what}.")
    error = (np.abs(got - exact) / np.maximum(1, np.abs(exact))).max()
    close = 1e-6 <= error < 1e-2
    expect(not close or (nudges > 0).any() and (nudges < 0).any(),
           f"close, but off by {error:.0e}: a nudge to one side only does that. Nudge both ways.")
    expect(not close or np.abs(nudges).max() < 3e-5,
           f"close, but off by {error:.0e}: you nudge by {np.abs(nudges).max():.0e}, but eps is 1e-05. Use the "
           "argument eps.")
    expect(not close or not any(np.array_equal(got, np.round(got, digits)) for digits in range(3, 8)),
           f"close, but off by {error:.0e}: your gradient looks rounded. Return all its digits.")
    expect(error < 1e-6, f"for f = Σ k·x³ at x = {shown(x)} the gradient is {shown(exact)}; yours is {shown(got)}.")


# ---- Padding -------------------------------------------------------------------------------------------------

def _padded(answer, extra=0):
    """Three rows of the lesson's numbers: three words, two words, none. Padding holds 9s, h0 is 0, 1, 0.25."""
    width = 4 + extra
    xs, mask = np.full((3, width, 1), 9.0), np.zeros((3, width), dtype=bool)
    for row, length in enumerate((3, 2, 0)):
        xs[row, :length, 0], mask[row, :length] = DOG_BITES_MAN[:length], True
    result = call(answer, xs, mask, np.array([[0.0], [1.0], [0.25]]), ONE, HALF, NONE)
    got = parts(result, {"states": (3, width, 1), "final": (3, 1)})
    return got["states"][:, :, 0], got["final"][:, 0]


def _final(answer):
    states, final = _padded(answer)
    expect(not (near(final[0], 1) and near(states[0, :3], 0)),
           "your mask is used the wrong way round: words are skipped and padding is read. np.where(mask, a, b) takes a "
           "where the mask is True, at words.")
    expect(not near(final[0], np.tanh(0.5 * -0.5694)),
           "“dog bites man <pad>” ends at −0.277: a word of zeros still makes a step, through W_h and tanh. At "
           "padding the state itself should stay as it was, at −0.569.")
    expect(not near(final[:2], 0),
           "your final states are 0: padding wipes the state out. It should leave it as it was.")
    expect(near(final[0], -0.5694),
           "“dog bites man <pad>” should end where “dog bites man” ends, at −0.569; "
           f"yours ends at {final[0]:.3f}. Does padding change the state?")
    expect(near(final[1], 0.7409),
           f"“dog bites <pad> <pad>” from h0 = 1 should end at 0.741; yours ends at {final[1]:.3f}. "
           "Each row has its own length, and its own h0.")
    expect(near(final[2], 0.25), f"a row without any word keeps its h0, here 0.25; yours ends at {final[2]:.3f}.")
    expect(near(_padded(answer, extra=3)[1], final),
           "three more columns of padding change your final states; they should change nothing.")
    result = call(answer, np.zeros((1, 1, 3)), np.ones((1, 1), dtype=bool), np.array([[1.0, 0.0]]), np.zeros((3, 2)),
                  SHIFT, np.zeros(2))
    found = parts(result, {"states": (1, 1, 2), "final": (1, 2)})["final"]
    expect(near(found, [0, 0.7616]),
           f"a state (1, 0) and W_h = [[0, 1], [0, 0]] give [0, 0.762]; yours is {shown(found)}.")


def _states(answer):
    states, _ = _padded(answer)
    for found, h0, words, expected in zip(
            states, (0, 1, 0.25), ("dog bites man <pad>", "dog bites <pad> <pad>", "<pad> <pad> <pad> <pad>"),
            ([0.7616, 0.7068, -0.5694, -0.5694], [0.9051, 0.7409, 0.7409, 0.7409], [0.25] * 4), strict=True):
        expect(near(found, expected),
               f"“{words}” from h0 = {h0} has the states {shown(expected)}: at padding the state before it stays. "
               f"Yours are {shown(found)}.")


@check
def masked_rnn_encode_final(answer):
    """The last state, whatever the padding."""
    _final(answer)


@check
def masked_rnn_encode_states(answer):
    """All states: padding repeats the one before."""
    _states(answer)


@check
def masked_rnn_encode(answer):
    """Both skills together."""
    _final(answer)
    _states(answer)


# ---- Gates ---------------------------------------------------------------------------------------------------

STATE = (0.8, -0.4)


def _gru(answer, h=STATE, **given):
    """The new state of one GRU step from x = (1, 0, 0) and `h`; all weights are 0 but those given. B=4, E=3, H=2.

    A vector given for a matrix becomes its row 0, the one that x, or a state (1, 0), picks out.
    """
    shapes = {"W_i": (3, 2), "W_h": (2, 2), "b_i": (2,), "b_h": (2,)}
    weights = {kind + gate: np.zeros(shape) for kind, shape in shapes.items() for gate in "rzn"}
    for name, value in given.items():
        if name.startswith("W") and np.ndim(value) == 1:
            weights[name][0] = value
        else:
            weights[name] += value
    result = call(answer, np.tile([1.0, 0.0, 0.0], (4, 1)), np.tile(np.array(h), (4, 1)), weights)
    got = array(result, (4, 2), "the new state")[0]
    expect(np.isfinite(got).all(), "your new state has NaN or infinity in it. Does your sigmoid survive large numbers?")
    return got


def _update(answer):
    got = _gru(answer)
    expect(near(got, [0.4, -0.2]),
           "with all weights 0 both gates are σ(0) = 0.5 and the candidate is 0, so half of the old state is left, "
           f"[0.4, −0.2]. Yours is {shown(got)}.")
    for name, h in (("b_iz", STATE), ("b_hz", STATE), ("W_iz", STATE), ("W_hz", (1.0, 0.5))):
        got = _gru(answer, h, **{name: [20.0, 20.0]})
        if near(got, 0):        # r shows whether it is the mix that is the wrong way round, or σ itself
            expect(not near(_gru(answer, STATE, b_ir=20.0, b_hn=1.0), _gru(answer, STATE, b_ir=20.0)),
                   "b_iz = 20 closes z, and b_ir = 20 closes r: is the sign right in σ(a) = 1 / (1 + e⁻ᵃ)?")
        expect(not near(got, 0),
               f"with z close to 1 (through {name}) the old state should stay; yours is gone. z keeps the old state, "
               "1 − z takes the candidate.")
        expect(not near(got, [h[0], h[1] / 2]) or name != "W_hz",
               "W_hz is transposed: a state (1, 0.5) and W_hz = [[20, 20], [0, 0]] open both numbers of z.")
        expect(name != "b_iz" or near(got, h) or not near(_gru(answer, h, b_ir=20.0), h),
               "b_ir decides how much of the old state is kept: r and z have changed places.")
        expect(near(got, h),
               f"{name} = 20 pushes the update gate z to 1, so the state stays {list(h)}; yours is {shown(got)}. "
               f"Is {name} used?")
    got = _gru(answer, b_iz=-20.0, b_in=[0.5, -1.0])
    expect(not near(got, np.tanh([0.25, -0.5])),
           "with r = 0.5 the word's part of the candidate is halved too; r multiplies h W_hn + b_hn only.")
    expect(near(got, [0.4621, -0.7616]),
           "with z close to 0 the new state is the candidate, here tanh(b_in) = [0.462, −0.762]; "
           f"yours is {shown(got)}.")
    got = _gru(answer, b_iz=np.log(9), b_in=np.arctanh([-0.5, 0.25]))
    expect(not near(got, [0.22, -0.11]),
           "with z = 0.9, h = 0.8 and n = −0.5 the new state is 0.67; yours is 0.22. The candidate's share is "
           "1 − z.")
    expect(near(got, [0.67, -0.335]),
           "with z = 0.9, h = (0.8, −0.4) and the candidate n = (−0.5, 0.25) the new state is [0.67, −0.335], the "
           f"lesson's 0.1 · n + 0.9 · h; yours is {shown(got)}.")
    for name in ("b_iz", "b_ir"):
        _gru(answer, **{name: [1000.0, -1000.0]})


def _reset(answer):
    keep = {"b_iz": -20.0}                                   # z = 0: the new state is the candidate
    got = _gru(answer, **keep, W_in=[0.5, -1.0])
    expect(near(got, [0.4621, -0.7616]),
           "the word (1, 0, 0) picks row 0 of W_in = [0.5, −1], so the candidate is [0.462, −0.762]; "
           f"yours is {shown(got)}.")
    hidden = "the candidate of h = (0.8, −0.4) with W_hn = [[0, 1], [0, 0]]"
    got = _gru(answer, **keep, b_ir=20.0, W_hn=SHIFT)
    expect(not near(got, [np.tanh(-0.4), 0]), "W_hn is transposed: the state stands on its left, as it is.")
    expect(not near(got, [0, np.tanh(0.4)]), "b_ir = 20 should open the reset gate, r = 1; yours stays half open. Is "
                                             "b_ir used?")
    expect(near(got, [0, 0.664]), f"with r = 1 {hidden} is [0, tanh(0.8)] = [0, 0.664]; yours is {shown(got)}.")
    got = _gru(answer, **keep, b_ir=-20.0, W_hn=SHIFT)
    expect(not near(got, [0, 0.664]), f"r = 0 changes nothing: {hidden} is the same as with r = 1. Does r multiply "
                                      "h W_hn + b_hn?")
    expect(near(got, 0), f"with r = 0 {hidden} is [0, 0]; yours is {shown(got)}.")
    got = _gru(answer, **keep, b_ir=[20.0, -20.0], W_hn=SHIFT)
    expect(not near(got, [0, 0.664]),
           "the reset gate is applied to the state before the product with W_hn, (r * h) @ W_hn; in torch's GRU it is "
           "applied after the product, to h W_hn + b_hn.")
    expect(near(got, 0),
           "with r = (1, 0) the second number of h W_hn + b_hn is switched off, so the candidate is [0, 0]; "
           f"yours is {shown(got)}.")
    got = _gru(answer, **keep, b_hn=1.0)
    expect(not near(got, 0.7616),
           "b_hn belongs to the hidden part of the candidate, so the reset gate is applied to it as well.")
    expect(near(got, 0.4621), f"with r = 0.5 and b_hn = 1 the candidate is tanh(0.5) = 0.462; yours is {shown(got)}.")
    for name, h in (("b_ir", STATE), ("b_hr", STATE), ("W_ir", STATE), ("W_hr", (1.0, 0.5))):
        got = _gru(answer, h, **keep, b_hn=1.0, **{name: [-20.0, -20.0]})
        expect(name != "W_hr" or not near(got, [0, 0.4621]),
               "W_hr is transposed: a state (1, 0.5) and W_hr = [[−20, −20], [0, 0]] close both numbers of r.")
        expect(near(got, 0),
               f"{name} = −20 pushes the reset gate to 0, so b_hn has no effect and the candidate is 0; "
               f"yours is {shown(got)}. Is {name} used?")
    got = _gru(answer, **keep, b_in=1.0, b_ir=-20.0)
    expect(near(got, 0.7616),
           "the reset gate leaves the word's part alone: with r = 0 and b_in = 1 the candidate is 0.762; "
           f"yours is {shown(got)}.")


@check
def gru_cell_update(answer):
    """The update gate mixes the old state and the candidate."""
    _update(answer)


@check
def gru_cell_reset(answer):
    """The candidate, whose hidden part the reset gate can switch off."""
    _reset(answer)


@check
def gru_cell(answer):
    """Both skills together."""
    _update(answer)
    _reset(answer)
