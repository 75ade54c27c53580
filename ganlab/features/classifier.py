"""The feature space of a small classifier of the data set, for images that are unlike Inception's photographs."""

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from ganlab.core.cache_directory import cache_directory
from ganlab.core.file_lock import FileLock
from ganlab.core.progress import progress_bar
from ganlab.core.random import derive
from ganlab.features.base import FeatureBatch, Features, LabelledSource, flatten_spatial, image_channels
from ganlab.features.classifier_training import (
    RESOLUTION,
    WIDTH,
    ClassifierNetwork,
    TrainedClassifier,
    train_classifier,
)
from ganlab.features.resizing import standardise
from ganlab.features.training_state import TrainingState

SHIPPED = Path(__file__).parent / "weights"
WEIGHTS = "classifier.safetensors"
VERSION = 1  # of architecture and training; a new number makes every data set train a new classifier


@final
class Classifier(Features):
    """Penultimate features (64), logits and spatial features (2009) of a small classifier of 28 × 28 images.

    `weights` is the name of a shipped classifier (digits), or a safetensors file with its json file next to it. Without
    it, the classifier shipped for the data set is used; if there is none, one is trained once and saved under
    $GANLAB_CACHE (~/.cache/ganlab). Raises FileNotFoundError if the weights do not exist, and ValueError if they are
    damaged or the data set has no labels to train on.
    """

    name = "classifier"
    resolution = RESOLUTION
    spatial_width = 41 * 7 * 7

    def __init__(self, data: LabelledSource, weights: str | None = None, seed: int = 0, steps: int = 1000) -> None:
        image_channels(data, self.name)
        weights = weights or data.classifier
        path = _find_weights(weights) if weights else _find_or_train(data, seed, steps)
        network, self.facts = load_classifier(path)
        super().__init__(network, WIDTH)
        self.classes, self.channels = int(self.facts["classes"]), int(self.facts["channels"])

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the penultimate features, the logits, and the last maps before pooling (41 of 7 × 7)."""
        images, maps = standardise(samples, self.channels, self.resolution), []
        pooling = next(module for module in self.network.modules() if isinstance(module, nn.AdaptiveAvgPool2d))
        with pooling.register_forward_pre_hook(lambda module, inputs: maps.append(flatten_spatial(inputs[0]))):
            features, logits = self.network(images)
        return FeatureBatch(features, logits, maps[0])

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash, the resize rule, and the classifier's training set and accuracy."""
        resize = {"resize": "bilinear, antialiased", "resolution": self.resolution}
        origin = {"trained_on": self.facts["data"], "accuracy": self.facts["accuracy"]}
        return {"name": self.name, "weights": self.facts["sha256"], **resize, "width": self.width, **origin}


def save_classifier(path: Path, trained: TrainedClassifier, **facts: Any) -> None:
    """Write the weights to `path` (safetensors), and the facts and the weights' sha256 to the json file next to it."""
    network = trained.network
    content = save(network.state_dict())
    shape = {"channels": network.body[0].in_channels, "classes": network.head.out_features}
    quality = {"accuracy": round(trained.accuracy, 4), "held_out": trained.held_out}
    facts = {**facts, **shape, **quality, "version": VERSION, "sha256": sha256(content).hexdigest()}
    path.write_bytes(content)
    path.with_suffix(".json").write_text(f"{json.dumps(facts, indent=2)}\n")


def load_classifier(path: Path) -> tuple[ClassifierNetwork, dict[str, Any]]:
    """Return the network and the facts that `save_classifier` wrote; raises ValueError if a file is damaged."""
    try:
        facts = json.loads(path.with_suffix(".json").read_text())
        content = path.read_bytes()
        if sha256(content).hexdigest() != facts["sha256"]:
            raise ValueError("its sha256 differs from the one in the json file")
        with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
            network = ClassifierNetwork(facts["channels"], facts["classes"])
        network.load_state_dict(load(content))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{path} does not hold a classifier ({error}); remove it or train it again") from error
    return network, facts


def _find_weights(weights: str) -> Path:
    shipped = {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}
    path = shipped.get(weights, Path(weights).expanduser())
    if not path.is_file():
        names = ", ".join(shipped)
        raise FileNotFoundError(
            f"features.weights={weights} is neither a shipped classifier ({names}) nor a file; "
            "leave it out to train one on the data set"
        )
    return path


def _find_or_train(data: LabelledSource, seed: int, steps: int) -> Path:
    if data.labels is None or not data.classes_available:
        raise ValueError(
            "features=classifier learns from labels, which this data set does not have; "
            "choose features=inception or features=random, or pass features.weights=FILE"
        )
    fingerprint = data.fingerprint()
    key = derive(fingerprint, data.classes_available, seed, steps, RESOLUTION, VERSION)
    folder = cache_directory() / "classifiers" / f"{key:016x}"
    if folder.is_dir():
        return folder / WEIGHTS
    unfinished = cache_directory() / "unfinished" / folder.name
    with FileLock(unfinished / "lock", _print_waiting):
        if not folder.is_dir():  # the process that this one waited for has not finished it
            state = TrainingState(unfinished / "training.pt")
            trained = _train(data, folder, seed, steps, state)
            folder.parent.mkdir(parents=True, exist_ok=True)
            _save_folder(folder, trained, data=fingerprint, seed=seed, steps=steps)
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder / WEIGHTS


def _train(data: LabelledSource, folder: Path, seed: int, steps: int, state: TrainingState) -> TrainedClassifier:
    """Train with a line before and after, because it takes minutes."""
    assert data.labels is not None
    _print(
        f"training a classifier of {data.classes_available} classes, whose features the scores compare: once for this "
        f"data set, {steps:,} steps; it is kept in {folder}"
    )
    images, labels = _load_images(data)
    trained = train_classifier(images, labels, data.classes_available, seed, steps, state=state)
    _print(f"trained the classifier: accuracy {trained.accuracy:.4f} on {trained.held_out:,} held-out images")
    return trained


def _save_folder(folder: Path, trained: TrainedClassifier, **facts: Any) -> None:
    """Write both files at once, because on a file system without locks another run may train the same classifier."""
    draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_classifier(draft / WEIGHTS, trained, **facts)
        draft.rename(folder)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not (isinstance(error, OSError) and folder.is_dir()):
            raise


def _print_waiting(holder: str) -> None:
    _print(f"waiting for {holder}, which trains the classifier of this data set")


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _load_images(data: LabelledSource) -> tuple[Tensor, Tensor]:
    """Return all images, uint8 at the classifier's resolution so large data sets fit in memory, and their labels."""
    images, labels = [], []
    with progress_bar("reading labelled images", None, "image") as bar:
        for batch in data.real_samples():
            resized = standardise(batch.sample, batch.sample.shape[1], RESOLUTION)
            images.append(resized.add(1).mul(127.5).round().to(torch.uint8))
            labels.append(batch.cond)
            bar.update(len(resized))
    return torch.cat(images), torch.cat(labels)
