"""Checks of lesson 06: what a decoder's logits and weights may depend on, and small cases worked by hand.

A decoder is built with weights of its own choosing, so no number of it can be foretold. What can: that each step's
weights add up to 1 and leave padding out, that `step` and `forward` are two ways to the same logits, and which
word, state and sentence each of them depends on.
"""

# ruff: noqa: E501
# A hint stays on one line.

import math

import torch

from attnlib.checks import NotYet, call, check, expect
from attnlib.checks.encoder_decoder import near, tensor

SIZES = (12, 5, 6)                                                               # V, E, H
INPUTS = torch.tensor([[2, 5, 4, 9], [2, 11, 3, 0], [2, 3, 0, 0]])               # (B, T)
MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2, [True] + [False] * 4])    # (B, S)


def _numbers(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(6))


STATES, FIRST = _numbers(3, 5, 6), _numbers(3, 6).tanh()


def _build(answer, *options):
    torch.manual_seed(3)
    module = answer(*SIZES, *options)
    expect(isinstance(module, torch.nn.Module), f"{answer.__name__} should be a torch.nn.Module; yours gives a {type(module).__name__}.")
    return module.eval()


def _two(result, wants):
    expect(result is not None, "your method returns nothing (None). Is there a `return`?")
    expect(isinstance(result, (tuple, list)) and len(result) == len(wants.split(", ")), f"it returns ({wants}), in this order.")
    return result


def _forward(module, inputs=INPUTS, states=STATES, mask=MASK, first=FIRST):
    logits, weights = _two(call(module, inputs, states, mask, first), "logits, weights")
    return (tensor(logits, (*inputs.shape, 12), "the logits, (B, T, V),"),
            tensor(weights, (*inputs.shape, states.shape[1]), "the weights, (B, T, S),"))


def _moved(one, other):
    """Which steps differ: (T,) bool."""
    return (one - other).detach().abs().amax(dim=(0, 2)) > 1e-6


def _whole_sentence(answer, *options):
    """What `forward` gives, and what depends on what. Returns the module, its logits and its weights."""
    module = _build(answer, *options)
    logits, weights = _forward(module)
    expect(near(logits, _forward(module)[0]), "the same inputs give other logits the second time. Are layers made in `forward`? Make them once, in `__init__`.")
    expect(bool((weights >= 0).all()), "some of your weights are negative: are they scores? masked_softmax makes weights of them.")
    expect(near(weights.transpose(1, 2)[~MASK], torch.zeros(int((~MASK).sum()), 4)),
           "padding gets some weight. The mask is (B, S), the scores (B, T, S): mask[:, None] holds for each step.")
    expect(near(weights.sum(dim=-1), torch.ones(3, 4)), "each step's weights add up to 1 over the source words, the last axis; yours don't.")
    expect(weights[0].std(dim=-1).min() > 1e-7, "all words get equal weights: do the scores depend on the encoder's states?")
    expect(_moved(weights[:, :1].expand_as(weights), weights)[1:].all(), "all steps have the same weights. Each step asks with a state of its own.")
    sums = logits.sum(-1)
    expect(not (bool((logits >= 0).all()) and near(sums, torch.ones_like(sums))), "your logits are probabilities. Leave softmax out; the loss takes it.")

    dirty = STATES.masked_fill(~MASK[..., None], 50.0)
    expect(near(_forward(module, states=dirty)[0], logits), "other states at padding change your logits; they should have no part in them.")
    changed = INPUTS.clone()
    changed[:, 2] = 7
    other, _ = _forward(module, changed)
    expect(not _moved(other, logits)[:2].any(), "the third word was changed, and the logits of earlier steps changed with it: they peek at what comes later.")
    expect(_moved(other, logits)[2], "the logits at a step don't depend on the word that goes in there.")
    expect(_moved(other, logits)[3], "the logits at a step know only the word that goes in there; the state must be carried on.")
    other, _ = _forward(module, first=-FIRST)
    expect(_moved(other, logits)[0], "another first state, the same logits: `state` is where the recurrence starts.")
    other, _ = _forward(module, states=STATES.roll(1, dims=2))
    expect(_moved(other, logits).all(), "other encoder states, the same logits: does the context reach the output?")
    alone = _forward(module, INPUTS[1:2], STATES[1:2, :3], MASK[1:2, :3], FIRST[1:2])
    expect(near(alone[0], logits[1:2]) and near(alone[1], weights[1:2, :, :3]),
           "a sentence has other logits or weights in a batch than alone. Rows must not see each other: is batch_first=True set?")
    one_word = _forward(module, INPUTS[:, :1], STATES[:, :1], MASK[:, :1])
    expect(near(one_word[1], torch.ones(3, 1, 1)), "a source of one word gets all the weight; yours doesn't.")
    return module, logits, weights


