"""Which samples are trained on and which are held out: arithmetic with a fixed seed, the same in every run."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ganlab.core.random import derive


def shuffled(count: int, *key: object) -> Tensor:
    """Return a permutation of 0 … count − 1 that is a function of the key, shape (count,)."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive(*key)))


def check_shares(shares: Mapping[str, float], limit: int) -> None:
    """Raise ValueError for what is no share of a table, or no limit of any."""
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be a share of the samples from 0 to below 1, got {share!r}")
    if limit < 0:
        raise ValueError(f"limit must be at least 0, which is all training samples, got {limit}")


def stratify(order: Tensor, labels: Tensor) -> Tensor:
    """Arrange indices so that of every class about the same share lies in any piece of them, in their order else."""
    classes = labels[order]
    places = torch.empty(len(order))
    for number in classes.unique():
        rows = (classes == number).nonzero()[:, 0]
        places[rows] = (torch.arange(len(rows)) + 0.5) / len(rows)
    return order[places.argsort(stable=True)]


def split_indices(
    count: int, official: int, validation: float, test: float, limit: int, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """Divide a table of `count` samples, and `official` test samples after them, into train, validation and test.

    `validation` and `test` are the shares of `count` to hold out; the second does not count where there are official
    test samples. `limit` keeps the first so many of the shuffled training samples, 0 all of them. By `labels` (count,)
    every part has its share of each class. Raises ValueError where that leaves nothing to train on.
    """
    order = shuffled(count, "split")
    if labels is not None:
        order = stratify(order, labels)
    shares = {"validation": validation} if official else {"validation": validation, "test": test}
    check_shares(shares, limit)
    sizes = [round(count * share) for share in shares.values()]
    if sum(sizes) >= count:
        given = " and ".join(f"{name}={share}" for name, share in shares.items())
        raise ValueError(f"{given} must leave something of {count} samples to train on; lower them")
    *held, train = order.split([*sizes, count - sum(sizes)])
    if limit > len(train):
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training samples, got {limit}")
    parts = dict(zip(shares, held, strict=True)) | {"train": train[:limit] if limit else train}
    return parts | ({"test": torch.arange(count, count + official)} if official else {})
