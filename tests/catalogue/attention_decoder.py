"""Answers to lesson 06's exercises: wrong ones with the hint they must get, and right ones."""

# ruff: noqa: E501
# An answer of one line stays on one line.

from tests.catalogue import Exercise, Right, Wrong

LUONG = '''
class LuongDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, score="general"):
        super().__init__()
        E, H = embedding_size, hidden_size
        self.kind = score
        self.embedding, self.rnn = nn.Embedding(vocab_size, E), nn.GRU(E, H, batch_first=True)
        self.combine, self.output = nn.Linear(2 * H, H), nn.Linear(H, vocab_size)
        if score in ("general", "additive"):
            self.W_q = nn.Linear(H, H, bias=False)
        if score == "additive":
            self.W_k, self.v = nn.Linear(H, H, bias=False), nn.Linear(H, 1, bias=False)

    def score(self, states, keys):
        if self.kind == "dot":
            return states @ keys.mT
        if self.kind == "general":
            return self.W_q(states) @ keys.mT
        pairs = self.W_q(states)[:, :, None] + self.W_k(keys)[:, None]
        return self.v(torch.tanh(pairs))[..., 0]

    def look(self, states, encoder_states, mask):
        weights = masked_softmax(self.score(states, encoder_states), mask[:, None])
        context = weights @ encoder_states
        attentional = torch.tanh(self.combine(torch.cat([states, context], dim=-1)))
        return self.output(attentional), weights

    def forward(self, inputs, encoder_states, mask, state):
        states, _ = self.rnn(self.embedding(inputs), state[None])
        return self.look(states, encoder_states, mask)

    def step(self, token, encoder_states, mask, state):
        states, _ = self.rnn(self.embedding(token[:, None]), state[None])
        logits, weights = self.look(states, encoder_states, mask)
        return logits[:, 0], states[:, 0], weights[:, 0]
'''


def luong(*changes):
    """The decoder with some of its text exchanged: old, new, old, new."""
    return exchanged(LUONG, *changes)


def exchanged(code, *changes):
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in code, old
        code = code.replace(old, new)
    return code


SOFT = "masked_softmax(self.score(states, encoder_states), mask[:, None])"

