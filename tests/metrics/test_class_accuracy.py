from dataclasses import dataclass

import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores, normal
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.features import Classifier, FeatureBatch, Features, Identity
from ganlab.metrics import ClassAccuracy, UnsuitableMetricError


class Votes(Features):
    """A feature space with three classes and without a network."""

    name = "votes"
    classes = 3

    def __init__(self) -> None:
        super().__init__(nn.Identity(), 1)

    def extract(self, samples: Tensor) -> FeatureBatch:
        return FeatureBatch(samples)

    def describe(self) -> dict[str, object]:
        return {}


@dataclass
class Conditional:
    """Points for a conditional generator."""

    classes: int = 3

    @property
    def spec(self) -> Spec:
        return Spec((4,), (), self.classes)


def score(logits: Tensor, labels: Tensor, chunk: int = 97) -> float:
    metric = ClassAccuracy(Votes(), Conditional())
    return compute_scores(metric, None, FeatureBatch(logits, logits, labels=labels), chunk)["class_accuracy"]


def test_right_and_wrong_classes_are_counted() -> None:
    certain = torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])]
    assert score(certain, torch.tensor([0, 1, 2, 0, 1])) == 1
    assert score(certain, torch.tensor([1, 2, 0, 1, 2])) == 0
    assert score(certain, torch.tensor([0, 1, 2, 1, 2])) == 3 / 5


@pytest.mark.parametrize("chunk", [7, 200])
def test_is_the_mean_over_all_samples_for_any_batch_size(chunk: int) -> None:
    logits, labels = normal(101, 3), torch.arange(101) % 3
    expected = (logits.argmax(1) == labels).double().mean().item()
    assert score(logits, labels, chunk) == pytest.approx(expected, rel=1e-12)


def test_real_pictures_score_their_classifiers_accuracy(tmp_path, monkeypatch) -> None:
    class ConditionalPictures(Pictures):
        @property
        def spec(self) -> Spec:
            return Spec(self.shape, (), 2)

    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path))
    features = Classifier(ConditionalPictures(), steps=15)
    metric = ClassAccuracy(features, ConditionalPictures())
    batches = [(features(images), labels) for images, labels in ConditionalPictures().real_samples()]
    logits, labels = torch.cat([batch.logits for batch, _ in batches]), torch.cat([labels for _, labels in batches])
    assert compute_scores(metric, None, FeatureBatch(logits, logits, labels=labels))["class_accuracy"] >= 0.95
    assert compute_scores(metric, None, FeatureBatch(logits, logits, labels=1 - labels))["class_accuracy"] <= 0.05


def test_errors_say_what_to_do() -> None:
    with pytest.raises(UnsuitableMetricError, match=r"unconditional; set data\.labels=true for labelled data, or rem"):
        ClassAccuracy(Votes(), Points())
    with pytest.raises(
        UnsuitableMetricError, match=r"of the data's 5 classes, but features=votes has 3; choose features=class"
    ):
        ClassAccuracy(Votes(), Conditional(5))
    with pytest.raises(UnsuitableMetricError, match="features=identity does not have"):
        ClassAccuracy(Identity(Points()), Conditional())
    with pytest.raises(ValueError, match="at least 1 generated sample, got 0"):
        score(torch.empty(0, 3), torch.empty(0, dtype=torch.long))
