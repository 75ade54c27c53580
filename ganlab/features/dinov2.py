"""DINOv2, a vision transformer trained without labels, as a feature space for images of any kind."""

from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.weight_files import (
    BROKEN,
    file_sha256,
    find_in_hub_cache,
    hub_advice,
    missing_file_message,
    missing_package_message,
    read_tensors,
    require_file,
)
from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import resize_and_normalise

LARGE = "vit_large_patch14_dinov2.lvd142m"
FILE = "model.safetensors"


@final
class DINOv2(Features):
    """The class token of DINOv2 (Oquab et al. 2023), through timm; its distances agree with human ratings.

    Stein et al. 2023 showed this for the default `architecture` of 1024 features; any other of timm's vision
    transformers with a class token works, too. timm resamples the position embeddings from the training resolution to
    224 × 224. `weights` is a local file (safetensors, or a file with nothing but tensors) with timm's names or the
    original ones; without it the weights come from the Hugging Face hub's cache, else from the hub. Raises
    ModuleNotFoundError if timm is not installed, FileNotFoundError if the file does not exist, ConnectionError if the
    download fails, and ValueError if the file holds something else or the architecture is unknown.
    """

    name = "dinov2"
    resolution = 224

    def __init__(self, data: Source, weights: str | Path | None = None, architecture: str = LARGE) -> None:
        image_channels(data, self.name)
        if message := missing_package_message("timm", "timm", self.name):
            raise ModuleNotFoundError(message)
        self.architecture = architecture
        network, facts = _build(architecture, self.resolution)
        advice = _advice(architecture)
        path = require_file(weights, advice) if weights else _find_cached(architecture) or _download(architecture)
        self.hash = file_sha256(path, None, advice)
        _load(network, path, architecture)
        self.mean, self.std = tuple(facts["mean"]), tuple(facts["std"])
        super().__init__(network, int(facts["width"]))

    @classmethod
    def unavailable_reason(
        cls, weights: str | Path | None = None, architecture: str = LARGE, **settings: Any
    ) -> str | None:
        """Return None if timm and the weights are on this machine, else one sentence: what to do."""
        if message := missing_package_message("timm", "timm", cls.name):
            return message
        what = f"{architecture}'s weights"
        return missing_file_message(weights, _find_cached(architecture), what, _advice(architecture))

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the class token after the last normalisation; grey images are repeated to three channels."""
        return FeatureBatch(self.network(resize_and_normalise(samples, self.resolution, self.mean, self.std)))

    def describe(self) -> dict[str, Any]:
        """Return the name, the architecture, the weights' hash and the resize rule."""
        origin = {"name": self.name, "architecture": self.architecture, "weights": self.hash}
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {**origin, **resize, "width": self.width}


def _build(architecture: str, resolution: int) -> tuple[Any, dict[str, Any]]:
    """Return a network with random weights, and its width with the mean and deviation of its training images."""
    import timm
    from timm.models.vision_transformer import VisionTransformer

    if not timm.is_model(architecture):
        raise ValueError(f"features.architecture must be a name that timm knows, such as {LARGE}, got {architecture}")
    try:
        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            network: Any = timm.create_model(architecture, num_classes=0, img_size=resolution, global_pool="token")
        fits = isinstance(network, VisionTransformer)
    except (*BROKEN, AssertionError):  # timm raises various errors for settings that do not fit
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
        # Not strict: the file may also hold a classifier, which is not used.
        missing = network.load_state_dict(checkpoint_filter_fn(state, network), strict=False).missing_keys
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {what}; {_advice(architecture)}") from error
    if missing:
        raise ValueError(f"{path} does not hold {what}: {missing[0]} is not in it; {_advice(architecture)}")


def _repository(architecture: str) -> str:
    return f"timm/{architecture}"


def _find_cached(architecture: str) -> Path | None:
    return find_in_hub_cache(_repository(architecture), [FILE])


def _download(architecture: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(_repository(architecture), FILE))
    except OSError as error:
        reason = f"{architecture}'s weights could not be downloaded ({str(error).splitlines()[0]})"
        raise ConnectionError(f"{reason}; {_advice(architecture)}") from error


def _advice(architecture: str) -> str:
    return hub_advice(_repository(architecture), FILE)
