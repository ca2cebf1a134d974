"""Answers to lesson 04's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong

W = "def wilson_interval(successes, trials, z=1.96):\n    if trials == 0:\n        return 0.0, 1.0\n    p, n = successes / trials, trials\n"
WILSON_INTERVAL = Exercise(
    wrong=[
        Wrong("the textbook's interval, cut off", "textbook", W + "    half = z * math.sqrt(p * (1 - p) / n)\n    return max(0.0, p - half), min(1.0, p + half)"),
        Wrong("the textbook's interval", "textbook", W + "    half = z * math.sqrt(p * (1 - p) / n)\n    return p - half, p + half"),
        Wrong("doesn't divide the half width", "the half width has to be divided", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("forgets a term under the root", "is missing", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("keeps p as the middle", "lies around p", W + "    d = 1 + z * z / n\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, p - h), min(1.0, p + h)"),
        Wrong("always takes 1.96", "is z used", W + "    z = 1.96\n    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("doesn't cut off", "cut it off", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return m - h - 1e-15, m + h + 1e-15"),
        Wrong("no case for 0 trials", "without trials", "def wilson_interval(successes, trials, z=1.96):\n    p, n = successes / trials, trials\n    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("divides nothing", "divided by nothing", W + "    d = 1 + z * z / n\n    m = p + z * z / (2 * n)\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("divides the half width alone", "not the half width alone", W + "    d = 1 + z * z / n\n    m = p + z * z / (2 * n)\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("no z before the root", "the z before the root", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("4n for 4n²", "4 · n · n", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("z for z² in the middle", "z is squared", W + "    d = 1 + z * z / n\n    m = (p + z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("n for 2n in the middle", "divided by 2n", W + "    d = 1 + z * z / n\n    m = (p + z * z / n) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("no root", "square root is missing", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * (p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("takes z = 2", "you take z = 2", W + "    z = 2\n    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("z**2 / 2 * n", "brackets", W + "    d = 1 + z * z / n\n    m = (p + z**2 / 2 * n) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return m - h, m + h"),
        Wrong("counts successes, not their share", "p is a share", W + "    p = successes\n    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return max(0.0, m - h), min(1.0, m + h)"),
        Wrong("per cent", "between 0 and 1", W + "    d = 1 + z * z / n\n    m = (p + z * z / (2 * n)) / d\n    h = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return 100 * (m - h), 100 * (m + h)"),
        Wrong("the upper end first", "the lower end first", W + "    d = 1 + z * z / n\n    m, h = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d\n    return m + h, m - h"),
        Wrong("returns middle and half width", "middle and the half width", W + "    d = 1 + z * z / n\n    return (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d"),
        Wrong("returns nothing", "None", W + "    m = p"),
    ],
    right=[
        Right("solves the quadratic equation", "def wilson_interval(successes, trials, z=1.96):\n    if not trials:\n        return 0, 1\n    ends = np.roots([trials + z * z, -(2 * successes + z * z), successes * successes / trials])\n    ends = sorted(np.real(ends))\n    return max(0.0, float(ends[0])), min(1.0, float(ends[1]))"),
        Right("counts instead of shares, numpy", "def wilson_interval(successes, trials, z=1.96):\n    if trials < 1:\n        return (0.0, 1.0)\n    m = (successes + z * z / 2) / (trials + z * z)\n    h = z / (trials + z * z) * np.sqrt(successes * (trials - successes) / trials + z * z / 4)\n    return tuple(np.clip([m - h, m + h], 0, 1))"),
    ],
)

A = "def accuracy_by_length(correct, lengths, edges):\n"
ROWS = A + "    rows = []\n    for low, high in zip(edges[:-1], edges[1:]):\n        here = [float(c) for c, n in zip(correct, lengths) if {}]\n        rows.append((low, high, {}, {}))\n    return rows"
MEAN = "sum(here) / len(here) if here else math.nan"
ACCURACY_BY_LENGTH = Exercise(
    wrong=[
        Wrong("the upper edge counts in", "belongs to the bin that begins", ROWS.format("low < n <= high", MEAN, "len(here)")),
        Wrong("the last bin holds its upper edge", "last bin ends before", ROWS.format("low <= n < high or (high == edges[-1] and n == high)", MEAN, "len(here)")),
        Wrong("an empty bin is 0", "NaN", ROWS.format("low <= n < high", "sum(here) / max(len(here), 1)", "len(here)")),
        Wrong("divides by nothing", "its accuracy is NaN", ROWS.format("low <= n < high", "sum(here) / len(here)", "len(here)")),
        Wrong("leaves empty bins out", "each has a row", A + "    rows = []\n    for low, high in zip(edges[:-1], edges[1:]):\n        here = [float(c) for c, n in zip(correct, lengths) if low <= n < high]\n        if here:\n            rows.append((low, high, sum(here) / len(here), len(here)))\n    return rows"),
        Wrong("counts right ones", "is a share", ROWS.format("low <= n < high", "sum(here) if here else math.nan", "len(here)")),
        Wrong("counts the right ones as count", "make the counts", ROWS.format("low <= n < high", MEAN, "int(sum(here))")),
        Wrong("the first bin takes all that is shorter", "outside of all bins", ROWS.format("(low <= n or low == edges[0]) and n < high", MEAN, "len(here)")),
        Wrong("takes all bins to be as wide as the first", "make the counts", ROWS.format("low <= n < high and n < low + edges[1] - edges[0]", MEAN, "len(here)")),
        Wrong("count before accuracy", "in this order", ROWS.format("low <= n < high", "len(here)", MEAN)),
        Wrong("NaN as a text", "the text 'NaN'", ROWS.format("low <= n < high", "sum(here) / len(here) if here else 'NaN'", "len(here)")),
        Wrong("takes torch's mean of bools", ".float()", A + "    return [(a, b, correct[(lengths >= a) & (lengths < b)].mean().item(), int(((lengths >= a) & (lengths < b)).sum())) for a, b in zip(edges, edges[1:])]"),
        Wrong("returns nothing", "None", A + "    rows = []"),
    ],
    right=[
        Right("with a mask in torch", A + "    correct, lengths = torch.as_tensor(correct), torch.as_tensor(lengths)\n    rows = []\n    for low, high in zip(edges, edges[1:]):\n        here = correct[(lengths >= low) & (lengths < high)].float()\n        rows.append((low, high, here.mean().item(), len(here)))\n    return rows"),
        Right("sorts each sentence into its bin", A + "    sums, counts = [0] * (len(edges) - 1), [0] * (len(edges) - 1)\n    for c, n in zip(correct, lengths):\n        for i in range(len(edges) - 1):\n            if edges[i] <= n < edges[i + 1]:\n                sums[i] += int(c)\n                counts[i] += 1\n    return [(edges[i], edges[i + 1], sums[i] / counts[i] if counts[i] else float('nan'), counts[i]) for i in range(len(edges) - 1)]"),
    ],
)

R = "def reverse_source(ids, mask):\n"
REVERSE_SOURCE = Exercise(
    wrong=[
        Wrong("flips padding as well", "padding stands in front", R + "    return ids.flip(1)"),
        Wrong("returns it as it was", "as it was", R + "    return ids.clone()"),
        Wrong("leaves <end> at the end", "<end> is a token", R + "    out = ids.clone()\n    for i, n in enumerate(mask.sum(1).tolist()):\n        out[i, :n - 1] = ids[i, :max(n - 1, 0)].flip(0)\n    return out"),
        Wrong("takes 0 for padding, whatever the mask says", "mask decides", R + "    out = ids.clone()\n    for i, n in enumerate((ids != 0).sum(1).tolist()):\n        out[i, :n] = ids[i, :n].flip(0)\n    return out"),
        Wrong("counts by the ids, turns by the mask", "mask decides", R + "    place = torch.arange(ids.shape[1])\n    return ids.gather(1, torch.where(ids != 0, (ids != 0).sum(1, keepdim=True) - 1 - place, place))"),
        Wrong("looks for <end>", "mask decides", R + "    place, count = torch.arange(ids.shape[1]), (ids == 3).long().argmax(1, keepdim=True) + 1\n    return ids.gather(1, torch.where(place < count, count - 1 - place, place))"),
        Wrong("sorts", "becomes [3, 5, 6, 4]", R + "    return ids.sort(dim=1).values"),
        Wrong("sorts from the largest", "becomes [3, 5, 6, 4]", R + "    return ids.sort(dim=1, descending=True).values"),
        Wrong("a negative index at padding", "takes its own token", R + "    return ids.gather(1, mask.sum(1, keepdim=True) - 1 - torch.arange(ids.shape[1]))"),
        Wrong("no negative index, but other tokens at padding", "[7, 3, 0, 0] becomes", R + "    return ids.gather(1, (mask.sum(1, keepdim=True) - 1 - torch.arange(ids.shape[1])).abs())"),
        Wrong("the first row's count for all rows", "own number of real tokens", R + "    n = int(mask[0].sum())\n    return torch.cat([ids[:, :n].flip(1), ids[:, n:]], dim=1)"),
        Wrong("works in place", "changed an argument", R + "    for i, n in enumerate(mask.sum(1).tolist()):\n        ids[i, :n] = ids[i, :n].flip(0)\n    return ids"),
        Wrong("turns the rows' order", "as it was", R + "    return ids.flip(0)"),
        Wrong("off by one", "out of bounds", R + "    place = torch.arange(ids.shape[1])\n    return ids.gather(1, torch.where(mask, mask.sum(1, keepdim=True) - place, place))"),
        Wrong("a list of rows", "are a tensor", R + "    return [row[m].flip(0) for row, m in zip(ids, mask)]"),
        Wrong("returns nothing", "None", R + "    ids.flip(1)"),
    ],
    right=[
        Right("a loop over rows", R + "    out = ids.clone()\n    for row, real in zip(out, mask):\n        row[real] = row[real].flip(0)\n    return out"),
        Right("flip all, then roll padding back", R + "    S = ids.shape[1]\n    return torch.stack([row.flip(0).roll(int(n) - S) for row, n in zip(ids, mask.sum(1))]) * mask"),
        Right("lists", R + "    rows = []\n    for row, n in zip(ids.tolist(), mask.sum(1).tolist()):\n        rows.append(row[:n][::-1] + row[n:])\n    return torch.tensor(rows)"),
    ],
)

C = "def count_parameters(module):\n"
COUNT_PARAMETERS = Exercise(
    wrong=[
        Wrong("counts frozen ones", "frozen", C + "    return sum(p.numel() for p in module.parameters())"),
        Wrong("counts tensors", "number of tensors", C + "    return len([p for p in module.parameters() if p.requires_grad])"),
        Wrong("counts shared ones twice", "twice", C + "    return sum(p.numel() for m in module.modules() for p in m.parameters(recurse=False) if p.requires_grad)"),
        Wrong("counts buffers", "buffers", C + "    return sum(p.numel() for p in module.parameters() if p.requires_grad) + sum(b.numel() for b in module.buffers())"),
        Wrong("counts weights without biases", "you count 6", C + "    return sum(p.numel() for p in module.parameters() if p.requires_grad and p.dim() != 1)"),
        Wrong("a tensor", "a plain int", C + "    return torch.tensor(sum(p.numel() for p in module.parameters() if p.requires_grad))"),
        Wrong("a float", "a plain int", C + "    return float(sum(p.numel() for p in module.parameters() if p.requires_grad))"),
        Wrong("equal numbers count once", "however alike", C + "    seen = {tuple(p.flatten().tolist()): p for p in module.parameters() if p.requires_grad}\n    return sum(p.numel() for p in seen.values())"),
        Wrong("zeros don't count", "whatever their values", C + "    return sum(int((p != 0).sum()) for p in module.parameters() if p.requires_grad)"),
        Wrong("freezes the model", "only looks", C + "    total = sum(p.numel() for p in module.parameters() if p.requires_grad)\n    module.requires_grad_(False)\n    return total"),
        Wrong("puts all numbers side by side", "at all", C + "    return len(torch.cat([p.flatten() for p in module.parameters() if p.requires_grad]))"),
        Wrong("returns nothing", "None", C + "    sum(p.numel() for p in module.parameters())"),
    ],
    right=[
        Right("a set of identities", C + "    seen = {id(p): p for p in module.parameters() if p.requires_grad}\n    return sum(math.prod(p.shape) for p in seen.values())"),
        Right("a loop", C + "    total = 0\n    for name, p in module.named_parameters():\n        if p.requires_grad:\n            total += p.nelement()\n    return total"),
    ],
)

M = "def compare_models(builders, train, evaluate, seeds, steps):\n"
FAIR = "    sizes = {name: count_parameters(build()) for name, build in builders.items()}\n    if max(sizes.values()) > 1.05 * min(sizes.values()):\n        raise ValueError('unfair')\n"
LOOP = "    rows = []\n    for name, build in builders.items():\n        for seed in seeds:\n            torch.manual_seed(seed)\n            model = build()\n            train(model, steps)\n            rows.append((name, seed, sizes[name], evaluate(model)))\n    return rows"
COMPARE_MODELS = Exercise(
    wrong=[
        Wrong("compares whatever it gets", "raise a ValueError", M + "    sizes = {name: count_parameters(build()) for name, build in builders.items()}\n" + LOOP),
        Wrong("compares with the first only", "whatever comes first", M + "    sizes = {name: count_parameters(build()) for name, build in builders.items()}\n    first = next(iter(sizes.values()))\n    if any(abs(size - first) > 0.05 * first for size in sizes.values()):\n        raise ValueError('unfair')\n" + LOOP),
        Wrong("asserts", "AssertionError", M + FAIR.replace("raise ValueError('unfair')", "raise AssertionError('unfair')") + LOOP),
        Wrong("builds one model for all seeds", "trained twice", M + FAIR + "    rows = []\n    for name, build in builders.items():\n        model = build()\n        for seed in seeds:\n            torch.manual_seed(seed)\n            train(model, steps)\n            rows.append((name, seed, sizes[name], evaluate(model)))\n    return rows"),
        Wrong("seeds after building", "right before each model", M + FAIR + LOOP.replace("            torch.manual_seed(seed)\n            model = build()", "            model = build()\n            torch.manual_seed(seed)")),
        Wrong("seeds once", "right before each model", M + FAIR + LOOP.replace("            torch.manual_seed(seed)\n", "").replace("    rows = []", "    torch.manual_seed(seeds[0])\n    rows = []")),
        Wrong("evaluates first", "before the training", M + FAIR + LOOP.replace("            train(model, steps)\n            rows.append((name, seed, sizes[name], evaluate(model)))", "            score = evaluate(model)\n            train(model, steps)\n            rows.append((name, seed, sizes[name], score))")),
        Wrong("only the first seed", "make 4 rows", M + FAIR + LOOP.replace("in seeds:", "in seeds[:1]:")),
        Wrong("trains one step", "`steps` steps", M + FAIR + LOOP.replace("train(model, steps)", "train(model, 1)")),
        Wrong("5 % of the largest with ≥", "still fair", M + FAIR.replace("max(sizes.values()) > 1.05 * min(sizes.values())", "max(sizes.values()) - min(sizes.values()) >= 0.05 * min(sizes.values())") + LOOP),
        Wrong("5 % of the largest", "5 % of the smallest", M + FAIR.replace("max(sizes.values()) > 1.05 * min(sizes.values())", "max(sizes.values()) - min(sizes.values()) > 0.05 * max(sizes.values())") + LOOP),
        Wrong("5 % of the mean", "5 % of the smallest", M + FAIR.replace("max(sizes.values()) > 1.05 * min(sizes.values())", "max(sizes.values()) - min(sizes.values()) > 0.05 * sum(sizes.values()) / len(sizes)") + LOOP),
        Wrong("compares neighbours only", "although neighbours", M + "    sizes = {name: count_parameters(build()) for name, build in builders.items()}\n    counts = list(sizes.values())\n    if any(abs(a - b) > 0.05 * min(a, b) for a, b in zip(counts, counts[1:])):\n        raise ValueError('unfair')\n" + LOOP),
        Wrong("allows 1 %", "that's a fair comparison", M + FAIR.replace("1.05", "1.01") + LOOP),
        Wrong("wants equal numbers", "that's a fair comparison", M + FAIR.replace("max(sizes.values()) > 1.05 * min(sizes.values())", "len(set(sizes.values())) > 1") + LOOP),
        Wrong("returns the error", "`raise` it", M + FAIR.replace("raise ValueError('unfair')", "return ValueError('unfair')") + LOOP),
        Wrong("raises a TypeError", "raise a ValueError", M + FAIR.replace("raise ValueError('unfair')", "raise TypeError('unfair')") + LOOP),
        Wrong("rounds the score", "the score is what evaluate returned", M + FAIR + LOOP.replace("evaluate(model)))", "round(evaluate(model), 1)))")),
        Wrong("keeps what train returns as the score", "yours is None", M + FAIR + LOOP.replace("            train(model, steps)\n", "            score = train(model, steps)\n            evaluate(model)\n").replace("evaluate(model)))", "score))")),
        Wrong("keeps what train returns as the model", "train changes the model", M + FAIR + LOOP.replace("            train(model, steps)\n", "            model = train(model, steps)\n")),
        Wrong("trains step by step", "by one call of train", M + FAIR + LOOP.replace("            train(model, steps)\n", "            for _ in range(steps):\n                train(model, 1)\n"), hidden="the steps are the same in all, and hidden tests may not ask how they were taken"),
        Wrong("never evaluates", "never called", M + FAIR + LOOP.replace("evaluate(model)))", "float(next(model.parameters()).flatten()[0])))")),
        Wrong("score before parameters", "(name, seed, parameters, score)", M + FAIR + LOOP.replace("sizes[name], evaluate(model)", "evaluate(model), sizes[name]")),
        Wrong("evaluates a fresh model", "another model", M + FAIR + LOOP.replace("evaluate(model)))", "evaluate(build())))")),
        Wrong("trains each model twice", "yours calls it 8 times", M + FAIR + LOOP.replace("            train(model, steps)\n", "            train(model, steps)\n            train(model, steps)\n")),
        Wrong("gives the seed to the builder", "takes 0 positional arguments", M + FAIR + LOOP.replace("build()", "build(seed)")),
        Wrong("empties its argument", "`builders`", M + FAIR + LOOP.replace("    return rows", "    builders.clear()\n    return rows")),
        Wrong("uses up the seeds", "`seeds`", M + FAIR + LOOP.replace("    return rows", "    seeds.clear()\n    return rows")),
        Wrong("returns nothing", "None", M + FAIR + LOOP.replace("    return rows", "")),
    ],
    right=[
        Right("seeds outside, checks at the end", M + "    rows = []\n    for seed in seeds:\n        for name in builders:\n            torch.manual_seed(seed)\n            model = builders[name]()\n            size = count_parameters(model)\n            train(model, steps)\n            rows.append((name, seed, size, evaluate(model)))\n    sizes = [row[2] for row in rows]\n    if (max(sizes) - min(sizes)) / min(sizes) > 0.05:\n        raise ValueError('more than 5 % apart')\n    return rows"),
        Right("calls by name", M + FAIR + LOOP.replace("train(model, steps)", "train(model=model, steps=steps)").replace("evaluate(model)", "evaluate(model=model)")),
        Right("its own count", M + FAIR.replace("count_parameters(build())", "sum(p.numel() for p in build().parameters())") + LOOP),
    ],
)

ANSWERS = {"wilson_interval": WILSON_INTERVAL, "accuracy_by_length": ACCURACY_BY_LENGTH, "reverse_source": REVERSE_SOURCE,
           "count_parameters": COUNT_PARAMETERS, "compare_models": COMPARE_MODELS}
