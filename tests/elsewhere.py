"""A second device, made of Python, for machines without a GPU.

What is on the device "elsewhere" is computed by the processor, but can't be mixed with what is on the processor: torch
refuses that as it does for "cuda". So a model that trains here, on two devices with equal losses, forgets nothing
behind. Import this only in a process of its own: the device can't be taken away again.
"""

import contextlib
import copy
import io
from unittest import mock

import jupytext
import torch
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from attnlib import training

NAME, HERE = "elsewhere", torch.device("cpu")
BETWEEN = {"aten::_to_copy", "aten::copy_"}  # what may read one device and write the other
_setup_privateuseone_for_python_backend(NAME)


class There(torch.Tensor):
    """A tensor on the device; `here` is what it holds."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, here):
        return torch.Tensor._make_wrapper_subclass(
            cls, here.shape, strides=here.stride(), storage_offset=here.storage_offset(), dtype=here.dtype,
            device=torch.device(NAME, 0))

    def __init__(self, here):
        self.here = here

    @classmethod
    def __torch_dispatch__(cls, operation, types, arguments=(), named=None):
        return compute(operation, *arguments, **(named or {}))


def compute(operation, *arguments, **named):
    """Any of torch's operations, on the device."""
    name, target = operation._schema.name, named.get("device")
    tensors = [each for each in pytree.tree_leaves((arguments, named)) if isinstance(each, torch.Tensor)]
    if name not in BETWEEN and len({each.device for each in tensors if each.ndim}) > 1:
        raise RuntimeError(f"{name} got tensors on two devices")
    wrapped = {id(each.here): each for each in tensors if isinstance(each, There)}

    def unwrap(each):
        return each.here if isinstance(each, There) else HERE if isinstance(each, torch.device) else each

    def wrap(each):
        if not isinstance(each, torch.Tensor):
            return each
        return wrapped[id(each)] if id(each) in wrapped else There(each)

    arguments, named = pytree.tree_map(unwrap, (arguments, named))
    result = operation(*arguments, **named)
    return result if name == "aten::_to_copy" and target == HERE else pytree.tree_map(wrap, result)


def gru_cell(x, state, W, U, b, c):
    """torch's own is fused into one operation there, which the processor doesn't have."""
    (r, z, n), (r_h, z_h, n_h) = (x @ W.mT + b).chunk(3, 1), (state @ U.mT + c).chunk(3, 1)
    z = torch.sigmoid(z + z_h)
    return (1 - z) * torch.tanh(n + torch.sigmoid(r + r_h) * n_h) + z * state


def gru(x, state, weights, has_biases, layers, dropout, train, bidirectional, batch_first):
    """torch's own turns its output round in place, which a wrapper can't follow: one layer, one way, batch first."""
    assert (has_biases, layers, bidirectional, batch_first) == (True, 1, False, True)
    state, states = state[0], []
    for given in x.unbind(1):
        state = gru_cell(given, state, *weights)
        states.append(state)
    return torch.stack(states, 1), state[None]


every, some = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
every.fallback(compute, "PrivateUse1")
some.impl("gru.input", gru, "AutogradPrivateUse1")
some.impl("gru_cell", gru_cell, "AutogradPrivateUse1")


# ---- What trains there ---------------------------------------------------------------------------------------

def losses(model, examples, steps=3, **settings):
    """(the losses here, the losses there) of the same model's first steps; the model has been there in the end.

    Without dropout: each device draws its own.
    """
    found = []
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    for each, device in ((copy.deepcopy(model), "cpu"), (model, NAME)):
        torch.manual_seed(1)
        found.append(training.train(each, examples, steps, device=device, **settings))
    return tuple(found)


def trained_in(text):
    """The losses here and there, or None, for each training of a lesson, of two steps; its code is run as it stands.

    What it says of trained models doesn't hold after two steps: a cell that stops is passed over, so whoever calls this
    has to count. LSTMs are trained here only: the device has no such cells.
    """
    found, train = [], training.train

    def first_steps(model, examples, steps, *rate, **named):
        if any(isinstance(part, torch.nn.LSTM) for part in model.modules()):
            return train(model, examples, 2)
        found.append(None)  # stays so where the training fails
        with mock.patch.object(training, "train", train):
            found[-1] = losses(model, examples, 2)
        return found[-1][1]

    names = {"__name__": "__main__"}
    with mock.patch.object(training, "train", first_steps), contextlib.redirect_stdout(io.StringIO()):
        for cell in jupytext.read(text).cells:
            if cell.cell_type == "code":
                with contextlib.suppress(Exception):
                    exec(compile(cell.source, str(text), "exec"), names)
    return found
