"""Small runs, and components for tests only, which GANLAB_ALLOW=support permits."""

import copy
import csv
import os
import signal
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from torch import nn

from ganlab.config import compose
from ganlab.core.interfaces import AdversarialLoss, DiscriminatorOutput
from ganlab.data import Digits
from ganlab.layers import build_generator_labels, build_head
from ganlab.metrics import Metric, Moments
from ganlab.training.api import Result, train
from support.forked_commands import run_module

NETWORKS = ["generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]", "latent.size=4"]
QUIET = ["metric=[]", "trainer=cpu", "log_every=1", "sample_every=0", "evaluate_every=0", "checkpoint_every=0"]
DIGITS = ["data=digits", "data.resolution=8", *NETWORKS, *QUIET, "iterations=6", "batch_size=8"]
POINTS = ["data=ring", *NETWORKS, *QUIET, "iterations=6", "batch_size=8"]
CLIPS = [
    *("data=moving_digits", "data.resolution=16", "data.frames=4", "data.clips=1", "data.labels=true"),
    *("generator=mocogan", "generator.image.width=4", "generator.image.norm=none", "latent.size=24"),
    *("discriminator=mocogan", "discriminator.image.width=4", "discriminator.video.width=4"),
    *("features=video_random", *QUIET, "iterations=6", "batch_size=8"),
]


class FailsOnFakes(Metric):
    """A metric that can only compare real samples with themselves."""

    name = "fails_on_fakes"
    scores: ClassVar[dict[str, bool | None]] = {"fails_on_fakes": False}

    @property
    def statistics(self):
        return [Moments("features", 2)]

    def compute(self, real, fake):
        if real is not fake:
            raise ValueError("fails_on_fakes needs real samples")
        return {"fails_on_fakes": 0.0}


class WithoutPreview:
    """Digits whose spec is unknown until they are read, as it may be for custom data sets."""

    def __new__(cls, **settings):
        return Digits(**settings)

    @classmethod
    def preview(cls, **settings):
        return None


@lru_cache(maxsize=64)
def _composed(overrides: tuple[str, ...]) -> DictConfig:
    return compose(overrides)


def composed(*overrides: str) -> DictConfig:
    """Return a copy of the composed configuration; equal ones are composed once."""
    return copy.deepcopy(_composed(overrides))


def go(directory: Path, *overrides: str) -> Result:
    config = composed(*overrides)
    config.run_dir = str(directory)
    return train(config)


