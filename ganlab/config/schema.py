"""Types and bounds of the settings of `train` and `evaluate`; the signatures of their classes type the components."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from omegaconf import MISSING

from ganlab.config.groups import LIST_GROUPS


@dataclass
class Root:
    """Settings of a training run, then one node per config group."""

    name: str = "digits"
    seed: int = 0
    iterations: int = 1000
    batch_size: int = 64
    microbatches: int = 1
    gradient_clip_norm: float | dict[str, float] = 0.0
    compile: list[str] = field(default_factory=list)
    channels_last: bool = True
    matmul_precision: str = "highest"
    run_dir: str | None = None
    init_from: str | None = None
    data_root: str = "data"
    log_every: int = 50
    sample_every: int = 0
    evaluate_every: int = 0
    checkpoint_every: int = 0
    workers: int = 0
    optimized_metric: str = "fid"
    data: Any = MISSING
    corruption: Any = None
    game: Any = MISSING
    conditioning: Any = MISSING
    generator: Any = MISSING
    discriminator: Any = MISSING
    latent: Any = MISSING
    loss: Any = MISSING
    regularizer: Any = field(default_factory=dict)
    augment: Any = MISSING
    schedule: Any = MISSING
    optimizer: Any = MISSING
    lr_schedule: Any = MISSING
    ema: Any = MISSING
    training_hook: Any = field(default_factory=dict)
    features: Any = MISSING
    metric: Any = field(default_factory=dict)
    protocol: Any = MISSING
    callback: Any = field(default_factory=dict)
    recovery: Any = MISSING
    logger: Any = field(default_factory=dict)
    trainer: Any = field(default_factory=dict)


@dataclass
class Evaluation:
    """Settings of an evaluation of a run, or of finished samples in files."""

    run: str | None = None
    checkpoint: str = "last"
    weights: str = "ema"
    truncation: float | None = None
    training_metrics: bool = True
    data_root: str | None = None
    real: str | None = None
    fake: str | None = None
    train: str | None = None
    resolution: int | Sequence[int] | None = None
    fit: str = "crop"
    frames: str = "first"
    grey_range: Sequence[float] | None = None
    rate: int | None = None
    length: int | None = None
    level: str | None = None
    channels: int | None = None
    output: str | None = None
    device: str = "auto"
    neighbours: int = 5
    features: Any = field(default_factory=dict)
    metric: Any = field(default_factory=dict)
    protocol: Any = MISSING


PLAYER_GROUPS = {"optimizer"}  # groups with one component per player
NAMED_COMPONENTS = LIST_GROUPS | PLAYER_GROUPS  # groups that hold components by name; others are one component


class Command(NamedTuple):
    """A command that composes conf/NAME.yaml, typed by `root`."""

    name: str
    root: type
    recipes: tuple[str, ...] = ()  # groups that set several nodes and are not nodes themselves


TRAIN = Command("train", Root, ("experiment",))
EVALUATE = Command("evaluate", Evaluation)

BOUNDS: dict[str, int] = {
    "seed": 0,
    "iterations": 1,
    "batch_size": 1,
    "microbatches": 1,
    "gradient_clip_norm": 0,
    "log_every": 0,
    "sample_every": 0,
    "evaluate_every": 0,
    "checkpoint_every": 0,
    "workers": 0,
    "neighbours": 0,
}
CHOICES: dict[str, tuple[str, ...]] = {
    "matmul_precision": ("highest", "high", "medium"),
    "weights": ("ema", "live"),
    "fit": ("crop", "pad", "stretch"),
    "frames": ("first", "all"),
}
RESERVED = {"_target_", "_partial_", "_args_", "_recursive_", "_convert_"}  # keys of a node that Hydra reads
