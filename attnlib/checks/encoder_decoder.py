"""Checks of lesson 03: small cases worked by hand, and for the two modules properties that any recurrent cell has.

A module is built with weights of its own choosing, so no number of its can be foretold. What can: that the
context is the state at the last real token, that padding and neighbours in the batch change nothing, that
`forward` and `step` are two ways to the same logits.
"""

# ruff: noqa: E501
# A hint of one line stays on one line.

import math

import torch

from attnlib.checks import NOTHING, NotYet, call, check, expect, kind, line_of, plain

# What torch says about this lesson's common mistakes, and what to look at.
IN_THIS_LESSON = {
    "Sizes of tensors must match except in dimension 0": "torch.cat joins rows below rows unless `dim` says otherwise; here columns come together.",
    "Expected target size": "cross_entropy takes the second axis for the vocabulary. One row for each token: flatten the logits to (B·T, V) and the targets to (B·T,).",
    "not implemented for 'Long'": "cross_entropy wants the logits first and the right ids second.",
    "out of bounds for dimension 1": "places are counted from 0: of n tokens, the last one stands at place n − 1.",
    "hx should also be": "the RNN wants (B, T, E) to read and (1, B, H) as its first state. Which of the two has an axis too few?",
    "Expected hidden size": "the RNN's first state doesn't fit what it reads. With batch_first=True it reads (B, T, E), one token too (T = 1), and its first state is (1, B, H).",
    "is not in list": "a row may have no <end> at all: max_length has cut it. Then nothing follows it, and nothing is cut.",
}


def ask(answer, *arguments):
    """`call`, with a hint where an error's own words are hard to read."""
    try:
        return call(answer, *arguments)
    except (RuntimeError, IndexError, ValueError) as error:
        hints = [hint for words, hint in IN_THIS_LESSON.items() if words in str(error)]
        if not hints:
            raise
        raise NotYet(f"{hints[0]} It stopped with {plain(error)}{line_of(error)}.") from None


def tensor(value, shape, meaning):
    """`value` as it is if it is a tensor of `shape`, else a hint."""
    expect(value is not None, NOTHING)
    expect(isinstance(value, torch.Tensor), f"{meaning} should be a torch tensor; yours is {kind(value)}.")
    expect(value.shape == tuple(shape), f"{meaning} should have shape {tuple(shape)}; yours has {tuple(value.shape)}.")
    return value


def near(found, expected, tolerance=1e-4):
    """Whether all numbers agree; NaN agrees with nothing."""
    return bool(torch.allclose(found.detach().float(), torch.as_tensor(expected).float(), rtol=0, atol=tolerance))


@check
def shift_right(answer):
    """Two rows with <end> and padding, other ids for <start>, a row of one token."""
    targets = torch.tensor([[4, 5, 6, 3], [7, 3, 0, 0]])
    got = ask(answer, targets, 2)
    expect(got is not None, NOTHING)
    shape = tuple(getattr(got, "shape", ()))
    expect(shape != (2, 5), "your result has a column too many: with <start> in front, the last column is dropped.")
    got = tensor(got, (2, 4), "what the decoder reads")
    expect(not torch.equal(got, targets), "your result is the targets themselves: the decoder would read the very word it has to say.")
    expect(not torch.equal(got, torch.tensor([[5, 6, 3, 2], [3, 0, 0, 2]])),
           "you shift to the left. <start> comes in front, and each word moves one place to the right.")
    expect(not torch.equal(got[:, 0], targets[:, -1]),
           "the last column came back in front. It is dropped, and <start> (start_id) takes the first place.")
    expect(not torch.equal(got, torch.tensor([[2, 5, 6, 3], [2, 3, 0, 0]])),
           "the first word is gone, and the last column is still there. It is the last column that is dropped.")
    expect(got[:, 0].tolist() == [2, 2], f"each row begins with start_id, here 2; yours begin with {got[:, 0].tolist()}.")
    wanted = [[2, 4, 5, 6], [2, 7, 3, 0]]
    expect(got.tolist() == wanted, f"for the targets {targets.tolist()} the decoder reads {wanted}; yours is {got.tolist()}. "
                                   "Nothing but <start> is added, nothing but the last column dropped.")
    expect(got.dtype == torch.int64, f"ids are int64; yours are {str(got.dtype).removeprefix('torch.')}.")
    got = tensor(ask(answer, torch.tensor([[4], [5], [6]]), 9), (3, 1), "for targets of one column, what the decoder reads")
    expect(got.tolist() == [[9], [9], [9]], f"with start_id=9 and targets of one column, the decoder reads 9 in each row; yours is {got.tolist()}.")


