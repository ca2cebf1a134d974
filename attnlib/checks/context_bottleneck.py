"""Checks of lesson 04: intervals and bins worked by hand, and models that note what a comparison does to them."""

# ruff: noqa: E501
# A hint stays on one line.

import math

import numpy as np
import torch
from torch import nn

from attnlib.checks import NOTHING, NotYet, call, check, expect, kind, plain


def _interval(answer, successes, trials, *z):
    try:
        got = call(answer, successes, trials, *z)
    except ZeroDivisionError:
        expect(trials, "without trials anything is possible: (0, 1). Yours divides by 0 (ZeroDivisionError); that case needs a line of its own.")
        raise
    except ValueError as error:
        expect("math domain" not in str(error), "a negative number stands under the root (math domain error). p is a share, successes / trials, so 1 - p is never negative.")
        raise
    expect(got is not None, NOTHING)
    expect(isinstance(got, (tuple, list)) and len(got) == 2 or getattr(got, "shape", None) == (2,), f"an interval is a pair (low, high); you return {kind(got)}.")
    expect(all(isinstance(end, (int, float)) for end in map(_plain, got)), f"low and high are numbers; yours are {kind(got[0])} and {kind(got[1])}.")
    low, high = (float(_plain(end)) for end in got)
    expect(not (math.isnan(low) or math.isnan(high)), f"for {successes} of {trials} your interval has NaN in it.")
    return low, high


# What 6 of 10 gives with z = 1.96 where the formula was misread.
SLIPS = [
    ((.2964, .9036), "that is the textbook's p ± z √(p(1 − p)/n), which can leave [0, 1] and is (0, 0) for 0 of 10. Wilson's has more terms."),
    ((.5722, .2596), "you return the middle and the half width; low is the middle minus the half width, high the middle plus it."),
    ((.4328, 1.1514), "all of it, the middle and the half width, is divided by 1 + z²/n; yours is divided by nothing."),
    ((.5325, 1.0517), "the middle, p + z²/(2n), has to be divided by 1 + z²/n as well, not the half width alone."),
    ((.2130, .9315), "the half width has to be divided by 1 + z²/n as well."),
    ((.4398, .7047), "the half width is z times the root; the z before the root is missing."),
    ((.0816, 1.0629), "under the root, z² is divided by 4n², that is 4 · n · n; you divide it by 4n."),
    ((.3529, .7916), "under the root, z²/(4n²) is missing beside p(1 − p)/n."),
    ((.3404, .8596), "your interval lies around p itself. Wilson's middle is (p + z²/(2n)) / (1 + z²/n), nearer to a half."),
    ((.2447, .7639), "in the middle, z is squared: z²/(2n)."),
    ((.4514, .9706), "in the middle, z² is divided by 2n; you divide it by n."),
    ((.5247, .6198), "the square root is missing."),
    ((.3080, .8348), "you take z = 2; the third argument is z, and it's 1.96 if nothing is said."),
]


def _short(value):
    """A number for a hint, to three digits."""
    return round(value, 3) if isinstance(value, float) else value


def _plain(value):
    """A number from torch or numpy as Python's."""
    return value.item() if getattr(value, "shape", None) == () else value


