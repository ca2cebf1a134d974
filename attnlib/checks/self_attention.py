"""Checks of lesson 09: cases that switch off all but one mistake, worked by hand.

Where a wrong answer has a number of its own (another scale, interleaved heads, the mask after the softmax), the hint
says which mistake it was.
"""

import math

import torch

from attnlib.checks import NotYet, array, call, check, expect, kind
from attnlib.checks.attention import flows, leaves, results
from attnlib.checks.rnn_encoder import near, shown

# Two queries, three keys, four numbers each, so the scale is √4 = 2.
Q = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]])                  # (T, D)
K = torch.tensor([[2.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 2.0]])       # (S, D)
V = torch.tensor([[1.0, 0.0], [0.0, 1.0], [10.0, 0.0]])                         # (S, Dv)
DOTS = torch.tensor([[4.0, 2.0, -2.0], [0.0, 0.0, 4.0]])                        # (T, S), not scaled
WEIGHTS = torch.softmax(DOTS / 2, dim=-1)                                       # 0.705 0.259 0.035; 0.107 0.107 0.787
SHAPES = {"output": (2, 2), "weights": (2, 3)}
SCALES = ((1, "not divided at all"), (1 / 4, "divided by D = 4, not by √D = 2"), (2, "multiplied by √D; divide by it"),
          (1 / 3, "divided by S, the number of keys"), (3**-0.5, "divided by √S; D is the size of a query, here 4"),
          (2**-0.5, "divided by √2; D is the size of a query, the last axis, here 4"))


def _open(answer):
    """Without a mask: scale, axis, values, leading axes, sizes."""
    raw = call(answer, Q, K, V)
    expect(not (isinstance(raw, tuple) and len(raw) == 2 and getattr(raw[0], "shape", None) == (2, 4)),
           "your output has 4 numbers for each query, as a key has; V has 2. The output mixes V, the values.")
    got = results(raw, SHAPES)
    weights = got["weights"]
    expect(not near(weights, DOTS) and not near(weights, DOTS / 2),
           "you return the scores as weights; the weights are what softmax makes of them.")
    expect(not near(weights.sum(axis=0), 1) or near(weights.sum(axis=1), 1),
           "your weights add up to 1 down the columns: the queries compete. Softmax runs over the keys, the last axis.")
    for factor, found in SCALES:
        expect(not near(weights, torch.softmax(DOTS * factor, dim=-1), 1e-3),
               f"your scores are {found}. A query (2, 0, 0, 0) and a key (2, 0, 0, 0) have the dot product 4, and the "
               "score 4 / √4 = 2.")
    expect(not near(weights, torch.softmax(WEIGHTS, dim=-1), 1e-3), "your softmax is taken twice.")
    expect(near(weights.sum(axis=1), 1, 1e-3),
           f"the weights of a query add up to 1; yours add up to {shown(weights.sum(axis=1))}. Scale the scores, "
           "before the softmax.")
    expect(near(weights, WEIGHTS, 1e-3),
           f"the first query's scores are 2, 1, −1, so its weights are 0.705, 0.259, 0.035; yours are "
           f"{shown(weights[0])}.")
    expect(near(got["output"], [[1.058, 0.259], [7.977, 0.107]], 2e-3),
           "the values (1, 0), (0, 1), (10, 0) with weights 0.705, 0.259, 0.035 add up to (1.06, 0.26); yours is "
           f"{shown(got['output'][0])}. The output mixes V, the values, with the weights.")

    long = torch.eye(9)
    weights = results(call(answer, 3 * long[:1], long[:2], long[:2]), {"output": (1, 9), "weights": (1, 2)})["weights"]
    expect(near(weights, [[0.731, 0.269]], 1e-3),
           "where queries and keys have 9 numbers, the scale is √9 = 3: the scores 3 and 0 become 1 and 0, the weights "
           f"0.731, 0.269; yours are {shown(weights[0])}. D is the size of a query; it isn't always 4.")

    generator = torch.Generator().manual_seed(9)
    for lead, T, S, D, Dv in (((2,), 3, 4, 5, 2), ((2, 3), 4, 3, 2, 5), ((3,), 3, 3, 3, 3), ((1,), 1, 1, 1, 1)):
        q, k, v = (torch.randn(*lead, *shape, generator=generator) for shape in ((T, D), (S, D), (S, Dv)))
        shapes = {"output": (*lead, T, Dv), "weights": (*lead, T, S)}
        whole = results(call(answer, q, k, v), shapes)
        for i in torch.cartesian_prod(*map(torch.arange, lead)).reshape(-1, len(lead)).tolist():
            part = results(call(answer, q[*i], k[*i], v[*i]), {"output": (T, Dv), "weights": (T, S)})
            expect(all(near(whole[name][*i], part[name]) for name in part),
                   f"Q, K and V may have leading axes, here {lead}: then each place of them is computed by itself, "
                   "with the same numbers as alone. Yours differ. Is the softmax over the last axis, and are only the "
                   "last two axes of K swapped, as K.mT does? And D is the last axis of Q.")
    q, k, v = leaves(Q + 0.1, K, V)
    result = answer(q, k, v)
    flows({"the output": result[0]}, {"Q": q, "K": k, "V": v})
    flows({"the weights": result[1]}, {"Q": q, "K": k})


