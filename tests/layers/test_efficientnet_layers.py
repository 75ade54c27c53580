"""The fixed network of photographs against timm's own, with the same weights."""

import pytest
import torch

from ganlab.core.weight_files import read_tensors
from ganlab.layers import efficientnet_lite0
from ganlab.layers.efficientnet_lite0 import STAGE_CHANNELS, EfficientNetLite0, find_weights

timm = pytest.importorskip("timm")
pytest.importorskip(efficientnet_lite0.PACKAGE)


@pytest.fixture(scope="module")
def path():
    return find_weights(None, "a test")


@pytest.fixture(scope="module")
def reference(path):
    with torch.random.fork_rng():
        network = timm.create_model("tf_efficientnet_lite0")
    state = read_tensors(path, "weights", "")
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    return network.eval()


def test_features_and_stages_are_those_of_timm(path, reference):
    images = torch.randint(0, 256, (2, 3, 96, 64)).float()
    network = EfficientNetLite0(path)
    with torch.no_grad():
        maps = reference.forward_features((images - 127) / 128)
        expected = maps.mean((2, 3))
        torch.testing.assert_close(network(images), expected, rtol=1e-4, atol=1e-4)
        stages = network.stages(images)
        references = reference.forward_intermediates(
            (images - 127) / 128, indices=[1, 2, 3, 4], intermediates_only=True
        )
    assert [tuple(maps.shape[1:]) for maps in stages] == [
        (channels, 24 >> number, 16 >> number) for number, channels in enumerate(STAGE_CHANNELS)
    ]
    for maps, wanted in zip(stages, references, strict=True):
        torch.testing.assert_close(maps, wanted, rtol=1e-4, atol=1e-4)


def test_nothing_of_it_trains(path):
    network = EfficientNetLite0(path).train()
    assert not list(network.parameters())
    assert not any(isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) for layer in network.modules())
    images = torch.randint(0, 256, (3, 3, 32, 32)).float()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    together = network(images)
    torch.testing.assert_close(together[1:2], network(images[1:2]), rtol=1e-4, atol=1e-4)  # samples stay alone
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
