"""Answers to lesson 02's exercises: wrong ones with the hint they must get, and right ones.

Each exercise has a function that writes an answer from its parts; a wrong answer is the usual one with a
part changed.
"""

from tests.catalogue import Exercise, Right, Wrong


def step(value, before=""):
    """An answer to `rnn_cell` that returns `value`."""
    return f"def rnn_cell(x, h, W_x, W_h, b):\n{before}    return {value}"


def chain(new="cell(xs[:, t], h, W_x, W_h, b)", first="h0", kept="states.append(h)", states="[]", at="h",
          times="range(xs.shape[1])", result="np.stack(states, axis=1)"):
    """An answer to `rnn_encode`."""
    return f"""def rnn_encode(xs, h0, W_x, W_h, b):
    h, states = {first}, {states}
    for t in {times}:
        {at} = {new}
        {kept}
    return {result}"""


def step_back(slope="(1 - h**2)", dx="a @ W_x.T", dh="a @ W_h.T", dW_x="x.T @ a", dW_h="h_prev.T @ a", db="a.sum(0)",
              result="dx, dh, dW_x, dW_h, db"):
    """An answer to `rnn_cell_backward`."""
    return f"""def rnn_cell_backward(grad_h, x, h_prev, h, W_x, W_h):
    a = grad_h * {slope}
    dx, dh, dW_x, dW_h, db = {dx}, {dh}, {dW_x}, {dW_h}, {db}
    return {result}"""


def chain_back(outside="grad_states[:, t] + dh", add="+=", before="states[:, t - 1] if t else h0", after="",
               first="np.zeros_like(h0)", times="reversed(range(xs.shape[1]))", result="dxs, dh, *total"):
    """An answer to `rnn_backward`."""
    return f"""def rnn_backward(grad_states, xs, h0, states, W_x, W_h):
    dxs, dh = np.zeros_like(xs), {first}
    total = [np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))]
    for t in {times}:
        before = {before}
        da = ({outside}) * (1 - states[:, t] ** 2)
        dxs[:, t], dh = da @ W_x.T, da @ W_h.T
        for i, share in enumerate((xs[:, t].T @ da, before.T @ da, da.sum(0))):
            total[i] {add} share
        {after}
    return {result}"""


def differences(up="x.copy()", down="x.copy()", places="np.ndindex(x.shape)", eps="eps",
                value="(f(up) - f(down)) / (2 * eps)", result="g"):
    """An answer to `numerical_gradient` on copies."""
    return f"""def numerical_gradient(f, x, eps=1e-5):
    g = np.zeros(x.shape)
    for i in {places}:
        up, down = {up}, {down}
        up[i] += {eps}
        down[i] -= {eps}
        g[i] = {value}
    return {result}"""


def in_place(first, second, last, before="pass", after="pass"):
    """An answer to `numerical_gradient` that nudges x itself: the three lines that change x[i]."""
    return f"""def numerical_gradient(f, x, eps=1e-5):
    g = np.zeros(x.shape)
    {before}
    for i in np.ndindex(x.shape):
        old = x[i]
        {first}
        up = f(x)
        {second}
        g[i] = (up - f(x)) / (2 * eps)
        {last}
    {after}
    return g"""


def masked(new="np.where(now, step, h)", kept="states.append(h)", first="h0", words="xs[:, t]",
           result="np.stack(states, axis=1), h"):
    """An answer to `masked_rnn_encode`."""
    return f"""def masked_rnn_encode(xs, mask, h0, W_x, W_h, b):
    h, states = {first}, []
    for t in range(xs.shape[1]):
        now = mask[:, t, None]
        step = cell({words}, h, W_x, W_h, b)
        h = {new}
        {kept}
    return {result}"""


def gate(letter):
    """The usual gate, as code."""
    return f"sigmoid(x @ w['W_i{letter}'] + w['b_i{letter}'] + h @ w['W_h{letter}'] + w['b_h{letter}'])"


WORD, HIDDEN = "x @ w['W_in'] + w['b_in']", "h @ w['W_hn'] + w['b_hn']"