def command(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `ganlab` in its own process, without a W&B account."""
    name, *others = arguments
    return run_module(f"ganlab.commands.{name}", others, cwd, clean(**environment))


def clean(**environment: str) -> dict[str, str]:
    """Return the environment without settings of W&B and ganlab, and with the tests' components on the path."""
    removed = ("WANDB", "GANLAB_R", "GANLAB_A")
    variables = {key: value for key, value in os.environ.items() if not key.startswith(removed)}
    former_path = environment.pop("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    path = os.pathsep.join([former_path, str(Path(__file__).parents[1])]).strip(os.pathsep)
    return {**variables, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment}


def checkpoint(directory: Path) -> dict:
    return torch.load(directory / "checkpoints" / "last.ckpt", weights_only=True)


def state(directory: Path) -> dict[str, torch.Tensor]:
    """Return the weights, averages, optimizer states and counts of a checkpoint, by name."""
    content = checkpoint(directory)
    return dict(_tensors({key: content[key] for key in ("state_dict", "optimizer_states", "ganlab")}, ""))


def _tensors(value, path):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _tensors(inner, f"{path}.{key}")
    if not isinstance(value, dict | list):
        yield path, torch.as_tensor(value) if isinstance(value, bool | int | float | torch.Tensor) else value


def assert_same(first: dict, second: dict) -> None:
    """Compare bit by bit."""
    assert first.keys() == second.keys()
    different = [name for name, value in first.items() if not _equal(value, second[name])]
    assert not different


def _equal(first, second) -> bool:
    return torch.equal(first, second) if torch.is_tensor(first) else first == second


class Stop(pl.Callback):
    """Sends its own process a signal during a step."""

    def __init__(self, at: int, name: str = "SIGINT") -> None:
        self.at, self.signal_number = at, signal.Signals[name]

    def on_train_batch_start(self, trainer, module, *args):
        if module.steps == self.at - 1:
            os.kill(os.getpid(), self.signal_number)


class Crash(pl.Callback):
    """Fails after a step, like defective hardware."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_train_batch_end(self, trainer, module, *args):
        if module.steps == self.at:
            raise OSError("disk on fire")


class Dead(AdversarialLoss):
    """A loss without any gradient."""

    def discriminator(self, real, fake):
        return 0 * (real + fake)

    def generator(self, fake, real=None):
        return 0 * fake


class Poison(AdversarialLoss):
    """A loss whose generator side is infinite from the third call on."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def discriminator(self, real, fake):
        return fake - real

    def generator(self, fake, real=None):
        self.calls += 1
        return fake + (float("inf") if self.calls >= 3 else 0)


def rows(directory: Path) -> list[dict[str, str]]:
    with (directory / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Conditional(Dead):
    """A loss that needs labels."""

    needs_labels = True


class Fragile(AdversarialLoss):
    """A loss that is NaN from step `at` on, unless the learning rate, which Watch reports, is at most `bound`."""

    step, rate = 0, 0.0

    def __init__(self, at: int, bound: float, flip: float = 0.0) -> None:
        super().__init__(flip)
        self.at, self.bound = at, bound

    def discriminator(self, real, fake):
        return torch.nn.functional.softplus(fake - real)

    def generator(self, fake, real=None):
        fails = Fragile.step >= self.at and Fragile.rate > self.bound
        return torch.nn.functional.softplus(-fake) * (float("nan") if fails else 1)


class Watch(pl.Callback):
    """Reports the step and the learning rate to Fragile."""

    def on_train_batch_start(self, trainer, module, *args):
        Fragile.step, Fragile.rate = module.steps + 1, 1e-3 * module.lr_schedule(module.steps, module.iterations)


class Constant(torch.nn.Module):
    """A generator that has collapsed to one sample."""

    sample_dims = (1,)

    def __init__(self, spec) -> None:
        super().__init__()
        self.point = torch.nn.Parameter(torch.zeros(spec.sample))

    def forward(self, latents, cond=None):
        return self.point.expand(len(latents), *self.point.shape)


class WithoutFeatures(nn.Module):
    """A discriminator that does not return features."""

    sample_dims = (1, 2, 3)

    def __init__(self, spec, **others):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(spec.sample).numel(), 1))

    def forward(self, samples, cond=None):
        return self.body(samples).squeeze(1)


class Mapped(nn.Module):
    """A discriminator that shows feature maps of the image's size and half of it, without statistics of a batch."""

    sample_dims = (3,)
    feature_size = 4

    def __init__(self, spec, head="logit", **others):
        super().__init__()
        channels, height, width = spec.sample
        self.first = nn.Conv2d(channels, 2, 3, padding=1)
        self.second = nn.Conv2d(2, 4, 3, 2, 1)
        self.head = nn.Sequential(nn.Linear(4, 1), build_head(head))
        self.map_shapes = ((2, height, width), (4, height // 2, width // 2))

    def forward(self, samples, cond=None):
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples, cond=None):
        large = self.first(samples).tanh()
        small = self.second(large).tanh()
        features = small.mean((2, 3))
        return DiscriminatorOutput(self.head(features), (large, small, features), {"input": samples})


class Styled(nn.Module):
    """A style generator: a dense mapping to styles, and a dense synthesis."""

    sample_dims = (1, 2, 3)

    def __init__(self, spec, widths=(8,), **others):
        super().__init__()
        self.labels = build_generator_labels("concat", spec)
        self.first = nn.Sequential(nn.Linear(spec.latent + self.labels.width, widths[0]), nn.Tanh())
        outputs = torch.Size(spec.sample).numel()
        self.synthesis = nn.Sequential(
            nn.Linear(widths[0], 8), nn.Tanh(), nn.Linear(8, outputs), nn.Unflatten(1, tuple(spec.sample))
        )

    def styles(self, latents, cond=None):
        return self.first(self.labels(latents, cond))

    def forward(self, latents, cond=None):
        return self.render(self.styles(latents, cond))

    def render(self, styles):
        return self.synthesis(styles)


class Loud(pl.Callback):
    """Prints a lot at every step, and the visible GPUs first."""

    def __init__(self, lines: int) -> None:
        self.lines = lines

    def on_train_start(self, trainer, module):
        print(f"GPUs '{os.environ['CUDA_VISIBLE_DEVICES']}'")

    def on_train_batch_start(self, trainer, module, *args):
        print(f"{'x' * 99}\n" * self.lines, end="")
