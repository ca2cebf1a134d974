"""Figures to step through: their numbers are the arrays', each step has its texts, equal arrays give equal bytes."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import torch

from attnlib import stepper
from attnlib.course.attention_decoder import beam_search
from attnlib.drawing import WIDTH, number
from attnlib.stepper import Step

LESSONS = Path(__file__).parents[1] / "solutions"
WORDS = ["le", "chat", "dort", "<end>"]
IDS = [5, 4, 6, 3]
TABLE = np.arange(21).reshape(7, 3) / 10 - 1


def rnn(words=("dog", "bites", "man"), E=2, H=3):
    """An RNN's words, embeddings, states and first state, with numbers that occur once."""
    xs, states = np.arange(len(words) * E) / 100 + 0.1, -np.arange(len(words) * H) / 100 - 0.2
    return words, xs.reshape(len(words), E), states.reshape(len(words), H), np.arange(H) / 10 + 0.5


def look(S=4, H=2, V=5, A=2, word="mot"):
    """A decoder's step with attention, with numbers that occur once; the second word has the most weight."""
    states = np.arange(S * H).reshape(S, H) / 100 - 0.5
    scores, weights = np.arange(S) / 10 + 2, np.full(S, 0.6) / max(1, S - 1)
    weights[min(1, S - 1)] = 0.4
    logits = 5 - abs(np.arange(V) - 2.3)
    return dict(words=[f"{word}{j}" for j in range(S)], states=states, token="<start>", state=np.arange(H) / 100 + 7,
                scores=scores, weights=weights, context=np.arange(H) / 100 + 8, attentional=np.arange(A) / 100 + 9,
                logits=logits, vocabulary=[f"v{k}" for k in range(V)])


def translation(words=("je", "suis", "<end>"), inputs=("<start>", "i", "am"), H=3):
    """A translation's words, states, inputs, thoughts and outputs, with numbers that occur once."""
    states, thoughts = ((np.arange(len(row) * H) / 100 + first).reshape(len(row), H)
                        for row, first in ((words, 0.2), (inputs, 4.0)))
    return words, states, inputs, -thoughts, [*inputs[1:], "<end>"]


def asking(words=("the", "cat", "runs", "now"), D=2, Dv=2):
    """Self-attention's words, queries, keys, values, scores, weights and outputs, with numbers that occur once."""
    S = len(words)
    vectors = [(np.arange(S * size) / 100 + first).reshape(S, size)
               for size, first in ((D, 1), (D, 2), (Dv, 3), (S, 4), (S, 0.2), (Dv, 5))]
    return [words, *vectors]


TREE = ["<start>", "<end>", "he", "it", "makes", "is"]


def search():
    """What a beam search of width 2 kept and dropped: (tokens, Σ log p); the second hypothesis ends early."""
    return [[([2], -0.5), ([3], -0.75)], [([3, 5], -1.0), ([2, 1], -2.4), ([2, 4], -3.1), ([3, 4], -4.0)],
            [([3, 5, 1], -1.25), ([2, 1], -2.4), ([3, 5, 4], -2.75)]]


def figures():
    return {
        "lookup": stepper.lookup(TABLE, IDS, WORDS),
        "large lookup": stepper.lookup(np.ones((900, 32)), [5, 40, 1, 600, 899, 40, 3], ["a" * 30, *"bcdebf"]),
        "unrolled": stepper.unrolled(*rnn()),
        "large unrolled": stepper.unrolled(*rnn(["w" * 30] * 6, 8, 16)),
        "one word": stepper.unrolled(*rnn(["oui"], 1, 1)),
        "translate": stepper.translate(*translation()),
        "large translate": stepper.translate(*translation(["w" * 30] * 5, ["<start>", *"abcd"], 64)),
        "backward": stepper.backward(WORDS, np.diag([1e-7, 0.01, 0.1, 1.0])),
        "attention": stepper.attention(**look()),
        "large attention": stepper.attention(**look(6, 16, 6, 16, "w" * 30)),
        "attention to one word": stepper.attention(**look(1, 1, 1, 1)),
        "beam": stepper.beam(search(), 2, TREE),
        "beam of one step and one word": stepper.beam([[([0], -1e-9)]], 1, ["w" * 30]),
        "large beam": stepper.beam([[([k] * t, -9.0 * k - t) for k in (0, 1, 2)] for t in (1, 2, 3, 4)], 3,
                                   ["w" * 30] * 3),
        "self": stepper.self_attention(*asking()),
        "self of one long word": stepper.self_attention(*asking(["w" * 30], 1, 1)),
    }


