import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor, nn

from ganlab.features import FeatureBatch, Features, Identity
from ganlab.metrics import FID, SpatialFID


class Halves(Features):
    """The mean of a row of pixels as pooled features, the pixels as spatial features."""

    name = "halves"
    spatial_width = 6

    def __init__(self) -> None:
        super().__init__(nn.Identity(), 1)

    def extract(self, samples: Tensor) -> FeatureBatch:
        return FeatureBatch(samples.mean(1, keepdim=True), spatial=samples)

    def describe(self) -> dict[str, object]:
        return {}


def scores(real: Tensor, fake: Tensor) -> tuple[float, float]:
    space = Halves()
    batches = space(real), space(fake)
    return compute_scores(SpatialFID(space), *batches)["spatial_fid"], compute_scores(FID(space), *batches)["fid"]


def test_is_sensitive_to_positions() -> None:
    slope = torch.arange(6.0)
    real, mirrored = normal(400, 6) + slope, normal(400, 6, seed=1) + slope.flip(0)
    spatial, pooled = scores(real, mirrored)
    assert pooled < 0.05
    assert spatial == pytest.approx(float((slope - slope.flip(0)).square().sum()), rel=0.1)


def test_is_fid_of_the_spatial_features() -> None:
    real, fake = normal(300, 6), normal(200, 6, seed=1) * 2 + 1
    metric = FID(Identity(Points(width=6)))
    assert scores(real, fake)[0] == pytest.approx(compute_scores(metric, real, fake)["fid"], rel=1e-10)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"features=identity does not have; choose features=inception"):
        SpatialFID(Identity(Points()))
    with pytest.raises(ValueError, match="spatial_fid needs at least 2 real and 2 generated samples, got 1 and 5"):
        scores(normal(1, 6), normal(5, 6))
