"""Checks of lesson 06: what a decoder's logits and weights may depend on, and small cases worked by hand.

A decoder is built with weights of its own choosing, so no number of it can be foretold. What can: that each step's
weights add up to 1 and leave padding out, that `step` and `forward` are two ways to the same logits, and which
word, state and sentence each of them depends on.
"""

# ruff: noqa: E501
# A hint stays on one line.

import copy
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
    logits, weights = _two(call(module.forward, inputs, states, mask, first), "logits, weights")
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
    expect(not weights.transpose(1, 2)[~MASK].any(),
           "padding gets some weight. Mask the scores before softmax, along their last axis, the source words.")
    expect(near(weights.sum(dim=-1), torch.ones(3, 4)), "each step's weights add up to 1 over the source words, the last axis; yours don't.")
    expect(weights[0].std(dim=-1).min() > 1e-7, "all words get equal weights: do the scores depend on the encoder's states?")
    expect(_moved(weights[:, :1].expand_as(weights), weights)[1:].all(), "all steps have the same weights. Each step asks with a state of its own; and "
           "in an additive score the tanh comes before v, else the query's part is the same for all words.")
    sums = logits.sum(-1)
    expect(not (bool((logits >= 0).all()) and near(sums, torch.ones_like(sums))), "your logits are probabilities. Leave softmax out; the loss takes it.")

    dirty, _ = _forward(module, states=STATES.masked_fill(~MASK[..., None], 1e3))
    expect(dirty.isfinite().all(), "large numbers in the states at padding make your logits NaN. Mask the scores first, then subtract the largest; masked_softmax does so.")
    expect(near(dirty, logits), "other states at padding change your logits; they should have no part in them.")
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
           "a sentence has other logits or weights in a batch than alone. Rows must not see each other: does each look at its own states, and "
           "is a layer over all steps made with batch_first=True?")
    one_word = _forward(module, INPUTS[:, :1], STATES[:, :1], MASK[:, :1])
    expect(near(one_word[1], torch.ones(3, 1, 1)), "a source of one word gets all the weight; yours doesn't.")
    other = _forward(module, (INPUTS[:, :1] + 1) % 12, STATES[:, :1], MASK[:, :1])
    expect(_moved(one_word[0], other[0]).all(), "with a source of one word the context is always the same, and then your logits don't depend on the word that goes "
                                                "in. Does the decoder's own state reach the output?")
    return module, logits, weights


