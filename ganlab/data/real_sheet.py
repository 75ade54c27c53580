"""Real samples for a sheet next to generated ones."""

from itertools import islice

import torch

from ganlab.core import tree
from ganlab.core.interfaces import Batch
from ganlab.data.dataset import DataSet, normalize
from ganlab.kinds import Sheet
from ganlab.kinds.arrangement import spread_labels

MAX_BATCHES = 40  # of real samples that are searched for rare classes


def sheet_labels(data: DataSet, count: int) -> torch.Tensor | None:
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


def _of_classes(data: DataSet, labels: torch.Tensor, seed: int) -> Batch:
    """Return real samples with these labels, fewer if a class is rare."""
    wanted = labels.bincount(minlength=data.spec.classes)
    size = max(256, len(labels))
    parts, missing = [], wanted.clone()
    for batch in islice(data.real_samples(MAX_BATCHES * size, seed, chunk=size), MAX_BATCHES):
        kept = [row for row, label in enumerate(batch.cond.tolist()) if _take(missing, label)]
        parts.append(batch.map(lambda x, rows=kept: x[rows]))  # type: ignore[misc]
        if not missing.any():
            break
    joined = normalize(Batch.cat(parts))
    order = joined.cond.argsort(stable=True)
    return Batch(data.decode(tree.map(lambda x: x[order], joined.sample)), joined.cond[order])


def _take(missing: torch.Tensor, label: int) -> bool:
    """Return whether a sample of this class is still missing, and count it."""
    if not missing[label]:
        return False
    missing[label] -= 1
    return True
