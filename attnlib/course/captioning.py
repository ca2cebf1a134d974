"""The course's own version of lesson 08's captioning exercises: a grid of vectors is read as a sentence is."""

import torch

from attnlib.course.attention import attend


def grid_to_sequence(features):
    """Channels first to places first, in reading order: (B,C,h,w) to (B,h·w,C)."""
    if features.ndim != 4:
        raise ValueError(f"features have shape {tuple(features.shape)}; expected (B, C, h, w), as nn.Conv2d returns")
    return features.flatten(2).mT


def attend_grid(query, features):
    """Lesson 05's `attend` over a picture (Xu et al. 2015, section 3.1), with dot scores, every place real.

    query (B,C), features (B,C,h,w) to (context (B,C), map (B,h,w)).
    """
    states = grid_to_sequence(features)                                      # (B, h·w, C)
    every = torch.ones(states.shape[:2], dtype=torch.bool, device=features.device)
    context, weights = attend(query, states, states, every)
    return context, weights.unflatten(1, features.shape[2:])
