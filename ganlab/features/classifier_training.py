"""A small image classifier, trained once on a labelled data set for the sake of its features."""

from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from ganlab.core.random import Random
from ganlab.features.resizing import standardise

RESOLUTION = 28
WIDTH = 64
HOLD_OUT = 5  # one in five images measures the accuracy and is never trained on


@final
class Recognizer(nn.Module):
    """Images in [−1, 1] of shape (n, channels, 28, 28) to features (n, 64) and logits (n, classes)."""

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


class Trained(NamedTuple):
    """A trained network, its accuracy on the images held out, and how many these were."""

    network: Recognizer
    accuracy: float
    held_out: int


def train_classifier(
    images: Tensor, labels: Tensor, classes: int, seed: int = 0, steps: int = 1000, batch_size: int = 128
) -> Trained:
    """Train on four fifths of uint8 images (n, channels, height, width) with labels (n,) and test on the rest.

    On one processor the result is a function of the arguments, bit for bit, whatever the global generator's state.
    Raises ValueError for labels outside 0 … classes − 1, other dtypes, or too few images.
    """
    _check(images, labels, classes, steps)
    inputs = standardise(images, images.shape[1], RESOLUTION)
    test = held_out(len(images), seed)
    network = learn(inputs[~test], labels[~test], classes, seed, steps, batch_size)
    return Trained(network, accuracy(network, inputs[test], labels[test]), int(test.sum()))


def learn(
    inputs: Tensor, labels: Tensor, classes: int, seed: int = 0, steps: int = 1000, batch_size: int = 128
) -> Recognizer:
    """Train on all of the standardised images (n, channels, 28, 28) with labels (n,); what is drawn, `seed` decides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Recognizer(inputs.shape[1], classes)
    with torch.enable_grad():
        _fit(network, inputs, labels.long(), Random(seed), steps, batch_size)
    return network


def held_out(count: int, seed: int = 0) -> Tensor:
    """Mark the images that training leaves out, bool of shape (count,); drawn, as tables are often in some order."""
    order = Random(seed).uniform("held out", (count,)).argsort()
    return order < count // HOLD_OUT


def _check(images: Tensor, labels: Tensor, classes: int, steps: int) -> None:
    if steps < 1:
        raise ValueError(f"features.steps must be at least 1, got {steps}")
    if len(images) != len(labels) or len(images) <= HOLD_OUT:
        raise ValueError(
            f"a classifier needs one label an image and more than {HOLD_OUT} of them, "
            f"got {len(images)} images and {len(labels)} labels"
        )
    if classes < 2 or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"a classifier of {classes} classes needs two or more classes and labels from 0 to {classes - 1}, "
            f"got labels from {int(labels.min())} to {int(labels.max())}"
        )


def _fit(network: Recognizer, inputs: Tensor, labels: Tensor, random: Random, steps: int, batch_size: int) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps + 1)
    network.train()
    for step in tqdm(range(steps), desc="training a classifier", unit="step", disable=None, leave=False):
        random.seek(step)
        chosen = random.integers("batch", len(inputs), (min(batch_size, len(inputs)),))
        _, logits = network(_augment(inputs[chosen], random))
        optimizer.zero_grad()
        functional.cross_entropy(logits, labels[chosen]).backward()
        optimizer.step()
        rate.step()
    network.eval()


@torch.no_grad()
def accuracy(network: Recognizer, inputs: Tensor, labels: Tensor) -> float:
    """Return the share of standardised images (n, channels, 28, 28) whose label (n,) the network finds."""
    chunks = zip(inputs.split(256), labels.split(256), strict=True)
    return sum(int((network(x)[1].argmax(1) == y).sum()) for x, y in chunks) / len(inputs)


def _augment(images: Tensor, random: Random) -> Tensor:
    """Shift up to 2 pixels, turn up to 10°, scale up to 25 %, blur and add noise: unfinished fakes look like that."""
    count = len(images)
    angle = _symmetric(random, "turn", count) * 0.17
    scale = 1 + _symmetric(random, "scale", count) * 0.25
    across, down = (_symmetric(random, axis, count) * 4 / RESOLUTION for axis in ("across", "down"))
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    matrix = torch.stack([cosine, -sine, across, sine, cosine, down], 1).reshape(count, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    size = int(random.integers("blur", RESOLUTION - 7, (1,))) + 8
    small = functional.interpolate(moved, (size, size), mode="bilinear", antialias=True)
    blurred = functional.interpolate(small, images.shape[2:], mode="bilinear", antialias=True)
    mixed = torch.where(random.uniform("blurred", (count, 1, 1, 1)) < 0.5, blurred, moved)
    level = random.uniform("level", (count, 1, 1, 1)) * 0.2
    return mixed + level * random.normal("noise", images.shape)


def _symmetric(random: Random, purpose: str, count: int) -> Tensor:
    return random.uniform(purpose, (count,)) * 2 - 1


def _block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
