"""Checks of lesson 08, summarization: ids beyond the vocabulary, and one distribution out of two, worked by hand."""

# ruff: noqa: E501
# A hint stays on one line.

import torch

from attnlib.checks import call, check, expect, kind
from attnlib.checks.encoder_decoder import near, tensor

VOCAB = {"<pad>": 0, "<unk>": 1, "<start>": 2, "<end>": 3, "return": 4, "graph": 5}


@check
def extended_ids(answer):
    """A name twice, another name, known words between; nothing unknown; nothing at all."""
    tokens = ["chordal", "graph", "return", "chordal", "networkx", "graph"]
    got = call(answer, tokens, VOCAB)
    expect(isinstance(got, (tuple, list)) and len(got) == 2, f"return two lists, (ids, unknown); yours returns {kind(got)}.")
    ids, unknown = got
    expect(isinstance(ids, list) and isinstance(unknown, list), f"both are lists; yours are {kind(ids)} and {kind(unknown)}.")
    expect(len(ids) == 6, f"each token gets one id, and no <end> is added: here 6; yours has {len(ids)}.")
    expect(ids[1:3] == [5, 4] and ids[5] == 5, f"words that the vocabulary has keep their ids, graph 5 and return 4; yours are {ids}.")
    expect(ids[0] != 1, "an unknown word became <unk> (1). Here it keeps an id of its own, from len(vocab) on.")
    expect(ids[0] == 6, f"the vocabulary has 6 words, ids 0 to 5, so the first unknown word gets 6; yours gets {ids[0]}.")
    expect(ids[3] == 6, f"chordal stands at two places and is one word, so both get 6; the second has {ids[3]}.")
    expect(ids[4] == 7, f"the second unknown word, networkx, gets 7, the next free id; yours gets {ids[4]}.")
    expect(unknown == ["chordal", "networkx"], f"`unknown` has each unknown word once, in the order of first use: chordal, networkx. Yours is {unknown}.")
    ids, unknown = answer(["zeta", "alpha"], VOCAB)
    expect(unknown == ["zeta", "alpha"] and list(ids) == [6, 7], f"zeta comes first, so it gets 6 and alpha 7; yours are {ids} and {unknown}. The order is that of first use, not the alphabet's.")
    ids, unknown = answer(["chordal", "networkx", "chordal", "<pad>"], VOCAB)
    expect(list(ids)[2] == 6, f"chordal came first and has 6, also when it comes again after networkx; yours gets {ids[2]}. Which place in `unknown` does it have?")
    expect(list(ids)[3] == 0, f"<pad> is in the vocabulary, with id 0; yours gets {ids[3]}. Is 0 taken for nothing?")
    ids, unknown = answer(["graph"], VOCAB)
    expect((list(ids), list(unknown)) == ([5], []), f"with nothing unknown, ids are [5] and unknown is []; yours are {ids} and {unknown}. Does something stay from one call to the next?")
    ids, unknown = answer([], VOCAB)
    expect((list(ids), list(unknown)) == ([], []), f"no tokens give two empty lists; yours are {ids} and {unknown}.")


# The lesson's example: chordal (6) stands at places 0 and 2, graph (5) between them.
P, WORDS = torch.tensor([0.6]), torch.tensor([[0.0, 0.1, 0.0, 0.1, 0.3, 0.5]])
WEIGHTS, IDS = torch.tensor([[0.5, 0.3, 0.2]]), torch.tensor([[6, 5, 6]])


def _ask(answer, p, words, weights, ids, size):
    return tensor(call(answer, p, words, weights, ids, size), (len(words), size), "the distribution, (B, extended_size),")