@pytest.fixture(params=figures())
def figure(request):
    return figures()[request.param]


def picture(step):
    return ElementTree.fromstring(step.svg)


def shown(step):
    """The texts of a step's picture."""
    return ["".join(text.itertext()) for text in picture(step).iter("{http://www.w3.org/2000/svg}text")]


class Images(HTMLParser):
    """What a browser finds in the HTML."""

    def __init__(self, text):
        super().__init__()
        self.images = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes))


# ---- Any figure ----------------------------------------------------------------------------------------------

def test_each_step_says_what_it_shows(figure):
    for step in figure:
        assert step.alt.strip() and step.caption.strip().endswith(".")
    assert len({step.caption for step in figure}) == len(figure)


def test_the_pictures_arrive_whole(figure):
    images = Images(figure._repr_html_()).images
    assert len(images) == len(figure)
    for image, step in zip(images, figure, strict=True):
        assert image["alt"] == step.alt
        head, data = image["src"].split(",", 1)
        assert head == "data:image/svg+xml;charset=utf-8" and unquote(data) == step.svg
        assert not set(data) & set("#<>\"&")


def test_text_is_large_and_inside_the_picture(figure):
    for step in figure:
        root = picture(step)
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            size = float(text.get("font-size", root.get("font-size")))
            assert all(float(part.get("font-size", size)) >= 16 for part in text.iter())
            wide = 0.5 * size * len("".join(text.itertext()))
            before = {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "middle")]
            left = float(text.get("x")) - before
            assert 0 <= left and left + wide <= WIDTH, text.text
            assert 0 < float(text.get("y")) <= float(root.get("height"))


def test_boxes_are_inside_the_picture(figure):
    for step in figure:
        for box in picture(step).iter("{http://www.w3.org/2000/svg}rect"):
            assert 0 <= float(box.get("x")) and float(box.get("x")) + float(box.get("width")) <= WIDTH


def test_all_steps_are_equally_large(figure):
    assert len({(picture(step).get("width"), picture(step).get("height")) for step in figure}) == 1


def test_equal_arrays_give_equal_bytes(figure):
    again = next(other for other in figures().values() if other.title == figure.title and len(other) == len(figure))
    assert again._repr_html_() == figure._repr_html_()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_equal_bytes_in_another_process(seed):
    code = ("import numpy as np; from attnlib import stepper; "
            "print(stepper.backward(['a', 'b'], np.array([[0.5, 1], [2, 3]]))._repr_html_())")
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8",
                             check=True, timeout=120).stdout
    assert printed.rstrip("\n") == stepper.backward(["a", "b"], np.array([[0.5, 1], [2, 3]]))._repr_html_()


def test_no_two_figures_share_a_key():
    keys = [re.search('data-steps="(.*?)"', figure._repr_html_()).group(1) for figure in figures().values()]
    assert len(set(keys)) == len(keys)


def test_the_script_names_its_own_figure(figure):
    text = figure._repr_html_()
    key = re.search('data-steps="(.*?)"', text).group(1)
    assert f'[data-steps="{key}"]' in text.split("<script>")[1] and "KEY" not in text and "FIRST" not in text


def test_what_is_printed_is_short_and_stable():
    assert repr(stepper.lookup(TABLE, IDS, WORDS)) == "Figure in 8 steps: Embedding look-up: le chat dort <end>"
    assert repr(Step("", "A box.", "Look.")) == "Figure: A box."


def test_a_lesson_s_figure_stays_small():
    assert len(stepper.lookup(TABLE, IDS, WORDS)._repr_html_().encode()) < 46_000
    assert len(stepper.unrolled(*rnn())._repr_html_().encode()) < 35_000


