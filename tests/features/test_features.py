import pytest
import torch
from support.metric_sources import Pictures, Points, normal
from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.features import Classifier, Features, Identity, RandomConvolution, quantise
from ganlab.features.base import flatten_spatial

GREY = Pictures()
COLOUR = Pictures(shape=(3, 12, 12))


def pictures(data: Pictures) -> torch.Tensor:
    return torch.cat([batch.sample for batch in data.real_samples()])


def test_identity_flattens() -> None:
    features = Identity(Points(width=6))
    samples = normal(4, 6)
    assert features.width == 6
    torch.testing.assert_close(features(samples).features, samples)
    assert features(samples).logits is None


def test_identity_refuses_nests() -> None:
    class Graphs:
        spec = Spec({"nodes": (9, 5)})

    with pytest.raises(ValueError, match="one tensor per sample"):
        Identity(Graphs())


@pytest.mark.parametrize("data", [GREY, COLOUR])
def test_random_features_are_a_function_of_the_seed(data: Pictures) -> None:
    first, again, other = (RandomConvolution(data, seed=seed)(pictures(data)).features for seed in (0, 0, 1))
    assert first.shape == (60, 64)
    assert first.dtype == torch.float32
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    assert first.std(0).max() > 0.01


@pytest.mark.parametrize(("width", "expected"), [(3, 48), (64, 1024), (200, 2048)])
def test_spatial_features_average_to_the_pooled_ones(width: int, expected: int) -> None:
    features = RandomConvolution(GREY, width=width)
    batch = features(pictures(GREY))
    assert batch.spatial is not None
    assert batch.spatial.shape == (60, features.spatial_width) == (60, expected)
    channels = batch.spatial.reshape(60, -1, 16).mean(2)
    torch.testing.assert_close(channels, batch.features[:, : expected // 16])


def test_spatial_takes_the_first_channels_that_fit() -> None:
    maps = normal(2, 192, 17, 17)
    assert torch.equal(flatten_spatial(maps), maps[:, :7].flatten(1))
    assert flatten_spatial(normal(2, 3, 64, 64)).shape == (2, 4096)


def test_spaces_without_files_are_always_available() -> None:
    assert Identity.unavailable_reason() is None
    assert RandomConvolution.unavailable_reason(seed=1, width=8) is None
    assert Classifier.unavailable_reason(weights=None, seed=0, steps=1000) is None


def test_image_spaces_refuse_points_and_floats() -> None:
    with pytest.raises(ValueError, match=r"features=random reads images .* \(2,\); choose features=identity"):
        RandomConvolution(Points())
    with pytest.raises(ValueError, match=r"need uint8 images, got torch\.float32"):
        RandomConvolution(GREY)(normal(2, 1, 12, 12))
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        RandomConvolution(GREY, width=0)


def test_features_are_frozen_and_stay_in_evaluation_mode() -> None:
    features: Features = RandomConvolution(GREY)
    parent = nn.ModuleList([features]).train()
    assert parent.training
    assert not any(module.training for module in features.modules())
    assert not any(parameter.requires_grad for parameter in features.parameters())
    assert not features(pictures(GREY)).features.requires_grad


def test_autocast_does_not_reach_the_features() -> None:
    features, images = RandomConvolution(GREY), pictures(GREY)
    expected = features(images).features
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(features(images).features, expected)


def test_describe_has_what_makes_scores_comparable() -> None:
    for features in (Identity(Points()), RandomConvolution(GREY)):
        assert {"name", "weights", "resize", "resolution", "width"} <= features.describe().keys()


def test_quantise_rounds_clamps_and_refuses_nan() -> None:
    values = torch.tensor([[-2.0, -1.0, 0.0, 1.0, 1.01]])
    assert quantise(values).tolist() == [[0, 0, 128, 255, 255]]
    images = torch.arange(256).reshape(1, -1).to(torch.uint8)
    assert torch.equal(quantise(images.float() / 127.5 - 1), images)
    with pytest.raises(ValueError, match="1 of 2 samples hold NaN"):
        quantise(torch.tensor([[0.0], [float("nan")]]))


def test_subclasses_may_define_unavailable_reason_under_its_former_name() -> None:
    with pytest.warns(FutureWarning, match="Space.missing is now called unavailable_reason"):

        class Space(Features):
            @classmethod
            def missing(cls, **settings: object) -> str | None:
                return "no space"

    assert Space.unavailable_reason() == "no space"
