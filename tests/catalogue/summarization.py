"""Answers to the exercises of lesson 08, summarization: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong


def ids(*lines):
    return "def extended_ids(tokens, vocab):\n" + "".join(f"    {line}\n" for line in lines)


def copied(*lines):
    return ("def copy_distribution(p_generate, vocabulary_probs, weights, source_ids, extended_size):\n"
            + "".join(f"    {line}\n" for line in lines))


LOOP = ("ids, unknown = [], []", "for token in tokens:", "    if token in vocab:", "        ids.append(vocab[token])", "    else:",
        "        if token not in unknown:", "            unknown.append(token)", "        ids.append(len(vocab) + unknown.index(token))", "return ids, unknown")
EXTENDED_IDS = Exercise(
    wrong=[
        Wrong("unknown words to <unk>", "became <unk>", ids("return [vocab.get(t, 1) for t in tokens], list(dict.fromkeys(t for t in tokens if t not in vocab))")),
        Wrong("a new id each time", "one word, so both", ids("ids, unknown = [], []", "for t in tokens:", "    if t in vocab:", "        ids.append(vocab[t])", "    else:",
              "        ids.append(len(vocab) + len(unknown))", "        unknown.append(t)", "return ids, unknown")),
        Wrong("a repeat gets the newest id", "when it comes again after networkx", ids("ids, unknown = [], []", "for t in tokens:", "    if t in vocab:", "        ids.append(vocab[t])", "    else:",
              "        if t not in unknown:", "            unknown.append(t)", "        ids.append(len(vocab) + len(unknown) - 1)", "return ids, unknown")),
        Wrong("takes id 0 for nothing", "taken for nothing", ids("unknown = list(dict.fromkeys(t for t in tokens if not vocab.get(t)))", "return [vocab.get(t) or len(vocab) + unknown.index(t) for t in tokens], unknown")),
        Wrong("counts from one", "gets 6", ids("unknown = list(dict.fromkeys(t for t in tokens if t not in vocab))", "return [vocab[t] if t in vocab else len(vocab) + 1 + unknown.index(t) for t in tokens], unknown")),
        Wrong("ids by place in the source", "next free id", ids("unknown = list(dict.fromkeys(t for t in tokens if t not in vocab))", "return [vocab[t] if t in vocab else len(vocab) + tokens.index(t) for t in tokens], unknown")),
        Wrong("in alphabetical order", "not the alphabet", ids("unknown = sorted({t for t in tokens if t not in vocab})", "return [vocab[t] if t in vocab else len(vocab) + unknown.index(t) for t in tokens], unknown")),
        Wrong("grows the vocabulary", "`vocab`", ids("unknown = []", "for t in tokens:", "    if t not in vocab:", "        vocab[t] = len(vocab)", "        unknown.append(t)", "return [vocab[t] for t in tokens], unknown")),
        Wrong("adds <end>", "no <end>", ids("unknown = list(dict.fromkeys(t for t in tokens if t not in vocab))", "return [vocab[t] if t in vocab else len(vocab) + unknown.index(t) for t in tokens] + [3], unknown")),
        Wrong("ids only", "two lists", ids("unknown = list(dict.fromkeys(t for t in tokens if t not in vocab))", "return [vocab[t] if t in vocab else len(vocab) + unknown.index(t) for t in tokens]")),
        Wrong("unknown as a dict", "both are lists", ids("u = {}", "for t in tokens:", "    if t not in vocab:", "        u.setdefault(t, len(vocab) + len(u))", "return [vocab.get(t, u.get(t)) for t in tokens], u")),
        Wrong("leaves unknown words out", "one id", ids("return [vocab[t] for t in tokens if t in vocab], list(dict.fromkeys(t for t in tokens if t not in vocab))")),
        Wrong("words with repeats", "each unknown word once", ids("u = [t for t in tokens if t not in vocab]", "first = list(dict.fromkeys(u))", "return [vocab[t] if t in vocab else len(vocab) + first.index(t) for t in tokens], u")),
        Wrong("returns nothing", "two lists", ids(*LOOP[:-1])),
    ],
    right=[
        Right("a loop", ids(*LOOP)),
        Right("a copy of the vocabulary that grows", ids("all_words = dict(vocab)", "for t in tokens:", "    all_words.setdefault(t, len(all_words))", "return [all_words[t] for t in tokens], list(all_words)[len(vocab):]")),
        Right("an extra dict", ids("u = {}", "for t in tokens:", "    if t not in vocab:", "        u.setdefault(t, len(vocab) + len(u))", "return [vocab.get(t, u.get(t)) for t in tokens], list(u)")),
    ],
)

START = ("B, V = vocabulary_probs.shape", "p = p_generate.reshape(B, 1)", "out = torch.zeros(B, extended_size, dtype=weights.dtype)")
PAD = ("B, V = vocabulary_probs.shape", "p = p_generate.reshape(B, 1)", "out = torch.cat([p * vocabulary_probs, torch.zeros(B, extended_size - V, dtype=weights.dtype)], 1)")
COPY_DISTRIBUTION = Exercise(
    wrong=[
        Wrong("assigns, so the last place wins", "Assignment overwrites", copied(*START, "out[:, :V] = p * vocabulary_probs", "for b in range(B):", "    for s in range(weights.shape[1]):", "        out[b, source_ids[b, s]] = (1 - p[b, 0]) * weights[b, s]", "return out")),
        Wrong("adds with an index, which adds once", "Assignment overwrites", copied(*PAD, "rows = torch.arange(B)[:, None]", "out = out.clone()", "out[rows, source_ids] += (1 - p) * weights", "return out")),
        Wrong("scatter without add", "Assignment overwrites", copied(*PAD, "return out + torch.zeros_like(out).scatter(1, source_ids, (1 - p) * weights)")),
        Wrong("scatter over what was generated", "Assignment overwrites", copied(*PAD, "return out.scatter(1, source_ids, (1 - p) * weights)")),
        Wrong("the largest weight counts", "Assignment overwrites", copied(*PAD, "return out + torch.zeros_like(out).scatter_reduce(1, source_ids, (1 - p) * weights, 'amax')")),
        Wrong("the mean of the places", "add up to", copied(*PAD, "return out + torch.zeros_like(out).scatter_reduce(1, source_ids, (1 - p) * weights, 'mean', include_self=False)")),
        Wrong("forgets 1 − p", "the weights whole", copied(*PAD, "return out.scatter_add(1, source_ids, weights)")),
        Wrong("forgets p", "all of its probability", copied("B, V = vocabulary_probs.shape", "p = p_generate.reshape(B, 1)", "out = torch.cat([vocabulary_probs, torch.zeros(B, extended_size - V, dtype=weights.dtype)], 1)", "return out.scatter_add(1, source_ids, (1 - p) * weights)")),
        Wrong("p for both", "What is copied counts with", copied(*PAD, "return out.scatter_add(1, source_ids, p * weights)")),
        Wrong("the gate the wrong way round", "wrong way round", copied("B, V = vocabulary_probs.shape", "p = 1 - p_generate.reshape(B, 1)", "out = torch.cat([p * vocabulary_probs, torch.zeros(B, extended_size - V, dtype=weights.dtype)], 1)", "return out.scatter_add(1, source_ids, (1 - p) * weights)")),
        Wrong("drops the words that the vocabulary lacks", "filled by copying alone", copied(*PAD, "known = source_ids < V", "return out.scatter_add(1, source_ids * known, (1 - p) * weights * known)")),
        Wrong("counts them as <unk>", "filled by copying alone", copied(*PAD, "return out.scatter_add(1, source_ids.masked_fill(source_ids >= V, 1), (1 - p) * weights)")),
        Wrong("returns the vocabulary's columns only", "should have shape (1, 7)", copied(*PAD, "return out.scatter_add(1, source_ids, (1 - p) * weights)[:, :V]")),
        Wrong("softmaxes once more", "yours", copied(*PAD, "return torch.softmax(out.scatter_add(1, source_ids, (1 - p) * weights), -1)")),
        Wrong("generates unknown words only, copies the rest", "only what is copied", copied(*PAD, "new = torch.zeros_like(out).scatter_add(1, source_ids, (1 - p) * weights)", "return torch.where(new > 0, new, out)")),
        Wrong("copies only what the vocabulary lacks", "only what is generated", copied(*PAD, "lacking = source_ids >= V", "return out.scatter_add(1, source_ids, (1 - p) * weights * lacking)")),
        Wrong("a gate of shape (B,) along the words", "(B, 1)", copied("B, V = vocabulary_probs.shape", "out = torch.cat([p_generate * vocabulary_probs, torch.zeros(B, extended_size - V, dtype=weights.dtype)], 1)", "return out.scatter_add(1, source_ids, (1 - p_generate) * weights)")),
        Wrong("a gate of shape (B,1) gets one axis more", "should have shape", copied("B, V = vocabulary_probs.shape", "p = p_generate[:, None]", "out = torch.nn.functional.pad(p * vocabulary_probs, (0, extended_size - V))", "return out + torch.einsum('bs,bsx->bx', (1 - p) * weights, torch.nn.functional.one_hot(source_ids, extended_size).to(weights.dtype)) if p.ndim == 2 else out")),
        Wrong("the first gate for all", "gate of its own", copied("B, V = vocabulary_probs.shape", "p = p_generate.flatten()[0]", "out = torch.nn.functional.pad(p * vocabulary_probs, (0, extended_size - V))", "return out.scatter_add(1, source_ids, (1 - p) * weights)")),
        Wrong("the first row's source for all", "by its own source_ids", copied(*PAD, "return out.index_add(1, source_ids[0], (1 - p) * weights)")),
        Wrong("changes the weights", "`weights`", copied(*PAD, "weights *= 1 - p", "return out.scatter_add(1, source_ids, weights)")),
        Wrong("changes the vocabulary's probabilities", "`vocabulary_probs`", copied("B, V = vocabulary_probs.shape", "p = p_generate.reshape(B, 1)", "vocabulary_probs *= p", "return torch.nn.functional.pad(vocabulary_probs, (0, extended_size - V)).scatter_add(1, source_ids, (1 - p) * weights)")),
        Wrong("no gradient for the weights", "no gradient reaches weights", copied(*PAD, "return out.scatter_add(1, source_ids, (1 - p) * weights.detach())")),
        Wrong("through NumPy", "no gradient", copied(*PAD, "out = out.detach().numpy().copy()", "np.add.at(out, (np.arange(B)[:, None], source_ids.numpy()), ((1 - p) * weights).detach().numpy())", "return torch.tensor(out)")),
        Wrong("one axis of all", "should have shape", copied(*PAD, "return out.scatter_add(1, source_ids, (1 - p) * weights).flatten()")),
        Wrong("returns nothing", "return", copied(*PAD, "out.scatter_add(1, source_ids, (1 - p) * weights)")),
    ],
    right=[
        Right("two loops", copied(*PAD, "out = out.clone()", "for b in range(B):", "    for s in range(weights.shape[1]):", "        out[b, source_ids[b, s]] += (1 - p[b, 0]) * weights[b, s]", "return out")),
        Right("scatter_add_ into zeros", copied(*START, "out[:, :V] = p * vocabulary_probs", "out.scatter_add_(1, source_ids, (1 - p) * weights)", "return out")),
        Right("one-hot rows times the weights", copied(*PAD, "places = torch.nn.functional.one_hot(source_ids, extended_size).to(weights.dtype)", "return out + (((1 - p) * weights)[:, None] @ places)[:, 0]")),
        Right("index_put that accumulates", copied(*PAD, "return out.index_put((torch.arange(B)[:, None], source_ids), (1 - p) * weights, accumulate=True)")),
        Right("index_add, row by row", copied(*PAD, "return torch.stack([out[b].index_add(0, source_ids[b], (1 - p[b]) * weights[b]) for b in range(B)])")),
        Right("scatter_reduce with sum", copied(*PAD, "return out.scatter_reduce(1, source_ids, (1 - p) * weights, 'sum')")),
        Right("gate by its number of axes", copied("p = p_generate[:, None] if p_generate.ndim == 1 else p_generate", "out = torch.nn.functional.pad(vocabulary_probs * p, (0, extended_size - vocabulary_probs.shape[1]))", "return torch.scatter_add(out, 1, source_ids, weights * (1 - p))")),
        Right("bincount's way, flat", copied(*PAD, "flat = source_ids + extended_size * torch.arange(B)[:, None]", "return out.flatten().index_add(0, flat.flatten(), ((1 - p) * weights).flatten()).view(B, extended_size)")),
    ],
)

ANSWERS = {"extended_ids": EXTENDED_IDS, "copy_distribution": COPY_DISTRIBUTION}
