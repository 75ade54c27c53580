import numpy as np
import pytest
import scipy.linalg
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from ganlab.features import Identity
from ganlab.metrics import FID, frechet
from ganlab.metrics.frechet import ReferenceDistance, covariance_root, frechet_distance, gaussian_distance


def fid(real: Tensor, fake: Tensor, chunk: int = 97) -> float:
    metric = FID(Identity(Points(width=real.shape[1])))
    return compute_scores(metric, real, fake, chunk)["fid"]


def moments(rows: Tensor) -> dict[str, Tensor]:
    rows = rows.double()
    return {"total": rows.sum(0), "products": rows.T @ rows, "count": torch.tensor(float(len(rows)))}


def textbook_fid(real: Tensor, fake: Tensor) -> float:
    a, b = real.double().numpy(), fake.double().numpy()
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(first @ second).real
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(first + second - 2 * root))


@pytest.mark.parametrize("width", [2, 16, 64])
def test_equals_the_textbook_formula(width: int) -> None:
    real, fake = normal(500, width), normal(400, width, seed=1) @ normal(width, width, seed=2) + 0.5
    assert fid(real, fake) == pytest.approx(textbook_fid(real, fake), rel=1e-6)


def test_equals_torchmetrics() -> None:
    real, fake = normal(300, 8), normal(300, 8, seed=1) * 2 + 1
    features = nn.Identity()
    features.register_buffer("num_features", torch.tensor(8))
    expected = FrechetInceptionDistance(feature=features)
    expected.update(real, real=True)
    expected.update(fake, real=False)
    assert fid(real, fake) == pytest.approx(expected.compute().item(), rel=1e-5)


def test_gaussians_with_diagonal_covariances_in_closed_form() -> None:
    means, deviations = normal(2, 5).double(), normal(2, 5, seed=1).double().abs()
    distance = frechet_distance(means[0], deviations[0].square().diag(), means[1], deviations[1].square().diag())
    expected = (means[0] - means[1]).square().sum() + (deviations[0] - deviations[1]).square().sum()
    torch.testing.assert_close(distance, expected)


def test_a_shift_scores_its_square_for_any_batch_size() -> None:
    real = normal(200, 4)
    assert fid(real, real + 3) == pytest.approx(4 * 9, rel=1e-5)
    assert fid(real, real) == pytest.approx(0, abs=1e-9)
    assert fid(real, real * 2, chunk=7) == pytest.approx(fid(real, real * 2, chunk=200), rel=1e-10)


def test_the_root_of_a_reference_is_computed_once(monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(frechet, "covariance_root", lambda covariance: calls.append(1) or root(covariance))
    root, distance = covariance_root, ReferenceDistance("fid")
    first, second, fake = (moments(normal(20, 32, seed=seed)) for seed in range(3))
    scores = [distance(real, fake) for real in (first, first, second, second, first)]
    assert len(calls) == 3
    assert scores == [gaussian_distance("fid", real, fake) for real in (first, first, second, second, first)]


def test_fewer_samples_than_features_have_a_finite_score() -> None:
    real, fake = normal(10, 32), normal(10, 32, seed=1)
    assert fid(real, fake) == pytest.approx(textbook_fid(real, fake), rel=1e-4)


def test_one_sample_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 2 real and 2 generated samples, got 5 and 1"):
        fid(normal(5, 2), normal(1, 2))
