"""Weights of small classifiers: shipped, in a file, or trained once on a data set and kept in the cache."""

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from ganlab.core.cache_directory import cache_directory
from ganlab.core.file_lock import FileLock
from ganlab.core.progress import progress_bar
from ganlab.core.random import derive
from ganlab.features.base import LabelledSource
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.classifier_training import TrainedClassifier, train_classifier
from ganlab.features.training_state import TrainingState

SHIPPED = Path(__file__).parent / "weights"
WEIGHTS = "classifier.safetensors"
UNNAMED = "classifier"  # the recipe of shipped files, which do not name it


def save_classifier(path: Path, recipe: ClassifierRecipe, trained: TrainedClassifier, **facts: Any) -> None:
    """Write the weights to `path` (safetensors), and the facts and the weights' sha256 to the json file next to it."""
    content = save(trained.network.state_dict())
    shape = {"channels": trained.channels, "classes": trained.classes}
    quality = {"accuracy": round(trained.accuracy, 4), "held_out": trained.held_out}
    recipe_facts = {**recipe.facts, "recipe": recipe.name, "version": recipe.version}
    facts = {**facts, **shape, **quality, **recipe_facts, "sha256": sha256(content).hexdigest()}
    path.write_bytes(content)
    path.with_suffix(".json").write_text(f"{json.dumps(facts, indent=2)}\n")


def load_classifier(path: Path, recipe: ClassifierRecipe) -> tuple[nn.Module, dict[str, Any]]:
    """Return the network and the facts that `save_classifier` wrote.

    Raises ValueError if a file is damaged, or if its classifier is of another recipe.
    """
    try:
        facts = json.loads(path.with_suffix(".json").read_text())
        name = facts.get("recipe", UNNAMED)
        network = _load_network(path, facts, recipe) if name == recipe.name else None
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{path} does not hold a classifier ({error}); remove it or train it again") from error
    if network is None:
        raise ValueError(
            f"features.weights={path} is for features={name}, not features={recipe.name}; leave it out to train one on "
            "the data set"
        )
    return network, facts


def _load_network(path: Path, facts: dict[str, Any], recipe: ClassifierRecipe) -> nn.Module:
    content = path.read_bytes()
    if sha256(content).hexdigest() != facts["sha256"]:
        raise ValueError("its sha256 differs from the one in the json file")
    for name, value in recipe.facts.items():
        if facts[name] != value:
            raise ValueError(f"its {name} is {facts[name]}, which should be {value}")
    with torch.random.fork_rng(devices=[]):  # initialisation draws weights that are overwritten
        network = recipe.build(facts["channels"], facts["classes"])
    network.load_state_dict(load(content))
    return network


def find_weights(weights: str) -> Path:
    """Return the file of a shipped classifier, or of a path; raises FileNotFoundError if it does not exist."""
    shipped = {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}
    path = shipped.get(weights, Path(weights).expanduser())
    if not path.is_file():
        names = ", ".join(shipped)
        raise FileNotFoundError(
            f"features.weights={weights} is neither a shipped classifier ({names}) nor a file; "
            "leave it out to train one on the data set"
        )
    return path


def find_or_train(recipe: ClassifierRecipe, data: LabelledSource, seed: int, steps: int) -> Path:
    """Return the file of the classifier of a data set, which is trained if it is not in the cache.

    Raises ValueError if the data set has no labels, and what `train_classifier` raises.
    """
    if data.labels is None or not data.classes_available:
        raise ValueError(
            f"features={recipe.name} learns from labels, which this data set does not have; "
            f"choose {recipe.alternatives}, or pass features.weights=FILE"
        )
    fingerprint = data.fingerprint()
    key = derive(fingerprint, data.classes_available, seed, steps, *recipe.key)
    folder = cache_directory() / "classifiers" / f"{key:016x}"
    if folder.is_dir():
        return folder / WEIGHTS
    unfinished = cache_directory() / "unfinished" / folder.name
    with FileLock(unfinished / "lock", _print_waiting):
        if not folder.is_dir():  # the process that this one waited for has not finished it
            state = TrainingState(unfinished / "training.pt")
            trained = _train(recipe, data, folder, seed, steps, state)
            folder.parent.mkdir(parents=True, exist_ok=True)
            _save_folder(folder, recipe, trained, data=fingerprint, seed=seed, steps=steps)
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder / WEIGHTS


def _train(
    recipe: ClassifierRecipe, data: LabelledSource, folder: Path, seed: int, steps: int, state: TrainingState
) -> TrainedClassifier:
    """Train with a line before and after, because it takes minutes."""
    assert data.labels is not None
    _print(
        f"training a classifier of {data.classes_available} classes, whose features the scores compare: once for this "
        f"data set, {steps:,} steps; it is kept in {folder}"
    )
    samples, labels = _load_samples(recipe, data)
    trained = train_classifier(recipe, samples, labels, data.classes_available, seed, steps, state=state)
    _print(f"trained the classifier: accuracy {trained.accuracy:.4f} on {trained.held_out:,} held-out {recipe.noun}s")
    return trained


def _save_folder(folder: Path, recipe: ClassifierRecipe, trained: TrainedClassifier, **facts: Any) -> None:
    """Write both files at once, because on a file system without locks another run may train the same classifier."""
    draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_classifier(draft / WEIGHTS, recipe, trained, **facts)
        draft.rename(folder)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not (isinstance(error, OSError) and folder.is_dir()):
            raise


def _print_waiting(holder: str) -> None:
    _print(f"waiting for {holder}, which trains the classifier of this data set")


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _load_samples(recipe: ClassifierRecipe, data: LabelledSource) -> tuple[Tensor, Tensor]:
    """Return what the recipe stores of all training samples, and their labels."""
    samples, labels = [], []
    with progress_bar(f"reading labelled {recipe.noun}s", None, recipe.noun) as bar:
        for batch in data.real_samples():
            samples.append(recipe.store(batch.sample))
            labels.append(batch.cond)
            bar.update(len(batch.sample))
    return torch.cat(samples), torch.cat(labels)
