"""Training of the small image classifier that the feature space `classifier` is built on."""

from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.progress import progress
from ganlab.core.random import Random
from ganlab.features.resizing import standardise
from ganlab.features.training_state import Stateful, TrainingState

RESOLUTION = 28
WIDTH = 64
HOLD_OUT = 5  # one in five images is held out of training to measure the accuracy


@final
class ClassifierNetwork(nn.Module):
    """Maps images (n, channels, 28, 28) in [−1, 1] to features (n, 64) and logits (n, classes)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(channels, 16, 1),
            *_block(16, 32, 2),
            *_block(32, 64, 2),
            *_block(64, 128, 1),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, WIDTH), nn.ReLU()),
        )
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits."""
        features = self.body(images)
        return features, self.head(features)


class TrainedClassifier(NamedTuple):
    """A trained network, its accuracy on the held-out images, and their number."""

    network: ClassifierNetwork
    accuracy: float
    held_out: int


def train_classifier(
    images: Tensor,
    labels: Tensor,
    classes: int,
    seed: int = 0,
    steps: int = 1000,
    batch_size: int = 128,
    state: TrainingState | None = None,
) -> TrainedClassifier:
    """Train on four fifths of uint8 images (n, channels, height, width) with labels (n,) and test on the others.

    On one type of processor the result is a function of the arguments, bit for bit, also if the training was stopped
    and continues from a saved `state`; the global generator has no effect.
    Raises ValueError for labels outside 0 … classes − 1, other dtypes, or too few images.
    """
    _check(images, labels, classes, steps)
    inputs = standardise(images, images.shape[1], RESOLUTION)
    test = held_out_mask(len(images), seed)
    network = fit_classifier(inputs[~test], labels[~test], classes, seed, steps, batch_size, state)
    return TrainedClassifier(network, accuracy(network, inputs[test], labels[test]), int(test.sum()))


def fit_classifier(
    inputs: Tensor,
    labels: Tensor,
    classes: int,
    seed: int = 0,
    steps: int = 1000,
    batch_size: int = 128,
    state: TrainingState | None = None,
) -> ClassifierNetwork:
    """Train on all standardised images (n, channels, 28, 28) with labels (n,); all randomness derives from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ClassifierNetwork(inputs.shape[1], classes)
    with torch.enable_grad():
        _optimise(network, inputs, labels.long(), Random(seed), steps, batch_size, state or TrainingState())
    return network


def held_out_mask(count: int, seed: int = 0) -> Tensor:
    """Return True for images held out of training, bool of shape (count,); drawn, because tables are often sorted."""
    order = Random(seed).uniform("held out", (count,)).argsort()
    return order < count // HOLD_OUT


def _check(images: Tensor, labels: Tensor, classes: int, steps: int) -> None:
    if steps < 1:
        raise ValueError(f"features.steps must be at least 1, got {steps}")
    if len(images) != len(labels) or len(images) <= HOLD_OUT:
        raise ValueError(
            f"a classifier needs one label per image and more than {HOLD_OUT} images, "
            f"got {len(images)} images and {len(labels)} labels"
        )
    if classes < 2 or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"a classifier of {classes} classes needs two or more classes and labels from 0 to {classes - 1}, "
            f"got labels from {int(labels.min())} to {int(labels.max())}"
        )


def _optimise(
    network: ClassifierNetwork,
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
        _, logits = network(_augment(inputs[rows], random))
        optimizer.zero_grad()
        functional.cross_entropy(logits, labels[rows]).backward()
        optimizer.step()
        schedule.step()
        state.save_if_due(step + 1, parts)
    network.eval()


@torch.no_grad()
def accuracy(network: ClassifierNetwork, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of standardised images (n, channels, 28, 28) that the network assigns to their label (n,)."""
    chunks = zip(inputs.split(256), labels.split(256), strict=True)
    return sum(int((network(x)[1].argmax(1) == y).sum()) for x, y in chunks) / len(inputs)


def _augment(images: Tensor, random: Random) -> Tensor:
    """Shift up to 2 pixels, rotate up to 10°, scale up to 25 %, blur and add noise, as in immature fake samples."""
    count = len(images)
    angle = _symmetric(random, "turn", count) * 0.17
    scale = 1 + _symmetric(random, "scale", count) * 0.25
    across, down = (_symmetric(random, axis, count) * 4 / RESOLUTION for axis in ("across", "down"))
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    matrix = torch.stack([cosine, -sine, across, sine, cosine, down], 1).reshape(count, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    transformed = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    size = int(random.integers("blur", RESOLUTION - 7, (1,))) + 8
    small = functional.interpolate(transformed, (size, size), mode="bilinear", antialias=True)
    blurred = functional.interpolate(small, images.shape[2:], mode="bilinear", antialias=True)
    mixed = torch.where(random.uniform("blurred", (count, 1, 1, 1)) < 0.5, blurred, transformed)
    level = random.uniform("level", (count, 1, 1, 1)) * 0.2
    return mixed + level * random.normal("noise", images.shape)


def _symmetric(random: Random, purpose: str, count: int) -> Tensor:
    """Draw uniformly from [−1, 1), shape (count,)."""
    return random.uniform(purpose, (count,)) * 2 - 1


def _block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
