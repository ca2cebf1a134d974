"""Lesson 07's study: its file is whole, nothing leaks, rows of weights fit words, and a point again comes out alike."""

import functools

import pytest
import torch

from attnlib import studies
from attnlib.course.context_bottleneck import count_parameters
from attnlib.studies import translation
from attnlib.training import encode_pairs, to_batch

ROWS = studies.read(translation.RESULTS)
SETTINGS = list(translation.point("seeds", "interface", "attention", 1, 1, 0.1))
corpus = functools.partial(translation.corpus, "interface")


def test_the_file_holds_the_points_of_the_study_in_their_order():
    wanted = [tuple(point.values()) for stage in translation.STAGES for point in stage(ROWS)]
    held = list(dict.fromkeys(tuple(row[name] for name in SETTINGS) for row in ROWS))
    assert held == wanted
    bins = ((1, translation.LONGEST), *translation.BINS)
    assert [(row["low"], row["high"]) for row in ROWS] == len(wanted) * list(bins)


def test_each_row_says_with_what_it_was_made():
    for row in ROWS:
        assert row["torch"] and row["python"] and row["command"] == "python -m attnlib.studies.translation"
        assert 0 <= row["bleu"] <= 100 and 0 <= row["exact"] <= 1 and row["cpu_seconds"] > 0
        assert (row["bleu_replaced"] == "") == (row["model"] == "one vector")


@pytest.mark.parametrize("model", translation.MODELS)
def test_no_best_rate_lies_at_the_edge_of_those_tried(model):
    assert min(translation.RATES) < translation.best_rate(ROWS, model) < max(translation.RATES)


@pytest.mark.parametrize("text", ["interface", "tatoeba"])
def test_equal_parameters_within_five_percent(text):
    sizes = {row["parameters"] for row in ROWS if row["text"] == text}
    assert max(sizes) < 1.05 * min(sizes)


def test_no_sentence_is_in_two_parts_and_counts_agree_with_the_file():
    text = corpus()
    for side in (0, 1):
        train, tuning, test = ({tuple(pair[side]) for pair in part} for part in (text.train, text.tuning, text.test))
        assert not train & tuning and not train & test and not tuning & test
    counts = {row["count"] for row in ROWS if (row["experiment"], row["low"], row["high"])
              == ("seeds", 1, translation.LONGEST)}
    assert counts == {len(text.test)}


@pytest.fixture(params=translation.MODELS)
def model(request):
    torch.manual_seed(1)
    sizes = tuple(len(vocab) for vocab in corpus().vocabs)
    return translation.build(request.param, sizes, translation.matched_size(request.param, sizes)).eval()


def test_translations_come_in_the_order_of_the_sentences(model):
    sources = [source for source, _ in corpus().test[:30]]
    together = translation.translate(model, corpus(), sources, batch_size=7)
    for source, (tokens, weights) in zip(sources, together, strict=True):
        [(alone, looked)] = translation.translate(model, corpus(), [source])
        assert tokens == alone
        if weights is not None:
            assert weights.shape == (len(tokens), len(source))
            assert torch.allclose(weights, looked, atol=1e-5)


def test_a_row_of_weights_belongs_to_the_step_that_says_its_word():
    """The weights come from reading what was said; they are those of the steps that said it."""
    torch.manual_seed(1)
    text = corpus()
    model = translation.build("attention", tuple(len(vocab) for vocab in text.vocabs), translation.HIDDEN).eval()
    source = text.test[0][0]
    [(tokens, weights)] = translation.translate(model, text, [source])
    heard, _ = to_batch(encode_pairs([(source, [])], *text.vocabs))
    with torch.no_grad():
        states, state = model.encoder(heard)
        token = torch.tensor([2])
        for word, row in zip(tokens, weights, strict=True):
            logits, state, looked = model.decoder.step(token, states, heard != 0, state)
            token = logits.argmax(dim=-1)
            assert text.words[int(token)] == word and torch.allclose(looked[0, :-1], row, atol=1e-5)


def test_a_lexicon_takes_the_most_frequent_partner(monkeypatch):
    class Pointer:
        """Looks at the source word in the same place."""

        def read(self, source, inputs):
            return None, torch.eye(inputs.shape[1], source.shape[1]).expand(len(source), -1, -1)

    text = translation.Corpus([("oui", "yes"), ("oui .", "yes ."), ("oui !", "yeah !")], lambda pairs: (pairs, [], []))
    found = translation.lexicon(Pointer(), text, batch_size=2)
    assert found["oui"] == "yes" and found["!"] == "!"


def test_dropout_sleeps_when_a_model_is_tested(model):
    source, target = to_batch(corpus().examples[:3])
    with torch.no_grad():
        assert torch.equal(model(source, target), model(source, target))
        model.train()
        assert not torch.equal(model(source, target), model(source, target))
    assert count_parameters(model) > 100_000


@pytest.mark.slow
def test_a_point_measured_again_agrees_with_its_row():
    """Another machine rounds differently, and training makes much of little: the seeds' spread is the yardstick."""
    kept = [row for row in ROWS if (row["experiment"], row["model"], row["low"], row["high"])
            == ("seeds", "attention", 1, translation.LONGEST)]
    again = translation.measure(translation.point("seeds", "interface", "attention", translation.STEPS, 2,
                                                  kept[0]["rate"]))[0]
    assert again["parameters"] == kept[0]["parameters"] and again["count"] == kept[0]["count"]
    values = [row["bleu"] for row in kept]
    spread = 2 + max(values) - min(values)
    assert min(values) - spread <= again["bleu"] <= max(values) + spread