def test_texts_with_every_character_survive():
    step = Step(stepper.svg(50, stepper.text(450, 25, "a<b>&'\"#%é")), "a<b>&'\"#%é", "a<b>&'\"#%é")
    text = stepper.show([step, step], "a<b>&'\"#%é")._repr_html_()
    assert Images(text).images[0]["alt"] == step.alt
    assert shown(step) == ["a<b>&'\"#%é"]
    assert "<b>" not in text


def test_one_step_stands_still():
    figure = stepper.unrolled(*rnn())
    text = figure[-1]._repr_html_()
    assert "<script>" not in text and len(Images(text).images) == 1


IDEAS = ["lookup", "unrolled", "backward", "translate", "attention", "beam", "self_attention"]


@pytest.mark.parametrize("idea", IDEAS)
def test_each_idea_is_stepped_through_in_a_lesson(idea):
    texts = [path.read_text("utf-8") for path in LESSONS.glob("*/*.md")]
    assert any(re.search(rf"\bstepper\.{idea}\(", text) for text in texts)


def test_a_figure_without_steps_is_refused():
    with pytest.raises(ValueError, match="at least one step"):
        stepper.show([], "Nothing")


# ---- The look-up ---------------------------------------------------------------------------------------------

def test_lookup_copies_one_row_after_the_other():
    figure = stepper.lookup(TABLE, IDS, WORDS)
    assert len(figure) == 4 + len(WORDS)
    counts = [shown(step).count(number(TABLE[5, 0])) for step in figure]
    assert counts == [1, 1, 1, 2, 2, 2, 2, 2]                           # row 5, of the first word
    assert [shown(step).count(number(TABLE[3, 0])) for step in figure] == [1, 1, 1, 1, 1, 1, 2, 2]
    assert [shown(step).count(number(TABLE[0, 0])) for step in figure] == [1] * 8


def test_lookup_shows_the_ids_from_the_second_step_on():
    figure = stepper.lookup(TABLE, IDS, WORDS)
    assert shown(figure[0]).count("?") == 4 and "5" not in shown(figure[0])
    assert "5" in shown(figure[1])


def test_lookup_ends_with_one_hot_rows():
    texts = shown(stepper.lookup(TABLE, IDS, WORDS)[-1])
    assert texts.count("1") == 4 and texts.count("0") == 4 * 7 - 4
    assert {"one-hot (4, 7)", "table (7, 3)", "vectors (4, 3)", "×", "="} <= set(texts)


def test_lookup_frames_the_row_it_copies():
    step = stepper.lookup(TABLE, IDS, WORDS)[3]
    frames = [path for path in picture(step).iter("{http://www.w3.org/2000/svg}path") if path.get("fill") == "none"]
    assert len(frames) == 2
    y = int(frames[0].get("d").split()[1].split("h")[0])
    row = [text for text in picture(step).iter("{http://www.w3.org/2000/svg}text") if text.text == number(TABLE[5, 1])]
    assert y < float(row[0].get("y")) < y + 34


def test_lookup_takes_tensors_a_vocabulary_and_words_that_repeat():
    vocab = {"<pad>": 0, "<unk>": 1, "le": 2, "chat": 3}
    figure = stepper.lookup(torch.rand(4, 2, requires_grad=True), torch.tensor([2, 2, 1]), ["le", "le", "zèbre"], vocab)
    assert any("<pad>" in text for text in shown(figure[1]))
    assert any(text.startswith("<unk>") for text in shown(figure[1]))


def test_lookup_of_a_large_table_shows_the_rows_that_count():
    table = np.zeros((900, 32))
    table[600] = 7.5
    figure = stepper.lookup(table, [600], ["x"])
    assert "7.50" in shown(figure[1]) and "⋯" in shown(figure[1])


@pytest.mark.parametrize("ids, words, message", [
    ([1, 2], ["a"], "Got 2 ids and 1 words"), ([], [], "Got 0 ids"), ([1] * 8, ["a"] * 8, "1 to 7"),
    ([7], ["a"], "beyond the table's 7 rows"), ([-1], ["a"], "beyond"),
])
def test_lookup_says_what_is_wrong(ids, words, message):
    with pytest.raises(ValueError, match=message):
        stepper.lookup(TABLE, ids, words)


# ---- The RNN -------------------------------------------------------------------------------------------------

