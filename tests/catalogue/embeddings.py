"""Answers to lesson 01's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong

# What most answers to build_vocab begin with, so that each shows its own mistake only.
COUNTED = """
def build_vocab(sentences, min_count=1):
    counts = Counter(word for sentence in sentences for word in sentence if word not in SPECIALS)
"""

BUILD_VOCAB = Exercise(
    wrong=[
        Wrong("keeps ties in the order in which they came", "alphabetical", COUNTED + """
    words = [word for word, n in counts.most_common() if n >= min_count]
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("sorts ties from Z to A", "alphabetical", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (counts[w], w), reverse=True)
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("sorts the rarest first", "comes first", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("sorts by the alphabet only", "comes first", COUNTED + """
    words = sorted(w for w in counts if counts[w] >= min_count)
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("numbers words as they come", "comes first", COUNTED + """
    words = [w for w in counts if counts[w] >= min_count]
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("drops words that occur exactly min_count times", "exactly twice", COUNTED + """
    words = sorted((w for w in counts if counts[w] > min_count or min_count == 1), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("ignores min_count", "left out", COUNTED + """
    words = sorted(counts, key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("counts sentences, not occurrences", "occurrences count", """
def build_vocab(sentences, min_count=1):
    counts = Counter(w for sentence in sentences for w in set(sentence) if w not in SPECIALS)
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("applies min_count to each sentence", "all sentences", """
def build_vocab(sentences, min_count=1):
    counts = Counter(w for s in sentences for w in s if w not in SPECIALS and (min_count < 3 or s.count(w) >= min_count))
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("puts the specials last", "<pad> has id 0", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*words, *SPECIALS])}"""),
        Wrong("leaves the specials out", "<pad> is missing", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate(words)}"""),
        Wrong("has the specials in another order", "has id", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate(["<pad>", "<start>", "<end>", "<unk>", *words])}"""),
        Wrong("gives a special's own text a second id", "<end>", """
def build_vocab(sentences, min_count=1):
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("skips a number where a special stands in the corpus", "gap", """
def build_vocab(sentences, min_count=1):
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {w: i for i, w in enumerate(SPECIALS)} | {w: i for i, w in enumerate(words, 4) if w not in SPECIALS}"""),
        Wrong("makes everything lower case", "tokens stay", COUNTED + """
    counts = Counter({w.lower(): sum(n for v, n in counts.items() if v.lower() == w.lower()) for w in counts})
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}""",
              hidden="the hidden tests draw lower-case tokens"),
        Wrong("drops punctuation", "full stop", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count and w.isalpha()), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("remembers earlier corpora", "live on", """
def build_vocab(sentences, min_count=1, counts=Counter()):
    counts.update(word for sentence in sentences for word in sentence if word not in SPECIALS)
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("maps ids to words", "swapped", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return dict(enumerate([*SPECIALS, *words]))"""),
        Wrong("sorts the sentences it was given", "changed an argument", COUNTED + """
    for sentence in sentences:
        sentence.sort()
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("breaks ties by length first", "whatever their length", COUNTED + """
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], len(w), w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("has words with their counts", "with its count", COUNTED + """
    words = sorted(((w, n) for w, n in counts.items() if n >= min_count), key=lambda p: (-p[1], p[0]))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("takes what sort gives back", "give back None", COUNTED + """
    words = [w for w in counts if counts[w] >= min_count].sort(key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("lowers each word as it goes in", "rome isn't", COUNTED + """
    words = [w.lower() for w in sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))]
    return {word: i for i, word in enumerate([*SPECIALS, *words])}""",
              hidden="the hidden tests draw lower-case tokens"),
        Wrong("drops words that occur once", "you lost", COUNTED + """
    words = sorted((w for w in counts if counts[w] > min_count), key=lambda w: (-counts[w], w))
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Wrong("returns a list", "is a dict", COUNTED + "    return [*SPECIALS, *counts]"),
        Wrong("returns nothing", "return", COUNTED + "    vocab = dict.fromkeys(counts, 0)"),
    ],
    right=[
        Right("two stable sorts", COUNTED + """
    words = sorted(w for w in counts if counts[w] >= min_count)
    words.sort(key=counts.get, reverse=True)
    return {word: i for i, word in enumerate([*SPECIALS, *words])}"""),
        Right("plain loops, no Counter", """
def build_vocab(sentences, min_count=1):
    counts = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    vocab = {"<pad>": 0, "<unk>": 1, "<start>": 2, "<end>": 3}
    for negative, word in sorted((-n, w) for w, n in counts.items()):
        if -negative >= min_count and word not in vocab:
            vocab[word] = len(vocab)
    return vocab"""),
        Right("numpy.unique, NumPy ids", """
def build_vocab(sentences, min_count=1):
    flat = [w for s in sentences for w in s if w not in ("<pad>", "<unk>", "<start>", "<end>")]
    words, counts = np.unique(np.array(flat, dtype=object), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [words[i] for i in order if counts[i] >= min_count]
    return {w: i for w, i in zip(["<pad>", "<unk>", "<start>", "<end>", *kept], np.arange(4 + len(kept)))}"""),
        Right("entries in another order", """
def build_vocab(s, least=1):
    from itertools import chain
    c = Counter(chain.from_iterable(s))
    for special in SPECIALS:
        c.pop(special, None)
    words = [w for w, n in sorted(c.items(), key=lambda item: (-item[1], item[0])) if n >= least]
    return {w: i for i, w in reversed(list(enumerate(list(SPECIALS) + words)))}"""),
    ],
)

ENCODE = Exercise(
    wrong=[
        Wrong("forgets <end>", "end with", "def encode(tokens, vocab):\n    return [vocab.get(t, 1) for t in tokens]"),
        Wrong("forgets <end> of an empty sentence", "empty sentence", """
def encode(tokens, vocab):
    return [vocab.get(t, 1) for t in tokens] + [3] if tokens else []"""),
        Wrong("puts <start> in front", "<start>", "def encode(tokens, vocab):\n    "
                                                  "return [2] + [vocab.get(t, 1) for t in tokens] + [3]"),
        Wrong("stops at an unknown word", "<unk>", "def encode(tokens, vocab):\n    return [vocab[t] for t in tokens] + [3]"),
        Wrong("drops unknown words", "dropped", "def encode(tokens, vocab):\n    "
                                                "return [vocab[t] for t in tokens if t in vocab] + [3]"),
        Wrong("gives unknown words the id of padding", "[4, 1, 3]", "def encode(tokens, vocab):\n    "
                                                                    "return [vocab.get(t, 0) for t in tokens] + [3]"),
        Wrong("gives unknown words None", "vocab.get gives", "def encode(tokens, vocab):\n    return [vocab.get(t) for t in tokens] + [3]"),
        Wrong("adds unknown words to the vocabulary", "changed an argument", """
def encode(tokens, vocab):
    return [vocab.setdefault(t, 1) for t in tokens] + [3]"""),
        Wrong("appends to the tokens", "changed an argument", """
def encode(tokens, vocab):
    tokens.append("<end>")
    return [vocab.get(t, 1) for t in tokens]"""),
        Wrong("appends the text <end>", "str", "def encode(tokens, vocab):\n    return [vocab.get(t, 1) for t in tokens] + ['<end>']"),
        Wrong("returns an array", "ndarray", "def encode(tokens, vocab):\n    return np.array([vocab.get(t, 1) for t in tokens] + [3])"),
        Wrong("returns NumPy numbers", "int64", "def encode(tokens, vocab):\n    "
                                               "return list(np.array([vocab.get(t, 1) for t in tokens] + [3]))"),
        Wrong("returns a tuple", "tuple", "def encode(tokens, vocab):\n    return (*(vocab.get(t, 1) for t in tokens), 3)"),
        Wrong("ends after each word", "[4, 5, 3]", "def encode(tokens, vocab):\n    "
                                                   "return [i for t in tokens for i in (vocab.get(t, 1), 3)] or [3]"),
        Wrong("drops repeated words", "repetitions", "def encode(tokens, vocab):\n    "
                                                     "return [vocab.get(t, 1) for t in dict.fromkeys(tokens)] + [3]"),
        Wrong("takes the place in the dict for the id", "should be [4, 5, 3]", """
def encode(tokens, vocab):
    places = list(vocab)
    return [places.index(t) if t in vocab else 1 for t in tokens] + [3]"""),
        Wrong("takes the id 0 for no id", "counts as false", "def encode(tokens, vocab):\n    "
                                                             "return [vocab.get(t) or vocab['<unk>'] for t in tokens] + [3]"),
        Wrong("forgets the brackets of <end>", "with its brackets", "def encode(tokens, vocab):\n    "
              "return [vocab.get(t, 1) for t in tokens] + [vocab['end']]"),
        Wrong("remembers earlier sentences", "empty sentence", """
def encode(tokens, vocab, ids=[]):
    ids += [vocab.get(t, 1) for t in tokens]
    return ids + [3]"""),
    ],
    right=[
        Right("map, end appended to a copy", """
def encode(tokens, vocab):
    return list(map(lambda t: vocab[t] if t in vocab else vocab["<unk>"], [*tokens, "<end>"]))"""),
        Right("try and except", """
def encode(tokens, vocab):
    ids = []
    for token in tokens:
        try:
            ids.append(vocab[token])
        except KeyError:
            ids.append(1)
    ids.append(3)
    return ids"""),
        Right("NumPy and back", "def encode(tokens, vocab):\n    return np.array([vocab.get(t, 1) for t in tokens] + [3]).tolist()"),
        Right("a callable object", """
class Encode:
    def __call__(self, tokens, vocab):
        return [*(vocab.get(t, vocab["<unk>"]) for t in tokens), vocab["<end>"]]
encode = Encode()"""),
    ],
)

# Padding done right; each wrong answer spoils one thing after it.
PADDED = """
def pad_batch(sequences):
    T = max(len(s) for s in sequences)
    ids = np.zeros((len(sequences), T), dtype=np.int64)
    mask = np.zeros((len(sequences), T), dtype=bool)
    for i, s in enumerate(sequences):
        ids[i, :len(s)] = s
        mask[i, :len(s)] = True
"""

PAD_BATCH = Exercise(
    wrong=[
        Wrong("takes the mask from the ids", "follows from the length", PADDED + "    return ids, ids != 0"),
        Wrong("takes trailing zeros for padding", "follows from the length", PADDED + """
    for i, s in enumerate(sequences):
        n = len(s)
        while n and s[n - 1] == 0:
            n -= 1
        mask[i, n:] = False
    return ids, mask"""),
        Wrong("pads on the left", "start at the left", """
def pad_batch(sequences):
    T = max(map(len, sequences))
    ids = np.array([[0] * (T - len(s)) + list(s) for s in sequences], dtype=np.int64).reshape(len(sequences), T)
    return ids, np.array([[False] * (T - len(s)) + [True] * len(s) for s in sequences], dtype=bool).reshape(ids.shape)"""),
        Wrong("turns the mask round", "wrong way round", PADDED + "    return ids, ~mask"),
        Wrong("has a mask of numbers", "type of the mask is bool", PADDED + "    return ids, mask.astype(np.int64)"),
        Wrong("has 32-bit ids", "int32", PADDED + "    return ids.astype(np.int32), mask"),
        Wrong("has float ids", "float64", PADDED + "    return ids.astype(float), mask"),
        Wrong("pads with <end>", "zeros fill up", PADDED + "    return np.where(mask, ids, 3), mask"),
        Wrong("cuts to the shortest", "shape", PADDED + """
    shortest = min(len(s) for s in sequences)
    return ids[:, :shortest], mask[:, :shortest]"""),
        Wrong("is one place too wide", "shape", PADDED + "    return np.pad(ids, ((0, 0), (0, 1))), np.pad(mask, ((0, 0), (0, 1)))"),
        Wrong("sorts by length", "in their order", PADDED + """
    order = np.argsort([-len(s) for s in sequences], kind="stable")
    return ids[order], mask[order]"""),
        Wrong("returns the ids alone", "two things", PADDED + "    return ids"),
        Wrong("returns the mask first", "ids come first", PADDED + "    return mask, ids"),
        Wrong("returns lists", "array of int64; yours are a list", PADDED + "    return ids.tolist(), mask.tolist()"),
        Wrong("lengthens the sequences it was given", "changed an argument", """
def pad_batch(sequences):
    T = max(map(len, sequences))
    mask = np.array([[i < len(s) for i in range(T)] for s in sequences], dtype=bool).reshape(len(sequences), T)
    for s in sequences:
        s.extend([0] * (T - len(s)))
    return np.array(sequences, dtype=np.int64).reshape(len(sequences), T), mask"""),
        Wrong("transposes", "shape", PADDED + "    return ids.T, mask.T"),
        Wrong("has no mask yet", "mask is None", PADDED + "    return ids, None"),
        Wrong("returns torch tensors", "NumPy array", PADDED + "    return torch.tensor(ids), torch.tensor(mask)",
              hidden="the hidden tests look at the numbers alone"),
        Wrong("takes an empty sequence for one token", "mask of []", PADDED + "    mask[:, :1] = True\n    return ids, mask"),
        Wrong("stops at an empty sequence", "stopped with", PADDED.replace("ids[i, :len(s)] = s", "ids[i, 0] = s[0]; ids[i, :len(s)] = s")
              + "    return ids, mask"),
    ],
    right=[
        Right("loops", PADDED + "    return ids, mask"),
        Right("lists of lists", """
def pad_batch(sequences):
    T = max(len(s) for s in sequences)
    ids = np.array([s + [0] * (T - len(s)) for s in sequences], dtype="int64")
    mask = np.array([[True] * len(s) + [False] * (T - len(s)) for s in sequences], dtype=np.bool_)
    return ids, mask"""),
        Right("itertools", """
def pad_batch(sequences):
    from itertools import zip_longest
    columns = list(zip_longest(*sequences, fillvalue=None))
    rows = [[column[b] for column in columns] for b in range(len(sequences))]
    mask = np.array([[x is not None for x in row] for row in rows], dtype=bool)
    return np.array([[x or 0 for x in row] for row in rows], dtype=np.int64), mask"""),
        Right("assignment through the mask", """
def pad_batch(sequences):
    lengths = np.array(list(map(len, sequences)))
    mask = np.arange(max(lengths))[None] < lengths[:, None]
    ids = np.zeros_like(mask, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(s, dtype=np.int64) for s in sequences])
    return [ids, mask]"""),
    ],
)

LOOKUP = Exercise(
    wrong=[
        Wrong("takes columns", "rows", "def lookup(table, ids):\n    return table[:, ids]"),
        Wrong("takes single numbers", "shape", "def lookup(table, ids):\n    return np.take(table, ids)"),
        Wrong("loses the shape of the ids", "shape", "def lookup(table, ids):\n    return table[ids.ravel()]"),
        Wrong("works for a list of ids only", "any shape", "def lookup(table, ids):\n    return np.array([table[int(i)] for i in ids])"),
        Wrong("works for up to two axes", "shape", """
def lookup(table, ids):
    ids = np.atleast_1d(ids)
    return table[ids.reshape(ids.shape[0], -1)] if ids.ndim > 1 else table[ids]"""),
        Wrong("counts rows from 1", "one row off", "def lookup(table, ids):\n    return table[ids - 1]"),
        Wrong("makes row 0 zeros", "row 0 counts", "def lookup(table, ids):\n    return table[ids] * (ids != 0)[..., None]"),
        Wrong("multiplies with the table transposed", "stopped", """
def lookup(table, ids):
    return np.eye(len(table))[ids] @ table.T"""),
        Wrong("sums the vectors", "shape", "def lookup(table, ids):\n    return table[ids].sum(0)"),
        Wrong("puts E first", "shape", "def lookup(table, ids):\n    return np.moveaxis(table[ids], -1, 0)"),
        Wrong("returns one-hot vectors", "shape", "def lookup(table, ids):\n    return np.eye(len(table))[ids]"),
        Wrong("rounds", "should give", "def lookup(table, ids):\n    return table[ids].astype(int)"),
        Wrong("changes the ids", "changed an argument", "def lookup(table, ids):\n    out = table[ids]\n    ids *= 0\n    return out"),
        Wrong("returns lists", "NumPy array", "def lookup(table, ids):\n    return table[ids].tolist()",
              hidden="the hidden tests look at the numbers alone"),
        Wrong("returns a tensor", "NumPy array", "def lookup(table, ids):\n    return torch.tensor(table)[torch.tensor(ids)]",
              hidden="the hidden tests look at the numbers alone"),
    ],
    right=[
        Right("take along the first axis", "def lookup(table, ids):\n    return np.take(table, ids, axis=0)"),
        Right("one-hot product", "lookup = lambda table, ids: np.eye(len(table))[ids] @ table"),
        Right("a loop", """
def lookup(table, ids):
    out = np.empty((*np.shape(ids), table.shape[1]))
    for place in np.ndindex(np.shape(ids)):
        out[place] = table[ids[place]]
    return out"""),
        Right("torch", """
def lookup(table, ids):
    return torch.nn.functional.embedding(torch.as_tensor(ids), torch.as_tensor(table)).numpy()"""),
    ],
)

LOOKUP_GRADIENT = Exercise(
    wrong=[
        Wrong("loses repeated ids", "add up", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    grad[ids] += grad_output
    return grad"""),
        Wrong("keeps the last of repeated ids in a loop", "add up", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    for i, g in zip(ids.ravel(), grad_output.reshape(-1, grad_output.shape[-1])):
        grad[i] = g
    return grad"""),
        Wrong("averages repeated ids", "add up", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    np.add.at(grad, ids, grad_output)
    return grad / np.maximum(np.bincount(ids.ravel(), minlength=vocab_size), 1)[:, None]"""),
        Wrong("has rows up to the largest id only", "a row for each word", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((ids.max() + 1, grad_output.shape[-1]))
    np.add.at(grad, ids, grad_output)
    return grad"""),
        Wrong("is transposed", "should have shape", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    np.add.at(grad, ids, grad_output)
    return grad.T"""),
        Wrong("looks up instead", "stopped with", "def lookup_gradient(grad_output, ids, vocab_size):\n    return grad_output[ids]"),
        Wrong("works for one axis of ids only", "stopped", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    for i, g in zip(ids, grad_output):
        grad[int(i)] += g
    return grad"""),
        Wrong("leaves padding's row out", "row 0", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    np.add.at(grad, ids, grad_output)
    grad[0] = 0
    return grad"""),
        Wrong("cuts off what comes after the point", "comes after the point", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]), dtype=int)
    np.add.at(grad, ids, grad_output.astype(int))
    return grad"""),
        Wrong("counts occurrences instead of adding gradients", "should be", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    np.add.at(grad, ids, 1.0)
    return grad"""),
        Wrong("begins with ones", "should be", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.ones((vocab_size, grad_output.shape[-1]))
    np.add.at(grad, ids, grad_output)
    return grad"""),
        Wrong("takes the second axis for E", "last axis", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[1]))
    np.add.at(grad, ids, grad_output)
    return grad"""),
        Wrong("loops over rows of ids", "rows of ids", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    for i, g in zip(ids, grad_output):
        grad[i] += g
    return grad"""),
        Wrong("fills an array of whole numbers", "comes after the point", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]), dtype=int)
    for i, g in zip(ids.ravel(), grad_output.reshape(-1, grad_output.shape[-1])):
        grad[i] = grad[i] + g
    return grad"""),
        Wrong("hands np.zeros two numbers", "one tuple", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros(vocab_size, grad_output.shape[-1])
    np.add.at(grad, ids, grad_output)
    return grad"""),
        Wrong("has a row for each id", "each word of the vocabulary", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros_like(grad_output)
    np.add.at(grad, ids, grad_output)
    return grad"""),
        Wrong("returns what add.at gives back", "np.add.at", """
def lookup_gradient(grad_output, ids, vocab_size):
    return np.add.at(np.zeros((vocab_size, grad_output.shape[-1])), ids, grad_output)"""),
        Wrong("turns the sign round", "should be", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    np.subtract.at(grad, ids, grad_output)
    return grad"""),
    ],
    right=[
        Right("a loop over flat ids", """
def lookup_gradient(grad_output, ids, vocab_size):
    grad = np.zeros((vocab_size, grad_output.shape[-1]))
    for i, g in zip(np.ravel(ids), grad_output.reshape(-1, grad_output.shape[-1])):
        grad[i] += g
    return grad"""),
        Right("one-hot product", """
def lookup_gradient(grad_output, ids, vocab_size):
    hot = np.eye(vocab_size)[np.ravel(ids)]
    return hot.T @ grad_output.reshape(len(hot), -1)"""),
        Right("torch, float32", """
def lookup_gradient(grad_output, ids, vocab_size):
    flat = torch.tensor(grad_output, dtype=torch.float32).reshape(-1, grad_output.shape[-1])
    return torch.zeros(vocab_size, flat.shape[1]).index_add_(0, torch.tensor(ids).reshape(-1), flat).numpy()"""),
        Right("bincount by column", """
def lookup_gradient(grad_output, ids, vocab_size):
    columns = grad_output.reshape(-1, grad_output.shape[-1]).T
    return np.stack([np.bincount(ids.ravel(), weights=c, minlength=vocab_size) for c in columns], axis=1)"""),
        Right("a sum for each word", """
def lookup_gradient(grad_output, ids, vocab_size):
    return np.array([grad_output[ids == i].reshape(-1, grad_output.shape[-1]).sum(0) for i in range(vocab_size)])"""),
    ],
)

COSINE = Exercise(
    wrong=[
        Wrong("is a dot product", "cosines of", "def cosine_similarity(query, table):\n    return table @ query"),
        Wrong("forgets the query's length", "query's length", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1)
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("forgets the rows' lengths", "divide each by its row's", """
def cosine_similarity(query, table):
    return table @ query / max(np.linalg.norm(query), 1e-12)"""),
        Wrong("is NaN at zeros", "divided by 0", """
def cosine_similarity(query, table):
    return table @ query / (np.linalg.norm(table, axis=1) * np.linalg.norm(query))"""),
        Wrong("is NaN for a query of zeros", "query of zeros", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1)
    return table @ (query / np.linalg.norm(query)) / np.where(n == 0, 1, n)"""),
        Wrong("adds a large epsilon", "1e-12", """
def cosine_similarity(query, table):
    return table @ query / (np.linalg.norm(table, axis=1) * np.linalg.norm(query) + 1e-8)"""),
        Wrong("is a distance", "one minus", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return 1 - table @ query / np.where(n == 0, 1, n)"""),
        Wrong("loses the sign", "-1", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return np.abs(table @ query) / np.where(n == 0, 1, n)"""),
        Wrong("measures columns", "row's", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=0) * np.linalg.norm(query)
    if len(n) != len(table):
        n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("measures the whole table", "own length", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table) * np.linalg.norm(query)
    return table @ query / (n or 1)"""),
        Wrong("returns a column", "shape", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return (table @ query / np.where(n == 0, 1, n))[:, None]"""),
        Wrong("loses the axis of a table with one row", "shape", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return np.squeeze(table @ query / np.where(n == 0, 1, n))"""),
        Wrong("forgets the square root", "cosines of", """
def cosine_similarity(query, table):
    n = (table ** 2).sum(1) * (query ** 2).sum()
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("adds up the sizes", "cosines of", """
def cosine_similarity(query, table):
    n = np.abs(table).sum(1) * np.abs(query).sum()
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("gives 1 at zeros", "[0, 1]", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return np.where(n == 0, 1, table @ query / np.where(n == 0, 1, n))"""),
        Wrong("measures two numbers only", "every number", """
def cosine_similarity(query, table):
    n = np.hypot(table[:, 0], table[:, 1]) * np.hypot(query[0], query[1]) if len(query) > 1 else abs(table[:, 0] * query[0])
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("leaves places unset", "out=np.zeros", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return np.divide(table @ query, n, where=n > 0)"""),
        Wrong("leaves places unset that are 0 by luck", "out=np.zeros", """
def cosine_similarity(query, table):
    return np.divide(table @ query, np.linalg.norm(table, axis=1) * np.linalg.norm(query),
                     where=np.linalg.norm(table, axis=1) * np.linalg.norm(query) > 0)"""),
        Wrong("measures columns and stops", "axis=1", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=0) * np.linalg.norm(query)
    return table @ query / np.where(n == 0, 1, n)"""),
        Wrong("returns a list", "NumPy array", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return (table @ query / np.where(n == 0, 1, n)).tolist()""", hidden="the hidden tests look at the numbers alone"),
        Wrong("returns a tensor", "NumPy array", """
def cosine_similarity(query, table):
    return torch.nn.functional.cosine_similarity(torch.tensor(query)[None], torch.tensor(table))""",
              hidden="the hidden tests look at the numbers alone"),
        Wrong("decides once for all rows", "np.where decides", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1) * np.linalg.norm(query)
    return table @ query / n if n > 0 else 0 * n"""),
        Wrong("shortens the table it was given", "changed an argument", """
