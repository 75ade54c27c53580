"""A vision transformer trained without labels, whose features judge images of any kind."""

from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import photographs
from ganlab.features.weight_files import (
    BROKEN,
    absence,
    digest,
    existing,
    hub_advice,
    in_hub_cache,
    lacking,
    read_tensors,
)

LARGE = "vit_large_patch14_dinov2.lvd142m"
FILE = "model.safetensors"


@final
class DINOv2(Features):
    """The class token of DINOv2 (Oquab et al. 2023), through timm; its distances agree with people's judgement.

    Stein et al. 2023 found that, with the default `architecture` of 1024 features; any other of timm's vision
    transformers with a class token can be named. timm resamples the positions from the resolution of training to 224 ×
    224. `weights` is a local file, safetensors or one with nothing but tensors, in timm's names or the original ones;
    without it they come from the Hugging Face hub's cache, else from the hub. Raises ModuleNotFoundError where timm is
    not installed, FileNotFoundError where there is no file, ConnectionError where there is no network, ValueError for a
    file or name of something else.
    """

    name = "dinov2"
    resolution = 224

    def __init__(self, data: Source, weights: str | Path | None = None, architecture: str = LARGE) -> None:
        image_channels(data, self.name)
        if sentence := lacking("timm", "timm", self.name):
            raise ModuleNotFoundError(sentence)
        self.architecture = architecture
        network, facts = _build(architecture, self.resolution)
        advice = _advice(architecture)
        path = existing(weights, advice) if weights else _cached(architecture) or _fetch(architecture)
        self.hash = digest(path, None, advice)
        _load(network, path, architecture)
        self.mean, self.std = tuple(facts["mean"]), tuple(facts["std"])
        super().__init__(network, int(facts["width"]))

    @classmethod
    def missing(cls, weights: str | Path | None = None, architecture: str = LARGE, **settings: Any) -> str | None:
        """Return None where timm and the weights are on this machine, else a sentence: what to do."""
        sentence = lacking("timm", "timm", cls.name)
        return sentence or absence(weights, _cached(architecture), f"{architecture}'s weights", _advice(architecture))

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the class token after the last normalisation; grey images are repeated to three channels."""
        return FeatureBatch(self.network(photographs(samples, self.resolution, self.mean, self.std)))

    def describe(self) -> dict[str, Any]:
        """Return the name, the architecture, the weights' hash and the resize rule."""
        origin = {"name": self.name, "architecture": self.architecture, "weights": self.hash}
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {**origin, **resize, "width": self.width}


def _build(architecture: str, resolution: int) -> tuple[Any, dict[str, Any]]:
    """Return a network with random weights, its width, and the mean and deviation of the pixels it was trained on."""
    import timm
    from timm.models.vision_transformer import VisionTransformer

    if not timm.is_model(architecture):
        raise ValueError(f"features.architecture must be a name that timm knows, such as {LARGE}, got {architecture}")
    try:
        with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten
            network: Any = timm.create_model(architecture, num_classes=0, img_size=resolution, global_pool="token")
        fits = isinstance(network, VisionTransformer)
    except (*BROKEN, AssertionError):  # timm has no one error for settings that do not fit
        fits = False
    if not fits:
        raise ValueError(
            f"features.architecture must be one of timm's vision transformers with a class token for images of "
            f"{resolution} by {resolution}, such as {LARGE}, got {architecture}"
        )
    return network, {**network.pretrained_cfg, "width": network.num_features}


def _load(network: Any, path: Path, architecture: str) -> None:
    from timm.models.vision_transformer import checkpoint_filter_fn

    what = f"the weights of {architecture}"
    state = read_tensors(path, what, _advice(architecture))
    try:
        # The file may have a classifier that we do not use, but must have all that we do.
        lost = network.load_state_dict(checkpoint_filter_fn(state, network), strict=False).missing_keys
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {what}; {_advice(architecture)}") from error
    if lost:
        raise ValueError(f"{path} does not hold {what}: {lost[0]} is not in it; {_advice(architecture)}")


def _repository(architecture: str) -> str:
    return f"timm/{architecture}"


def _cached(architecture: str) -> Path | None:
    return in_hub_cache(_repository(architecture), [FILE])


def _fetch(architecture: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(_repository(architecture), FILE))
    except OSError as error:
        reason = f"{architecture}'s weights could not be downloaded ({str(error).splitlines()[0]})"
        raise ConnectionError(f"{reason}; {_advice(architecture)}") from error


def _advice(architecture: str) -> str:
    return hub_advice(_repository(architecture), FILE)
