"""Checks of lesson 05: the lesson's four states and cases that switch off all but one mistake, worked by hand.

Where a wrong answer has a number of its own (no tanh, the previous state, a swapped concatenation), that
number is computed by hand too, so that the hint can say which mistake it was.
"""

from numbers import Integral

import torch

from attnlib.checks import NOTHING, NotYet, array, call, check, expect, kind
from attnlib.checks.rnn_encoder import near, shown

# je, suis, étudiant, <end>; the second row has them backwards.
STATES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [1.0, -2.0]])       # (S, H)
BATCH = torch.stack([STATES, STATES.flip(0)])                                   # (B, S, H)
QUERY = torch.tensor([[2.0, 1.0], [1.0, 2.0]])                                  # (B, H)
SCORES = [[2.0, 1.0, -1.0, 0.0], [-3.0, 1.0, 2.0, 1.0]]                         # (B, S), the dot products
TURN = torch.tensor([[0.0, 1.0], [0.0, 0.0]])                                   # moves the first number to the second
MEANING = "the scores, one for each source word, (B, S),"


def leaves(*arrays):
    """Copies of the arrays that gradients flow to."""
    return [a.clone().requires_grad_() if a.is_floating_point() else a for a in arrays]


def flows(results, given):
    """A hint where a gradient doesn't get from one of `results` to each of `given`, name -> leaf."""
    for what, result in results.items():
        for leaf in given.values():
            leaf.grad = None
        through = isinstance(result, torch.Tensor) and result.requires_grad
        if through:
            _backwards(result)
        for name, leaf in given.items():
            expect(through and leaf.grad is not None and bool(leaf.grad.any()),
                   f"no gradient gets from {what} back to {name}, so nothing can be learned through it. Is there a "
                   ".detach(), .item(), .numpy() or torch.tensor(…) on the way?")
            expect(bool(leaf.grad.isfinite().all()), f"the gradient from {what} back to {name} isn't finite.")


def _backwards(result):
    """The gradient of a mixture of all numbers of `result`, and a hint where something was changed in place."""
    try:
        (result * torch.arange(1.0, result.numel() + 1).view(result.shape)).sum().backward(retain_graph=True)
    except RuntimeError as error:
        expect("inplace operation" not in str(error),
               "a tensor that torch still needs for the gradient was changed in place, as `w[~mask] = 0` changes what "
               "softmax returned. masked_fill and torch.where make a copy instead.")
        raise


def results(result, shapes, unread=()):
    """The arrays of a tuple of results, by name, with hints where one is None or two are swapped.

    shapes: name -> shape, in the order of the contract. unread: names that nothing is asked of, not even a shape.
    """
    order = ", ".join(shapes)
    expect(result is not None, "your function returns nothing (None). Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == len(shapes),
           f"return {len(shapes)} things, in this order: {order}.")
    named = {name: value for name, value in zip(shapes, result, strict=True) if name not in unread}
    for name, value in named.items():
        expect(value is not None, f"{name}: here you return None. The order is {order}.")
    found, wanted = [tuple(getattr(v, "shape", ())) for v in named.values()], [shapes[name] for name in named]
    expect(found == wanted or sorted(found) != sorted(wanted), f"are the two swapped? The order is {order}.")
    return {name: array(value, shapes[name], name) for name, value in named.items()}


INVERTED = "with a mask that is True everywhere {}. Is the mask inverted? True is a word, False is padding."


def slopes_agree(f, given, step=1e-2):
    """Whether the gradients of f at `given` (leaves of float64) are the slopes that small steps to both sides measure.

    f returns a tensor or several, float32 too: that is why torch's own gradcheck, which is stricter, isn't used.
    """
    def mixed(*arguments):
        results = f(*arguments)
        results = results if isinstance(results, (tuple, list)) else [results]
        return sum((r.double() * torch.linspace(1, 2, r.numel()).view(r.shape)).sum() for r in results)

    gradients = torch.autograd.grad(mixed(*given), given)
    for i, gradient in enumerate(gradients):
        along = torch.cos(torch.arange(gradient.numel()).double()).view(gradient.shape)
        up, down = ([*given[:i], given[i].detach() + sign * step * along, *given[i + 1:]] for sign in (1, -1))
        slope = (mixed(*up) - mixed(*down)) / (2 * step)
        if not abs(slope - (gradient * along).sum()) < 5e-3 * (1 + abs(slope)):
            return False
    return True