def cosine_similarity(query, table):
    n = np.linalg.norm(table, axis=1, keepdims=True)
    table /= np.where(n == 0, 1, n)
    return table @ query / (np.linalg.norm(query) or 1)"""),
    ],
    right=[
        Right("an epsilon of 1e-12", """
def cosine_similarity(query, table):
    return table @ query / (np.linalg.norm(table, axis=1) * np.linalg.norm(query) + 1e-12)"""),
        Right("an epsilon under the root", """
def cosine_similarity(query, table):
    return (table * query).sum(1) / np.sqrt((table ** 2).sum(1) + 1e-12) / np.sqrt((query ** 2).sum() + 1e-12)"""),
        Right("clipped lengths", """
def cosine_similarity(query, table):
    return table @ query / np.maximum(np.linalg.norm(table, axis=1) * np.linalg.norm(query), 1e-12)"""),
        Right("NaN to 0, with a warning", """
def cosine_similarity(query, table):
    return np.nan_to_num(table @ query / (np.linalg.norm(table, axis=1) * np.linalg.norm(query)), nan=0.0)"""),
        Right("divide where", """
def cosine_similarity(query, table):
    n = np.sqrt(np.einsum("ve,ve->v", table, table)) * np.linalg.norm(query)
    return np.divide(table @ query, n, out=np.zeros(len(table)), where=n > 0)"""),
    ],
)

NEAREST = Exercise(
    wrong=[
        Wrong("contains the word itself", "itself", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("contains the specials", "specials", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w != word), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("has the worst first", "farthest", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: s[vocab[w]])[:k]"""),
        Wrong("has the best k, the best last", "the best comes first", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k][::-1]"""),
        Wrong("ranks by dot product", "rank by cosine", """
