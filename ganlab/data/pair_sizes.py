"""The sizes of the files of image pairs: equal, or a target that is a whole multiple of its source."""

from collections import Counter

import numpy as np

from ganlab.data.pair_files import ImageSide
from ganlab.data.readers.survey import survey


def find_scale(source: ImageSide, target: ImageSide, max_pixels: int, on_error: str) -> tuple[int, list[int]]:
    """Return how many times larger the targets are, and the rows of pairs whose sizes do not fit to that.

    Row i of both sides is a pair. Files that cannot be read are left to their reader. Raises ValueError if most pairs
    have sizes that do not fit, or if some have and `on_error` is "refuse".
    """
    small = survey(source.archive, source.names, max_pixels).facts
    large = survey(target.archive, target.names, max_pixels).facts
    readable = (small["frames"] > 0) & (large["frames"] > 0)
    if not readable.any():
        return 1, []
    ratios = np.stack([_ratio(large[side], small[side]) for side in ("height", "width")])
    ratio = np.where(ratios[0] == ratios[1], ratios[0], 0)
    scale, _ = Counter(ratio[readable].tolist()).most_common(1)[0]
    unlike = (readable & ((ratio != scale) | (ratio == 0))).nonzero()[0].tolist()
    if unlike and (on_error == "refuse" or not scale):
        row = unlike[0]
        sizes = [f"{facts['width'][row]} by {facts['height'][row]}" for facts in (small, large)]
        raise ValueError(
            f"{len(unlike)} of {len(ratio)} pairs have unlike sizes, such as {source.names[row]} with {sizes[0]} and "
            f"{sizes[1]} pixels: both images of a pair need one size, or the target a whole multiple of it, the same "
            "for all pairs"
        )
    return int(scale), unlike


def _ratio(large: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Return large / small where it is a whole number, else 0."""
    divisor = np.maximum(small, 1)
    return np.where(large % divisor == 0, large // divisor, 0)
