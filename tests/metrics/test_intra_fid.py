from dataclasses import dataclass

import pytest
import torch
from support.metric_sources import Points, compute_scores, normal
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.features import FeatureBatch, Identity
from ganlab.metrics import FID, IntraFID
from ganlab.metrics.frechet import Gaussian, covariance_root, frechet_distance, rows_distance


@dataclass
class Classes:
    """Points of three classes for a conditional generator."""

    classes: int = 3
    width: int = 4

    @property
    def spec(self) -> Spec:
        return Spec((self.width,), (), self.classes)


def intra_fid(real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor) -> float:
    data = Classes(width=real.shape[1])
    batches = [FeatureBatch(rows, labels=labels) for rows, labels in ((real, real_labels), (fake, fake_labels))]
    return compute_scores(IntraFID(Identity(data), data), *batches)["intra_fid"]


def fid(real: Tensor, fake: Tensor) -> float:
    return compute_scores(FID(Identity(Points(width=real.shape[1]))), real, fake)["fid"]


def test_is_the_mean_of_the_fid_of_each_class() -> None:
    real, fake = normal(90, 4), normal(120, 4, seed=1) * 1.5 + 1
    real_labels, fake_labels = torch.arange(90) % 3, torch.arange(120) // 40
    expected = [fid(real[real_labels == k], fake[fake_labels == k]) for k in range(3)]
    assert intra_fid(real, real_labels, fake, fake_labels) == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_confused_classes_score_badly() -> None:
    labels = torch.arange(600) % 3
    real = normal(600, 4, seed=1) + 10 * labels[:, None]
    good = intra_fid(real, labels, normal(600, 4, seed=2) + 10 * labels[:, None], labels)
    fake = normal(600, 4, seed=2) + 10 * labels[:, None]
    swapped = intra_fid(real, labels, fake, (labels + 1) % 3)
    assert fid(real, fake) < 1
    assert good < 1
    assert swapped == pytest.approx((100 + 100 + 400) * 4 / 3, rel=0.1)


@pytest.mark.parametrize(("reals", "fakes"), [(50, 70), (5, 70), (50, 4), (6, 5)])
def test_rows_and_covariances_give_the_same_distance(reals: int, fakes: int) -> None:
    real, fake = normal(reals, 12), normal(fakes, 12, seed=1) @ normal(12, 12, seed=2) + 0.3
    first, second = (Gaussian(rows.double().mean(0), rows.double().T.cov()) for rows in (real, fake))
    assert rows_distance(real, fake) == pytest.approx(float(frechet_distance(*first, *second)), rel=1e-6)


@pytest.mark.parametrize("samples", [40, 5])
def test_the_product_of_a_covariance_root_is_the_covariance(samples: int) -> None:
    covariance = normal(samples, 12).double().T.cov()
    root = covariance_root(covariance)
    torch.testing.assert_close(root @ root.T, covariance)


def test_a_class_with_one_sample_is_named() -> None:
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    with pytest.raises(ValueError, match="got 2 and 1 of class 2; raise"):
        intra_fid(normal(6, 4), labels, normal(5, 4), labels[:5])


def test_data_without_classes_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unconditional; set data\.labels=true"):
        IntraFID(Identity(Points()), Points())
