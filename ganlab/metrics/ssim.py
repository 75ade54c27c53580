"""Structural similarity of generated images with their truths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from ganlab.core.score_range import ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.paired_images import PairedMetric, PairedStatistic

K1, K2 = 0.01, 0.03  # Wang et al. 2004, section 3.C
SIGMA = 1.5  # pixels
SIZES: Mapping[str, int] = {"gaussian": 11, "uniform": 7}  # sides of the windows in pixels
BORDERS = ("valid", "reflect")
SAMPLE_COVARIANCE = {"uniform"}  # divided by one less than the pixels, as scikit-image's uniform window does


@final
@dataclass(frozen=True)
class StructuralSimilarity(PairedStatistic):
    """Structural similarity of each image with its truth (Wang et al. 2004), the mean over channels and windows.

    `window` is "gaussian" (11 pixels, sigma 1.5) or "uniform" (7 pixels). `border` is "valid" if only windows within
    the image count, or "reflect" for one window around each pixel of the image, which is continued by reflection.
    """

    window: str = "gaussian"
    border: str = "valid"

    def compare(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the similarity of each image; equation 13 of the paper for images from 0 to 1."""
        kernel = window_weights(self.window).to(images)
        x, y = (_pad(values, self.border, len(kernel) // 2) for values in (images, truths))
        mean_x, mean_y, xx, yy, xy = (_filter(values, kernel) for values in (x, y, x * x, y * y, x * y))
        pixels = len(kernel) ** 2
        correction = pixels / (pixels - 1) if self.window in SAMPLE_COVARIANCE else 1.0
        variances = correction * (xx - mean_x**2 + yy - mean_y**2)
        covariance = correction * (xy - mean_x * mean_y)
        luminance = (2 * mean_x * mean_y + K1**2) / (mean_x**2 + mean_y**2 + K1**2)
        return (luminance * (2 * covariance + K2**2) / (variances + K2**2)).flatten(1).mean(1)


@final
class SSIM(PairedMetric):
    """Mean over images of the structural similarity with the truth (Wang et al. 2004); higher is better, 1 is equal.

    It is taken of images in [0, 1]: in [−1, 1] the same two images have another similarity. `window` is "gaussian", 11
    pixels with sigma 1.5 as in the paper, or "uniform", 7 pixels with the sample covariance, scikit-image's default.
    `border` is "valid" for windows within the image only, as in the paper and scikit-image, or "reflect" for those
    around every pixel, as torchmetrics has it. `colour` and `crop` are those of `PairedStatistic`. Raises ValueError
    for another window or border, and what `PairedMetric` raises, e.g. for images that are smaller than the window.
    """

    name: ClassVar[str] = "ssim"
    scores: ClassVar[dict[str, bool | None]] = {"ssim": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"ssim": (-1.0, 1.0)}

    def __init__(
        self,
        features: Features,
        data: Source,
        colour: str = "rgb",
        crop: int = 0,
        window: str = "gaussian",
        border: str = "valid",
    ) -> None:
        check_window(self.name, window, border)
        super().__init__(features, data, StructuralSimilarity(colour, crop, window, border), SIZES[window])
        self.window, self.border = window, border

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, the window, its covariance and the border."""
        return {**super().describe(), **describe_window(self.window, self.border)}


def check_window(name: str, window: str, border: str) -> None:
    """Raise ValueError for an unknown window or border."""
    if border not in BORDERS:
        raise ValueError(f"metric.{name}.border must be one of {', '.join(BORDERS)}, got {border!r}")
    if window not in SIZES:
        raise ValueError(f"metric.{name}.window must be one of {', '.join(SIZES)}, got {window!r}")


def describe_window(window: str, border: str) -> dict[str, Any]:
    """Return the window's name, its side in pixels, its sigma, its covariance, and the border."""
    return {
        "window": window,
        "window_pixels": SIZES[window],
        "sigma": SIGMA if window == "gaussian" else None,
        "covariance": "sample" if window in SAMPLE_COVARIANCE else "population",
        "border": border,
    }


def window_weights(window: str) -> Tensor:
    """Return the weights of one row of a window, which sum to one, in float64."""
    offsets = torch.arange(SIZES[window], dtype=torch.float64) - SIZES[window] // 2
    weights = torch.exp(-(offsets**2) / (2 * SIGMA**2)) if window == "gaussian" else torch.ones_like(offsets)
    return weights / weights.sum()


def _pad(images: Tensor, border: str, pixels: int) -> Tensor:
    return pad(images, (pixels,) * 4, mode="reflect") if border == "reflect" else images


def _filter(images: Tensor, kernel: Tensor) -> Tensor:
    """Return the weighted means of all windows within images (n, channels, height, width)."""
    channels = images.flatten(0, 1)[:, None]
    filtered = conv2d(conv2d(channels, kernel[None, None, :, None]), kernel[None, None, None])
    return filtered.unflatten(0, images.shape[:2])[:, :, 0]
