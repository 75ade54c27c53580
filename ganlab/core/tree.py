"""Verbs on nested tensors: a tree is a tensor, or a mapping or sequence of trees; None is a tree without leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Tree: TypeAlias = Any


def map(function: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """Apply `function` to corresponding leaves of trees of one structure."""
    match tree:
        case None:
            return None
        case Mapping():
            return {key: map(function, value, *(other[key] for other in rest)) for key, value in tree.items()}
        case Sequence():
            return [map(function, value, *others) for value, *others in zip(tree, *rest, strict=True)]
        case _:
            return function(tree, *rest)


def leaves(tree: Tree) -> Iterator[Any]:
    """Yield the leaves in order."""
    match tree:
        case None:
            return
        case Mapping():
            for value in tree.values():
                yield from leaves(value)
        case Sequence():
            for value in tree:
                yield from leaves(value)
        case _:
            yield tree


def first(tree: Tree) -> Tensor:
    """Return the first leaf."""
    return next(leaves(tree))


def length(tree: Tree) -> int:
    """Return the batch size, the leading dimension that all leaves share."""
    return len(first(tree))


def leaf(tree: Tree) -> Tree:
    """Cut the tree from its graph and make every floating tensor a leaf that collects gradients."""
    return map(lambda x: x.detach().requires_grad_(x.is_floating_point()), tree)


def detach(tree: Tree) -> Tree:
    """Cut the tree from its graph."""
    return map(torch.Tensor.detach, tree)


def widen(tree: Tree) -> Tree:
    """Turn half-precision leaves into float32 and leave the others as they are."""
    return map(lambda x: x.float() if x.dtype in (torch.float16, torch.bfloat16) else x, tree)


def exact(like: Tensor) -> torch.autocast:
    """Return a context without autocast on a tensor's device; "meta", which has none, is taken for the processor."""
    device = like.device.type
    return torch.autocast("cpu" if device == "meta" else device, enabled=False)


def lerp(start: Tree, end: Tree, weight: Tensor) -> Tree:
    """Interpolate from `start` to `end` with one weight of shape (n,) per sample."""
    return map(lambda a, b: torch.lerp(a, b, per_sample(weight, a).to(a.dtype)), start, end)


def per_sample(values: Tensor, like: Tensor) -> Tensor:
    """Reshape (n,) so that it broadcasts over samples of shape (n, ...)."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def split(tree: Tree, parts: int) -> list[Tree]:
    """Cut the leading dimension into `parts` equal trees; raises ValueError where it does not divide."""
    size = length(tree)
    if size % parts:
        raise ValueError(f"a batch of {size} cannot be cut into {parts} equal microbatches")
    step = size // parts
    return [narrow(tree, i * step, step) for i in range(parts)]


def narrow(tree: Tree, start: int, count: int) -> Tree:
    """Take `count` samples from `start` on."""
    return map(lambda x: x.narrow(0, start, count), tree)


def squared_norm(tree: Tree) -> Tensor:
    """Return the squared Euclidean norm of each sample over all leaves, shape (n,), in float32 or better."""
    terms = [x.flatten(1).square().sum(1) for x in leaves(widen(tree))]
    return torch.stack(terms).sum(0)


def gradient(outputs: Tensor, inputs: Tree) -> list[Tensor]:
    """Differentiate the sum of `outputs` by every floating leaf of `inputs`, keeping the graph."""
    wanted = [x for x in leaves(inputs) if x.is_floating_point()]
    with exact(outputs):
        return list(torch.autograd.grad(widen(outputs).sum(), wanted, create_graph=True))


def mean_of_each(values: Tensor) -> Tensor:
    """Return the mean of each sample's values (n, ...), shape (n,)."""
    return values.reshape(len(values), -1).mean(1)


def squared_gradient_norm(outputs: Tensor, inputs: Tree) -> Tensor:
    """Return |d outputs / d inputs|² of each sample, shape (n,), differentiable once more.

    Of several outputs a sample, such as the logits of patches, it is their mean that is differentiated.
    """
    return squared_norm(gradient(mean_of_each(outputs), inputs))
