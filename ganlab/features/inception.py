"""The Inception network of published FID and inception scores."""

import io
from pathlib import Path
from typing import Any, Literal, final, get_args

import torch
from torch import Tensor, nn
from torch_fidelity import feature_extractor_inceptionv3 as port

from ganlab.core.errors import suggest
from ganlab.core.weight_files import BROKEN, file_sha256, missing_file_message, read_tensors, require_file
from ganlab.features.base import FeatureBatch, Features, Source, flatten_spatial, image_channels
from ganlab.features.inception_network import rebuild
from ganlab.features.resizing import INCEPTION_RULES

KNOWN_HASH = "6726825d"  # the end of the published file's name, which is the beginning of its sha256
WHAT = "the FID Inception's weights"
CHUNK = 50  # images per forward pass: 250 at once need gigabytes and are not faster
# The stage whose output each feature layer averages; the logits are computed from the last one.
STAGES = {"MaxPool_1": "64", "MaxPool_2": "192", "Mixed_6e": "768", "AvgPool": "2048"}
WIDTHS = {"64": 64, "192": 192, "768": 768, "2048": 2048, "logits": 1008, "logits_unbiased": 1008}

Layer = Literal[64, 192, 768, 2048, "logits", "logits_unbiased"]
Resize = Literal["tensorflow1", "bilinear", "antialias", "pil_bicubic"]


@final
class Inception(Features):
    """torch-fidelity's port of the FID Inception: features of one `layer`, logits without bias (1008), spatial (2023).

    The layers are torch-fidelity's, with maps averaged over the image; the spatial features are the first seven
    channels of TensorFlow's mixed_6/conv, of 17 × 17 (sFID, Nash et al. 2021). `resize` is the rule that maps images to
    299 × 299: published scores have used tensorflow1 (the original FID, torch-fidelity), bilinear (pytorch-fid),
    antialias (torchmetrics) and pil_bicubic (clean-fid); scores of different rules are not comparable (Parmar et al.
    2022).

    `weights` is a local file; without it the weights come from torch.hub's cache, or are downloaded as torch-fidelity
    does. If `sha256` is set, the file must have it. Raises FileNotFoundError if the file does not exist,
    ConnectionError if the download fails, and ValueError if the file holds something else or a setting is unknown.
    """

    name = "inception"
    classes, spatial_width = 1008, 7 * 17 * 17
    resolution = 299

    def __init__(
        self,
        data: Source,
        weights: str | Path | None = None,
        sha256: str | None = None,
        layer: Layer = 2048,
        resize: Resize = "tensorflow1",
    ) -> None:
        image_channels(data, self.name)
        for name, value, choices in (("layer", layer, get_args(Layer)), ("resize", resize, get_args(Resize))):
            if value not in choices:
                allowed = ", ".join(map(str, choices))
                suggestion = suggest(str(value), map(str, choices))
                raise ValueError(f"features.{name} must be one of {allowed}, got {value}{suggestion}")
        path = require_file(weights, _advice()) if weights else _find_cached() or _download()
        self.hash = file_sha256(path, sha256, _advice())
        if KNOWN_HASH in path.name and not self.hash.startswith(KNOWN_HASH):
            raise ValueError(
                f"the sha256 of {path} must begin with {KNOWN_HASH}, as its name says, got {self.hash[:8]}: it is "
                f"damaged or incomplete; {_advice()}"
            )
        self.layer, self.resize = str(layer), str(resize)
        super().__init__(_build(path), WIDTHS[self.layer])

    @classmethod
    def unavailable_reason(cls, weights: str | Path | None = None, **settings: Any) -> str | None:
        """Return None if the weights are on this machine, else one sentence: what to do."""
        return missing_file_message(weights, _find_cached(), WHAT, _advice())

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return features, logits and spatial features; grey images are repeated to three channels."""
        chunks = [self._extract_chunk(chunk) for chunk in samples.split(CHUNK)]
        return FeatureBatch(*map(torch.cat, zip(*chunks, strict=True)))

    def _extract_chunk(self, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        images = INCEPTION_RULES[self.resize](samples, self.resolution).expand(-1, 3, -1, -1)
        # Channels last is 1.5 times as fast on CPUs; on GPUs the memory format stays torch-fidelity's.
        layout = torch.channels_last if images.device.type == "cpu" else torch.contiguous_format
        values, layers = images.contiguous(memory_format=layout), {}
        *stages, (_, head) = self.network.named_children()
        for name, stage in stages:
            values = stage(values)
            if name in STAGES:
                layers[STAGES[name]] = values.mean((2, 3))
            if name == "Mixed_6d":  # whose first channels are those of its 1×1 convolution
                spatial = flatten_spatial(values)
        layers["logits_unbiased"] = layers["2048"] @ head.weight.T
        layers["logits"] = layers["logits_unbiased"] + head.bias
        return layers[self.layer], layers["logits_unbiased"], spatial

    def describe(self) -> dict[str, Any]:
        """Return the name, the layer, the weights' hash and the resize rule."""
        origin = {"name": self.name, "layer": self.layer, "weights": self.hash}
        return {**origin, "resize": self.resize, "resolution": self.resolution, "width": self.width}


def _build(path: Path) -> nn.Module:
    state = read_tensors(path, WHAT, _advice())
    # torch-fidelity unpickles anything, so it gets a copy that holds nothing but the tensors.
    tensors = io.BytesIO()
    torch.save(state, tensors)
    tensors.seek(0)
    try:
        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            network = port.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], tensors)
    except BROKEN as error:
        raise ValueError(f"{path} does not hold {WHAT}; {_advice()}") from error
    return rebuild(network)


def _folder() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _find_cached() -> Path | None:
    """Return the published file under any of the names by which libraries save it, or None."""
    return min(_folder().glob(f"*-{KNOWN_HASH}.pth"), default=None)


def _download() -> Path:
    path = _folder() / port.URL_INCEPTION_V3.rsplit("/", 1)[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(port.URL_INCEPTION_V3, str(path), hash_prefix=KNOWN_HASH)
    except (OSError, RuntimeError) as error:
        raise ConnectionError(f"{WHAT} could not be downloaded ({error}); {_advice()}") from error
    return path


def _advice() -> str:
    return (
        f"provide the file: download {port.URL_INCEPTION_V3} on a machine with internet, copy it to this one, "
        f"and pass features.weights=FILE or put it into {_folder()}; or use features=random, whose scores are "
        "comparable only with each other"
    )