def _masked(answer):
    """With a mask: what may not be attended to has weight 0, the rest adds up to 1; broadcasting."""
    mask = torch.tensor([[True, True, False], [True, False, True]])
    got = results(call(answer, Q, K, V, mask), SHAPES)
    weights = torch.tensor(got["weights"])
    expect(not weights.isnan().any(), "with a mask your weights are NaN. Does what is masked get +∞, or a product of "
                                      "0 and ∞? masked_fill(~mask, −∞) writes −∞ and nothing else.")
    expect(not (near(weights[mask], 0) and not near(weights[~mask], 0)),
           "the mask is used the wrong way round: True may attend, False may not.")
    expect(not near(weights, WEIGHTS, 1e-3), "your weights are the same with and without the mask. Is it used?")
    zero = torch.softmax((DOTS / 2).masked_fill(~mask, 0), dim=-1)
    expect(not near(weights, zero, 1e-3),
           "what is masked gets the score 0 in yours. A score of 0 is a score like any other; it takes −∞.")
    expect(not near(weights, WEIGHTS * mask, 1e-3),
           f"each row's weights add up to 1; yours add up to {shown(weights.sum(dim=1))}. Was the mask applied after "
           "the softmax?")
    expect((weights[~mask] == 0).all(), f"what is masked gets exactly 0; yours gets "
           f"{weights[~mask].max():.1g}. A small score leaves a little, −∞ leaves nothing.")
    expect(near(weights, [[0.731, 0.269, 0], [0.119, 0, 0.881]], 1e-3),
           "with the scores 2 and 1 left, the first query's weights are 0.731, 0.269, 0; yours are "
           f"{shown(weights[0])}. Is the scale still √D?")
    expect(near(got["output"], [[0.731, 0.269], [8.927, 0]], 2e-3),
           f"with the mask, the first output is (0.731, 0.269), the values mixed by these weights; yours is "
           f"{shown(got['output'][0])}.")

    generator = torch.Generator().manual_seed(9)
    q, k, v = (torch.randn(2, 3, *shape, generator=generator) for shape in ((4, 3), (4, 3), (4, 2)))
    open_result = call(answer, q, k, v)
    shapes = {"output": (2, 3, 4, 2), "weights": (2, 3, 4, 4)}
    for shape in ((4,), (4, 4), (3, 1, 4), (3, 4, 4), (2, 1, 1, 4), (2, 3, 4, 4)):
        mask = torch.rand(shape, generator=generator) < 0.5
        mask[..., 1] = True
        said = f"a mask of shape {shape} broadcasts to the scores (2, 3, 4, 4)"
        try:
            got = results(call(answer, q, k, v, mask), shapes)
        except (IndexError, RuntimeError) as error:
            raise NotYet(f"{said}, but your function stops ({type(error).__name__}). masked_fill and torch.where "
                         "broadcast; indexing with a mask needs equal shapes.") from None
        kept = torch.as_tensor(open_result[1]).detach() * mask
        expect(near(got["weights"], kept / kept.sum(dim=-1, keepdim=True)),
               f"{said}: the weights that stay are in the same proportion as without a mask, and add up to 1. Yours "
               "aren't.")
    full = results(call(answer, q, k, v, torch.ones(4, 4, dtype=torch.bool)), shapes)
    expect(near(full["output"], torch.as_tensor(open_result[0]).detach()),
           "a mask that is True everywhere changes nothing; yours does.")
    q, k, v = leaves(Q + 0.1, K, V)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    flows({"the output with a mask": answer(q, k, v, mask)[0]}, {"Q": q, "K": k, "V": v})


