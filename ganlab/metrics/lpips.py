"""Learned perceptual distance of generated images to their truths, if the weights of its network are at hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core import private_api
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.core.weight_files import file_sha256, read_tensors, require_file
from ganlab.features.base import Features, Source, full_precision
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.metrics.paired_images import PairedMetric, PairedStatistic

# torchvision's files by network, with the smallest side in pixels that the network leaves a feature of.
FILES = {
    "alex": ("alexnet-owt-7be5be79.pth", 31),
    "vgg": ("vgg16-397923af.pth", 16),
    "squeeze": ("squeezenet1_1-b8a52dc0.pth", 17),
}
PAGE = "https://download.pytorch.org/models"
SLICE = re.compile(r"^(slice\d+|slices\.\d+)\.")


@final
@dataclass(frozen=True)
class PerceptualDistance(PairedStatistic):
    """LPIPS of each image and its truth; `weights` is the sha256 of the backbone, and `network` computes it."""

    weights: str = ""
    network: nn.Module = field(default_factory=nn.Identity, repr=False, compare=False)

    def compare(self, images: Tensor, truths: Tensor) -> Tensor:
        """Return the distance of each image, in float32; grey images are repeated to three channels."""
        pair = [values.float().expand(-1, 3, -1, -1) * 2 - 1 for values in (images, truths)]
        network = self.network.to(images.device)
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False), full_precision():
            distances: Tensor = network(*pair)
        return distances.double().flatten()


@final
class LPIPS(PairedMetric):
    """Mean over images of the learned perceptual distance to the truth (Zhang et al. 2018); lower is better.

    It is torchmetrics' LPIPS, version 0.1, whose linear layers come with torchmetrics. `network` is "alex", "vgg" or
    "squeeze"; `weights` is the file of that network's ImageNet weights, as torchvision publishes them, and without it
    the file is read from torch.hub's cache. Nothing is downloaded. Images are compared at their own size, in colour.
    Raises FileNotFoundError if `weights` does not exist, ValueError if it holds something else or the network is
    unknown, UnsuitableMetricError if there are no weights on this machine, and what `PairedMetric` raises.
    """

    name: ClassVar[str] = "lpips"
    scores: ClassVar[dict[str, bool | None]] = {"lpips": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"lpips": POSITIVE}

    def __init__(
        self, features: Features, data: Source, network: str = "alex", weights: str | Path | None = None, crop: int = 0
    ) -> None:
        if network not in FILES:
            raise ValueError(f"metric.lpips.network must be one of {', '.join(FILES)}, got {network!r}")
        _, smallest = FILES[network]
        super().__init__(features, data, PerceptualDistance(crop=crop), smallest)
        match data.spec.sample:
            case [1 | 3, _, _]:
                path = find_weights(network, weights)
            case shape:
                raise UnsuitableMetricError(
                    f"metric=lpips reads images of 1 or 3 channels, but the data's samples have shape {shape}; remove "
                    "lpips from metric"
                )
        self.network, self.hash = network, file_sha256(path, None, advice(network))
        self.statistic = PerceptualDistance("rgb", crop, self.hash, load_network(network, path))

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, the network, and the hash of its weights."""
        return {**super().describe(), "network": self.network, "weights": self.hash, "version": "0.1"}


def find_weights(network: str, weights: str | Path | None) -> Path:
    """Return the file of a network's weights; see `LPIPS` for what it raises."""
    if weights:
        return require_file(weights, advice(network))
    cached = Path(torch.hub.get_dir()) / "checkpoints" / FILES[network][0]
    if cached.is_file():
        return cached
    raise UnsuitableMetricError(
        f"metric=lpips needs the weights {cached.name}, which are not on this machine; {advice(network)}, or remove "
        "lpips from metric"
    )


def load_network(network: str, path: Path) -> nn.Module:
    """Return LPIPS with the weights of a file; raises ValueError if it holds something else."""
    tensors = read_tensors(path, f"the weights of {network}", advice(network))
    with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
        lpips: nn.Module = private_api.untrained_lpips(network)
    backbone = lpips.get_submodule("net")
    names = {name: SLICE.sub("features.", name) for name in backbone.state_dict()}
    try:
        backbone.load_state_dict({name: tensors[source] for name, source in names.items()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{path} does not hold the weights of {network}; {advice(network)}") from error
    return lpips.eval().requires_grad_(False)


def advice(network: str) -> str:
    """Return how to bring the weights to this machine."""
    return f"download {PAGE}/{FILES[network][0]} on a machine with internet and pass metric.lpips.weights=FILE"