@check
def wilson_interval(answer):
    """6 of 10, where no end is cut off; another z; none, all, no trials."""
    low, high = _interval(answer, 6, 10)
    for (least, most), hint in SLIPS:
        expect(abs(low - least) > 1e-3 or min(abs(high - most), abs(high - min(1, most))) > 1e-3, hint)
    expect(max(low, high) <= 1 + 1e-9 or low < 1, f"a share lies between 0 and 1, not in per cent; your interval for 6 of 10 is ({low:.3g}, {high:.3g}). Or are brackets missing? z**2 / 2 * n divides by 2 and multiplies by n.")
    expect(low <= high, f"(low, high), the lower end first; yours is ({low:.3f}, {high:.3f}).")
    expect(abs(low - .3127) < 6e-4 and abs(high - .8318) < 6e-4, f"6 of 10 gives (0.313, 0.832), with 0.572 in the middle and a half width of 0.260; yours is ({low:.3f}, {high:.3f}).")
    low, high = _interval(answer, 8, 10, 2.0)
    expect(abs(low - .48394) < 1e-4 and abs(high - .94463) < 1e-4, f"with z=2, 8 of 10 gives (0.4839, 0.9446); yours is ({low:.4f}, {high:.4f}). Is z used?")
    low, high = _interval(answer, 0, 10)
    expect(low >= 0, f"for 0 of 10 your interval begins at {low:.2g}, below 0. Rounding does that; cut it off at 0.")
    expect(low < 1e-12 and abs(high - .2775) < 6e-4, f"0 of 10 gives (0, 0.278); yours is ({low:.3f}, {high:.3f}). Ten failures don't prove that it never works.")
    low, high = _interval(answer, 10, 10)
    expect(high <= 1, f"for 10 of 10 your interval ends at {high!r}, above 1. Rounding does that; cut it off at 1.")
    expect(abs(low - .7225) < 6e-4 and high > 1 - 1e-12, f"10 of 10 gives (0.722, 1); yours is ({low:.3f}, {high:.3f}).")
    for trials in range(1, 60):
        for successes in (0, trials):
            low, high = _interval(answer, successes, trials)
            expect(0 <= low <= high <= 1, f"for {successes} of {trials} your interval is ({low!r}, {high!r}), a rounding error outside [0, 1]. Cut it off.")
    low, high = _interval(answer, 0, 0)
    expect((low, high) == (0, 1), f"without trials anything is possible: (0, 1). Yours is ({low:.3f}, {high:.3f}).")


def _rows(answer, correct, lengths, edges):
    try:
        got = call(answer, correct, lengths, edges)
    except ZeroDivisionError:
        raise NotYet("an empty bin has nothing to divide by (ZeroDivisionError): its accuracy is NaN, its count 0.") from None
    except RuntimeError as error:
        expect("could not infer output dtype" not in str(error), "torch takes no mean of True and False: make numbers of them first, with .float().")
        raise
    expect(got is not None, NOTHING)
    expect(isinstance(got, (list, tuple)), f"the rows are a list; you return {kind(got)}.")
    expect(len(got) == len(edges) - 1, f"{len(edges)} edges make {len(edges) - 1} bins, and each has a row, an empty one too; you return {len(got)} rows.")
    for row in got:
        expect(isinstance(row, (tuple, list)) and len(row) == 4, f"a row is (low, high, accuracy, count); one of yours is {row!r}.")
    return [tuple(_plain(entry) for entry in row) for row in got]


@check
def accuracy_by_length(answer):
    """Lengths on an edge, outside of all bins, bins of several widths, and an empty bin."""
    correct = torch.tensor([True, True, False, True, True, False, False, True, True])
    lengths = torch.tensor([1, 4, 4, 5, 5, 9, 15, 20, 0])
    edges = [1, 5, 9, 20]
    got = _rows(answer, correct, lengths, edges)
    for (low, high, _, _), first, last in zip(got, edges, edges[1:], strict=False):
        expect((low, high) == (first, last), f"each row begins with its bin's edges, here ({first}, {last}); yours begins with ({low}, {high}).")
    counts, accuracies = ([row[place] for row in got] for place in (3, 2))
    expect(accuracies != [3, 2, 2], "each row is (low, high, accuracy, count), in this order: the accuracy comes before the count.")
    expect(counts not in ([4, 1, 2], [5, 3, 3]), "low ≤ length < high: a sentence as long as an edge belongs to the bin that begins there, and to no other.")
    expect(counts != [3, 2, 3], "the last bin ends before its upper edge like all others: 20 isn't in 9 to 20.")
    expect(counts not in ([4, 2, 2], [4, 2, 3]), "lengths outside of all bins are ignored; yours counts length 0.")
    expect(counts == [3, 2, 2], f"lengths {lengths.tolist()} with edges {edges} make the counts [3, 2, 2]; yours are {[_short(one) for one in counts]}.")
    expect(accuracies[0] != 2, "the accuracy is a share: divide the number of right ones by the count.")
    expect(all(isinstance(a, (int, float)) and abs(a - b) < 1e-6 for a, b in zip(accuracies, (2 / 3, 1, 0), strict=True)),
           f"2 of 3, 2 of 2 and 0 of 2 are right, so the accuracies are [0.667, 1, 0]; yours are {[_short(one) for one in accuracies]}.")
    got = _rows(answer, torch.tensor([True]), torch.tensor([2]), [1, 5, 9])
    expect(got[1][3] == 0, f"no sentence is 5 to 8 long, so the count is 0; yours is {got[1][3]}.")
    expect(not isinstance(got[1][2], str), f"the accuracy of an empty bin is the number NaN, math.nan; yours is the text {got[1][2]!r}.")
    expect(isinstance(got[1][2], float) and math.isnan(got[1][2]),
           f"nothing was measured in an empty bin, so its accuracy is NaN, not {got[1][2]}: 0 would say that all were wrong.")