def _loss(answer, logits, targets, pad_id):
    loss = ask(answer, logits, targets, pad_id)
    expect(loss is not None, NOTHING)
    expect(isinstance(loss, torch.Tensor), f"the loss is a torch tensor; yours is {kind(loss)}, and no gradient flows through that.")
    expect(loss.shape == (), f"the loss is one number, of shape (); yours has shape {tuple(loss.shape)}.")
    expect(not loss.isnan(), "your loss is nan, not a number. Is it the mean of no tokens (the mask the wrong way round?), or exp of a score that is too large for a float?")
    return loss


def _scores(*rows):
    """Logits whose softmax has the given probabilities: the rows of a batch, lists of probabilities a step."""
    return torch.tensor(rows).log() + 2                             # + 2, so that they are no log-probabilities


@check
def masked_cross_entropy(answer):
    """Probabilities of a half, a quarter and an eighth for the right words: 1, 2 and 3 times log 2. B=2, T=3, V=4."""
    half, quarter, eighth = [.125, .5, .25, .125], [.25, .25, .25, .25], [.5, .125, .25, .125]
    log2 = math.log(2)

    logits = _scores([half, quarter, eighth], [half, half, half])
    whole = _loss(answer, logits, torch.ones(2, 3, dtype=torch.int64), 0)
    expect(not near(whole, 1.5 * log2 - 2), "you take the scores as if they were log-probabilities already; log softmax makes them so.")
    expect(whole > 0, f"a loss is never negative; yours is {whole:.3f}. It is −log of a probability: is the minus there, and the log?")
    expect(not near(whole, 9 * log2), f"your loss is a sum, {whole:.3f}. Divide it by the number of real tokens, here 6.")
    expect(not near(whole, 4.5 * log2), f"your loss is {whole:.3f}: a sum divided by the number of sentences. Divide by the number of real tokens.")
    expect(not near(whole, 2 ** 1.5), "that is exp of the loss, the perplexity.")
    twice = -logits.softmax(-1).log_softmax(-1)[..., 1].mean()
    expect(not near(whole, twice), "it looks as if softmax was taken twice. cross_entropy wants logits and takes log softmax itself.")
    for axis in (0, 1):
        expect(not near(whole, -logits.log_softmax(axis)[..., 1].mean()),
               "softmax runs over the wrong axis. The scores of one token, along the last axis, become probabilities together.")
    cut = torch.nn.functional.cross_entropy(logits.reshape(2, 4, 3), torch.ones(2, 3, dtype=torch.int64))
    expect(not near(whole, cut), "reshape deals the numbers out anew, it doesn't turn the axes. Keep V the last axis: (B, T, V) to (B·T, V).")
    expect(near(whole, 1.5 * log2), f"without padding, right words with probability 1/2, 1/4, 1/8 and three times 1/2 cost "
                                    f"9 log 2 = 6.2383 in all, and 1.0397 on average; yours is {whole:.4f}.")

    targets = torch.tensor([[1, 1, 1], [1, 0, 0]])
    padded = _loss(answer, logits, targets, 0)
    wrong = (6 + 1 + 3 + 3) * log2 / 6
    expect(not near(padded, wrong), f"your loss counts padding: {padded:.3f}. The two places with target 0 are no words.")
    expect(not near(padded, 7 * log2 / 6), "you leave padding out of the sum and still divide by all 6 places; 4 of them are real.")
    expect(not near(padded, (2 + 1) * log2 / 2),
           f"your loss is the mean of the sentences' means, {padded:.3f}. Each real token weighs the same, so a long sentence weighs more.")
    expect(near(padded, 7 * log2 / 4), f"with two places of padding, four real tokens cost 7 log 2, on average 1.2130; yours is {padded:.4f}.")
    ended = _loss(answer, _scores([half, eighth]), torch.tensor([[1, 3]]), 0)
    expect(near(ended, 2 * log2), f"<end> (id 3) has to be said like any word, and its loss counts: the mean of log 2 and 3 log 2 is 1.386; yours is {ended:.3f}.")

    moved = torch.tensor([[1, 1, 1], [1, 2, 2]])
    other = _loss(answer, logits, moved, 2)
    expect(near(other, 7 * log2 / 4), f"with pad_id=2 the places with target 2 are padding, and the loss is 1.213 again; yours is {other:.3f}. "
                                      "Is pad_id used?")
    real = _loss(answer, _scores([quarter, quarter]), torch.tensor([[0, 2]]), 2)
    expect(near(real, 2 * log2), f"with pad_id=2 an id 0 is a word like any other; the loss is 2 log 2 = 1.386, yours is {real:.3f}.")

    far = _loss(answer, torch.tensor([[[200.0, 0, 0, 0], [0, 200, 0, 0]]]), torch.tensor([[0, 0]]), 3)
    expect(not far.isinf(), "a score of 200 makes your loss infinite: exp(200) is too large for a float. cross_entropy and log_softmax have a way around that.")
    expect(near(far, 100), f"a loss of 0 counts as well: the mean of 0 and 200 is 100; yours is {far:.3f}.")

    turned = logits.transpose(1, 2).contiguous().transpose(1, 2)                     # the same numbers, another layout
    expect(near(_loss(answer, turned, targets, 0), padded), "the same logits in another memory layout give another loss.")
    leaf = logits.clone().requires_grad_()
    loss = _loss(lambda *given: answer(leaf, *given[1:]), logits, targets, 0)
    expect(loss.requires_grad, "no gradient flows through your loss: was it detached, or turned into a plain number?")
    gradient, = torch.autograd.grad(loss, leaf, allow_unused=True)
    expect(gradient is not None, "no gradient flows from your loss back to the logits: was it made from a plain number?")
    expect(near(gradient[1, 1:], torch.zeros(2, 4), 1e-7), "padding gets a gradient; no word was wanted there, so it should be 0.")
    expect(near(gradient[0, 1], [.0625, -.1875, .0625, .0625]), "the gradient at a real token isn't (softmax − one-hot) / 4.")


