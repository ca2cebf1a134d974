"""The course's own version of lesson 02's exercises: a recurrent network in NumPy, forward and back."""

import numpy as np


def rnn_cell(x, h, W_x, W_h, b):
    """One step: (B,E) words and (B,H) states to the next states (B,H)."""
    return np.tanh(x @ W_x + h @ W_h + b)


def rnn_encode(xs, h0, W_x, W_h, b):
    """All states (B,S,H) of sentences xs (B,S,E), read from h0 (B,H) on."""
    h, states = h0, []
    for t in range(xs.shape[1]):
        h = rnn_cell(xs[:, t], h, W_x, W_h, b)
        states.append(h)
    return np.stack(states, axis=1)


def rnn_cell_backward(grad_h, x, h_prev, h, W_x, W_h):
    """Back through one step: to (dx, dh_prev, dW_x, dW_h, db), the weights' shares added up over the batch."""
    da = grad_h * (1 - h**2)                                                # (B,H), before tanh
    return da @ W_x.T, da @ W_h.T, x.T @ da, h_prev.T @ da, da.sum(axis=0)


def rnn_backward(grad_states, xs, h0, states, W_x, W_h):
    """Backpropagation through time: to (dxs, dh0, dW_x, dW_h, db); grad_states (B,S,H) arrive from outside."""
    steps = xs.shape[1]
    dxs, dh, shares = [None] * steps, np.zeros_like(h0), []
    for t in reversed(range(steps)):
        h_prev = states[:, t - 1] if t > 0 else h0
        dxs[t], dh, *share = rnn_cell_backward(grad_states[:, t] + dh, xs[:, t], h_prev, states[:, t], W_x, W_h)
        shares.append(share)
    return np.stack(dxs, axis=1), dh, *(sum(share) for share in zip(*shares, strict=True))


def numerical_gradient(f, x, eps=1e-5):
    """Central differences of the scalar function f at x, an entry at a time; f gets a nudged copy."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += eps
        down[i] -= eps
        gradient[i] = (f(up) - f(down)) / (2 * eps)
    return gradient


def masked_rnn_encode(xs, mask, h0, W_x, W_h, b):
    """As `rnn_encode`, where padding (mask False) leaves the state as it was: to (states (B,S,H), final (B,H))."""
    h, states = h0, []
    for t in range(xs.shape[1]):
        h = np.where(mask[:, t, None], rnn_cell(xs[:, t], h, W_x, W_h, b), h)
        states.append(h)
    return np.stack(states, axis=1), h


def gru_cell(x, h, weights):
    """One GRU step as in torch.nn.GRUCell (Cho et al. 2014): (B,E), (B,H) to (B,H)."""
    def word(gate):
        return x @ weights[f"W_i{gate}"] + weights[f"b_i{gate}"]            # (B,H)

    def state(gate):
        return h @ weights[f"W_h{gate}"] + weights[f"b_h{gate}"]            # (B,H)

    r, z = sigmoid(word("r") + state("r")), sigmoid(word("z") + state("z"))
    n = np.tanh(word("n") + r * state("n"))
    return (1 - z) * n + z * h


def sigmoid(a):
    """1 / (1 + exp(−a)), written with tanh, which can't overflow."""
    return 0.5 + 0.5 * np.tanh(a / 2)
