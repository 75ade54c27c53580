"""Recognises classes of torchmetrics without importing it, which takes seconds."""

import inspect


def is_torchmetrics(kind: object) -> bool:
    """Return whether an object is a metric class of torchmetrics, or extends one."""
    return inspect.isclass(kind) and any(
        f"{base.__module__}.{base.__qualname__}" == "torchmetrics.metric.Metric" for base in kind.__mro__
    )
