from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import get_args
from urllib.error import URLError

import pytest
import torch
from pytorch_fid.inception import InceptionV3
from support.metric_sources import Pictures, Points
from torch import Tensor
from torch_fidelity import feature_extractor_inceptionv3 as port
from torchmetrics.image.fid import NoTrainInceptionV3

from ganlab.features import Inception, inception
from ganlab.features.inception import Layer

GREY = Pictures(shape=(1, 16, 16))
COLOUR = Pictures(shape=(3, 20, 24))
IMAGES = next(COLOUR.real_samples()).sample[:2]
LAYERS = [str(layer) for layer in get_args(Layer)]


@pytest.fixture(scope="module")
def reference(weights: Path) -> dict[str, Tensor]:
    """torch-fidelity's features of the images by layer, and the maps of its spatial features."""
    network = port.FeatureExtractorInceptionV3("reference", LAYERS, str(weights))
    maps: list[Tensor] = []
    network.Mixed_6d.branch1x1.register_forward_hook(lambda module, inputs, output: maps.append(output))
    return {**dict(zip(LAYERS, network(IMAGES), strict=True)), "maps": maps[0]}


def close(actual: Tensor | None, expected: Tensor) -> bool:
    assert actual is not None
    assert actual.shape == expected.shape
    assert expected.std() > 0.01
    return bool((actual - expected).norm() < 1e-5 * expected.norm())


@pytest.mark.parametrize("layer", get_args(Layer))
@pytest.mark.slow
def test_every_layer_equals_torch_fidelity(weights: Path, reference: dict[str, Tensor], layer: Layer) -> None:
    features = Inception(COLOUR, weights=weights, layer=layer)
    batch = features(IMAGES)
    assert close(batch.features, reference[str(layer)])
    assert close(batch.logits, reference["logits_unbiased"])
    assert close(batch.spatial, reference["maps"][:, :7].flatten(1))
    assert batch.features.shape[1] == features.width
    assert batch.spatial is not None
    assert batch.spatial.shape[1] == features.spatial_width == 2023
    assert features.describe()["layer"] == str(layer)


def test_bilinear_equals_pytorch_fid(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "pt_inception-2015-12-05-6726825d.pth"
    path.parent.mkdir(parents=True)
    copyfile(weights, path)
    with torch.random.fork_rng():
        network = InceptionV3().eval()
    features = Inception(COLOUR, weights=weights, resize="bilinear")
    assert close(features(IMAGES).features, network(IMAGES / 255)[0].flatten(1))
    assert features.describe()["resize"] == "bilinear"


def test_antialias_equals_torchmetrics(weights: Path) -> None:
    network = NoTrainInceptionV3("inception-v3-compat", ["2048"], str(weights))
    assert close(Inception(COLOUR, weights=weights, resize="antialias")(IMAGES).features, network(IMAGES))


def test_features_do_not_depend_on_the_chunk_size(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = Inception(COLOUR, weights=weights)
    whole = features(IMAGES)
    monkeypatch.setattr(inception, "CHUNK", 1)
    for actual, expected in zip(features(IMAGES)[:3], whole[:3], strict=True):
        assert expected is not None
        assert close(actual, expected)


def test_features_and_logits_of_a_local_file(weights: Path) -> None:
    before = torch.get_rng_state()
    digest = sha256(weights.read_bytes()).hexdigest()
    features = Inception(GREY, weights=str(weights), sha256=digest.upper())
    images = next(GREY.real_samples()).sample[:2]
    batch = features(images)
    assert torch.equal(torch.get_rng_state(), before)
    assert batch.features.shape == (2, features.width) == (2, 2048)
    assert batch.logits is not None
    assert batch.logits.shape == (2, features.classes) == (2, 1008)
    assert torch.equal(features(images.repeat(1, 3, 1, 1)).features, batch.features)
    torch.testing.assert_close(batch.logits, batch.features @ features.network.fc.weight.T)
    description = features.describe()
    assert description["weights"] == digest
    assert (description["resolution"], description["resize"]) == (299, "tensorflow1")
    assert not any(module.training for module in features.train().modules())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": 1024}, "features.layer must be one of 64, 192, 768, 2048, logits, logits_unbiased, got 1024"),
        (
            {"resize": "bilinaer"},
            "features.resize must be one of tensorflow1, .* got bilinaer; did you mean 'bilinear'",
        ),
        (
            {"sha256": "0" * 64},
            "the sha256 of .* must be features.sha256=0{64}, got [0-9a-f]{64}; provide the file",
        ),
    ],
)
def test_settings_are_checked(weights: Path, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Inception(GREY, weights=weights, **settings)  # type: ignore[arg-type]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.pth; provide .* features\.weights=FILE"):
        Inception(GREY, weights="nowhere.pth")


def test_a_known_name_with_another_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pt_inception-2015-12-05-6726825d.pth"
    path.write_bytes(b"cut short")
    with pytest.raises(ValueError, match="damaged or incomplete"):
        Inception(GREY, weights=path)


@pytest.mark.parametrize("content", [{"weight": torch.zeros(1)}, torch.zeros(2), [1], Path("code")])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match="does not hold the FID Inception's weights"):
        Inception(GREY, weights=path)


def test_without_internet_the_error_says_which_file_to_provide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **kwargs: object) -> None:
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(ConnectionError, match=r"could not be downloaded .*no network.*; provide the file") as caught:
        Inception(GREY)
    message = str(caught.value)
    assert port.URL_INCEPTION_V3 in message
    assert "pass features.weights=FILE" in message
    assert f"put it into {tmp_path / 'hub' / 'checkpoints'}; or use features=random" in message


def test_the_file_that_another_library_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    reason = Inception.unavailable_reason(layer=64)
    assert reason is not None
    assert reason.startswith("the FID Inception's weights are not on this machine")
    assert not list(tmp_path.iterdir())
    path = tmp_path / "hub" / "checkpoints" / "pt_inception-2015-12-05-6726825d.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut short")
    assert Inception.unavailable_reason() is None
    with pytest.raises(ValueError, match=f"{path} must begin with .* damaged or incomplete"):
        Inception(GREY)


def test_a_file_named_by_the_user_exists_or_not(weights: Path) -> None:
    assert Inception.unavailable_reason(weights=str(weights)) is None
    assert "there is no file nowhere.pth" in (Inception.unavailable_reason(weights="nowhere.pth") or "")


def test_points_are_refused() -> None:
    with pytest.raises(ValueError, match="features=inception reads images"):
        Inception(Points())
