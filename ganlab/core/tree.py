"""Functions on nested tensors: a tree is a tensor, or a mapping or sequence of trees; None is a tree without leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Tree: TypeAlias = Any


def map(function: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """Apply `function` to corresponding leaves of trees of the same structure."""
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


def shapes(tree: Tree) -> Tree:
    """Return the shape of each leaf as a tuple."""
    return map(lambda x: tuple(x.shape), tree)


def first(tree: Tree) -> Tensor:
    """Return the first leaf."""
    return next(leaves(tree))


def length(tree: Tree) -> int:
    """Return the batch size: the leading dimension, which all leaves share."""
    return len(first(tree))


def require_gradients(tree: Tree) -> Tree:
    """Detach the tree from its graph; every floating-point tensor becomes an autograd leaf that requires gradients."""
    return map(lambda x: x.detach().requires_grad_(x.is_floating_point()), tree)


def detach(tree: Tree) -> Tree:
    """Detach the tree from its graph."""
    return map(torch.Tensor.detach, tree)


def widen(tree: Tree) -> Tree:
    """Convert float16 and bfloat16 leaves to float32; other leaves stay as they are."""
    return map(lambda x: x.float() if x.dtype in (torch.float16, torch.bfloat16) else x, tree)


def without_autocast(like: Tensor) -> torch.autocast:
    """Return a context that disables autocast on the device of `like`; "meta" has no autocast and counts as "cpu"."""
    device = like.device.type
    return torch.autocast("cpu" if device == "meta" else device, enabled=False)


def lerp(start: Tree, end: Tree, weight: Tensor) -> Tree:
    """Interpolate from `start` to `end` with one weight per sample, shape (n,)."""
    return map(lambda a, b: torch.lerp(a, b, per_sample(weight, a).to(a.dtype)), start, end)


def per_sample(values: Tensor, like: Tensor) -> Tensor:
    """Reshape (n,) to (n, 1, …, 1), which broadcasts over samples of shape (n, …)."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def split(tree: Tree, parts: int) -> list[Tree]:
    """Split the leading dimension into `parts` equal trees; raises ValueError if it is not divisible."""
    size = length(tree)
    if size % parts:
        raise ValueError(f"a batch of {size} cannot be split into {parts} equal microbatches")
    step = size // parts
    return [narrow(tree, i * step, step) for i in range(parts)]


def narrow(tree: Tree, start: int, count: int) -> Tree:
    """Return `count` samples, beginning with sample `start`."""
    return map(lambda x: x.narrow(0, start, count), tree)


def squared_norm(tree: Tree) -> Tensor:
    """Return the squared Euclidean norm of each sample over all leaves, shape (n,), in float32 or float64."""
    terms = [x.flatten(1).square().sum(1) for x in leaves(widen(tree))]
    return torch.stack(terms).sum(0)


def gradient(outputs: Tensor, inputs: Tree) -> list[Tensor]:
    """Return the gradients of the sum of `outputs` with respect to every floating-point leaf, with their graph."""
    floating = [x for x in leaves(inputs) if x.is_floating_point()]
    with without_autocast(outputs):
        return list(torch.autograd.grad(widen(outputs).sum(), floating, create_graph=True))


def mean_per_sample(values: Tensor) -> Tensor:
    """Return the mean of each sample's values (n, …), shape (n,)."""
    return values.reshape(len(values), -1).mean(1)


def squared_gradient_norm(outputs: Tensor, inputs: Tree) -> Tensor:
    """Return |d outputs / d inputs|² of each sample, shape (n,), differentiable once more.

    If a sample has several outputs, such as the logits of patches, their mean is differentiated.
    """
    return squared_norm(gradient(mean_per_sample(outputs), inputs))
