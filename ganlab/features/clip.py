"""The image encoder of CLIP, which was trained on images with their captions, as a feature space."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.core.errors import suggest
from ganlab.core.weight_files import (
    BROKEN,
    file_sha256,
    find_in_hub_cache,
    hub_advice,
    missing_file_message,
    missing_package_message,
    require_file,
)
from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import resize_and_normalise

LARGE, OPENAI = "ViT-L-14-quickgelu", "openai"
FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
# The repository of the default weights, because importing open_clip to look it up takes seconds.
KNOWN = {(LARGE, OPENAI): "timm/vit_large_patch14_clip_224.openai"}


@final
class CLIP(Features):
    """CLIP's image features after the projection, not normalised (Radford et al. 2021), through open_clip.

    `architecture` and `tag` are open_clip's names of a network and its training; the default has 768 features. OpenAI's
    weights need an architecture that ends in quickgelu. `weights` is a local file with the image and the text encoder
    (safetensors, or a file with nothing but tensors); without it the weights come from the Hugging Face hub's cache,
    else from the hub. Raises ModuleNotFoundError if open_clip is not installed, FileNotFoundError if the file does not
    exist, ConnectionError if the download fails, and ValueError if the file holds something else or a name is unknown.
    """

    name = "clip"

    def __init__(
        self, data: Source, weights: str | Path | None = None, architecture: str = LARGE, tag: str = OPENAI
    ) -> None:
        image_channels(data, self.name)
        if message := missing_package_message("open_clip", "open_clip_torch", self.name):
            raise ModuleNotFoundError(message)
        facts = _training_facts(architecture, tag, bool(weights))
        advice = _advice(architecture, tag)
        path = require_file(weights, advice) if weights else _find_cached(architecture, tag) or _download(facts, advice)
        self.hash = file_sha256(path, None, advice)
        self.architecture, self.tag, self.mean, self.std = architecture, tag, facts["mean"], facts["std"]
        network, self.resolution, width = _build(architecture, path, advice)
        super().__init__(network, width)

    @classmethod
    def unavailable_reason(
        cls, weights: str | Path | None = None, architecture: str = LARGE, tag: str = OPENAI, **settings: Any
    ) -> str | None:
        """Return None if open_clip and the weights are on this machine, else one sentence: what to do."""
        if message := missing_package_message("open_clip", "open_clip_torch", cls.name):
            return message
        cached = None if weights else _find_cached(architecture, tag)
        return missing_file_message(
            weights, cached, f"the weights of {architecture} ({tag})", _advice(architecture, tag)
        )

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the projected image features; grey images are repeated to three channels."""
        return FeatureBatch(self.network(resize_and_normalise(samples, self.resolution, self.mean, self.std)))

    def describe(self) -> dict[str, Any]:
        """Return the name, the network and its training, the weights' hash, the resize rule, and which features."""
        origin = {"name": self.name, "architecture": self.architecture, "tag": self.tag, "weights": self.hash}
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {**origin, **resize, "width": self.width, "projection": "after, not normalised"}


def _training_facts(architecture: str, tag: str, local: bool) -> dict[str, Any]:
    """Return open_clip's record of a training, at least the mean and deviation of its images.

    Raises ValueError for names that open_clip does not know; `local` weights may have any tag.
    """
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    if architecture not in open_clip.list_models():
        suggestion = suggest(architecture, open_clip.list_models())
        raise ValueError(f"features.architecture must be a name that open_clip knows, got {architecture}{suggestion}")
    facts = get_pretrained_cfg(architecture, tag)
    if not facts and not local:
        tags = ", ".join(list_pretrained_tags_by_model(architecture)) or "none"
        raise ValueError(f"features.tag must be one of those that open_clip has for {architecture} ({tags}), got {tag}")
    if facts.get("quick_gelu", False) and not open_clip.get_model_config(architecture).get("quick_gelu", False):
        raise ValueError(f"features.tag={tag} needs features.architecture={architecture}-quickgelu, got {architecture}")
    return {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD, **facts}


def _build(architecture: str, path: Path, advice: str) -> tuple[nn.Module, int, int]:
    """Return the image encoder, its resolution, and the number of its features."""
    import open_clip

    try:
        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            model = open_clip.create_model(architecture, pretrained=str(path), weights_only=True)
    except BROKEN as error:
        raise ValueError(f"{path} does not hold the weights of {architecture}; {advice}") from error
    config = open_clip.get_model_config(architecture)
    return model.visual, int(torch.tensor(model.visual.image_size).max()), int(config["embed_dim"])


def _repository(architecture: str, tag: str) -> str:
    if (architecture, tag) in KNOWN:
        return KNOWN[architecture, tag]
    from open_clip.pretrained import get_pretrained_cfg

    return str(get_pretrained_cfg(architecture, tag).get("hf_hub", "")).rpartition("/")[0]


def _find_cached(architecture: str, tag: str) -> Path | None:
    return find_in_hub_cache(_repository(architecture, tag), FILES)


def _download(facts: Mapping[str, Any], advice: str) -> Path:
    from open_clip.pretrained import download_pretrained

    try:
        return Path(download_pretrained(facts))
    except (OSError, RuntimeError) as error:
        reason = f"CLIP's weights could not be downloaded ({str(error).splitlines()[0]})"
        raise ConnectionError(f"{reason}; {advice}") from error


def _advice(architecture: str, tag: str) -> str:
    repository = _repository(architecture, tag)
    return hub_advice(repository, FILES[0]) if repository else "pass features.weights=FILE"
