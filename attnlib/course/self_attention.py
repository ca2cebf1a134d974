"""The course's own version of lesson 09's exercises: attention without a recurrence (Vaswani et al. 2017).

Sizes that don't fit are refused with the shapes that came in, since broadcasting would hide them.
"""

import math

import torch

from attnlib.course.attention import masked_softmax


def scaled_dot_product_attention(Q, K, V, mask=None):
    """softmax(Q Kᵀ / √D) V (Vaswani et al. 2017, equation 1).

    (…,T,D), (…,S,D), (…,S,Dv) to (output (…,T,Dv), weights (…,T,S)). mask: bool, broadcasts to (…,T,S), True may
    attend; None is everything. Where a row of it has no True, weights and output are 0.
    """
    if min(Q.ndim, K.ndim, V.ndim) < 2 or Q.shape[-1] != K.shape[-1] or K.shape[:-1] != V.shape[:-1]:
        raise ValueError(f"Got Q {tuple(Q.shape)}, K {tuple(K.shape)}, V {tuple(V.shape)}; expected (…, T, D), "
                         "(…, S, D) and (…, S, Dv), where equal letters are equal sizes.")
    scores = Q @ K.mT / math.sqrt(Q.shape[-1])                               # (…, T, S)
    weights = torch.softmax(scores, dim=-1) if mask is None else masked_softmax(scores, mask)
    return weights @ V, weights


def causal_mask(length):
    """Who may look at whom if nobody looks ahead: bool (L,L), True where s ≤ t."""
    places = torch.arange(length)
    return places <= places[:, None]


def sinusoidal_positions(length, size):
    """A row of sines and cosines for each place from 0 on (Vaswani et al. 2017, section 3.5): (length, size).

    Columns 2i and 2i+1 are the sine and the cosine of place / 10000^(2i/size).
    """
    even = torch.arange(0, size, 2)                                          # 2i
    angles = torch.arange(length)[:, None] / 10000 ** (even / size)          # (length, ⌈size/2⌉)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :size]


def multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask=None):
    """Self-attention in several heads (Vaswani et al. 2017, section 3.2.2): (B,S,D) and four (D,D) to (B,S,D).

    Head i owns the i-th block of D/heads columns. mask: bool, (S,S), (B,1,S) or (B,S,S), True may attend.
    """
    B, S, D = x.shape
    if D % heads:
        raise ValueError(f"x has {D} numbers a word, which {heads} heads can't share; D must be a multiple of heads")
    Q, K, V = ((x @ W).unflatten(-1, (heads, D // heads)).transpose(1, 2) for W in (W_q, W_k, W_v))
    if mask is not None and mask.ndim == 3:
        mask = mask[:, None]                                                 # (B, 1, 1 or S, S), the same for each head
    found, _ = scaled_dot_product_attention(Q, K, V, mask)                   # (B, heads, S, D/heads)
    return found.transpose(1, 2).reshape(B, S, D) @ W_o