def _gradients(module):
    for parameter in module.parameters():
        parameter.grad = None
    logits, _ = module(INPUTS, STATES, MASK, FIRST)
    expect(logits.requires_grad, "no gradient flows through your logits. Was something detached?")
    logits.log_softmax(-1)[..., 4].sum().backward()
    idle = [name for name, p in module.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    expect(not idle, f"these parameters get no gradient, so they would never learn: {', '.join(idle)}. Is each layer used, and none detached?")
    first, word = FIRST.clone().requires_grad_(), STATES[:, :1].clone().requires_grad_()   # one word: all weights are 1
    expect(_flows(module(INPUTS, STATES, MASK, first)[0][:, -1], first),
           "no gradient gets from the last step back to the first state. Was the state detached on its way?")
    expect(_flows(module(INPUTS, word, MASK[:, :1], FIRST)[0], word),
           "no gradient gets back to the encoder's states through the context, so the encoder couldn't learn what to put there. Was it detached?")


def _flows(end, start):
    """Whether a gradient gets from `end` back to `start`."""
    found, = torch.autograd.grad(end.log_softmax(-1)[..., 4].sum(), start, allow_unused=True)
    return found is not None and bool(found.abs().sum() > 0)


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
        alone = _two(call(module.step, INPUTS[:1, t], STATES[:1], MASK[:1], state[:1]), "logits, state, weights")
        for part, shape, name in zip(alone, ((1, 12), (1, 6), (1, 5)), ("the logits, (B, V),", "the state, (B, H),", "the weights, (B, S),"), strict=True):
            tensor(part, shape, f"of a batch of one sentence, {name}")
        expect(not near(following, state, 1e-6), "`step` returns the state that it was given; it should return the next one.")
        state = following.detach()


def _luong(answer, score="general"):
    module, logits, weights = _whole_sentence(answer, score)
    changed = INPUTS.clone()
    changed[:, 2] = 7
    expect(_moved(_forward(module, changed)[1], weights)[2],
           "the weights at a step don't depend on the word that goes in there. In this wiring the recurrence comes first: the new state asks.")
    large, larger = (_forward(module, states=STATES * size, mask=torch.ones_like(MASK))[0].abs().max() for size in (1e3, 1e4))
    expect(larger < 3 * large, "ten times as large states, ten times as large logits: is the tanh between `combine` and `output` missing?")
    return module, logits, weights


@check
def LuongDecoder_forward(answer):
    """All steps at once, with the general score."""
    module, logits, _ = _luong(answer)
    _gradients(module)
    expect(near(_forward(_build(answer))[0], logits), 'without a `score` the decoder should be the one with score="general".')


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
        if score == "dot":
            _weighs_by_dot_products(module)
        if score == "additive":
            _is_bounded(module)
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


def _weighs_by_dot_products(module):
    """With dot the weights follow from the new state, which `step` returns."""
    _, state, weights = module.step(INPUTS[:, 0], STATES, MASK, FIRST)
    wanted = (STATES @ state[..., None])[..., 0].masked_fill(~MASK, -math.inf).softmax(dim=-1)
    expect(near(weights, wanted), 'with score="dot" the weights are the softmax of s·h for the new state s and each encoder state h, nothing more; yours differ.')


def _is_bounded(module):
    """v·tanh(…) can't grow beyond the sum of |v|, so no weight of a real word gets to 0."""
    _, weights = _forward(module, states=STATES * 1e4)
    expect((weights.transpose(1, 2)[MASK] > 0).all(), "additive scores are v·tanh(…): tanh keeps them small, however large the states are. Yours grow with the states.")


def _bahdanau(answer):
    module, logits, weights = _whole_sentence(answer)
    changed = INPUTS.clone()
    changed[:, 2] = 7
    other = _forward(module, changed)[1]
    expect(not _moved(other, weights)[2], "the weights at a step depend on the word that goes in there. In this wiring the previous state asks, "
                                          "before the cell reads the word.")
    expect(_moved(other, weights)[3], "the third word doesn't change the fourth step's weights: is the new state the next step's query?")
    _is_bounded(module)
    if isinstance(getattr(module, "W_k", None), torch.nn.Linear):
        blind = copy.deepcopy(module)
        torch.nn.init.zeros_(blind.W_k.weight)
        expect(not near(_forward(blind)[0], _forward(blind, states=STATES.roll(1, dims=2))[0], 1e-6),
               "your context is made of the keys. They are for the scores only; the context is the weighted sum of the encoder's states.")
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
    _, state, _ = module.step(INPUTS[:, 0], STATES * 1e4, MASK, FIRST)
    expect(state.abs().max() < 10, "the new state grows with the encoder's states. It is what the cell returns; nothing is added to it.")
    _gradients(module)


@check
def alignment_error_rate(answer):
    """Three target words, four source words; a sure link missed, a possible one hit."""
    def rate(rows, sure, possible):
        got = call(answer, torch.tensor(rows), sure, possible)
        expect(got is not None, "your function returns nothing (None). Is there a `return`?")
        expect(isinstance(got, (float, int)) and not isinstance(got, bool), f"the rate is a plain float; yours is a {type(got).__name__}.")
        return got

    right = {(0, 0), (1, 3), (2, 1)}
    rows = [[.7, .1, .1, .1], [.1, .2, .1, .6], [.3, .4, .2, .1]]
    got = rate(rows, right, right)
    expect(abs(got - 1) > 1e-6, "all links are right, and your rate is 1. An error rate is 1 minus the share that is right; and a link is (t, s), "
                               "target first, counted from 0, two ints: `.tolist()` makes ints of a tensor.")
    expect(abs(got) < 1e-6, f"all three links are right: 1 − (3 + 3)/(3 + 3) = 0; yours is {got:.3f}. Each row, a target word, links once, to its largest "
                            "weight; a link is (t, s), target first, counted from 0.")
    same = rate([[9., 1., 1., 1.], [1., 1., 1., 9.], [1., 9., 1., 1.]], right, right)
    expect(abs(same) < 1e-6, "each row links to its largest weight, however large that is; a threshold or the weights themselves have no part in it.")
    got = rate(rows, {(0, 0), (1, 1), (2, 1)}, {(0, 0), (1, 1), (2, 1)})
    expect(abs(got - 1 / 3) < 1e-6, f"two of three links are sure and right, one is wrong: 1 − (2 + 2)/(3 + 3) = 0.333; yours is {got:.3f}.")
    got = rate(rows, {(0, 0)}, {(0, 0), (1, 3)})
    wanted = "A has three links, one of them sure and two possible, and there is one sure link: 1 − (1 + 2)/(3 + 1) = 0.25"
    expect(abs(got - 0.5) > 1e-6, f"{wanted}; yours is 0.5. A sure link that is hit counts twice, as sure and as possible.")
    expect(abs(got - 0.25) < 1e-6, f"{wanted}; yours is {got:.3f}.")
    got = rate(rows, {(0, 0)}, {(1, 3)})
    expect(abs(got - 0.25) < 1e-6, f"sure links count as possible, also where `possible` doesn't name them: 0.25 again; yours is {got:.3f}.")
    got = rate(rows, {(0, 0), (0, 2), (1, 3)}, set())
    expect(abs(got - (1 - 4 / 6)) < 1e-6, f"a word may have two sure links and can hit one of them: 1 − (2 + 2)/(3 + 3) = 0.333; yours is {got:.3f}.")
    got = rate([[.1, .9]], set(), {(0, 1)})
    expect(abs(got) < 1e-6, f"no sure links, one possible one, hit: 1 − (0 + 1)/(1 + 0) = 0; yours is {got:.3f}.")


# The next word's probabilities after each beginning, on three words a=4, b=5, c=6 and <end>=3. Greedy takes a (0.5) and then
# can't get above 0.45; starting with b (0.4) leads to 0.9. "a a" ends a step later than all others.
END = 3
TREE = {(): {4: .5, 5: .4, END: .1}, (4,): {4: .3, 5: .25, END: .45}, (5,): {6: .9, END: .1}, (5, 6): {END: 1.0},
        (4, 4): {6: 1.0}, (4, 4, 6): {END: 1.0}, (4, 5): {END: 1.0}}
TIED = {(): {4: .4, 5: .4, END: .2}, (4,): {END: 1.0}, (5,): {END: 1.0}}


def _walk(tree, start, end):
    """A step through `tree`; the state is what was read so far."""
    calls = []

    def step(token, state):
        expect(type(token) is int, f"`step` gets a Python int; yours hands it a {type(token).__name__}. `.tolist()` and `int(...)` make ints.")
        expect(state is not None or not calls or token == start,
               "after the first word `step` gets the first state again. A hypothesis goes on from the state that `step` returned for it.")
        expect(state is not None or token == start, f"the first step reads start_id, here {start}; yours reads {token}.")
        calls.append(token)
        read = () if state is None else (*state, token)
        expect(end not in read, f"`step` is called after <end>, here {end}: it reads {token} after {list(read[:-1])}. A finished hypothesis keeps its place and "
                                "grows no more.")
        log_probs = torch.full((7,), -math.inf)
        for word, p in tree.get(read, {END: 1.0}).items():
            log_probs[end if word == END else word] = math.log(p)
        return log_probs, read
    return step, calls


def _beam(answer, width, max_length=5, tree=TREE, start=2, end=END, **options):
    step, calls = _walk(tree, start, end)
    got = answer(step, None, width, max_length, start, end, **options)
    expect(got is not None, "your function returns nothing (None). Is there a `return`?")
    expect(isinstance(got, (list, tuple)) and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in got),
           "the result is a list of pairs (tokens, score).")
    expect(calls, "your function never calls step, which says how probable each next word is.")
    for tokens, score in got:
        expect(isinstance(tokens, (list, tuple)) and all(type(token) is int for token in tokens), f"tokens are a list of Python ints; yours are {tokens!r}.")
        expect(len(tokens) <= max_length + 1, f"after {max_length} steps you return {len(tokens)} tokens, {str(tokens)[:30]}… Is one list shared by all? "
                                              "`tokens + [word]` makes a new one.")
        expect(score == -math.inf or start not in tokens[:1] or start in tree[()], f"<start> isn't part of the tokens; yours are {tokens}.")
        expect(isinstance(score, float) or (hasattr(score, "item")), f"a score is a float; yours is a {type(score).__name__}.")
    if width == 1:
        expect(len(calls) < 2 or calls[1] == 4, f"the second step reads the best first word, here 4; yours reads {calls[min(1, len(calls) - 1)]}. Is start_id read "
                                                "again? Or are the worst kept?")
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
    expect(greedy, "with width 1 nothing comes back that can be said at all. Do the best candidates stay, not the worst? Does a finished one keep its place?")
    expect(greedy[0][0] and greedy[0][0][-1] == 3, f"a finished hypothesis keeps its <end>; yours is {greedy}.")
    _says(greedy, [([4, 3], log(.225))], "with width 1, which is greedy,")
    two = _beam(answer, 2)
    expect(len(two) <= 2, f"at most `width` hypotheses come back; for width 2 you return {len(two)}.")
    expect(two[0][1] >= two[-1][1], "the best hypothesis comes first.")
    expect(two[0][0] != [4, 3], "with width 2 you still find what greedy finds. Keep the two best beginnings, [4] and [5], and go on with both.")
    _says(two, [([5, 6, 3], log(.36)), ([4, 3], log(.225))], "with width 2")
    three = _beam(answer, 3)
    expect([4, 4, 6] not in [tokens for tokens, _ in three],
           "with width 3 your search stops while one of the kept hypotheses, [4, 4, 6], could go on. It ends when all have ended, or at max_length.")
    _says(three, [([5, 6, 3], log(.36)), ([4, 3], log(.225)), ([4, 4, 6, 3], log(.15))], "with width 3 (does each go on from its own state?)")
    _says(_beam(answer, 2, 1), [([4], log(.5)), ([5], log(.4))], "with width 2 and max_length 1 (unfinished hypotheses are included)")
    _says(_beam(answer, 2, 2), [([5, 6], log(.36)), ([4, 3], log(.225))], "with width 2 and max_length 2 (unfinished hypotheses are included)")
    _says(_beam(answer, 2, 5, length_penalty=1.0), [([5, 6, 3], log(.36) / 3), ([4, 3], log(.225) / 2)],
          "with length_penalty 1, where Σ log p is divided by the number of tokens,")
    _says(_beam(answer, 5, 5, length_penalty=1.0),
          [([5, 6, 3], log(.36) / 3), ([4, 4, 6, 3], log(.15) / 4), ([4, 5, 3], log(.125) / 3), ([4, 3], log(.225) / 2), ([5, 3], log(.04) / 2)],
          "with width 5 and length_penalty 1, where the divided scores decide who stays, too,")
    wide = _beam(answer, 50)
    expect(abs(sum(math.exp(score) for _, score in wide) - 1) < 1e-3,
           "a beam wide enough keeps everything, and the probabilities add up to 1; yours don't. Does a finished hypothesis stay in the beam?")
    expect(sorted(tokens for tokens, _ in _beam(answer, 3, tree=TIED)) == [[3], [4, 3], [5, 3]],
           "two hypotheses may have equal scores; both have a place in the beam.")
    _says(_beam(answer, 2, start=4, end=0), [([5, 6, 0], log(.36)), ([4, 0], log(.225))],
          "with start_id 4 and end_id 0, where both are words that may be said,")
