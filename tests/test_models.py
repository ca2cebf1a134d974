"""Encoder, decoder and greedy decoding: padding changes nothing, two ways agree, bad input is named."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib.models import ContextDecoder, ContextTranslator, Encoder, greedy_decode

EXAMPLES = settings(max_examples=25, deadline=None)
lengths = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def batch(lengths, V=9, seed=0):
    ids = torch.zeros(len(lengths), max(lengths), dtype=torch.int64)
    draw = torch.Generator().manual_seed(seed)
    for row, length in zip(ids, lengths, strict=True):
        row[:length] = torch.randint(1, V, (length,), generator=draw)
    return ids


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ContextTranslator(Encoder(9, 4, 6), ContextDecoder(8, 5, 6)).eval()


@EXAMPLES
@given(lengths, st.integers(0, 4))
def test_a_sentence_is_encoded_alike_alone_in_a_batch_and_with_more_padding(model, lengths, extra):
    ids = batch(lengths)
    states, context = model.encoder(torch.nn.functional.pad(ids, (0, extra)))
    assert states.shape == (len(lengths), max(lengths) + extra, 6) and context.shape == (len(lengths), 6)
    for row, length in enumerate(lengths):
        alone, last = model.encoder(ids[row : row + 1, :length])
        assert torch.allclose(states[row, :length], alone[0], atol=1e-6)
        assert torch.allclose(context[row], last[0], atol=1e-6) and torch.equal(last[0], alone[0, -1])


@EXAMPLES
@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_all_steps_at_once_equal_step_by_step(model, B, T, seed):
    draw = torch.Generator().manual_seed(seed)
    inputs, state = torch.randint(0, 8, (B, T), generator=draw), torch.randn(B, 6, generator=draw)
    logits = model.decoder(inputs, state)
    for t in range(T):
        here, state = model.decoder.step(inputs[:, t], state)
        assert torch.allclose(here, logits[:, t], atol=1e-5)


def test_a_context_in_any_memory_layout_will_do(model):
    context = torch.randn(6, 3).T
    assert model.decoder(torch.ones(3, 2, dtype=torch.int64), context).shape == (3, 2, 8)
    assert model.decoder.step(torch.ones(3, dtype=torch.int64), context)[1].shape == (3, 6)


@EXAMPLES
@given(lengths, st.integers(1, 9))
def test_translations_end_once_and_are_the_same_alone(model, lengths, longest):
    ids = batch(lengths)
    said = model.translate(ids, longest)
    assert said.shape[0] == len(lengths) and 1 <= said.shape[1] <= longest
    for row, length in enumerate(lengths):
        alone = model.translate(ids[row : row + 1, :length], longest)[0]
        assert torch.equal(said[row, : len(alone)], alone) and not said[row, len(alone) :].any()


def test_translating_keeps_no_gradients(model):
    assert not model.translate(batch([3]), 4).requires_grad


def test_greedy_decoding_of_no_steps_is_empty():
    assert greedy_decode(None, torch.zeros(3, 2), 0, 2, 3).shape == (3, 0)


def test_every_parameter_gets_a_gradient(model):
    model(batch([4, 2]), torch.randint(1, 8, (2, 3))).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    model.zero_grad()


@pytest.mark.parametrize(("ids", "words"), [
    (torch.zeros(0, 3, dtype=torch.int64), r"\(0, 3\)"), (torch.zeros(2, 0, dtype=torch.int64), r"\(2, 0\)"),
    (torch.tensor([4, 5]), r"\(2,\).*expected \(B, S\)"), (torch.tensor([[4, 5], [0, 0]]), "row 1 .*all padding"),
])
def test_ids_that_are_no_sentences(model, ids, words):
    with pytest.raises(ValueError, match=words):
        model.encoder(ids)


@pytest.mark.parametrize("context", [torch.zeros(3, 6), torch.zeros(2, 5), torch.zeros(1, 2, 6)])
def test_a_context_that_does_not_fit(model, context):
    with pytest.raises(ValueError, match=r"inputs \(2, 4\) and context .*expected \(B, T\) and \(B, 6\)"):
        model.decoder(torch.ones(2, 4, dtype=torch.int64), context)