def gru(r=gate("r"), z=gate("z"), n=f"np.tanh({WORD} + r * ({HIDDEN}))", new="(1 - z) * n + z * h",  # noqa: B008
        sigmoid="1 / (1 + np.exp(-a))"):
    """An answer to `gru_cell`."""
    return f"""def gru_cell(x, h, weights):
    w = weights
    sigmoid = lambda a: {sigmoid}
    r = {r}
    z = {z}
    n = {n}
    return {new}"""


ANSWERS = {
    "rnn_cell": Exercise(
        wrong=[
            Wrong("leaves out b", "Is b added", step("np.tanh(x @ W_x + h @ W_h)")),
            Wrong("adds b after tanh", "inside tanh", step("np.tanh(x @ W_x + h @ W_h) + b")),
            Wrong("leaves out tanh", "where is tanh", step("x @ W_x + h @ W_h + b")),
            Wrong("a sigmoid", "sigmoid", step("1 / (1 + np.exp(-(x @ W_x + h @ W_h + b)))")),
            Wrong("W_h transposed", "isn't transposed", step("np.tanh(x @ W_x + h @ W_h.T + b)")),
            Wrong("tanh of each part", "once, of the whole sum", step("np.tanh(x @ W_x + b) + np.tanh(h @ W_h)")),
            Wrong("tanh twice", "tanh(b)", step("np.tanh(np.tanh(x @ W_x + h @ W_h + b))")),
            Wrong("forgets the state", "is h used", step("np.tanh(x @ W_x + b)")),
            Wrong("forgets the word", "picks row 1 of W_x", step("np.tanh(h @ W_h + b)")),
            Wrong("swaps word and state", "stopped with ValueError", step("np.tanh(h @ W_x + x @ W_h + b)")),
            Wrong("multiplies the parts", "tanh(b)", step("np.tanh((x @ W_x) * (h @ W_h) + 0 * b)")),
            Wrong("tanh from its formula, which overflows", "too large for a float",
                  step("(np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))",
                       before="    a = x @ W_x + h @ W_h + b\n")),
            Wrong("both matrices transposed", "each row on its left has 3 numbers",
                  step("np.tanh(x @ W_x.T + h @ W_h.T + b)")),
            Wrong("the old state on top", "[0, 0.762]", step("np.tanh(x @ W_x + h @ W_h + b) + h")),
            Wrong("returns nothing", "return", step("None")),
            Wrong("writes into the state", "changed an argument",
                  step("h", before="    h[:] = np.tanh(x @ W_x + h @ W_h + b)\n")),
            Wrong("one state for the whole batch", "shape", step("np.tanh(x @ W_x + h @ W_h + b).mean(0)")),
        ],
        right=[
            Right("one product of both inputs", step("np.tanh(np.hstack([x, h]) @ np.vstack([W_x, W_h]) + b)")),
            Right("einsum", step("np.tanh(np.einsum('be,eh->bh', x, W_x) + np.einsum('bg,gh->bh', h, W_h) + b[None])")),
            Right("loops", """def rnn_cell(x, h, W_x, W_h, b):
    new = np.zeros(h.shape)
    for i in range(len(x)):
        for j in range(len(b)):
            new[i, j] = np.tanh(x[i] @ W_x[:, j] + h[i] @ W_h[:, j] + b[j])
    return new"""),
            Right("a lambda, and tanh from a sigmoid",
                  "rnn_cell = lambda x, h, W_x, W_h, b: 2 / (1 + np.exp(-2 * (x @ W_x + h @ W_h + b))) - 1"),
            Right("rows in a list", step("[np.tanh(W_x.T @ one + W_h.T @ state + b) for one, state in zip(x, h)]")),
        ],
    ),
    "rnn_encode": Exercise(
        wrong=[
            Wrong("the last state only", "(B, S, H)", chain(result="h")),
            Wrong("words before sentences", "(B, S, H)", chain(result="np.stack(states)")),
            Wrong("h0 in front, one too many", "(B, S, H)", chain(states="[h0]")),
            Wrong("h0 in front, the last one missing", "h0 itself",
                  chain(states="[h0]", result="np.stack(states[:-1], axis=1)")),
            Wrong("h0 at each step", "only its own word", chain("cell(xs[:, t], h0, W_x, W_h, b)")),
            Wrong("zeros in place of h0", "Is h0 used", chain(first="np.zeros_like(h0)")),
            Wrong("one array for all states", "share one array", chain(first="h0.copy()", at="h[:]")),
            Wrong("writes into h0", "changed an argument", chain(at="h[:]", kept="states.append(h.copy())")),
            Wrong("reads from the right", "“dog” from h0 = 0",
                  chain(times="reversed(range(xs.shape[1]))", kept="states.insert(0, h)")),
            Wrong("weights that shrink", "the lesson's table", chain("cell(xs[:, t], h, W_x * 0.9**t, W_h, b)")),
            Wrong("other weights after the third word", "same W_h used",
                  chain("cell(xs[:, t], h, W_x, W_h if t < 3 else W_h - 1, b)")),
            Wrong("a sentence for a word", "hands over arrays whose shapes", chain("cell(xs[t], h, W_x, W_h, b)")),
            Wrong("all words at once", "x (2, 3, 1), h (2, 1)", chain("cell(xs, h, W_x, W_h, b)")),
            Wrong("b at the first step only", "same b used",
                  chain("cell(xs[:, t], h, W_x, W_h, b if t == 0 else 0 * b)")),
            Wrong("skips the first word", "(B, S, H)", chain(times="range(1, xs.shape[1])")),
            Wrong("squeezes a single word away", "one word",
                  chain(result="np.stack(states, axis=1) if len(states) > 1 else states[0]")),
            Wrong("transposes W_h", "picks row 0 of W_h", chain("cell(xs[:, t], h, W_x, W_h.T, b)")),
            Wrong("adds the old state after tanh", "dog bites man", chain("np.tanh(xs[:, t] @ W_x + b) + h @ W_h")),
        ],
        right=[
            Right("fills an array", chain(states="np.empty(xs.shape[:2] + h0.shape[1:])", at="states[:, t] = h",
                                          kept="pass", result="states")),
            Right("its own formula", chain("np.tanh(xs[:, t] @ W_x + h @ W_h + b)")),
            Right("itertools.accumulate", """def rnn_encode(xs, h0, W_x, W_h, b):
    from itertools import accumulate
    states = accumulate(xs.swapaxes(0, 1), lambda h, x: cell(x, h, W_x, W_h, b), initial=h0)
    return np.array(list(states)[1:]).transpose(1, 0, 2)"""),
            Right("all words' parts at once", """def rnn_encode(xs, h0, W_x, W_h, b):
    h, states = h0, []
    for part in (xs @ W_x + b).swapaxes(0, 1):
        h = np.tanh(part + h @ W_h)
        states += [h[:, None]]
    return np.concatenate(states, 1)"""),
            Right("recursion", """def rnn_encode(xs, h0, W_x, W_h, b):
    if xs.shape[1] == 0:
        return np.zeros((len(h0), 0, h0.shape[1]))
    h = cell(xs[:, 0], h0, W_x, W_h, b)
    return np.concatenate([h[:, None], rnn_encode(xs[:, 1:], h, W_x, W_h, b)], axis=1)"""),
        ],
    ),
    "rnn_cell_backward": Exercise(
        wrong=[
            Wrong("forgets tanh", "leaves out tanh", step_back(slope="1")),
            Wrong("tanh of h once more", "once more", step_back(slope="(1 - np.tanh(h)**2)")),
            Wrong("1 − h without the square", "slope 0.64", step_back(slope="(1 - h)")),
            Wrong("a sigmoid's slope", "0 where h = 0", step_back(slope="h * (1 - h)")),
            Wrong("the slope at h_prev", "from h_prev", step_back(slope="(1 - h_prev**2)")),
            Wrong("W_h the wrong way round", "wrong way round", step_back(dh="a @ W_h")),
            Wrong("the slope at the gradient", "from grad_h", step_back(slope="(1 - grad_h**2)")),
            Wrong("the slope without the gradient", "depend on grad_h",
                  step_back().replace("grad_h * (1", "0 * grad_h + (1")),
            Wrong("the slope twice", "twice", step_back(slope="(1 - h**2)**2")),
            Wrong("dW_h transposed", "dW_h is transposed", step_back(dW_h="a.T @ h_prev")),
            Wrong("dW_h from the new state", "h_prev that meets W_h", step_back(dW_h="h.T @ a")),
            Wrong("db for each row", "db should have shape", step_back(db="a")),
            Wrong("means over the batch", "mean over the batch",
                  step_back(dW_x="x.T @ a / len(x)", dW_h="h_prev.T @ a / len(x)", db="a.mean(0)")),
            Wrong("db a mean", "mean over the batch", step_back(db="a.mean(0)")),
            Wrong("tanh left out of db", "db leaves out tanh", step_back(db="grad_h.sum(0)")),
            Wrong("tanh left out of dh_prev", "dh_prev leaves out tanh", step_back(dh="grad_h @ W_h.T")),
            Wrong("weights first", "should have shape", step_back(result="dW_x, dW_h, db, dx, dh")),
            Wrong("state before word", "should have shape", step_back(result="dh, dx, dW_x, dW_h, db")),
            Wrong("no db", "return 5 things", step_back(result="dx, dh, dW_x, dW_h")),
            Wrong("writes into the gradient", "changed an argument", step_back().replace("a = grad_h *", "grad_h *=")
                  .replace("    dx, dh, dW_x", "    a = grad_h\n    dx, dh, dW_x", 1)),
        ],
        right=[
            Right("a list", step_back(result="[dx, dh, dW_x, dW_h, db]")),
            Right("einsum", step_back("(1 + h) * (1 - h)", "np.einsum('bh,eh->be', a, W_x)",
                                      "np.einsum('bh,gh->bg', a, W_h)", "np.einsum('be,bh->eh', x, a)",
                                      "np.einsum('bg,bh->gh', h_prev, a)", "np.einsum('bh->h', a)")),
            Right("loops over the batch", """def rnn_cell_backward(grad_h, x, h_prev, h, W_x, W_h):
    dx, dh, db = np.zeros(x.shape), np.zeros(h.shape), np.zeros(h.shape[1])
    dW_x, dW_h = np.zeros(W_x.shape), np.zeros(W_h.shape)
    for i in range(len(x)):
        a = grad_h[i] - grad_h[i] * h[i] * h[i]
        dx[i], dh[i] = W_x @ a, W_h @ a
        dW_x += np.outer(x[i], a)
        dW_h += np.outer(h_prev[i], a)
        db += a
    return dx, dh, dW_x, dW_h, db"""),
            Right("torch does it", """def rnn_cell_backward(grad_h, x, h_prev, h, W_x, W_h):
    values = [torch.tensor(value, requires_grad=True) for value in (x, h_prev, W_x, W_h)]
    a = torch.tensor(grad_h * (1 - h**2))
    total = ((values[0] @ values[2] + values[1] @ values[3]) * a).sum()
    return *torch.autograd.grad(total, values), a.sum(0)"""),
            Right("the slope through cosh", step_back("np.cosh(np.arctanh(h)) ** -2.0")),
        ],
    ),
    "rnn_backward": Exercise(
        wrong=[
            Wrong("a gradient at the last state only", "the last one only",
                  chain_back("(grad_states[:, t] if t == xs.shape[1] - 1 else 0) + dh")),
            Wrong("nothing is passed on", "stops after one step", chain_back("grad_states[:, t]")),
            Wrong("what was passed on is lost", "stops after one step", chain_back(after="dh = np.zeros_like(h0)")),
            Wrong("shares overwrite each other", "share of one step", chain_back(add="=")),
            Wrong("shares of b overwrite each other", "share of one step", chain_back(after="total[2] = da.sum(0)")),
            Wrong("the state after, not before", "the one before it", chain_back(before="states[:, t]")),
            Wrong("zeros in place of h0", "first step it is h0",
                  chain_back(before="states[:, t - 1] if t else 0 * h0")),
            Wrong("the last state before the first step", "dW_h", chain_back(before="states[:, t - 1]")),
            Wrong("forgets tanh", "slope 0.64",
                  chain_back().replace("(1 - states[:, t] ** 2)", "np.ones_like(states[:, t])")),
            Wrong("W_h the wrong way round", "transposed", chain_back(after="dh = da @ W_h")),
            Wrong("dh0 stops before the first step", "dh0",
                  chain_back(after="dh0 = dh if t else da", result="dxs, dh0, *total")),
            Wrong("walks forward", "walks forward", chain_back(times="range(xs.shape[1])")),
            Wrong("means over the batch", "mean over the batch",
                  chain_back(result="dxs, dh, *[part / len(xs) for part in total]")),
            Wrong("means over the steps", "dW_x",
                  chain_back(result="dxs, dh, *[part / xs.shape[1] for part in total]")),
            Wrong("cuts large gradients", "cut large gradients", chain_back("np.clip(grad_states[:, t] + dh, -5, 5)")),
            Wrong("dxs in the order of the walk", "turn it round", chain_back(result="dxs[:, ::-1], dh, *total")),
            Wrong("a sentence for a word", "Axis 0 is the batch",
                  chain_back(after="cell_backward(da, xs[t], before, states[:, t], W_x, W_h)")),
            Wrong("no dh0", "return 5 things", chain_back(result="dxs, *total")),
            Wrong("adds into the gradients it was given", "changed an argument",
                  chain_back("grad_states[:, t]", after="grad_states[:, t - 1] += dh if t else 0")),
            Wrong("the last gradient twice", "dxs is 0.25, 0.5, 1", chain_back(first="grad_states[:, -1]")),
        ],
        right=[
            Right("written out", chain_back()),
            Right("a list, with the step back", """def rnn_backward(grad_states, xs, h0, states, W_x, W_h):
    before = np.concatenate([h0[:, None], states[:, :-1]], axis=1)
    carried, parts = 0, []
    for t in range(xs.shape[1])[::-1]:
        parts.insert(0, cell_backward(grad_states[:, t] + carried, xs[:, t], before[:, t], states[:, t], W_x, W_h))
        carried = parts[0][1]
    dx, _, dW_x, dW_h, db = zip(*parts)
    return [np.stack(dx, 1), carried, sum(dW_x), sum(dW_h), sum(db)]"""),
            Right("the shares at the end, by einsum", """def rnn_backward(grad_states, xs, h0, states, W_x, W_h):
    a, dh = np.zeros(states.shape), np.zeros(h0.shape)
    for t in range(xs.shape[1] - 1, -1, -1):
        a[:, t] = (grad_states[:, t] + dh) * (1 - states[:, t] ** 2)
        dh = a[:, t] @ W_h.T
    before = np.concatenate([h0[:, None], states[:, :-1]], axis=1)
    dW_x, dW_h = np.einsum('bse,bsh->eh', xs, a), np.einsum('bsg,bsh->gh', before, a)
    return a @ W_x.T, dh, dW_x, dW_h, a.sum((0, 1))"""),
            Right("recursion from the front", """def rnn_backward(grad_states, xs, h0, states, W_x, W_h):
    if xs.shape[1] == 0:
        return [np.zeros_like(value) for value in (xs, h0, W_x, W_h, W_h[0])]
    later = rnn_backward(grad_states[:, 1:], xs[:, 1:], states[:, 0], states[:, 1:], W_x, W_h)
    dx, dh0, *now = cell_backward(grad_states[:, 0] + later[1], xs[:, 0], h0, states[:, 0], W_x, W_h)
    return np.concatenate([dx[:, None], later[0]], 1), dh0, *[a + b for a, b in zip(now, later[2:])]"""),
        ],
    ),
    "numerical_gradient": Exercise(
        wrong=[
            Wrong("one side only", "one side only", differences(value="(f(up) - f(x)) / eps")),
            Wrong("divides by ε", "twice as large", differences(value="(f(up) - f(down)) / eps")),
            Wrong("divides by 4ε", "half of what", differences(value="(f(up) - f(down)) / (4 * eps)")),
            Wrong("the wrong sign", "wrong sign", differences(value="(f(down) - f(up)) / (2 * eps)")),
            Wrong("two names for one array", "not a copy", differences(up="x", down="x")),
            Wrong("a row at a time", "np.ndindex(x.shape) runs", differences(places="range(len(x))")),
            Wrong("all at once", "all differ", differences(value="(f(x + eps) - f(x - eps)) / (2 * eps)")),
            Wrong("its own ε", "argument eps", differences(eps="1e-5", value="(f(up) - f(down)) / 2e-5")),
            Wrong("a row at a time, in place", "np.ndindex(x.shape) runs",
                  in_place("x[i] += eps", "x[i] -= 2 * eps", "x[i] = old").replace("np.ndindex(x.shape)",
                                                                                   "range(len(x))")),
            Wrong("rounds", "looks rounded", differences(result="g.round(5)")),
            Wrong("a larger ε of its own", "you nudge by 1e-03",
                  differences(eps="1e-3", value="(f(up) - f(down)) / 2e-3")),
            Wrong("no brackets round 2 ε", "Brackets", differences(value="(f(up) - f(down)) / 2 * eps")),
            Wrong("saved after the nudge", "before the first nudge",
                  in_place("x[i] += eps; old = x[i]", "x[i] -= 2 * eps", "x[i] = old")),
            Wrong("a flat result", "should have shape", differences(result="g.ravel()[:, None]")),
            Wrong("hands over a flat array", "hand it",
                  differences(value="(f(up.ravel()) - f(down.ravel())) / 2 / eps")),
            Wrong("adds and takes away", "adding and taking away",
                  in_place("x[i] += eps", "x[i] -= 2 * eps", "x[i] += eps")),
            Wrong("never puts back", "never put back", in_place("x[i] = old + eps", "x[i] = old - eps", "pass")),
            Wrong("puts all back at the end only", "to the last bit",
                  in_place("x[i] = old + eps", "x[i] = old - eps", "pass", before="kept = x.copy()",
                           after="x[...] = kept")),
            Wrong("puts one side's value back", "in its place",
                  in_place("x[i] = old + eps", "x[i] = old - eps", "x[i] += eps")),
        ],
        right=[
            Right("puts the old value back", in_place("x[i] = old + eps", "x[i] = old - eps", "x[i] = old")),
            Right("nditer", """def numerical_gradient(f, x, eps=1e-5):
    g = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        kept, values = float(x[i]), []
        for sign in (1, -1):
            x[i] = kept + sign * eps
            values.append(f(x))
        x[i] = kept
        g[i] = (values[0] - values[1]) / (2 * eps)
        it.iternext()
    return g"""),
            Right("adds one-hot arrays", """def numerical_gradient(f, x, eps=1e-5):
    rows = np.eye(x.size).reshape(-1, *x.shape) * eps
    return np.array([(f(x + row) - f(x - row)) / (2 * eps) for row in rows]).reshape(x.shape)"""),
            Right("half a step to each side, on a flat view", """def numerical_gradient(f, x, eps=1e-5):
    flat, g = x.reshape(-1), np.empty(x.size)
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + eps / 2
        up = f(x)
        flat[i] = old - eps / 2
        g[i] = (up - f(x)) / eps
        flat[i] = old
    return g.reshape(x.shape)"""),
            Right("a nested list", differences(value="(f(up) - f(down)) / (up[i] - down[i])", result="g.tolist()")),
        ],
    ),
    "masked_rnn_encode": Exercise(
        wrong=[
            Wrong("ignores the mask", "Does padding change the state", masked("step")),
            Wrong("zeroes the state at padding", "wipes the state out", masked("step * now")),
            Wrong("zeroes the padding's words only", "still makes a step",
                  masked("step", words="xs[:, t] * now")),
            Wrong("the mask the wrong way round", "wrong way round", masked("np.where(now, h, step)")),
            Wrong("a mask without its second axis", "mask[:, t, None]", masked("np.where(mask[:, t], step, h)")),
            Wrong("a step where any row has a word", "ends at", masked("step if now.any() else h")),
            Wrong("stops at the first padding of any row", "shape",
                  masked(kept="states.append(h) if now.all() else None", result="np.stack(states or [h0], axis=1), h")),
            Wrong("final by index, which for no word is the last", "keeps its h0",
                  masked("step", result="(s := np.stack(states, axis=1)), s[np.arange(len(xs)), mask.sum(1) - 1]")),
            Wrong("the final is right, the states aren't", "the state before it stays",
                  masked(kept="states.append(np.where(now, h, 0))")),
            Wrong("h0 at padding", "Does padding change the state", masked("np.where(now, step, h0)")),
            Wrong("the states only", "return 2 things", masked(result="np.stack(states, axis=1)")),
            Wrong("final before states", "should have shape", masked(result="h, np.stack(states, axis=1)")),
            Wrong("writes into h0", "changed an argument",
                  masked("h", kept="h[mask[:, t]] = step[mask[:, t]]; states.append(h.copy())")),
            Wrong("zeros in place of h0", "its own h0", masked(first="0 * h0")),
            Wrong("writes zeros into the padding", "changed an argument",
                  masked(kept="xs[~mask] = 0; states.append(h)")),
        ],
        right=[
            Right("a weighted sum, a list",
                  masked("now * step + (1 - now) * h", result="[np.stack(states, 1), states[-1]]")),
            Right("row by row", """def masked_rnn_encode(xs, mask, h0, W_x, W_h, b):
    states, final = np.zeros(mask.shape + h0.shape[1:]), h0.copy()
    for i, t in np.ndindex(mask.shape):
        if mask[i, t]:
            final[i] = cell(xs[i : i + 1, t], final[i : i + 1], W_x, W_h, b)[0]
        states[i, t] = final[i]
    return states, final"""),
            Right("only the rows with a word", """def masked_rnn_encode(xs, mask, h0, W_x, W_h, b):
    h, states = h0.copy(), []
    for t in range(xs.shape[1]):
        rows = np.flatnonzero(mask[:, t])
        h[rows] = cell(xs[rows, t], h[rows], W_x, W_h, b)
        states.append(h.copy())
    return np.stack(states, axis=1), h"""),
            Right("reads everything, then looks back", """def masked_rnn_encode(xs, mask, h0, W_x, W_h, b):
    h, states = h0, [h0]
    for t in range(xs.shape[1]):
        h = np.tanh(xs[:, t] @ W_x + h @ W_h + b)
        states.append(h)
    last = np.minimum(np.arange(1, xs.shape[1] + 1), mask.sum(axis=1)[:, None])
    states = np.stack(states, axis=1)[np.arange(len(xs))[:, None], last]
    return states, states[:, -1]"""),
        ],
    ),
    "gru_cell": Exercise(
        wrong=[
            Wrong("z and 1 − z swapped", "z keeps the old state", gru(new="z * n + (1 - z) * h")),
            Wrong("reset before the product", "before the product",
                  gru(n=f"np.tanh({WORD} + (r * h) @ w['W_hn'] + r * w['b_hn'])")),
            Wrong("the candidate in full", "share is 1 − z", gru(new="n + z * h")),
            Wrong("the old state in full", "half of the old state", gru(new="(1 - z) * n + h")),
            Wrong("1 − r", "r = 1", gru(n=f"np.tanh({WORD} + (1 - r) * ({HIDDEN}))")),
            Wrong("no b_ir", "Is b_ir used", gru(r="sigmoid(x @ w['W_ir'] + h @ w['W_hr'] + w['b_hr'])")),
            Wrong("no b_in", "tanh(b_in)", gru(n=f"np.tanh(x @ w['W_in'] + r * ({HIDDEN}))")),
            Wrong("reset before the product, b_hn left alone", "before the product",
                  gru(n=f"np.tanh({WORD} + (r * h) @ w['W_hn'] + w['b_hn'])")),
            Wrong("b_hn outside the reset gate", "b_hn belongs to the hidden part",
                  gru(n=f"np.tanh({WORD} + r * (h @ w['W_hn']) + w['b_hn'])")),
            Wrong("the reset gate on everything", "word's part of the candidate is halved",
                  gru(n=f"np.tanh(r * ({WORD} + {HIDDEN}))")),
            Wrong("the reset gate on the word's bias", "word's part of the candidate is halved",
                  gru(n=f"np.tanh(x @ w['W_in'] + r * (w['b_in'] + {HIDDEN}))")),
            Wrong("no reset gate", "r = 0 changes nothing", gru(n=f"np.tanh({WORD} + {HIDDEN})")),
            Wrong("no b_hn", "b_hn = 1", gru(n=f"np.tanh({WORD} + r * (h @ w['W_hn']))")),
            Wrong("no b_hz", "Is b_hz used", gru(z="sigmoid(x @ w['W_iz'] + w['b_iz'] + h @ w['W_hz'])")),
            Wrong("no b_hr", "Is b_hr used", gru(r="sigmoid(x @ w['W_ir'] + w['b_ir'] + h @ w['W_hr'])")),
            Wrong("r and z swapped", "changed places", gru(r=gate("z"), z=gate("r"))),
            Wrong("matrices transposed, as in torch", "stopped with ValueError",
                  gru(z=gate("z").replace("iz']", "iz'].T", 1))),
            Wrong("W_hz transposed", "W_hz is transposed", gru(z=gate("z").replace("W_hz']", "W_hz'].T"))),
            Wrong("W_hr transposed", "W_hr is transposed", gru(r=gate("r").replace("W_hr']", "W_hr'].T"))),
            Wrong("W_hn transposed", "W_hn is transposed",
                  gru(n=f"np.tanh({WORD} + r * (h @ w['W_hn'].T + w['b_hn']))")),
            Wrong("tanh for the gates", "half of the old state", gru(sigmoid="np.tanh(a)")),
            Wrong("a sigmoid for the candidate", "the candidate is 0", gru(n=f"sigmoid({WORD} + r * ({HIDDEN}))")),
            Wrong("the candidate alone", "half of the old state", gru(new="n")),
            Wrong("the sign in σ", "is the sign right", gru(sigmoid="1 / (1 + np.exp(a))")),
            Wrong("overflows", "NaN", gru(sigmoid="np.exp(a) / (1 + np.exp(a))")),
            Wrong("writes into the state", "changed an argument", gru(new="np.add((1 - z) * n, z * h, out=h)")),
            Wrong("the gate returned as well", "shape", gru(new="((1 - z) * n + z * h, z)")),
        ],
        right=[
            Right("the formulas, which may warn", gru()),
            Right("moves from the candidate to the state",
                  gru(new="n + z * (h - n)", sigmoid="(1 + np.tanh(a / 2)) / 2")),
            Right("all gates in one product", """def gru_cell(x, h, weights):
    def gates(v, kind):
        W = np.concatenate([weights[f"W_{kind}{g}"] for g in "rzn"], axis=1)
        b = np.concatenate([weights[f"b_{kind}{g}"] for g in "rzn"])
        return np.split(v @ W + b, 3, axis=1)
    (i_r, i_z, i_n), (h_r, h_z, h_n) = gates(x, "i"), gates(h, "h")
    r, z = np.exp(-np.logaddexp(0, -(i_r + h_r))), np.exp(-np.logaddexp(0, -(i_z + h_z)))
    n = np.tanh(i_n + r * h_n)
    return n - z * n + z * h"""),
            Right("torch's own cell", """def gru_cell(x, h, weights):
    cell = torch.nn.GRUCell(x.shape[1], h.shape[1], dtype=torch.float64)
    with torch.no_grad():
        for parameter, kind in zip(cell.parameters(), ("W_i", "W_h", "b_i", "b_h")):
            parameter.copy_(torch.tensor(np.concatenate([weights[kind + gate].T for gate in "rzn"])))
        return cell(torch.tensor(x), torch.tensor(h)).numpy()"""),
        ],
    ),
}
