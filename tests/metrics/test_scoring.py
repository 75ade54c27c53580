"""What is scored is what the data set holds and what the generator made, in the same units."""

import torch

from ganlab.data import Digits, Ring
from ganlab.features import Classifier
from ganlab.metrics import FID, Evaluator
from ganlab.metrics.scoring.scoring import measured, reals_of
from ganlab.protocols import Protocol

PROTOCOL = Protocol(real_samples=150, batch_size=50)


def test_real_images_reach_the_features_bit_by_bit() -> None:
    data = Digits(resolution=8)
    shown = torch.cat([batch.sample for batch in reals_of(data, "test", PROTOCOL).batches(0, 1)])
    own = data.images.take(data.split("test"))
    assert shown.dtype == torch.uint8
    assert len(shown) == 150
    assert {image.numpy().tobytes() for image in shown} <= {image.numpy().tobytes() for image in own}


def test_points_are_scored_in_their_own_coordinates() -> None:
    data = Ring(radius=3.0)
    shown = torch.cat([batch.sample for batch in reals_of(data, "test", PROTOCOL).batches(0, 1)])
    assert (shown.norm(dim=1) - 3).abs().max() < 0.1


def test_rounding_is_undone_by_nothing() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert measured(pixels).equal(pixels)
    assert measured(pixels.float() / 127.5 - 1).equal(pixels)


def test_two_splits_of_real_digits_are_near() -> None:
    data, whole = Digits(), Protocol()
    features = Classifier(data, "digits")
    score = Evaluator(features, {"fid": FID(features)}, {"held_out": reals_of(data, "test", whole)}, 250)
    assert score(reals_of(data, "train", whole))["fid"] < 5
