"""Answers to lesson 03's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong

PERPLEXITY_HEAD = """
def perplexity(total_loss, token_count):
    if token_count == 0:
        raise ValueError("no tokens")
"""

PERPLEXITY = Exercise(
    wrong=[
        Wrong("divides after exp", "divide after exp", PERPLEXITY_HEAD + "    return math.exp(total_loss) / token_count"),
        Wrong("forgets exp", "mean loss", PERPLEXITY_HEAD + "    return total_loss / token_count"),
        Wrong("forgets the mean", "exp of the total loss", PERPLEXITY_HEAD + "    return math.exp(total_loss)"),
        Wrong("takes a power of 2", "natural logarithms", PERPLEXITY_HEAD + "    return 2.0 ** (total_loss / token_count)"),
        Wrong("divides by one too many", "the perplexity is 4", PERPLEXITY_HEAD + "    return math.exp(total_loss / (token_count + 1))"),
        Wrong("lets 0 tokens be an infinite perplexity", "raise a ValueError", "def perplexity(total_loss, token_count):\n    return math.exp(total_loss / token_count) if token_count else float('inf')"),
        Wrong("divides by 0 tokens", "ZeroDivisionError", "def perplexity(total_loss, token_count):\n    return math.exp(total_loss / token_count)"),
        Wrong("hides 0 tokens with max", "raise a ValueError", "def perplexity(total_loss, token_count):\n    return math.exp(total_loss / max(token_count, 1))"),
        Wrong("refuses 0 tokens with assert", "AssertionError. Raise a ValueError", "def perplexity(total_loss, token_count):\n    assert token_count > 0\n    return math.exp(total_loss / token_count)"),
        Wrong("returns the ValueError", "should `raise` it", "def perplexity(total_loss, token_count):\n    if token_count == 0:\n        return ValueError('no tokens')\n    return math.exp(total_loss / token_count)"),
        Wrong("divides whole numbers", "`//` leaves out", PERPLEXITY_HEAD + "    return math.exp(total_loss // token_count)"),
        Wrong("takes the minus twice", "no second minus", PERPLEXITY_HEAD + "    return math.exp(-total_loss / token_count)"),
        Wrong("rounds", "is it rounded", PERPLEXITY_HEAD + "    return round(math.exp(total_loss / token_count), 2)"),
        Wrong("refuses one token too", "ValueError", "def perplexity(total_loss, token_count):\n    if token_count <= 1:\n        raise ValueError('no tokens')\n    return math.exp(total_loss / token_count)"),
        Wrong("is cut off at 100", "cut off", PERPLEXITY_HEAD + "    return min(math.exp(total_loss / token_count), 100.0)"),
        Wrong("refuses a loss of 0", "ValueError: no loss", PERPLEXITY_HEAD + "    if not total_loss:\n        raise ValueError('no loss')\n    return math.exp(total_loss / token_count)"),
        Wrong("returns a tensor", "plain float", PERPLEXITY_HEAD + "    return torch.tensor(total_loss / token_count).exp()"),
        Wrong("returns nothing", "return", PERPLEXITY_HEAD + "    value = math.exp(total_loss / token_count)"),
    ],
    right=[
        Right("a power of e", PERPLEXITY_HEAD + "    return math.e ** (total_loss / token_count)"),
        Right("through torch, made a float", PERPLEXITY_HEAD + "    return torch.tensor(total_loss / token_count, dtype=torch.float64).exp().item()"),
        Right("catches the division by zero", """
