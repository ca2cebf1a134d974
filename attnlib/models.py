"""The course's models. Each is written out in a lesson before a later lesson imports it from here.

B batch, S source length, T target length, E embedding size, H hidden size, V vocabulary size. Ids are
int64, 0 is padding, on the right.
"""

import torch
from torch import nn

from attnlib.course.attention import masked_softmax

START, END = 2, 3


class Encoder(nn.Module):
    """Lesson 03: a GRU that reads the source and hands on its last state.

    bidirectional (lesson 06): a second GRU reads from the end. Each makes half of a state, so H is even.
    """

    def __init__(self, vocab_size, embedding_size, hidden_size, bidirectional=False):
        super().__init__()
        if bidirectional and hidden_size % 2:
            raise ValueError(f"hidden_size is {hidden_size}; a bidirectional encoder needs an even one, "
                             "half for each way")
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        size = hidden_size // 2 if bidirectional else hidden_size
        self.rnn = nn.GRU(embedding_size, size, batch_first=True)
        self.backwards = nn.GRU(embedding_size, size, batch_first=True) if bidirectional else None

    def forward(self, ids):
        """Ids (B,S) to (states (B,S,H), context (B,H)), the state at each row's last real token.

        Of a bidirectional encoder, the context is what each of the two has read in the end.
        """
        if ids.ndim != 2 or ids.numel() == 0:
            raise ValueError(f"ids have shape {tuple(ids.shape)}; expected (B, S) with at least one row and one token")
        last = (ids != 0).sum(dim=1) - 1                                     # (B,)
        if (last < 0).any():
            raise ValueError(f"row {int(last.argmin())} of ids {tuple(ids.shape)} is all padding; "
                             "each row needs a real token, at least <end>")
        embedded = self.embedding(ids)                                       # (B, S, E)
        states, _ = self.rnn(embedded)                                       # (B, S, H)
        context = states[torch.arange(len(ids), device=ids.device), last]
        if self.backwards is None:
            return states, context
        # Real tokens from last to first, padding where it is: the same places turn the states round again.
        places = torch.arange(ids.shape[1], device=ids.device)               # (S,)
        turned = torch.where(places <= last[:, None], last[:, None] - places, places)[..., None]      # (B, S, 1)
        back, _ = self.backwards(embedded.gather(1, turned.expand_as(embedded)))
        back = back.gather(1, turned.expand_as(back))                        # (B, S, H/2)
        return torch.cat([states, back], dim=-1), torch.cat([context, back[:, 0]], dim=-1)


class ContextDecoder(nn.Module):
    """Lesson 03: a GRU that starts with the context as its state and says one token after the other."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, inputs, context):
        """What the decoder reads, (B,T), and the context (B,H) to logits (B,T,V), all steps at once."""
        if inputs.ndim != 2 or context.shape != (len(inputs), self.rnn.hidden_size):
            raise ValueError(f"inputs {tuple(inputs.shape)} and context {tuple(context.shape)} don't fit; "
                             f"expected (B, T) and (B, {self.rnn.hidden_size}) with the same B")
        states, _ = self.rnn(self.embedding(inputs), context[None].contiguous())
        return self.output(states)                                           # (B, T, V)

    def step(self, token, state):
        """One token (B,) and state (B,H) to (logits (B,V), the next state (B,H))."""
        _, state = self.rnn(self.embedding(token[:, None]), state[None].contiguous())      # (1, B, H)
        return self.output(state[0]), state[0]


class ContextTranslator(nn.Module):
    """Encoder and decoder, joined by one vector."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source, inputs):
        """Ids (B,S), and what the decoder reads, (B,T), to logits (B,T,V)."""
        _, context = self.encoder(source)                                    # (B, H)
        return self.decoder(inputs, context)

    @torch.no_grad()
    def translate(self, source, max_length):
        """Ids (B,S) to ids (B, ≤ max_length), as `greedy_decode` writes them."""
        _, context = self.encoder(source)
        return greedy_decode(self.decoder.step, context, max_length, START, END)


def greedy_decode(step, state, max_length, start_id, end_id):
    """The best token each time: ids (B, ≤ max_length) without `<start>`, with `<end>`, 0 after it.

    step(token (B,), state) -> (logits (B,V), state). Stops early when all rows have ended.
    """
    token = torch.full((state.shape[0],), start_id, device=state.device)     # (B,)
    ended, said = torch.zeros_like(token, dtype=torch.bool), []
    while len(said) < max_length and not ended.all():
        logits, state = step(token, state)                                   # (B, V)
        token = logits.argmax(dim=-1).masked_fill(ended, 0)
        said.append(token)
        ended = ended | (token == end_id)
    return torch.stack(said, dim=1) if said else token.new_zeros(len(token), 0)


# ---- Attention -----------------------------------------------------------------------------------------------

SCORES = ("dot", "general", "additive", "location")


class Score(nn.Module):
    """Lesson 05's four scores, for all T queries at once: (B,T,H) and (B,S,H) to (B,T,S).

    longest: the most source tokens that a location score can tell apart.
    """

    def __init__(self, kind, hidden_size, longest=72):
        super().__init__()
        if kind not in SCORES:
            raise ValueError(f"there is no score {kind!r}; there are {', '.join(SCORES)}")
        self.kind = kind
        if kind in ("general", "additive"):
            self.W = nn.Linear(hidden_size, hidden_size, bias=False)
        if kind == "additive":
            self.W_k, self.v = nn.Linear(hidden_size, hidden_size, bias=False), nn.Linear(hidden_size, 1, bias=False)
        if kind == "location":
            self.W = nn.Linear(hidden_size, longest, bias=False)

    def forward(self, queries, keys):
        if self.kind == "additive":
            return self.v(torch.tanh(self.W(queries)[:, :, None] + self.W_k(keys)[:, None]))[..., 0]
        if self.kind == "location":
            if keys.shape[1] > self.W.out_features:
                raise ValueError(f"the source has {keys.shape[1]} places; "
                                 f"this location score knows {self.W.out_features}")
            return self.W(queries)[:, :, : keys.shape[1]]
        return (self.W(queries) if self.kind == "general" else queries) @ keys.mT