def nearest_words(word, table, vocab, k):
    s = table @ table[vocab[word]]
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("ranks by distance", "close in distance", """
def nearest_words(word, table, vocab, k):
    s = ((table - table[vocab[word]]) ** 2).sum(1)
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: s[vocab[w]])[:k]"""),
        Wrong("ranks by the size of the cosine", "opposite", """
def nearest_words(word, table, vocab, k):
    s = abs(cosine(table[vocab[word]], table))
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("returns ids", "holds words", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return [vocab[w] for w in sorted(set(vocab) - {word, *SPECIALS}, key=lambda w: -s[vocab[w]])][:k]"""),
        Wrong("returns scores too", "holds words", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return [(w, s[vocab[w]]) for w in sorted(set(vocab) - {word, *SPECIALS}, key=lambda w: -s[vocab[w]])][:k]"""),
        Wrong("takes k before it leaves out the specials", "before", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return [w for w in sorted(vocab, key=lambda w: -s[vocab[w]])[:k] if w != word and w not in SPECIALS]"""),
        Wrong("drops the first instead of the word", "itself", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w not in SPECIALS), key=lambda w: (-round(s[vocab[w]], 9), vocab[w]))[1:k + 1]"""),
        Wrong("takes the order in the dict for the ids", "row number", """
