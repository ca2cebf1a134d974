"""Answers to lesson 05's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong


def one(head, *lines):
    """A function of a few lines."""
    return f"def {head}:\n" + "".join(f"    {line}\n" for line in lines)


def dots(*lines):
    return one("dot_scores(query, keys)", *lines)


DOT_SCORES = Exercise(
    wrong=[
        Wrong("divides by √H", "√H", dots("return (query[:, None] * keys).sum(-1) / query.shape[-1] ** 0.5")),
        Wrong("takes the mean", "divided by H", dots("return (query[:, None] * keys).mean(-1)")),
        Wrong("adds up over the source words", "shape (2, 4)", dots("return (query[:, None] * keys).sum(1)")),
        Wrong("adds up over the batch", "shape (2, 4)", dots("return (query[:, None] * keys).sum(0)")),
        Wrong("returns the products", "shape (2, 4)", dots("return query[:, None] * keys")),
        Wrong("leaves an axis of one", "shape (2, 4)", dots("return keys @ query[:, :, None]")),
        Wrong("squeezes a batch of one away", "1 sentence of", dots("return torch.bmm(keys, query[:, :, None]).squeeze()")),
        Wrong("scores every query against every sentence", "shape (2, 4)", dots("return query @ keys.mT")),
        Wrong("uses the first query for all", "own query", dots("return keys @ query[0]")),
        Wrong("uses the first sentence for all", "own query", dots("return query @ keys[0].T")),
        Wrong("takes cosines", "dot product 2·1", dots("return torch.cosine_similarity(query[:, None], keys, dim=-1)")),
        Wrong("takes distances", "dot product 2·1", dots("return -(query[:, None] - keys).norm(dim=-1)")),
        Wrong("softmaxes at once", "before the softmax", dots("return torch.softmax((query[:, None] * keys).sum(-1), -1)")),
        Wrong("detaches the keys", "no gradient", dots("return (query[:, None] * keys.detach()).sum(-1)")),
        Wrong("goes through NumPy", "no gradient", dots("return torch.tensor(np.einsum('bh,bsh->bs', query.detach().numpy(), keys.detach().numpy()))")),
        Wrong("multiplies the keys in place", "changed an argument", dots("keys *= query[:, None]", "return keys.sum(-1)")),
        Wrong("returns nothing", "return", dots("(query[:, None] * keys).sum(-1)")),
    ],
    right=[
        Right("bmm", dots("return torch.bmm(keys, query.unsqueeze(2)).squeeze(2)")),
        Right("matmul", dots("return torch.matmul(query[:, None], keys.transpose(1, 2))[:, 0]")),
        Right("einsum", dots("return torch.einsum('bsh,bh->bs', keys, query)")),
        Right("loops", dots("scores = torch.zeros(keys.shape[:2], dtype=keys.dtype)", "for b in range(len(keys)):",
                            "    for s in range(keys.shape[1]):", "        scores[b, s] = query[b] @ keys[b, s]", "return scores")),
        Right("list of dots", dots("return torch.stack([k @ q for q, k in zip(query, keys)])")),
    ],
)


def general(*lines):
    return one("general_scores(query, keys, W)", *lines)


GENERAL_SCORES = Exercise(
    wrong=[
        Wrong("W is transposed where shapes allow", "wrong way round", general(
            "turned = query @ (W.T if W.shape[0] == W.shape[1] else W)", "return dot(turned, keys)")),
        Wrong("W is transposed", "stopped with", general("return dot(query @ W.T, keys)")),
        Wrong("turns the keys where shapes allow", "wrong way round", general(
            "square = W.shape[0] == W.shape[1]", "return dot(query, keys @ W) if square else dot(query @ W, keys)")),
        Wrong("leaves W out where shapes allow", "don't depend on W", general(
            "return dot(query, keys) if W.shape[0] == W.shape[1] else dot(query @ W, keys)")),
        Wrong("leaves W out", "don't depend on W", general("return dot(query, keys)")),
        Wrong("adds a tanh", "becomes (2, 1)", general("return dot(torch.tanh(query @ W), keys)")),
        Wrong("divides by √H", "divided by √H", general("return dot(query @ W, keys) / keys.shape[-1] ** 0.5")),
        Wrong("turns one query for all", "second row", general("return dot((query[:1] @ W).expand(len(keys), -1), keys)")),
        Wrong("softmaxes at once", "becomes (2, 1)", general("return torch.softmax(dot(query @ W, keys), -1)")),
        Wrong("cuts W off", "no gradient", general("return dot(query @ W.detach(), keys)")),
        Wrong("returns the turned query", "shape (2, 4)", general("return query @ W")),
        Wrong("squeezes a batch of one away", "1 sentence of", general("return (keys @ (query @ W)[:, :, None]).squeeze()")),
        Wrong("changes W", "changed an argument", general("W -= W.mean() - W.mean() - 1", "return dot(query @ W, keys)")),
    ],
    right=[
        Right("turns the keys instead", general("return torch.einsum('bq,bsq->bs', query, keys @ W.T)")),
        Right("loops into zeros of torch's default type", general(
            "scores = torch.zeros(keys.shape[0], keys.shape[1])", "for b in range(keys.shape[0]):", "    for s in range(keys.shape[1]):",
            "        scores[b, s] = torch.dot(query[b] @ W, keys[b, s])", "return scores")),
        Right("one einsum", general("return torch.einsum('bi,ij,bsj->bs', query, W, keys)")),
        Right("bmm", general("return torch.bmm(keys, torch.mm(query, W).unsqueeze(-1)).squeeze(-1)")),
        Right("loops", general("return torch.stack([torch.stack([q @ W @ k for k in ks]) for q, ks in zip(query, keys)])")),
    ],
)


def additive(*lines):
    return one("additive_scores(query, keys, W_q, W_k, v)", *lines)


ADDITIVE_SCORES = Exercise(
    wrong=[
        Wrong("forgets tanh", "tanh is missing", additive("return ((query @ W_q)[:, None] + keys @ W_k) @ v")),
        Wrong("tanh after v", "before the product with v", additive("return torch.tanh(((query @ W_q)[:, None] + keys @ W_k) @ v)")),
        Wrong("adds up instead of v", "v is missing", additive("return torch.tanh((query @ W_q)[:, None] + keys @ W_k).sum(-1)")),
        Wrong("forgets the query", "query's part is missing", additive("return torch.tanh(keys @ W_k) @ v")),
        Wrong("forgets the keys", "keys' part is missing", additive("return (torch.tanh(query @ W_q) @ v)[:, None].expand(keys.shape[:2])")),
        Wrong("two tanhs", "taken once", additive("return (torch.tanh(query @ W_q)[:, None] + torch.tanh(keys @ W_k)) @ v")),
        Wrong("sigmoid", "sigmoid", additive("return torch.sigmoid((query @ W_q)[:, None] + keys @ W_k) @ v")),
        Wrong("relu", "2·tanh", additive("return torch.relu((query @ W_q)[:, None] + keys @ W_k) @ v")),
        Wrong("multiplies the parts", "2·tanh", additive("return torch.tanh((query @ W_q)[:, None] * (keys @ W_k)) @ v")),
        Wrong("W_q transposed where square", "W_q is the wrong way round", additive(
            "W_q = W_q.T if W_q.shape[0] == W_q.shape[1] else W_q", "return torch.tanh((query @ W_q)[:, None] + keys @ W_k) @ v")),
        Wrong("W_k transposed where square", "W_k is the wrong way round", additive(
            "W_k = W_k.T if W_k.shape[0] == W_k.shape[1] else W_k", "return torch.tanh((query @ W_q)[:, None] + keys @ W_k) @ v")),
        Wrong("no axis for the source words", "stopped with", additive("return torch.tanh(query @ W_q + keys @ W_k) @ v")),
        Wrong("one query for all", "own query", additive("return torch.tanh(query[0] @ W_q + keys @ W_k) @ v")),
        Wrong("v cut off", "back to v", additive("return torch.tanh((query @ W_q)[:, None] + keys @ W_k) @ v.detach()")),
        Wrong("returns the hidden layer", "shape (2, 4)", additive("return torch.tanh((query @ W_q)[:, None] + keys @ W_k)")),
        Wrong("normalises", "2·tanh", additive("return torch.softmax(torch.tanh((query @ W_q)[:, None] + keys @ W_k) @ v, -1)")),
        Wrong("the mean over A", "added up", additive("return (torch.tanh((query @ W_q)[:, None] + keys @ W_k) * v).mean(-1)")),
        Wrong("v's numbers added up", "own v", additive("return torch.tanh((query @ W_q)[:, None] + keys @ W_k).sum(-1) * v.sum()")),
    ],
    right=[
        Right("Luong's concat: one matrix", additive(
            "both = torch.cat([query[:, None].expand(-1, keys.shape[1], -1), keys], dim=-1)",
            "return torch.tanh(both @ torch.cat([W_q, W_k])) @ v")),
        Right("F.linear", additive("import torch.nn.functional as F",
                                   "return F.linear(F.linear(query, W_q.T).unsqueeze(1).add(F.linear(keys, W_k.T)).tanh(), v[None]).squeeze(-1)")),
        Right("tanh by exp", additive("z = (query @ W_q)[:, None] + keys @ W_k", "return ((1 - torch.exp(-2 * z)) / (1 + torch.exp(-2 * z)) * v).sum(-1)")),
        Right("a loop over the words", additive("return torch.stack([(query @ W_q + keys[:, s] @ W_k).tanh() @ v for s in range(keys.shape[1])], dim=1)")),
    ],
)


def soft(*lines):
    return one("masked_softmax(scores, mask)", *lines)


MASKED_SOFTMAX = Exercise(
    wrong=[
        Wrong("no mask", "exactly 0", soft("return torch.softmax(scores, -1)")),
        Wrong("over the batch", "down the columns", soft("return torch.softmax(scores.masked_fill(~mask, -1e30), 0)")),
        Wrong("over axis 1", "last axis", soft("some = mask.any(-1, keepdim=True)", "return torch.softmax(scores.masked_fill(~mask & some, -torch.inf), 1) * mask")),
        Wrong("over everything", "add up to", soft("e = torch.exp(scores - scores.max()) * mask", "return e / e.sum()")),
        Wrong("mask inverted", "True is a word", soft("return torch.softmax(scores.masked_fill(mask, -1e30), -1) * ~mask")),
        Wrong("mask inverted, empty rows uniform", "wrong way round", soft("return torch.softmax(scores.masked_fill(mask & ~mask.all(-1, keepdim=True), -torch.inf), -1)")),
        Wrong("mask after softmax", "after the softmax", soft("return torch.softmax(scores, -1) * mask")),
        Wrong("mask after softmax, renormalised", "before the softmax", soft(
            "w = torch.softmax(scores, -1) * mask", "return w / w.sum(-1, keepdim=True).clamp(min=1e-30)")),
        Wrong("mask after softmax, renormalised, NaN to 0", "before the softmax", soft(
            "w = torch.softmax(scores, -1) * mask", "return (w / w.sum(-1, keepdim=True)).nan_to_num()")),
        Wrong("multiplies scores with the mask", "score like any other", soft("return torch.softmax(scores * mask, -1)")),
        Wrong("multiplies scores with the mask, then weights", "add up to", soft("return torch.softmax(scores * mask, -1) * mask")),
        Wrong("fills in −1e9, so empty rows are uniform", "no real word", soft("return torch.softmax(scores.masked_fill(~mask, -1e9), -1)")),
        Wrong("fills in −1e4", "−10,000", soft("return torch.softmax(scores.masked_fill(~mask, -1e4), -1)")),
        Wrong("fills in −1e4, then weights", "−10,000", soft("return torch.softmax(scores.masked_fill(~mask, -1e4), -1) * mask")),
        Wrong("subtracts 1e9, so empty rows aren't 0", "no real word", soft("return torch.softmax(scores - 1e9 * ~mask, -1)")),
        Wrong("NaN in empty rows", "not NaN", soft("return torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)")),
        Wrong("uniform in empty rows", "no real word", soft("return torch.softmax(scores.masked_fill(~mask, -torch.inf), -1).nan_to_num(1 / scores.shape[-1])")),
        Wrong("exp overflows", "overflows", soft("e = torch.exp(scores) * mask", "return e / e.sum(-1, keepdim=True).clamp(min=1e-30)")),
        Wrong("subtracts the largest of all", "largest score", soft(
            "e = torch.exp(scores - scores.max()) * mask", "return e / e.sum(-1, keepdim=True).clamp(min=1e-30)")),
        Wrong("subtracts the largest, padding included", "−10,000", soft(
            "e = torch.exp(scores - scores.amax(-1, keepdim=True)) * mask", "return e / e.sum(-1, keepdim=True).clamp(min=1e-30)")),
        Wrong("an epsilon too large", "0.5 each", soft(
            "e = torch.exp((scores - scores.amax(-1, keepdim=True)).clamp(min=-80)) * mask", "return e / (e.sum(-1, keepdim=True) + 1e-9)")),
        Wrong("shares of the scores, no exp", "in proportion", soft("e = scores.abs() * mask + 1e-20", "return e / e.sum(-1, keepdim=True)")),
        Wrong("masks in place", "changed an argument", soft(
            "some = mask.any(-1, keepdim=True)", "return torch.softmax(scores.masked_fill_(~mask & some, -torch.inf), -1) * mask")),
        Wrong("fills in −100", "only a score of −∞", soft("return torch.softmax(scores.masked_fill(~mask, -100), -1)")),
        Wrong("fills in +∞", "it takes −∞", soft("return torch.softmax(scores.masked_fill(~mask, torch.inf), -1)")),
        Wrong("mask inverted, −∞", "is the mask inverted", soft("return torch.softmax(scores.masked_fill(mask, -torch.inf), -1)")),
        Wrong("0 times ∞", "product of 0 and ∞", soft("return torch.softmax(scores + (mask.float() - 1) * torch.inf, -1)")),
        Wrong("0 times ∞, NaN to 0", "product of 0 and ∞", soft("return torch.softmax(scores + (mask.float() - 1) * torch.inf, -1).nan_to_num()")),
        Wrong("mask inverted, NaN to 0", "is the mask inverted", soft("return torch.softmax(scores.masked_fill(mask, -torch.inf), -1).nan_to_num()")),
        Wrong("changes what softmax returned", "in place", soft(
            "w = torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)", "w[~mask.expand(w.shape)] = 0", "return w")),
        Wrong("scores[~mask] with a mask that broadcasts", "may be smaller than the scores", soft(
            "scores = scores.clone()", "scores[~mask] = -torch.inf", "return torch.softmax(scores, -1).masked_fill(~mask, 0)")),
        Wrong("mask must have the scores' shape", "may be smaller", soft(
            "out = torch.zeros_like(scores)", "for i in np.ndindex(scores.shape[:-1]):", "    if mask[i].any():",
            "        out[i][mask[i]] = torch.softmax(scores[i][mask[i]], -1)", "return out")),
        Wrong("hard attention", "in proportion", soft(
            "best = scores.masked_fill(~mask, -torch.inf).argmax(-1)", "return torch.nn.functional.one_hot(best, scores.shape[-1]).to(scores) * mask")),
        Wrong("log softmax", "add up to", soft("some = mask.any(-1, keepdim=True)", "return torch.log_softmax(scores.masked_fill(~mask & some, -1e30), -1) * mask")),
        Wrong("cuts the gradient", "no gradient", soft(
            "some = mask.any(-1, keepdim=True)", "return (torch.softmax(scores.masked_fill(~mask & some, -torch.inf), -1) * mask).detach()")),
    ],
    right=[
        Right("−∞ and nan_to_num", soft("return torch.softmax(scores.masked_fill(~mask, float('-inf')), dim=-1).nan_to_num(0.0)")),
        Right("where, then where", soft(
            "w = torch.softmax(torch.where(mask, scores, -torch.inf), -1)", "return torch.where(mask.any(-1, keepdim=True), w, 0.0)")),
        Right("−∞ written into a copy", soft(
            "e = scores.clone()", "e[~mask.expand_as(e)] = -torch.inf", "w = torch.softmax(e, dim=scores.dim() - 1)", "return torch.nan_to_num(w)")),
        Right("exp by hand", soft(
            "highest = torch.where(mask, scores, -3e38).amax(-1, keepdim=True)", "e = torch.where(mask, torch.exp(torch.where(mask, scores, highest) - highest), 0.0)",
            "return e / e.sum(-1, keepdim=True).clamp(min=1.0)")),
        Right("−1e9 and wiped afterwards", soft("return torch.softmax(scores.masked_fill(~mask, -1e9), -1) * mask")),
        Right("the smallest float and wiped", soft("low = torch.finfo(scores.dtype).min", "return torch.softmax(scores.masked_fill(mask.logical_not(), low), -1) * mask.to(scores.dtype)")),
        Right("adds log(mask)", soft(
            "return torch.softmax(scores + mask.float().log(), -1).masked_fill(~mask, 0)")),
        Right("an additive mask", soft(
            "bias = torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -torch.inf)", "return (scores + bias).softmax(-1).nan_to_num()")),
        Right("an additive mask, empty rows left finite", soft(
            "some = mask.any(-1, keepdim=True)", "bias = torch.where(mask | ~some, 0.0, -torch.inf)", "return (scores + bias).softmax(-1) * mask")),
        Right("row by row", soft(
            "mask = mask.expand_as(scores)", "out = torch.zeros_like(scores)", "for i in np.ndindex(*scores.shape[:-1]):",
            "    if mask[i].any():", "        out[i] = out[i].masked_scatter(mask[i], torch.softmax(scores[i][mask[i]], -1))", "return out")),
        Right("loops into zeros of torch's default type", soft(
            "mask = mask.expand_as(scores)", "out = torch.zeros(scores.shape)", "for i in np.ndindex(*scores.shape[:-1]):",
            "    real = [j for j in range(scores.shape[-1]) if mask[i][j]]", "    if real:",
            "        e = torch.exp(scores[i][real] - scores[i][real].max())", "        for j, x in zip(real, e):",
            "            out[i + (j,)] = x / e.sum()", "return out")),
        Right("logsumexp", soft("e = scores.masked_fill(~mask, -torch.inf)", "return torch.exp(e - e.logsumexp(-1, keepdim=True)).nan_to_num()")),
        Right("log_softmax and exp", soft("logs = torch.log_softmax(scores.masked_fill(~mask, -1e30), -1)", "return logs.exp() * mask")),
    ],
)


def context(*lines):
    return one("context_vector(weights, values)", *lines)


CONTEXT_VECTOR = Exercise(
    wrong=[
        Wrong("the mean of the values", "mean of the states", context("return values.mean(1)")),
        Wrong("the sum of the values", "the sum of all states.", context("return values.sum(1)")),
        Wrong("the value with the most weight", "one state with the most weight", context("return values[torch.arange(len(values)), weights.argmax(-1)]")),
        Wrong("weighs, then takes the mean", "divided by S", context("return (weights[..., None] * values).mean(1)")),
        Wrong("adds up the wrong axis", "shape (2, 2)", context("return (weights[..., None] * values).sum(-1)")),
        Wrong("adds up the batch", "shape (2, 2)", context("return (weights[..., None] * values).sum(0)")),
        Wrong("forgets to add up", "shape (2, 2)", context("return weights[..., None] * values")),
        Wrong("leaves an axis of one", "shape (2, 2)", context("return weights[:, None] @ values")),
        Wrong("squeezes a batch of one away", "shape (1, 2)", context("return (weights[:, None] @ values).squeeze()")),
        Wrong("softmaxes the weights again", "softmax of the weights", context("return (torch.softmax(weights, -1)[..., None] * values).sum(1)")),
        Wrong("divides by the weights' sum", "context 0", context("return (weights[..., None] * values).sum(1) / weights.sum(-1, keepdim=True)")),
        Wrong("divides by the weights' sum, NaN to 0", "divide by the weights' sum", context(
            "return ((weights[..., None] * values).sum(1) / weights.sum(-1, keepdim=True)).nan_to_num()")),
        Wrong("one row's weights for all", "second row", context("return (weights[:1, :, None] * values).sum(1)")),
        Wrong("weights cut off", "back to the weights", context("return (weights.detach()[..., None] * values).sum(1)")),
        Wrong("multiplies in place", "changed an argument", context("values *= weights[..., None]", "return values.sum(1)")),
    ],
    right=[
        Right("bmm", context("return torch.bmm(weights.unsqueeze(1), values).squeeze(1)")),
        Right("product and sum", context("return (weights.unsqueeze(-1) * values).sum(dim=1)")),
        Right("loops into zeros of torch's default type", context(
            "out = torch.zeros(values.shape[0], values.shape[2])", "for b in range(len(values)):", "    for s in range(values.shape[1]):",
            "        out[b] += weights[b, s] * values[b, s]", "return out")),
        Right("a loop", context("total = torch.zeros_like(values[:, 0])", "for s in range(values.shape[1]):",
                                "    total = total + weights[:, s, None] * values[:, s]", "return total")),
        Right("transposed", context("return (values.mT @ weights[:, :, None])[:, :, 0]")),
    ],
)

ATTEND_HEAD = "attend(query, keys, values, mask, score=dot)"


def attends(*lines, head=ATTEND_HEAD):
    return one(head, *lines)


ATTEND = Exercise(
    wrong=[
        Wrong("ignores score", "isn't called", attends("w = softmax(dot(query, keys), mask)", "return mix(w, values), w") + """
