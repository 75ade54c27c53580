"""The seed among the overrides of a point: jobs that differ only in it are replicates of one configuration."""

from collections.abc import Sequence


def is_seed(override: str) -> bool:
    """Return whether an override sets the seed."""
    return override.lstrip("+").startswith("seed=")


def without_seed(point: Sequence[str]) -> tuple[str, ...]:
    """Return the overrides of a point except the seed."""
    return tuple(override for override in point if not is_seed(override))
