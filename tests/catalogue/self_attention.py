"""Answers to lesson 09's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong


def one(head, *lines):
    """A function of a few lines."""
    return f"def {head}:\n" + "".join(f"    {line}\n" for line in lines)


def sdpa(*lines):
    return one("scaled_dot_product_attention(Q, K, V, mask=None)", *lines)


def scored(scores="Q @ K.mT / math.sqrt(Q.shape[-1])", masked="e.masked_fill(~mask, -math.inf)", weights="torch.softmax(e, -1)",
           found="w @ V, w"):
    """The usual answer, with one of its four lines changed."""
    return sdpa(f"e = {scores}", "if mask is not None:", f"    e = {masked}", f"w = {weights}", f"return {found}")


SCALED_DOT_PRODUCT_ATTENTION = Exercise(
    wrong=[
        Wrong("no scale", "not divided at all", scored("Q @ K.mT")),
        Wrong("divides by D", "not by √D", scored("Q @ K.mT / Q.shape[-1]")),
        Wrong("divides by S", "number of keys", scored("Q @ K.mT / K.shape[-2]")),
        Wrong("divides by √S", "√S", scored("Q @ K.mT / K.shape[-2] ** 0.5")),
        Wrong("divides by √T", "√2", scored("Q @ K.mT / Q.shape[-2] ** 0.5")),
        Wrong("divides by √Dv", "√2", scored("Q @ K.mT / V.shape[-1] ** 0.5")),
        Wrong("multiplies by √D", "multiplied by √D", scored("Q @ K.mT * Q.shape[-1] ** 0.5")),
        Wrong("softmax over the queries", "down the columns", scored(weights="torch.softmax(e, -2)")),
        Wrong("softmax over axis 1", "last axis", scored(weights="torch.softmax(e, 1)")),
        Wrong("no softmax", "scores as weights", scored(weights="e")),
        Wrong("returns the scores", "scores as weights", scored(found="w @ V, e")),
        Wrong("always divides by 2", "isn't always 4", scored("Q @ K.mT / 2")),
        Wrong("scales after the softmax", "before the softmax", scored("Q @ K.mT", weights="torch.softmax(e, -1) / Q.shape[-1] ** 0.5")),
        Wrong("a small number for −∞", "leaves a little", scored(masked="e.masked_fill(~mask, -20)")),
        Wrong("mixes the keys", "mixes V", scored(found="w @ K, w")),
        Wrong("swaps the results", "swapped", scored(found="w, w @ V")),
        Wrong("returns the output only", "return 2 things", scored(found="w @ V")),
        Wrong("K.T with leading axes", "leading axes", scored("Q @ (K.T if K.ndim == 2 else K.transpose(-1, -2).flip(-1)) / Q.shape[-1] ** 0.5")),
        Wrong("mask inverted", "wrong way round", scored(masked="e.masked_fill(mask, -math.inf)", weights="torch.softmax(e, -1).nan_to_num()")),
        Wrong("mask ignored", "Is it used", scored(masked="e")),
        Wrong("mask after softmax", "after the softmax", sdpa(
            "w = torch.softmax(Q @ K.mT / Q.shape[-1] ** 0.5, -1)", "w = w if mask is None else w * mask", "return w @ V, w")),
        Wrong("mask fills in 0", "score like any other", scored(masked="e.masked_fill(~mask, 0)")),
        Wrong("multiplies the scores with the mask", "score like any other", scored(masked="e * mask")),
        Wrong("adds the mask", "exactly 0", scored(masked="e + mask")),
        Wrong("0 times ∞", "NaN", scored(masked="e + ~mask * -math.inf")),
        Wrong("masks by indexing", "equal shapes", scored(masked="e.clone()", weights="torch.softmax(_cut(e, mask), -1)").replace(
            "def scaled", "def _cut(e, mask):\n    if mask is not None:\n        e[~mask] = -math.inf\n    return e\n\ndef scaled", 1)),
        Wrong("scale forgotten with a mask", "scale still √D", scored(masked="(Q @ K.mT).masked_fill(~mask, -math.inf)")),
        Wrong("cuts the gradient", "no gradient", scored("Q.detach() @ K.mT / Q.shape[-1] ** 0.5")),
        Wrong("changes Q in place", "changed an argument", sdpa("Q /= Q.shape[-1] ** 0.5", "e = Q @ K.mT", "if mask is not None:", "    e = e.masked_fill(~mask, -math.inf)",
                                                               "w = torch.softmax(e, -1)", "return w @ V, w")),
        Wrong("returns nothing", "return", sdpa("torch.softmax(Q @ K.mT, -1)")),
    ],
    right=[
        Right("einsum and where", scored("torch.einsum('...td,...sd->...ts', Q, K) * Q.shape[-1] ** -0.5", "torch.where(mask, e, torch.tensor(-torch.inf, dtype=e.dtype))")),
        Right("a large negative number", scored(masked="e.masked_fill(mask == False, -1e9)")),
        Right("torch's own", sdpa("from torch.nn.functional import scaled_dot_product_attention as theirs", "S = K.shape[-2]",
                                  "mask = None if mask is None else mask.expand(*Q.shape[:-1], S)", "same = torch.eye(S, dtype=Q.dtype).expand(*K.shape[:-2], S, S)",
                                  "return theirs(Q, K, V, attn_mask=mask), theirs(Q, K, same, attn_mask=mask)")),
        Right("exp by hand, scaled queries", sdpa("e = torch.exp((Q / Q.shape[-1] ** 0.5) @ K.transpose(-2, -1))", "if mask is not None:", "    e = e * mask",
                                                  "w = e / e.sum(-1, keepdim=True)", "return torch.matmul(w, V), w")),
        Right("query by query", sdpa("rows = []", "for t in range(Q.shape[-2]):", "    rows.append((K * Q[..., t:t + 1, :]).sum(-1) / K.shape[-1] ** 0.5)",
                                     "e = torch.stack(rows, -2)", "e = e if mask is None else e.masked_fill(~mask, float('-inf'))",
                                     "w = e.softmax(-1)", "return (w[..., None] * V[..., None, :, :]).sum(-2), w")),
    ],
)


def causes(*lines):
    return one("causal_mask(length)", *lines)


CAUSAL_MASK = Exercise(
    wrong=[
        Wrong("upper half", "upper half", causes("return torch.ones(length, length).triu().bool()")),
        Wrong("strictly lower", "diagonal is True", causes("return torch.ones(length, length).tril(-1).bool()")),
        Wrong("strictly upper, True is closed", "wrong way round", causes("return torch.ones(length, length).triu(1).bool()")),
        Wrong("floats", "boolean", causes("return torch.ones(length, length).tril()")),
        Wrong("0 and −∞", "boolean", causes("return torch.full((length, length), -torch.inf).triu(1)")),
        Wrong("ints", "boolean", causes("return torch.ones(length, length, dtype=torch.int64).tril()")),
        Wrong("everything", "for length 3", causes("return torch.ones(length, length, dtype=torch.bool)")),
        Wrong("only oneself", "for length 3", causes("return torch.eye(length, dtype=torch.bool)")),
        Wrong("one ahead", "for length 3", causes("return torch.ones(length, length).tril(1).bool()")),
        Wrong("rows and columns swapped", "upper half", causes("p = torch.arange(length)", "return p[:, None] <= p")),
        Wrong("a batch axis", "shape (3, 3)", causes("return torch.ones(1, length, length).tril().bool()")),
        Wrong("NumPy", "tensor", causes("return np.tri(length, dtype=bool)")),
    ],
    right=[
        Right("tril", causes("return torch.tril(torch.ones(length, length, dtype=torch.bool))")),
        Right("loops", causes("m = torch.zeros(length, length, dtype=torch.bool)", "for t in range(length):", "    m[t, :t + 1] = True", "return m")),
        Right("not the upper half", causes("return ~torch.ones(length, length).triu(diagonal=1).bool()")),
        Right("a list", causes("return torch.tensor([[s <= t for s in range(length)] for t in range(length)])")),
    ],
)


def places(*lines):
    return one("sinusoidal_positions(length, size)", *lines)


def waves(angles="p / 10000 ** (even / size)", start=0, table=("t[:, 0::2] = torch.sin(a)", "t[:, 1::2] = torch.cos(a)")):
    return places(f"p = torch.arange({start}, length + {start})[:, None]", "even = torch.arange(0, size, 2)", f"a = {angles}",
                  "t = torch.zeros(length, size)", *table, "return t")


SINUSOIDAL_POSITIONS = Exercise(
    wrong=[
        Wrong("halves", "take turns", waves(table=("t = torch.cat([a.sin(), a.cos()], -1)",))),
        Wrong("cosine first", "changed places", waves(table=("t[:, 0::2] = torch.cos(a)", "t[:, 1::2] = torch.sin(a)"))),
        Wrong("only sines", "all sines", waves(table=("t[:, 0::2] = torch.sin(a)", "t[:, 1::2] = torch.sin(a)"))),
        Wrong("places from 1", "begin with 1", waves(start=1)),
        Wrong("i in place of 2i", "exponent is i/size", waves("p / 10000 ** (even / 2 / size)")),
        Wrong("2i twice", "column's number already", waves("p / 10000 ** (2 * even / size)")),
        Wrong("an angle for each column", "angle of its own", places(
            "a = torch.arange(length)[:, None] / 10000 ** (torch.arange(size) / size)", "t = a.sin()", "t[:, 1::2] = a[:, 1::2].cos()", "return t")),
        Wrong("multiplies", "it is multiplied", waves("p * 10000 ** (even / size)")),
        Wrong("divides by nothing", "divided by nothing", waves("p + 0 * even")),
        Wrong("base 1000", "base is 1000", waves("p / 1000 ** (even / size)")),
        Wrong("turned", "shape (3, 4)", waves(table=("t[:, 0::2] = torch.sin(a)", "t[:, 1::2] = torch.cos(a)", "t = t.T"))),
        Wrong("NumPy", "tensor", places("p = np.arange(length)[:, None] / 10000 ** (np.arange(0, size, 2) / size)", "return np.stack([np.sin(p), np.cos(p)], -1).reshape(length, size)")),
        Wrong("the angles", "row of place 0", places("a = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, size, 2) / size)", "return torch.stack([a, a + 0.5], -1).flatten(1)")),
    ],
    right=[
        Right("slices", waves()),
        Right("exp and log", waves("p * torch.exp(-math.log(10000.0) * even / size)")),
        Right("loops", places("t = torch.zeros(length, size)", "for p in range(length):", "    for i in range(0, size, 2):",
                              "        t[p, i] = math.sin(p / 10000 ** (i / size))", "        if i + 1 < size:", "            t[p, i + 1] = math.cos(p / 10000 ** (i / size))", "return t")),
        Right("column by column, doubles", places(
            "p = torch.arange(length, dtype=torch.float64)", "return torch.stack([(torch.cos if c % 2 else torch.sin)(p / 10000 ** (c // 2 * 2 / size)) for c in range(size)], 1)")),
    ],
)


def many(*lines):
    return one("multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask=None)", *lines)


def headed(cut="(x @ W).view(B, S, heads, D // heads).transpose(1, 2)", Ws="(W_q, W_k, W_v)", scale="(D // heads) ** 0.5",
           masked="e.masked_fill(~mask, -math.inf)", add="mask[:, None] if mask.ndim == 3 else mask",
           back="(e.softmax(-1) @ v).transpose(1, 2).reshape(B, S, D)", out="z @ W_o"):
    """The usual answer, with one part changed."""
    return many("B, S, D = x.shape", f"q, k, v = [{cut} for W in {Ws}]", f"e = q @ k.mT / {scale}", "if mask is not None:",
                f"    mask = {add}", f"    e = {masked}", f"z = {back}", f"return {out}")


MULTI_HEAD_ATTENTION = Exercise(
    wrong=[
        Wrong("heads take turns", "heads take turns", headed(cut="(x @ W).view(B, S, D // heads, heads).permute(0, 3, 1, 2)",
                                                            back="(e.softmax(-1) @ v).permute(0, 2, 3, 1).reshape(B, S, D)")),
        Wrong("scale √D", "each head has", headed(scale="D ** 0.5")),
        Wrong("scaled twice", "or twice", headed(scale="(D / heads)")),
        Wrong("heads look at each other, word by word", "bring the words there", headed(
            cut="(x @ W).view(B, S, heads, D // heads)", back="(e.softmax(-1) @ v).reshape(B, S, D)")),
        Wrong("values from W_k", "come from W_v", headed(Ws="(W_q, W_k, W_k)")),
        Wrong("x cut first, blocks of the matrices", "all of x by a matrix first", many(
            "size, parts = x.shape[-1] // heads, []", "for i in range(heads):", "    s = slice(i * size, (i + 1) * size)",
            "    q, k, v = [x[..., s] @ W[s, s] for W in (W_q, W_k, W_v)]", "    e = q @ k.mT / size ** 0.5",
            "    if mask is not None:", "        e = e.masked_fill(~mask, -math.inf)", "    parts.append(e.softmax(-1) @ v)",
            "return torch.cat(parts, -1) @ W_o")),
        Wrong("each head by its block of W_o", "side by side first", many(
            "size, parts = x.shape[-1] // heads, []", "for i in range(heads):", "    s = slice(i * size, (i + 1) * size)",
            "    q, k, v = [x @ W[:, s] for W in (W_q, W_k, W_v)]", "    e = q @ k.mT / size ** 0.5",
            "    if mask is not None:", "        e = e.masked_fill(~mask, -math.inf)", "    parts.append(e.softmax(-1) @ v @ W_o[s, s])",
            "return torch.cat(parts, -1)")),
        Wrong("no scale", "aren't scaled", headed(scale="1")),
        Wrong("one head", "one head with all", many("q, k, v = x @ W_q, x @ W_k, x @ W_v", "e = q @ k.mT / x.shape[-1] ** 0.5", "if mask is not None:",
                                                    "    e = e.masked_fill(~mask, -math.inf)", "return e.softmax(-1) @ v @ W_o")),
        Wrong("W_o forgotten", "W_o isn't used", headed(out="z")),
        Wrong("W_v forgotten", "W_v isn't used", headed(Ws="(W_q, W_k, torch.eye(D, dtype=x.dtype))")),
        Wrong("W_o transposed", "W_o is the wrong way", headed(out="z @ W_o.T")),
        Wrong("W_v transposed", "W_v is the wrong way", headed(Ws="(W_q, W_k, W_v.T)")),
        Wrong("W_q transposed", "W_q is the wrong way", headed(Ws="(W_q.T, W_k, W_v)")),
        Wrong("W_k transposed", "W_k is the wrong way", headed(Ws="(W_q, W_k.T, W_v)")),
        Wrong("query and key swapped", "changed places", headed(Ws="(W_k, W_q, W_v)")),
        Wrong("keys from W_q", "Is W_", headed(Ws="(W_q, W_q, W_v)")),
        Wrong("view straight to heads", "transpose(1, 2)", headed(cut="(x @ W).view(B, heads, S, D // heads)", back="(e.softmax(-1) @ v).reshape(B, S, D)")),
        Wrong("no transpose on the way back", "transpose(1, 2) first", headed(back="(e.softmax(-1) @ v).reshape(B, S, D)")),
        Wrong("softmax over the queries", "first word's result", headed(back="(e.softmax(-2) @ v).transpose(1, 2).reshape(B, S, D)")),
        Wrong("mask ignored", "Is it used", headed(masked="e")),
        Wrong("mask inverted", "right way round", headed(masked="e.masked_fill(mask & ~mask.all(-1, keepdim=True), -1e9)")),
        Wrong("mask after softmax", "before the softmax", headed(masked="e", back="((e.softmax(-1) if mask is None else e.softmax(-1) * mask) @ v).transpose(1, 2).reshape(B, S, D)")),
        Wrong("no axis for the heads", "mask[:, None]", headed(add="mask")),
        Wrong("cuts the gradient", "no gradient", headed(Ws="(W_q.detach(), W_k, W_v)")),
        Wrong("returns the weights too", "should", headed(out="z @ W_o, e")),
    ],
    right=[
        Right("usual", headed()),
        Right("a loop over the heads", many(
            "size, parts = x.shape[-1] // heads, []", "for i in range(heads):", "    block = slice(i * size, (i + 1) * size)",
            "    q, k, v = x @ W_q[:, block], x @ W_k[:, block], x @ W_v[:, block]", "    e = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(size)",
            "    if mask is not None:", "        e = torch.where(mask, e, torch.full_like(e, -torch.inf))", "    parts.append(torch.softmax(e, -1) @ v)",
            "return torch.cat(parts, -1) @ W_o")),
        Right("einsum", many(
            "B, S, D = x.shape", "q, k, v = [torch.einsum('bsd,dhe->bhse', x, W.reshape(D, heads, -1)) for W in (W_q, W_k, W_v)]",
            "e = torch.einsum('bhte,bhse->bhts', q, k) / (D / heads) ** 0.5", "if mask is not None:",
            "    e = e.masked_fill(~mask.expand(B, S, S)[:, None], -torch.inf)", "return torch.einsum('bhts,bhse,hed->btd', e.softmax(-1), v, W_o.reshape(heads, -1, D))")),
        Right("torch's own", many(
            "B, S, D = x.shape", "q, k, v = [torch.stack((x @ W).chunk(heads, -1), 1) for W in (W_q, W_k, W_v)]",
            "mask = None if mask is None else mask.expand(B, S, S)[:, None]",
            "z = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)", "return torch.cat(z.unbind(1), -1) @ W_o")),
        Right("the student's own function, sentence by sentence", many(
            "rows = []", "for b in range(len(x)):", "    m = None if mask is None else mask if mask.ndim == 2 else mask[b]",
            "    q, k, v = [torch.stack((x[b] @ W).chunk(heads, -1)) for W in (W_q, W_k, W_v)]",
            "    rows.append(torch.cat([*scaled_dot_product_attention(q, k, v, m)[0]], -1) @ W_o)", "return torch.stack(rows)")),
    ],
)

ANSWERS = {
    "scaled_dot_product_attention": SCALED_DOT_PRODUCT_ATTENTION,
    "causal_mask": CAUSAL_MASK,
    "sinusoidal_positions": SINUSOIDAL_POSITIONS,
    "multi_head_attention": MULTI_HEAD_ATTENTION,
}
