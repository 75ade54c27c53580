"""Train, validation and test splits: drawn with a fixed seed, so they are the same in every run."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ganlab.core.random import derive


def seeded_permutation(count: int, *key: object) -> Tensor:
    """Return a permutation of 0 … count − 1 that depends only on the key, shape (count,)."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive(*key)))


def check_shares(shares: Mapping[str, float], limit: int) -> None:
    """Raise ValueError for a share outside [0, 1) or a negative limit."""
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be a share of the samples from 0 to below 1, got {share!r}")
    if limit < 0:
        raise ValueError(f"limit must be at least 0, which is all training samples, got {limit}")


def stratify(order: Tensor, labels: Tensor) -> Tensor:
    """Reorder indices so that every contiguous piece has about the same share of each class.

    Indices `order` (n,) of one class keep their relative order; `labels` (table,) are the classes by index.
    """
    classes = labels[order]
    positions = torch.empty(len(order))
    for number in classes.unique():
        rows = (classes == number).nonzero()[:, 0]
        positions[rows] = (torch.arange(len(rows)) + 0.5) / len(rows)
    return order[positions.argsort(stable=True)]


def split_indices(
    count: int, official: int, validation: float, test: float, limit: int, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """Split a table of `count` samples, followed by `official` test samples, into train, validation and test.

    `validation` and `test` are the shares of `count` to hold out; `test` is ignored if there are official test samples.
    `limit` keeps the first `limit` of the shuffled training samples (0: all). With `labels` (count,) the splits are
    stratified by class. Raises ValueError for invalid shares or an invalid limit, and if no training sample is left.
    """
    order = seeded_permutation(count, "split")
    if labels is not None:
        order = stratify(order, labels)
    shares = {"validation": validation} if official else {"validation": validation, "test": test}
    check_shares(shares, limit)
    sizes = [round(count * share) for share in shares.values()]
    if sum(sizes) >= count:
        settings = " and ".join(f"{name}={share}" for name, share in shares.items())
        raise ValueError(f"{settings} must leave something of {count} samples to train on; lower them")
    *held_out, train = order.split([*sizes, count - sum(sizes)])
    if limit > len(train):
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training samples, got {limit}")
    splits = dict(zip(shares, held_out, strict=True)) | {"train": train[:limit] if limit else train}
    if official:
        splits["test"] = torch.arange(count, count + official)
    return splits
