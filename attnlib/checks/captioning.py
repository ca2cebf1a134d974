"""Checks of lesson 08, captioning: the lesson's grid of 2 × 3 places, and one whose places can be told apart."""

import torch

from attnlib.checks import array, call, check, expect
from attnlib.checks.attention import flows, leaves, results
from attnlib.checks.rnn_encoder import near, shown

# Two channels over 2 × 3 places; the second picture is the first with the rows exchanged.
CHANNELS = torch.tensor([[[1.0, 2, 3], [4, 5, 6]], [[10.0, 20, 30], [40, 50, 60]]])      # (C, h, w)
GRID = torch.stack([CHANNELS, CHANNELS.flip(1)])                                         # (B, C, h, w)
READ = [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60]]                            # (S, C), in reading order
SEQUENCE = "the sequence, a vector for each place, (B, h·w, C),"


@check
def grid_to_sequence(answer):
    """The lesson's grid, where each number says its place and its channel; awkward sizes."""
    result = call(answer, GRID)
    shape = tuple(getattr(result, "shape", ()))
    expect(shape != (2, 2, 6),
           "your result has shape (2, 2, 6), channel by channel: (B, C, h·w). Exchange the last two axes: a place is a "
           "row, as a word is in a sentence.")
    got = array(result, (2, 6, 2), SEQUENCE)
    expect(not near(got[0, 0], [1, 2]),
           "the vector of the first place is (1, 2), which are two places of one channel. view and reshape cut the "
           "numbers in the order in which they lie in memory, channel by channel; the axes have to be moved first.")
    expect(not near(got[0, 1], [4, 40]),
           "your second vector is (4, 40): that is the place below. Reading order goes along the rows, so the second "
           "place is to the right, (2, 20).")
    expect(not near(got[0, :, 0], [6, 5, 4, 3, 2, 1]), "your places run backwards; the first is at the top left.")
    expect(near(got[0], READ),
           "the grid's top left place holds 1 in the first channel and 10 in the second, the place to its right 2 and "
           f"20. So the sequence begins (1, 10), (2, 20); yours begins {shown(got[0, 0])}, {shown(got[0, 1])}.")
    expect(near(got[1], READ[3:] + READ[:3]),
           "each picture keeps its own places: the second picture's sequence begins (4, 40), (5, 50); yours begins "
           f"{shown(got[1, 0])}, {shown(got[1, 1])}.")
    for B, C, h, w in ((1, 3, 2, 2), (2, 1, 1, 3), (1, 1, 1, 1), (2, 2, 2, 2)):
        array(call(answer, torch.ones(B, C, h, w)), (B, h * w, C), f"for features ({B}, {C}, {h}, {w}) {SEQUENCE}")
    features, = leaves(GRID)
    flows({"the sequence": answer(features)}, {"the features": features})


# One place of each picture answers the query with a score of 2, the five others with 0. In the second channel, which
# no query asks for, every place has a number of its own. So the weights are 0.5964 and five times 0.0807.
ASKED = torch.zeros(2, 2, 2, 3)
ASKED[0, 0, 1, 0], ASKED[1, 0, 0, 2] = 1.0, 0.5                                          # bottom left, top right
ASKED[0, 1], ASKED[1, 1] = CHANNELS[0], CHANNELS[0].flip(0)
QUERY = torch.tensor([[2.0, 0.0], [4.0, 0.0]])                                           # (B, C)
HIGH, LOW = 0.5964, 0.0807
BOTH = {"context": (2, 2), "map": (2, 2, 3)}
MAP = "the map, a weight for each place, (B, h, w),"


