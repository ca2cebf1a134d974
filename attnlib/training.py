"""Training sets its seeds and threads here, makes its batches here, and shows its progress here."""

import contextlib
import os
import random
import sys

from tqdm import tqdm

START, PAD = 2, 0


def reproducible(seed=1, threads=None):
    """Seed Python, NumPy and torch, and fix the number of threads.

    threads: at most two by default; more don't help at this course's sizes, and threads of several
    kernels that compete for the same cores slow training down tenfold.
    """
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(threads or int(os.environ.get("OMP_NUM_THREADS", min(2, os.cpu_count() or 1))))


def progress(iterable, doing, total=None):
    """`iterable` with a progress bar that says what it is `doing` and goes away at the end.

    total: how many there are, where `iterable` has no length. Set the environment variable TQDM_DISABLE=1 for no bar.
    """
    return tqdm(iterable, desc=doing, total=total, leave=False, file=sys.stdout, dynamic_ncols=True)


# ---- Batches -------------------------------------------------------------------------------------------------

def encode_pairs(pairs, source_vocab, target_vocab):
    """Pairs (source tokens, target tokens) to pairs of lists of ids, each with `<end>`."""
    from attnlib.course.embeddings import encode

    return [(encode(source, source_vocab), encode(target, target_vocab)) for source, target in pairs]


def to_batch(examples):
    """B pairs of lists of ids to tensors: source (B,S) and target (B,T), int64, 0 on the right."""
    import torch

    from attnlib.course.embeddings import pad_batch

    if not examples:
        raise ValueError("a batch needs at least one example, got none")
    return tuple(torch.from_numpy(pad_batch(side)[0]) for side in zip(*examples, strict=True))


def batches(examples, batch_size, seed):
    """Batches without end, as `to_batch` makes them; each round through the examples in a new order.

    Sentences of about the same length come together, so that little is padded: a pool of 20 batches is
    drawn by chance, sorted by length, cut, and its batches are dealt in random order.
    """
    if not examples:
        raise ValueError("there are no examples to make batches of")
    draw = random.Random(seed)
    while True:
        order = draw.sample(range(len(examples)), len(examples))
        for first in range(0, len(order), 20 * batch_size):
            pool = sorted(order[first : first + 20 * batch_size], key=lambda i: tuple(map(len, examples[i])))
            cuts = [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
            for cut in draw.sample(cuts, len(cuts)):
                yield to_batch([examples[i] for i in cut])


# ---- Teacher forcing -----------------------------------------------------------------------------------------

def shift_right(targets, start_id=START):
    """Targets (B,T) to what the decoder reads, (B,T): `<start>` in front, the last column dropped."""
    import torch

    return torch.cat([torch.full_like(targets[:, :1], start_id), targets[:, :-1]], dim=1)


def masked_cross_entropy(logits, targets, pad_id=PAD):
    """(B,T,V) and (B,T) to the mean loss over real tokens, a scalar."""
    import torch

    if logits.shape[:-1] != targets.shape:
        raise ValueError(f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)} don't fit; "
                         "expected (B, T, V) and (B, T). Was one of them cut or flattened?")
    if not (targets != pad_id).any():
        raise ValueError(f"targets {tuple(targets.shape)} are all padding (id {pad_id}), so there is no mean")

    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)


def train(model, examples, steps, learning_rate=3e-3, batch_size=64, seed=1, doing="training", device=None):
    """Teacher forcing, where `model(source, inputs)` returns logits (B,T,V). Returns the loss of each step, a list.

    examples: as `encode_pairs` makes them. Adam, gradients clipped to length 1, and a learning rate that falls
    to 0 in a straight line. `seed` orders the batches; the first weights come from whoever built the model.
    device: where it is trained, such as "cuda"; by default what the environment variable ATTN_DEVICE says, else the
    processor. The model is in training mode meanwhile. Afterwards it is in evaluation mode, and where it was before.
    """
    import torch

    if steps < 1:
        raise ValueError(f"training needs at least one step, got {steps}")

    losses = []
    with _at_work(model, device or os.environ.get("ATTN_DEVICE", "cpu")) as device:
        # fused: all weights in one go, which saves a twentieth of a step
        optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
        bar = progress(zip(range(steps), batches(examples, batch_size, seed), strict=False), doing, steps)
        for step, (source, target) in bar:
            source, target = source.to(device), target.to(device)
            loss = masked_cross_entropy(model(source, shift_right(target)), target)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if step % 20 == 0:
                bar.set_postfix(loss=f"{losses[-1]:.2f}")
    return losses


@contextlib.contextmanager
def _at_work(model, name):
    """The device called `name`, with the model there in training mode; what the model makes anew is made there, too."""
    import torch

    try:
        device = torch.empty(0, device=name).device
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f"torch can't train on device {name!r} here ({str(error).splitlines()[0]}). "
                         "Try \"cpu\", or unset ATTN_DEVICE.") from None
    home = next((weights.device for weights in model.parameters()), device)
    model.to(device).train()
    try:
        with device if device != home else contextlib.nullcontext():
            yield device
    finally:
        model.to(home).eval()
