"""Checks of lesson 04: intervals and bins worked by hand, and models that note what a comparison does to them."""

# ruff: noqa: E501
# A hint stays on one line.

import math

import numpy as np
import torch
from torch import nn

from attnlib.checks import NOTHING, NotYet, call, check, expect, kind, plain


def _interval(answer, *given):
    got = call(answer, *given)
    expect(got is not None, NOTHING)
    expect(isinstance(got, (tuple, list)) and len(got) == 2, f"an interval is a pair (low, high); you return {kind(got)}.")
    expect(all(isinstance(end, (int, float)) for end in map(_plain, got)), f"low and high are numbers; yours are {kind(got[0])} and {kind(got[1])}.")
    low, high = (float(_plain(end)) for end in got)
    expect(not (math.isnan(low) or math.isnan(high)), f"for {given[0]} of {given[1]} your interval has NaN in it.")
    return low, high


def _plain(value):
    """A number from torch or numpy as Python's."""
    return value.item() if getattr(value, "shape", None) == () else value


@check
def wilson_interval(answer):
    """6 of 10, where no end is cut off; another z; none, all, no trials."""
    low, high = _interval(answer, 6, 10)
    expect(low <= high, f"(low, high), the lower end first; yours is ({low:.3f}, {high:.3f}).")
    p, n, z = .6, 10, 1.96
    middle, half = (low + high) / 2, (high - low) / 2
    root = math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    expect(abs(middle - p) > 1e-3 or abs(half - z * math.sqrt(p * (1 - p) / n)) > 1e-4,
           "that is the textbook's p ± z √(p(1 − p)/n), which can leave [0, 1] and is (0, 0) for 0 of 10. Wilson's has more terms.")
    expect(abs(half - z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n)) > 1e-4, "under the root, z²/(4n²) is missing beside p(1 − p)/n.")
    expect(abs(half - z * root) > 1e-4, "the half width has to be divided by 1 + z²/n as well.")
    expect(abs(middle - p) > 1e-3, "your interval lies around p itself. Wilson's middle is (p + z²/(2n)) / (1 + z²/n), nearer to a half.")
    expect(abs(low - .3127) < 6e-4 and abs(high - .8318) < 6e-4, f"6 of 10 gives (0.313, 0.832); yours is ({low:.3f}, {high:.3f}).")
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
    try:
        low, high = _interval(answer, 0, 0)
    except ZeroDivisionError:
        raise NotYet("without trials anything is possible: (0, 1). Yours divides by 0 (ZeroDivisionError); that case needs a line of its own.") from None
    expect((low, high) == (0, 1), f"without trials anything is possible: (0, 1). Yours is ({low:.3f}, {high:.3f}).")


def _rows(answer, correct, lengths, edges):
    got = call(answer, correct, lengths, edges)
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
    counts = [row[3] for row in got]
    expect(counts not in ([4, 1, 2], [5, 3, 3]), "low ≤ length < high: a sentence as long as an edge belongs to the bin that begins there, and to no other.")
    expect(counts != [3, 2, 3], "the last bin ends before its upper edge like all others: 20 isn't in 9 to 20.")
    expect(counts not in ([4, 2, 2], [4, 2, 3]), "lengths outside of all bins are ignored; yours counts length 0.")
    expect(counts == [3, 2, 2], f"lengths {lengths.tolist()} with edges {edges} make the counts [3, 2, 2]; yours are {counts}.")
    accuracies = [row[2] for row in got]
    expect(accuracies[0] != 2, "the accuracy is a share: divide the number of right ones by the count.")
    expect(all(isinstance(a, (int, float)) and abs(a - b) < 1e-6 for a, b in zip(accuracies, (2 / 3, 1, 0), strict=True)),
           f"2 of 3, 2 of 2 and 0 of 2 are right, so the accuracies are [0.667, 1, 0]; yours are {accuracies}.")
    try:
        got = _rows(answer, torch.tensor([True]), torch.tensor([2]), [1, 5, 9])
    except ZeroDivisionError:
        raise NotYet("an empty bin has nothing to divide by (ZeroDivisionError): its accuracy is NaN, its count 0.") from None
    expect(got[1][3] == 0, f"no sentence is 5 to 8 long, so the count is 0; yours is {got[1][3]}.")
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
    expect(not torch.equal(got, ids.flip(1)), "flip turns the padding round as well; now it stands in front. Only the real tokens turn.")
    expect(not torch.equal(got, ids.flip(0)), "you turn the order of the rows; each row's tokens are to be turned.")
    expect(got.tolist()[:2] != [[5, 6, 4, 3], [7, 3, 0, 0]], "<end> is a token as well and moves to the front; you leave it at the end.")
    wanted = [[3, 5, 6, 4], [3, 7, 0, 0], [3, 0, 0, 0]]
    expect(got.tolist() == wanted, f"{ids.tolist()} becomes {wanted}; yours is {got.tolist()}.")
    for row, wanted in (([4, 6, 0, 0], [0, 6, 4, 0]), ([4, 0, 6, 0], [6, 0, 4, 0])):
        got = _ids(answer, torch.tensor([row]), torch.tensor([[True, True, True, False]]))
        expect(got.tolist() == [wanted], f"the mask decides what is real, not the ids: with three real tokens, an id 0 among them and no <end>, {row} becomes {wanted}; yours is {got[0].tolist()}.")
    got = _ids(answer, torch.tensor([[0, 0], [4, 5]]), torch.tensor([[False, False], [True, True]]))
    expect(got.tolist() == [[0, 0], [5, 4]], f"a row without any real token stays as it is; yours is {got.tolist()}.")


def _ids(answer, ids, mask):
    got = call(answer, ids, mask)
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
    got = _count(answer, nn.ReLU())
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
        model.steps += steps
        self.trained.append(model)
        torch.rand(3)
        return [1.5]                                # losses, as the course's own train returns them

    def evaluate(self, model):
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
           f"the rows are for one and two with the seeds 5 and 6; yours are for {[row[:2] for row in rows]}.")
    _treated_fairly(laboratory)
    for name, _, parameters, _ in rows:
        expect(parameters == sizes[name], f"{name} has {sizes[name]} parameters; your row says {parameters}.")
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
    expect(len(trained) == distinct or distinct == 4, "a model was trained twice: the second seed got what the first one had learned. Build a new one for each seed.")
    expect(len(trained) == 4, f"each of the 4 models is trained once; yours calls train {len(trained)} times.")
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
               f"the score is what evaluate returned for the row's model, as it is; yours is {score!r}, and evaluate returned {[round(one, 4) for one in said]}.")
    for name, seed, _, score in rows:
        expect(abs(_plain(score) - wanted[name, seed]) < 1e-6,
               f"the model {name} with seed {seed} doesn't begin as torch.manual_seed({seed}) makes it. Seed torch right before each model is built.")


def _refused(answer, sizes, why):
    try:
        got = Laboratory(sizes).run(answer)
    except ValueError:
        return
    except Exception as error:
        raise NotYet(f"{why}, so raise a ValueError; yours stops with {plain(error)}.") from None
    expect(not isinstance(got, Exception) and not (isinstance(got, type) and issubclass(got, Exception)), f"{why}, so raise a ValueError. Yours returns one: `raise` it.")
    expect(False, f"{why}, so raise a ValueError; yours compares them.")