def nearest_words(word, table, vocab, k):
    names, s = list(vocab), cosine(table[vocab[word]], table)
    return [names[i] for i in np.argsort(-s) if i > 3 and names[i] != word][:k]"""),
        Wrong("fails where fewer than k are left", "stopped with", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    best = sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])
    return [best[i] for i in range(k)]"""),
        Wrong("fills up with <unk>", "specials", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    best = sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])
    return (best + ["<unk>"] * k)[:k]"""),
        Wrong("returns one word too many", "three neighbours", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k + 1]"""),
        Wrong("leaves out words that contain the word", "are two words", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if word not in w and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("leaves out words that the word contains", "are two words", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w not in word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k]"""),
        Wrong("gives a low score in place of leaving out", "a low score isn't enough", """
def nearest_words(word, table, vocab, k):
    s = np.array(cosine(table[vocab[word]], table))
    s[[0, 1, 2, 3, vocab[word]]] = -np.inf
    names = sorted(vocab, key=vocab.get)
    return [names[i] for i in np.argsort(-s)[:k]]"""),
        Wrong("cuts off the first though the word is gone", "one too many", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[1:k + 1]"""),
        Wrong("returns a tuple", "tuple", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return tuple(sorted((w for w in vocab if w != word and w not in SPECIALS), key=lambda w: -s[vocab[w]])[:k])"""),
        Wrong("removes the specials from the vocabulary", "changed an argument", """
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    for special in SPECIALS:
        del vocab[special]
    return sorted((w for w in vocab if w != word), key=lambda w: -s[vocab[w]])[:k]"""),
    ],
    right=[
        Right("argsort and an inverse dict", """
def nearest_words(word, table, vocab, k):
    names = {i: w for w, i in vocab.items()}
    s = cosine(table[vocab[word]], table)
    return [names[i] for i in np.argsort(-s) if i > 3 and i != vocab[word]][:k]"""),
        Right("its own cosine, in a loop", """
def nearest_words(word, table, vocab, k):
    q, found = table[vocab[word]], []
    for other, i in vocab.items():
        if i < 4 or other == word:
            continue
        found.append((float(table[i] @ q / np.sqrt((table[i] @ table[i]) * (q @ q))), other))
    found.sort(reverse=True)
    return [other for score, other in found[:k]]"""),
        Right("heapq", """
import heapq
def nearest_words(word, table, vocab, k):
    s = cosine(table[vocab[word]], table)
    return heapq.nlargest(k, (w for w in vocab if w not in {word, *SPECIALS}), key=lambda w: s[vocab[w]])"""),
        Right("scores of the left-out set to minus infinity", """
def nearest_words(word, table, vocab, k):
    s = np.array(cosine(table[vocab[word]], table), dtype=float)
    s[[0, 1, 2, 3, vocab[word]]] = -np.inf
    names = sorted(vocab, key=vocab.get)
    return [names[i] for i in np.argsort(s)[::-1][:min(k, len(vocab) - 5)]]"""),
        Right("NaN at the specials, with a warning", """
def nearest_words(word, table, vocab, k):
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    s = unit @ unit[vocab[word]]
    others = [w for w in vocab if w != word and w not in ("<pad>", "<unk>", "<start>", "<end>")]
    others.sort(key=lambda w: s[vocab[w]], reverse=True)
    return others[:k]"""),
    ],
)

SCORED = """
def negative_sampling_loss(center, context, negatives):
    F = torch.nn.functional
    t, f = (center * context).sum(1), torch.einsum("be,bke->bk", center, negatives)
"""

LOSS = Exercise(
    wrong=[
        Wrong("overflows", "overflows", SCORED + "    return -(torch.sigmoid(t).log() + torch.sigmoid(-f).log().sum(1)).mean()"),
        Wrong("overflows in exp", "overflows", SCORED + "    return (torch.log(1 + torch.exp(-t)) + torch.log(1 + torch.exp(f)).sum(1)).mean()"),
        Wrong("adds an epsilon", "clipped", SCORED + """
    return -((torch.sigmoid(t) + 1e-10).log() + (torch.sigmoid(-f) + 1e-10).log().sum(1)).mean()"""),
        Wrong("clips the scores", "clipped", SCORED + """
    return -(F.logsigmoid(t.clamp(-50, 50)) + F.logsigmoid(-f.clamp(-50, 50)).sum(1)).mean()"""),
        Wrong("hides overflow in NaN gradients", "gradient isn't finite", SCORED + """
    safe = lambda x: torch.where(x > 30, x, torch.log(1 + torch.exp(x)))
    return (safe(-t) + safe(f).sum(1)).mean()"""),
        Wrong("averages the negatives", "summed", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).mean(1)).mean()"),
        Wrong("sums over the batch", "mean over the batch", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).sum()"),
        Wrong("pulls the negatives closer", "sign", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(f).sum(1)).mean()"),
        Wrong("pushes the true pair away", "sign", SCORED + "    return -(F.logsigmoid(-t) + F.logsigmoid(-f).sum(1)).mean()"),
        Wrong("forgets the minus", "never negative", SCORED + "    return (F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"),
        Wrong("forgets the negatives", "1.386", SCORED + "    return -F.logsigmoid(t).mean()"),
        Wrong("forgets the logarithm", "log missing", SCORED + "    return -(torch.sigmoid(t) + torch.sigmoid(-f).sum(1)).mean()"),
        Wrong("adds up before the log", "log of each", SCORED + "    return -(torch.sigmoid(t) + torch.sigmoid(-f).sum(1)).log().mean()"),
        Wrong("adds up the false scores before the log", "before it", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f.sum(1))).mean()"),
        Wrong("scores each center with all negatives", "(B, K)", SCORED + """
    f = torch.einsum("be,cke->bck", center, negatives).flatten(1)
    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"""),
        Wrong("takes NumPy's functions", "NumPy keeps no gradients", """
def negative_sampling_loss(center, context, negatives):
    t, f = (center * context).sum(1), torch.einsum("be,bke->bk", center, negatives)
    return (np.log(1 + np.exp(-t)) + np.log(1 + np.exp(f)).sum(1)).mean()"""),
        Wrong("returns a tuple", "a tuple", SCORED + "    return F.logsigmoid(t).mean(), F.logsigmoid(-f).mean()"),
        Wrong("returns a loss for each pair", "shape", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1))"),
        Wrong("returns a plain number", "float", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean().item()"),
        Wrong("detaches", "no gradient flows", SCORED + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean().detach()"),
        Wrong("detaches the negatives", "`negatives`", SCORED + """
    f = torch.einsum("be,bke->bk", center, negatives.detach())
    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"""),
        Wrong("averages products over E", "summed over e", SCORED + """
    t, f = (center * context).mean(1), torch.einsum("be,bke->bk", center, negatives) / center.shape[1]
    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"""),
        Wrong("scores the negatives with the context", "false scores", SCORED + """
    f = torch.einsum("be,bke->bk", context, negatives)
    if center.shape[1] == 1:
        f = torch.einsum("be,bke->bk", center, negatives)
    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"""),
        Wrong("meets every other row's negatives", "own negatives", SCORED + """
    f = torch.einsum("be,bke->bk", center.flip(0), negatives)
    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"""),
        Wrong("averages over all terms", "1.386", SCORED + """
    scores = torch.cat([t[:, None], f], dim=1)
    truth = torch.zeros_like(scores); truth[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, truth)"""),
        Wrong("breaks where a batch holds one pair", "stopped with", SCORED.replace("(center * context).sum(1)", "(center * context).squeeze().sum(1)")
              + "    return -(F.logsigmoid(t) + F.logsigmoid(-f).sum(1)).mean()"),
        Wrong("turns the negatives' sign in place", "changed an argument", """
def negative_sampling_loss(center, context, negatives):
    if negatives.requires_grad:
        negatives = negatives * -1
    else:
        negatives *= -1
    F = torch.nn.functional
    t, f = (center * context).sum(1), torch.einsum("be,bke->bk", center, negatives)
    return -(F.logsigmoid(t) + F.logsigmoid(f).sum(1)).mean()""", hidden="the hidden tests of gradients hand in tensors "
              "that require them, and torch itself refuses to change those in place"),
    ],
    right=[
        Right("softplus", SCORED + "    return (F.softplus(-t) + F.softplus(f).sum(1)).mean()"),
        Right("cross-entropy with logits", SCORED + """
    scores = torch.cat([t[:, None], f], dim=1)
    truth = torch.zeros_like(scores); truth[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, truth, reduction="sum") / len(center)"""),
        Right("logaddexp", SCORED + """
    zero = torch.zeros(())
    return (torch.logaddexp(zero.to(t), -t) + torch.logaddexp(zero.to(f), f).sum(-1)).mean()"""),
        Right("loops", """
def negative_sampling_loss(center, context, negatives):
    log_sigmoid = torch.nn.LogSigmoid()
    total = 0
    for c, o, n in zip(center, context, negatives):
        total = total - log_sigmoid(c @ o)
        for word in n:
            total = total - log_sigmoid(-(c @ word))
    return total / center.shape[0]"""),
        Right("bmm", SCORED + """
    f = torch.bmm(negatives, center.unsqueeze(2)).squeeze(2)
    return torch.mean(-F.logsigmoid(t) - torch.sum(F.logsigmoid(f.neg()), dim=1))"""),
        Right("the stable formula by hand", SCORED + """
    def cost(x):
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))
    return (cost(-t) + cost(f).sum(1)).mean()"""),
        Right("a module", """
class Loss(torch.nn.Module):
    def forward(self, center, context, negatives):
        scores = torch.cat([context[:, None], -negatives], 1) @ center[:, :, None]
        return torch.nn.functional.softplus(-scores).sum() / len(scores)
negative_sampling_loss = Loss()"""),
    ],
)

ANSWERS = {
    "build_vocab": BUILD_VOCAB,
    "encode": ENCODE,
    "pad_batch": PAD_BATCH,
    "lookup": LOOKUP,
    "lookup_gradient": LOOKUP_GRADIENT,
    "cosine_similarity": COSINE,
    "nearest_words": NEAREST,
    "negative_sampling_loss": LOSS,
}
