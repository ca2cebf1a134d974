"""Lesson 01, the course's own versions: words, ids, vectors, and how the vectors are learned."""

from collections import Counter

import numpy as np

SPECIALS = ("<pad>", "<unk>", "<start>", "<end>")  # ids 0, 1, 2, 3 in every lesson


def build_vocab(sentences, min_count=1):
    """Word to id: the specials, then the words of `sentences` by falling frequency, ties alphabetical."""
    counts = Counter(word for sentence in sentences for word in sentence if word not in SPECIALS)
    kept = [word for word in counts if counts[word] >= min_count]
    kept.sort(key=lambda word: (-counts[word], word))
    return {word: number for number, word in enumerate([*SPECIALS, *kept])}


def encode(tokens, vocab):
    """The ids of `tokens`, `<unk>` for unknown ones, and `<end>` at the end."""
    return [vocab.get(token, vocab["<unk>"]) for token in tokens] + [vocab["<end>"]]


def pad_batch(sequences):
    """Lists of ids to (ids (B,T) int64, mask (B,T) bool); the mask is True at real tokens."""
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    ids = np.zeros(mask.shape, dtype=np.int64)
    for row, sequence in zip(ids, sequences, strict=True):
        row[: len(sequence)] = sequence
    return ids, mask


def lookup(table, ids):
    """(V,E) and ids (...) to vectors (...,E)."""
    return table[ids]


def lookup_gradient(grad_output, ids, vocab_size):
    """(...,E) and ids (...) to the gradient for the table, (V,E); repeated ids add up."""
    grad_table = np.zeros((vocab_size, grad_output.shape[-1]))  # (V, E)
    np.add.at(grad_table, ids, grad_output)
    return grad_table


def cosine_similarity(query, table):
    """(E,) and (V,E) to (V,); 0 where a vector is all zeros."""
    lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(query)  # (V,)
    return table @ query / np.where(lengths == 0, 1, lengths)


def nearest_words(word, table, vocab, k):
    """The k words closest to `word` by cosine, best first, without itself and the specials."""
    scores = cosine_similarity(table[vocab[word]], table)  # (V,)
    others = [other for other in vocab if other != word and other not in SPECIALS]
    return sorted(others, key=lambda other: -scores[vocab[other]])[:k]


def negative_sampling_loss(center, context, negatives):
    """(B,E), (B,E), (B,K,E) to a scalar (Mikolov et al. 2013b, arXiv 1310.4546, equation 4, negated)."""
    from torch.nn.functional import logsigmoid  # here, so that NumPy lessons don't wait for torch

    true_score = (center * context).sum(-1)  # (B,)
    false_scores = (negatives @ center[:, :, None]).squeeze(-1)  # (B, K)
    return -(logsigmoid(true_score) + logsigmoid(-false_scores).sum(-1)).mean()
