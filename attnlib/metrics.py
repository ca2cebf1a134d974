"""How good is it? Measures that lessons share; each is written out in a lesson first."""

import math

END = 3


def exact_match(predictions, targets):
    """Which rows are right from the first token to `<end>`: ids (B,T) and (B,U) to (B,) bool.

    What follows a row's `<end>` doesn't count; a row without one counts whole, but for its trailing zeros.
    """
    if predictions.ndim != 2 or targets.ndim != 2 or len(predictions) != len(targets):
        raise ValueError(f"predictions {tuple(predictions.shape)} and targets {tuple(targets.shape)} don't fit; "
                         "expected (B, T) and (B, U), with as many rows as each other")
    width = max(predictions.shape[1], targets.shape[1])
    return (_cut(predictions, width) == _cut(targets, width)).all(dim=1)  # (B,)


def _cut(ids, width):
    """Ids (B,T) to (B,width), with 0 after each row's first `<end>`."""
    ended = (ids == END).long().cumsum(dim=1) - (ids == END).long()  # (B, T), how many `<end>` came before
    cut = ids.new_zeros(len(ids), width)
    cut[:, : ids.shape[1]] = ids.masked_fill(ended > 0, 0)
    return cut


def perplexity(total_loss, token_count):
    """exp of the mean loss a token: as unsure as choosing among so many words. A float."""
    if token_count == 0:
        raise ValueError("token_count is 0; a mean needs at least one token. Is the batch all padding?")
    return math.exp(total_loss / token_count)


def alignment_error_rate(weights, sure, possible):
    """How far the largest weights are from the right links (Och and Ney 2003): 0 is perfect, 1 all wrong. A float.

    weights: (T,S), a row for each target word, which links to its argmax. sure, possible: sets of 0-based
    links (t, s); sure links count as possible. For a corpus, see `pooled_alignment_error_rate`.
    """
    return pooled_alignment_error_rate([weights], [(sure, possible)])


def pooled_alignment_error_rate(all_weights, all_links):
    """The same over a corpus: links are counted over all sentences, so a long one weighs more. A float.

    all_weights: (T,S) each. all_links: a pair (sure, possible) for each.
    """
    if len(all_weights) != len(all_links):
        raise ValueError(f"there are weights of {len(all_weights)} sentences and links of {len(all_links)}")
    right = total = 0
    for weights, (sure, possible) in zip(all_weights, all_links, strict=True):
        sure, possible = set(sure), set(possible) | set(sure)
        if weights.ndim != 2:
            raise ValueError(f"weights {tuple(weights.shape)} should be (T, S), of one sentence")
        T, S = weights.shape
        outside = [(t, s) for t, s in possible if not (0 <= t < T and 0 <= s < S)]
        if outside:
            raise ValueError(f"link {outside[0]} lies outside weights ({T}, {S}); links are (t, s), from 0")
        links = set(enumerate(weights.argmax(axis=1).tolist())) if S else set()
        right += len(links & sure) + len(links & possible)
        total += len(links) + len(sure)
    if not total:
        raise ValueError("there are no links to compare; is the target empty?")
    return 1 - right / total


def bleu(hypotheses, references):
    """Corpus BLEU by sacrebleu, 0 to 100, of lists of tokens with one reference each, taken as they are."""
    from sacrebleu import corpus_bleu

    if len(hypotheses) != len(references):
        raise ValueError(f"there are {len(hypotheses)} hypotheses and {len(references)} references")
    said, right = ([" ".join(tokens) for tokens in side] for side in (hypotheses, references))
    return corpus_bleu(said, [right], tokenize="none", force=True).score