@check
def reverse_source_row(answer):
    """One row without padding."""
    ids = torch.tensor([[4, 6, 5, 3]])
    got = _ids(answer, ids, torch.ones(1, 4, dtype=torch.bool))
    expect(not torch.equal(got, ids), "your result is the source as it was.")
    expect(got.tolist() != [[5, 6, 4, 3]], "<end> is a token as well and moves to the front; you leave it at the end.")
    expect(got.tolist() == [[3, 5, 6, 4]], f"the row [4, 6, 5, 3] becomes [3, 5, 6, 4]; yours is {got[0].tolist()}.")


@check
def reverse_source(answer):
    """Rows of several lengths; an id 0 that is real; a row without any token."""
    ids = torch.tensor([[4, 6, 5, 3], [7, 3, 0, 0], [3, 0, 0, 0]])
    got = _ids(answer, ids, ids != 0)
    expect(not torch.equal(got, ids), "your result is the source as it was.")
    expect(not torch.equal(got, ids.flip(1)), "you turn each row over its whole width, so that padding stands in front (ids.flip does that). Each row has its own number of real tokens, and only those turn.")
    expect(not torch.equal(got, ids.flip(0)), "you turn the order of the rows; each row's tokens are to be turned.")
    expect(got.tolist()[:2] != [[5, 6, 4, 3], [7, 3, 0, 0]], "<end> is a token as well and moves to the front; you leave it at the end.")
    for row, wanted, yours in zip(ids.tolist(), [[3, 5, 6, 4], [3, 7, 0, 0], [3, 0, 0, 0]], got.tolist(), strict=True):
        expect(yours == wanted, f"the row {row} becomes {wanted}; yours is {yours}.")
    for row, wanted in (([4, 6, 0, 0], [0, 6, 4, 0]), ([4, 0, 6, 0], [6, 0, 4, 0])):
        got = _ids(answer, torch.tensor([row]), torch.tensor([[True, True, True, False]]))
        expect(got.tolist() == [wanted], f"the mask decides what is real, not the ids: with three real tokens, an id 0 among them and no <end>, {row} becomes {wanted}; yours is {got[0].tolist()}.")
    got = _ids(answer, torch.tensor([[0, 0], [4, 5]]), torch.tensor([[False, False], [True, True]]))
    expect(got.tolist() == [[0, 0], [5, 4]], f"a row without any real token stays as it is; yours is {got.tolist()}.")


def _ids(answer, ids, mask):
    try:
        got = call(answer, ids, mask)
    except (RuntimeError, IndexError) as error:
        expect("index -" not in str(error), f"{plain(error)}. At padding, count - 1 - i is negative; there, place i takes its own token i.")
        raise
    expect(got is not None, NOTHING)
    expect(isinstance(got, torch.Tensor), f"the reversed ids are a tensor; you return {kind(got)}.")
    expect(got.shape == ids.shape, f"the reversed ids have the same shape, {tuple(ids.shape)}; yours have {tuple(got.shape)}.")
    expect(got.dtype == ids.dtype, f"ids are {str(ids.dtype).removeprefix('torch.')}; yours are {str(got.dtype).removeprefix('torch.')}.")
    return got


