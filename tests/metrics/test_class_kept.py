import pytest
import torch
from support.metric_sources import Points, compute_scores
from support.paired_sources import Pairs
from torch import nn

from ganlab.features import FeatureBatch, Features, Identity
from ganlab.metrics import ClassKept, UnsuitableMetricError


class Votes(Features):
    """A feature space with three classes and without a network."""

    name = "votes"
    classes = 3

    def __init__(self):
        super().__init__(nn.Identity(), 1)

    def extract(self, samples):
        return FeatureBatch(samples)

    def describe(self):
        return {}


def test_outputs_of_their_inputs_class_are_counted():
    metric = ClassKept(Votes(), Pairs(classes_available=3))
    logits, labels = torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])], torch.tensor([0, 1, 2, 1, 2])
    for paired in (True, False):  # class_kept needs no truth
        metric = ClassKept(Votes(), Pairs(classes_available=3, paired=paired))
        assert compute_scores(metric, None, FeatureBatch(logits, logits, labels=labels), 2) == {"class_kept": 3 / 5}


@pytest.mark.parametrize(
    ("features", "data", "sentence"),
    [
        (Votes(), Pairs(cond=None, classes_available=3), "this generator's input is no image"),
        (Votes(), Pairs(cond=(), classes_available=3), "this generator's input is no image"),
        (Votes(), Pairs(), "this data has no classes"),
        (Votes(), Pairs(classes_available=4), "classifier of the data's 4 classes, but features=votes has 3"),
        (Identity(Points()), Pairs(classes_available=4), "needs class probabilities"),
    ],
)
def test_unsuitable_data_and_features_are_named(features, data, sentence):
    with pytest.raises(UnsuitableMetricError, match=sentence):
        ClassKept(features, data)


def test_samples_without_classes_are_one_sentence():
    metric = ClassKept(Votes(), Pairs(classes_available=3))
    logits = torch.eye(3)
    with pytest.raises(ValueError, match="these samples have none"):
        compute_scores(metric, None, FeatureBatch(logits, logits))
    with pytest.raises(ValueError, match="at least 1 generated sample"):
        compute_scores(metric, None, FeatureBatch(logits[:0], logits[:0], labels=torch.zeros(0)))
