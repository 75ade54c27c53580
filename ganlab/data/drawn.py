"""Whether a distribution draws what its spec says."""

import torch

from ganlab.interfaces import Batch, Spec


def check_drawn(drawn: Batch, count: int, spec: Spec) -> None:
    """Raise ValueError where `count` samples were asked for, and this is something else."""
    wanted = (count, *spec.sample)
    if not isinstance(drawn, Batch):
        raise ValueError(f"draw must return a Batch of samples {wanted} and labels or None, got a {_kind(drawn)}")
    samples, labels = drawn
    if not torch.is_tensor(samples) or samples.dtype != torch.float32 or samples.shape != wanted:
        raise ValueError(f"draw({count}, random) must return float32 samples of shape {wanted}, got {_told(samples)}")
    if not spec.classes:
        return
    if not torch.is_tensor(labels) or labels.dtype != torch.int64 or labels.shape != (count,):
        raise ValueError(f"draw({count}, random) must return int64 labels of shape ({count},), got {_told(labels)}")
    if labels.min() < 0 or labels.max() >= spec.classes:
        raise ValueError(f"draw must return labels from 0 to {spec.classes - 1}, got {labels.tolist()}")


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


def _told(value: object) -> str:
    if torch.is_tensor(value):
        return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {_kind(value)}"