class Tied(nn.Module):
    """A model that uses one table twice, and keeps one layer as it is."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 3)
        self.output = nn.Linear(3, 7, bias=False)
        self.output.weight = self.embedding.weight
        self.frozen = nn.Linear(3, 2)
        self.frozen.requires_grad_(False)
        self.scale = nn.Parameter(torch.ones(()))
        self.register_buffer("seen", torch.zeros(5))


@check
def count_parameters(answer):
    """A layer; shared, frozen and scalar parameters; none at all."""
    got = _count(answer, nn.Linear(3, 2))
    expect(got != 6, "a Linear(3, 2) has 3 × 2 weights and 2 biases, 8 numbers; you count 6.")
    expect(got != 2, "that is the number of tensors; count the numbers in them.")
    expect(got == 8, f"a Linear(3, 2) has 8 parameters; you count {got}.")
    got = _count(answer, Tied())
    expect(got not in (30, 35), "you count frozen parameters (requires_grad=False); training doesn't change them.")
    expect(got not in (43, 51), "the table that is used as embedding and as output is one tensor; you count it twice.")
    expect(got != 27, "buffers aren't parameters; training doesn't change them.")
    expect(got == 22, f"a table of 7 × 3 that is used twice, a scale and a frozen layer: 22 trainable numbers; you count {got}.")
    try:
        got = _count(answer, nn.ReLU())
    except (RuntimeError, ValueError, TypeError) as error:
        raise NotYet(f"a ReLU has no parameters at all, so the count is 0; yours stops with {plain(error)}.") from None
    expect(got == 0, f"a ReLU has no parameters; you count {got}.")
    got = _count(answer, nn.GRU(2, 4))
    expect(got == 96, f"a GRU(2, 4) has 3 × 4 × (2 + 4) weights and 2 × 3 × 4 biases, 96 in all; you count {got}.")
    got = _count(answer, nn.Sequential(nn.LayerNorm(2), nn.LayerNorm(2)))
    expect(got == 8, f"two layers with 2 ones and 2 zeros each have 8 parameters, whatever their values and however alike; you count {got}.")


def _count(answer, module):
    changed = [parameter.requires_grad for parameter in module.parameters()]
    got = answer(module)
    expect(got is not None, NOTHING)
    expect(isinstance(got, (int, np.integer)) and not isinstance(got, bool), f"the number of parameters is a plain int; you return {kind(got)}.")
    expect(changed == [parameter.requires_grad for parameter in module.parameters()], "your function changed the model's requires_grad; counting only looks.")
    return got


class Noted(nn.Module):
    """A model that remembers how it was treated; its first number tells the seed."""

    def __init__(self, size):
        super().__init__()
        self.weights = nn.Parameter(torch.rand(size))
        self.first = float(self.weights[0].detach())
        self.steps = 0


class Laboratory:
    """Builders, train and evaluate for an answer, which note what was done to whom."""

    def __init__(self, sizes):
        self.sizes, self.trained, self.evaluated = sizes, [], []

    def builder(self, size):
        def build():
            return Noted(size)
        return build

    def train(self, model, steps):
        expect(isinstance(model, Noted), f"train got {kind(model)}, not a model. A builder is called without arguments, and what it returns is the model.")
        model.steps += steps
        self.trained.append(model)
        torch.rand(3)

    def evaluate(self, model):
        expect(isinstance(model, Noted), f"evaluate got {kind(model)}, not a model. train changes the model that it's given and returns nothing.")
        self.evaluated.append((model, model.steps))
        return model.first

    def run(self, answer, seeds=(5, 6), steps=7):
        builders, seeds = {name: self.builder(size) for name, size in self.sizes.items()}, list(seeds)
        before = dict(builders), list(seeds)
        rows = answer(builders, self.train, self.evaluate, seeds, steps)
        expect(builders == before[0], "your function changed an argument that it was given, `builders`; work on a copy.")
        expect(seeds == before[1], "your function changed an argument that it was given, `seeds`; work on a copy.")
        return rows


def _compare(answer, sizes):
    """(rows, the laboratory) of a comparison that is fair."""
    laboratory = Laboratory(sizes)
    few, many = min(sizes.values()), max(sizes.values())
    try:
        rows = laboratory.run(answer)
    except ValueError as error:
        raise NotYet(f"{few} and {many} parameters are {100 * (many - few) / few:g} % apart, not more than 5 %, so that's a fair comparison; "
                     f"yours stops with ValueError: {error}") from None
    expect(rows is not None, NOTHING)
    expect(isinstance(rows, (list, tuple)), f"the rows are a list; you return {kind(rows)}.")
    expect(all(isinstance(row, (tuple, list)) and len(row) == 4 for row in rows), "each row is (name, seed, parameters, score).")
    return [tuple(row) for row in rows], laboratory


@check
def compare_models(answer):
    """Models that note their seed, their steps and how often they are trained."""
    sizes = {"one": 100, "two": 104}
    rows, laboratory = _compare(answer, sizes)
    expect(len(rows) == 4, f"two models and two seeds make 4 rows; you return {len(rows)}.")
    expect(sorted((str(name), seed) for name, seed, _, _ in rows) == [("one", 5), ("one", 6), ("two", 5), ("two", 6)],
           f"the rows are for the models 'one' and 'two' with the seeds 5 and 6; yours are for {[row[:2] for row in rows]}.")
    _treated_fairly(laboratory)
    for name, _, parameters, _ in rows:
        expect(parameters == sizes[name], f"the model {name!r} has {sizes[name]} parameters; your row (name, seed, parameters, score) says {_short(_plain(parameters))}.")
    _scores(rows, laboratory)
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    again, _ = _compare(answer, sizes)
    torch.random.set_rng_state(state)
    expect(again == rows, "the same comparison gives other scores the second time.")
    _refused(answer, {"one": 100, "two": 106}, "100 and 106 parameters are 6 % apart")
    _refused(answer, {"one": 103, "two": 106, "three": 100}, "of 103, 106 and 100 parameters the largest is 6 % above the smallest, whatever comes first")
    _refused(answer, {"one": 100, "two": 104, "three": 108}, "of 100, 104 and 108 parameters the largest is 8 % above the smallest, although neighbours are within 5 %")
    _refused(answer, {"one": 1000, "two": 1051}, "5 % of the smallest, 1000, are 50, and 1000 and 1051 parameters differ by 51")
    try:
        Laboratory({"one": 100, "two": 105}).run(answer)
    except ValueError:
        raise NotYet("100 and 105 parameters are 5 % apart, not more; that is still fair. (Did you divide? 105 / 100 - 1 is rounded to a hair above "
                     "0.05; multiply instead.)") from None


def _treated_fairly(laboratory):
    trained = laboratory.trained
    expect(trained, "no model is trained: `train` is never called.")
    distinct = len(set(map(id, trained)))
    expect(len(trained) == distinct or distinct == 4 or len(trained) > 4, "a model was trained twice: the second seed got what the first one had learned. Build a new one for each seed.")
    expect(len(trained) == 4, f"each of the 4 models is trained by one call of train, with all the steps; yours calls it {len(trained)} times.")
    expect(all(model.steps == 7 for model in trained), f"each model is trained for `steps` steps, here 7; yours for {[model.steps for model in trained]}.")
    expect(laboratory.evaluated, "no model is evaluated: `evaluate` is never called, and its result is the score.")
    for model, steps in laboratory.evaluated:
        expect(any(model is one for one in trained), "evaluate got another model than the one that was trained. Build once for each row, train that model, and evaluate it.")
        expect(steps, "a score was measured before the training. First train, then evaluate.")


def _scores(rows, laboratory):
    """Each row's score is what evaluate said of the model that its seed makes."""
    said = [model.first for model, _ in laboratory.evaluated]
    wanted = {}
    for name, size in laboratory.sizes.items():
        for seed in (5, 6):
            torch.manual_seed(seed)
            wanted[name, seed] = float(torch.rand(size)[0])
    for *_, score in rows:
        score = _plain(score)
        expect(isinstance(score, (int, float)) and any(abs(score - one) < 1e-6 for one in said),
               f"the score is what evaluate returned for the row's model, as it is; yours is {_short(score)!r}, and evaluate returned {[round(one, 4) for one in said]}.")
    for name, seed, _, score in rows:
        expect(abs(_plain(score) - wanted[name, seed]) < 1e-6,
               f"the model {name!r} with seed {seed} doesn't begin as torch.manual_seed({seed}) makes it. Seed torch right before each model is built.")


def _refused(answer, sizes, why):
    try:
        got = Laboratory(sizes).run(answer)
    except ValueError:
        return
    except Exception as error:
        raise NotYet(f"{why}, so raise a ValueError; yours stops with {plain(error)}.") from None
    expect(not isinstance(got, Exception) and not (isinstance(got, type) and issubclass(got, Exception)), f"{why}, so raise a ValueError. Yours returns one: `raise` it.")
    expect(False, f"{why}, so raise a ValueError; yours compares them.")
