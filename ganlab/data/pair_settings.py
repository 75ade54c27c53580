"""Settings that data sets of image pairs share: their places, their direction and their sizes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ganlab.data.found_settings import AUTO, SIDES
from ganlab.data.pair_files import ImageSide
from ganlab.data.readers.survey import COLOUR, survey

DIRECTIONS = ("a_to_b", "b_to_a")


def check_places(path: str | None, source: str | None, target: str | None) -> tuple[str, ...]:
    """Return `path`, or `source` and `target`; raises ValueError unless either is set completely."""
    match path, source, target:
        case str(), None, None:
            return (path,)
        case None, str(), str():
            return source, target
    given = [name for name, value in (("path", path), ("source", source), ("target", target)) if value is not None]
    raise ValueError(
        "set either data.path=DIR, a folder of both, or data.source=DIR and data.target=DIR; "
        f"{' and '.join(given) or 'none of them'} {'are' if len(given) > 1 else 'is'} set"
    )


def check_direction(direction: str) -> bool:
    """Return whether A is the source; raises ValueError for an unknown direction."""
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, got {direction!r}")
    return direction == DIRECTIONS[0]


def divide_size(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """Return the size of sources; raises ValueError if that of targets is not a multiple of `scale`."""
    if size[0] % scale or size[1] % scale:
        raise ValueError(
            f"resolution must be a multiple of {scale}, by which the targets are larger than the sources, got "
            f"{size[0]} by {size[1]}"
        )
    return size[0] // scale, size[1] // scale


def find_pair_settings(
    sides: tuple[ImageSide, ImageSide], settings: Mapping[str, Any], largest_side: int
) -> dict[str, object]:
    """Return the resolution, and the channels of targets and sources, where they are "auto".

    The resolution is the largest of 32, 64, 128 and 256 that at least half of the targets have on both sides, and at
    most `largest_side`. Channels are 1 if all images of a side are grey, else 3.
    """
    found: dict[str, object] = {}
    for name, side in (("source_channels", sides[0]), ("channels", sides[1])):
        facts = survey(side.archive, side.names, settings["max_pixels"]).facts
        facts = facts[facts["frames"] > 0]
        if settings.get(name) == AUTO:
            found[name] = 3 if not len(facts) or (facts["kind"] == COLOUR).any() else 1
        if name == "channels" and settings["resolution"] == AUTO:
            width = facts["width"] // (1 if side.part == "whole" else 2)
            least = float(np.median(np.minimum(facts["height"], width))) if len(facts) else 0.0
            found["resolution"] = max((each for each in SIDES if each <= min(least, largest_side)), default=SIDES[0])
    return found
