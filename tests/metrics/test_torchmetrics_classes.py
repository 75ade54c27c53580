"""FID, MiFID, KID and inception score equal the classes of torchmetrics that they extend, given the same features."""

import pytest
import torch
from support.metric_sources import normal
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

from ganlab.features import FeatureBatch
from ganlab.metrics.frechet import FrechetDistance
from ganlab.metrics.inception_score import Entropies, SummedInceptionScore
from ganlab.metrics.kid import SeededKernelDistance
from ganlab.metrics.mifid import MemorizationDistance
from ganlab.metrics.statistics import Moments, gather
from ganlab.metrics.torchmetrics_adapter.given_features import GivenFeatures

REAL, FAKE = normal(80, 6).double(), (normal(50, 6, seed=1) * 1.5 + 0.3).double()


def moments(rows):
    statistic = Moments("features", rows.shape[1])
    return gather(iter([(FeatureBatch(rows), 0)]), [statistic])[statistic]


def update(metric, real, fake):
    metric.update(real, real=True)
    metric.update(fake, real=False)
    return metric.compute()


@pytest.mark.parametrize("real", [REAL, REAL[:4]], ids=["regular", "fewer samples than features"])
def test_the_frechet_distance_is_torchmetrics(real):
    metric = FrechetDistance(moments(real), moments(FAKE))
    assert isinstance(metric, FrechetInceptionDistance)
    expected = update(FrechetInceptionDistance(feature=GivenFeatures(6)).set_dtype(torch.float64), real, FAKE)
    assert metric.compute().item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("copies", [0, 50], ids=["new samples", "copies"])
def test_the_memorization_distance_is_torchmetrics(copies):
    fake = torch.cat([REAL[:copies] + 1e-3 * normal(copies, 6).double(), FAKE[copies:]])
    fid = FrechetDistance(moments(REAL), moments(fake)).compute().item()
    metric = MemorizationDistance(REAL, fake, fid, 0.1)
    assert isinstance(metric, MemorizationInformedFrechetInceptionDistance)
    parent = MemorizationInformedFrechetInceptionDistance(feature=GivenFeatures(6), cosine_distance_eps=0.1)
    # The other way round: torchmetrics looks for the generated sample that is closest to each of its real ones.
    assert metric.compute().item() == pytest.approx(update(parent, fake, REAL).item(), rel=1e-6)


def test_one_split_of_the_inception_score_is_torchmetrics():
    logits = normal(60, 5).double() * 3
    entropies = Entropies(1, 5)
    batches = [(FeatureBatch(rows, rows), 20 * i) for i, rows in enumerate(logits.split(20))]
    metric = SummedInceptionScore(gather(iter(batches), [entropies])[entropies])
    with pytest.warns(UserWarning, match="buffer"):
        parent = InceptionScore(feature=GivenFeatures(5), splits=1)
    parent.update(logits)
    with pytest.warns(UserWarning, match="std"):
        expected, _ = parent.compute()
    assert isinstance(metric, InceptionScore)
    assert metric.compute()[0].item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_subset_of_all_samples_gives_torchmetrics_kernel_distance():
    real, fake = REAL[:50].float(), FAKE.float()
    metric = SeededKernelDistance(real.numpy(), fake.numpy(), 10, 50)
    with pytest.warns(UserWarning, match="buffer"):
        parent = KernelInceptionDistance(feature=GivenFeatures(6), subsets=1, subset_size=50)
    expected, _ = update(parent, real, fake)
    assert isinstance(metric, KernelInceptionDistance)
    assert metric.compute()[0].item() == pytest.approx(expected.item(), rel=1e-5)  # in float32


def test_scores_leave_the_random_numbers_of_training_alone():
    before = torch.get_rng_state()
    SeededKernelDistance(REAL.numpy(), FAKE.numpy(), 5, 20).compute()
    FrechetDistance(moments(REAL), moments(FAKE)).compute()
    assert torch.equal(torch.get_rng_state(), before)