LUONG_DECODER = Exercise(
    wrong=[
        Wrong("no mask", "padding gets some weight", luong(SOFT, "torch.softmax(self.score(states, encoder_states), -1)")),
        Wrong("mask turned round", "padding gets some weight", luong("mask[:, None]", "~mask[:, None]")),
        Wrong("returns scores as weights", "add up to 1", luong("return self.output(attentional), weights", "return self.output(attentional), weights * 2")),
        Wrong("returns raw scores", "negative", luong("return self.output(attentional), weights", "return self.output(attentional), self.score(states, encoder_states)")),
        Wrong("softmax over the steps", "add up to 1", luong(SOFT, "torch.softmax(self.score(states, encoder_states), 1) * mask[:, None]")),
        Wrong("leaves the context out", "does the context reach", luong("[states, context]", "[states, states]")),
        Wrong("leaves the state out", "depend on the word", luong("[states, context]", "[0 * states, context * 0 + encoder_states[:, :1]]")),
        Wrong("ignores the first state", "first state", luong("self.rnn(self.embedding(inputs), state[None])", "self.rnn(self.embedding(inputs))")),
        Wrong("softmax on the logits", "probabilities", luong("return self.output(attentional), weights", "return self.output(attentional).softmax(-1), weights")),
        Wrong("the first state asks at all steps", "same weights", luong("weights = masked_softmax(self.score(states,", "weights = masked_softmax(self.score(states[:, :1].expand_as(states),")),
        Wrong("equal weights", "equal weights", luong(SOFT, "(mask / mask.sum(1, keepdim=True))[:, None].expand(-1, states.shape[1], -1)")),
        Wrong("the previous state asks", "recurrence comes first", luong("return self.look(states, encoder_states, mask)", "return self.late(states, encoder_states, mask, state)") + '''
    def late(self, states, encoder_states, mask, state):
        asking = torch.cat([state[:, None], states[:, :-1]], 1)
        weights = masked_softmax(self.score(asking, encoder_states), mask[:, None])
        joined = torch.cat([states, weights @ encoder_states], dim=-1)
        return self.output(torch.tanh(self.combine(joined))), weights
'''),
        Wrong("step hands on the old state", "state that it was given", luong("return logits[:, 0], states[:, 0], weights[:, 0]", "return logits[:, 0], state, weights[:, 0]")),
        Wrong("step starts from zero", "first step and `forward` disagree", luong("self.rnn(self.embedding(token[:, None]), state[None])", "self.rnn(self.embedding(token[:, None]))")),
        Wrong("squeezes every axis of 1", "a batch of one", luong("return logits[:, 0], states[:, 0], weights[:, 0]", "return logits.squeeze(), states.squeeze(), weights.squeeze()")),
        Wrong("step returns state and logits", "the logits of a step", luong("return logits[:, 0], states[:, 0], weights[:, 0]", "return states[:, 0], logits[:, 0], weights[:, 0]")),
        Wrong("step leaves the tanh out", "disagree", luong("logits, weights = self.look(states, encoder_states, mask)", "weights = masked_softmax(self.score(states, encoder_states), mask[:, None])\n        logits = self.output(self.combine(torch.cat([states, weights @ encoder_states], -1)))")),
        Wrong("detaches the encoder's states", "gradient", luong("context = weights @ encoder_states", "context = (weights @ encoder_states).detach()")),
        Wrong("batch and time mixed up", "stopped with", luong("[None])\n        return self.look", "[None])\n        states = states.transpose(0, 1)\n        return self.look")),
        Wrong("forward returns logits only", "logits, weights", luong("[None])\n        return self.look(states, encoder_states, mask)", "[None])\n        return self.look(states, encoder_states, mask)[0]")),
        Wrong("returns nothing", "return", luong("[None])\n        return self.look(states, encoder_states, mask)", "[None])\n        self.look(states, encoder_states, mask)")),
        Wrong("the state doesn't reach the output", "decoder's own state reach the output", luong("[states, context]", "[context, context]")),
        Wrong("no tanh", "is the tanh", luong("torch.tanh(self.combine(torch.cat([states, context], dim=-1)))", "self.combine(torch.cat([states, context], dim=-1))")),
        Wrong("scaled dot products", "softmax of s·h", luong("return states @ keys.mT", "return states @ keys.mT / 2")),
        Wrong("always general", "softmax of s·h", luong('if self.kind == "dot":', 'if self.kind == "nothing":', 'if score in ("general", "additive"):', "if True:", 'if self.kind == "general":', "if True:")),
        Wrong("a relu in the additive score", "tanh keeps them small", luong("self.v(torch.tanh(pairs))", "self.v(torch.relu(pairs))")),
        Wrong("dot without being asked", 'one with score="general"', luong('score="general"', 'score="dot"')),
        Wrong("a softmax that padding can overflow", "Mask the scores first", luong(SOFT, "self.soft(self.score(states, encoder_states), mask)") + '''
    def soft(self, scores, mask):
        parts = torch.exp(scores - scores.amax(-1, keepdim=True)) * mask[:, None]
        return parts / parts.sum(-1, keepdim=True)
'''),
        Wrong("a mask of −100", "padding gets some weight", luong(SOFT, "torch.softmax(self.score(states, encoder_states) - 100.0 * ~mask[:, None], -1)")),
        Wrong("changes the encoder's states", "`encoder_states`", luong("context = weights @ encoder_states", "encoder_states.mul_(mask[..., None])\n        context = weights @ encoder_states")),
        Wrong("looks at all words to come", "peek", luong("self.rnn(self.embedding(inputs), state[None])", "self.rnn(self.embedding(inputs) + self.embedding(inputs).mean(1, keepdim=True), state[None])")),
    ],
    right=[
        Right("einsum, its own mask", luong(SOFT, "torch.softmax(self.score(states, encoder_states).masked_fill(~mask[:, None], -1e9), -1)",
                                            "weights @ encoder_states", "torch.einsum('bts,bsh->bth', weights, encoder_states)")),
        Right("a softmax of its own", luong(SOFT, "self.soft(self.score(states, encoder_states), mask)") + '''
    def soft(self, scores, mask):
        kept = scores.masked_fill(~mask[:, None], -1e30)
        parts = torch.exp(kept - kept.amax(-1, keepdim=True))
        return parts / parts.sum(-1, keepdim=True)
'''),
        Right("step by step in forward", luong("        states, _ = self.rnn(self.embedding(inputs), state[None])\n        return self.look(states, encoder_states, mask)", """        found = []
        for t in range(inputs.shape[1]):
            logits, state, weights = self.step(inputs[:, t], encoder_states, mask, state)
            found.append((logits, weights))
        return tuple(torch.stack(side, 1) for side in zip(*found))""")),
        Right("the context first, an LSTM's worth of names", luong("[states, context]", "[context, states]")),
        Right("step asks forward", luong("        states, _ = self.rnn(self.embedding(token[:, None]), state[None])\n        logits, weights = self.look(states, encoder_states, mask)\n        return logits[:, 0], states[:, 0], weights[:, 0]", """        logits, weights = self.forward(token.unsqueeze(1), encoder_states, mask, state)
        _, state = self.rnn(self.embedding(token).unsqueeze(1), state.unsqueeze(0))
        return logits.squeeze(1), state.squeeze(0), weights.squeeze(1)""")),
    ],
)

