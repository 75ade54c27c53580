"""The frames of a video file, and when they appear: what readers of single formats yield."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from PIL import Image

MODES = {1: "L", 3: "RGB"}  # Pillow's mode for each number of channels


@final
class Frame(NamedTuple):
    """When a picture of a video appears, in seconds, and a function that returns it.

    Converting a picture to colours takes longer than decoding it, so it is done for those only that are used. The
    function may be called after the next frame was read.
    """

    time: float
    picture: Callable[[], Image.Image]


class FrameReader(ABC):
    """The frames of a file, at least one; after the last one, `end` is when that ends, in seconds.

    `tick` is the precision of the times, and `announced` the rate in the header, if there is one. Iteration raises
    ValueError, without the path, if the file is broken or cut off.

    >>> class Grey(FrameReader):
    ...     def __iter__(self):
    ...         yield Frame(0.0, lambda: Image.new("RGB", (8, 8), "grey"))
    ...         self.end = 0.5
    >>> reader = Grey(Path("none"))
    >>> [frame.picture().size for frame in reader], reader.end
    ([(8, 8)], 0.5)
    """

    announced: Fraction | None = None
    end, tick = 0.0, 0.0

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in the order of their times."""


@final
class Timing(NamedTuple):
    """When the frames of a video appear, in seconds from the first one, and when the last one ends.

    `tick` is the precision of these times, and `announced` the number of frames per second in the file's header, if it
    has one.
    """

    times: list[float]
    end: float
    tick: float
    announced: Fraction | None = None

    def rate(self) -> float:
        """Return the frames per second; raises ValueError if the frames are not at equal distances.

        It is what the header says if the times agree with that within a tick, else the fraction with the smallest
        numbers that they agree with.
        """
        # The end of a single frame is all that is known; of more frames it may be a guess.
        places = list(enumerate(self.times))[1:] or [(1, self.end)]
        low = max(number / (time + self.tick) for number, time in places)
        high = min(number / max(time - self.tick, 1e-9) for number, time in places)
        if low > high:
            gaps = np.diff([*self.times, self.end]).clip(1e-9)
            raise ValueError(
                f"its frames are at unequal distances ({1 / gaps.max():.3g} to {1 / gaps.min():.3g} frames per second)"
                "; set the rate to which it is converted"
            )
        if self.announced and low <= self.announced <= high:
            return float(self.announced)
        return float(_simplest_fraction(Fraction(low), Fraction(high)))


def _simplest_fraction(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator from `low` to `high`, by continued fractions."""
    whole = low.__ceil__()
    if whole <= high:
        return Fraction(whole)
    floor = whole - 1
    return floor + 1 / _simplest_fraction(1 / (high - floor), 1 / (low - floor))