def _of(count, thing):
    """"1 word" and "2 words"."""
    return f"{count} {thing}" + "s" * (count != 1)


def sizes(answer, *shapes, meaning=MEANING):
    """The answer on random numbers of awkward sizes: one row, one word, one number."""
    generator = torch.Generator().manual_seed(5)
    for B, S in ((1, 3), (2, 1), (1, 1), (3, 3)):
        given = [torch.randn([{"B": B, "S": S}.get(n, n) for n in shape], generator=generator) for shape in shapes]
        array(call(answer, *given), (B, S), f"for {_of(B, 'sentence')} of {_of(S, 'word')}, {meaning}")


@check
def dot_scores(answer):
    """The table of the lesson, and a second row with the states backwards."""
    got = array(call(answer, QUERY, BATCH), (2, 4), MEANING)
    expect(not near(got.sum(axis=1), 1), "these are weights already, adding up to 1; scores come before the softmax.")
    for factor, by in ((2**-0.5, "√H"), (0.5, "H")):
        expect(not near(got, torch.tensor(SCORES) * factor),
               f"your scores are divided by {by}; here the dot product stays as it is.")
    expect(near(got[0], SCORES[0]),
           f"the query (2, 1) and the state (1, 0) have the dot product 2·1 + 1·0 = 2; for the four states "
           f"of the lesson the scores are 2, 1, −1, 0. Yours are {shown(got[0])}.")
    expect(near(got[1], SCORES[1]),
           f"each row of the batch has its own query and its own states: the second row's scores are "
           f"−3, 1, 2, 1. Yours are {shown(got[1])}.")
    sizes(answer, ("B", 4), ("B", "S", 4))
    query, keys = leaves(QUERY, BATCH)
    flows({"the scores": answer(query, keys)}, {"the query": query, "the keys": keys})


@check
def general_scores(answer):
    """A matrix of one row that makes the lesson's query out of one number; a square one that shows its direction."""
    query, W = torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0, 0.5]])
    got = array(call(answer, query, BATCH, W), (2, 4), MEANING)
    expect(not near(got[0], [2, 2, 0, -2]), "your scores don't depend on W: each query is multiplied by it first.")
    expect(not near(got[0], torch.tensor(SCORES[0]) / 2**0.5),
           "your scores are divided by √H; here the dot product stays as it is.")
    expect(near(got[0], SCORES[0]),
           f"with W = [[1, 0.5]] the query (2) becomes (2, 1), so the four states of the lesson get the "
           f"scores 2, 1, −1, 0. Yours are {shown(got[0])}.")
    expect(near(got[1], [0, -0.5, 0.5, 1]),
           f"with W = [[1, 0.5]] the second row's query (1) becomes (1, 0.5), and its scores are "
           f"0, −0.5, 0.5, 1. Yours are {shown(got[1])}.")
    got = array(call(answer, QUERY, BATCH, TURN), (2, 4), MEANING)
    expect(not near(got[0], [1, 0, -1, 1]),
           "W is the wrong way round: it stands to the right of the query and to the left of the "
           "key, q W k. A square W hides that from the shapes.")
    expect(not near(got[0], SCORES[0]), "your scores don't depend on W.")
    expect(near(got[0], [0, 2, 2, -4]),
           f"with W = [[0, 1], [0, 0]] the query (2, 1) becomes (0, 2), and the scores are 0, 2, 2, −4. "
           f"Yours are {shown(got[0])}.")
    sizes(answer, ("B", 3), ("B", "S", 5), (3, 5))
    query, keys, W = leaves(QUERY, BATCH, TURN + 1)
    flows({"the scores": answer(query, keys, W)}, {"the query": query, "the keys": keys, "W": W})