@check
def perplexity(answer):
    """As unsure as choosing among 4 words; a perfect model; one token; a poor model; 0 tokens."""
    mean = math.log(4)
    got = call(answer, 3 * mean, 3)
    expect(got is not None, NOTHING)
    expect(isinstance(got, float), f"the perplexity is a plain float; yours is {kind(got)}.")
    for mistake, hint in ((64 / 3, "you divide after exp. Take the mean first."),
                          (2 ** mean, "the loss is in natural logarithms, so take exp, not a power of 2."),
                          (mean, "that is the mean loss; the perplexity is exp of it."),
                          (64, "exp of the total loss; divide by the number of tokens first."),
                          (1 / 4, "exp of minus the mean. The loss is −log of a probability already: no second minus."),
                          (math.e, "`//` leaves out what stands behind the point; divide with one `/`.")):
        expect(abs(got - mistake) > 1e-6, hint)
    expect(abs(got - 4) < 1e-6, f"three tokens, each one of 4 equally likely words, cost 3 log 4; the perplexity is 4. Yours is {got:.4f}.")
    for loss, count, wanted in ((0.0, 5, 1), (30 * math.log(2), 10, 8), (math.log(5), 1, 5), (1.0, 3, math.e ** (1 / 3)), (15.0, 2, math.e ** 7.5)):
        got = call(answer, loss, count)
        tokens = "1 token" if count == 1 else f"{count} tokens"
        expect(abs(got - wanted) < 1e-6 * wanted, f"a total loss of {loss:.3f} over {tokens} is a perplexity of {wanted:.4f}; yours is {got:.4f}. "
                                                  "Is it rounded or cut off?")
    try:
        got = answer(1.0, 0)
    except ValueError:
        return
    except Exception as error:
        raise NotYet(f"0 tokens stop your function with {type(error).__name__}. Raise a ValueError that says what is wrong.") from None
    expect(not isinstance(got, ValueError), "your function returns a ValueError; it should `raise` it.")
    raise NotYet(f"0 tokens have no mean: raise a ValueError; yours returns {got}.")


