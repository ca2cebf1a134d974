"""Lesson 06, the course's own versions. Later lessons import the first three from where they stand."""

from attnlib.metrics import alignment_error_rate
from attnlib.models import BahdanauDecoder, LuongDecoder

__all__ = ["BahdanauDecoder", "LuongDecoder", "alignment_error_rate", "beam_search"]


def beam_search(step, state, width, max_length, start_id, end_id, length_penalty=0.0, record=None):
    """The best translations found with `width` kept at a time: at most `width` of (tokens, score), best first.

    One source. step(token, state) -> (log_probs (V,), state), with a Python int as token. Tokens are ints,
    without `<start>`, with `<end>`. A score is Σ log p / len(tokens)**length_penalty, for pruning too.
    Finished hypotheses keep score and place; at `max_length` unfinished ones are included. record: a list that gets
    each step's candidates as (tokens, Σ log p), best first; the first `width` of them were kept (`stepper.beam`).
    """
    if width < 1 or max_length < 1:
        raise ValueError(f"width is {width} and max_length {max_length}; both should be at least 1")
    beam = [([], 0.0, state)]                                    # (tokens, Σ log p, state)

    def score(hypothesis):
        return hypothesis[1] / max(len(hypothesis[0]), 1) ** length_penalty

    for _ in range(max_length):
        if all(tokens and tokens[-1] == end_id for tokens, _, _ in beam):
            break
        candidates = []
        for tokens, total, state in beam:
            if tokens and tokens[-1] == end_id:
                candidates.append((tokens, total, state))
                continue
            log_probs, following = step(tokens[-1] if tokens else start_id, state)
            best = log_probs.topk(min(width, len(log_probs)))    # more than `width` of one can't survive
            candidates += [(tokens + [i], total + p, following)
                           for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]
        candidates.sort(key=score, reverse=True)
        beam = candidates[:width]
        if record is not None:
            record.append([(tokens, total) for tokens, total, _ in candidates])
    return [(hypothesis[0], score(hypothesis)) for hypothesis in beam]
