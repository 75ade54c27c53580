"""Perceptual path length: how evenly samples change along a path through the latent space."""

import copy
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ganlab.core.interfaces import Batch, Latent
from ganlab.core.random import Random, derive
from ganlab.features.base import Features, Source, quantise
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError
from ganlab.metrics.player_copies import device_of


@final
class PathLength(ModelMetric):
    """Mean squared speed of samples along latent paths (Karras et al. 2019, section 4.1); lower is smoother.

    E[ d(G(z(t)), G(z(t + ε)))/ε² ] in squared units of the feature space per squared unit of t, where d is the squared
    Euclidean distance of features in place of LPIPS, z(t) goes from one draw of the latents at t = 0 to another at 1,
    the way that its distribution says (a great circle for normal ones, straight for others), and classes stay the same.

    Images are rounded to bytes before any feature space reads them, and the paper's ε of 10⁻⁴ would mostly measure
    that. So ε is 1/`segments`, where pixels move by whole levels, and t runs over all segments instead of one drawn at
    random: the score is Σ d/ε² / segments. Numbers compare within one feature space, and not with published ones. Asks
    the kept generator; raises ValueError for settings below 1.
    """

    name: ClassVar[str] = "path_length"
    scores: ClassVar[dict[str, bool | None]] = {"path_length": False}

    def __init__(self, features: Features, data: Source | None = None, paths: int = 500, segments: int = 16) -> None:
        super().__init__(features, data)
        for name, value in (("paths", paths), ("segments", segments)):
            if value < 1:
                raise ValueError(f"metric.path_length.{name} must be at least 1, got {value}")
        self.paths, self.segments = paths, segments

    def measure(self, subject: EvaluationContext) -> dict[str, float]:
        """Return `path_length`; raises ValueError for a game whose samples do not come from latents."""
        latent = getattr(subject.game, "latent", None)  # the command line pairs this metric with any game
        if latent is None:
            raise UnsuitableMetricError(
                "metric=path_length follows paths through a latent space, which this game does not have; "
                "drop path_length from metric"
            )
        random = Random(derive(subject.seed, self.name))
        start, end = latent.sample(self.paths, random), latent.sample(self.paths, random)
        classes = subject.sampler.spec.classes
        labels = random.integers("labels", classes, (self.paths,)) if classes else None
        network, speeds = copy.deepcopy(subject.generator).eval(), []
        parts = torch.arange(self.paths).split(max(1, subject.batch_size // (self.segments + 1)))
        for rows in tqdm(parts, desc="latent paths", unit="batch", delay=2, leave=False, disable=None):
            latents = self._points(latent, start[rows], end[rows])
            cond = None if labels is None else labels[rows].repeat_interleave(self.segments + 1)
            speeds.append(self._speeds(self._features(subject, network, latents, cond)))
        return {"path_length": float(torch.cat(speeds).mean())}

    def describe(self) -> dict[str, Any]:
        """Return how many paths there are, and in how many pieces."""
        return {"paths": self.paths, "segments": self.segments}

    def _points(self, latent: Latent, start: Tensor, end: Tensor) -> Tensor:
        """Return all points of each path, one path after another, shape (n · (segments + 1), size)."""
        times = torch.linspace(0, 1, self.segments + 1).repeat(len(start))
        first, last = (each.repeat_interleave(self.segments + 1, 0) for each in (start, end))
        return latent.between(first, last, times)

    @torch.no_grad()
    def _features(self, subject: EvaluationContext, network: nn.Module, latents: Tensor, cond: Tensor | None) -> Tensor:
        device = device_of(network)
        game: Any = copy.copy(subject.game)  # shares the networks; only what it draws from is another
        game.latent, game.random = Given(latents), Random(subject.seed)
        batch = Batch(torch.empty(len(latents), 0, device=device), None if cond is None else cond.to(device))
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            samples = subject.sampler.decode(game.sample(batch, network).float())
        return subject.features(quantise(samples) if samples.ndim == 4 else samples).features.double().cpu()

    def _speeds(self, features: Tensor) -> Tensor:
        along = features.reshape(-1, self.segments + 1, features.shape[1])
        return along.diff(dim=1).square().sum(2).mean(1) * self.segments**2


@final
class Given(Latent):
    """Latents of shape (n, size) that were chosen before, for as many samples."""

    def __init__(self, latents: Tensor) -> None:
        super().__init__(latents.shape[1])
        self.latents = latents

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return what was given, whatever the count."""
        return self.latents.to(device)
