import math

import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores, normal
from torch import Tensor, nn
from torchmetrics.image.inception import InceptionScore as Reference

from ganlab.features import FeatureBatch, Features, Identity
from ganlab.metrics import InceptionScore


class Classes(Features):
    """A feature space with ten classes and without a network."""

    name = "classes"
    classes = 10

    def __init__(self) -> None:
        super().__init__(nn.Identity(), 1)

    def extract(self, samples: Tensor) -> FeatureBatch:
        return FeatureBatch(samples)

    def describe(self) -> dict[str, object]:
        return {}


def inception_score(logits: Tensor, splits: int = 1, chunk: int = 64) -> dict[str, float]:
    metric = InceptionScore(Classes(), Pictures(), splits=splits)
    return compute_scores(metric, None, FeatureBatch(logits, logits), chunk)


@pytest.mark.parametrize("splits", [1, 10])
def test_uniform_predictions_score_one(splits: int) -> None:
    scores = inception_score(torch.zeros(100, 10), splits)
    assert scores == {"inception_score": pytest.approx(1), "inception_score_std": pytest.approx(0, abs=1e-12)}


def test_certain_and_balanced_predictions_score_the_number_of_classes() -> None:
    scores = inception_score(1e4 * torch.eye(10).repeat_interleave(7, 0), splits=7)
    assert scores["inception_score"] == pytest.approx(10)


def test_one_certain_class_scores_one() -> None:
    assert inception_score(1e4 * torch.eye(10)[[3] * 20])["inception_score"] == pytest.approx(1)


def test_equals_torchmetrics_with_one_split() -> None:
    logits = 3 * normal(333, 10)
    with pytest.warns(UserWarning, match="extracted features in buffer"):
        reference = Reference(feature=nn.Identity(), splits=1)
    reference.update(logits.double())
    with pytest.warns(UserWarning, match="degrees of freedom"):
        expected, _ = reference.compute()
    scores = inception_score(logits)
    assert scores["inception_score"] == pytest.approx(expected.item(), rel=1e-9)
    assert scores["inception_score_std"] == 0


def test_splits_are_interleaved_for_any_batch_size() -> None:
    logits = 3 * normal(101, 10)
    scores = inception_score(logits, splits=4, chunk=9)
    splits = [inception_score(logits[i::4])["inception_score"] for i in range(4)]
    mean = sum(splits) / 4
    assert scores["inception_score"] == pytest.approx(mean)
    assert scores["inception_score_std"] == pytest.approx(math.sqrt(sum((x - mean) ** 2 for x in splits) / 4))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"splits must be at least 1, got 0"):
        InceptionScore(Classes(), splits=0)
    with pytest.raises(ValueError, match=r"each of its 10 splits, got 4 samples; lower"):
        inception_score(torch.zeros(4, 10), splits=10)
    with pytest.raises(ValueError, match=r"features=identity does not have; choose features=classifier"):
        InceptionScore(Identity(Points()))