@check
def additive_scores(answer):
    """One number for A, where each mistake has its own result; then square matrices that show their direction."""
    one, first = torch.tensor([[1.0]]), torch.tensor([[1.0], [0.0]])
    query, v = torch.tensor([[0.5], [0.0]]), torch.tensor([2.0])
    got = array(call(answer, query, BATCH, one, first, v), (2, 4), MEANING)
    said = "q W_q is 0.5 and k W_k is 1, 0, −1, 1, so their sums are 1.5, 0.5, −0.5, 1.5"
    for mistake, hint in (([3, 1, -1, 3], "the tanh is missing"),
                          ([0.9951, 0.7616, -0.7616, 0.9951], "tanh comes before the product with v, not after it"),
                          ([0.9051, 0.4621, -0.4621, 0.9051], "v is missing: each tanh is multiplied by v, here 2"),
                          ([1.5232, 0, -1.5232, 1.5232], "the query's part is missing"),
                          ([0.9242] * 4, "the keys' part is missing, so all words get the same score"),
                          ([2.4474, 0.9242, -0.5989, 2.4474], "tanh is taken once, of the sum of both parts"),
                          ([1.6351, 1.2449, 0.7551, 1.6351], "this is a sigmoid; the formula has a tanh")):
        expect(not near(got[0], mistake, 1e-3), f"{hint}. Where {said}, your scores are {shown(got[0])}.")
    expect(near(got[0], [1.8103, 0.9242, -0.9242, 1.8103], 1e-3),
           f"where {said}, the scores are 2·tanh of these: 1.81, 0.924, −0.924, 1.81. Yours are {shown(got[0])}.")
    expect(near(got[1], [1.5232, -1.5232, 0, 1.5232], 1e-3),
           "each row of the batch has its own query and its own keys: the second row's scores are 1.523, −1.523, 0, "
           "1.523. "
           f"Yours are {shown(got[1])}.")

    none, v = torch.zeros(2, 2), torch.tensor([1.0, -1.0])
    for name, W_q, W_k, right, turned in (("W_q", TURN, none, [-0.964] * 4, [0.7616] * 4),
                                          ("W_k", none, TURN, [-0.7616, 0, 0.7616, -0.7616],
                                           [0, 0.7616, 0.7616, -0.964])):
        got = array(call(answer, QUERY, BATCH, W_q, W_k, v), (2, 4), MEANING)
        expect(not near(got[0], turned, 1e-3),
               f"{name} is the wrong way round: the vector stands to its left. A square matrix hides "
               "that from the shapes.")
        expect(near(got[0], right, 1e-3),
               f"with only {name} = [[0, 1], [0, 0]] and v = (1, −1) the lesson's states get the scores "
               f"{shown(right)}; yours are {shown(got[0])}. Is each number multiplied by "
               "its own v, and are the products added up?")
    sizes(answer, ("B", 3), ("B", "S", 5), (3, 4), (5, 4), (4,))
    given = leaves(QUERY / 4, BATCH / 4, TURN + 1, TURN - 1, v)
    flows({"the scores": answer(*given)}, dict(zip(("the query", "the keys", "W_q", "W_k", "v"), given, strict=True)))


WEIGHTS = "the weights, as many as scores,"