class LuongDecoder(nn.Module):
    """Lesson 06: recurrence first, attention after it (Luong et al. 2015, equations 5 to 8), all steps at once."""

    def __init__(self, vocab_size, embedding_size, hidden_size, score="general"):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.score = Score(score, hidden_size)
        self.combine = nn.Linear(2 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, inputs, encoder_states, mask, state):
        """(B,T), (B,S,H), (B,S) and the first state (B,H) to (logits (B,T,V), weights (B,T,S))."""
        _fit(inputs, encoder_states, mask, state, self.rnn.hidden_size)
        states, _ = self.rnn(self.embedding(inputs), state[None].contiguous())               # (B, T, H)
        return self._look(states, encoder_states, mask)

    def step(self, token, encoder_states, mask, state):
        """One token (B,) to (logits (B,V), the next state (B,H), weights (B,S))."""
        _fit(token[:, None], encoder_states, mask, state, self.rnn.hidden_size)
        states, _ = self.rnn(self.embedding(token[:, None]), state[None].contiguous())       # (B, 1, H)
        logits, weights = self._look(states, encoder_states, mask)
        return logits[:, 0], states[:, 0], weights[:, 0]

    def _look(self, states, encoder_states, mask):
        weights = masked_softmax(self.score(states, encoder_states), mask[:, None])          # (B, T, S)
        context = weights @ encoder_states                                                   # (B, T, H)
        attentional = torch.tanh(self.combine(torch.cat([states, context], dim=-1)))         # (B, T, H)
        return self.output(attentional), weights


class BahdanauDecoder(nn.Module):
    """Lesson 06: attention into the recurrence (Bahdanau et al. 2014, appendix A.2): the previous state asks."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_q, self.W_k = (nn.Linear(hidden_size, hidden_size, bias=False) for _ in range(2))
        self.v = nn.Linear(hidden_size, 1, bias=False)
        self.cell = nn.GRUCell(embedding_size + hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, inputs, encoder_states, mask, state):
        """(B,T), (B,S,H), (B,S) and the first state (B,H) to (logits (B,T,V), weights (B,T,S))."""
        _fit(inputs, encoder_states, mask, state, self.cell.hidden_size)
        keys = self.W_k(encoder_states)                                      # (B, S, H), the same at every step
        states, weights = [], []
        for embedded in self.embedding(inputs).unbind(dim=1):                # (B, E)
            state, alpha = self._next(embedded, encoder_states, keys, mask, state)
            states.append(state)
            weights.append(alpha)
        return self.output(torch.stack(states, dim=1)), torch.stack(weights, dim=1)

    def step(self, token, encoder_states, mask, state):
        """One token (B,) to (logits (B,V), the next state (B,H), weights (B,S))."""
        _fit(token[:, None], encoder_states, mask, state, self.cell.hidden_size)
        state, weights = self._next(self.embedding(token), encoder_states, self.W_k(encoder_states), mask, state)
        return self.output(state), state, weights

    def _next(self, embedded, encoder_states, keys, mask, state):
        scores = self.v(torch.tanh(self.W_q(state)[:, None] + keys))[..., 0]                 # (B, S)
        weights = masked_softmax(scores, mask)
        context = (weights[:, None] @ encoder_states)[:, 0]                                  # (B, H)
        return self.cell(torch.cat([embedded, context], dim=-1), state), weights


class AttentionTranslator(nn.Module):
    """Encoder and decoder, joined by all the encoder's states."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source, inputs):
        """Ids (B,S), and what the decoder reads, (B,T), to logits (B,T,V)."""
        return self.read(source, inputs)[0]

    def read(self, source, inputs):
        """As `forward`, to (logits (B,T,V), weights (B,T,S))."""
        states, context = self.encoder(source)                               # (B, S, H), (B, H)
        return self.decoder(inputs, states, source != 0, context)

    def bound(self, source):
        """The decoder bound to its source: (step(token, state) -> (logits, state), the first state)."""
        states, context = self.encoder(source)
        return lambda token, state: self.decoder.step(token, states, source != 0, state)[:2], context

    @torch.no_grad()
    def translate(self, source, max_length):
        """Ids (B,S) to ids (B, ≤ max_length), as `greedy_decode` writes them."""
        step, state = self.bound(source)
        return greedy_decode(step, state, max_length, START, END)


def _fit(inputs, encoder_states, mask, state, H):
    """Refuse what a decoder of size H reads, (B,T), encoder states (B,S,H), mask (B,S) and state (B,H) that don't fit.

    Broadcasting would hide some of it: one mask for all rows, or one row of states for many.
    """
    B, T = inputs.shape if inputs.ndim == 2 else (0, 0)
    S = mask.shape[-1] if mask.ndim else 0
    if not T or mask.shape != (B, S) or encoder_states.shape != (B, S, H) or state.shape != (B, H):
        raise ValueError(f"inputs {tuple(inputs.shape)}, encoder states {tuple(encoder_states.shape)}, "
                         f"mask {tuple(mask.shape)} and state {tuple(state.shape)} don't fit; expected (B, T) with at "
                         f"least one step, (B, S, {H}), (B, S) and (B, {H})")