@check
def scaled_dot_product_attention_unmasked(answer):
    """The first skill: scores, scale, softmax, values."""
    _open(answer)


@check
def scaled_dot_product_attention(answer):
    """Both skills: without and with a mask."""
    _open(answer)
    _masked(answer)


@check
def causal_mask(answer):
    """Three places, worked by hand; then other lengths."""
    for length in (3, 1, 2, 5):
        mask = call(answer, length)
        expect(isinstance(mask, torch.Tensor), f"causal_mask returns a tensor; yours returns {kind(mask)}.")
        found = array(mask, (length, length), f"for length {length}, the mask")
        expect(mask.dtype == torch.bool,
               f"the mask is boolean (torch.bool), True and False; yours holds {mask.dtype}. A comparison gives bools, "
               "and so does .bool().")
        right = [[s <= t for s in range(length)] for t in range(length)]
        expect(found.tolist() != [list(row) for row in zip(*right, strict=True)] or length == 1,
               "yours is the upper half: each place would look at itself and ahead. Rows are t, who asks; columns are "
               "s, who is asked; True where s ≤ t.")
        expect(found.tolist() != [[not cell for cell in row] for row in right],
               "yours is the wrong way round: True where s ≤ t, and False ahead of it.")
        expect(bool(found.diagonal().all()),
               "each place may look at itself: the diagonal is True, since s ≤ t holds where s = t. In yours it isn't.")
        expect(found.tolist() == right,
               f"for length {length} the rows are {_rows(right)}, with 1 for True; yours are "
               f"{_rows(found.tolist())}.")


def _rows(mask):
    return ", ".join("".join(str(int(cell)) for cell in row) for row in mask)