BAHDANAU = '''
class BahdanauDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        E, H = embedding_size, hidden_size
        self.embedding = nn.Embedding(vocab_size, E)
        self.W_q, self.W_k = nn.Linear(H, H, bias=False), nn.Linear(H, H, bias=False)
        self.v = nn.Linear(H, 1, bias=False)
        self.cell = nn.GRUCell(E + H, H)
        self.output = nn.Linear(H, vocab_size)

    def next_state(self, embedded, encoder_states, keys, mask, state):
        scores = self.v(torch.tanh(self.W_q(state)[:, None] + keys))[..., 0]
        weights = masked_softmax(scores, mask)
        context = (weights[:, None] @ encoder_states)[:, 0]
        return self.cell(torch.cat([embedded, context], dim=-1), state), weights

    def forward(self, inputs, encoder_states, mask, state):
        keys = self.W_k(encoder_states)
        states, all_weights = [], []
        for token in inputs.unbind(dim=1):
            state, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)
            states.append(state)
            all_weights.append(weights)
        return self.output(torch.stack(states, dim=1)), torch.stack(all_weights, dim=1)

    def step(self, token, encoder_states, mask, state):
        keys = self.W_k(encoder_states)
        state, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)
        return self.output(state), state, weights
'''


def bahdanau(*changes):
    return exchanged(BAHDANAU, *changes)


CELL = "return self.cell(torch.cat([embedded, context], dim=-1), state), weights"

