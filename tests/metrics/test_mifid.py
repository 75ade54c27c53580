import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor
from torchmetrics.image.mifid import _mifid_compute

from ganlab.features import Identity
from ganlab.metrics import FID, MIFID


def mifid(train: Tensor, fake: Tensor, **settings: float) -> float:
    return compute_scores(MIFID(Identity(Points(width=train.shape[1])), **settings), train, fake)["mifid"]


def fid(train: Tensor, fake: Tensor) -> float:
    return compute_scores(FID(Identity(Points(width=train.shape[1]))), train, fake)["fid"]


def reference_mifid(train: Tensor, fake: Tensor) -> float:
    """Return torchmetrics' score, with the arguments in the paper's order: the nearest training sample is searched."""
    fake_moments, train_moments = ((x.mean(0), x.T.cov(), x) for x in (fake.double(), train.double()))
    return float(_mifid_compute(*fake_moments, *train_moments, cosine_distance_eps=0.1))


@pytest.mark.parametrize("noise", [0.03, 0.1, 0.3, 3.0])
def test_equals_torchmetrics(noise: float) -> None:
    train = normal(400, 12).relu()  # rows of zeros are ignored
    train[::50] = 0
    fake = (train[:250] + noise * normal(250, 12, seed=1)).relu() + 0.2
    fake[::40] = 0
    assert mifid(train, fake) == pytest.approx(reference_mifid(train, fake), rel=1e-6)


def test_samples_far_from_training_samples_score_their_fid() -> None:
    train, fake = normal(300, 16), normal(300, 16, seed=1) + 0.5
    assert mifid(train, fake) == pytest.approx(fid(train, fake))


def test_copies_are_penalised() -> None:
    train = normal(300, 16)
    near = train[:100] * 2  # the same directions
    assert mifid(train, near) > 1e6 * fid(train, near)
    assert mifid(train, train) == 0  # an FID of 0 is not divided by a distance of 0


def test_only_distances_below_the_threshold_are_penalised() -> None:
    train = torch.eye(2)
    turned = torch.tensor([[0.8, 0.6], [0.6, 0.8]])  # 1 − cos = 0.2 from the nearest axis
    distance = fid(train, turned)
    assert mifid(train, turned) == pytest.approx(distance)
    assert mifid(train, turned, threshold=0.3) == pytest.approx(distance / 0.2, rel=1e-6)


def test_zero_features_are_not_copies() -> None:
    train, fake = normal(10, 3), torch.zeros(5, 3)
    assert mifid(train, fake) == pytest.approx(fid(train, fake))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="mifid needs at least 2 real and 2 generated samples, got 5 and 1"):
        mifid(normal(5, 2), normal(1, 2))
    for threshold in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"metric.mifid.threshold must be above 0 and at most 1, got"):
            mifid(normal(5, 2), normal(5, 2), threshold=threshold)
