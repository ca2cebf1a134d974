"""Checks of lesson 03: small cases worked by hand, and for the two modules properties that any recurrent cell has.

A module is built with weights of its own choosing, so no number of its can be foretold. What can: that the
context is the state at the last real token, that padding and neighbours in the batch change nothing, that
`forward` and `step` are two ways to the same logits.
"""

# ruff: noqa: E501
# A hint of one line stays on one line.

import math

import torch

from attnlib.checks import NOTHING, NotYet, array, call, check, expect, kind


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
    got = call(answer, targets, 2)
    expect(got is not None, NOTHING)
    shape = tuple(getattr(got, "shape", ()))
    expect(shape != (2, 5), "your result has a column too many: with <start> in front, the last column is dropped.")
    got = tensor(got, (2, 4), "what the decoder reads")
    expect(not torch.equal(got, targets), "your result is the targets themselves: the decoder would read the very word it has to say.")
    expect(not torch.equal(got, torch.tensor([[5, 6, 3, 2], [3, 0, 0, 2]])),
           "you shift to the left. <start> comes in front, and each word moves one place to the right.")
    expect(not torch.equal(got[:, 0], targets[:, -1]),
           "the last column came back in front. It is dropped, and <start> (start_id) takes the first place.")
    expect(got[:, 0].tolist() == [2, 2], f"each row begins with start_id, here 2; yours begin with {got[:, 0].tolist()}.")
    wanted = [[2, 4, 5, 6], [2, 7, 3, 0]]
    expect(got.tolist() == wanted, f"for the targets {targets.tolist()} the decoder reads {wanted}; yours is {got.tolist()}. "
                                   "Nothing but <start> is added, nothing but the last column dropped.")
    expect(got.dtype == torch.int64, f"ids are int64; yours are {str(got.dtype).removeprefix('torch.')}.")
    got = tensor(call(answer, torch.tensor([[4], [5], [6]]), 9), (3, 1), "for targets of one column, what the decoder reads")
    expect(got.tolist() == [[9], [9], [9]], f"with start_id=9 and targets of one column, the decoder reads 9 in each row; yours is {got.tolist()}.")


def _loss(answer, logits, targets, pad_id):
    loss = call(answer, logits, targets, pad_id)
    expect(loss is not None, NOTHING)
    expect(isinstance(loss, torch.Tensor), f"the loss is a torch tensor; yours is {kind(loss)}, and no gradient flows through that.")
    expect(loss.shape == (), f"the loss is one number, of shape (); yours has shape {tuple(loss.shape)}.")
    return loss


def _scores(*rows):
    """Logits whose softmax has the given probabilities: the rows of a batch, lists of probabilities a step."""
    return torch.tensor(rows).log()


