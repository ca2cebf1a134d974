"""The course's own version of lesson 05's exercises: scores, weights, context, one step of a decoder that looks again.

Sizes that don't fit are refused with the shapes that came in, since broadcasting would hide them.
"""

import torch


def dot_scores(query, keys):
    """q·k for each key (Luong et al. 2015, equation 8): (B,H), (B,S,H) to (B,S)."""
    _fit(query=(query, "BH"), keys=(keys, "BSH"))
    return torch.einsum("bh,bsh->bs", query, keys)


def general_scores(query, keys, W):
    """q W k for each key (Luong et al. 2015, equation 8): (B,Q), (B,S,K), (Q,K) to (B,S)."""
    _fit(query=(query, "BQ"), keys=(keys, "BSK"), W=(W, "QK"))
    return torch.einsum("bq,qk,bsk->bs", query, W, keys)


def additive_scores(query, keys, W_q, W_k, v):
    """v·tanh(q W_q + k W_k) (Bahdanau et al. 2014, appendix A.1.2): (B,Q), (B,S,K), (Q,A), (K,A), (A,) to (B,S)."""
    _fit(query=(query, "BQ"), keys=(keys, "BSK"), W_q=(W_q, "QA"), W_k=(W_k, "KA"), v=(v, "A"))
    return torch.tanh((query @ W_q)[:, None] + keys @ W_k) @ v              # (B,1,A) and (B,S,A), then (B,S)


def masked_softmax(scores, mask):
    """Weights over the last axis; 0 at padding, all 0 in rows without any token. mask broadcasts to scores.

    Rows without a token go through softmax as they are and are wiped afterwards: −∞ throughout would
    make their gradient NaN.
    """
    _fit_mask(mask, scores)
    some = mask.any(dim=-1, keepdim=True)
    return torch.softmax(scores.masked_fill(~mask & some, float("-inf")), dim=-1).masked_fill(~mask, 0.0)


def context_vector(weights, values):
    """The weighted sum of the values: (B,S), (B,S,H) to (B,H)."""
    _fit(weights=(weights, "BS"), values=(values, "BSH"))
    return torch.einsum("bs,bsh->bh", weights, values)


def attend(query, keys, values, mask, score=dot_scores):
    """Score, weigh, add up: to (context (B,H), weights (B,S)). score(query, keys) gives (B,S)."""
    weights = masked_softmax(score(query, keys), mask)
    return context_vector(weights, values), weights


def decoder_step(embedding, state, encoder_states, mask, cell, W_c, W_out):
    """One step with attention after the recurrence (Luong et al. 2015, equations 5 and 6).

    (B,E), (B,H), (B,S,H), (B,S), cell(embedding, state) -> state, (2H,H), (H,V) to
    (logits (B,V), state (B,H), weights (B,S)).
    """
    state = cell(embedding, state)
    context, weights = attend(state, encoder_states, encoder_states, mask)
    attentional = torch.tanh(torch.cat([state, context], dim=-1) @ W_c)     # (B,2H) to (B,H)
    return attentional @ W_out, state, weights


def attention_weight_count(source_length, target_length):
    """How many weights a whole translation takes: one for each pair of a source and a target word."""
    return source_length * target_length


def _fit(**given):
    """Refuse tensors whose shapes don't fit. given: name = (tensor, letters); equal letters are equal sizes."""
    sizes = {}
    for tensor, letters in given.values():
        if tensor.ndim != len(letters) or any(sizes.setdefault(letter, size) != size
                                              for letter, size in zip(letters, tensor.shape, strict=True)):
            got = ", ".join(f"{name} {tuple(tensor.shape)}" for name, (tensor, _) in given.items())
            wanted = ", ".join(f"{name} ({', '.join(letters)})" for name, (_, letters) in given.items())
            raise ValueError(f"Got {got}; expected {wanted}, where equal letters are equal sizes.")


def _fit_mask(mask, scores):
    """Refuse a mask that isn't boolean or doesn't fit the scores."""
    if mask.dtype != torch.bool:
        raise ValueError(f"mask holds {mask.dtype} numbers; expected bool, True at real tokens. Try mask.bool().")
    try:
        fits = torch.broadcast_shapes(mask.shape, scores.shape) == scores.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(f"Got a mask {tuple(mask.shape)} for scores {tuple(scores.shape)}; "
                         "expected the scores' shape, or one that broadcasts to it.")
