"""Checking points of a sweep before any job begins: each distinct configuration is composed once."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.composition import compose
from ganlab.core.errors import ConfigurationError

Point = Sequence[str]


def is_seed(override: str) -> bool:
    """Tell whether an override sets the seed, in which replicates of a configuration differ."""
    return override.lstrip("+").startswith("seed=")


def without_seed(point: Point) -> tuple[str, ...]:
    """Return the configuration of a point, whatever its seed."""
    return tuple(each for each in point if not is_seed(each))


class Checked:
    """Composed configurations by their settings; seeds share one."""

    def __init__(self, config_dirs: Sequence[str | Path] = ()) -> None:
        self.config_dirs = config_dirs
        self._configs: dict[tuple[str, ...], DictConfig] = {}

    def __call__(self, point: Point) -> DictConfig:
        """Return the configuration of a point; raises ConfigurationError where it has mistakes."""
        key = without_seed(point)
        if key not in self._configs:
            self._configs[key] = compose(list(point), self.config_dirs)
        return self._configs[key]

    def all(self, points: Sequence[Point]) -> None:
        """Raise ConfigurationError with the mistakes of all points, and at which they are."""
        shared = set.intersection(*(set(point) for point in points)) if points else set()
        found: dict[str, str] = {}
        for point in points:
            try:
                self(point)
            except ConfigurationError as error:
                place = " ".join(each.lstrip("+") for each in without_seed(point) if each not in shared)
                for issue in error.issues:
                    found.setdefault(issue, place)
        if found:
            raise ConfigurationError(f"{each} (at {place})" if place else each for each, place in found.items())
