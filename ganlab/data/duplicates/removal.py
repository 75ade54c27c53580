"""Which training images remain if near-duplicates are dropped."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ganlab.core.errors import suggest
from ganlab.data.duplicates.stored import stored_near_duplicates
from ganlab.data.readers.image_storage import Images

CHOICES = ("keep", "drop")


def check_duplicates(duplicates: str) -> None:
    """Raise ValueError unless `duplicates` is "keep" or "drop"."""
    if duplicates not in CHOICES:
        advice = suggest(str(duplicates), CHOICES)
        raise ValueError(f"duplicates must be one of {', '.join(CHOICES)}, got {duplicates!r}{advice}")


def remove_near_duplicates(images: Images, splits: Mapping[str, Tensor], limit: int) -> tuple[dict[str, Tensor], int]:
    """Return the splits with fewer training images, at most `limit` (0: all), and how many were dropped before that.

    The validation and test splits stay as they are. Raises ValueError if less than `limit` images remain, or none.
    """
    groups = groups_of(len(images), stored_near_duplicates(images).pairs)
    held_out = torch.cat([indices for name, indices in splits.items() if name != "train"])
    train = drop_duplicates(splits["train"], held_out, groups)
    if limit > len(train) or not len(train):
        raise ValueError(
            f"duplicates=drop leaves {len(train)} of {len(splits['train'])} training images, of which limit must leave "
            f"at least one and keep at most all, got limit={limit}; lower it, or set duplicates=keep"
        )
    return {**splits, "train": train[: limit or None]}, len(splits["train"]) - len(train)


def groups_of(count: int, pairs: Tensor) -> Tensor:
    """Return the group of each of `count` images, int64 (count,): the smallest index that pairs (m, 2) lead to."""
    from scipy.sparse import coo_array  # imported here because most runs have no use for it
    from scipy.sparse.csgraph import connected_components

    first, second = pairs.T.numpy()
    graph = coo_array((np.ones(len(pairs), np.int8), (first, second)), shape=(count, count))
    _, groups = connected_components(graph, directed=False)
    _, smallest = np.unique(groups, return_index=True)
    return torch.from_numpy(smallest[groups])


def drop_duplicates(train: Tensor, held_out: Tensor, groups: Tensor) -> Tensor:
    """Return the training indices (n,) in their order, without those in the group of an earlier or a held-out one."""
    taken = torch.zeros(len(groups), dtype=torch.bool)
    taken[groups[held_out]] = True
    own, places = groups[train], torch.arange(len(train))
    first = torch.full((len(groups),), len(train)).scatter_reduce(0, own, places, "amin")
    return train[(first[own] == places) & ~taken[own]]
