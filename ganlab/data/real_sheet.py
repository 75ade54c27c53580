"""Real samples for a sheet next to generated ones."""

from functools import partial
from itertools import islice

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.dataset import DataSet, normalize
from ganlab.data.splits import seeded_permutation
from ganlab.kinds import Sheet
from ganlab.kinds.arrangement import spread_labels

MAX_BATCHES = 40  # of a distribution that are searched for rare classes


def sheet_labels(data: DataSet, count: int) -> Tensor | None:
    """Return the classes (m,), m <= count, that a sheet of conditional data shows, in order; None without conditions.

    There are equally many samples of each class.
    """
    classes = data.spec.classes
    return spread_labels(classes, count, data.kind.max_classes) if classes else None


def real_sheet(data: DataSet, count: int, seed: int = 0) -> Sheet:
    """Return a sheet of at most `count` real training samples; of conditional data, as many of each class as exist."""
    labels = sheet_labels(data, count)
    batch = data.decoded_samples(count, seed) if labels is None else _of_classes(data, labels, seed)
    return Sheet(batch.sample, "real samples", labels=None if labels is None else batch.cond)


def _of_classes(data: DataSet, labels: Tensor, seed: int) -> Batch:
    """Return real samples with these labels, in order of their class; fewer if a class is rare."""
    wanted = labels.bincount(minlength=data.spec.classes)
    batch = _draw(data, wanted, seed) if data.labels is None else _look_up(data, data.labels, wanted, seed)
    joined = normalize(batch)
    order = joined.cond.argsort(stable=True)
    return Batch(data.decode(tree.map(lambda x: x[order], joined.sample)), joined.cond[order])


def _look_up(data: DataSet, labels: Tensor, wanted: Tensor, seed: int) -> Batch:
    """Return training samples of a table, `wanted` (classes,) of each class; only these are decoded."""
    indices = data.split("train")
    shuffled = indices[seeded_permutation(len(indices), seed, "sheet")]
    return data.labelled_batch(shuffled[_first_of_each(labels[shuffled], wanted)], Random(seed))


def _draw(data: DataSet, wanted: Tensor, seed: int) -> Batch:
    """Return samples of a distribution, `wanted` (classes,) of each class."""
    size = max(256, int(wanted.sum()))
    stream = data.real_samples(MAX_BATCHES * size, seed, chunk=size)
    parts, missing = [], wanted.clone()
    for batch in islice(stream, MAX_BATCHES):
        rows = _first_of_each(batch.cond, missing)
        parts.append(batch.map(partial(torch.index_select, dim=0, index=rows)))
        missing -= batch.cond[rows].bincount(minlength=len(missing))
        if not missing.any():
            break
    return Batch.cat(parts)


def _first_of_each(labels: Tensor, wanted: Tensor) -> Tensor:
    """Return the rows of the first `wanted` (classes,) labels of each class."""
    rows = [(labels == label).nonzero()[:, 0][: int(wanted[label])] for label in wanted.nonzero()[:, 0].tolist()]
    return torch.cat(rows)
