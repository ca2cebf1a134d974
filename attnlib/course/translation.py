"""The course's own version of lesson 07's exercises: BLEU's parts, a split without a leak, unknown words replaced."""

import math
import random
from collections import Counter


def ngram_precision(hypothesis, references, n):
    """Clipped n-gram matches of a list of tokens with lists of tokens (Papineni et al. 2002): (matches, total).

    An n-gram counts as often as in the reference that has it most often.
    """
    if n < 1:
        raise ValueError(f"n is {n}; an n-gram has at least one word")

    def ngrams(tokens):
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    allowed = Counter()
    for reference in references:
        allowed |= ngrams(reference)                             # the larger of both counts
    found = ngrams(hypothesis)
    return (found & allowed).total(), found.total()


def brevity_penalty(hypothesis_length, reference_length):
    """1 for a hypothesis that is as long as its reference or longer, exp(1 − r/h) for a shorter one, 0 for none."""
    if hypothesis_length == 0:
        return 0.0
    return min(1.0, math.exp(1 - reference_length / hypothesis_length))


def split_by_target(pairs, test_fraction, seed):
    """Pairs (source, target) to (train, test), so that all pairs of a target are on one side, in their order.

    `test_fraction` of the distinct targets, rounded, go to the test; `seed` decides which.
    """
    if not 0 <= test_fraction <= 1:
        raise ValueError(f"test_fraction is {test_fraction}; expected a share between 0 and 1")
    targets = list(dict.fromkeys(pair[1] for pair in pairs))     # a set's order is another in each run of Python
    chosen = set(random.Random(seed).sample(targets, round(test_fraction * len(targets))))
    return [pair for pair in pairs if pair[1] not in chosen], [pair for pair in pairs if pair[1] in chosen]


def replace_unknowns(tokens, weights, source_tokens, lexicon):
    """Each `<unk>` becomes what the lexicon says for the source word with the most weight, or that word itself.

    tokens: T words. weights: (T,S), row t of the step that wrote token t. source_tokens: S words.
    lexicon: source word -> target word. After Luong et al. 2015 (arXiv 1410.8206 and 1508.04025).
    """
    if len(weights) != len(tokens) or (len(tokens) and len(weights[0]) != len(source_tokens)):
        raise ValueError(f"weights {tuple(weights.shape)} for {len(tokens)} tokens and {len(source_tokens)} source "
                         "tokens; expected a row for each token and a column for each source token")
    looked_at = [source_tokens[int(row.argmax())] for row in weights]
    return [lexicon.get(source, source) if token == "<unk>" else token
            for token, source in zip(tokens, looked_at, strict=True)]