@check
def masked_cross_entropy(answer):
    """Probabilities of a half, a quarter and an eighth for the right words: 1, 2 and 3 times log 2. B=2, T=3, V=4."""
    half, quarter, eighth = [.125, .5, .25, .125], [.25, .25, .25, .25], [.5, .125, .25, .125]
    log2 = math.log(2)

    logits = _scores([half, quarter, eighth], [half, half, half])
    whole = _loss(answer, logits, torch.ones(2, 3, dtype=torch.int64), 0)
    expect(whole > 0, f"a loss is never negative; yours is {whole:.3f}. Is a minus missing?")
    expect(not near(whole, 9 * log2), f"your loss is a sum, {whole:.3f}. Divide it by the number of real tokens, here 6.")
    expect(not near(whole, 4.5 * log2), f"your loss is {whole:.3f}: a sum divided by the number of sentences. Divide by the number of real tokens.")
    twice = -logits.exp().log_softmax(-1)[..., 1].mean()
    expect(not near(whole, twice), "it looks as if softmax was taken twice. cross_entropy wants logits and takes log softmax itself.")
    expect(near(whole, 1.5 * log2), f"without padding, right words with probability 1/2, 1/4, 1/8 and three times 1/2 cost "
                                    f"9 log 2 = 6.238 in all, and 1.040 on average; yours is {whole:.3f}.")

    targets = torch.tensor([[1, 1, 1], [1, 0, 0]])
    padded = _loss(answer, logits, targets, 0)
    wrong = (6 + 1 + 3 + 3) * log2 / 6
    expect(not near(padded, wrong), f"your loss counts padding: {padded:.3f}. The two places with target 0 are no words.")
    expect(not near(padded, 7 * log2 / 6), "you leave padding out of the sum and still divide by all 6 places; 4 of them are real.")
    expect(not near(padded, (2 + 1) * log2 / 2),
           f"your loss is the mean of the sentences' means, {padded:.3f}. Each real token weighs the same, so a long sentence weighs more.")
    expect(near(padded, 7 * log2 / 4), f"with two places of padding, four real tokens cost 7 log 2, on average 1.213; yours is {padded:.3f}.")

    moved = torch.tensor([[1, 1, 1], [1, 2, 2]])
    other = _loss(answer, logits, moved, 2)
    expect(near(other, 7 * log2 / 4), f"with pad_id=2 the places with target 2 are padding, and the loss is 1.213 again; yours is {other:.3f}. "
                                      "Is pad_id used?")
    real = _loss(answer, _scores([quarter, quarter]), torch.tensor([[0, 2]]), 2)
    expect(near(real, 2 * log2), f"with pad_id=2 an id 0 is a word like any other; the loss is 2 log 2 = 1.386, yours is {real:.3f}.")

    turned = logits.transpose(1, 2).contiguous().transpose(1, 2)                     # the same numbers, another layout
    expect(near(_loss(answer, turned, targets, 0), padded), "the same logits in another memory layout give another loss.")
    leaf = logits.clone().requires_grad_()
    loss = _loss(lambda *given: answer(leaf, *given[1:]), logits, targets, 0)
    expect(loss.requires_grad, "no gradient flows through your loss: was it detached, or turned into a plain number?")
    gradient, = torch.autograd.grad(loss, leaf)
    expect(near(gradient[1, 1:], torch.zeros(2, 4), 1e-7), "padding gets a gradient; no word was wanted there, so it should be 0.")
    expect(near(gradient[0, 1], [.0625, -.1875, .0625, .0625]), "the gradient at a real token isn't (softmax − one-hot) / 4.")


@check
def perplexity(answer):
    """As unsure as choosing among 4 words; a perfect model; 0 tokens."""
    got = call(answer, 2 * math.log(4), 2)
    expect(got is not None, NOTHING)
    expect(isinstance(got, float), f"the perplexity is a plain float; yours is {kind(got)}.")
    expect(abs(got - 8) > 1e-6, "you divide after exp. First the mean, then exp of it: exp(total / count).")
    expect(abs(got - 2 ** (math.log(4))) > 1e-6, "the loss is in natural logarithms, so take exp, not a power of 2.")
    expect(abs(got - math.log(4)) > 1e-6, "that is the mean loss; the perplexity is exp of it.")
    expect(abs(got - 16) > 1e-6, "exp of the total loss; divide by the number of tokens first.")
    expect(abs(got - 4) < 1e-6, f"two tokens, each one of 4 equally likely words, cost 2 log 4; the perplexity is 4. Yours is {got:.3f}.")
    for loss, count, wanted in ((0.0, 5, 1), (30 * math.log(2), 10, 8)):
        got = call(answer, loss, count)
        expect(abs(got - wanted) < 1e-6, f"a total loss of {loss:.3f} over {count} tokens is a perplexity of {wanted}; yours is {got:.3f}.")
    try:
        got = answer(1.0, 0)
    except ValueError:
        return
    except ZeroDivisionError:
        raise NotYet("0 tokens stop your function with a ZeroDivisionError. Raise a ValueError that says what is wrong.") from None
    raise NotYet(f"0 tokens have no mean: raise a ValueError; yours returns {got}.")