BAHDANAU_DECODER = Exercise(
    wrong=[
        Wrong("no mask", "padding gets some weight", bahdanau("masked_softmax(scores, mask)", "torch.softmax(scores, -1)")),
        Wrong("the context doesn't enter the cell", "does the context reach", bahdanau("[embedded, context]", "[embedded, 0 * context]")),
        Wrong("the new state asks", "previous state asks", bahdanau(CELL, """new = self.cell(torch.cat([embedded, context], dim=-1), state)
        weights = masked_softmax(self.v(torch.tanh(self.W_q(new)[:, None] + keys))[..., 0], mask)
        context = (weights[:, None] @ encoder_states)[:, 0]
        return self.cell(torch.cat([embedded, context], dim=-1), state), weights""")),
        Wrong("the state isn't carried on", "same weights", bahdanau("            state, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)\n            states", "            new, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)\n            states", "states.append(state)", "states.append(new)")),
        Wrong("the first state asks at all steps", "same weights", bahdanau("        states, all_weights = [], []", "        states, all_weights, first = [], [], state", "            states.append(state)\n            all_weights.append(weights)", "            states.append(state)\n            all_weights.append(masked_softmax(self.v(torch.tanh(self.W_q(first)[:, None] + keys))[..., 0], mask))")),
        Wrong("all rows look at the first one's states", "its own states", bahdanau("(weights[:, None] @ encoder_states)", "(weights[:, None] @ encoder_states[:1])")),
        Wrong("the tanh is missing, so the query cancels", "tanh comes before v", bahdanau("torch.tanh(self.W_q(state)[:, None] + keys)", "(self.W_q(state)[:, None] + keys)")),
        Wrong("step hands on the old state", "state that it was given", bahdanau("        state, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)\n        return self.output(state), state, weights", "        new, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)\n        return self.output(new), state, weights")),
        Wrong("step leaves W_k out", "disagree", bahdanau("keys = self.W_k(encoder_states)\n        state, weights", "keys = encoder_states\n        state, weights")),
        Wrong("stacks along the batch", "shape", bahdanau("torch.stack(states, dim=1)", "torch.stack(states, dim=0)", "torch.stack(all_weights, dim=1)", "torch.stack(all_weights, dim=0)")),
        Wrong("softmax over the batch", "add up to 1", bahdanau("masked_softmax(scores, mask)", "torch.softmax(scores, 0) * mask")),
        Wrong("returns the logits only", "logits, weights", bahdanau(", torch.stack(all_weights, dim=1)", "")),
        Wrong("detaches the state", "no gradient", bahdanau("self.W_q(state)[:, None]", "self.W_q(state).detach()[:, None]")),
        Wrong("the state goes on detached", "from the last step back to the first state", bahdanau("            states.append(state)", "            states.append(state)\n            state = state.detach()")),
        Wrong("detaches the encoder's states", "through the context", bahdanau("@ encoder_states)", "@ encoder_states.detach())")),
        Wrong("the keys as values", "made of the keys", bahdanau("(weights[:, None] @ encoder_states)", "(weights[:, None] @ keys)")),
        Wrong("adds the context to the state", "nothing is added", bahdanau("state), weights", "state) + context, weights")),
        Wrong("dot products", "tanh keeps them small", bahdanau("self.v(torch.tanh(self.W_q(state)[:, None] + keys))[..., 0]", "(keys @ self.W_q(state)[..., None])[..., 0] + 0 * self.v(keys)[..., 0]")),
        Wrong("a mask of −10", "padding gets some weight", bahdanau("masked_softmax(scores, mask)", "torch.softmax(scores - 10.0 * ~mask, -1)")),
        Wrong("starts from zero", "first state", bahdanau("        states, all_weights = [], []", "        states, all_weights, state = [], [], 0 * state")),
        Wrong("returns nothing", "return", bahdanau("        return self.output(torch.stack(states, dim=1)), torch.stack(all_weights, dim=1)\n", "")),
        Wrong("softmax on the logits", "probabilities", bahdanau("return self.output(torch.stack(states, dim=1)),", "return self.output(torch.stack(states, dim=1)).softmax(-1),")),
    ],
    right=[
        Right("forward made of steps", bahdanau("""            state, weights = self.next_state(self.embedding(token), encoder_states, keys, mask, state)
            states.append(state)""", """            _, state, weights = self.step(token, encoder_states, mask, state)
            states.append(state)""")),
        Right("the context first", bahdanau("[embedded, context]", "[context, embedded]").replace("E + H", "H + E")),
        Right("einsum and its own mask", bahdanau("masked_softmax(scores, mask)", "torch.softmax(scores.masked_fill(~mask, -1e9), dim=1)", "(weights[:, None] @ encoder_states)[:, 0]", "torch.einsum('bs,bsh->bh', weights, encoder_states)")),
    ],
)


def aer(*lines):
    return "def alignment_error_rate(weights, sure, possible):\n" + "".join(f"    {line}\n" for line in lines)


FOUND = "found = set(enumerate(weights.argmax(dim=1).tolist()))"

