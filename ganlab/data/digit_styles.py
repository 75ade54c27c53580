"""Two styles of handwritten digits, without pairs: a translation whose known failure, another digit, is measurable."""

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.data.dataset import SPLITS
from ganlab.data.digits import SIDE, Digits
from ganlab.data.image_pairs import build_pair_spec
from ganlab.data.pair_augmentation import PairAugmentation
from ganlab.data.pair_settings import check_direction
from ganlab.data.readers.image_storage import InMemoryImages
from ganlab.data.splits import check_shares, stratify
from ganlab.data.two_domains import TwoDomains


def bold(images: Tensor, width: int) -> Tensor:
    """Return black bold strokes on white, of white strokes on black (n, 1, height, width) from 0 to 255."""
    return 255 - _dilate(images, width)


def outline(images: Tensor, width: int) -> Tensor:
    """Return black outlines on white, of white strokes on black (n, 1, height, width) from 0 to 255."""
    return 255 - (_dilate(images, width) + _dilate(-images, width))


FINER = 2  # times larger than its images, a style is drawn
STYLES: Mapping[str, Callable[[Tensor, int], Tensor]] = {"bold": bold, "outline": outline}


@final
class DigitStyles(TwoDomains):
    """scikit-learn's digits as they are, white on black (A), and others of them in another style, black on white (B).

    Half of the digits of each class are in A and the other half in B, so no digit has a counterpart. `style` is "bold"
    or "outline". Raises ValueError for an unknown style or direction, and for a resolution below 8.
    """

    def __init__(
        self,
        resolution: int = 16,
        style: str = "bold",
        direction: str = "a_to_b",
        validation: float = 0.1,
        test: float = 0.2,
        limit: int = 0,
    ) -> None:
        if style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
        digits = Digits(resolution, validation=validation, test=test)
        plain, labels = digits.images.take(torch.arange(len(digits.images))), digits.labels
        assert labels is not None
        styled = _draw_in_style(style, resolution)
        domains = [InMemoryImages(plain), InMemoryImages(styled)]
        both = {split: _halve(digits.split(split), labels) for split in SPLITS}
        halves = [{split: both[split][domain] for split in SPLITS} for domain in (0, 1)]
        for half in halves:
            _check_limit(limit, len(half["train"]))
            half["train"] = half["train"][: limit or None]
        source = 0 if check_direction(direction) else 1
        target = 1 - source
        super().__init__(
            domains[target],
            domains[source],
            halves[target],
            halves[source],
            PairAugmentation(flip=False, jitter=0),
            labels,
            labels,
        )
        self.classes_available = 10

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        complete = cls.complete_settings(settings)
        if complete["style"] not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, got {complete['style']!r}")
        if complete["resolution"] < SIDE:
            raise ValueError(f"resolution must be at least {SIDE}, got {complete['resolution']}")
        check_direction(complete["direction"])
        check_shares({name: complete[name] for name in ("validation", "test")}, complete["limit"])
        shape = (1, complete["resolution"], complete["resolution"])
        return build_pair_spec(shape, shape, paired=False)


def _draw_in_style(style: str, resolution: int) -> Tensor:
    """Return all digits in a style, uint8 of shape (n, 1, resolution, resolution).

    They are drawn twice as large, where a stroke has enough pixels to grow by half of one.
    """
    large = Digits(FINER * resolution).images
    images = large.take(torch.arange(len(large))).float()
    width = 2 * max(1, round(resolution / 16)) + 1
    return functional.avg_pool2d(STYLES[style](images, width), FINER).round().to(torch.uint8)


def _halve(rows: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return two halves of table rows (n,), each with half of every class, which are evenly mixed."""
    first, second = [], []
    for number in range(10):
        own = rows[labels[rows] == number]
        first.append(own[number % 2 :: 2])
        second.append(own[1 - number % 2 :: 2])
    return stratify(torch.cat(first), labels), stratify(torch.cat(second), labels)


def _check_limit(limit: int, available: int) -> None:
    if not 0 <= limit <= available:
        raise ValueError(f"limit must be from 0 (all) to the {available} training samples of a domain, got {limit}")


def _dilate(images: Tensor, width: int) -> Tensor:
    return functional.max_pool2d(images, width, 1, width // 2)
