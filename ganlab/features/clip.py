"""The image half of a network that was trained on pictures and their captions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.core.errors import suggest
from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import photographs
from ganlab.features.weight_files import BROKEN, absence, digest, existing, hub_advice, in_hub_cache, lacking

LARGE, OPENAI = "ViT-L-14-quickgelu", "openai"
FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
# Where the default lies: asking open_clip would take seconds.
KNOWN = {(LARGE, OPENAI): "timm/vit_large_patch14_clip_224.openai"}


@final
class CLIP(Features):
    """CLIP's image features after the projection, not normalised (Radford et al. 2021), through open_clip.

    `architecture` and `tag` are open_clip's names of a network and its training; the default has 768 features. OpenAI's
    weights need a name that ends in quickgelu. `weights` is a local file with both halves of the network, safetensors
    or one with nothing but tensors; without it they come from the Hugging Face hub's cache, else from the hub. Raises
    ModuleNotFoundError where open_clip is not installed, FileNotFoundError where there is no file, ConnectionError
    where there is no network, ValueError for a file or name of something else.
    """

    name = "clip"

    def __init__(
        self, data: Source, weights: str | Path | None = None, architecture: str = LARGE, tag: str = OPENAI
    ) -> None:
        image_channels(data, self.name)
        if sentence := lacking("open_clip", "open_clip_torch", self.name):
            raise ModuleNotFoundError(sentence)
        facts = _facts(architecture, tag, bool(weights))
        advice = _advice(architecture, tag)
        path = existing(weights, advice) if weights else _cached(architecture, tag) or _fetch(facts, advice)
        self.hash = digest(path, None, advice)
        self.architecture, self.tag, self.mean, self.std = architecture, tag, facts["mean"], facts["std"]
        network, self.resolution, width = _build(architecture, path, advice)
        super().__init__(network, width)

    @classmethod
    def missing(
        cls, weights: str | Path | None = None, architecture: str = LARGE, tag: str = OPENAI, **settings: Any
    ) -> str | None:
        """Return None where open_clip and the weights are on this machine, else a sentence: what to do."""
        if sentence := lacking("open_clip", "open_clip_torch", cls.name):
            return sentence
        kept = None if weights else _cached(architecture, tag)
        return absence(weights, kept, f"the weights of {architecture} ({tag})", _advice(architecture, tag))

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the projected image features; grey images are repeated to three channels."""
        return FeatureBatch(self.network(photographs(samples, self.resolution, self.mean, self.std)))

    def describe(self) -> dict[str, Any]:
        """Return the name, the network and its training, the weights' hash, the resize rule, and which features."""
        origin = {"name": self.name, "architecture": self.architecture, "tag": self.tag, "weights": self.hash}
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {**origin, **resize, "width": self.width, "projection": "after, not normalised"}


def _facts(architecture: str, tag: str, local: bool) -> dict[str, Any]:
    """Return what open_clip knows of a training, at least the mean and deviation of its pixels."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    if architecture not in open_clip.list_models():
        near = suggest(architecture, open_clip.list_models())
        raise ValueError(f"features.architecture must be a name that open_clip knows, got {architecture}{near}")
    facts = get_pretrained_cfg(architecture, tag)
    if not facts and not local:
        tags = ", ".join(list_pretrained_tags_by_model(architecture)) or "none"
        raise ValueError(f"features.tag must be one of those that open_clip has for {architecture} ({tags}), got {tag}")
    if facts.get("quick_gelu", False) and not open_clip.get_model_config(architecture).get("quick_gelu", False):
        raise ValueError(f"features.tag={tag} needs features.architecture={architecture}-quickgelu, got {architecture}")
    return {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD, **facts}


def _build(architecture: str, path: Path, advice: str) -> tuple[nn.Module, int, int]:
    """Return the image half, its resolution, and the number of its features."""
    import open_clip

    try:
        with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten
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


def _cached(architecture: str, tag: str) -> Path | None:
    return in_hub_cache(_repository(architecture, tag), FILES)


def _fetch(facts: Mapping[str, Any], advice: str) -> Path:
    from open_clip.pretrained import download_pretrained

    try:
        return Path(download_pretrained(facts))
    except (OSError, RuntimeError) as error:
        reason = f"CLIP's weights could not be downloaded ({str(error).splitlines()[0]})"
        raise ConnectionError(f"{reason}; {advice}") from error


def _advice(architecture: str, tag: str) -> str:
    repository = _repository(architecture, tag)
    return hub_advice(repository, FILES[0]) if repository else "pass features.weights=FILE"
