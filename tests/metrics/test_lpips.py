"""LPIPS with random weights that have the layout of torchvision's files."""

import pytest
import torch
import torchvision
from support.metric_sources import Points, compute_scores
from support.paired_sources import Pairs, noisy_pairs, paired_batch
from torchmetrics.functional.image.lpips import _LPIPS

from ganlab.features import Identity
from ganlab.metrics import LPIPS, UnsuitableMetricError
from ganlab.metrics.lpips import FILES

NETWORKS = {"alex": "alexnet", "squeeze": "squeezenet1_1"}


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def backbone(request, tmp_path_factory):
    """Return a network's name, the file of its random weights, and the backbone itself."""
    torch.manual_seed(1)
    network = torchvision.models.get_model(NETWORKS[request.param], weights=None)
    path = tmp_path_factory.mktemp("weights") / "backbone.pth"
    torch.save({name: value for name, value in network.state_dict().items() if name.startswith("features")}, path)
    return request.param, path, network.features


def build(data=None, **settings):
    return LPIPS(Identity(Points()), data or Pairs((3, 40, 36)), **settings)


def score(metric, images, truths):
    return compute_scores(metric, None, paired_batch(images, truths), 3)["lpips"]


def test_the_distance_is_torchmetrics_with_the_files_weights(backbone):
    name, path, layers = backbone
    reference = _LPIPS(pretrained=True, net=name, pnet_rand=True)
    own = dict(layers.named_modules())
    for path_of_layer, layer in reference.net.named_modules():  # slice2.3 and slices.2.3 are layer 3
        number = path_of_layer.split(".", 2 if path_of_layer.startswith("slices.") else 1)[-1]
        if isinstance(layer, torch.nn.Conv2d):
            layer.load_state_dict(own[number].state_dict())
    images, truths = noisy_pairs(4, (3, 40, 36))
    with torch.no_grad():
        expected = reference(images.float() / 255, truths.float() / 255, normalize=True).double().mean()
    metric = build(network=name, weights=path)
    assert score(metric, images, truths) == pytest.approx(float(expected), rel=1e-5)
    assert expected > 1e-4
    assert score(metric, truths, truths) == 0
    assert metric.describe()["network"] == name
    assert len(metric.describe()["weights"]) == 64


def test_grey_images_are_repeated_to_three_channels(backbone):
    name, path, _ = backbone
    images, truths = noisy_pairs(2, (1, 40, 36))
    grey = score(build(Pairs((1, 40, 36)), network=name, weights=path), images, truths)
    colour = score(build(network=name, weights=path), images.expand(-1, 3, -1, -1), truths.expand(-1, 3, -1, -1))
    assert grey == pytest.approx(colour, rel=1e-6)


def test_weights_in_the_hub_cache_are_found(backbone, tmp_path, monkeypatch):
    name, path, _ = backbone
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(UnsuitableMetricError, match=f"needs the weights {FILES[name][0]}, which are not on this"):
        build(network=name)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / FILES[name][0]).write_bytes(path.read_bytes())
    assert build(network=name).hash == build(network=name, weights=path).hash


def test_files_that_hold_something_else_are_named(tmp_path):
    text, other = tmp_path / "text.pth", tmp_path / "other.pth"
    text.write_text("no weights")
    torch.save({"features.0.weight": torch.zeros(2)}, other)
    for path in (text, other):
        with pytest.raises(ValueError, match=f"{path} does not hold the weights of alex"):
            build(weights=path)
    with pytest.raises(FileNotFoundError, match=r"there is no file .*; download https"):
        build(weights=tmp_path / "absent.pth")


def test_settings_and_data_are_checked(backbone):
    name, path, _ = backbone
    with pytest.raises(ValueError, match="must be one of alex, vgg, squeeze, got 'resnet'"):
        build(network="resnet")
    with pytest.raises(UnsuitableMetricError, match="at least 31x31 pixels"):
        build(Pairs((3, 28, 28)), weights=path)
    with pytest.raises(UnsuitableMetricError, match="1 or 3 channels"):
        build(Pairs((4, 40, 40)), network=name, weights=path)
    with pytest.raises(UnsuitableMetricError, match="not paired"):
        build(Pairs((3, 40, 40), paired=False), network=name, weights=path)
