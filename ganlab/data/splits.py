"""Which samples are trained on and which are held out: arithmetic with a fixed seed, the same in every run."""

import torch
from torch import Tensor

from ganlab.random import derive

OFFICIAL = "test"  # the value of `validation` that names a data set's own test samples


def shuffled(count: int, *key: object) -> Tensor:
    """Return a permutation of 0 … count − 1 that is a function of the key, shape (count,)."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive(*key)))


def divide(count: int, tests: int, validation: float | str, limit: int) -> dict[str, Tensor]:
    """Divide a table of `count` samples and `tests` official test samples after them into train and validation.

    `validation` is the share of `count` to hold out, or "test" for the official test samples; `limit` keeps the first
    so many of the shuffled training samples, 0 all of them. Raises ValueError where that leaves nothing to train on.
    """
    order = shuffled(count, "split")
    match validation:
        case "test" if tests:
            held, train = torch.arange(count, count + tests), order
        case float() | int() if 0 <= validation < 1 and round(count * validation) < count:
            held, train = order.tensor_split([round(count * validation)])
        case _:
            test = " (or 'test', where the data has test samples of its own)"
            raise ValueError(
                f"validation must be a share from 0 to below 1 of {count} samples{test}, got {validation!r}"
            )
    if not 0 <= limit <= len(train):
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training samples, got {limit}")
    return {"train": train[:limit] if limit else train, "validation": held}