def test_states_appear_one_after_the_other():
    words, xs, states, h0 = rnn()
    figure = stepper.unrolled(words, xs, states, h0)
    assert len(figure) == len(words) + 2
    for done, step in enumerate([*figure][:-1]):
        texts = shown(step)
        assert {number(x) for x in xs.flat} | {number(h) for h in h0} <= set(texts)
        assert {number(h) for h in states[:done].flat} <= set(texts)
        assert not {number(h) for h in states[done:].flat} & set(texts)


def test_the_weights_are_one_box_at_every_step():
    for step in stepper.unrolled(*rnn()):
        boxes = [box.get("fill") for box in picture(step).iter("{http://www.w3.org/2000/svg}rect")]
        assert shown(step).count("W") == 3
        assert len({fill for fill in boxes if fill != "#FFF"}) == 1


def test_two_arrows_go_in_and_one_comes_out():
    for step in [*stepper.unrolled(*rnn())][1:-1]:
        red = [path for path in picture(step).iter("{http://www.w3.org/2000/svg}path")
               if path.get("stroke") == stepper.RED and path.get("stroke-width") == "2.5"]
        assert len(red) == 3


def test_the_last_state_is_handed_on():
    *_, before, last = stepper.unrolled(*rnn())
    assert "handed on" in shown(last) and "handed on" not in shown(before)
    assert "h₃" in last.caption


def test_a_batch_of_one_is_one_sentence():
    words, xs, states, h0 = rnn()
    one = stepper.unrolled(words, torch.tensor(xs)[None], states[None], h0[None])
    assert one == stepper.unrolled(words, xs, states, h0)


@pytest.mark.parametrize("change", [
    {"words": ["a", "b"]}, {"words": ["a"] * 7}, {"h0": np.zeros(2)}, {"xs": np.zeros((2, 2))}])
def test_unrolled_says_what_is_wrong(change):
    given = dict(zip(("words", "xs", "states", "h0"), rnn(), strict=True)) | change
    with pytest.raises(ValueError, match=r"expected 1 to 6 words, \(S, E\), \(S, H\) and \(H,\)"):
        stepper.unrolled(**given)


# ---- Backwards -----------------------------------------------------------------------------------------------

def test_the_gradient_goes_back_word_by_word():
    figure = stepper.backward(WORDS, np.diag([1e-7, 0.01, 0.1, 1.0]))
    assert [set(shown(step)) & {"1", "0.1", "0.01", "1e-07"} for step in figure] == [
        {"1"}, {"1", "0.1"}, {"1", "0.1", "0.01"}, {"1", "0.1", "0.01", "1e-07"}]
    assert figure[2].caption.endswith("Its size is 0.01.")             # the last one's size is 1, so that says it all
    assert "0.01 times" in stepper.backward(WORDS, np.diag([2e-7, 0.02, 0.2, 2.0]))[2].caption


def test_no_gradient_at_all_is_drawn_too():
    assert "0" in shown(stepper.backward(["a", "b"], np.zeros((2, 3)))[-1])


def test_no_number_is_cut():
    norms = [1.2e-123, 0.00022, 123456.0, 0.5, 1.2e-5, 7.0, 1e10]
    assert not any("…" in words for words in shown(stepper.backward(["w"] * 7, np.diag(norms))[-1]))


def test_backward_says_what_is_wrong():
    with pytest.raises(ValueError, match="Got 2 words and gradients"):
        stepper.backward(["a", "b"], np.ones((3, 2)))


# ---- Attention -----------------------------------------------------------------------------------------------

ORDER = {"states": 0, "state": 1, "scores": 2, "weights": 3, "context": 4, "attentional": 6, "logits": 7}