def _gradients(module):
    for parameter in module.parameters():
        parameter.grad = None
    logits, _ = module(INPUTS, STATES, MASK, FIRST)
    expect(logits.requires_grad, "no gradient flows through your logits. Was something detached?")
    logits.log_softmax(-1)[..., 4].sum().backward()
    idle = [name for name, p in module.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    expect(not idle, f"these parameters get no gradient, so they would never learn: {', '.join(idle)}. Is each layer used, and none detached?")


def _steps(module, logits, weights):
    expect(callable(getattr(module, "step", None)), "there is no method `step`.")
    state = FIRST
    for t in range(INPUTS.shape[1]):
        result = _two(call(module.step, INPUTS[:, t], STATES, MASK, state), "logits, state, weights")
        here = tensor(result[0], (3, 12), "the logits of a step, (B, V),")
        following = tensor(result[1], (3, 6), "the state after a step, (B, H),")
        looked = tensor(result[2], (3, 5), "the weights of a step, (B, S),")
        expect(near(here, logits[:, t]) and near(looked, weights[:, t]),
               "the first step and `forward` disagree. Do both use the same layers, in the same order?" if t == 0 else
               f"`step` and `forward` agree at the first step and no longer at step {t + 1}. Does `step` return the "
               "recurrent cell's own new state, from which the next step goes on?")
        expect(not near(following, state, 1e-6), "`step` returns the state that it was given; it should return the next one.")
        state = following.detach()


def _luong(answer, score="general"):
    module, logits, weights = _whole_sentence(answer, score)
    changed = INPUTS.clone()
    changed[:, 2] = 7
    expect(_moved(_forward(module, changed)[1], weights)[2],
           "the weights at a step don't depend on the word that goes in there. In this wiring the recurrence comes first: the new state asks.")
    states = STATES.clone().requires_grad_()
    gradient, = torch.autograd.grad(module(INPUTS, states, MASK, FIRST)[0].sum(), states, allow_unused=True)
    expect(gradient is not None and gradient.abs().sum() > 0, "no gradient gets back to the encoder's states. Was the context detached?")
    # What the recurrence has made must not depend on what attention saw.
    other, _ = _forward(module, states=STATES.flip(0), mask=MASK.flip(0))
    expect(_moved(other, logits).all(), "other encoder states, the same logits: does the context reach the output?")
    return module, logits, weights


@check
def LuongDecoder_forward(answer):
    """All steps at once, with the general score."""
    module, _, _ = _luong(answer)
    _gradients(module)


@check
def LuongDecoder(answer):
    """Both ways to run it, and three scores."""
    found = {}
    for score in ("general", "dot", "additive"):
        try:
            module, logits, weights = _luong(answer, score)
        except NotYet as hint:
            raise NotYet(f'with score="{score}": {hint}') from None
        _steps(module, logits, weights)
        _carries_only_its_state(module)
        _gradients(module)
        found[score] = sum(p.numel() for p in module.parameters())
    expect(found["dot"] < found["general"] < found["additive"],
           f"dot has nothing to learn, general a matrix, additive two and a vector; your decoders have {found} parameters. "
           "Does `score` choose, and does each have only what it needs?")


def _carries_only_its_state(module):
    """In Luong's wiring the next state doesn't know what attention saw."""
    _, state, _ = module.step(INPUTS[:, 0], STATES, MASK, FIRST)
    _, other, _ = module.step(INPUTS[:, 0], STATES.flip(2), MASK, FIRST)
    expect(near(state, other, 1e-6), "the state that `step` returns depends on the encoder's states. In this wiring attention comes after the "
                                     "recurrence: hand on the cell's state, not the tanh layer's output.")


def _bahdanau(answer):
    module, logits, weights = _whole_sentence(answer)
    changed = INPUTS.clone()
    changed[:, 2] = 7
    other = _forward(module, changed)[1]
    expect(not _moved(other, weights)[2], "the weights at a step depend on the word that goes in there. In this wiring the previous state asks, "
                                          "before the cell reads the word.")
    expect(_moved(other, weights)[3], "the third word doesn't change the fourth step's weights: is the new state the next step's query?")
    return module, logits, weights


@check
def BahdanauDecoder_forward(answer):
    """A whole sentence: the previous state asks."""
    module, _, _ = _bahdanau(answer)
    _gradients(module)


@check
def BahdanauDecoder(answer):
    """Both ways to run it; the context must enter the state."""
    module, logits, weights = _bahdanau(answer)
    _steps(module, logits, weights)
    _, state, _ = module.step(INPUTS[:, 0], STATES, MASK, FIRST)
    _, other, _ = module.step(INPUTS[:, 0], STATES.roll(1, dims=2), MASK, FIRST)
    expect(not near(state, other, 1e-6), "the new state doesn't depend on the encoder's states. In this wiring the context enters the cell, "
                                         "together with the word: cell([x; c], s).")
    _gradients(module)


@check
def alignment_error_rate(answer):
    """Three target words, four source words; a sure link missed, a possible one hit."""
    def rate(rows, sure, possible):
        got = call(answer, torch.tensor(rows), sure, possible)
        expect(got is not None, "your function returns nothing (None). Is there a `return`?")
        expect(isinstance(got, (float, int)) and not isinstance(got, bool), f"the rate is a plain float; yours is a {type(got).__name__}.")
        return got

    rows = [[.7, .1, .1, .1], [.1, .2, .6, .1], [.3, .4, .2, .1]]                 # links (0,0), (1,2), (2,1)
    got = rate(rows, {(0, 0), (1, 2), (2, 1)}, {(0, 0), (1, 2), (2, 1)})
    expect(abs(got - 1) > 1e-6, "all links are right, and your rate is 1. An error rate is 1 minus the share that is right; and a link is (t, s), "
                               "target first, counted from 0.")
    expect(abs(got) < 1e-6, f"all three links are right, so the rate is 0; yours is {got:.3f}. A link is (t, s), target first, counted from 0.")
    same = rate([[9., 1., 1., 1.], [1., 1., 9., 1.], [1., 9., 1., 1.]], {(0, 0), (1, 2), (2, 1)}, {(0, 0), (1, 2), (2, 1)})
    expect(abs(same) < 1e-6, "each row links to its largest weight, however large that is; a threshold or the weights themselves have no part in it.")
    got = rate(rows, {(0, 0), (1, 1), (2, 1)}, {(0, 0), (1, 1), (2, 1)})
    expect(abs(got - 1 / 3) < 1e-6, f"two of three links are sure and right, one is wrong: 1 − (2 + 2)/(3 + 3) = 0.333; yours is {got:.3f}.")
    got = rate(rows, {(0, 0)}, {(0, 0), (1, 2)})
    wanted = "A has three links, one of them sure and two possible, and there is one sure link: 1 − (1 + 2)/(3 + 1) = 0.25"
    expect(abs(got - 0.5) > 1e-6, f"{wanted}; yours is 0.5. A sure link that is hit counts twice, as sure and as possible.")
    expect(abs(got - 0.25) < 1e-6, f"{wanted}; yours is {got:.3f}.")
    got = rate(rows, {(0, 0)}, {(1, 2)})
    expect(abs(got - 0.25) < 1e-6, f"sure links count as possible, also where `possible` doesn't name them: 0.25 again; yours is {got:.3f}.")
    got = rate(rows, {(0, 0), (0, 3), (1, 2)}, set())
    expect(abs(got - (1 - 4 / 6)) < 1e-6, f"a word may have two sure links and can hit one of them: 1 − (2 + 2)/(3 + 3) = 0.333; yours is {got:.3f}.")
    got = rate([[.1, .9]], set(), {(0, 1)})
    expect(abs(got) < 1e-6, f"no sure links, one possible one, hit: 1 − (0 + 1)/(1 + 0) = 0; yours is {got:.3f}.")


# The next word's probabilities after each beginning, on three words a=4, b=5, c=6 and <end>=3. Greedy takes a (0.5) and then
# can't get above 0.45; starting with b (0.4) leads to 0.9.
TREE = {(): {4: .5, 5: .4, 3: .1}, (4,): {4: .3, 5: .25, 3: .45}, (5,): {6: .9, 3: .1}, (5, 6): {3: 1.0},
        (4, 4): {3: 1.0}, (4, 5): {3: 1.0}}


def _walk(calls, start=2):
    """A step over `TREE`; the state is what was read so far."""
    def step(token, state):
        expect(type(token) is int, f"`step` gets a Python int; yours hands it a {type(token).__name__}. `.tolist()` and `int(...)` make ints.")
        expect(state is not None or token == start, f"the first step reads start_id, here {start}; yours reads {token}.")
        read = () if state is None else (*state, token)
        calls.append(read)
        expect(3 not in read, f"`step` is called after <end>, with what was read {read}. A finished hypothesis keeps its place and grows no more.")
        log_probs = torch.full((7,), -math.inf)
        for word, p in TREE.get(read, {3: 1.0}).items():
            log_probs[word] = math.log(p)
        return log_probs, read
    return step


def _beam(answer, width, max_length=5, **options):
    calls = []
    got = answer(_walk(calls), None, width, max_length, 2, 3, **options)
    expect(got is not None, "your function returns nothing (None). Is there a `return`?")
    expect(isinstance(got, list) and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in got),
           "the result is a list of pairs (tokens, score).")
    for tokens, score in got:
        expect(isinstance(tokens, list) and all(type(token) is int for token in tokens), f"tokens are a list of Python ints; yours are {tokens!r}.")
        expect(score == -math.inf or 2 not in tokens, f"<start> isn't part of the tokens; yours are {tokens}.")
        expect(isinstance(score, float) or (hasattr(score, "item")), f"a score is a float; yours is a {type(score).__name__}.")
    return [(list(tokens), float(score)) for tokens, score in got if score > -math.inf]