def _build(answer, sizes):
    """The student's module with the given sizes, for evaluation."""
    torch.manual_seed(3)
    module = answer(*sizes)
    expect(isinstance(module, torch.nn.Module), f"{answer.__name__} should be a torch.nn.Module; yours gives {kind(module)}.")
    return module.eval()


# Sentences of 4, 2 and 1 tokens. H is even, so that a module may split its state into two halves.
IDS, LENGTHS, SIZES = torch.tensor([[5, 4, 9, 3], [11, 3, 0, 0], [3, 0, 0, 0]]), (4, 2, 1), (12, 5, 6)
FORWARD_WANTS = "`forward` returns two things, the states and the context."


def _encode(module, ids, H=6):
    result = call(module, ids)
    expect(result is not None, "your `forward` returns None. Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == 2, FORWARD_WANTS)
    states = tensor(result[0], (*ids.shape, H), "the states, (B, S, H),")
    return states, tensor(result[1], (len(ids), H), "the context, (B, H),")


def _states(answer):
    module = _build(answer, SIZES)
    states, _ = _encode(module, IDS)
    again, _ = _encode(module, IDS)
    expect(near(states, again), "the same sentences give other states the second time. Are layers made in `forward`? Make them once, in `__init__`.")
    first_changed, _ = _encode(module, torch.tensor([[7, 4, 9, 3], [6, 3, 0, 0], [3, 0, 0, 0]]))
    expect(not near(states[0, 0], first_changed[0, 0]), "another first word gives the same first state. Does the embedding go into the RNN?")
    neighbour, _ = _encode(module, torch.tensor([[7, 8, 6, 3], [11, 3, 0, 0], [3, 0, 0, 0]]))
    expect(near(states[1:], neighbour[1:]), "another sentence in row 0 changes the states of the other rows. Rows must not see each other: is batch_first=True set?")
    expect(not near(states[0, 2], first_changed[0, 2], 1e-6),
           "the third state doesn't know the first word: a state must carry on what came before it. Is there an RNN over the words?")
    swapped, _ = _encode(module, torch.tensor([[4, 5, 9, 3]]))
    expect(not near(states[0, 3], swapped[0, 3], 1e-6), "two words swapped, and the last state is the same: that is a bag of words. Read one after the other.")
    alone, _ = _encode(module, IDS[1:2, :2])
    expect(near(states[1, :2], alone[0]), "a sentence has other states in a batch than alone. Does the padding after it change them?")
    _encode(_build(answer, (8, 4, 2)), torch.tensor([[7]]), H=2)


def _context(answer):
    module = _build(answer, SIZES)
    states, context = _encode(module, IDS)
    real = torch.stack([states[row, length - 1] for row, length in enumerate(LENGTHS)])
    expect(near(context[0], states[0, 3]) or not near(context[0], states[0].mean(0)), "your context is the mean of the states; it is the last one only.")
    expect(near(real, context) or not near(context, states[:, -1]),
           "your context is the state in the last column. For a short sentence that is padding: read it at the last real token, "
           "where the id isn't 0.")
    expect(near(real, context) or not near(context, states[:, 0]), "your context is the first state, which knows one word only.")
    before = torch.stack([states[row, length - 2] for row, length in enumerate(LENGTHS)])
    expect(near(real, context) or not near(context, before), "your context is one place too early. A sentence of n tokens has its last one at place n − 1.")
    expect(near(real, context), "the context isn't the state at each row's last real token (where the id isn't 0): for sentences of 4, 2 and "
                                f"1 tokens the rows {[i for i in range(3) if not near(real[i], context[i])]} are wrong.")
    _, wider = _encode(module, torch.nn.functional.pad(IDS, (0, 3)))
    expect(near(context, wider), "three more columns of padding change your context; they should change nothing.")
    _, alone = _encode(module, IDS[1:2, :2])
    expect(near(context[1:2], alone), "a sentence has another context in a batch than alone.")
    expect(context.requires_grad, "no gradient flows through your context. Was it detached?")
    gradients = torch.autograd.grad(context.sum(), list(module.parameters()), allow_unused=True)
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
    return tensor(call(module, inputs, context), (*inputs.shape, 12), "the logits, (B, T, V),")


def _all_at_once(answer):
    module = _build(answer, SIZES)
    logits = _forward(module)
    expect(near(logits, _forward(module)), "the same inputs give other logits the second time. Are layers made in `forward`? Make them once, in `__init__`.")
    sums = logits.exp().sum(-1), logits.sum(-1)
    expect(not (bool((logits >= 0).all()) and near(sums[1], torch.ones_like(sums[1]))),
           "your logits are probabilities: each row adds up to 1. Leave softmax out; the loss takes it.")
    other = _forward(module, context=CONTEXT.flip(0) + 0.5)
    expect(not near(logits[:, 0], other[:, 0], 1e-6), "another context, the same logits: your decoder ignores the context. It is the first state.")
    changed = INPUTS.clone()
    changed[:, 2] = 7
    other = _forward(module, changed)
    expect(near(logits[:, :2], other[:, :2]), "the third word was changed, and the logits of earlier steps changed with it: they peek at what comes later.")
    expect(not near(logits[:, 2], other[:, 2], 1e-6), "the logits at a step don't depend on the word that goes in there.")
    expect(not near(logits[:, 3], other[:, 3], 1e-6), "the logits at a step know only the word that goes in there; the state must be carried on.")
    expect(near(_forward(module, INPUTS[1:2], CONTEXT[1:2]), logits[1:2]),
           "a sentence has other logits in a batch than alone. Rows must not see each other: is batch_first=True set?")
    leaf = CONTEXT.clone().requires_grad_()
    logits = module(INPUTS, leaf)
    expect(logits.requires_grad, "no gradient flows through your logits.")
    gradient, = torch.autograd.grad(logits[:, -1].sum(), leaf, allow_unused=True)
    expect(gradient is not None and gradient.abs().sum() > 0, "no gradient gets back to the context, so the encoder would never learn. Was it detached?")


def _steps(answer):
    module = _build(answer, SIZES)
    logits, state = _forward(module), CONTEXT
    expect(callable(getattr(module, "step", None)), "there is no method `step`.")
    for t in range(4):
        result = call(module.step, INPUTS[:, t], state)
        expect(result is not None, "your `step` returns None. Is there a `return`?")
        expect(isinstance(result, (tuple, list)) and len(result) == 2, "`step` returns two things, the logits and the next state.")
        here, following = tensor(result[0], (3, 12), "the logits of a step, (B, V),"), tensor(result[1], (3, 6), "the state after a step, (B, H),")
        if t == 0:
            expect(near(here, logits[:, 0]), "the first step, `step(inputs[:, 0], context)`, and `forward` disagree. The first state is the context "
                                             "itself, in both; and both use the same layers.")
        else:
            expect(near(here, logits[:, t]), f"`step` and `forward` agree at the first step and no longer at step {t + 1}. "
                                             "Does `step` return the new state, the one from which the next step goes on?")
        expect(not near(following, state, 1e-6), "`step` returns the state that it was given; it should return the next one.")
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
        logits = torch.full((len(self.words), self.size), -9.0)
        for row, said in enumerate(self.words):
            logits[row, said[min(t, len(said) - 1)]] = -1.0       # the best, and still negative
        return logits, state + 1


@check
def greedy_decode(answer):
    """Scripted decoders: rows that end at once, later, never; other ids for <start> and <end>."""
    step = _Script([5, 6, 3, 7], [3, 4, 4, 4], [4, 3, 5, 5])
    first = torch.zeros(3, 2)
    got = answer(step, first, 10, 2, 3)
    expect(not first.any(), "your function changed the state that it was given; `step` returns a new one.")
    expect(got is not None, NOTHING)
    expect(isinstance(got, torch.Tensor) and got.ndim == 2 and len(got) == 3,
           f"the result is a tensor of ids with 3 rows, one for each state; yours is {kind(got)} of shape {tuple(getattr(got, 'shape', ()))}.")
    expect(step.read[0] == [2, 2, 2], f"the first token that each row reads is <start>, here 2; yours read {step.read[0]}.")
    expect(got.shape[1] == 0 or got[:, 0].tolist() != [2, 2, 2], "the result begins with <start>; it should begin with the first word said.")
    expect(len(step.read) < 2 or step.read[1][0] == 5, f"at the second step row 0 should read what it has just said, 5; the rows read {step.read[1:2]}.")
    expect(len(step.states) < 2 or torch.equal(step.states[1], first + 1), "the second step got the first state again. Go on with the state that `step` returned.")
    expect(got.shape[1] != 1, "your rows stop when one of them has ended; go on until all have.")
    expect(got.shape[1] != 2, "row 0 has no <end>: it says 5, 6, <end>. The <end> belongs to the result.")
    expect(got.shape[1] < 10 and len(step.read) < 10, "all rows have ended after 3 steps, and your loop goes on; stop early.")
    expect(got.tolist() != [[5, 6, 3], [3, 4, 4], [4, 3, 5]], "after a row's own <end> comes 0; your rows go on talking.")
    expect(got.tolist() == [[5, 6, 3], [3, 0, 0], [4, 3, 0]], "the rows say 5 6 <end>, <end>, and 4 <end>, so the result is "
                                                             f"[[5, 6, 3], [3, 0, 0], [4, 3, 0]]; yours is {got.tolist()}.")
    expect(got.dtype == torch.int64, f"ids are int64; yours are {str(got.dtype).removeprefix('torch.')}.")
    expect(len(step.read) == 3, f"three steps are enough here; yours took {len(step.read)}.")

    step = _Script([5, 6, 7, 3], [4, 3, 3, 3])
    got = answer(step, torch.zeros(2, 2), 2, 2, 3)
    expect(got.tolist() == [[5, 6], [4, 3]], f"with max_length=2, row 0 is cut to 5 6, without <end>; your result is {got.tolist()}.")
    expect(len(step.read) == 2, f"with max_length=2 there are two steps; yours took {len(step.read)}.")

    step = _Script([6, 3, 5, 5], [2, 4, 5, 5])
    got = answer(step, torch.zeros(2, 2), 9, 7, 5)
    expect(step.read[0] == [7, 7], f"with start_id=7 the first token read is 7; yours is {step.read[0]}.")
    expect(got.tolist() == [[6, 3, 5], [2, 4, 5]], f"with end_id=5, an id 3 is a word: the result is [[6, 3, 5], [2, 4, 5]]; yours is {got.tolist()}.")


@check
def exact_match(answer):
    """Rows that differ in one thing each."""
    def rows(predictions, targets):
        result = call(answer, torch.tensor(predictions), torch.tensor(targets))
        found = array(result, (len(predictions),), "the result, one truth value a row,")
        expect(found.dtype == bool, f"the result is bool, True or False for each row; yours is {found.dtype}.")
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
        ([[5, 6]], [[5, 6, 0, 0]], True, "without <end> on either side, trailing zeros are ignored"),
        ([[5, 6, 7]], [[5, 6, 0]], False, "5 6 7 isn't 5 6"),
    ):
        found = rows(predictions, targets)
        expect(found == [wanted], f"{hint}: for {predictions} and {targets} the result is [{wanted}]; yours is {found}.")
    expect(rows([[3, 5], [5, 3]], [[3, 0], [4, 3]]) == [True, False], "each row has its own <end>.")
