"""Answers to lesson 07's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong

N = "from collections import Counter\ndef ngram_precision(hypothesis, references, n):\n    grams = lambda t: [tuple(t[i:i + n]) for i in range(len(t) - n + 1)]\n"
NGRAM_PRECISION = Exercise(
    wrong=[
        Wrong("not clipped", "isn't clipped", N + "    known = {g for r in references for g in grams(r)}\n    h = grams(hypothesis)\n    return sum(g in known for g in h), len(h)"),
        Wrong("clipped by the sum over references", "adds the references up", N + "    limit = Counter(g for r in references for g in grams(r))\n    h = Counter(grams(hypothesis))\n    return sum(min(c, limit[g]) for g, c in h.items()), sum(h.values())"),
        Wrong("sets", "a set forgets", N + "    h = set(grams(hypothesis))\n    return len(h & {g for r in references for g in grams(r)}), len(h)"),
        Wrong("sets, the total right", "a set forgets", N + "    h = set(grams(hypothesis))\n    return len(h & {g for r in references for g in grams(r)}), len(grams(hypothesis))"),
        Wrong("the reference's total", "counts the reference's", N + "    h, r = Counter(grams(hypothesis)), Counter(grams(references[0]))\n    return sum((h & r).values()), sum(r.values())"),
        Wrong("a share", "a pair of counts", N + "    h, r = Counter(grams(hypothesis)), Counter(grams(references[0]))\n    return sum((h & r).values()) / max(1, sum(h.values()))"),
        Wrong("shares of both", "don't divide", N + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    share = (h & limit).total() / h.total()\n    return share * h.total(), h.total()"),
        Wrong("single words, whatever n", "is n used", N + "    n = 1\n    h, limit = Counter((w,) for w in hypothesis), Counter()\n    for r in references:\n        limit |= Counter((w,) for w in r)\n    return sum((h & limit).values()), len(hypothesis)"),
        Wrong("n-grams that run over the end", "before the end", N + "    grams = lambda t: [tuple(t[i:i + n]) for i in range(len(t))]\n    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("the last n-gram left out", "the last one", N.replace("- n + 1", "- n") + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("n-grams side by side", "which overlap", N.replace("range(len(t) - n + 1)", "range(0, len(t) - n + 1, n)") + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("n-grams across references", "from one sentence into the next", N + "    h, limit = Counter(grams(hypothesis)), Counter(grams(sum(references, [])))\n    for g in limit:\n        limit[g] = max([grams(r).count(g) for r in references] + [1])\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("words in any order", "the order counts", N.replace("tuple(t[i:i + n])", "tuple(sorted(t[i:i + n]))") + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("looks for letters in a text", "no word 'a'", "def ngram_precision(hypothesis, references, n):\n    h = Counter(tuple(hypothesis[i:i + n]) for i in range(len(hypothesis) - n + 1))\n    return sum(min(c, max(' '.join(r).count(' '.join(g)) for r in references)) for g, c in h.items()), h.total()"),
        Wrong("words joined with nothing", "something between", N.replace("tuple(t[i:i + n])", "''.join(t[i:i + n])") + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), sum(h.values())"),
        Wrong("the first reference only", "the reference that has it most often", N + "    h, r = Counter(grams(hypothesis)), Counter(grams(references[0]))\n    return sum((h & r).values()), sum(h.values())"),
        Wrong("the best single reference", "from one", N + "    h = Counter(grams(hypothesis))\n    return max(sum((h & Counter(grams(r))).values()) for r in references), sum(h.values())"),
        Wrong("a total of 1 for none", "no n-gram of 3", N + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), max(1, sum(h.values()))"),
        Wrong("a negative total", "no n-gram of 3", N + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return sum((h & limit).values()), len(hypothesis) - n + 1"),
        Wrong("matches are removed from the references", "changed an argument", "def ngram_precision(hypothesis, references, n):\n    total = matches = 0\n    for i in range(len(hypothesis) - n + 1):\n        total += 1\n        for r in references:\n            for j in range(len(r) - n + 1):\n                if r[j:j + n] == hypothesis[i:i + n]:\n                    matches += 1\n                    del r[j]\n                    break\n            else:\n                continue\n            break\n    return matches, total"),
        Wrong("nothing is returned", "returns None", N + "    h = grams(hypothesis)"),
    ],
    right=[
        Right("loops and lists", "def ngram_precision(hypothesis, references, n):\n    matches = total = 0\n    seen = []\n    for i in range(len(hypothesis) - n + 1):\n        gram = hypothesis[i:i + n]\n        total += 1\n        most = 0\n        for reference in references:\n            count = 0\n            for j in range(len(reference) - n + 1):\n                if reference[j:j + n] == gram:\n                    count += 1\n            most = max(most, count)\n        if seen.count(gram) < most:\n            matches += 1\n        seen.append(gram)\n    return matches, total"),
        Right("Counters and a union", N + "    h, limit = Counter(grams(hypothesis)), Counter()\n    for r in references:\n        limit |= Counter(grams(r))\n    return (h & limit).total(), h.total()"),
        Right("zip of shifted lists", "from collections import Counter\ndef ngram_precision(hypothesis, references, n):\n    def grams(t):\n        return Counter(zip(*(t[i:] for i in range(n))))\n    h = grams(hypothesis)\n    rs = [grams(r) for r in references]\n    return [sum(min(c, max((r[g] for r in rs), default=0)) for g, c in h.items()), sum(h.values())]"),
        Right("dicts and joined texts", "def ngram_precision(hypothesis, references, n):\n    def grams(t):\n        found = {}\n        for i in range(len(t) - n + 1):\n            key = ' '.join(t[i:i + n])\n            found[key] = found.get(key, 0) + 1\n        return found\n    h = grams(hypothesis)\n    matches = 0\n    for key in h:\n        matches += min(h[key], max(grams(r).get(key, 0) for r in references))\n    return matches, max(0, len(hypothesis) - n + 1)"),
        Right("numpy's counts", "def ngram_precision(hypothesis, references, n):\n    grams = lambda t: ['\\t'.join(t[i:i + n]) for i in range(len(t) - n + 1)]\n    names, counts = np.unique(grams(hypothesis), return_counts=True)\n    limits = [max(grams(r).count(g) for r in references) for g in names.tolist()]\n    return np.minimum(counts, limits).sum() if len(names) else 0, counts.sum()"),
    ],
)

BREVITY_PENALTY = Exercise(
    wrong=[
        Wrong("h and r the other way round", "the other way round", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else 1.0 if h >= r else math.exp(1 - h / r)"),
        Wrong("the condition the other way round", "right way round", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else 1.0 if h <= r else math.exp(1 - r / h)"),
        Wrong("never cut off at 1", "nothing is won", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else math.exp(1 - r / h)"),
        Wrong("no case for 0", "a line of its own", "def brevity_penalty(h, r):\n    return min(1.0, math.exp(1 - r / h))"),
        Wrong("1 for an empty one", "gets 0", "def brevity_penalty(h, r):\n    return 1.0 if h == 0 or h >= r else math.exp(1 - r / h)"),
        Wrong("a ratio", "h/r", "def brevity_penalty(h, r):\n    return min(1.0, h / r) if h else 0.0"),
        Wrong("the sign", "the sign", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else 1.0 if h >= r else math.exp(r / h - 1)"),
        Wrong("no 1 in the exponent", "the 1 is missing", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else 1.0 if h >= r else math.exp(-r / h)"),
        Wrong("punishes long ones too", "being short", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else math.exp(1 - max(r / h, h / r)) if r else 1.0"),
        Wrong("whole division", "0.607", "def brevity_penalty(h, r):\n    return 0.0 if h == 0 else 1.0 if h >= r else math.exp(1 - (r + h - 1) // h)"),
        Wrong("an empty reference saves an empty hypothesis", "whatever the reference", "def brevity_penalty(h, r):\n    return 1.0 if h >= r else 0.0 if h == 0 else math.exp(1 - r / h)"),
        Wrong("nothing is returned", "returns None", "def brevity_penalty(h, r):\n    penalty = 1.0"),
    ],
    right=[
        Right("three cases", "def brevity_penalty(hypothesis_length, reference_length):\n    if hypothesis_length == 0:\n        return 0\n    if hypothesis_length >= reference_length:\n        return 1\n    return math.exp(1 - reference_length / hypothesis_length)"),
        Right("minimum in the exponent", "def brevity_penalty(h, r):\n    return np.exp(min(0, 1 - r / h)) if h > 0 else 0.0"),
        Right("torch", "def brevity_penalty(h, r):\n    return torch.exp(torch.clamp(1 - torch.tensor(float(r)) / h, max=0.0)) if h else torch.tensor(0.0)"),
    ],
)

S = "import random\ndef split_by_target(pairs, test_fraction, seed):\n"
SPLIT_BY_TARGET = Exercise(
    wrong=[
        Wrong("splits pairs", "draw targets, not pairs", S + "    pairs = random.Random(seed).sample(pairs, len(pairs))\n    k = round(test_fraction * len(pairs))\n    return pairs[k:], pairs[:k]"),
        Wrong("rounds up", "rounded up", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, math.ceil(round(test_fraction * len(keys), 9))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("splits by source", "is on both sides", S + "    keys = sorted({s for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[0] not in chosen], [p for p in pairs if p[0] in chosen]"),
        Wrong("sorted, no seed", "seed isn't used", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(keys[:round(test_fraction * len(keys))])\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("a seed of its own", "seed isn't used", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(0).sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("no seed at all", "two different splits", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("draws from a set", "a set has another order", S + "    keys = list({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]", hidden="within one run of Python it can't be told from a right one"),
        Wrong("a fraction of the pairs", "of distinct targets", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, min(len(keys), round(test_fraction * len(pairs)))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("pairs until the fraction is full", "of distinct targets", S + "    keys = sorted({t for s, t in pairs})\n    random.Random(seed).shuffle(keys)\n    chosen, n = set(), 0\n    for key in keys:\n        if n >= test_fraction * len(pairs):\n            break\n        chosen.add(key)\n        n += sum(t == key for s, t in pairs)\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("the wrong way round", "wrong way round", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] in chosen], [p for p in pairs if p[1] not in chosen]"),
        Wrong("cuts off", "int() cuts off", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, int(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("shuffles the list it was given", "changed an argument", S + "    random.Random(seed).shuffle(pairs)\n    keys = list(dict.fromkeys(t for s, t in pairs))\n    chosen = set(keys[:round(test_fraction * len(keys))])\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("each target drawn on its own", "a quarter of 8", S + "    r = random.Random(seed)\n    chosen = {t for t in sorted({t for s, t in pairs}) if r.random() < test_fraction}\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("one pair a target", "on neither side", S + "    keys = dict((t, s) for s, t in pairs)\n    names = sorted(keys)\n    chosen = set(random.Random(seed).sample(names, round(test_fraction * len(names))))\n    return [(keys[t], t) for t in names if t not in chosen], [(keys[t], t) for t in names if t in chosen]"),
        Wrong("drops what occurs twice", "then both stay", S + "    pairs = list(dict.fromkeys(pairs))\n    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, round(test_fraction * len(keys))))\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Wrong("keeps all in train", "on both sides", S + "    keys = sorted({t for s, t in pairs})\n    chosen = set(random.Random(seed).sample(keys, round(test_fraction * len(keys))))\n    return list(pairs), [p for p in pairs if p[1] in chosen]"),
        Wrong("targets instead of pairs", "list of pairs", S + "    keys = sorted({t for s, t in pairs})\n    random.Random(seed).shuffle(keys)\n    k = round(test_fraction * len(keys))\n    return keys[k:], keys[:k]"),
        Wrong("nothing is returned", "returns None", S + "    random.Random(seed)"),
    ],
    right=[
        Right("shuffle sorted targets", S + "    targets = sorted(set(target for _, target in pairs))\n    random.Random(seed).shuffle(targets)\n    test_targets = set(targets[:round(len(targets) * test_fraction)])\n    train, test = [], []\n    for pair in pairs:\n        (test if pair[1] in test_targets else train).append(pair)\n    return train, test"),
        Right("numpy's generator", "def split_by_target(pairs, test_fraction, seed):\n    targets = np.unique([t for _, t in pairs])\n    order = np.random.default_rng(seed).permutation(targets)\n    chosen = set(order[:round(test_fraction * len(targets))].tolist())\n    return [p for p in pairs if str(p[1]) not in chosen], [p for p in pairs if str(p[1]) in chosen]"),
        Right("numpy, without tolist", "def split_by_target(pairs, test_fraction, seed):\n    targets = np.unique([t for _, t in pairs])\n    np.random.default_rng(seed).shuffle(targets)\n    chosen = set(targets[:round(test_fraction * len(targets))])\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Right("the global generator, seeded", S + "    random.seed(seed)\n    targets = list(dict.fromkeys(t for _, t in pairs))\n    random.shuffle(targets)\n    chosen = targets[:round(test_fraction * len(targets))]\n    return [p for p in pairs if p[1] not in chosen], [p for p in pairs if p[1] in chosen]"),
        Right("torch's generator, groups", "def split_by_target(pairs, test_fraction, seed):\n    groups = {}\n    for source, target in pairs:\n        groups.setdefault(target, []).append((source, target))\n    order = torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed)).tolist()\n    k = round(test_fraction * len(groups))\n    groups = list(groups.values())\n    return sum((groups[i] for i in order[k:]), []), sum((groups[i] for i in order[:k]), [])"),
        Right("by a hash", "import hashlib\ndef split_by_target(pairs, test_fraction, seed):\n    targets = sorted(set(t for _, t in pairs), key=lambda t: hashlib.sha256(f'{seed} {t}'.encode()).hexdigest())\n    chosen = frozenset(targets[:round(test_fraction * len(targets))])\n    return tuple(p for p in pairs if p[1] not in chosen), tuple(p for p in pairs if p[1] in chosen)"),
    ],
)

R = "def replace_unknowns(tokens, weights, source_tokens, lexicon):\n"
REPLACE_UNKNOWNS = Exercise(
    wrong=[
        Wrong("the argmax over the wrong axis", "the step that wrote it", R + "    best = weights.argmax(dim=0)\n    return [lexicon.get(source_tokens[best[t]], source_tokens[best[t]]) if w == '<unk>' else w for t, w in enumerate(tokens)]"),
        Wrong("one argmax for all", "the largest of all", R + "    best = source_tokens[int(weights.argmax()) % len(source_tokens)]\n    return [lexicon.get(best, best) if w == '<unk>' else w for w in tokens]" ),
        Wrong("the row before", "of the step before", R + "    return [lexicon.get(s, s) if w == '<unk>' else w for t, w in enumerate(tokens) for s in [source_tokens[int(weights[t - 1].argmax())]]]"),
        Wrong("the row after", "row 1, the row of the step that wrote it", R + "    return [lexicon.get(s, s) if w == '<unk>' else w for t, w in enumerate(tokens) for s in [source_tokens[int(weights[(t + 1) % len(tokens)].argmax())]]]"),
        Wrong("replaces all tokens", "only <unk> is replaced", R + "    return [lexicon.get(source_tokens[int(row.argmax())], source_tokens[int(row.argmax())]) for row in weights]"),
        Wrong("only the lexicon", "isn't in the lexicon (KeyError)", R + "    return [lexicon[source_tokens[int(row.argmax())]] if w == '<unk>' else w for w, row in zip(tokens, weights)]"),
        Wrong("stays <unk> without an entry", "yours stays <unk>", R + "    return [lexicon.get(source_tokens[int(row.argmax())], '<unk>') if w == '<unk>' else w for w, row in zip(tokens, weights)]"),
        Wrong("None without an entry", "each token is a word", R + "    return [lexicon.get(source_tokens[int(row.argmax())]) if w == '<unk>' else w for w, row in zip(tokens, weights)]"),
        Wrong("never looks into the lexicon", "source word itself", R + "    return [source_tokens[int(row.argmax())] if w == '<unk>' else w for w, row in zip(tokens, weights)]"),
        Wrong("changes the tokens it was given", "changed an argument", R + "    for t, w in enumerate(tokens):\n        if w == '<unk>':\n            s = source_tokens[int(weights[t].argmax())]\n            tokens[t] = lexicon.get(s, s)\n    return tokens"),
        Wrong("only the first <unk>", "replaced on its own", R + "    tokens = list(tokens)\n    if '<unk>' in tokens:\n        t = tokens.index('<unk>')\n        s = source_tokens[int(weights[t].argmax())]\n        tokens[t] = lexicon.get(s, s)\n    return tokens"),
        Wrong("the lexicon's word for the token", "still there", R + "    return [lexicon.get(w, w) for w in tokens]"),
        Wrong("the smallest weight", "looked most", R + "    return [lexicon.get(s, s) if w == '<unk>' else w for w, row in zip(tokens, weights) for s in [source_tokens[int(row.argmin())]]]"),
        Wrong("the source word at the same place", "belongs to the step that wrote it", R + "    return [lexicon.get(source_tokens[t], source_tokens[t]) if w == '<unk>' else w for t, w in enumerate(tokens)]"),
        Wrong("looks the wrong way in the lexicon", "source word itself", R + "    back = {e: f for f, e in lexicon.items()}\n    return [back.get(s, s) if w == '<unk>' else w for w, row in zip(tokens, weights) for s in [source_tokens[int(row.argmax())]]]"),
        Wrong("drops what it replaces", "come out", R + "    return [w for w in tokens if w != '<unk>']"),
        Wrong("a text", "one text", R + "    return ' '.join(lexicon.get(source_tokens[int(row.argmax())], 'x') if w == '<unk>' else w for w, row in zip(tokens, weights))"),
        Wrong("nothing is returned", "returns None", R + "    best = weights.argmax(dim=1)"),
    ],
    right=[
        Right("a loop", R + "    out = []\n    for t, token in enumerate(tokens):\n        if token == '<unk>':\n            word = source_tokens[weights[t].argmax()]\n            out.append(lexicon[word] if word in lexicon else word)\n        else:\n            out.append(token)\n    return out"),
        Right("numpy", R + "    places = np.argmax(np.asarray(weights), axis=1)\n    words = [source_tokens[p] for p in places]\n    return [lexicon.get(s, s) if t == '<unk>' else t for t, s in zip(tokens, words)]"),
        Right("a copy, then in place", R + "    tokens = list(tokens)\n    for t in range(len(tokens)):\n        if tokens[t] != '<unk>':\n            continue\n        row = weights[t].tolist()\n        source = source_tokens[row.index(max(row))]\n        try:\n            tokens[t] = lexicon[source]\n        except KeyError:\n            tokens[t] = source\n    return tokens"),
        Right("topk", R + "    best = weights.topk(1, dim=-1).indices[:, 0].tolist()\n    return [t if t != '<unk>' else lexicon.get(source_tokens[b], source_tokens[b]) for t, b in zip(tokens, best)]"),
    ],
)

ANSWERS = {"ngram_precision": NGRAM_PRECISION, "brevity_penalty": BREVITY_PENALTY, "split_by_target": SPLIT_BY_TARGET,
           "replace_unknowns": REPLACE_UNKNOWNS}