def _says(found, wanted, when):
    expect([tokens for tokens, _ in found] == [tokens for tokens, _ in wanted],
           f"{when} the hypotheses are {[tokens for tokens, _ in wanted]}, best first; yours are {[tokens for tokens, _ in found]}.")
    for (tokens, score), (_, right) in zip(found, wanted, strict=True):
        expect(abs(score - right) < 1e-4, f"{when} {tokens} has the score {right:.3f}; yours has {score:.3f}.")


@check
def beam_search(answer):
    """Three words; the greedy beginning isn't the best one."""
    log = math.log
    greedy = _beam(answer, 1)
    expect(greedy and greedy[0][0] and greedy[0][0][-1] == 3, f"a finished hypothesis keeps its <end>; yours is {greedy}.")
    _says(greedy, [([4, 3], log(.225))], "with width 1, which is greedy,")
    two = _beam(answer, 2)
    expect(len(two) <= 2, f"at most `width` hypotheses come back; for width 2 you return {len(two)}.")
    expect(two[0][1] >= two[-1][1], "the best hypothesis comes first.")
    expect(two[0][0] != [4, 3], "with width 2 you still find what greedy finds. Keep the two best beginnings, a and b, and go on with both.")
    _says(two, [([5, 6, 3], log(.36)), ([4, 3], log(.225))], "with width 2")
    _says(_beam(answer, 3), [([5, 6, 3], log(.36)), ([4, 3], log(.225)), ([4, 4, 3], log(.15))], "with width 3")
    _says(_beam(answer, 2, 1), [([4], log(.5)), ([5], log(.4))], "with width 2 and max_length 1 (unfinished hypotheses are included)")
    _says(_beam(answer, 2, 2), [([5, 6], log(.36)), ([4, 3], log(.225))], "with width 2 and max_length 2 (unfinished hypotheses are included)")
    _says(_beam(answer, 2, 5, length_penalty=1.0), [([5, 6, 3], log(.36) / 3), ([4, 3], log(.225) / 2)],
          "with length_penalty 1, where Σ log p is divided by the number of tokens, when pruning too,")
    wide = _beam(answer, 50)
    expect(abs(sum(math.exp(score) for _, score in wide) - 1) < 1e-3,
           "a beam wide enough keeps everything, and the probabilities add up to 1; yours don't. Does a finished hypothesis stay in the beam?")
