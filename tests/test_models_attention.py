"""The attention models: all steps at once against one by one, padding, sizes that don't fit, odd batches."""

import pytest
import torch

from attnlib import metrics, models

B, S, T, V, E, H = 3, 5, 4, 12, 5, 6
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]).bool()
DECODERS = {kind: lambda kind=kind: models.LuongDecoder(V, E, H, kind) for kind in models.SCORES}
DECODERS["Bahdanau"] = lambda: models.BahdanauDecoder(V, E, H)


def given():
    torch.manual_seed(0)
    return torch.randint(V, (B, T)), torch.randn(B, S, H), MASK, torch.randn(B, H)


@pytest.mark.parametrize("name", DECODERS)
def test_all_steps_at_once_equal_one_by_one_with_padding(name):
    inputs, states, mask, state = given()
    decoder = DECODERS[name]()
    logits, weights = decoder(inputs, states, mask, state)
    for t in range(T):
        here, state, looked = decoder.step(inputs[:, t], states, mask, state)
        assert torch.allclose(here, logits[:, t], atol=1e-5) and torch.allclose(looked, weights[:, t], atol=1e-5)
    assert not weights.transpose(1, 2)[~mask].any() and torch.allclose(weights.sum(-1), torch.ones(B, T))


@pytest.mark.parametrize("name", DECODERS)
def test_every_parameter_gets_a_gradient(name):
    decoder = DECODERS[name]()
    decoder(*given())[0].log_softmax(-1)[..., 0].sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in decoder.parameters())


@pytest.mark.parametrize("name", DECODERS)
def test_a_row_of_padding_gives_zeros_and_an_empty_batch_an_empty_one(name):
    inputs, states, mask, state = given()
    logits, weights = DECODERS[name]()(inputs, states, mask & torch.tensor([[True], [True], [False]]), state)
    assert logits.isfinite().all() and not weights[2].any()
    logits, weights = DECODERS[name]()(inputs[:0], states[:0], mask[:0], state[:0])
    assert logits.shape == (0, T, V) and weights.shape == (0, T, S)


@pytest.mark.parametrize("name", DECODERS)
def test_one_source_token_gets_all_the_weight(name):
    inputs, states, mask, state = given()
    _, weights = DECODERS[name]()(inputs[:, :1], states[:, :1], mask[:, :1], state)
    assert torch.equal(weights, torch.ones(B, 1, 1))


# What doesn't fit: which argument, what becomes of it, and what the error has to say. Some of it would broadcast.
MISFITS = {
    "states of another size": (1, lambda states: states[..., :4], r"encoder states \(3, 5, 4\).*\(B, S, 6\)"),
    "states of one row": (1, lambda states: states[:1], r"encoder states \(1, 5, 6\)"),
    "a mask too short": (2, lambda mask: mask[:, :3], r"mask \(3, 3\)"),
    "one row's mask": (2, lambda mask: mask[:1], r"mask \(1, 5\)"),
    "a mask without rows": (2, lambda mask: mask[0], r"mask \(5,\)"),
    "a mask of numbers": (2, lambda mask: mask.float(), r"mask\.bool"),
    "a state of another size": (3, lambda state: state[:, :4], r"state \(3, 4\).*\(B, 6\)"),
    "a state too few": (3, lambda state: state[:2], r"inputs \(3, \d\).*state \(2, 6\)"),
}


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("misfit", MISFITS)
def test_sizes_that_do_not_fit_are_named(name, misfit):
    place, changed, words = MISFITS[misfit]
    arguments = list(given())
    arguments[place] = changed(arguments[place])
    decoder = DECODERS[name]()
    with pytest.raises(ValueError, match=words):
        decoder(*arguments)
    with pytest.raises(ValueError, match=words):
        decoder.step(arguments[0][:, 0], *arguments[1:])


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("inputs", [torch.zeros(3, 0, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)])
def test_a_decoder_needs_at_least_one_step(name, inputs):
    with pytest.raises(ValueError, match="at least one step"):
        DECODERS[name]()(inputs, *given()[1:])


def test_unknown_scores_and_sources_too_long_for_location_are_refused():
    with pytest.raises(ValueError, match="dot, general, additive, location"):
        models.LuongDecoder(V, E, H, "cosine")
    with pytest.raises(ValueError, match="73 places"):
        models.Score("location", H)(torch.ones(1, 1, H), torch.ones(1, 73, H))


def test_a_bidirectional_encoder_knows_the_end_and_no_padding():
    torch.manual_seed(0)
    encoder = models.Encoder(9, 4, 6, bidirectional=True)
    ids = torch.tensor([[4, 5, 6, 3], [7, 3, 0, 0]])
    states, context = encoder(ids)
    alone, alone_context = encoder(ids[1:, :2])
    assert torch.allclose(states[1, :2], alone[0], atol=1e-6) and torch.allclose(context[1:], alone_context, atol=1e-6)
    other, _ = encoder(torch.tensor([[4, 5, 6, 8]]))
    assert torch.allclose(states[0, 0, :3], other[0, 0, :3]) and not torch.allclose(states[0, 0, 3:], other[0, 0, 3:])
    turned, _ = models.nn.GRU.forward(encoder.backwards, encoder.embedding(ids[:1].flip(1)))
    assert torch.allclose(states[0, :, 3:], turned[0].flip(0), atol=1e-6)
    with pytest.raises(ValueError, match="even"):
        models.Encoder(9, 4, 5, bidirectional=True)


def test_the_translator_reads_and_speaks_with_the_same_decoder():
    torch.manual_seed(0)
    model = models.AttentionTranslator(models.Encoder(9, 4, 6, bidirectional=True), models.LuongDecoder(9, 4, 6)).eval()
    source = torch.tensor([[4, 5, 6, 3], [7, 3, 0, 0]])
    said = model.translate(source, 5)
    reads = torch.cat([torch.full_like(said[:, :1], models.START), said[:, :-1]], dim=1)
    logits, weights = model.read(source, reads)
    assert (logits.argmax(-1) == said)[:, 0].all() and weights.shape == (2, said.shape[1], 4)


def test_alignment_error_rate():
    weights = torch.eye(3)[[0, 2, 1]]
    assert metrics.alignment_error_rate(weights, {(0, 0), (1, 2), (2, 1)}, set()) == 0
    assert metrics.alignment_error_rate(weights, {(0, 0)}, {(1, 2)}) == 0.25
    both = metrics.pooled_alignment_error_rate([weights, weights[:1]], [({(0, 0)}, {(1, 2)}), ({(0, 1)}, set())])
    assert both == pytest.approx(1 - 3 / 6)
    with pytest.raises(ValueError, match=r"\(3, 0\) lies outside weights \(3, 3\)"):
        metrics.alignment_error_rate(weights, {(3, 0)}, set())
    with pytest.raises(ValueError, match="no links"):
        metrics.pooled_alignment_error_rate([], [])
    with pytest.raises(ValueError, match="of 1 sentences and links of 2"):
        metrics.pooled_alignment_error_rate([weights], [(set(), set())] * 2)
    with pytest.raises(ValueError, match=r"\(1, 3, 3\) should be \(T, S\)"):
        metrics.alignment_error_rate(weights[None], {(0, 0)}, set())