ALIGNMENT_ERROR_RATE = Exercise(
    wrong=[
        Wrong("returns the share that is right", "your rate is 1", aer(FOUND, "possible = possible | sure", "return (len(found & sure) + len(found & possible)) / (len(found) + len(sure))")),
        Wrong("links are (s, t)", "target first", aer("found = {(s, t) for t, s in enumerate(weights.argmax(dim=1).tolist())}", "return 1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure))")),
        Wrong("tensors in the links", "two ints", aer("found = {(t, s) for t, s in enumerate(weights.argmax(dim=1))}", "return 1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure))")),
        Wrong("counts from 1", "counted from 0", aer("found = {(t + 1, s + 1) for t, s in enumerate(weights.argmax(dim=1).tolist())}", "return 1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure))")),
        Wrong("argmax over the targets", "counted from 0", aer("found = {(s, t) for t, s in enumerate(weights.argmax(dim=0).tolist())}", "found = {(t, s) for s, t in found}", "return 1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure))")),
        Wrong("sure links don't count as possible", "sure links count as possible", aer(FOUND, "return 1 - (len(found & sure) + len(found & possible)) / (len(found) + len(sure))")),
        Wrong("links above a half", "threshold", aer("found = {(t, int(s)) for t, row in enumerate(weights) for s in range(len(row)) if 0.39 < row[s] < 1}", "possible = possible | sure", "return 1 - (len(found & sure) + len(found & possible)) / max(len(found) + len(sure), 1)")),
        Wrong("counts a hit once", "(3 + 3)/(3 + 3)", aer(FOUND, "return 1 - len(found & (sure | possible)) / (len(found) + len(sure))")),
        Wrong("each source word links", "largest weight", aer("found = {(t, s) for s, t in enumerate(weights.argmax(dim=0).tolist())}", "return 1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure))")),
        Wrong("forgets <end>, which isn't there", "Each row", aer("found = set(enumerate(weights[:-1].argmax(dim=1).tolist()))" , "return 1 - (len(found & sure) + len(found & (possible | sure))) / max(len(found) + len(sure), 1)")),
        Wrong("only the possible hits", "0.25", aer(FOUND, "possible = possible | sure", "return 1 - len(found & possible) / len(found)")),
        Wrong("only the sure hits", "0.25", aer(FOUND, "return 1 - 2 * len(found & sure) / (len(found) + len(sure))")),
        Wrong("divides by |A| + |P|", "0.25", aer(FOUND, "possible = possible | sure", "return 1 - (len(found & sure) + len(found & possible)) / (len(found) + len(possible))")),
        Wrong("changes the caller's set", "changed an argument", aer(FOUND, "possible |= sure | {(99, 99)}", "return 1 - (len(found & sure) + len(found & possible)) / (len(found) + len(sure))")),
        Wrong("gives a tensor", "float", aer(FOUND, "return torch.tensor(1 - (len(found & sure) + len(found & (possible | sure))) / (len(found) + len(sure)))")),
        Wrong("returns nothing", "return", aer(FOUND)),
    ],
    right=[
        Right("sums of booleans", aer("links = [(t, int(row.argmax())) for t, row in enumerate(weights)]", "hits = sum((link in sure) + (link in sure or link in possible) for link in links)", "return 1 - hits / (len(links) + len(sure))")),
        Right("max with indices", aer("links = {(t, s.item()) for t, s in enumerate(weights.max(-1).indices)}", "both = sure.union(possible)", "return 1.0 - (len(links.intersection(sure)) + len(links.intersection(both))) / (weights.shape[0] + len(sure))")),
    ],
)

BEAM = '''
def beam_search(step, state, width, max_length, start_id, end_id, length_penalty=0.0):
    beam = [([], 0.0, state)]
    def score(hypothesis):
        tokens, total, _ = hypothesis
        return total / max(len(tokens), 1) ** length_penalty

    for _ in range(max_length):
        candidates = []
        for tokens, total, state in beam:
            if tokens and tokens[-1] == end_id:
                candidates.append((tokens, total, state))
                continue
            log_probs, following = step(tokens[-1] if tokens else start_id, state)
            for word, log_p in enumerate(log_probs.tolist()):
                candidates.append((tokens + [word], total + log_p, following))
        beam = sorted(candidates, key=score, reverse=True)[:width]
    return [(hypothesis[0], score(hypothesis)) for hypothesis in beam]
'''


def beam(*changes):
    return exchanged(BEAM, *changes)


KEEP = """            if tokens and tokens[-1] == end_id:
                candidates.append((tokens, total, state))
                continue
"""

