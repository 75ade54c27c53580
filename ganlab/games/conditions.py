"""Conditions of samples, as a user gives them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.errors import suggest
from ganlab.core.interfaces import Spec
from ganlab.core.tree import Tree

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def check_conditions(cond: Tree, n: int, spec: Spec, class_names: Sequence[str]) -> Tree:
    """Return one condition per sample as the generator reads them; raises ValueError if they are invalid."""
    if spec.cond is None:
        raise ValueError("this generator is not conditional, so cond must be None")
    if spec.classes and isinstance(cond, str | int):
        cond = [cond] * n  # one class for all samples, as on the command line
    conditions = _class_numbers(cond, spec, class_names) if spec.classes else cond
    try:
        conditions = torch.as_tensor(conditions) if spec.classes else tree.map(torch.as_tensor, conditions)
        length = tree.length(conditions)
    except (TypeError, ValueError, RuntimeError, StopIteration) as error:  # a scalar, text or a ragged list
        raise ValueError(f"cond must have one entry per sample, {n}, got {cond!r}") from error
    if length != n:
        raise ValueError(f"cond must have one entry per sample, {n}, got {length}")
    if spec.classes:
        return _check_classes(conditions, spec.classes) if n else conditions
    return _check_shapes(conditions, spec)


def _check_shapes(conditions: Tree, spec: Spec) -> Tree:
    """Return the conditions; raises ValueError for other shapes than the data's."""
    found, expected = shapes_of(conditions), shapes_of(spec.cond)
    if found != expected:
        raise ValueError(f"each condition must have shape {expected}, got {found}")
    return conditions


def shapes_of(conditions: Any) -> Any:
    """Return the shape of one condition, or of each part: of tensors with a batch dimension, or of a spec's shapes."""
    match conditions:
        case Mapping():
            return {name: shapes_of(part) for name, part in conditions.items()}
        case torch.Tensor():
            return tuple(conditions.shape[1:])
        case _:
            return tuple(conditions)


def missing_conditions(spec: Spec) -> ValueError:
    """Return the error of a generator that cannot make up its conditions, and got none."""
    return ValueError(
        f"this generator makes a sample from a condition of shape {shapes_of(spec.cond)}, so it needs one for each "
        "sample: give cond, or apply it to files with `ganlab apply`"
    )


def _class_numbers(cond: Tree, spec: Spec, class_names: Sequence[str]) -> Tree:
    """Replace names of classes by their numbers; raises ValueError for an unknown name."""
    if not isinstance(cond, list | tuple):
        return cond
    number_of = dict(zip(class_names, range(spec.classes), strict=False))
    unknown = [entry for entry in cond if isinstance(entry, str) and entry not in number_of]
    if unknown:
        raise ValueError(
            f"cond names '{unknown[0]}', but the classes are {', '.join(number_of) or 'numbers'}"
            f"{suggest(unknown[0], number_of)}"
        )
    return [number_of[entry] if isinstance(entry, str) else entry for entry in cond]


def _check_classes(labels: Tensor, count: int) -> Tensor:
    numbers = labels.long()
    invalid = numbers[(numbers < 0) | (numbers >= count)].tolist()
    if labels.ndim != 1 or labels.dtype not in INTEGERS:
        invalid = [f"{labels.dtype} of shape {tuple(labels.shape)}"]
    if invalid:
        raise ValueError(f"cond must be one class for each sample, from 0 to {count - 1}, got {invalid[0]}")
    return numbers