@check
def attend_grid(answer):
    """One place that answers the query, and each mistake's own map or context."""
    found = call(answer, QUERY, ASKED)
    if isinstance(found, (tuple, list)) and len(found) == 2:
        shapes = [tuple(getattr(part, "shape", ())) for part in found]
        expect(shapes[1] != (2, 6), "your map has shape (2, 6), one row of places. Give it the picture's shape back: "
                                    "(B, h, w), row by row.")
        expect(shapes[1] != (2, 3, 2), "your map has shape (2, 3, 2): height and width are swapped. The order is "
                                       "(B, h, w).")
        expect(shapes[0] not in ((2, 1, 2), (2, 2, 1)),
               f"your context has shape {shapes[0]}; the axis of one has to go, so that it is (B, C).")
    found = results(found, BOTH)
    context, weights = found["context"], found["map"]
    total = weights.sum(axis=(1, 2))
    expect(not near(weights[0], [[0, 0, 0], [2, 0, 0]]),
           "your map holds the scores, 0 and 2; the weights come out of a softmax over all places.")
    expect(near(total, 1, 1e-3) or not near(weights.sum(axis=2), 1, 1e-3),
           "in your map each row of the picture adds up to 1. There is one softmax for the whole picture, over all "
           f"h·w places; your maps add up to {shown(total)}.")
    expect(near(total, 1, 1e-3) or not near(weights.sum(axis=1), 1, 1e-3),
           "in your map each column of the picture adds up to 1. There is one softmax for the whole picture, over all "
           f"h·w places; your maps add up to {shown(total)}.")
    expect(near(total, 1, 1e-3) or not near(weights.sum(axis=0), 1, 1e-3),
           "your weights add up to 1 over the batch. Each picture has weights of its own, over its places.")
    expect(near(total, 1, 1e-3), f"each picture's weights add up to 1; yours add up to {shown(total)}.")
    expect(not near(weights.max(axis=(1, 2)), 0.4513, 1e-3),
           "your scores are divided by √C; here the dot product stays as it is.")
    expect(not near(weights, 1 / 6, 1e-3), "your map is the same everywhere; the weights come from the dot products of "
                                           "the query with each place's vector.")
    expect(not near(total, 1, 1e-3) or (weights > 0).all(),
           f"some places have weight 0 in yours: {shown(weights[0])}. Every place of a picture is real: the mask is "
           "True everywhere, and the softmax gives each place something.")
    where = "the first picture's query fits the place at the bottom left, and no other"
    expect(near(weights[0].max(), HIGH, 1e-3),
           f"{where}: the score there is 2, elsewhere 0, so the weights are {HIGH} there and {LOW} elsewhere. Yours "
           f"are {shown(weights[0])}. Does each place's vector hold one number of each channel?")
    expect(near(weights[1].max(), HIGH, 1e-3),
           "each picture has a query and places of its own. The second query is (4, 0), and fits a place with (0.5, "
           f"6): the score there is 2, the weight {HIGH}. Your second map is {shown(weights[1])}.")
    expect(near(weights[0], [[LOW] * 3, [HIGH, LOW, LOW]], 1e-3) and near(weights[1], [[LOW, LOW, HIGH], [LOW] * 3],
                                                                          1e-3),
           f"{where}, in the second it is the one at the top right. Your maps are {shown(weights[0])} and "
           f"{shown(weights[1])}: the right weights at the wrong places. Are the places cut into rows in the order in "
           "which they were lined up?")
    # The second channel holds 1 to 6. In the first picture 4 has the large weight: 0.0807·(21 − 4) + 0.5964·4 = 3.758.
    expect(not near(context[0], [1, 21], 1e-2), "your context is the sum of all places; each is multiplied by its "
                                                "weight first.")
    expect(not near(context[0], [1 / 6, 3.5], 1e-3), "your context is the mean of all places; each is multiplied by "
                                                     "its weight instead.")
    expect(near(context, [[HIGH, 3.758], [HIGH / 2, 4.789]], 2e-3),
           "the context is the sum of the places' vectors, each times its weight: here (0.596, 3.758) and (0.298, "
           f"4.789). Yours are {shown(context[0])} and {shown(context[1])}.")
    empty = ASKED.clone()
    empty[:, :, 0, 0] = 0                                                                # a place like any other
    weights = results(call(answer, QUERY, empty), BOTH)["map"]
    expect(near(weights[0], [[LOW] * 3, [HIGH, LOW, LOW]], 1e-3),
           f"a place whose numbers are all 0 is real, too: its score is 0, its weight {LOW} here. Yours are "
           f"{shown(weights[0])}. Pictures have no padding, so the mask is True everywhere.")
    for B, C, h, w in ((1, 3, 2, 2), (2, 1, 1, 3), (1, 1, 1, 1), (2, 2, 2, 2), (1, 2, 2, 5), (1, 1, 5, 2)):
        results(call(answer, torch.ones(B, C), torch.ones(B, C, h, w)), {"context": (B, C), "map": (B, h, w)})
    query, features = leaves(QUERY, ASKED)
    context, weights = answer(query, features)
    flows({"the context": context, "the map": weights}, {"the query": query, "the features": features})