@check
def copy_distribution(answer):
    """The lesson's example, two rows, as many rows as words, a gate of shape (B,1), gradients."""
    got = _ask(answer, P, WORDS, WEIGHTS, IDS, 7)[0]
    expect(got.isfinite().all(), f"your probabilities are not all finite: {_shown(got)}. Are they logarithms? Here probabilities are asked for; the logarithm is taken later.")
    chordal, graph, unit = got[6].item(), got[5].item(), got[4].item()
    if _is(unit, 0.12) and _is(chordal, 0.42):
        expect(False, "the gate is the wrong way round: p_generate, 0.6, goes to the vocabulary's probabilities, and 1 − p_generate to what is copied.")
    expect(not _is(unit, 0.3), "`return` got 0.3, all of its probability in the vocabulary; p_generate = 0.6 of it is 0.18.")
    expect((got >= 0).all(), f"yours has negative numbers: {_shown(got)}. Is it a logarithm? Here probabilities are asked for; the logarithm is taken later.")
    expect(chordal > 0, "chordal has no probability. The vocabulary lacks it, so its column, 6, is filled by copying alone.")
    expect(not _is(chordal, 0.08) and not _is(chordal, 0.2), f"chordal got {chordal:.2f}, from one of its two places only. Assignment overwrites; both places add up: 0.4·(0.5 + 0.2) = 0.28.")
    expect(not _is(chordal, 0.7), "chordal got 0.5 + 0.2 = 0.7, the weights whole. They count with 1 − p_generate = 0.4.")
    expect(not _is(chordal, 0.42), "chordal got 0.42, its weights times p_generate. What is copied counts with 1 − p_generate.")
    expect(not _is(graph, 0.12), "graph got 0.12, only what is copied. The vocabulary has it too, and its 0.6·0.5 = 0.30 stays: 0.42 in all.")
    expect(not _is(graph, 0.3), "graph got 0.30, only what is generated. It stands in the source too, with 0.4·0.3 = 0.12: 0.42 in all.")
    wanted = torch.tensor([0, 0.06, 0, 0.06, 0.18, 0.42, 0.28])
    total = got.sum().item()
    expect(_is(total, 1), f"the probabilities add up to {total:.2f}, not 1. p_generate of them come from the vocabulary, 1 − p_generate from the source.")
    expect(near(got, wanted), f"the lesson's example gives {_shown(wanted)}; yours is {_shown(got)}. Nothing is left to normalise: the two parts add up to 1 already.")

    column = _ask(answer, P[:, None], WORDS, WEIGHTS, IDS, 7)
    expect(near(column[0], wanted), "p_generate of shape (B, 1) gives something else than of shape (B,); both should do.")
    wide = _ask(answer, P, WORDS, WEIGHTS, IDS, 9)[0]
    expect(near(wide[:7], wanted) and not wide[7:].any(), "ids that no word of the source has get probability 0. With extended_size 9, columns 7 and 8 are empty here.")

    # As many rows as words in the vocabulary and in the source: a gate along the wrong axis would fit without an error.
    p = torch.linspace(0, 1, 6)
    words, weights = WORDS.repeat(6, 1), torch.full((6, 6), 1 / 6)
    ids = torch.tensor([[6, 6, 6, 5, 5, 4]]).repeat(6, 1)
    for gate in (p, p[:, None]):
        many = _ask(answer, gate, words, weights, ids, 7)
        expect(near(many[:, 6], (1 - p) / 2), f"each row has a gate of its own: with gates {_shown(p)} and half of the weights on word 6, it gets {_shown((1 - p) / 2)}; yours gets {_shown(many[:, 6])}. "
                                              "A gate of shape (B,) needs an axis of one, (B, 1), or it goes along the words.")
        expect(near(many[:, 1], p / 10), "each row has a gate of its own; yours goes along the words of the vocabulary. A gate of shape (B,) needs an axis of one: (B, 1).")
    p, words = torch.tensor([0.5, 0.25]), WORDS.repeat(2, 1)
    weights, ids = WEIGHTS.repeat(2, 1), torch.tensor([[6, 5, 6], [4, 7, 7]])
    two = _ask(answer, p, words, weights, ids, 8)
    expect(_is(two[1, 4], 0.075 + 0.375) and _is(two[1, 7], 0.375) and not two[1, 6], "the second row copies by its own source_ids, from its own weights; yours doesn't. Does each row add to itself?")

    leaves = [x.clone().requires_grad_() for x in (p, words, weights)]
    found = answer(*leaves, ids, 8)
    expect(found.requires_grad, "no gradient flows through your result; NumPy, .item(), .detach() and .data cut it off.")
    (found ** 2).sum().backward()
    for name, leaf in zip(("p_generate", "vocabulary_probs", "weights"), leaves, strict=True):
        expect(leaf.grad is not None and bool(leaf.grad.any()), f"no gradient reaches {name}; the model couldn't learn it. NumPy, .item(), .detach() and .data cut it off.")


def _is(number, wanted):
    return abs(float(number) - wanted) < 1e-4


def _shown(numbers):
    return "(" + ", ".join(f"{x:.2f}" for x in numbers.tolist()) + ")"