def frames(step):
    """(x, y, width, height) of each thick frame."""
    paths = [path.get("d") for path in picture(step).iter("{http://www.w3.org/2000/svg}path")
             if path.get("fill") == "none"]
    return [tuple(map(int, re.fullmatch(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", d).groups())) for d in paths]


def test_the_seven_steps_fill_in_one_after_the_other():
    given = look()
    figure = stepper.attention(**given)
    assert len(figure) == 8
    for done, step in enumerate(figure):
        for name, first in ORDER.items():
            numbers = {number(x) for x in given[name].flat}
            assert numbers <= set(shown(step)) if done >= first else not numbers & set(shown(step)), (done, name)


def test_each_state_is_shown_times_its_weight():
    given = look()
    before, after = (stepper.attention(**given)[k] for k in (3, 4))
    for product in (given["weights"][:, None] * given["states"]).flat:
        assert shown(after).count(number(product)) > shown(before).count(number(product))


def test_state_and_context_are_put_together_in_this_order():
    given = look()
    before, after = (stepper.attention(**given)[k] for k in (4, 5))
    values = [*given["state"], *given["context"]]
    heights = {}
    for step in (before, after):
        for text in picture(step).iter("{http://www.w3.org/2000/svg}text"):
            heights.setdefault((step is after, text.text), []).append((float(text.get("x")), float(text.get("y"))))
    new = [max(heights[True, number(value)]) for value in values]          # the column further right
    assert len({x for x, _ in new}) == 1 and [y for _, y in new] == sorted(y for _, y in new)
    assert all(len(heights[True, number(value)]) == len(heights[False, number(value)]) + 1 for value in values)


def test_each_step_frames_what_it_is_about():
    found = [frames(step) for step in stepper.attention(**look())]
    assert all(len(each) == 1 for each in found) and len(set(map(tuple, found))) == 8


def test_the_largest_logit_is_framed_and_named():
    given = look()
    last = stepper.attention(**given)[-1]
    (x, y, wide, high), = frames(last)
    best, = [text for text in picture(last).iter("{http://www.w3.org/2000/svg}text")
             if text.text == number(given["logits"].max())]
    assert x < float(best.get("x")) < x + wide and y < float(best.get("y")) < y + high
    assert "“v2”" in last.caption


def test_attention_tells_its_numbers_to_those_who_dont_see_it():
    given = look()
    alts = [step.alt for step in stepper.attention(**given)]
    for name, k in ORDER.items():
        assert all(number(x) in alts[k] for x in given[name].flat), name
    assert "“mot1” has the most" in stepper.attention(**given)[3].caption


def test_attention_takes_tensors_and_a_batch_of_one():
    given = look()
    batch = {name: torch.tensor(value)[None].requires_grad_() if isinstance(value, np.ndarray) else value
             for name, value in given.items()}
    assert stepper.attention(**batch) == stepper.attention(**given)


@pytest.mark.parametrize("change", [
    {"words": ["a"] * 3}, {"scores": np.zeros(3)}, {"weights": np.zeros(5)}, {"context": np.zeros(3)},
    {"state": np.zeros(1)}, {"logits": np.zeros(4)}, {"vocabulary": []}])
def test_attention_says_what_is_wrong(change):
    with pytest.raises(ValueError, match=r"^Got \d words, \d words to choose .* states \(4, 2\).*expected 1 to 6"):
        stepper.attention(**look() | change)


def test_a_figure_of_attention_stays_small():
    assert len(stepper.attention(**look())._repr_html_().encode()) < 50_000


def test_the_slider_counts_as_the_captions_do():
    figure = stepper.attention(**look())
    assert repr(figure).startswith("Figure in 7 steps") and "first = 0," in figure._repr_html_()
    assert [step.caption.partition(".")[0] for step in figure][1:] == [str(figure.first + k) for k in range(1, 8)]
    assert figure[0].caption.startswith("Before the seven steps")
    others = [other for name, other in figures().items() if "attention" not in name]
    assert all(other.first == 1 and "first = 1," in other._repr_html_() for other in others)


# ---- Encoder and decoder -------------------------------------------------------------------------------------

def test_translate_hands_over_the_last_state_and_nothing_else():
    figure = stepper.translate(*translation())
    assert len(figure) == 3 + 1 + 3
    handed = figure[3]
    assert "context vector" in handed.caption and "0.26, 0.27, 0.28" in handed.alt
    assert "−4.00" not in shown(handed) and "0.28" in shown(handed)


def test_translate_shows_a_word_as_read_once_it_was_said():
    figure = stepper.translate(*translation())
    assert [shown(step).count("i") for step in figure] == [0, 0, 0, 0, 2, 2, 2]       # said, and to be read next
    assert [shown(step).count("am") for step in figure] == [0, 0, 0, 0, 0, 2, 2]
    assert [shown(step).count("<end>") for step in figure] == [1, 1, 1, 1, 1, 1, 2]


def test_translate_shows_the_decoder_s_states_one_by_one():
    figure = stepper.translate(*translation())
    for t, first in enumerate(("−4.00", "−4.03", "−4.06")):
        assert [first in shown(step) for step in figure] == [False] * (4 + t) + [True] * (3 - t)
    assert figure[5].caption == "It reads x′₂ = “i”, thinks s₂, and says “am”. That is what it reads next: x′₃."


def test_translate_shows_no_state_of_a_decoder_before_its_turn():
    figure = stepper.translate(*translation())
    assert [sum(f"s{t}" in shown(step) for t in (1, 2, 3)) for step in figure] == [0, 0, 0, 1, 1, 2, 3]


def test_a_figure_of_a_translation_stays_bearable():
    words, inputs = ("je", "suis", "étudiant", "<end>"), ("<start>", "I", "am", "a", "student")
    assert len(stepper.translate(*translation(words, inputs, 5))._repr_html_().encode()) < 65_000


def test_translate_marks_the_arrow_of_the_context():
    def red_arrows(step):
        return sum(path.get("stroke") == "#D55E00" and path.get("fill") != "none"
                   for path in picture(step).iter("{http://www.w3.org/2000/svg}path"))

    figure = stepper.translate(*translation())
    assert red_arrows(figure[3]) == red_arrows(figure[2]) + 1


@pytest.mark.parametrize("change", [{0: ("a",) * 9}, {1: np.zeros((3, 4))}, {3: np.zeros((2, 3))}, {4: ["i"]}, {2: ()}])
def test_translate_names_shapes_that_do_not_fit(change):
    arguments = [change.get(place, value) for place, value in enumerate(translation())]
    with pytest.raises(ValueError, match=r"expected \(S, H\), \(T, H\), and S \+ T at most 10"):
        stepper.translate(*arguments)


# ---- A beam --------------------------------------------------------------------------------------------------

def test_each_step_of_a_beam_adds_its_candidates():
    record = search()
    figure = stepper.beam(record, 2, TREE)
    assert len(figure) == len(record) + 1
    sums = [[number(total) for _, total in step] for step in record]
    for t, step in enumerate([*figure][:-1]):
        known = [x for each in sums[:t + 1] for x in each]
        assert all(x in shown(step) for x in known)
        assert not [x for each in sums[t + 1:] for x in each if x in shown(step) and x not in known]
        assert all(x in step.alt for x in sums[t])
        kept, dropped = (sum(shown(step).count(TREE[tokens[-1]]) for tokens, _ in part)
                         for part in (record[t][:2], record[t][2:]))
        assert kept and bool(dropped) == bool(record[t][2:])


def test_a_beam_s_sums_are_the_parent_s_and_the_word_s():
    second = stepper.beam(search(), 2, TREE)[1]
    assert "“it is” −0.75 and −0.25 is −1.00" in second.alt and "“he makes” −0.50 and −2.60 is −3.10" in second.alt
    assert "Kept: “it is” −1.00, “he <end>” −2.40. Dropped: “he makes” −3.10, “it makes” −4.00." in second.caption


def test_a_hypothesis_that_has_ended_keeps_its_place():
    *_, third, last = stepper.beam(search(), 2, TREE)
    assert shown(third).count("ended") == 1 and "“he <end>” has ended" in third.caption
    assert not any("has ended" in step.caption for step in stepper.beam(search()[:2], 2, TREE))
    assert "The best is “it is <end>”: −1.25, a probability of 0.29." in last.caption


def test_kept_stands_above_the_line_and_dropped_below():
    for step, record in zip(stepper.beam(search(), 2, TREE), search(), strict=False):
        line = next(path for path in picture(step).iter("{http://www.w3.org/2000/svg}path")
                    if path.get("stroke-dasharray"))
        cut = float(re.search(r"M8 (\d+)", line.get("d")).group(1))
        heights = {text.text: float(text.get("y")) for text in picture(step).iter("{http://www.w3.org/2000/svg}text")
                   if float(text.get("x")) > 116}
        assert all((heights[number(total)] < cut) == (k < 2) for k, (_, total) in enumerate(record))


def test_the_way_to_the_best_is_marked():
    def marked(step):
        return sum(box.get("stroke") == stepper.RED for box in picture(step).iter("{http://www.w3.org/2000/svg}rect"))

    assert [marked(step) for step in stepper.beam(search(), 2, TREE)] == [2, 2, 2, 3]


def test_the_figure_draws_what_the_course_s_search_records():
    following = {0: [0, 0, 0.5, 0.4, 0.1, 0], 2: [0, 0.2, 0, 0.2, 0.4, 0.2], 3: [0, 0.1, 0, 0, 0.1, 0.8],
                 4: [0, 1, 0, 0, 0, 0], 5: [0, 0.9, 0.1, 0, 0, 0]}
    record = []
    found = beam_search(lambda token, state: (torch.tensor(following[token]).log(), state), None, 2, 5, 0, 1,
                        record=record)
    assert [tokens for tokens, _ in record[-1][:2]] == [tokens for tokens, _ in found] == [[3, 5, 1], [2, 4, 1]]
    assert [total for _, total in record[-1][:2]] == [score for _, score in found]
    assert [len(step) for step in record] == [2, 4, 4]
    assert "The best is “it is <end>”" in stepper.beam(record, 2, TREE)[-1].caption


def test_a_figure_of_a_beam_stays_small():
    assert len(stepper.beam(search(), 2, TREE)._repr_html_().encode()) < 40_000


@pytest.mark.parametrize("record, width, message", [
    ([], 2, "Got 0 steps .* expected 1 to 4 steps"), ([[([2], -1.0)]] * 5, 2, "Got 5 steps"),
    ([[]], 2, r"Got 1 steps with \[0\] candidates"), (search(), 4, "width 4; expected"),
    (search(), 1, r"Step 2 has the candidate \[3, 5\], but step 1 kept \[\[2\]\]. Is the width 1"),
    ([[([9], -1.0)]], 1, r"ids \[9\]; the vocabulary's 6 words have the ids 0 to 5")])
def test_a_beam_says_what_is_wrong(record, width, message):
    with pytest.raises(ValueError, match=message):
        stepper.beam(record, width, TREE)


# ---- Self-attention ------------------------------------------------------------------------------------------

def test_each_word_asks_in_turn():
    words, queries, keys, values, scores, weights, outputs = asking()
    figure = stepper.self_attention(words, queries, keys, values, scores, weights, outputs)
    assert len(figure) == len(words) + 2
    for done, step in enumerate([*figure][:-1]):
        texts = set(shown(step))
        assert {number(x) for vectors in (queries, keys, values) for x in vectors.flat} <= texts
        for rows in (weights, outputs):
            assert {number(x) for x in rows[:done].flat} <= texts
            assert not {number(x) for x in rows[done:].flat} & texts
        if done:
            assert all(number(x) in step.alt for x in (*scores[done - 1], *weights[done - 1], *outputs[done - 1]))
            assert f"“{words[done - 1]}” asks" in step.caption


def test_the_asking_word_frames_its_query_all_keys_its_weights_and_its_output():
    second = stepper.self_attention(*asking())[2]
    (_, y, _, high), keys, weights, output = frames(second)
    assert y == weights[1] == output[1] and high == weights[3] == output[3]
    assert keys[3] > 3 * high and frames(stepper.self_attention(*asking())[-1]) == []


def test_a_figure_of_self_attention_stays_small():
    assert len(stepper.self_attention(*asking())._repr_html_().encode()) < 42_000


@pytest.mark.parametrize("change", [
    {0: ("a",) * 5}, {1: np.zeros((4, 3))}, {3: np.zeros((4, 1))}, {5: np.zeros((3, 4))}])
def test_self_attention_says_what_is_wrong(change):
    given = [change.get(place, value) for place, value in enumerate(asking())]
    with pytest.raises(ValueError, match=r"^Got \d words, queries .*expected 1 to 4 words, \(S, D\)"):
        stepper.self_attention(*given)
