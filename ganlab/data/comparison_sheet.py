"""Sheets of what a generator makes of conditions: each input next to its output and, for paired data, the truth."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Conditions
from ganlab.core.pixel_range import to_network_range
from ganlab.core.tree import Tree
from ganlab.data.condition_source import SEED
from ganlab.data.dataset import DataSet
from ganlab.kinds import Sheet

WIDTH = 288  # samples' pixels in a row, about
MOST_GROUPS = 4  # of an input, its output and the truth, in a row
HELD_OUT = ("validation", "test", "train")  # where inputs are taken from: the first of these that has some


def comparison_sheet(
    data: DataSet, count: int, translate: Callable[[Tree], Tree], title: str = "", split: str = ""
) -> Sheet:
    """Return a sheet of at most `count` samples; `translate` returns the outputs for conditions as they are stored.

    It may return fewer, of the first conditions. Without a `split` they are of one that was not trained on, if there is
    one.
    """
    split, most = split or first_split(data), max(1, count // (3 if data.spec.paired else 2))
    parts = list(data.conditions(most, SEED, split))
    conditions = Conditions(*(_join([part[field] for part in parts]) for field in range(len(Conditions._fields))))
    shown = {"input": to_network_range(conditions.cond), "output": translate(conditions.cond)}
    if conditions.truth is not None:
        shown["truth"] = data.decode(to_network_range(conditions.truth))
    made = len(shown["output"])
    shown = {name: images[:made] for name, images in shown.items()}
    return group_sheet(data.kind.comparable(shown, "output"), title, (f"{split} data",))


def group_sheet(parts: Mapping[str, Tensor], title: str, notes: tuple[str, ...] = ()) -> Sheet:
    """Return a sheet with groups of one sample of each part, (n, …) by name; the first row says which is which."""
    count, width = len(next(iter(parts.values()))), next(iter(parts.values())).shape[-1]
    groups = max(1, min(MOST_GROUPS, count, WIDTH // (len(parts) * width)))
    columns = groups * len(parts)
    samples = torch.stack(list(parts.values()), 1).flatten(0, 1)
    captions = [*parts] * groups
    return Sheet(
        samples,
        noun="",
        title=title,
        columns=columns,
        notes=(" | ".join(parts), *notes),
        captions=captions + [""] * (len(samples) - len(captions)),
    )


def first_split(data: DataSet) -> str:
    """Return the split whose conditions are shown: one that was not trained on, if there is one."""
    return next(name for name in HELD_OUT if data.condition_count(1, name) or name == HELD_OUT[-1])


def _join(parts: list[Tree]) -> Tree:
    return tree.map(lambda *tensors: torch.cat(tensors), *parts)
