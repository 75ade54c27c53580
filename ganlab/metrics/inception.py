"""The Inception network of published FID and inception scores."""

import io
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import torch
from torch import nn
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3

from ganlab.metrics.features import FeatureBatch, Features, Source, image_channels

KNOWN_HASH = "6726825d"  # the end of the published file's name is the beginning of its sha256


@final
class Inception(Features):
    """torch-fidelity's port of the FID Inception: pooled features (2048) and logits without bias (1008).

    `weights` is a local file; without it the weights come from torch-fidelity's address or from torch.hub's cache.
    Raises FileNotFoundError where there is no file, ConnectionError where there is no network, ValueError for a file
    that holds something else. Images are resized as TensorFlow 1 does it, so scores compare with published ones.
    """

    name = "inception"
    classes = 1008
    resolution = 299

    def __init__(self, data: Source, weights: str | Path | None = None) -> None:
        image_channels(data, self.name)
        path = Path(weights).expanduser() if weights else _fetch()
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}; {_advice()}")
        content = path.read_bytes()
        self.hash = sha256(content).hexdigest()
        if KNOWN_HASH in path.name and not self.hash.startswith(KNOWN_HASH):
            raise ValueError(
                f"the sha256 of {path} begins with {self.hash[:8]} and not with {KNOWN_HASH} as its name says, "
                f"so it is damaged or incomplete; {_advice()}"
            )
        super().__init__(_build(path, content), 2048)

    def extract(self, samples: torch.Tensor) -> FeatureBatch:
        """Return the pooled features and the logits; grey images are repeated to three channels."""
        return FeatureBatch(*self.network(samples.expand(-1, 3, -1, -1)))

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash and the resize rule."""
        resize = {"resize": "bilinear, as TensorFlow 1", "resolution": self.resolution}
        return {"name": self.name, "weights": self.hash, **resize, "width": self.width}


def _build(path: Path, content: bytes) -> nn.Module:
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        # torch-fidelity would unpickle whatever the file holds: it gets a copy with nothing but the tensors.
        tensors = io.BytesIO()
        torch.save(dict(state), tensors)
        tensors.seek(0)
        with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten
            return FeatureExtractorInceptionV3("inception-v3-compat", ["2048", "logits_unbiased"], tensors)
    except (pickle.UnpicklingError, RuntimeError, TypeError, ValueError, EOFError, KeyError) as error:
        raise ValueError(f"{path} does not hold the FID Inception's weights; {_advice()}") from error


def _fetch() -> Path:
    path = Path(torch.hub.get_dir()) / "checkpoints" / URL_INCEPTION_V3.rsplit("/", 1)[1]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL_INCEPTION_V3, str(path), hash_prefix=KNOWN_HASH)
        except (OSError, RuntimeError) as error:
            raise ConnectionError(f"the FID Inception could not be downloaded ({error}); {_advice()}") from error
    return path


def _advice() -> str:
    return f"bring the file from {URL_INCEPTION_V3} and pass features.weights=FILE"