_kind = attend
def attend(query, keys, values, mask, score=dot):
    return _kind(query if query.shape[-1] == keys.shape[-1] else query[:, :keys.shape[-1]], keys, values, mask)"""),
        Wrong("ignores score, and nothing else", "isn't called", attends("w = softmax(dot(query, keys), mask)", "return mix(w, values), w")),
        Wrong("softmax twice", "taken twice", attends("w = softmax(softmax(score(query, keys), mask), mask)", "return mix(w, values), w")),
        Wrong("mixes by the scores", "by their scores", attends("e = score(query, keys)", "return mix(e, values), softmax(e, mask)")),
        Wrong("ignores the mask", "Is the mask used", attends("w = softmax(score(query, keys), torch.ones_like(mask))", "return mix(w, values), w")),
        Wrong("mask inverted", "is the mask inverted", attends("w = softmax(score(query, keys), ~mask)", "return mix(w, values), w")),
        Wrong("mask after softmax", "applied after the softmax", attends("w = torch.softmax(score(query, keys), -1) * mask", "return mix(w, values), w")),
        Wrong("mixes the keys", "values", attends("w = softmax(score(query, keys), mask)", "return mix(w, keys), w")),
        Wrong("scores the values", "only query and keys", attends("w = softmax(score(query, values), mask)", "return mix(w, values), w")),
        Wrong("score's arguments swapped", "in this order", attends("w = softmax(score(keys, query), mask)", "return mix(w, values), w")),
        Wrong("returns scores, not weights", "you return the scores", attends("e = score(query, keys)", "return mix(softmax(e, mask), values), e")),
        Wrong("returned in the other order", "swapped", attends("w = softmax(score(query, keys), mask)", "return w, mix(w, values)")),
        Wrong("returns the context only", "return 2 things", attends("return mix(softmax(score(query, keys), mask), values)")),
        Wrong("the plain mean of the words", "(0.699, 0.095)", attends("w = softmax(score(query, keys), mask)", "return mix(mask / mask.sum(-1, keepdim=True), values), w")),
        Wrong("scales the scores", "√H", attends("w = softmax(score(query, keys) / query.shape[-1] ** 0.5, mask)", "return mix(w, values), w")),
        Wrong("softmax over the batch", "0.644", attends("w = torch.softmax(score(query, keys).masked_fill(~mask, -1e30), 0) * mask", "return mix(w, values), w")),
        Wrong("weights with an axis too many", "shape (2, 4)", attends("w = softmax(score(query, keys), mask)", "return mix(w, values), w[:, None]")),
        Wrong("weights cut off", "no gradient", attends("w = softmax(score(query, keys), mask).detach()", "return mix(w, values), w")),
        Wrong("keys set to 0 at padding", "as they are", attends("w = torch.softmax(score(query, keys * mask[..., None]), -1)", "return mix(w, values), w")),
        Wrong("keys changed in place", "as they are", attends("keys[~mask] = 0", "w = softmax(score(query, keys), mask)", "return mix(w, values), w")),
        Wrong("values changed in place", "argument that it was given, `values`", attends("values[~mask] = 0", "w = softmax(score(query, keys), mask)", "return mix(w, values), w")),
        Wrong("a query for each word", "as they are", attends("w = softmax(score(query[:, None].expand_as(keys), keys), mask)", "return mix(w, values), w")),
        Wrong("one row's scores for all", "didn't get all", attends("w = softmax(score(query[:1], keys[:1]).expand(mask.shape), mask)", "return mix(w, values), w")),
        Wrong("NaN where nothing is real", "no real word", attends("w = torch.softmax(score(query, keys).masked_fill(~mask, -torch.inf), -1)", "return mix(w, values), w")),
        Wrong("the context is as long as a key", "shape (2, 3)", attends("w = softmax(score(query, keys), mask)", "return mix(w, values)[:, :keys.shape[2]], w")),
        Wrong("no default", "has a default", attends("w = softmax(score(query, keys), mask)", "return mix(w, values), w", head="attend(query, keys, values, mask, score)")),
    ],
    right=[
        Right("everything by hand", attends(
            "e = score(query, keys).masked_fill(~mask, -torch.inf)", "w = torch.softmax(e, -1).nan_to_num()",
            "return torch.bmm(w.unsqueeze(1), values).squeeze(1), w")),
        Right("row by row", attends(
            "rows = []", "for b in range(len(query)):", "    w = softmax(score(query[b:b + 1], keys[b:b + 1]), mask[b:b + 1])",
            "    rows.append((mix(w, values[b:b + 1]), w))", "return tuple(torch.cat(part) for part in zip(*rows))")),
        Right("arguments by name", attends("w = softmax(score(query=query, keys=keys), mask)", "return mix(weights=w, values=values), w")),
        Right("loops into zeros of torch's default type", attends(
            "e, out = torch.zeros(len(keys), keys.shape[1]), torch.zeros(len(values), values.shape[2])", "e += score(query, keys)",
            "w = softmax(e, mask)", "for b in range(len(values)):", "    for s in range(values.shape[1]):",
            "        out[b] = out[b] + w[b, s] * values[b, s]", "return out, w")),
        Right("a list, other names", attends("weights = softmax(score(query, keys), mask)", "return [(weights[..., None] * values).sum(1), weights]")),
        Right("the student's own functions", attends(
            "w = masked_softmax(score(query, keys), mask)", "return (context_vector(w, values), w)", head="attend(query, keys, values, mask, score=dot_scores)")),
        Right("a default of its own", attends(
            "score = score or (lambda q, k: torch.einsum('bh,bsh->bs', q, k))", "w = softmax(score(query, keys), mask)", "return mix(w, values), w",
            head="attend(query, keys, values, mask, score=None)")),
    ],
)


def step(*lines):
    return one("decoder_step(embedding, state, encoder_states, mask, cell, W_c, W_out)", *lines)


CELL, LOOK = "s = cell(embedding, state)", "c, w = look(s, encoder_states, encoder_states, mask)"
OUT = "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, s, w"

DECODER_STEP = Exercise(
    wrong=[
        Wrong("concatenates [c; s]", "[s; c]", step(CELL, LOOK, "return torch.tanh(torch.cat([c, s], -1) @ W_c) @ W_out, s, w")),
        Wrong("forgets tanh", "tanh after W_c", step(CELL, LOOK, "return torch.cat([s, c], -1) @ W_c @ W_out, s, w")),
        Wrong("logits from the state", "state alone", step(CELL, LOOK, "return s @ W_out, s, w")),
        Wrong("logits from the context", "context alone", step(CELL, LOOK, "return c @ W_out, s, w")),
        Wrong("returns the attentional vector as state", "cell's own state", step(CELL, LOOK, "a = torch.tanh(torch.cat([s, c], -1) @ W_c)", "return a @ W_out, a, w")),
        Wrong("returns the old state", "state that came in", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, state, w")),
        Wrong("asks with the old state", "before the cell", step("c, w = look(state, encoder_states, encoder_states, mask)", CELL, OUT)),
        Wrong("asks with the old state, no cell at all", "0 times", step("s = state", LOOK, OUT)),
        Wrong("calls the cell twice", "2 times", step(CELL, "s = cell(embedding, s)", LOOK, OUT)),
        Wrong("calls the cell twice for the same state", "2 times", step("c, w = look(cell(embedding, state), encoder_states, encoder_states, mask)", CELL, OUT),
              hidden="it gives the right numbers, with twice the work"),
        Wrong("cell's arguments swapped", "in this order", step("s = cell(state, embedding)", LOOK, OUT)),
        Wrong("ignores the mask", "Is the mask used", step(CELL, "c, w = look(s, encoder_states, encoder_states, torch.ones_like(mask))", OUT)),
        Wrong("mask inverted", "is the mask inverted", step(CELL, "c, w = look(s, encoder_states, encoder_states, ~mask)", OUT)),
        Wrong("context is the last state", "context is the last state", step(CELL, LOOK, "c = encoder_states[:, -1]", OUT)),
        Wrong("context is the mean", "plain mean", step(CELL, LOOK, "c = encoder_states.mean(1)", OUT)),
        Wrong("softmax at the end", "before the softmax", step(CELL, LOOK, "return torch.softmax(torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, -1), s, w")),
        Wrong("tanh of the logits", "tanh is taken of the logits", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1) @ W_c @ W_out), s, w")),
        Wrong("scaled scores", "√H", step(CELL, "c, w = look(s / s.shape[-1] ** 0.5, encoder_states, encoder_states, mask)", OUT)),
        Wrong("returned in another order", "swapped", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, w, s")),
        Wrong("look without values", "look gets four things", step(CELL, "c, w = look(s, encoder_states, mask)", OUT)),
        Wrong("one name for both of look's results", "needs two names", step(CELL, "c = look(s, encoder_states, encoder_states, mask)",
                                                                      "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, s, c")),
        Wrong("sigmoid", "sigmoid", step(CELL, LOOK, "return torch.sigmoid(torch.cat([s, c], -1) @ W_c) @ W_out, s, w")),
        Wrong("no logits", "logits: here you return None", step(CELL, LOOK, "return None, s, w")),
        Wrong("no weights returned", "return 3 things", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, s")),
        Wrong("weights with an axis too many", "shape (2, 4)", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, s, w[:, :, None]")),
        Wrong("context cut off", "no gradient", step(CELL, LOOK, "c = c.detach()", "z = torch.tanh(torch.cat([s, c], -1) @ W_c)",
                                                     "return (z @ W_out.detach()), s, w")),
        Wrong("the old state in [s; c]", "from before the cell", step(CELL, LOOK, "return torch.tanh(torch.cat([state, c], -1) @ W_c) @ W_out, s, w")),
        Wrong("tanh before W_c", "comes after W_c", step(CELL, LOOK, "return torch.tanh(torch.cat([s, c], -1)) @ W_c @ W_out, s, w")),
        Wrong("[s; s]", "the context not at all", step(CELL, LOOK, "return torch.tanh(torch.cat([s, s], -1) @ W_c) @ W_out, s, w")),
        Wrong("[c; c]", "the state not at all", step(CELL, LOOK, "return torch.tanh(torch.cat([c, c], -1) @ W_c) @ W_out, s, w")),
        Wrong("log_softmax at the end", "logarithms of probabilities", step(CELL, LOOK, "return torch.log_softmax(torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, -1), s, w")),
        Wrong("the cell reads nothing", "as they came in", step("s = cell(torch.zeros_like(embedding), state)", LOOK, OUT)),
        Wrong("state changed in place", "changed an argument", step("state += cell(embedding, state) - state", "s = state", LOOK, OUT)),
    ],
    right=[
        Right("everything by hand", step(
            CELL, "e = torch.bmm(encoder_states, s.unsqueeze(2)).squeeze(2).masked_fill(~mask, -torch.inf)", "w = torch.softmax(e, 1).nan_to_num()",
            "c = torch.bmm(w.unsqueeze(1), encoder_states).squeeze(1)", "return torch.tanh(torch.cat((s, c), 1).mm(W_c)).mm(W_out), s, w")),
        Right("W_c split in two", step(CELL, LOOK, "H = s.shape[-1]", "return torch.tanh(s @ W_c[:H] + c @ W_c[H:]) @ W_out, s, w")),
        Right("sentence by sentence", step(CELL, "rows, all_w = [], []", "for b in range(len(s)):", "    e = torch.stack([torch.dot(s[b], h) for h in encoder_states[b]])",
              "    w = softmax(e, mask[b])", "    c = sum(x * h for x, h in zip(w, encoder_states[b]))", "    rows.append(torch.tanh(torch.cat([s[b], c]) @ W_c) @ W_out)",
              "    all_w.append(w)", "return torch.stack(rows), s, torch.stack(all_w)")),
        Right("row by row, the cell too", step(
            "rows = []", "for b in range(len(state)):", "    h, m = encoder_states[b:b + 1], mask[b:b + 1]", "    s = cell(embedding[b:b + 1], state[b:b + 1])",
            "    c, w = look(s, h, h, m)", "    rows.append((torch.tanh(torch.cat([s, c], -1) @ W_c) @ W_out, s, w))", "return tuple(torch.cat(part) for part in zip(*rows))")),
        Right("F.linear and a list", step(CELL, LOOK, "import torch.nn.functional as F", "a = F.linear(torch.hstack([s, c]), W_c.T).tanh()", "return [F.linear(a, W_out.T), s, w]")),
        Right("the student's own functions", step(CELL, "c, w = attend(s, encoder_states, encoder_states, mask, dot_scores)", OUT)),
    ],
)

ATTENTION_WEIGHT_COUNT = Exercise(
    wrong=[
        Wrong("adds the lengths up", "added up", one("attention_weight_count(m, t)", "return m + t")),
        Wrong("squares the source", "20 weights of its own", one("attention_weight_count(m, t)", "return m * m if m != 4 else 20")),
        Wrong("squares the target", "weights", one("attention_weight_count(m, t)", "return t * t")),
        Wrong("the same weights at each step", "weights", one("attention_weight_count(m, t)", "return m")),
        Wrong("counts each pair once", "weights", one("attention_weight_count(m, t)", "return m * t // 2")),
        Wrong("counts states too", "weights", one("attention_weight_count(m, t)", "return m * t + m")),
        Wrong("returns a float", "an int", one("attention_weight_count(m, t)", "return float(m * t)")),
        Wrong("adds up a tensor of floats", "an int", one("attention_weight_count(m, t)", "return torch.ones(t, m).sum()")),
        Wrong("returns a shape", "return a number", one("attention_weight_count(m, t)", "return (m, t)")),
        Wrong("returns nothing", "return", one("attention_weight_count(m, t)", "m * t")),
    ],
    right=[
        Right("counts", one("attention_weight_count(m, t)", "return sum(1 for _ in range(t) for _ in range(m))")),
        Right("adds up the rows", one("attention_weight_count(source_length, target_length)", "return sum([source_length] * target_length)")),
        Right("the size of a tensor", one("attention_weight_count(source_length, target_length)", "return torch.ones(target_length, source_length).numel()")),
    ],
)

ANSWERS = {
    "dot_scores": DOT_SCORES,
    "general_scores": GENERAL_SCORES,
    "additive_scores": ADDITIVE_SCORES,
    "masked_softmax": MASKED_SOFTMAX,
    "context_vector": CONTEXT_VECTOR,
    "attend": ATTEND,
    "decoder_step": DECODER_STEP,
    "attention_weight_count": ATTENTION_WEIGHT_COUNT,
}