@check
def sinusoidal_positions(answer):
    """Three places of four numbers, as in the lesson; then larger tables."""
    table = call(answer, 3, 4)
    expect(isinstance(table, torch.Tensor), f"return a tensor; yours returns {kind(table)}.")
    found = array(table, (3, 4), "for 3 places and size 4, the table")
    expect(table.is_floating_point(), f"the table holds floats; yours holds {table.dtype}.")
    rows = "The rows for places 0, 1, 2 are (0, 1, 0, 1), (0.841, 0.540, 0.010, 1.000), (0.909, −0.416, 0.020, 1.000)"
    for mistake, hint in (([0, 0, 1, 1], "first all sines, then all cosines in yours; they take turns: sine in even "
                                         "columns, cosine in odd ones"),
                          ([1, 0, 1, 0], "sine and cosine have changed places: sine in even columns (0, 2, …), cosine "
                                         "in odd ones"),
                          ([0, 0, 0, 0], "all sines in yours; odd columns hold cosines"),
                          ([1, 1, 1, 1], "all cosines in yours; even columns hold sines"),
                          ([0.841, 0.540, 0.010, 1], "your places begin with 1; they are counted from 0")):
        expect(not near(found[0], mistake, 1e-3), f"{hint}. {rows}.")
    expect(near(found[0], [0, 1, 0, 1], 1e-3), f"the row of place 0 is sin 0, cos 0, sin 0, cos 0; yours is "
                                               f"{shown(found[0])}. {rows}.")
    one = found[1]
    expect(near(one[0], math.sin(1), 1e-3), f"the row of place 1 begins with sin 1 = 0.841; yours with {one[0]:.3f}. "
                                            f"{rows}.")
    expect(not near(one[1], math.cos(0.1), 1e-3),
           "the cosine's column has an angle of its own in yours. Columns 2i and 2i + 1 share one: "
           f"place / 10000^(2i/size). {rows}.")
    expect(near(one[1], math.cos(1), 1e-3), f"beside sin 1 stands cos 1 = 0.540; yours is {one[1]:.3f}. {rows}.")
    for angle, hint in ((1, "it is divided by nothing"), (0.1, "the exponent is i/size in yours"),
                        (1e-4, "the exponent is twice as large: 2i is the column's number already"),
                        (100, "it is multiplied"), (1000**-0.5, "the base is 1000 in yours")):
        expect(not near(one[2], math.sin(angle), 2e-4 * max(1, 20 * angle)),
               f"the second pair's angle is wrong: {hint}. At place 1 it is 1 / 10000^(2/4) = 0.01 (i = 1).")
    expect(near(one[2], 0.01, 5e-4), f"at place 1, column 2 holds sin(1 / 10000^(2/4)) = sin 0.01 = 0.010; yours holds "
                                     f"{one[2]:.4f}.")
    expect(near(found[1:, 3], 1, 1e-3) and near(found[2], [math.sin(2), math.cos(2), 0.02, 1], 1e-3),
           f"{rows}. Yours are {shown(found)}.")

    wide = array(call(answer, 50, 6), (50, 6), "for 50 places and size 6, the table")
    expect(near(wide[:, 0::2] ** 2 + wide[:, 1::2] ** 2, 1, 1e-3),
           "in each row, a sine and the cosine beside it belong to the same angle, so their squares add up to 1. With "
           "size 6 yours don't.")
    for place in (7, 49):
        angles = [place / 10000 ** (exponent / 6) for exponent in (0, 2, 4)]
        expect(near(wide[place, 0::2], [math.sin(a) for a in angles], 1e-3)
               and near(wide[place, 1::2], [math.cos(a) for a in angles], 1e-3),
               f"with size 6, place {place} has the angles {shown(angles)}: {place} / 10000^(2i/6) for i = 0, 1, 2. "
               "Your row doesn't fit them.")
    array(call(answer, 1, 2), (1, 2), "for 1 place and size 2, the table")


# Two words of four numbers, two heads. Only the first word says something in the first block, the second in the other.
X = torch.tensor([[[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]])                # (B, S, D)
ONE, NONE = torch.eye(4), torch.zeros(4, 4)
SHIFT = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0] * 4, [0.0] * 4, [0.0] * 4])   # moves the first number to the second
HEADS = "the result, as many numbers as x, (B, S, D),"