def _build(answer, sizes):
    """The student's module with the given sizes, for evaluation."""
    torch.manual_seed(3)
    module = answer(*sizes)
    expect(isinstance(module, torch.nn.Module), f"{answer.__name__} should be a torch.nn.Module; yours gives {kind(module)}.")
    return module.eval()


# Sentences of 2, 4 and 1 tokens; <unk> is a token, and <end> may stand anywhere. H is even: a module may split its state in two.
IDS, LENGTHS, SIZES = torch.tensor([[1, 11, 0, 0], [5, 3, 9, 4], [3, 0, 0, 0]]), (2, 4, 1), (12, 5, 6)
FORWARD_WANTS = "`forward` returns two things, the states and the context."
SECOND_TIME = "the second time. Is something random in `forward`, kept from the last call, or made there? Layers are made once, in `__init__`."


def _weighed(values):
    """A sum for a gradient to start from. The weights differ: a sum of normalised numbers never changes."""
    return (values * torch.linspace(1, 2, values.shape[-1])).sum()


def _encode(module, ids, H=6):
    """The states, and what came with them."""
    result = ask(module.forward, ids)
    expect(result is not None, "your `forward` returns None. Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == 2, FORWARD_WANTS)
    return tensor(result[0], (*ids.shape, H), "the states, (B, S, H),"), result[1]


def _encode_both(module, ids):
    states, context = _encode(module, ids)
    expect(getattr(context, "shape", None) != (len(ids), len(ids), 6),
           "a slice with a list, [:, places], takes all these places from every row. To take one place from each row, give a list of rows too.")
    return states, tensor(context, (len(ids), 6), "the context, (B, H),")


def _states(answer):
    module = _build(answer, SIZES)
    states, _ = _encode(module, IDS)
    again, _ = _encode(module, IDS)
    expect(near(states, again), f"the same sentences give other states {SECOND_TIME}")
    first_changed, _ = _encode(module, torch.tensor([[6, 11, 0, 0], [7, 3, 9, 4], [3, 0, 0, 0]]))
    expect(not near(states[1, 0], first_changed[1, 0]), "another first word gives the same first state. Does the embedding go into the RNN?")
    neighbour, _ = _encode(module, torch.tensor([[1, 11, 0, 0], [7, 8, 6, 3], [3, 0, 0, 0]]))
    expect(near(states[[0, 2]], neighbour[[0, 2]]),
           "another sentence in row 1 changes the states of the other rows. Rows must not see each other: is batch_first=True set?")
    expect(not near(states[1, 2], first_changed[1, 2], 1e-6),
           "the third state doesn't know the first word: a state must carry on what came before it. Is there an RNN over the words?")
    swapped, _ = _encode(module, torch.tensor([[3, 5, 9, 4]]))
    expect(not near(states[1, 3], swapped[0, 3], 1e-6), "two words swapped, and the last state is the same: that is a bag of words. Read one after the other.")
    alone, _ = _encode(module, IDS[:1, :2])
    expect(near(states[0, :2], alone[0]), "a sentence has other states in a batch than alone. Does the padding after it change them?")
    expect(states.requires_grad, "no gradient flows through your states. Were they detached?")
    _encode(_build(answer, (8, 4, 2)), torch.tensor([[7]]), H=2)


def _name_the_slip(states, context):
    """A hint if the context is one of the states that are often taken for the last real one."""
    def at(*places):
        return torch.stack([states[row, place] for row, place in enumerate(places)])

    real = (IDS != 0)[..., None]
    mean = "your context is the mean of the states; it is the last one only."
    for mistaken, hint in (
        (states.mean(1), mean), ((states * real).sum(1) / real.sum(1), mean), ((states * real).sum(1), mean.replace("mean", "sum")),
        (states[:, -1], "your context is the state in the last column. For a short sentence that is padding: read it at the last real token, "
                        "where the id isn't 0."),
        (states[:, 0], "your context is the first state, which knows one word only."),
        (states[:, 1], "your context is read at the same place in every row. Each row has a length of its own."),
        (at(0, 1, 0), "your context is the state at <end>, id 3. Here a row needn't end on one: the last real token is the last whose id isn't 0."),
        (at(2, 3, 1), "your context is one place too late: the first padding. A sentence of n tokens has its last one at place n − 1."),
    ):
        expect(not near(context, mistaken), hint)
    expect(not near(context[:2], at(0, 2)), "your context is one place too early. A sentence of n tokens has its last one at place n − 1.")


def _context(answer):
    module = _build(answer, SIZES)
    states, context = _encode_both(module, IDS)
    wanted = torch.stack([states[row, length - 1] for row, length in enumerate(LENGTHS)])
    if not near(wanted, context):
        _name_the_slip(states, context)
        row = [near(*pair) for pair in zip(wanted, context, strict=True)].index(False)
        raise NotYet(f"the context isn't the state at each row's last real token (where the id isn't 0). In the row {IDS[row].tolist()} that is "
                     f"place {LENGTHS[row] - 1}, counted from 0.")
    _, wider = _encode_both(module, torch.nn.functional.pad(IDS, (0, 3)))
    expect(near(context, wider), "three more columns of padding change your context; they should change nothing.")
    _, alone = _encode_both(module, IDS[:1, :2])
    expect(near(context[:1], alone), "a sentence has another context in a batch than alone.")
    expect(context.requires_grad, "no gradient flows through your context. Was it detached?")
    gradients = torch.autograd.grad(_weighed(context), list(module.parameters()), allow_unused=True)
    expect(any(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients), "no parameter gets a gradient from the context.")
    expect(any(gradient is not None and gradient.shape[:1] == (12,) and gradient.abs().sum() > 0 for gradient in gradients),
           "the embedding's table gets no gradient from the context. Is it a parameter, one row for each word?")


@check
def Encoder_states(answer):
    """A state for each word, and in it all words before."""
    _states(answer)


@check
def Encoder(answer):
    """All states, and the one that is handed on."""
    _states(answer)
    _context(answer)


INPUTS, CONTEXT = torch.tensor([[2, 5, 4, 9], [2, 11, 3, 0], [2, 3, 0, 0]]), torch.linspace(-1, 1, 18).view(3, 6)


def _forward(module, inputs=INPUTS, context=CONTEXT):
    return tensor(ask(module.forward, inputs, context), (*inputs.shape, 12), "the logits, (B, T, V),")


def _are_probabilities(logits):
    return bool((logits >= 0).all()) and near(logits.sum(-1), torch.ones(logits.shape[:-1]))


def _all_at_once(answer):
    module = _build(answer, SIZES)
    logits = _forward(module)
    expect(near(logits, _forward(module)), f"the same inputs give other logits {SECOND_TIME}")
    expect(not _are_probabilities(logits), "your logits are probabilities: each row adds up to 1. Leave softmax out; the loss takes it.")
    expect(bool((logits < 0).any()), "none of your logits is below 0, and a score may be. Leave out what stands behind the output layer.")
    other = _forward(module, context=CONTEXT.flip(0) + 0.5)
    expect(not near(logits[:, 0], other[:, 0], 1e-6), "another context, the same logits: your decoder ignores the context. It is the first state.")
    moved = other - logits
    expect(not near(moved, moved[:, :1].expand_as(moved), 1e-5),
           "another context moves the logits of all steps by the same amount. It isn't added to each state; it is the first state.")
    changed = INPUTS.clone()
    changed[:, 2] = 7
    other = _forward(module, changed)
    expect(near(logits[:, :2], other[:, :2]), "the third word was changed, and the logits of earlier steps changed with it: they peek at what comes later.")
    expect(not near(logits[:, 2], other[:, 2], 1e-6), "the logits at a step don't depend on the word that goes in there. "
           "`forward` reads its inputs as they are: not shifted once more, and not its own words.")
    expect(not near(logits[:, 3], other[:, 3], 1e-6), "the logits at a step know only the word that goes in there; the state must be carried on.")
    expect(near(_forward(module, INPUTS[1:2], CONTEXT[1:2]), logits[1:2]),
           "a sentence has other logits in a batch than alone. Rows must not see each other: is batch_first=True set?")
    leaf = CONTEXT.clone().requires_grad_()
    logits = module.forward(INPUTS, leaf)
    expect(logits.requires_grad, "no gradient flows through your logits.")
    gradient, = torch.autograd.grad(_weighed(logits[:, -1]), leaf, allow_unused=True)
    expect(gradient is not None and gradient.abs().sum() > 0, "no gradient gets back to the context, so the encoder would never learn. Was it detached?")


def _step(module, token, state):
    result = ask(module.step, token, state)
    expect(result is not None, "your `step` returns None. Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == 2, "`step` returns two things, the logits and the next state.")
    return tensor(result[0], (3, 12), "the logits of a step, (B, V),"), tensor(result[1], (3, 6), "the state after a step, (B, H),")


def _first_step(module, logits):
    """What `step` must read and must not do, before it is held against `forward`'s first logits."""
    token = INPUTS[:, 0]
    here, following = _step(module, token, CONTEXT)
    expect(not _are_probabilities(here), "`step` returns probabilities, and `forward` logits: leave softmax out of both.")
    expect(near(here, logits[:, 0]) or not near(here, logits[:, 0].log_softmax(-1)), "`step` takes log softmax and `forward` doesn't.")
    other, _ = _step(module, torch.tensor([7, *token[1:]]), CONTEXT)
    expect(near(here[1:], other[1:]), "another token in row 0 changes the step's logits of the other rows. "
                                      "The B tokens are a batch, each at its own first step; they aren't one sentence of B words.")
    expect(not near(here[0], other[0], 1e-6), "the step's logits don't depend on the token it reads. They come from the new state.")
    other, _ = _step(module, token, CONTEXT.flip(0) + 0.5)
    expect(not near(here, other, 1e-6), "another state, the same logits: your `step` doesn't go on from the state that it is given.")
    expect(near(here, logits[:, 0]), "the first step, `step(inputs[:, 0], context)`, and `forward` disagree. The first state is the context "
                                     "itself, in both; and both use the same layers.")
    expect(not near(following, CONTEXT, 1e-6), "`step` returns the state that it was given; it should return the next one.")
    leaf = CONTEXT.clone().requires_grad_()
    for result in module.step(token, leaf):
        expect(result.requires_grad and torch.autograd.grad(_weighed(result), leaf, retain_graph=True, allow_unused=True)[0] is not None,
               "no gradient gets through `step` back to the state, so nothing can be learned step by step. Was something detached?")


def _steps(answer):
    module = _build(answer, SIZES)
    logits, state = _forward(module), CONTEXT
    expect(callable(getattr(module, "step", None)), "there is no method `step`.")
    _first_step(module, logits)
    for t in range(4):
        here, following = _step(module, INPUTS[:, t], state)
        expect(near(here, logits[:, t]), f"`step` and `forward` agree at the first step and no longer at step {t + 1}. "
                                         "Does `step` return the new state, the one from which the next step goes on?")
        state = following.detach()


@check
def ContextDecoder_forward(answer):
    """All steps at once: what goes in, what comes out, what depends on what."""
    _all_at_once(answer)


@check
def ContextDecoder(answer):
    """Both methods, which must agree."""
    _all_at_once(answer)
    _steps(answer)


class _Script:
    """A decoder that says given words: row b says words[b][t] at step t. It remembers what it was asked."""

    def __init__(self, *words, size=8):
        self.words, self.size, self.read, self.states = words, size, [], []

    def __call__(self, token, state):
        expect(isinstance(token, torch.Tensor) and token.shape == (len(self.words),),
               f"`step` wants a token for each row, shape ({len(self.words)},); it got {tuple(getattr(token, 'shape', ()))}.")
        expect(token.dtype == torch.int64, f"`step` wants ids, int64; it got {str(token.dtype).removeprefix('torch.')}.")
        self.read.append(token.tolist())
        self.states.append(state.clone())
        t = len(self.read) - 1
        logits = torch.full((len(self.words), self.size), -1.5)
        for row, said in enumerate(self.words):
            logits[row, said[min(t, len(said) - 1)]] = -1.0       # the best, and still negative
        return logits, state + 1


@check
def greedy_decode(answer):
    """Scripted decoders: rows that end at once, later, never; other ids for <start> and <end>."""
    def said(step, rows, *settings):
        got = answer(step, torch.zeros(rows, 2), *settings)
        expect(got is not None, NOTHING)
        expect(isinstance(got, torch.Tensor) and got.ndim == 2 and len(got) == rows,
               f"the result is a tensor of ids with {rows} rows, one for each state; yours is {kind(got)} of shape {tuple(getattr(got, 'shape', ()))}.")
        expect(got.shape[1] <= settings[0], f"the result is at most max_length={settings[0]} wide; yours is {got.shape[1]}.")
        while got.shape[1] > 1 and not got[:, -1].any():             # columns of zeros at the end say nothing
            got = got[:, :-1]
        return got

    first, script = torch.zeros(3, 2), ([5, 6, 3, 7], [3, 4, 4, 4], [4, 3, 5, 5])
    step = _Script(*script)
    answer(step, first, 10, 2, 3)
    expect(not first.any(), "your function changed the state that it was given; `step` returns a new one.")
    expect(step.read, "your function never calls `step`.")
    expect(step.read[0] == [2, 2, 2], f"the first token that each row reads is <start>, here 2; yours read {step.read[0]}.")
    step, other = _Script(*script), step
    got = said(step, 3, 10, 2, 3)
    expect(step.read == other.read, "the same decoder says other words the second time. Greedy takes the best word, and doesn't draw one.")
    expect(got[:, 0].tolist() != [2, 2, 2], "the result begins with <start>; it should begin with the first word said.")
    expect(len(step.read) < 2 or any(step.read[1]), "at the second step all rows read 0. The best word is where the largest score stands along the last axis, V; "
                                                    "0 is for rows that have ended.")
    expect(len(step.read) < 2 or step.read[1][0] == 5, f"at the second step row 0 should read what it has just said, 5; the rows read {step.read[1:2]}.")
    expect(len(step.states) < 2 or torch.equal(step.states[1], first + 1), "the second step got the first state again. Go on with the state that `step` returned.")
    expect(len(step.read) != 1, "your rows stop when one of them has ended; go on until all have.")
    row = got[1].tolist()
    expect(row[0] != 0, "row 1 says <end>, and your result has 0 there. A row's own <end> stays; 0 is for rows that had ended before this step.")
    expect(not (row[0] == 3 and row[1:2] == [0] and any(row[1:])),
           "row 1 says <end>, then 0, then it speaks again. A row that has ended stays ended: `ended` must remember it.")
    expect(got.shape[1] != 2, "row 0 has no <end>: it says 5, 6, <end>. The <end> belongs to the result.")
    expect(len(step.read) < 10, "all rows have ended after 3 steps, and your loop goes on; stop early.")
    expect(got.tolist() != [[5, 6, 3], [3, 4, 4], [4, 3, 5]], "after a row's own <end> comes 0; your rows go on talking.")
    expect(got.tolist() != [[5, 6, 3], [3, 3, 3], [4, 3, 3]], "after a row's own <end> comes 0; yours says <end> again and again.")
    expect(got.tolist() == [[5, 6, 3], [3, 0, 0], [4, 3, 0]], "the rows say 5 6 <end>, <end>, and 4 <end>, so the result is "
                                                             f"[[5, 6, 3], [3, 0, 0], [4, 3, 0]]; yours is {got.tolist()}.")
    expect(got.dtype == torch.int64, f"ids are int64; yours are {str(got.dtype).removeprefix('torch.')}.")
    expect(len(step.read) == 3, f"three steps are enough here; yours took {len(step.read)}.")

    step = _Script([5, 6, 7, 3], [4, 3, 3, 3])
    got = said(step, 2, 2, 2, 3)
    expect(got.tolist() == [[5, 6], [4, 3]], f"with max_length=2, row 0 is cut to 5 6, without <end>; your result is {got.tolist()}.")
    expect(len(step.read) == 2, f"with max_length=2 there are two steps; yours took {len(step.read)}.")

    step = _Script([6, 3, 5, 5], [2, 4, 5, 5])
    got = said(step, 2, 9, 7, 5)
    expect(step.read[0] == [7, 7], f"with start_id=7 the first token read is 7; yours is {step.read[0]}.")
    expect(got.tolist() == [[6, 3, 5], [2, 4, 5]], f"with end_id=5, an id 3 is a word: the result is [[6, 3, 5], [2, 4, 5]]; yours is {got.tolist()}.")


@check
def exact_match(answer):
    """Rows that differ in one thing each."""
    def rows(predictions, targets):
        result = ask(answer, torch.tensor(predictions), torch.tensor(targets))
        found = tensor(result, (len(predictions),), "the result, one truth value a row,")
        expect(found.dtype == torch.bool, f"the result is bool, True or False for each row; yours is {str(found.dtype).removeprefix('torch.')}.")
        return found.tolist()

    got = rows([[5, 6, 3], [5, 7, 3], [6, 5, 3]], [[5, 6, 3], [5, 6, 3], [5, 6, 3]])
    expect(got != [True, False, True], "5 6 and 6 5 are the same words in another order; that isn't the same sentence.")
    expect(got == [True, False, False], f"only the first of these rows is right to the last token; you say {got}.")
    for predictions, targets, wanted, hint in (
        ([[5, 6, 3, 0]], [[5, 6, 3, 0]], True, "5 6 <end> is 5 6 <end>, padding or not"),
        ([[5, 6, 3, 7, 8]], [[5, 6, 3, 0, 0]], True, "what follows <end> in the prediction is ignored"),
        ([[5, 6, 3, 0]], [[5, 6, 3, 7]], True, "what follows <end> in the target is ignored"),
        ([[5, 6, 3, 3]], [[5, 6, 3, 0]], True, "a second <end> follows the first one and is ignored"),
        ([[5, 6, 3]], [[5, 6, 3, 0, 0]], True, "widths may differ: 5 6 <end> is right with padding in the target"),
        ([[5, 6, 3, 0, 0]], [[5, 6, 3]], True, "widths may differ: 5 6 <end> is right with padding in the prediction"),
        ([[5, 6, 0]], [[5, 6, 3]], False, "<end> counts: 5 6 without it isn't 5 6 <end>"),
        ([[5, 6]], [[5, 6, 3]], False, "<end> counts: 5 6 without it isn't 5 6 <end>, though it is narrower"),
        ([[5, 6, 3]], [[5, 6, 7, 3]], False, "5 6 <end> isn't 5 6 7 <end>"),
        ([[5, 6, 7, 3]], [[5, 6, 3]], False, "5 6 7 <end> isn't 5 6 <end>"),
        ([[5, 0, 3]], [[5, 3, 0]], False, "a 0 before <end> counts: 5 0 <end> isn't 5 <end>"),
        ([[5, 0, 6, 3]], [[5, 0, 7, 3]], False, "a 0 before <end> is no end: what follows it counts"),
        ([[5, 6]], [[5, 6, 0, 0]], True, "without <end> on either side, trailing zeros are ignored"),
        ([[5, 6, 7]], [[5, 6, 0]], False, "5 6 7 isn't 5 6"),
    ):
        found = rows(predictions, targets)
        expect(found == [wanted], f"{hint}: for {predictions} and {targets} the result is [{wanted}]; yours is {found}.")
    expect(rows([[3, 5], [5, 3]], [[3, 0], [4, 3]]) == [True, False], "each row has its own <end>.")
