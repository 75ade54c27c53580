"""`Reading`, the settings by which finished samples are read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from ganlab.data.readers.decode_image import FITS, parse_resolution
from ganlab.data.readers.frames import FIRST, check_frames
from ganlab.data.readers.grey_range import GreyRange, parse_grey_range

SIDES = ("height", "width")  # what a size sets


@final
@dataclass(frozen=True)
class Reading:
    """The size (height, width) that images are resized to by `fit`, None for their own; frames; black and white.

    `of_kind` has the settings of other kinds of data that are set, such as {"rate": 16000} (see `Kind.read`); `level`
    is that of texts.
    """

    size: tuple[int, int] | None = None
    fit: str = "stretch"  # which leaves images of the right size alone
    frames: str = FIRST
    grey_range: GreyRange | None = None
    of_kind: Mapping[str, int] = field(default_factory=dict)
    level: str | None = None  # what a symbol of texts is

    @classmethod
    def of(
        cls,
        resolution: int | Sequence[int] | None,
        fit: str,
        frames: str,
        grey_range: Sequence[float] | None,
        level: str | None = None,
        **of_kind: int | None,
    ) -> "Reading":
        """Return the reading of settings; raises ValueError for an invalid one."""
        check_frames(frames)
        if fit not in FITS:
            raise ValueError(f"fit must be one of {', '.join(FITS)}, got {fit!r}")
        size = None if resolution is None else parse_resolution(resolution)
        if size is not None and min(size) < 4:
            raise ValueError(f"resolution must be at least 4, got {min(size)}")
        given = {name: value for name, value in of_kind.items() if value is not None}
        for name, value in given.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        return cls(size, "stretch" if size is None else fit, frames, parse_grey_range(grey_range), given, level)

    @property
    def of_sample(self) -> dict[str, int]:
        """The settings that change the shape of samples by name, as `Kind.read` takes them."""
        return {**self.of_kind, **({} if self.size is None else dict(zip(SIDES, self.size, strict=True)))}

    def require_settings(self, known: Collection[str], plural: str, path: Path) -> None:
        """Raise ValueError if a setting of the shape is none of those `known` for the samples that `path` holds."""
        for name, value in self.of_sample.items():
            if name not in known:
                shown = "resolution" if name in SIDES else name
                raise ValueError(f"{shown}={value} is no setting of {plural}, as {path} holds; leave it out")

    def describe(self) -> dict[str, Any]:
        """Return what scores depend on, for the protocol; nothing for images as they are."""
        facts: dict[str, Any] = {}
        if self.size is not None:
            height, width = self.size
            facts["resize"] = f"{self.fit} to {width} by {height}, Pillow's bicubic"
        if self.frames != FIRST:
            facts["frames"] = self.frames
        if self.level is not None:
            facts["level"] = self.level
        return {**facts, **self.of_kind}