BEAM_SEARCH = Exercise(
    wrong=[
        Wrong("goes on after <end>", "called after <end>", beam(KEEP, "")),
        Wrong("drops finished hypotheses", "nothing comes back", beam("                candidates.append((tokens, total, state))\n                continue", "                continue")),
        Wrong("greedy whatever the width", "greedy finds", beam("[:width]", "[:1]")),
        Wrong("keeps one more than width", "with width 1", beam("[:width]", "[:width + 1]")),
        Wrong("keeps the worst", "worst", beam("reverse=True", "reverse=False")),
        Wrong("multiplies log probabilities", "with width 1", beam("total + log_p", "(total or -1.0) * -log_p if log_p > -1e9 else -1e9")),
        Wrong("always reads <start>", "best first word", beam("step(tokens[-1] if tokens else start_id, state)", "step(start_id, state)")),
        Wrong("hands on no state", "first state again", beam("log_probs, following = step(tokens[-1] if tokens else start_id, state)", "log_probs, following = step(tokens[-1] if tokens else start_id, state)[0], state")),
        Wrong("all go on from the last one's state", "from its own state", beam("beam = sorted(candidates, key=score, reverse=True)[:width]", "beam = [(tokens, total, following) for tokens, total, _ in sorted(candidates, key=score, reverse=True)[:width]]")),
        Wrong("one list for all", "makes a new one", beam("(tokens + [word], total", "(tokens.append(word) or tokens, total")),
        Wrong("<end> is 3", "called after <end>, here 0", beam("tokens[-1] == end_id", "tokens[-1] == 3")),
        Wrong("<start> is 2", "start_id, here 4", beam("else start_id", "else 2")),
        Wrong("never says <start>", "words that may be said", beam("                candidates.append((tokens + [word]", "                if word != start_id: candidates.append((tokens + [word]")),
        Wrong("prunes without the penalty", "decide who stays", beam("beam = sorted(candidates, key=score, reverse=True)[:width]", "beam = sorted(candidates, key=lambda hypothesis: -hypothesis[1])[:width]", "    return [(hypothesis[0]", "    beam.sort(key=score, reverse=True)\n    return [(hypothesis[0]")),
        Wrong("stops when the best has ended", "could go on", beam("        candidates = []\n", "        if beam[0][0][-1:] == [end_id]:\n            break\n        candidates = []\n")),
        Wrong("one of equals", "equal scores", beam("beam = sorted(candidates, key=score", "beam = sorted({round(score(one), 9): one for one in candidates}.values(), key=score")),
        Wrong("forgets the new state", "has the score", beam("(tokens + [word], total + log_p, following)", "(tokens + [word], total + log_p, (2,) if state is None else state)")),
        Wrong("hands a tensor to step", "Python int", beam("step(tokens[-1] if tokens else start_id, state)", "step(torch.tensor(tokens[-1] if tokens else start_id), state)")),
        Wrong("keeps <start>", "<start> isn't part", beam("for hypothesis in beam]", "for hypothesis in beam]\n    return out", "return [(hypothesis[0], score", "out = [([start_id] + hypothesis[0], score")),
        Wrong("drops <end>", "keeps its <end>", beam("return [(hypothesis[0],", "return [([word for word in hypothesis[0] if word != end_id],")),
        Wrong("no length penalty", "length_penalty 1", beam("return total / max(len(tokens), 1) ** length_penalty", "return total")),
        Wrong("drops unfinished ones", "max_length 1", beam("for hypothesis in beam]", "for hypothesis in beam if hypothesis[0][-1] == end_id]")),
        Wrong("each hypothesis keeps one word", "greedy finds", beam("            for word, log_p in enumerate(log_probs.tolist()):\n", "            for word, log_p in [max(enumerate(log_probs.tolist()), key=lambda pair: pair[1])]:\n")),
        Wrong("tokens only", "a list of Python ints", beam("return [(hypothesis[0], score(hypothesis))", "return [hypothesis[0]")),
        Wrong("returns nothing", "return", beam("    return [(hypothesis[0], score(hypothesis)) for hypothesis in beam]\n", "")),
    ],
    right=[
        Right("topk of each", beam("            for word, log_p in enumerate(log_probs.tolist()):\n", "            best = log_probs.topk(min(width, len(log_probs)))\n            for word, log_p in zip(best.indices.tolist(), best.values.tolist()):\n")),
        Right("tuples", beam("(tokens + [word], total", "((*tokens, word), total", "beam = [([], 0.0", "beam = [((), 0.0")),
        Right("stops when all have ended", beam("        candidates = []\n", "        if all(tokens and tokens[-1] == end_id for tokens, _, _ in beam):\n            break\n        candidates = []\n")),
    ],
)

ANSWERS = {"LuongDecoder": LUONG_DECODER, "BahdanauDecoder": BAHDANAU_DECODER,
           "alignment_error_rate": ALIGNMENT_ERROR_RATE, "beam_search": BEAM_SEARCH}
