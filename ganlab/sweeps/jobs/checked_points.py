"""Checks the points of a sweep before any job starts; each distinct configuration is composed once."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.composition import compose
from ganlab.core.errors import ConfigurationError
from ganlab.sweeps.jobs.seeds import without_seed

Point = Sequence[str]


class CheckedPoints:
    """Cache of composed configurations by their overrides; points that differ only in the seed share one."""

    def __init__(self, config_dirs: Sequence[str | Path] = ()) -> None:
        self.config_dirs = config_dirs
        self._configs: dict[tuple[str, ...], DictConfig] = {}

    def compose(self, point: Point) -> DictConfig:
        """Return the configuration of a point; raises ConfigurationError if it is invalid."""
        key = without_seed(point)
        if key not in self._configs:
            self._configs[key] = compose(list(point), self.config_dirs)
        return self._configs[key]

    def check_all(self, points: Sequence[Point]) -> None:
        """Compose all points; raises ConfigurationError with every issue and the first point that has it."""
        shared = set.intersection(*(set(point) for point in points)) if points else set()
        issues: dict[str, str] = {}
        for point in points:
            try:
                self.compose(point)
            except ConfigurationError as error:
                differing = [override for override in without_seed(point) if override not in shared]
                location = " ".join(override.lstrip("+") for override in differing)
                for issue in error.issues:
                    issues.setdefault(issue, location)
        if issues:
            raise ConfigurationError(
                f"{issue} (at {location})" if location else issue for issue, location in issues.items()
            )
