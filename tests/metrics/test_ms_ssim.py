from dataclasses import dataclass

import pytest
import torch
from support.metric_sources import Points, compute_scores
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from ganlab.core.interfaces import Spec
from ganlab.features import FeatureBatch, Identity
from ganlab.metrics import MSSSIM
from ganlab.metrics.ms_ssim import WEIGHTS, disjoint_pairs, scales


@dataclass
class Images:
    """Images of one shape; the model is conditional if there are classes."""

    shape: tuple[int, int, int] = (1, 16, 16)
    classes: int = 0

    @property
    def spec(self) -> Spec:
        return Spec(self.shape, None, self.classes)


def noise(count: int, *shape: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


def batch(images: Tensor, labels: Tensor | None = None) -> FeatureBatch:
    return FeatureBatch(images.flatten(1).float(), samples=images, labels=labels)


def ms_ssim(real: FeatureBatch, fake: FeatureBatch, classes: int = 0, **settings: int) -> dict[str, float]:
    assert fake.samples is not None
    data = Images(tuple(fake.samples.shape[1:]), classes)
    return compute_scores(MSSSIM(Identity(data), data, **settings), real, fake)


def test_equal_images_score_one_and_noise_scores_about_zero() -> None:
    images = noise(100, 3, 32, 32)
    scores = ms_ssim(batch(images), batch(images[:1].repeat(50, 1, 1, 1)))
    assert scores["ms_ssim"] == pytest.approx(1, abs=1e-5)
    assert scores["ms_ssim_real"] < 0.1


def test_two_images_are_compared_as_torchmetrics_does() -> None:
    images = noise(2, 3, 176, 176)
    images[1] = (images[0].float() * 0.9 + images[1] * 0.1).round().to(torch.uint8)
    first, second = images.double().split(1)
    expected = multiscale_structural_similarity_index_measure(first, second, data_range=255)
    assert ms_ssim(batch(images), batch(images))["ms_ssim"] == pytest.approx(expected.item(), rel=1e-4)


def test_one_scale_equals_ssim() -> None:
    images = noise(2, 1, 16, 16)
    images[1] = (images[0].float() * 0.5 + images[1] * 0.5).round().to(torch.uint8)
    first, second = images.double().split(1)
    expected = structural_similarity_index_measure(first, second, data_range=255)
    assert ms_ssim(batch(images), batch(images))["ms_ssim"] == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("size", [3, 4, 8, 10, 11, 21, 22, 28, 32, 43, 44, 64, 96, 128, 176, 256])
def test_every_size_is_compared_at_as_many_scales_as_fit(size: int) -> None:
    window, weights = scales(size)
    assert window <= min(size, 11)
    assert window % 2 == 1
    assert size // 2 ** (len(weights) - 1) >= window
    assert sum(weights) == pytest.approx(1)
    images = noise(2, 1, size, size + 3)
    score = ms_ssim(batch(images), batch(images[:1].repeat(2, 1, 1, 1)))
    assert score["ms_ssim"] == pytest.approx(1, abs=1e-5)
    assert 0 <= score["ms_ssim_real"] < 1


def test_scales_of_common_sizes() -> None:
    assert {size: len(scales(size)[1]) for size in (8, 16, 28, 32, 64, 128, 256)} == {
        8: 1, 16: 1, 28: 2, 32: 2, 64: 3, 128: 4, 256: 5
    }  # fmt: skip
    assert scales(256) == (11, pytest.approx(WEIGHTS, rel=1e-3))
    assert scales(8)[0] == 7


def test_images_are_compared_within_classes() -> None:
    labels = torch.arange(40) % 4
    images = noise(4, 1, 16, 16)[labels]
    assert ms_ssim(batch(images, labels), batch(images, labels), classes=4)["ms_ssim"] == pytest.approx(1, abs=1e-5)
    assert ms_ssim(batch(images), batch(images))["ms_ssim"] < 0.9


@pytest.mark.parametrize("classes", [1, 3, 10])
def test_pairs_are_disjoint_and_as_many_as_possible(classes: int) -> None:
    labels = torch.randint(0, classes, (101,), generator=torch.Generator().manual_seed(0))
    pairs = disjoint_pairs(labels)
    assert len(pairs.unique()) == pairs.numel()
    assert torch.equal(labels[pairs[:, 0]], labels[pairs[:, 1]])
    assert len(pairs) == int((labels.bincount() // 2).sum())
    assert labels[pairs[: len(pairs) // 2, 0]].unique().numel() > classes // 2  # not sorted by class


def test_the_setting_pairs_limits_the_pairs() -> None:
    images = noise(60, 1, 8, 8)
    few, many = (ms_ssim(batch(images), batch(images), pairs=pairs)["ms_ssim"] for pairs in (5, 1000))
    assert few != many
    assert ms_ssim(batch(images), batch(images), pairs=5)["ms_ssim"] == few


def test_errors_say_what_to_do() -> None:
    data = Images()
    with pytest.raises(ValueError, match=r"metric\.ms_ssim\.pairs must be at least 1, got 0"):
        MSSSIM(Identity(data), data, pairs=0)
    with pytest.raises(ValueError, match=r"samples have shape \(2,\); choose image data"):
        MSSSIM(Identity(Points()), Points())
    with pytest.raises(ValueError, match="two generated images of one class, got 1 images"):
        ms_ssim(batch(noise(4, 1, 16, 16)), batch(noise(1, 1, 16, 16)))
    assert MSSSIM(Identity(data), data).describe() == {"pairs": 1000, "window": 11, "weights": [1.0]}
