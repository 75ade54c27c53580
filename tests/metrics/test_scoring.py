"""Real and generated samples are scored in the same units, and real samples without any change."""

import torch

from ganlab.core.interfaces import Spec
from ganlab.data import Digits, Ring
from ganlab.features import Classifier
from ganlab.features.base import scored_samples
from ganlab.metrics import FID, Evaluator
from ganlab.metrics.scoring.scoring import describe_left_out, real_samples
from ganlab.protocols import Protocol

PROTOCOL = Protocol(real_samples=150, batch_size=50)


def test_real_images_are_passed_to_the_features_unchanged() -> None:
    data = Digits(resolution=8)
    samples = torch.cat([batch.sample for batch in real_samples(data, "test", PROTOCOL).batches(0, 1)])
    own = data.images.take(data.split("test"))
    assert samples.dtype == torch.uint8
    assert len(samples) == 150
    assert {image.numpy().tobytes() for image in samples} <= {image.numpy().tobytes() for image in own}


def test_points_are_scored_in_their_own_coordinates() -> None:
    data = Ring(radius=3.0)
    samples = torch.cat([batch.sample for batch in real_samples(data, "test", PROTOCOL).batches(0, 1)])
    assert (samples.norm(dim=1) - 3).abs().max() < 0.1


def test_uint8_images_survive_normalisation_and_rounding() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    spec = Spec((1, 16, 16))
    assert scored_samples(pixels, spec).equal(pixels)
    assert scored_samples(pixels.float() / 127.5 - 1, spec).equal(pixels)


def test_metrics_that_are_left_out_take_one_line() -> None:
    one, other = "metric=a needs classes; set y", "metric=b needs logits; remove b from metric"
    assert describe_left_out([]) == []
    assert describe_left_out([one]) == [f"left out: {one}"]
    assert describe_left_out([one, other]) == ["left out: metric=a needs classes; metric=b needs logits"]


def test_two_splits_of_real_digits_have_a_low_fid() -> None:
    data, protocol = Digits(), Protocol()
    features = Classifier(data, "digits")
    score = Evaluator(features, {"fid": FID(features)}, {"held_out": real_samples(data, "test", protocol)}, 250)
    assert score(real_samples(data, "train", protocol))["fid"] < 5