def _words_only(answer):
    """Rows without padding: the right axis, proportions, large scores."""
    scores, mask = torch.tensor([[2.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), torch.ones(2, 4, dtype=torch.bool)
    got = array(call(answer, scores, mask), (2, 4), WEIGHTS)
    expect(not near(got.sum(axis=0), 1),
           "your weights add up to 1 over the batch, down the columns; they should over the source "
           "words, the last axis.")
    nan = torch.tensor(got).isnan().any()
    if nan or (got == 0).all():
        found = "your weights are NaN" if nan else "all your weights are 0"
        turned = torch.tensor(array(call(answer, scores, ~mask), (2, 4), WEIGHTS))
        expect(turned.isnan().any() or (turned == 0).all(), INVERTED.format(found))
        raise NotYet(f"with a mask that is True everywhere {found}. Is there a product of 0 and ∞ in it? "
                     "That isn't 0 but NaN; masked_fill writes −∞ without a product.")
    expect(near(got.sum(axis=-1), 1, 1e-3),
           f"each row's weights add up to 1; yours add up to {shown(got.sum(axis=-1))}.")
    expect(near(got[0], [0.644, 0.237, 0.032, 0.087], 1e-3),
           "for the scores 2, 1, −1, 0 the weights are 0.644, 0.237, 0.032, 0.087, in proportion to exp(score); "
           "yours are "
           f"{shown(got[0])}.")
    wide = array(call(answer, torch.tensor([[1e4, -1e4], [-1e4, -1e4 - 1]]), mask[:, :2]), (2, 2), WEIGHTS)
    expect(bool(torch.tensor(wide).isfinite().all()) and wide.sum(axis=1).all(),
           f"scores of ±10,000 in a batch give {shown(wide)}: exp overflows, or all of a row's become 0. Subtract "
           "each row's own "
           "largest score first, or let torch.softmax do it.")
    expect(near(wide, [[1, 0], [0.731, 0.269]], 1e-3),
           "scores 10,000 and −10,000 get weights 1 and 0, scores −10,000 and −10,001 get 0.731 and 0.269; yours "
           f"are {shown(wide)}.")


def _padded(answer):
    """Padding and rows without a word; padding's scores may be huge; the mask may have fewer rows than the scores."""
    scores, mask = torch.tensor([[2.0, 1.0, 0.5, 3.0]]), torch.tensor([[True, True, False, False]])
    got = array(call(answer, scores, mask), (1, 4), WEIGHTS)[0]
    expect(not (near(got[:2], 0) and got[2:].sum() > 0.5),
           "the mask is used the wrong way round: is the mask inverted? True is a word, False is padding.")
    expect(not torch.tensor(got).isnan().any(),
           "where the last two places are padding your weights are NaN. Does padding get a score of +∞? It takes −∞.")
    expect(not near(got, torch.softmax(torch.tensor([2.0, 1.0, 0.0, 0.0]), -1)),
           f"padding gets exactly 0; yours gets {shown(got[2:])}. Did you give padding the score 0? A score of 0 is a "
           "score like any other.")
    expect((got[2:] == 0).all() or not near(got[2:], 0, 1e-3),
           f"padding gets exactly 0; yours gets {got[2]:.1e} and {got[3]:.1e}, which is little but not 0. Only a score "
           "of −∞ gives exactly 0, whatever the other scores are.")
    expect((got[2:] == 0).all(), f"padding gets exactly 0; yours gets {shown(got[2:])}. Is the mask used?")
    expect(near(got.sum(), 1, 1e-3),
           f"the weights of the real words add up to 1; yours add up to {got.sum():.3f}. Was the mask "
           "applied after the softmax?")
    expect(near(got[:2], [0.731, 0.269], 1e-3),
           f"the real words' scores 2 and 1 get the weights 0.731 and 0.269; yours are {shown(got[:2])}.")

    low = torch.tensor([[-1e4, -1e4, 1e4, 1e4]])
    got = array(call(answer, low, mask), (1, 4), WEIGHTS)[0]
    expect(near(got, [0.5, 0.5, 0, 0], 1e-3),
           "padding with scores of 10,000 beside words with −10,000 still gets 0, and the words 0.5 each; yours are "
           f"{shown(got)}. "
           "Take padding out before the softmax, with a score below any other: −∞.")

    nothing = torch.tensor([[True, False], [False, False]])
    got = array(call(answer, torch.tensor([[1.0, 2.0], [1.0, 2.0]]), nothing), (2, 2), WEIGHTS)
    expect(bool(torch.tensor(got).isfinite().all()),
           f"a row with no real word gives zeros, not NaN; yours gives {shown(got[1])}.")
    expect((got[1] == 0).all(), f"a row with no real word gives zeros; yours gives {shown(got[1])}.")
    expect(near(got[0], [1, 0]), f"a single real word gets all the weight; yours get {shown(got[0])}.")

    deep = torch.tensor([[[2.0, 1.0, 9.0], [0.0, 0.0, 9.0]], [[1.0, 9.0, 9.0], [5.0, 9.0, 9.0]]])
    mask = torch.tensor([[[True, True, False]], [[True, False, False]]])
    try:
        got = call(answer, deep, mask)
    except IndexError:
        raise NotYet("the mask may be smaller than the scores: with scores (2, 2, 3) and a mask (2, 1, 3) your "
                     "function stops. scores[~mask] needs equal shapes; masked_fill and torch.where broadcast, and "
                     "mask.expand_as(scores) makes the shapes equal.") from None
    got = array(got, (2, 2, 3), "the weights for scores (2, 2, 3) and a mask (2, 1, 3) that broadcasts,")
    expect(near(got, [[[0.731, 0.269, 0], [0.5, 0.5, 0]], [[1, 0, 0], [1, 0, 0]]], 1e-3),
           "scores may have more axes than two, and the mask may broadcast: for scores (2, 2, 3) and a mask (2, 1, "
           "3) your weights "
           "are wrong. The softmax runs over the last axis.")
    scores, = leaves(torch.tensor([[2.0, 1.0, 0.5, 3.0]]))
    flows({"the weights": answer(scores, torch.tensor([[True, True, False, False]]))}, {"the scores": scores})


@check
def masked_softmax_words(answer):
    """The softmax alone: rows without padding."""
    _words_only(answer)


@check
def masked_softmax(answer):
    """Both skills: the softmax, and the mask."""
    _words_only(answer)
    _padded(answer)


CONTEXT = "the context, one vector for each sentence, (B, H),"


@check
def context_vector(answer):
    """Weights whose sums are round, on the lesson's states."""
    weights = torch.tensor([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.0, 1.0]])
    got = array(call(answer, weights, BATCH), (2, 2), CONTEXT)
    expect(not near(got[0], [0.25, 0]),
           "this is the mean of the states: all count alike. Each state is multiplied by its weight first.")
    if near(got[0], [1, 0]):
        every = near(array(call(answer, weights, BATCH + 1), (2, 2), CONTEXT)[0], [5, 4])
        raise NotYet(f"this is {'the sum of all states' if every else 'the one state with the most weight'}. Each "
                     "state is multiplied by its weight, then all are added.")
    expect(not near(got[0], [0.0625, 0.125]),
           "your weighted sum is divided by S, the number of words, as .mean does. The weights are shares already: add "
           "up, and don't divide.")
    expect(not near(got[0], torch.softmax(weights, -1)[0] @ STATES),
           "you take the softmax of the weights; they are weights already, and are taken as they come.")
    expect(near(got[0], [0.25, 0.5]),
           "half of (1, 0), a quarter of (0, 1) and a quarter of (−1, 1) add up to (0.25, 0.5); yours is "
           f"{shown(got[0])}.")
    expect(near(got[1], [1, 0]), "all the weight on the last state, (1, 0), gives that state; in the second row "
                                 f"yours gives {shown(got[1])}.")
    got = array(call(answer, torch.zeros(2, 4), BATCH), (2, 2), CONTEXT)
    expect(near(got, 0), "weights of 0 throughout, a row with no real word, give the context 0; yours is "
                         f"{shown(got[0])}. The weights "
                         "are taken as they come.")
    got = array(call(answer, weights / 2, BATCH), (2, 2), CONTEXT)
    expect(near(got, [[0.125, 0.25], [0.5, 0]]),
           "half of each weight gives half the context, here (0.125, 0.25) and (0.5, 0); yours is "
           f"{shown(got[0])} and {shown(got[1])}. Do you divide by the weights' sum? They are taken as they come.")
    for B, S, H in ((1, 3, 2), (2, 1, 3), (1, 1, 1), (3, 3, 3)):
        array(call(answer, torch.ones(B, S), torch.ones(B, S, H)), (B, H), CONTEXT)
    weights, values = leaves(weights, BATCH)
    flows({"the context": answer(weights, values)}, {"the weights": weights, "the values": values})


MASK = torch.tensor([[True, True, True, True], [True, True, False, False]])
BOTH = {"context": (2, 2), "weights": (2, 4)}


def _known(weights):
    """A hint where the weights for the lesson's scores come from one of two usual mistakes."""
    once = torch.softmax(torch.tensor(SCORES[0]), -1)
    for mistake, hint in ((torch.softmax(torch.tensor(SCORES[0]) / 2**0.5, -1),
                           "your scores are divided by √H; here the dot product stays as it is"),
                          (torch.softmax(once, -1), "your softmax is taken twice; once makes the weights")):
        expect(not near(weights, mistake, 1e-3), f"{hint}. Your weights are {shown(weights)}.")


@check
def attend(answer):
    """The lesson's table; a masked row; values apart from the keys; a score of the student's choice."""
    seen, given = [], QUERY
    wide = torch.cat([BATCH, BATCH[:, :, :1] + 1], dim=2)                           # values of another size than keys

    def by_place(query, keys):
        """Scores by the place alone. It may get the whole batch or some of its rows."""
        expect(keys.shape[1:] != wide.shape[1:], "you score the values; only query and keys are scored.")
        fits = query.shape[1:] == given.shape[1:] and keys.shape[1:] == BATCH.shape[1:] and len(query) == len(keys)
        expect(fits and all(any(near(q, one) and near(k, other) for one, other in zip(given, BATCH, strict=True))
                            for q, k in zip(query, keys, strict=True)),
               "score gets the query and the keys, in this order and as they are. (Padding is taken out later: the "
               "softmax gets the mask.)")
        seen.extend(keys)
        return torch.tensor([[0.0, 0.0, 9.0, 9.0]]).expand(len(keys), 4) + 0 * query[:, :1]

    call(answer, QUERY, BATCH, wide, MASK, by_place)
    expect(seen, "another function was handed in as `score`, and it isn't called. Use the argument score, not "
                 "dot_scores itself.")
    expect(all(any(near(row, one) for row in seen) for one in BATCH), "each row of the batch is scored; `score` didn't "
                                                                      "get all of them.")

    try:
        result = call(answer, QUERY, BATCH, BATCH, torch.ones(2, 4, dtype=torch.bool))
    except TypeError as error:
        expect("missing 1 required positional argument: 'score'" not in str(error),
               "attend is called without a score as well: the argument has a default, as the stub shows.")
        raise
    got = results(result, BOTH)
    expect((got["weights"] != 0).any(), INVERTED.format("all your weights are 0"))
    _known(got["weights"][0])
    expect(not near(got["weights"][0], SCORES[0]), "you return the scores; the weights are what softmax makes of them.")
    expect(not near(got["context"][0], [3, 0]), "you mix the values by their scores; they are mixed by their weights.")
    expect(near(got["weights"][0], [0.644, 0.237, 0.032, 0.087], 1e-3),
           "the query (2, 1) and the lesson's states give the weights 0.644, 0.237, 0.032, 0.087; yours are "
           f"{shown(got['weights'][0])}.")
    expect(near(got["context"][0], [0.699, 0.095], 1e-3),
           f"those weights and states give the context (0.699, 0.095); yours is {shown(got['context'][0])}.")

    got = results(call(answer, QUERY, BATCH, BATCH, MASK), BOTH)
    expect(not near(got["weights"][1], [0.004, 0.211, 0, 0], 1e-3),
           "the weights of the second row's two words don't add up to 1. Was the mask applied after the softmax? "
           "softmax(scores, mask) does both.")
    expect(near(got["weights"][1], [0.018, 0.982, 0, 0], 1e-3),
           "in the second row the scores are −3 and 1 and the rest is padding, so the weights are 0.018, 0.982, 0, "
           "0; yours are "
           f"{shown(got['weights'][1])}. Is the mask used?")

    values = torch.tensor([[10.0, 0.0], [20.0, 0.0], [30.0, 0.0], [40.0, 0.0]]).expand(2, 4, 2).clone()
    got = results(call(answer, QUERY, BATCH, values, MASK), BOTH)
    expect(near(got["weights"][1], [0.018, 0.982, 0, 0], 1e-3),
           "with other values your weights change; only query and keys are scored.")
    expect(near(got["context"][1], [19.82, 0], 1e-2),
           "the context adds up values, not keys: values (10, 0) and (20, 0) with weights 0.018 and 0.982 give "
           "(19.82, 0); yours "
           f"is {shown(got['context'][1])}.")

    given = torch.ones(2, 3)
    got = results(call(answer, given, BATCH, wide, MASK, by_place), {"context": (2, 3), "weights": (2, 4)})
    expect(near(got["weights"][1], [0.5, 0.5, 0, 0], 1e-3),
           "a score of 0 for both real words gives 0.5 each, whatever padding scores; yours are "
           f"{shown(got['weights'][1])}.")
    got = results(call(answer, QUERY, BATCH, BATCH, torch.tensor([[True] * 4, [False] * 4])), BOTH)
    expect(near(got["weights"][1], 0) and near(got["context"][1], 0),
           "a row with no real word gets weights of 0 and the context 0; yours are "
           f"{shown(got['weights'][1])} and {shown(got['context'][1])}.")
    query, keys, values = leaves(QUERY, BATCH, BATCH)
    result = answer(query, keys, values, MASK)
    flows({"the context": result[0]}, {"the query": query, "the keys": keys, "the values": values})
    flows({"the weights": result[1]}, {"the query": query, "the keys": keys})


# One step of the lesson's toy decoder. Its cell adds the embedding's first two numbers to the state.
W_C = torch.tensor([[0.5, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 1.0]])
W_OUT = torch.tensor([[2.0, 1.0, -1.0, -2.0, 1.0], [1.0, 2.0, 2.0, 1.0, -2.0]])
LOGITS = [2.404, 2.002, 0.131, -1.338, -0.130]
STEP = {"logits": (2, 5), "the new state": (2, 2), "weights": (2, 4)}


def _step(answer, mask=MASK, unread=()):
    """One step of two equal rows, the second with two words only; and how often the cell was called, for each row."""
    rows, given = [], [torch.tensor([[1.0, 3.0, 7.0]] * 2), torch.tensor([[1.0, -2.0]] * 2), torch.stack([STATES] * 2)]

    def cell(embedding, state):
        """It may get both rows at once or one after the other."""
        shapes = tuple(embedding.shape), tuple(state.shape)
        expect(shapes in (((2, 3), (2, 2)), ((1, 3), (1, 2))),
               f"cell gets the embedding (2, 3) and the state (2, 2), in this order; you hand it {shapes}.")
        rows.extend(state)
        expect(len(rows) > 2 or near(embedding[0], given[0][0]) and near(state[0], given[1][0]),
               "cell gets the embedding and the state, in this order and as they came in.")
        return state + embedding[:, :2]

    try:
        result = call(answer, *given, mask, cell, W_C, W_OUT)
    except TypeError as error:
        expect("missing 1 required positional argument: 'mask'" not in str(error),
               "look gets four things: query, keys, values, mask. The encoder's states are the keys and the values "
               "too, so they are handed over twice.")
        raise
    return results(result, STEP, unread), len(rows) / 2


def _state_and_weights(answer):
    got, count = _step(answer, unread=("logits",))
    expect(count == 1, f"one step of the decoder is one step of its cell; yours calls it {count:g} times.")
    state, weights = got["the new state"], got["weights"]
    expect(not near(state, [1, -2]), "you return the state that came in; the cell's new state goes into the next step.")
    expect(not near(state[0], [0.935, 0.533], 1e-3),
           "you return tanh([s; c] W_c) as the state; the next step wants the cell's own state.")
    expect(near(state, [2, 1]),
           f"the cell adds (1, 3) to the state (1, −2), so the new state is (2, 1); you return {shown(state[0])}.")
    expect(not near(weights[0], [0.018, 0.001, 0.0, 0.981], 2e-3),
           "your scores come from the state before the cell. In this wiring the cell comes first, and its new state "
           "asks.")
    expect((weights[0] != 0).any(), INVERTED.format("all your weights are 0"))
    _known(weights[0])
    expect(near(weights[0], [0.644, 0.237, 0.032, 0.087], 1e-3),
           f"the new state (2, 1) gives the weights 0.644, 0.237, 0.032, 0.087; yours are {shown(weights[0])}.")
    expect(near(weights[1], [0.731, 0.269, 0, 0], 1e-3),
           "in the second row two words are padding, so the weights are 0.731, 0.269, 0, 0; yours are "
           f"{shown(weights[1])}. Is the mask used?")


def _out(upper, lower):
    """Steps 6 and 7: the logits of a concatenation."""
    return torch.tanh(torch.cat([upper, lower]) @ W_C) @ W_OUT


def _logits(answer):
    logits = _step(answer)[0]["logits"]
    first = logits[0]
    old, s, c = torch.tensor([1.0, -2.0]), QUERY[0], torch.softmax(torch.tensor(SCORES[0]), 0) @ STATES
    both = torch.cat([s, c])
    for mistake, hint in ((_out(c, s), "the concatenation is [s; c], the state first; yours is [c; s]"),
                          (_out(old, c), "the state from before the cell is in [s; c]; it is the new one"),
                          (_out(s, s), "the state stands twice in [s; c], and the context not at all"),
                          (_out(c, c), "the context stands twice in [s; c], and the state not at all"),
                          (both @ W_C @ W_OUT, "the tanh after W_c is missing"),
                          (torch.tanh(both) @ W_C @ W_OUT, "tanh is taken of [s; c]; it comes after W_c"),
                          (torch.tanh(both @ W_C @ W_OUT),
                           "tanh is taken of the logits; it belongs after W_c, before W_out"),
                          (torch.sigmoid(both @ W_C) @ W_OUT, "this is a sigmoid; step 6 takes tanh"),
                          (s @ W_OUT, "the logits come from the state alone; they come from tanh([s; c] W_c)"),
                          (c @ W_OUT, "the logits come from the context alone; they come from tanh([s; c] W_c)"),
                          (_out(s, STATES.mean(0)),
                           "the context is the plain mean of the states; it is their sum by weight"),
                          (_out(s, STATES[-1]), "the context is the last state; it is the sum of all states by weight"),
                          (torch.softmax(torch.tensor(LOGITS), 0),
                           "these are probabilities; logits come before the softmax"),
                          (torch.log_softmax(torch.tensor(LOGITS), 0),
                           "these are logarithms of probabilities; logits come before the softmax")):
        expect(not near(first, mistake, 5e-3), f"{hint}. Your logits are {shown(first)}.")
    expect(near(first, LOGITS, 5e-3),
           f"for the lesson's numbers the logits are {shown(LOGITS)}; yours are {shown(first)}. Go through the seven "
           "steps of the table.")
    expect(near(logits[1], [2.525, 2.232, 0.353, -1.232, -0.353], 5e-3),
           "the second row has two words of padding, and its logits should be 2.525, 2.232, 0.353, −1.232, −0.353; "
           f"yours are {shown(logits[1])}.")
    nothing = _step(answer, torch.tensor([[True] * 4, [False] * 4]))[0]
    expect(bool(torch.tensor(nothing["logits"]).isfinite().all()),
           "a row with no real word gets the context 0; your logits there aren't finite.")
    given = leaves(torch.tensor([[0.1, 0.3]]), torch.tensor([[0.1, -0.2]]), STATES[None], W_C, W_OUT)
    result = answer(*given[:3], torch.ones(1, 4, dtype=torch.bool), torch.add, *given[3:])
    flows({"the logits": result[0]}, dict(zip(("the embedding", "the state", "the encoder's states", "W_c",
                                               "W_out"), given, strict=True)))
    flows({"the new state": result[1]}, {"the embedding": given[0], "the state": given[1]})


@check
def decoder_step_state(answer):
    """The first half of the step: the cell's state, and the weights it asks for."""
    _state_and_weights(answer)


@check
def decoder_step(answer):
    """All seven steps."""
    _state_and_weights(answer)
    _logits(answer)


@check
def attention_weight_count(answer):
    """Lengths whose product, sum and squares all differ."""
    for source, target in ((4, 5), (20, 30), (30, 20), (1, 7), (1, 1)):
        got = answer(source, target)
        expect(got is not None, NOTHING)
        expect(isinstance(got, Integral), f"return a number, and a whole one: an int; you return {kind(got)}.")
        expect(got != source + target or source * target == got,
               "each step weighs all source words anew, so the lengths aren't added up.")
        expect(got == source * target,
               f"a source of {_of(source, 'word')} and a target of {target}: {_of(target, 'step')}, and each has "
               f"{_of(source, 'weight')} of its own. You say {got}.")
