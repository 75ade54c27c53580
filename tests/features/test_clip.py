import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from support.metric_sources import Pictures, Points
from torch.nn import functional

from ganlab.features import CLIP
from ganlab.features.clip import KNOWN

open_clip = pytest.importorskip("open_clip")
constants = pytest.importorskip("huggingface_hub.constants")

COLOUR = Pictures(shape=(3, 20, 24))
IMAGES = next(COLOUR.real_samples()).sample[:2]
TINY = "ganlab-tiny"
CONFIG = {
    "embed_dim": 16,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 4, "vocab_size": 10, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("clip") / f"{TINY}.json"
    path.write_text(json.dumps(CONFIG))
    open_clip.add_model_config(path)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return open_clip.create_model(TINY).eval()


@pytest.fixture(scope="module", params=["safetensors", "pth"])
def weights(model: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    path = tmp_path_factory.mktemp("clip") / f"random.{request.param}"
    save = {"safetensors": save_file, "pth": torch.save}[request.param]
    save(model.state_dict(), path)
    return path


def test_features_are_the_projected_image(model: Any, weights: Path) -> None:
    before = torch.get_rng_state()
    features = CLIP(COLOUR, weights=str(weights), architecture=TINY)
    assert torch.equal(torch.get_rng_state(), before)
    resized = functional.interpolate(IMAGES.double(), (32, 32), mode="bicubic", antialias=True).clamp(0, 255).float()
    mean, std = (
        torch.tensor(values).reshape(3, 1, 1)
        for values in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    )
    with torch.no_grad():
        expected = model.encode_image((resized / 255 - mean) / std)
    result = features(IMAGES).features
    assert result.shape == (2, features.width) == (2, 16)
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)
    assert features.describe() == {
        "name": "clip",
        "architecture": TINY,
        "tag": "openai",
        "weights": sha256(weights.read_bytes()).hexdigest(),
        "resize": "bicubic, antialiased",
        "resolution": 32,
        "width": 16,
        "projection": "after, not normalised",
    }


@pytest.mark.parametrize("content", [{"weight": torch.zeros(1)}, {}, torch.zeros(2), Path("code")])
def test_a_file_of_something_else_is_refused(model: Any, tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match=rf"does not hold the weights of {TINY}; pass features\.weights=FILE"):
        CLIP(COLOUR, weights=path, architecture=TINY)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"architecture": "ViT-L-15"}, "a name that open_clip knows, got ViT-L-15; did you mean 'ViT-L-1"),
        ({"tag": "closedai"}, r"one of those that open_clip has for ViT-L-14-quickgelu \(openai, .* got closedai"),
        ({"architecture": "ViT-L-14"}, "tag=openai needs features.architecture=ViT-L-14-quickgelu, got ViT-L-14"),
    ],
)
def test_names_are_checked(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CLIP(COLOUR, **settings)


def test_points_and_missing_files_are_refused() -> None:
    with pytest.raises(ValueError, match="features=clip reads images"):
        CLIP(Points())
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.pth; provide the file: run 'hf download"):
        CLIP(COLOUR, weights="nowhere.pth")


def test_the_known_repository_is_the_one_in_open_clip() -> None:
    for (architecture, tag), repository in KNOWN.items():
        assert open_clip.pretrained.get_pretrained_cfg(architecture, tag)["hf_hub"] == f"{repository}/"


def test_without_internet_the_hub_cache_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reason = CLIP.unavailable_reason()
    assert reason is not None
    assert reason.startswith("the weights of ViT-L-14-quickgelu (openai) are not on this machine: the first use")
    with pytest.raises(ConnectionError, match=f"could not be downloaded .*; provide the file: .*{tmp_path}"):
        CLIP(COLOUR)
    (repository,) = KNOWN.values()
    path = tmp_path / f"models--{repository.replace('/', '--')}" / "snapshots" / "0" / "open_clip_model.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    assert CLIP.unavailable_reason() is None
    assert "there is no file nowhere.pth" in (CLIP.unavailable_reason(weights="nowhere.pth") or "")
