"""Lesson 08, summarization: the course's own versions."""

import torch


def extended_ids(tokens, vocab):
    """Tokens to (ids, unknown): known words by `vocab`, others len(vocab), len(vocab) + 1, … in order of first use.

    ids: a list of ints. unknown: the words that the vocabulary lacks, each once; unknown[i] has id len(vocab) + i.
    """
    unknown = list(dict.fromkeys(token for token in tokens if token not in vocab))
    place = {token: len(vocab) + number for number, token in enumerate(unknown)}
    return [vocab[token] if token in vocab else place[token] for token in tokens], unknown


def copy_distribution(p_generate, vocabulary_probs, weights, source_ids, extended_size):
    """Generate or copy (See et al. 2017, equation 9): (B,) or (B,1), (B,V), (B,S), (B,S) to (B, extended_size).

    source_ids: int64, in the extended vocabulary. A word at several places gets the sum of their weights.
    """
    B, V = vocabulary_probs.shape
    if extended_size < V or source_ids.shape != weights.shape or len(weights) != B:
        raise ValueError(f"vocabulary_probs {(B, V)}, weights {tuple(weights.shape)}, source_ids "
                         f"{tuple(source_ids.shape)} and extended_size {extended_size} don't fit; expected (B, V), "
                         "(B, S), (B, S), and at least V")
    p = p_generate.reshape(B, 1)
    generated = torch.nn.functional.pad(p * vocabulary_probs, (0, extended_size - V))        # (B, X)
    return generated.scatter_add(1, source_ids, (1 - p) * weights)
