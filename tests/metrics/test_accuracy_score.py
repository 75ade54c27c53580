import pytest
import torch
from support.metric_sources import Pictures, Points, compute_scores
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.features import FeatureBatch, RandomConvolution
from ganlab.features.classifier_training import accuracy, fit_classifier
from ganlab.features.image_recipe import RESOLUTION, ImageRecipe
from ganlab.metrics import AccuracyScore, UnsuitableMetricError


class ConditionalPictures(Pictures):
    """Images for a conditional generator."""

    @property
    def spec(self) -> Spec:
        return Spec(self.shape, cond=(), classes=2)


def batch(images: Tensor, labels: Tensor) -> FeatureBatch:
    return FeatureBatch(torch.zeros(len(images), 1), samples=images, labels=labels)


@pytest.fixture(scope="module")
def pictures() -> FeatureBatch:
    images, labels = zip(*ConditionalPictures().real_samples(), strict=True)
    return batch(torch.cat(images), torch.cat(labels))


def score(real: FeatureBatch, fake: FeatureBatch, steps: int = 12) -> float:
    metric = AccuracyScore(RandomConvolution(ConditionalPictures()), ConditionalPictures(), steps=steps)
    return compute_scores(metric, real, fake)["classification_accuracy_score"]


def test_right_labels_score_high_and_exchanged_labels_score_low(pictures: FeatureBatch) -> None:
    before = torch.get_rng_state()
    right = score(pictures, pictures)
    assert right >= 0.95
    with torch.no_grad():  # evaluation may run without gradients
        assert score(pictures, pictures._replace(labels=1 - pictures.labels)) <= 0.05
    assert torch.equal(torch.get_rng_state(), before)
    assert score(pictures, pictures) == right


def test_a_single_class_scores_its_share_of_the_real_images(pictures: FeatureBatch) -> None:
    one = pictures.labels == 1
    assert score(pictures, batch(pictures.samples[one], pictures.labels[one])) == 0.5


def test_large_images_are_resized(pictures: FeatureBatch) -> None:
    large = pictures._replace(samples=pictures.samples.repeat_interleave(5, 2).repeat_interleave(5, 3))
    assert score(large, large) >= 0.95


def test_all_images_are_used_and_counted(pictures: FeatureBatch) -> None:
    inputs = torch.zeros(3, 1, RESOLUTION, RESOLUTION)
    network = fit_classifier(ImageRecipe(), inputs, torch.tensor([0, 0, 0]), 2, steps=5)
    assert accuracy(network, inputs, torch.tensor([0, 0, 1])) == 2 / 3


def test_errors_say_what_to_do(pictures: FeatureBatch) -> None:
    features = RandomConvolution(Pictures())
    with pytest.raises(
        UnsuitableMetricError,
        match=r"is unconditional; set data.labels=true for labelled data, or remove accuracy_score",
    ):
        AccuracyScore(features, Pictures())

    class Sequences(Points):
        @property
        def spec(self) -> Spec:
            return Spec((6, 1), classes=3)

    with pytest.raises(UnsuitableMetricError, match=r"samples have shape \(6, 1\); choose an image data set"):
        AccuracyScore(features, Sequences())
    with pytest.raises(ValueError, match=r"metric.accuracy_score.steps must be at least 1, got 0"):
        AccuracyScore(features, ConditionalPictures(), steps=0)
    with pytest.raises(ValueError, match="at least 1 real and 1 generated sample, got 60 and 0"):
        score(pictures, batch(torch.empty(0, 1, 12, 12), torch.empty(0)))
