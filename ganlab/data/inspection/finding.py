"""`Finding`, one fact about a set of images that a user should know before training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, final

import torch
from torch import Tensor

MANY = 0.01  # share of images


class Severity(IntEnum):
    """How much a finding matters: a fault spoils scores or the run, a warning the samples; a note is information."""

    NOTE = 0
    WARNING = 1
    FAULT = 2


@final
@dataclass(frozen=True)
class Finding:
    """A finding, and the images that show it.

    `name` is that of its sheet and of its entry in report.json. `share` of the images are concerned. `rows` (n,) are
    table indices in the order of the sheet, `columns` of them in each of its rows (0: about a square). `settings` can
    be pasted into a command line.
    """

    name: str
    severity: Severity
    share: float
    sentence: str
    settings: tuple[str, ...] = ()
    rows: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    columns: int = 0
    title: str = ""  # of the sheet
    images: tuple[str, ...] = ()  # names of the images or pairs concerned, or lines about them
    facts: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """Return the entry in report.json."""
        return {
            "name": self.name,
            "severity": self.severity.name.lower(),
            "share": round(self.share, 6),
            "sentence": self.sentence,
            "settings": list(self.settings),
            "images": list(self.images),
            **self.facts,
        }


def by_share(share: float) -> Severity:
    """Return the severity of what matters only if more than a few images are concerned."""
    return Severity.WARNING if share >= MANY else Severity.NOTE


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings by severity, then by the share of images concerned."""
    return sorted(findings, key=lambda finding: (-finding.severity, -finding.share))


def count_text(count: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun, as in "1 image" and "2,000 images"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """Return a share as a percentage; a small one is not rounded to zero."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 9.5 or value == 0 else f"{value:.1f} %" if value >= 0.05 else "under 0.1 %"
