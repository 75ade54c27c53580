"""Training of the small classifiers whose features are scored."""

from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from ganlab.core.progress import progress
from ganlab.core.random import Random
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.training_state import Stateful, TrainingState

HOLD_OUT = 5  # one in five samples is held out of training to measure the accuracy


@final
class TrainedClassifier(NamedTuple):
    """A trained network, its channels and classes, its accuracy on the held-out samples, and their number."""

    network: nn.Module
    channels: int
    classes: int
    accuracy: float
    held_out: int


def train_classifier(
    recipe: ClassifierRecipe,
    samples: Tensor,
    labels: Tensor,
    classes: int,
    seed: int = 0,
    steps: int = 1000,
    batch_size: int = 0,
    state: TrainingState | None = None,
) -> TrainedClassifier:
    """Train on four fifths of what a recipe stores of samples (n, …) with labels (n,), and test on the others.

    On one type of processor the result is a function of the arguments, bit for bit, also if the training was stopped
    and continues from a saved `state`; the global generator has no effect.
    Raises ValueError for labels outside 0 … classes − 1, too few samples, or those that the recipe cannot prepare.
    """
    _check(samples, labels, classes, steps)
    inputs = recipe.prepare(samples)
    test = held_out_mask(len(samples), seed)
    network = fit_classifier(recipe, inputs[~test], labels[~test], classes, seed, steps, batch_size, state)
    quality = accuracy(network, inputs[test], labels[test])
    return TrainedClassifier(network, recipe.channels(inputs), classes, quality, int(test.sum()))


def fit_classifier(
    recipe: ClassifierRecipe,
    inputs: Tensor,
    labels: Tensor,
    classes: int,
    seed: int = 0,
    steps: int = 1000,
    batch_size: int = 0,
    state: TrainingState | None = None,
) -> nn.Module:
    """Train on all inputs (n, …) of a recipe with labels (n,); all randomness derives from `seed`.

    `batch_size` 0 stands for that of the recipe.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = recipe.build(recipe.channels(inputs), classes)
    size = batch_size or recipe.batch_size
    with torch.enable_grad():
        _optimise(recipe, network, inputs, labels.long(), Random(seed), steps, size, state or TrainingState())
    return network


def held_out_mask(count: int, seed: int = 0) -> Tensor:
    """Return True for samples held out of training, bool of shape (count,); drawn, because tables are often sorted."""
    order = Random(seed).uniform("held out", (count,)).argsort()
    return order < count // HOLD_OUT


def _check(samples: Tensor, labels: Tensor, classes: int, steps: int) -> None:
    if steps < 1:
        raise ValueError(f"features.steps must be at least 1, got {steps}")
    if len(samples) != len(labels) or len(samples) <= HOLD_OUT:
        raise ValueError(
            f"a classifier needs one label per sample and more than {HOLD_OUT} samples, "
            f"got {len(samples)} samples and {len(labels)} labels"
        )
    if classes < 2 or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"a classifier of {classes} classes needs two or more classes and labels from 0 to {classes - 1}, "
            f"got labels from {int(labels.min())} to {int(labels.max())}"
        )


def _optimise(
    recipe: ClassifierRecipe,
    network: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    random: Random,
    steps: int,
    batch_size: int,
    state: TrainingState,
) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps + 1)
    network.train()
    parts: dict[str, Stateful] = {"network": network, "optimizer": optimizer, "schedule": schedule}
    first = state.load(parts)
    for step in progress(range(first, steps), "training a classifier", "step", steps, first):
        random.seek(step)
        rows = random.integers("batch", len(inputs), (min(batch_size, len(inputs)),))
        loss = recipe.loss(network, recipe.augment(inputs[rows], random), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        state.save_if_due(step + 1, parts)
    network.eval()


@torch.no_grad()
def accuracy(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of inputs (n, …) that the network assigns to their label (n,)."""
    chunks = zip(inputs.split(256), labels.split(256), strict=True)
    return sum(int((network(x)[1].argmax(1) == y).sum()) for x, y in chunks) / len(inputs)
