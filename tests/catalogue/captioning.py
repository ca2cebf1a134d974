"""Answers to lesson 08's captioning exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong


def sequence(*lines):
    return "def grid_to_sequence(features):\n" + "".join(f"    {line}\n" for line in lines)


def grid(*lines):
    return "def attend_grid(query, features):\n" + "".join(f"    {line}\n" for line in lines)


SIZES = "B, C, h, w = features.shape"

GRID_TO_SEQUENCE = Exercise(
    wrong=[
        Wrong("view alone", "two places of one channel", sequence(SIZES, "return features.view(B, h * w, C)")),
        Wrong("reshape alone", "two places of one channel", sequence(SIZES, "return features.reshape(B, -1, C)")),
        Wrong("forgets to exchange the axes", "Exchange the last two axes", sequence("return features.flatten(2)")),
        Wrong("reads down the columns", "the place below", sequence("return features.permute(0, 3, 2, 1).flatten(1, 2)")),
        Wrong("exchanges height and width first", "the place below", sequence("return features.mT.flatten(2).mT")),
        Wrong("puts places before the batch", "(2, 6, 2)", sequence("return features.flatten(2).permute(2, 0, 1)")),
        Wrong("keeps the grid", "(2, 6, 2)", sequence("return features.permute(0, 2, 3, 1)")),
        Wrong("flattens all", "(2, 6, 2)", sequence("return features.flatten(1)")),
        Wrong("starts at the bottom right", "run backwards", sequence("return features.flatten(2).mT.flip(1)")),
        Wrong("starts each row at the right", "begins (1, 10), (2, 20)", sequence("return features.flip(3).flatten(2).mT")),
        Wrong("mixes the pictures", "keeps its own places", sequence(
            SIZES, "return features[:1].expand(B, -1, -1, -1).flatten(2).mT")),
        Wrong("squeezes a batch of one away", "should have shape", sequence("return features.flatten(2).mT.squeeze()")),
        Wrong("takes the means of the channels", "(2, 6, 2)", sequence("return features.mean(dim=1).flatten(1)[..., None]")),
        Wrong("cuts the gradient", "no gradient", sequence("return features.detach().flatten(2).mT")),
        Wrong("goes through NumPy", "no gradient", sequence(
            "return torch.tensor(np.moveaxis(features.detach().numpy(), 1, -1).reshape(len(features), -1, features.shape[1]))")),
        Wrong("turns the argument itself round", "changed an argument", sequence(
            "features.copy_(features.flip(2))", "return features.flip(2).flatten(2).mT")),
        Wrong("returns nothing", "returns None", sequence("features.flatten(2).mT")),
    ],
    right=[
        Right("permute, then reshape", sequence(SIZES, "return features.permute(0, 2, 3, 1).reshape(B, h * w, C)")),
        Right("reshape, then transpose", sequence(SIZES, "return features.reshape(B, C, h * w).transpose(1, 2)")),
        Right("view, permute and contiguous", sequence(SIZES, "return features.view(B, C, -1).permute(0, 2, 1).contiguous()")),
        Right("movedim and flatten", sequence("return features.movedim(1, -1).flatten(1, 2)")),
        Right("einsum", sequence("return torch.einsum('bchw->bhwc', features).flatten(1, 2)")),
        Right("a loop over places", sequence(
            SIZES, "return torch.stack([features[:, :, row, column] for row in range(h) for column in range(w)], dim=1)")),
        Right("a loop that fills zeros", sequence(
            SIZES, "places = torch.zeros(B, h * w, C)", "for s in range(h * w):",
            "    places[:, s] = features[:, :, s // w, s % w]", "return places")),
        Right("rows one after the other", sequence("return torch.cat([row.mT for row in features.unbind(2)], dim=1)")),
    ],
)

ATTEND_GRID = Exercise(
    wrong=[
        Wrong("a softmax for each row", "each row of the picture adds up to 1", grid(
            "scores = torch.einsum('bc,bchw->bhw', query, features)", "weights = scores.softmax(-1)",
            "return torch.einsum('bhw,bchw->bc', weights, features), weights")),
        Wrong("a softmax for each column", "each column of the picture adds up to 1", grid(
            "scores = torch.einsum('bc,bchw->bhw', query, features)", "weights = scores.softmax(1)",
            "return torch.einsum('bhw,bchw->bc', weights, features), weights")),
        Wrong("a softmax over the batch", "over the batch", grid(
            "scores = torch.einsum('bc,bchw->bhw', query, features)", "weights = scores.softmax(0)",
            "return torch.einsum('bhw,bchw->bc', weights, features), weights")),
        Wrong("no softmax", "holds the scores", grid(
            "scores = torch.einsum('bc,bchw->bhw', query, features)",
            "return torch.einsum('bhw,bchw->bc', scores, features), scores")),
        Wrong("view instead of moving the axes", "one number of each channel", grid(
            SIZES, "places = features.reshape(B, h * w, C)", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, h, w)")),
        Wrong("leaves the places in one row", "one row of places", grid(
            "places = features.flatten(2).mT", "return attend(query, places, places, torch.ones(places.shape[:2], dtype=torch.bool))")),
        Wrong("swaps height and width", "height and width are swapped", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, w, h)")),
        Wrong("lines up by columns and cuts by rows", "at the wrong places", grid(
            SIZES, "places = features.mT.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, h, w)")),
        Wrong("divides by √C", "√C", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query / C ** 0.5, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, h, w)")),
        Wrong("returns the map first", "swapped", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return weights.view(B, h, w), context")),
        Wrong("masks every place", "add up to", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.zeros(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, h, w)")),
        Wrong("masks places that are all zero", "whose numbers are all 0", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, (places != 0).any(-1))",
            "return context, weights.view(B, h, w)")),
        Wrong("masks what doesn't fit", "weight 0 in yours", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, (places @ query[..., None])[..., 0] > 0)",
            "return context, weights.view(B, h, w)")),
        Wrong("guesses the width", "stopped with", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, int((h * w) ** 0.5), -1)")),
        Wrong("looks everywhere alike", "the same everywhere", grid(
            SIZES, "return features.mean((2, 3)), torch.full((B, h, w), 1 / (h * w))")),
        Wrong("adds all places up", "sum of all places", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return places.sum(1), weights.view(B, h, w)")),
        Wrong("takes the mean of all places", "mean of all places", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return places.mean(1), weights.view(B, h, w)")),
        Wrong("divides the weighted sum by the places", "each times its weight", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context / (h * w), weights.view(B, h, w)")),
        Wrong("takes the one place with the most weight", "each times its weight", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return places[torch.arange(B), weights.argmax(1)], weights.view(B, h, w)")),
        Wrong("asks all pictures with the first query", "a query and places of its own", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query[:1].expand(B, C), places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, h, w)")),
        Wrong("keeps an axis of one", "axis of one", grid(
            SIZES, "places = features.flatten(2).mT", "weights = (query[:, None] @ places.mT).softmax(-1)",
            "return weights @ places, weights.view(B, h, w)")),
        Wrong("cuts the gradient of the map", "no gradient", grid(
            SIZES, "places = features.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.detach().view(B, h, w)")),
        Wrong("returns the context alone", "return 2 things", grid(
            SIZES, "places = features.flatten(2).mT", "return attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))[0]")),
        Wrong("multiplies the features in place", "changed an argument", grid(
            SIZES, "weights = torch.einsum('bc,bchw->bhw', query, features).flatten(1).softmax(1).view(B, h, w)",
            "features *= weights[:, None]", "return features.sum((2, 3)), weights")),
    ],
    right=[
        Right("einsum throughout", grid(
            SIZES, "weights = torch.einsum('bc,bchw->bhw', query, features).flatten(1).softmax(1).view(B, h, w)",
            "return torch.einsum('bhw,bchw->bc', weights, features), weights")),
        Right("their own sequence, lesson 05's attend", grid(
            "places = grid_to_sequence(features)", "mask = torch.ones(places.shape[:2]).bool()",
            "context, weights = attend(query, places, places, mask)", "return context, weights.reshape(features.shape[0], *features.shape[2:])")),
        Right("a softmax by hand", grid(
            SIZES, "scores = (query[:, :, None, None] * features).sum(1)", "weights = torch.exp(scores - scores.amax((1, 2), keepdim=True))",
            "weights = weights / weights.sum((1, 2), keepdim=True)", "return (weights[:, None] * features).sum((2, 3)), weights")),
        Right("loops", grid(
            SIZES, "contexts, maps = [], []", "for q, f in zip(query, features):",
            "    scores = torch.stack([torch.stack([q @ f[:, i, j] for j in range(w)]) for i in range(h)])",
            "    weights = torch.softmax(scores.flatten(), 0).view(h, w)", "    maps.append(weights)",
            "    contexts.append(sum(weights[i, j] * f[:, i, j] for i in range(h) for j in range(w)))",
            "return torch.stack(contexts), torch.stack(maps)")),
        Right("columns throughout", grid(
            SIZES, "places = features.mT.flatten(2).mT", "context, weights = attend(query, places, places, torch.ones(B, h * w, dtype=torch.bool))",
            "return context, weights.view(B, w, h).mT")),
        Right("a list of the two", grid(
            SIZES, "weights = torch.softmax(torch.matmul(query[:, None], features.flatten(2))[:, 0], dim=-1)",
            "return [(features.flatten(2) @ weights[..., None])[..., 0], weights.reshape(B, h, w)]")),
    ],
)

ANSWERS = {"grid_to_sequence": GRID_TO_SEQUENCE, "attend_grid": ATTEND_GRID}
