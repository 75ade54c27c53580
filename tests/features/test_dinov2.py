from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from support.metric_sources import Pictures, Points
from torch import nn
from torch.nn import functional

from ganlab.features import DINOv2
from ganlab.features.dinov2 import LARGE

timm = pytest.importorskip("timm")
constants = pytest.importorskip("huggingface_hub.constants")

COLOUR = Pictures(shape=(3, 20, 24))
IMAGES = next(COLOUR.real_samples()).sample[:2]
TINY = "test_vit"


def network(**settings: object) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return timm.create_model(TINY, **settings).eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dinov2") / "random.safetensors"
    save_file(network(img_size=224).state_dict(), path)
    return path


def test_features_are_the_class_token(weights: Path) -> None:
    before = torch.get_rng_state()
    features = DINOv2(COLOUR, weights=str(weights), architecture=TINY)
    assert torch.equal(torch.get_rng_state(), before)
    resized = functional.interpolate(IMAGES.double(), (224, 224), mode="bicubic", antialias=True).clamp(0, 255)
    with torch.no_grad():
        tokens = network(img_size=224).forward_features(resized.float() / 127.5 - 1)  # mean and deviation are 0.5
    result = features(IMAGES).features
    assert result.shape == (2, features.width) == (2, 64)
    torch.testing.assert_close(result, tokens[:, 0], rtol=1e-4, atol=1e-5)
    assert features.describe() == {
        "name": "dinov2",
        "architecture": TINY,
        "weights": sha256(weights.read_bytes()).hexdigest(),
        "resize": "bicubic, antialiased",
        "resolution": 224,
        "width": 64,
    }


def test_grey_images_are_repeated(weights: Path) -> None:
    features = DINOv2(Pictures(), weights=weights, architecture=TINY)
    grey = next(Pictures().real_samples()).sample[:2]
    torch.testing.assert_close(features(grey).features, features(grey.repeat(1, 3, 1, 1)).features)


def test_the_default_was_trained_on_imagenets_mean_and_deviation() -> None:
    facts = timm.get_pretrained_cfg(LARGE)
    assert facts.mean == timm.data.IMAGENET_DEFAULT_MEAN
    assert facts.std == timm.data.IMAGENET_DEFAULT_STD
    assert facts.hf_hub_id == f"timm/{LARGE}"


def test_weights_for_another_resolution_are_resampled(tmp_path: Path) -> None:
    path = tmp_path / "small.pth"
    small = network(img_size=160)
    torch.save(small.state_dict(), path)
    small.set_input_size(224)
    features = DINOv2(COLOUR, weights=path, architecture=TINY)
    torch.testing.assert_close(features.network.pos_embed, small.pos_embed)
    torch.testing.assert_close(features.network.state_dict()["norm.weight"], small.norm.weight)


@pytest.mark.parametrize("content", [{"weight": torch.zeros(1)}, {}, torch.zeros(2), Path("code")])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match=f"does not hold the weights of {TINY}.*; provide the file"):
        DINOv2(COLOUR, weights=path, architecture=TINY)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vit_enormous", "a name that timm knows, such as vit_large_.*, got vit_enormous"),
        ("test_resnet", "one of timm's vision transformers with a class token .*, got test_resnet"),
    ],
)
def test_architectures_without_a_class_token_are_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"features\.architecture must be {message}"):
        DINOv2(COLOUR, architecture=name)


def test_points_and_missing_files_are_refused() -> None:
    with pytest.raises(ValueError, match="features=dinov2 reads images"):
        DINOv2(Points())
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.pth; provide the file: run 'hf download"):
        DINOv2(COLOUR, weights="nowhere.pth", architecture=TINY)


def test_without_internet_the_hub_cache_is_used(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reason = DINOv2.unavailable_reason(architecture=TINY)
    assert reason is not None
    assert reason.startswith("test_vit's weights are not on this machine: the first use downloads them")
    with pytest.raises(ConnectionError, match=f"could not be downloaded .*; provide the file: .*{tmp_path}"):
        DINOv2(COLOUR, architecture=TINY)
    path = tmp_path / f"models--timm--{TINY}" / "snapshots" / "0" / "model.safetensors"
    path.parent.mkdir(parents=True)
    path.symlink_to(weights)
    assert DINOv2.unavailable_reason(architecture=TINY) is None
    from_file = DINOv2(COLOUR, weights=weights, architecture=TINY)
    assert DINOv2(COLOUR, architecture=TINY).describe() == from_file.describe()