def perplexity(total_loss, token_count):
    try:
        return math.exp(total_loss / token_count)
    except ZeroDivisionError:
        raise ValueError("no tokens") from None"""),
    ],
)

SHIFT = "def shift_right(targets, start_id):\n"
SHIFT_RIGHT = Exercise(
    wrong=[
        Wrong("returns the targets", "very word", SHIFT + "    return targets.clone()"),
        Wrong("keeps the last column", "a column too many", SHIFT + "    return torch.cat([torch.full_like(targets[:, :1], start_id), targets], dim=1)"),
        Wrong("rolls the last column to the front", "last column came back", SHIFT + "    return targets.roll(1, dims=1)"),
        Wrong("shifts to the left", "to the left", SHIFT + "    return torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], start_id)], dim=1)"),
        Wrong("always takes 2", "start_id=9", SHIFT + "    return torch.cat([torch.full_like(targets[:, :1], 2), targets[:, :-1]], dim=1)"),
        Wrong("drops the first word instead of the last column", "the first word is gone", SHIFT + "    return torch.cat([torch.full_like(targets[:, :1], start_id), targets[:, 1:]], dim=1)"),
        Wrong("writes <start> over the first word", "the first word is gone", SHIFT + "    shifted = targets.clone()\n    shifted[:, 0] = start_id\n    return shifted"),
        Wrong("joins along the wrong axis", "unless `dim` says otherwise", SHIFT + "    return torch.cat([torch.full_like(targets[:, :1], start_id), targets[:, :-1]])"),
        Wrong("works in place", "changed an argument", SHIFT + "    targets[:, 1:] = targets[:, :-1].clone()\n    targets[:, 0] = start_id\n    return targets"),
        Wrong("drops <end> wherever it is", "Nothing but <start>", SHIFT + "    shifted = torch.cat([torch.full_like(targets[:, :1], start_id), targets[:, :-1]], dim=1)\n    return shifted.masked_fill(shifted == 3, 0)"),
        Wrong("makes floats", "int64", SHIFT + "    return torch.cat([torch.full((len(targets), 1), float(start_id)), targets[:, :-1]], dim=1)"),
        Wrong("starts with <end>", "begins with start_id", SHIFT + "    return torch.cat([torch.full_like(targets[:, :1], 3), targets[:, :-1]], dim=1)"),
        Wrong("returns nothing", "return", SHIFT + "    torch.cat([torch.full_like(targets[:, :1], start_id), targets[:, :-1]], dim=1)"),
    ],
    right=[
        Right("roll, then write <start>", SHIFT + "    shifted = targets.roll(1, dims=1)\n    shifted[:, 0] = start_id\n    return shifted"),
        Right("padding and a slice", SHIFT + "    return nn.functional.pad(targets, (1, 0), value=start_id)[:, :-1]"),
        Right("lists", SHIFT + "    return torch.tensor([[start_id] + row[:-1] for row in targets.tolist()])"),
    ],
)

LOSS = "def masked_cross_entropy(logits, targets, pad_id):\n"
MASKED_CROSS_ENTROPY = Exercise(
    wrong=[
        Wrong("counts padding", "counts padding", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())"),
        Wrong("divides by all places", "divide by all 6", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id, reduction='sum') / targets.numel()"),
        Wrong("sums", "is a sum", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id, reduction='sum')"),
        Wrong("divides by the sentences", "number of sentences", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id, reduction='sum') / len(targets)"),
        Wrong("takes the mean of the rows' means", "sentences' means", LOSS + """
    real = targets != pad_id
    each = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return ((each * real).sum(1) / real.sum(1)).mean()"""),
        Wrong("takes 0 for padding whatever pad_id is", "pad_id=2", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)"),
        Wrong("leaves out 0 as well as pad_id", "word like any other", LOSS + """
    real = (targets != pad_id) & (targets != 0)
    each = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return (each * real).sum() / real.sum().clamp(min=1)"""),
        Wrong("takes softmax twice", "softmax was taken twice", LOSS + "    return nn.functional.cross_entropy(logits.softmax(-1).flatten(0, 1), targets.flatten(), ignore_index=pad_id)"),
        Wrong("forgets the minus", "never negative", LOSS + """
    real = targets != pad_id
    each = logits.log_softmax(-1).gather(2, targets[..., None])[..., 0]
    return (each * real).sum() / real.sum()"""),
        Wrong("softmax over the wrong axis", "wrong axis", LOSS + """
    real = targets != pad_id
    each = -logits.log_softmax(1).gather(2, targets[..., None])[..., 0]
    return (each * real).sum() / real.sum()"""),
        Wrong("reshapes to classes instead of transposing", "deals the numbers out anew", LOSS + "    B, T, V = logits.shape\n    return nn.functional.cross_entropy(logits.reshape(B, V, T), targets, ignore_index=pad_id)"),
        Wrong("doesn't flatten", "flatten the logits", LOSS + "    return nn.functional.cross_entropy(logits, targets, ignore_index=pad_id)"),
        Wrong("hands the targets in first", "logits first", LOSS + "    return nn.functional.cross_entropy(targets.flatten(), logits.flatten(0, 1), ignore_index=pad_id)"),
        Wrong("returns the perplexity", "the perplexity", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id).exp()"),
        Wrong("keeps the padding and leaves out the words", "wrong way round", LOSS + "    padding = targets == pad_id\n    return nn.functional.cross_entropy(logits[padding], targets[padding])"),
        Wrong("takes scores for log-probabilities", "log softmax makes them so", LOSS + "    return nn.functional.nll_loss(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)"),
        Wrong("writes into the logits behind autograd's back", "changed an argument", LOSS + "    logits.data[targets == pad_id] = 0\n    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)"),
        Wrong("forgets the log", "and the log?", LOSS + "    real = targets != pad_id\n    return -logits.softmax(-1).gather(2, targets[..., None])[..., 0][real].mean()"),
        Wrong("leaves <end> out too", "<end> (id 3)", LOSS + "    real = (targets != pad_id) & (targets != 3)\n    return nn.functional.cross_entropy(logits[real], targets[real])", hidden="an id 3 is a word like any other there, and in the visible check"),
        Wrong("takes softmax and its log apart", "exp(200)", LOSS + "    real = targets != pad_id\n    return -logits.softmax(-1).gather(2, targets[..., None])[..., 0][real].log().mean()"),
        Wrong("raises e to each score by hand", "too large for a float", LOSS + "    real = targets != pad_id\n    p = logits.exp() / logits.exp().sum(-1, keepdim=True)\n    return -p.gather(2, targets[..., None])[..., 0][real].log().mean()"),
        Wrong("leaves out words whose loss is 0", "a loss of 0 counts", LOSS + """
    each = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none") * (targets != pad_id)
    return each[each != 0].mean()"""),
        Wrong("makes a new tensor of the number", "no gradient", LOSS + "    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)\n    return torch.tensor(loss.item(), requires_grad=True)"),
        Wrong("returns a plain number", "no gradient", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id).item()"),
        Wrong("detaches", "no gradient", LOSS + "    return nn.functional.cross_entropy(logits.detach().flatten(0, 1), targets.flatten(), ignore_index=pad_id)"),
        Wrong("returns a loss for each token", "one number", LOSS + "    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id, reduction='none')"),
        Wrong("changes the logits", "changed an argument", LOSS + "    logits[targets == pad_id] = 0\n    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)"),
        Wrong("needs contiguous logits", "view", LOSS + "    return nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1), ignore_index=pad_id)"),
    ],
    right=[
        Right("classes on the second axis", LOSS + "    return nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=pad_id)"),
        Right("log softmax, gather and a mask", LOSS + """
    real = targets != pad_id
    each = -logits.log_softmax(dim=-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (each * real).sum() / real.sum()"""),
        Right("keeps the real tokens only", LOSS + "    real = targets != pad_id\n    return nn.functional.cross_entropy(logits[real], targets[real])"),
        Right("by hand, in loops", LOSS + """
    losses = []
    for row, ids in zip(logits, targets):
        for scores, right in zip(row, ids):
            if right != pad_id:
                losses.append(torch.logsumexp(scores, 0) - scores[right])
    return torch.stack(losses).mean()"""),
        Right("a sum and a count", LOSS + """
    total = nn.functional.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1), ignore_index=pad_id, reduction="sum")
    return total / (targets != pad_id).sum()"""),
    ],
)


def encoder(forward, cell="nn.GRU(embedding_size, hidden_size, batch_first=True)", more=""):
    """An encoder with this cell and this body of `forward`."""
    return f"""
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = {cell}
        self.hidden_size = hidden_size
{more}
    def forward(self, ids):
{forward}"""


RUN = "        states, _ = self.rnn(self.embedding(ids))\n        last = (ids != 0).sum(1) - 1\n"
PICK = "        return states, states[torch.arange(len(ids)), last]"

ENCODER = Exercise(
    wrong=[
        Wrong("reads the last column", "last column", encoder(RUN + "        return states, states[:, -1]")),
        Wrong("hands on the RNN's final state, padding read", "last column", encoder("        states, final = self.rnn(self.embedding(ids))\n        return states, final[0]")),
        Wrong("takes the mean of the states", "mean of the states", encoder(RUN + "        return states, states.mean(1)")),
        Wrong("takes the masked mean", "mean of the states", encoder(RUN + "        real = (ids != 0)[..., None]\n        return states, (states * real).sum(1) / real.sum(1)")),
        Wrong("is off by one", "one place too early", encoder(RUN + "        return states, states[torch.arange(len(ids)), last - 1]")),
        Wrong("forgets that places count from 0", "place n − 1", encoder(RUN + "        return states, states[torch.arange(len(ids)), last + 1]")),
        Wrong("reads the first padding where there is some", "too late", encoder(RUN + "        return states, states[torch.arange(len(ids)), (last + 1).clamp(max=ids.shape[1] - 1)]")),
        Wrong("reads one place too early, never below 0", "too early", encoder(RUN + "        return states, states[torch.arange(len(ids)), (last - 1).clamp(min=0)]")),
        Wrong("looks for <end>", "at <end>, id 3", encoder(RUN + "        return states, states[torch.arange(len(ids)), (ids == 3).int().argmax(1)]")),
        Wrong("takes <unk> for padding", "last real token", encoder("        states, _ = self.rnn(self.embedding(ids))\n        last = ((ids > 1).sum(1) - 1).clamp(min=0)\n" + PICK)),
        Wrong("packs rows that aren't sorted", "enforce_sorted=False", encoder("""
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(ids), (ids != 0).sum(1), batch_first=True)
        states, final = self.rnn(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=ids.shape[1])
        return states, final[0]""")),
        Wrong("detaches the states", "gradient flows through your states", encoder(RUN + "        return states.detach(), states[torch.arange(len(ids)), last]")),
        Wrong("takes the first state", "first state", encoder(RUN + "        return states, states[:, 0]")),
        Wrong("uses the first row's length for all", "same place in every row", encoder(RUN + "        return states, states[:, last[0]]")),
        Wrong("reads the state at <end>'s largest id", "last real token", encoder(RUN + "        return states, states[torch.arange(len(ids)), ids.argmax(1)]")),
        Wrong("adds up states with padding wiped out", "sum of the states", encoder(RUN + "        return states, (states * (ids != 0)[..., None]).sum(1)")),
        Wrong("forgets batch_first", "batch_first", encoder(RUN + PICK, "nn.GRU(embedding_size, hidden_size)")),
        Wrong("has no RNN", "carry on", encoder("        states = torch.tanh(self.rnn(self.embedding(ids)))\n        last = (ids != 0).sum(1) - 1\n" + PICK, "nn.Linear(embedding_size, hidden_size)")),
        Wrong("is a running sum: a bag of words", "bag of words", encoder("        states = self.rnn(self.embedding(ids)).cumsum(1)\n        last = (ids != 0).sum(1) - 1\n" + PICK, "nn.Linear(embedding_size, hidden_size)")),
        Wrong("makes its layers in forward", "in `__init__`", encoder("        rnn = nn.GRU(self.embedding.embedding_dim, self.hidden_size, batch_first=True)\n        states, _ = rnn(self.embedding(ids))\n        last = (ids != 0).sum(1) - 1\n" + PICK)),
        Wrong("returns the states only", "two things", encoder(RUN + "        return states")),
        Wrong("returns context first", "states", encoder(RUN + "        return states[torch.arange(len(ids)), last], states")),
        Wrong("returns all rows' contexts by accident", "a list of rows too", encoder(RUN + "        return states, states[:, last]")),
        Wrong("detaches the context", "no gradient", encoder(RUN + "        return states, states[torch.arange(len(ids)), last].detach()")),
        Wrong("detaches the embeddings", "no gradient", encoder("        states, _ = self.rnn(self.embedding(ids).detach())\n        last = (ids != 0).sum(1) - 1\n" + PICK)),
        Wrong("returns nothing", "return", encoder(RUN)),
        Wrong("writes <end> over the padding", "changed an argument", encoder("        last = (ids != 0).sum(1) - 1\n        ids[ids == 0] = 3\n        states, _ = self.rnn(self.embedding(ids))\n" + PICK)),
        Wrong("reads backwards and hands on the state in the first place", "what came before it", encoder("        states = self.rnn(self.embedding(ids).flip(1))[0].flip(1)\n        return states, states[:, 0]")),
    ],
    right=[
        Right("an LSTM", encoder(RUN + PICK, "nn.LSTM(embedding_size, hidden_size, batch_first=True)")),
        Right("a tanh RNN", encoder(RUN + PICK, "nn.RNN(embedding_size, hidden_size, batch_first=True)")),
        Right("an RNN with ReLU", encoder(RUN + PICK, "nn.RNN(embedding_size, hidden_size, nonlinearity='relu', batch_first=True)")),
        Right("states normalised", encoder("        states = self.norm(self.rnn(self.embedding(ids))[0])\n        last = (ids != 0).sum(1) - 1\n" + PICK, more="        self.norm = nn.LayerNorm(hidden_size)\n")),
        Right("time first inside", encoder("        states = self.rnn(self.embedding(ids).transpose(0, 1))[0].transpose(0, 1)\n        last = (ids != 0).sum(1) - 1\n" + PICK, "nn.GRU(embedding_size, hidden_size)")),
        Right("gather", encoder(RUN + "        where = last[:, None, None].expand(-1, 1, states.shape[2])\n        return states, states.gather(1, where).squeeze(1)")),
        Right("a loop over the rows", encoder(RUN + "        return states, torch.stack([row[i] for row, i in zip(states, last)])")),
        Right("packed sequences, states at padding 0", encoder("""
        lengths = (ids != 0).sum(1)
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        states, final = self.rnn(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=ids.shape[1])
        return states, final[0]""")),
        Right("a cell in a loop that freezes the state at padding", encoder("""
        h, states = torch.zeros(len(ids), self.hidden_size), []
        for t in range(ids.shape[1]):
            h = torch.where(ids[:, t, None] != 0, self.rnn(self.embedding(ids[:, t]), h), h)
            states.append(h)
        return torch.stack(states, 1), h""", "nn.GRUCell(embedding_size, hidden_size)")),
        Right("one-hot selection", encoder(RUN + "        chosen = nn.functional.one_hot(last, ids.shape[1]).to(states.dtype)\n        return states, torch.einsum('bs,bsh->bh', chosen, states)")),
        Right("embeddings with a padding index, two layers", encoder(RUN + PICK, "nn.GRU(embedding_size, hidden_size, num_layers=2, batch_first=True)", "        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)\n")),
        Right("both directions, half the size each, packed", encoder("""
        lengths = (ids != 0).sum(1)
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True, total_length=ids.shape[1])
        return states, states[torch.arange(len(ids)), lengths - 1]""", "nn.GRU(embedding_size, hidden_size // 2, batch_first=True, bidirectional=True)")),
    ],
)


def decoder(forward, step, cell="nn.GRU(embedding_size, hidden_size, batch_first=True)"):
    """A decoder with these bodies of its two methods."""
    return f"""
class ContextDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = {cell}
        self.output = nn.Linear(hidden_size, vocab_size)
        self.bridge = nn.Linear(hidden_size, hidden_size)

    def forward(self, inputs, context):
        {forward}

    def step(self, token, state):
        {step}"""


FORWARD = "return self.output(self.rnn(self.embedding(inputs), context[None])[0])"
STEP = "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]), state[0]"

CONTEXT_DECODER = Exercise(
    wrong=[
        Wrong("starts from zeros in forward", "ignores the context", decoder("return self.output(self.rnn(self.embedding(inputs))[0])", STEP)),
        Wrong("starts from zeros in both", "ignores the context", decoder("return self.output(self.rnn(self.embedding(inputs))[0])", "_, state = self.rnn(self.embedding(token[:, None]))\n        return self.output(state[0]), state[0]")),
        Wrong("uses the context only in step's twin: zeros first, context added at the end", "added to each state", decoder("return self.output(self.rnn(self.embedding(inputs))[0] + context[:, None])", STEP)),
        Wrong("peeks at the next word", "peek", decoder("inputs = torch.cat([inputs[:, 1:], inputs[:, -1:]], 1)\n        " + FORWARD, STEP)),
        Wrong("reads from right to left", "peek", decoder("states = self.rnn(self.embedding(inputs).flip(1), context[None])[0].flip(1)\n        return self.output(states)", STEP)),
        Wrong("bridges the context in forward only", "first state is the context", decoder("states, _ = self.rnn(self.embedding(inputs), self.bridge(context)[None].tanh())\n        return self.output(states)", STEP)),
        Wrong("step starts from zeros", "another state, the same logits", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]))\n        return self.output(state[0]), state[0]")),
        Wrong("step returns the state it was given", "given", decoder(FORWARD, "_, new = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(new[0]), state")),
        Wrong("step scores the old state", "come from the new state", decoder(FORWARD, "_, new = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state), new[0]")),
        Wrong("step changes the state it returns", "no longer", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]), state[0] * 0.5")),
        Wrong("returns probabilities", "probabilities", decoder("return self.output(self.rnn(self.embedding(inputs), context[None])[0]).softmax(-1)", "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]).softmax(-1), state[0]")),
        Wrong("step alone returns probabilities", "`step` returns probabilities", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]).softmax(-1), state[0]")),
        Wrong("cuts its logits off at 0", "below 0", decoder(FORWARD + ".relu()", "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]).relu(), state[0]")),
        Wrong("step alone takes log softmax", "`step` takes log softmax", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]).log_softmax(-1), state[0]")),
        Wrong("step has layers of its own", "the same layers", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(self.bridge(state[0])), state[0]")),
        Wrong("step takes the batch for one sentence", "aren't one sentence", decoder(FORWARD, "states, _ = self.rnn(self.embedding(token)[None], state[None, :1])\n        return self.output(states[0]), states[0]")),
        Wrong("step detaches the state", "no gradient gets through `step`", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]), state[0].detach()")),
        Wrong("step gives the token no time axis", "one token too (T = 1)", decoder(FORWARD, "_, state = self.rnn(self.embedding(token), state)\n        return self.output(state), state")),
        Wrong("the context has an axis too few", "an axis too few", decoder("return self.output(self.rnn(self.embedding(inputs), context)[0])", STEP)),
        Wrong("shifts its inputs once more", "not shifted once more", decoder("inputs = torch.cat([torch.full_like(inputs[:, :1], 2), inputs[:, :-1]], 1)\n        " + FORWARD, STEP)),
        Wrong("forward reads its own words", "not its own words", decoder("""logits, token, state = [], inputs[:, 0], context
        for _ in range(inputs.shape[1]):
            here, state = self.step(token, state)
            logits.append(here)
            token = here.argmax(-1)
        return torch.stack(logits, 1)""", STEP)),
        Wrong("ignores what it reads", "word that goes in", decoder("return self.output(self.rnn(self.embedding(inputs * 0), context[None])[0])", STEP)),
        Wrong("has no recurrence in forward", "carried on", decoder("states = torch.cat([self.rnn(self.embedding(inputs[:, t:t + 1]), context[None])[0] for t in range(inputs.shape[1])], 1)\n        return self.output(states)", STEP)),
        Wrong("forgets batch_first", "With batch_first=True", decoder(FORWARD, STEP, "nn.GRU(embedding_size, hidden_size)")),
        Wrong("detaches the context", "no gradient", decoder("return self.output(self.rnn(self.embedding(inputs), context.detach()[None])[0])", STEP)),
        Wrong("returns the states", "shape", decoder("return self.rnn(self.embedding(inputs), context[None])[0]", STEP)),
        Wrong("forward returns nothing", "return", decoder("self.rnn(self.embedding(inputs), context[None])", STEP)),
        Wrong("step keeps torch's extra axis", "the state after a step", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]), state")),
        Wrong("step keeps the time axis in the logits", "the logits of a step", decoder(FORWARD, "states, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(states), state[0]")),
        Wrong("step returns the state first", "the logits of a step", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return state[0], self.output(state[0])")),
        Wrong("step returns the logits only", "two things", decoder(FORWARD, "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0])")),
        Wrong("remembers its own state between calls", "second time", decoder("state = getattr(self, 'kept', context[None])\n        states, self.kept = self.rnn(self.embedding(inputs), state)\n        self.kept = self.kept.detach()\n        return self.output(states)", STEP)),
    ],
    right=[
        Right("a tanh RNN", decoder(FORWARD, STEP, "nn.RNN(embedding_size, hidden_size, batch_first=True)")),
        Right("forward is a loop of steps, with a cell", decoder("""logits, state = [], context
        for token in inputs.T:
            here, state = self.step(token, state)
            logits.append(here)
        return torch.stack(logits, 1)""", "state = self.rnn(self.embedding(token), state)\n        return self.output(state), state", "nn.GRUCell(embedding_size, hidden_size)")),
        Right("step is forward's special case, time first inside", decoder("states = self.rnn(self.embedding(inputs.T), context.unsqueeze(0))[0]\n        return self.output(states).transpose(0, 1)", "states, state = self.rnn(self.embedding(token)[None], state.unsqueeze(0).contiguous())\n        return self.output(states)[0], state.squeeze(0)", "nn.GRU(embedding_size, hidden_size)")),
        Right("an LSTM whose two states are the two halves of one", decoder("""logits, state = [], context
        for t in range(inputs.shape[1]):
            here, state = self.step(inputs[:, t], state)
            logits.append(here)
        return torch.stack(logits, dim=1)""", "state = torch.cat(self.rnn(self.embedding(token), state.chunk(2, dim=-1)), dim=-1)\n        return self.output(state), state", "nn.LSTMCell(embedding_size, hidden_size // 2)")),
        Right("log-probabilities serve as logits", decoder("return self.output(self.rnn(self.embedding(inputs), context[None])[0]).log_softmax(-1)", "_, state = self.rnn(self.embedding(token[:, None]), state[None])\n        return self.output(state[0]).log_softmax(-1), state[0]")),
        Right("shared table for reading and saying", """
class ContextDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, embedding_size))
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.down = nn.Linear(hidden_size, embedding_size)
    def step(self, token, state):
        state = self.cell(self.table[token], state)
        return self.down(state) @ self.table.T, state
    def forward(self, inputs, context):
        state, logits = context, []
        for t in range(inputs.size(1)):
            out, state = self.step(inputs[:, t], state)
            logits += [out]
        return torch.stack(logits, 1)"""),
    ],
)

DECODE = """
def greedy_decode(step, state, max_length, start_id, end_id):
    B = state.shape[0]
    token, ended, said = torch.full((B,), start_id), torch.zeros(B, dtype=torch.bool), []
"""

GREEDY_DECODE = Exercise(
    wrong=[
        Wrong("always reads <start>", "has just said", DECODE + """
    first = token
    for _ in range(max_length):
        logits, state = step(first, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("forgets the new state", "first state again", DECODE + """
    for _ in range(max_length):
        logits, _ = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("talks on after <end>", "go on talking", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("stops when the first row ends", "until all have", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.any():
            break
    return torch.stack(said, 1)"""),
        Wrong("never stops early", "stop early", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
    return torch.stack(said, 1)"""),
        Wrong("stops one step late", "three steps are enough", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        if ended.all():
            break
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
    return torch.stack(said, 1)"""),
        Wrong("keeps <start>", "begins with <start>", DECODE + """
    said.append(token)
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("drops <end>", "own <end> stays", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1)
        ended = ended | (token == end_id)
        said.append(token.masked_fill(ended, 0))
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("forgets who has ended", "`ended` must remember", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = token == end_id
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("says <end> instead of 0", "again and again", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, end_id)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("writes 0 in rows that go on", "0 is for rows that have ended", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(~ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("draws a word", "doesn't draw one", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = torch.multinomial(logits.softmax(-1), 1)[:, 0].masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("notes the last column of zeros too", "three steps are enough", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        if ended.all():
            break
        ended = ended | (token == end_id)
    return torch.stack(said, 1)"""),
        Wrong("takes the worst word", "all rows read 0", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmin(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("takes the largest size, sign ignored", "largest score", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.abs().argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("starts with 2 whatever start_id is", "start_id=7", DECODE.replace("start_id), torch", "2), torch") + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("ends at 3 whatever end_id is", "end_id=5", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == 3)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("makes one step more than max_length", "max_length=2", DECODE + """
    for _ in range(max_length + 1):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("writes <end> where max_length cuts", "without <end>", DECODE + """
    for t in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1)
        token = (token if t < max_length - 1 else torch.full_like(token, end_id)).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("stacks the steps as rows", "3 rows, one for each state", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all() and len(said) > 3 or len(said) == 4:
            break
    return torch.stack(said)"""),
        Wrong("adds to the state in place", "changed the state", DECODE + """
    for _ in range(max_length):
        logits, new = step(token, state)
        state.copy_(new)
        token = logits.argmax(-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    return torch.stack(said, 1)"""),
        Wrong("returns nothing", "return", DECODE + "    step(token, state)"),
    ],
    right=[
        Right("a while loop and torch.where", DECODE + """
    while len(said) < max_length and not bool(ended.all()):
        logits, state = step(token, state)
        token = torch.where(ended, torch.zeros_like(token), logits.argmax(1))
        said.append(token)
        ended |= token == end_id
    return torch.stack(said, dim=-1)"""),
        Right("writes into a full tensor, cut at the end", """
def greedy_decode(step, state, max_length, start_id, end_id):
    B = state.shape[0]
    ids = torch.zeros(B, max_length, dtype=torch.long)
    token, alive, t = torch.full((B,), start_id, dtype=torch.long), torch.ones(B, dtype=torch.long), 0
    while t < max_length and alive.any():
        logits, state = step(token, state)
        token = logits.softmax(-1).max(dim=-1).indices
        ids[:, t] = token * alive
        alive = alive * (token != end_id)
        t += 1
    return ids[:, :t]"""),
        Right("the full width kept, zeros to the right", """
def greedy_decode(step, state, max_length, start_id, end_id):
    B = state.shape[0]
    ids, alive = torch.zeros(B, max_length, dtype=torch.long), torch.ones(B, dtype=torch.bool)
    token = torch.full((B,), start_id)
    for t in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(-1) * alive
        ids[:, t] = token
        alive = alive & (token != end_id)
        if not alive.any():
            break
    return ids"""),
        Right("lists of rows", """
def greedy_decode(step, state, max_length, start_id, end_id):
    rows, token = [[] for _ in range(state.shape[0])], torch.full((state.shape[0],), start_id)
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.argmax(dim=-1)
        for row, word in zip(rows, token.tolist()):
            row.append(0 if end_id in row else word)
        if all(end_id in row for row in rows):
            break
    return torch.tensor(rows)"""),
        Right("goes on reading what ended rows say, zeros in the end", DECODE + """
    for _ in range(max_length):
        logits, state = step(token, state)
        token = logits.topk(1).indices[:, 0]
        said.append(token)
        ended = ended | (token == end_id)
        if ended.all():
            break
    ids = torch.stack(said, 1)
    after = (ids == end_id).cumsum(1) - (ids == end_id).long() > 0
    return ids.masked_fill(after, 0)"""),
    ],
)

MATCH = "def exact_match(predictions, targets):\n"
PADDED = MATCH + """
    width = max(predictions.shape[1], targets.shape[1])
    p = nn.functional.pad(predictions, (0, width - predictions.shape[1]))
    t = nn.functional.pad(targets, (0, width - targets.shape[1]))
"""

EXACT_MATCH = Exercise(
    wrong=[
        Wrong("compares everything, also what follows <end>", "what follows <end>", PADDED + "    return (p == t).all(1)"),
        Wrong("ignores what follows the target's <end> only where the target is real", "what follows <end> in the target", PADDED + "    return ((p == t) | (t == 0)).all(1)"),
        Wrong("compares up to the shorter width", "though it is narrower", MATCH + """
    width = min(predictions.shape[1], targets.shape[1])
    def cut(row):
        row = row[:width]
        return row[:row.index(3) + 1] if 3 in row else row
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("leaves <end> out", "<end> counts", MATCH + """
    def cut(row):
        row = row[:row.index(3)] if 3 in row else row
        return [x for x in row if x]
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("drops zeros in the middle too", "a 0 before <end> counts", MATCH + """
    def cut(row):
        row = row[:row.index(3) + 1] if 3 in row else row
        return [x for x in row if x]
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("keeps trailing zeros", "trailing zeros", MATCH + """
    def cut(row):
        return row[:row.index(3) + 1] if 3 in row else row
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("compares bags of words", "another order", MATCH + """
    def cut(row):
        return sorted(row[:row.index(3) + 1] if 3 in row else row)
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("gives the share of right words", "is bool", PADDED + "    return (p == t).float().mean(1)"),
        Wrong("gives a list", "torch tensor; yours is a list", MATCH + """
    def cut(row):
        row = row[:row.index(3) + 1] if 3 in row else row
        return "".join(map(chr, row)).rstrip(chr(0))
    return [cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())]"""),
        Wrong("cuts at the first 0 too", "0 before <end> is no end", MATCH + """
    def cut(row):
        row = row[:row.index(3) + 1] if 3 in row else row
        return row[:row.index(0)] if 0 in row else row
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("needs an <end> in each row", "a row may have no <end>", MATCH + """
    def cut(row):
        return row[:row.index(3) + 1]
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("gives one number for the batch", "shape", PADDED + "    return (p == t).all()"),
        Wrong("gives 0 and 1", "is bool", MATCH + """
    def cut(row):
        row = row[:row.index(3) + 1] if 3 in row else row
        return "".join(map(chr, row)).rstrip(chr(0))
    return torch.tensor([int(cut(a) == cut(b)) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("needs equal widths", "the shapes don't fit", MATCH + """
    p, t = (x.masked_fill((x == 3).cumsum(1) - (x == 3).long() > 0, 0) for x in (predictions, targets))
    return (p == t).all(1)"""),
        Wrong("cuts at the last <end>", "ignored", MATCH + """
    def cut(row):
        row = row[:len(row) - row[::-1].index(3)] if 3 in row else row
        while row and row[-1] == 0:
            row = row[:-1]
        return row
    return torch.tensor([cut(a) == cut(b) for a, b in zip(predictions.tolist(), targets.tolist())])"""),
        Wrong("cuts both at the target's <end>", "isn't 5 6 <end>", MATCH + """
    right = []
    for a, b in zip(predictions.tolist(), targets.tolist()):
        n = b.index(3) if 3 in b else len(b)
        right.append(a[:n] == b[:n])
    return torch.tensor(right)"""),
        Wrong("writes zeros into the predictions", "changed an argument", MATCH + """
    for ids in (predictions, targets):
        ids[(ids == 3).cumsum(1) - (ids == 3).long() > 0] = 0
    width = max(predictions.shape[1], targets.shape[1])
    p = nn.functional.pad(predictions, (0, width - predictions.shape[1]))
    t = nn.functional.pad(targets, (0, width - targets.shape[1]))
    return (p == t).all(1)"""),
        Wrong("returns nothing", "return", PADDED),
    ],
    right=[
        Right("cumsum, no loop", PADDED + """
    p, t = (x.masked_fill((x == 3).cumsum(1) - (x == 3).long() > 0, 0) for x in (p, t))
    return (p == t).all(dim=1)"""),
        Right("text", MATCH + """
    def text(row):
        words = " ".join(map(str, row)) + " "
        before, end, _ = (" " + words).partition(" 3 ")
        if end:
            return before + end
        while words.endswith("0 ") and words.split()[-1] == "0":
            words = words[:-2]
        return words
    return torch.tensor([text(a) == text(b) for a, b in zip(predictions.tolist(), targets.tolist())], dtype=torch.bool)"""),
        Right("position by position", MATCH + """
    right = []
    for a, b in zip(predictions.tolist(), targets.tolist()):
        same = True
        for t in range(max(len(a), len(b))):
            x, y = (row[t] if t < len(row) else 0 for row in (a, b))
            if x != y:
                same = False
            if x != y or x == 3:
                break
        right.append(same)
    return torch.tensor(right)"""),
    ],
)

ANSWERS = {"perplexity": PERPLEXITY, "shift_right": SHIFT_RIGHT, "masked_cross_entropy": MASKED_CROSS_ENTROPY,
           "Encoder": ENCODER, "ContextDecoder": CONTEXT_DECODER, "greedy_decode": GREEDY_DECODE,
           "exact_match": EXACT_MATCH}