def _heads(answer):
    """Without a mask: blocks, scale, the four matrices and their directions, sizes."""
    got = array(call(answer, X, ONE, ONE, ONE, ONE, 2), (1, 2, 4), HEADS)[0]
    said = ("With x = (1, 1, 0, 0) and (0, 0, 1, 1), identity matrices and 2 heads, the first word's result is "
            "(0.804, 0.804, 0.5, 0.5)")
    for mistake, hint in (([0.67, 0.67, 0.33, 0.33], "your heads take turns in the columns; head i owns the i-th block "
                                                     "of columns, here (0, 1) and (2, 3)"),
                          ([0.731, 0.731, 0.5, 0.5], "your scores are divided by √D, here 2, or twice by √2; each head "
                                                     "has D/heads numbers, so it divides once by √(D/heads), here √2"),
                          ([0.881, 0.881, 0.5, 0.5], "your scores aren't scaled"),
                          ([0.731, 0.731, 0.269, 0.269], "this is one head with all the columns; here are 2 heads"),
                          ([0.5, 0.5, 0.804, 0.804], "words or heads have changed places")):
        expect(not near(got[0], mistake, 2e-3), f"{hint}. {said}; yours is {shown(got[0])}.")
    expect(near(got, [[0.804, 0.804, 0.5, 0.5], [0.5, 0.5, 0.804, 0.804]], 2e-3),
           f"{said}, the second's (0.5, 0.5, 0.804, 0.804). Yours are {shown(got)}.")
    got = array(call(answer, X, ONE, ONE, ONE, ONE, 1), (1, 2, 4), HEADS)[0]
    expect(not near(got[0], [1, 1, 0, 0], 2e-3),
           "with one head each word's result is that word alone in yours. Attention runs over the last axis but one, "
           "and there you have the heads: each word's heads look at each other. Bring the words there, with "
           "transpose(1, 2): (B, heads, S, D/heads).")
    expect(near(got[0], [0.731, 0.731, 0.269, 0.269], 2e-3),
           f"with one head the first word's result is (0.731, 0.731, 0.269, 0.269); yours is {shown(got[0])}.")

    generator = torch.Generator().manual_seed(9)
    for B, S, D, heads in ((2, 3, 4, 2), (1, 1, 2, 2), (3, 3, 6, 3), (2, 5, 4, 4)):
        x, *W = torch.randn(B, S, D, generator=generator), *torch.randn(4, D, D, generator=generator)
        whole = array(call(answer, x, *W, heads), (B, S, D), HEADS)
        for b in range(B):
            expect(near(whole[b], array(call(answer, x[b:b + 1], *W, heads), (1, S, D), HEADS)[0]),
                   "a sentence's result is the same alone and in a batch; in yours sentences mix. Are the axes in the "
                   "order (B, heads, S, D/heads) before the attention?")
        order = torch.randperm(S, generator=generator)
        expect(near(whole[:, order], array(call(answer, x[:, order], *W, heads), (B, S, D), HEADS)),
               "words in another order give the same results in that order; yours don't. From (B, S, D) go to "
               "(B, S, heads, D/heads) first, then transpose(1, 2); a view straight to (B, heads, S, …) mixes words. "
               "On the way back transpose(1, 2) first, then reshape.")

    x = torch.tensor([[[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]])
    for name, W in (("W_v", (NONE, NONE, SHIFT, ONE)), ("W_o", (NONE, NONE, ONE, SHIFT))):
        got = array(call(answer, x, *W, 2), (1, 2, 4), HEADS)[0, 0]
        expect(not near(got, 0, 1e-3),
               "with W_q and W_k zero all weights are equal, and the result is the mean of x @ W_v, times W_o; yours "
               "is all zeros. Do the values come from W_v?")
        expect(not near(got, [1, 1, 0, 0], 1e-3), f"{name} isn't used: your result doesn't change with it.")
        expect(not near(got, [1, 0, 0, 0], 1e-3),
               f"{name} is the wrong way round: it stands to the right, as in x @ {name}, without a transpose.")
        expect(near(got, [0, 1, 0, 0], 1e-3),
               f"where all weights are equal and {name} moves the first number to the second place, the mean (1, 1, 0, "
               f"0) of the words becomes (0, 1, 0, 0); yours is {shown(got)}. If words and heads got mixed up: cut "
               "(B, S, D) into (B, S, heads, D/heads), then transpose(1, 2); on the way back transpose(1, 2) first, "
               "then reshape.")
    half, most, least = [1, 1, 0, 0], [1.609, 0.391, 0, 0], [0.391, 1.609, 0, 0]
    x = x / 2**0.5                                                              # the dot product is 2, the score √2
    for name, W, right in (("W_q", (SHIFT, ONE), [least, half]), ("W_k", (ONE, SHIFT), [half, most])):
        got = array(call(answer, x, *W, ONE * 2**0.5, ONE, 2), (1, 2, 4), HEADS)[0]
        other = [half, most] if name == "W_q" else [least, half]
        expect(not near(got, other, 2e-3),
               f"{name} is the wrong way round (it stands to the right, x @ {name}), or W_q and W_k have changed "
               "places: the asking word is multiplied by W_q, the asked one by W_k.")
        expect(near(got, right, 2e-3),
               f"with a {name} that moves the first number to the second place and identity as the other, the scores "
               f"of two words are wrong in yours. Is {name} used once for each word, and for "
               f"{'the queries' if name == 'W_q' else 'the keys'} only?")

    for heads in (2, 3):
        B, S, D = 2, 3, 6
        x, *W = torch.randn(B, S, D, generator=generator), *torch.randn(4, D, D, generator=generator)
        whole = array(call(answer, x, *W, heads), (B, S, D), HEADS)
        order = torch.randperm(D, generator=generator)
        shuffled = array(call(answer, x[..., order], *(each[order] for each in W[:3]), W[3], heads), (B, S, D), HEADS)
        expect(near(whole, shuffled),
               "with x's columns in another order, and the rows of W_q, W_k and W_v in the same one, each x @ W is "
               "what it was; your result isn't. Multiply all of x by a matrix first, then cut what comes out into "
               "heads.")
        turned = array(call(answer, x, *W[:3], W[3][:, order], heads), (B, S, D), HEADS)
        expect(near(whole[..., order], turned),
               "with W_o's columns in another order, the result's columns come in that order; yours don't. Put the "
               "heads side by side first, then multiply by all of W_o.")
    given = leaves(x, *W)
    flows({"the result": answer(*given, 2)}, dict(zip(("x", "W_q", "W_k", "W_v", "W_o"), given, strict=True)))


def _heads_masked(answer):
    """Masks of three shapes; as many sentences as heads, where a mask could land on the wrong axis."""
    generator = torch.Generator().manual_seed(9)
    x, W = torch.randn(2, 3, 4, generator=generator), torch.randn(4, 4, 4, generator=generator)
    open_result = array(call(answer, x, *W, 2), (2, 3, 4), HEADS)

    def masked(mask, rows=slice(None)):
        count = len(x[rows])
        try:
            return array(call(answer, x[rows], *W, 2, mask), (count, 3, 4), HEADS)
        except (IndexError, RuntimeError) as error:
            raise NotYet(f"with a mask of shape {tuple(mask.shape)} for x {tuple(x[rows].shape)} and 2 heads your "
                         f"function stops ({type(error).__name__}). A mask (B, …) needs an axis for the heads: "
                         "mask[:, None]. A mask (S, S) broadcasts as it is.") from None

    own = masked(torch.eye(3, dtype=torch.bool))
    alone = array(call(answer, x.reshape(6, 1, 4), *W, 2), (6, 1, 4), HEADS).reshape(2, 3, 4)
    expect(not near(own, open_result), "with a mask that lets each word see only itself, your result is as without a "
                                       "mask. Is it used?")
    expect(near(own, alone, 1e-3),
           "with a mask (S, S) that is True on the diagonal only, each word sees itself, and its result is as if it "
           "stood alone. Yours isn't. Is the mask the right way round (True may attend), and used before the softmax?")
    causal = masked(torch.ones(3, 3).tril().bool())
    for length in (1, 2):
        mask = torch.ones(length, length).tril().bool()
        begun = array(call(answer, x[:, :length], *W, 2, mask), (2, length, 4), HEADS)
        expect(near(causal[:, :length], begun, 1e-3),
               f"with a causal mask, the first {length} results don't depend on later words; in yours they do.")

    padding = torch.tensor([[[True, True, True]], [[True, True, False]]])       # (B, 1, S)
    got = masked(padding)
    expect(near(got[0], open_result[0], 1e-3),
           "a mask (B, 1, S) has a row for each sentence; with two sentences and two heads, the second sentence's row "
           "changes the first sentence in yours. Is it on the axis of the heads? mask[:, None] makes room for them.")
    short = array(call(answer, x[1:, :2], *W, 2), (1, 2, 4), HEADS)
    expect(near(got[1, :2], short[0], 1e-3),
           "a mask (B, 1, S) that hides the last place: the words' results are as without that place. Yours aren't.")
    each = torch.stack([torch.ones(3, 3).tril().bool(), torch.eye(3, dtype=torch.bool)])        # (B, S, S)
    got = masked(each)
    for b in range(2):
        expect(near(got[b], masked(each[b], slice(b, b + 1))[0], 1e-3),
               "a mask (B, S, S) has a table for each sentence; yours uses it otherwise. With as many sentences as "
               "heads it fits the axis of the heads too: mask[:, None] makes room for them.")
    given = leaves(x, *W)
    flows({"the result with a mask": answer(*given, 2, each)},
          dict(zip(("x", "W_q", "W_k", "W_v", "W_o"), given, strict=True)))


@check
def multi_head_attention_unmasked(answer):
    """The first skill: heads and matrices."""
    _heads(answer)


@check
def multi_head_attention(answer):
    """Both skills: without and with a mask."""
    _heads(answer)
    _heads_masked(answer)
