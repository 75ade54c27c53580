"""Splits that keep together what belongs together, such as all recordings of one speaker."""

import re
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from ganlab.data.dataset import SPLITS
from ganlab.data.readers.class_numbers import number_classes
from ganlab.data.splits import check_shares, seeded_permutation, split_indices

FILE, FOLDER = "file", "folder"


def check_group(group: str) -> None:
    """Raise ValueError unless `group` is "file", "folder", or a regular expression with a group in parentheses."""
    if group in (FILE, FOLDER):
        return
    try:
        groups = re.compile(group).groups
    except re.error as error:
        raise ValueError(f"group must be file, folder or a regular expression, got {group!r} ({error})") from error
    if not groups:
        raise ValueError(
            f"group must be file, folder or a regular expression with a part in parentheses, which names the group of "
            f"a path, got {group!r}; for example '^([^_/]+)_' if file names begin with the speaker"
        )


def name_groups(names: Sequence[str], group: str) -> list[str] | None:
    """Return the group of every path, None if each path is its own; raises ValueError if some have none."""
    check_group(group)
    if group == FILE:
        return None
    if group == FOLDER:
        return [name.rpartition("/")[0] for name in names]
    found = [re.search(group, name) for name in names]
    without = [name for name, match in zip(names, found, strict=True) if match is None or match[1] is None]
    if without:
        raise ValueError(
            f"the regular expression group={group!r} finds no group in {len(without)} of {len(names)} paths, such as "
            f"{without[0]}; change it, or rename the files"
        )
    return [str(match[1]) for match in found if match is not None]


def split_groups(
    groups: Sequence[str] | None, count: int, validation: float, test: float, limit: int, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """Split `count` items into train, validation and test, so that no group is in two splits.

    Whole groups, in an order drawn with a fixed seed, are held out until the shares `validation` and `test` of the
    items are reached as closely as possible, but at least one group each unless the share is 0. Without groups, items
    are held out, with about the same share of each class of `labels` (count,). `limit` keeps that many training items
    (0: all). Raises ValueError for invalid shares or an invalid limit, and if no item is left to train on.
    """
    if groups is None:
        return split_indices(count, 0, validation, test, limit, labels)
    check_shares({"validation": validation, "test": test}, limit)
    names, numbers = number_classes(groups)
    held_out = [share for share in (validation, test) if share]
    if len(names) <= len(held_out):
        raise ValueError(
            f"there must be more groups than the {len(held_out)} splits that are held out, got {len(names)}; change "
            "data.group, or set data.validation=0 or data.test=0"
        )
    order = seeded_permutation(len(names), "groups").tolist()
    sizes = numbers.bincount(minlength=len(names)).tolist()
    splits, position = dict[str, Tensor](), 0
    for split, share, later in (("validation", validation, int(test > 0)), ("test", test, 0)):
        free = order[position : len(order) - 1 - later]  # one group at least is left for each split that follows
        taken = _closest([sizes[group] for group in free], share * count) if share else 0
        splits[split] = _members(numbers, order[position : position + taken])
        position += taken
    train = _members(numbers, order[position:])
    train = train[seeded_permutation(len(train), "limit")] if limit else train
    if limit > len(train):
        raise ValueError(f"limit must be from 0 (all) to the {len(train)} training samples, got {limit}")
    splits["train"] = train[: limit or None]
    return {split: splits[split] for split in SPLITS}


def _closest(sizes: Sequence[int], wanted: float) -> int:
    """Return how many of the first sizes have a sum closest to `wanted`, at least one."""
    distances = [abs(total - wanted) for total in accumulate(sizes)]
    return 1 + distances.index(min(distances))


def _members(numbers: Tensor, groups: Sequence[int]) -> Tensor:
    return torch.isin(numbers, torch.tensor(groups, dtype=torch.int64)).nonzero()[:, 0]
