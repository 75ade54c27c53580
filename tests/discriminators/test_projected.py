import pytest
import torch
from support.small_runs import QUIET, assert_same, go, state

from ganlab.core.interfaces import Spec
from ganlab.discriminators import Projected
from ganlab.layers import efficientnet_lite0
from ganlab.layers.random_projection import RandomProjection

pytest.importorskip("timm")
pytest.importorskip(efficientnet_lite0.PACKAGE)

SMALL = {"resolution": 32, "width": 8, "projection": 2}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28), (3, 64, 48)])
@pytest.mark.parametrize("classes", [0, 3])
def test_any_size_and_labels(shape, classes):
    network = Projected(Spec(shape, classes=classes), **SMALL)
    labels = torch.tensor([0, 2]) if classes else None
    output = network.discriminate(torch.rand(2, *shape) * 2 - 1, labels)
    # The maps have 8, 4, 2 and 1 pixels a side; the last convolutions leave 7, 3, 1 and 1 of them.
    assert output.logits.shape == (2, 7 * 7 + 3 * 3 + 1 + 1)
    assert output.features[0].shape == (2, network.feature_size) == (2, 2 + 4 + 8 + 16)


def test_only_the_discriminators_of_maps_train():
    network = Projected(Spec((3, 16, 16)), **SMALL).train()
    names = {name.split(".")[0] for name, _ in network.named_parameters()}
    assert names == {"critics"}
    assert not network.network.network.training
    before = {name: value.clone() for name, value in network.state_dict().items() if not name.startswith("critics")}
    images = torch.rand(2, 3, 16, 16, requires_grad=True)
    network(images).sum().backward()
    assert images.grad.abs().sum() > 0
    assert all(weight.grad is not None for weight in network.parameters())
    after = network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_classes_change_the_logits():
    network = Projected(Spec((3, 16, 16), classes=3), **SMALL).eval()
    for critic in network.critics:
        torch.nn.init.normal_(critic.projection.embed.weight)
    first, second = network(torch.rand(1, 3, 16, 16).expand(2, -1, -1, -1), torch.tensor([0, 1]))
    assert not torch.allclose(first, second)


def test_larger_maps_see_all_smaller_ones_and_not_the_other_way():
    project = RandomProjection((3, 4, 5), width=2)
    maps = [torch.randn(1, channels, side, side) for channels, side in ((3, 8), (4, 4), (5, 2))]
    mixed = project(maps)
    assert [values.shape for values in mixed] == [(1, 2, 8, 8), (1, 4, 4, 4), (1, 8, 2, 2)]
    for changed, expected in ((0, [True, False, False]), (2, [True, True, True])):
        others = [values + 1 if number == changed else values for number, values in enumerate(maps)]
        differs = [not torch.equal(a, b) for a, b in zip(project(others), mixed, strict=True)]
        assert differs == expected


def test_images_are_resized_as_photographs_are():
    """The maps of an image in [-1, 1] are those of its pixels 0 to 255."""
    network = Projected(Spec((1, 32, 32)), **SMALL).eval()
    pixels = torch.randint(0, 256, (2, 1, 32, 32)).float()
    stages = network.network.stages(pixels.expand(-1, 3, -1, -1))
    assert [values.shape[2] for values in stages] == [8, 4, 2, 1]
    expected = [critic.body(values) for critic, values in zip(network.critics, network.project(stages), strict=True)]
    for values, wanted in zip(network._last_maps(pixels / 127.5 - 1), expected, strict=True):
        torch.testing.assert_close(values, wanted, rtol=1e-4, atol=1e-4)


def test_invalid_settings_and_missing_weights_are_one_sentence(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="reads images of 1 or 3 channels, got 4"):
        Projected(Spec((4, 16, 16)))
    with pytest.raises(ValueError, match="resolution must be at least 32, got 31"):
        Projected(Spec((3, 16, 16)), resolution=31)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Projected(Spec((3, 16, 16)), weights=tmp_path / "absent.pth")
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(ModuleNotFoundError, match=r"discriminator=projected needs the weights .*ganlab\[photos\]"):
        Projected(Spec((3, 16, 16)))


def test_resuming_gives_the_same_weights(tmp_path):
    small = [*QUIET, "data=digits", "data.resolution=16", "trainer=smoke", "generator=dcgan", "generator.width=2"]
    small += ["discriminator=projected", *(f"discriminator.{name}={value}" for name, value in SMALL.items())]
    small += ["loss=hinge", "regularizer=[]"]
    go(tmp_path / "whole", *small, "iterations=4")
    go(tmp_path / "cut", *small, "iterations=2")
    go(tmp_path / "cut", *small, "iterations=4")
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
