"""The course's own version of lesson 04's exercises: how well, by length, how many parameters, a fair comparison."""

import math

import torch


def wilson_interval(successes, trials, z=1.96):
    """Where the true share may lie (Wilson 1927): (low, high) in [0, 1]; (0, 1) without trials."""
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials; expected 0 ≤ successes ≤ trials")
    if trials == 0:
        return 0.0, 1.0
    share, unsure = successes / trials, z * z / trials
    middle = (share + unsure / 2) / (1 + unsure)
    half = z / (1 + unsure) * math.sqrt(share * (1 - share) / trials + unsure / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def accuracy_by_length(correct, lengths, edges):
    """Rows (low, high, accuracy, count) for low ≤ length < high; NaN where there is no sentence.

    correct, lengths: (N,). edges: rising, K+1 of them for K rows.
    """
    if len(correct) != len(lengths):
        raise ValueError(f"{len(correct)} entries in correct, {len(lengths)} in lengths; expected as many")
    rows = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        here = [float(right) for right, length in zip(correct, lengths, strict=True) if low <= length < high]
        rows.append((low, high, sum(here) / len(here) if here else math.nan, len(here)))
    return rows


def reverse_source(ids, mask):
    """Real tokens from last to first, padding where it was (Sutskever et al. 2014, section 3.3): (B,S) both."""
    if mask.dtype != torch.bool or mask.shape != ids.shape:
        raise ValueError(f"mask {tuple(mask.shape)} of {mask.dtype} for ids {tuple(ids.shape)}; "
                         "expected bool, True at real tokens, and the same shape. Try mask.bool().")
    place = torch.arange(ids.shape[1], device=ids.device)                   # (S,)
    from_end = mask.sum(dim=1, keepdim=True) - 1 - place                    # (B, S)
    return ids.gather(1, torch.where(mask, from_end, place))


def count_parameters(module):
    """How many numbers training changes; a parameter used twice counts once."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def compare_models(builders, train, evaluate, seeds, steps):
    """Rows (name, seed, parameters, score): each model built, trained and evaluated from each seed.

    builders: name -> function that builds a model. ValueError if the numbers of parameters differ by more than
    5 % of the smallest; that is found out before anything is trained.
    """
    sizes = {name: count_parameters(build()) for name, build in builders.items()}
    if sizes and max(sizes.values()) - min(sizes.values()) > 0.05 * min(sizes.values()):
        raise ValueError(f"not a fair comparison: the models have {sizes} parameters, more than 5 % apart")
    rows = []
    for name, build in builders.items():
        for seed in seeds:
            torch.manual_seed(seed)
            model = build()
            train(model, steps)
            rows.append((name, seed, sizes[name], evaluate(model)))
    return rows
