"""Perceptual path length: how smoothly samples change along paths in the latent space."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Latent
from ganlab.core.progress import progress
from ganlab.core.random import Random, derive
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source, scored_samples
from ganlab.games.latent_paths import GivenLatents
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError
from ganlab.metrics.player_copies import device_of


@final
class PathLength(ModelMetric):
    """Mean squared speed of samples along latent paths (Karras et al. 2019, section 4.1); lower is smoother.

    E[ d(G(z(t)), G(z(t + ε)))/ε² ] in squared units of the feature space per squared unit of t. d is the squared
    Euclidean distance of features instead of LPIPS. z(t) interpolates between two draws of the latents at t = 0 and
    t = 1, on a great circle for normal latents and on a straight line for others; the class of a path is constant.

    Images are rounded to uint8 before a feature space reads them, and with the paper's ε of 10⁻⁴ the score would mostly
    measure that rounding. So ε is 1/`segments`, large enough for pixels to change by whole levels, and t runs over all
    segments instead of a random one: the score is Σ d/ε² / segments. Compare it only within one feature space, not with
    published values. Uses the evaluated generator (EMA or live); raises ValueError if a setting is below 1.
    """

    name: ClassVar[str] = "path_length"
    scores: ClassVar[dict[str, bool | None]] = {"path_length": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"path_length": POSITIVE}

    def __init__(self, features: Features, data: Source | None = None, paths: int = 500, segments: int = 16) -> None:
        super().__init__(features, data)
        for name, value in (("paths", paths), ("segments", segments)):
            if value < 1:
                raise ValueError(f"metric.path_length.{name} must be at least 1, got {value}")
        self.paths, self.segments = paths, segments

    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return `path_length`; raises UnsuitableMetricError if the game has no latents."""
        latent = getattr(context.game, "latent", None)  # the command line combines this metric with any game
        if latent is None:
            raise UnsuitableMetricError(
                "metric=path_length follows paths through a latent space, which this game does not have; "
                "remove path_length from metric"
            )
        random = Random(derive(context.seed, self.name))
        start, end = latent.sample(self.paths, random), latent.sample(self.paths, random)
        if context.sampler.spec.cond:
            raise UnsuitableMetricError(
                "metric=path_length follows paths through a latent space, but this generator makes samples from other "
                "ones; remove path_length from metric"
            )
        classes = context.sampler.spec.classes
        labels = random.integers("labels", classes, (self.paths,)) if classes else None
        network, speeds = copy.deepcopy(context.generator).eval(), []
        batches = torch.arange(self.paths).split(max(1, context.batch_size // (self.segments + 1)))
        for rows in progress(batches, "latent paths", "batch"):
            latents = self._path_points(latent, start[rows], end[rows])
            cond = None if labels is None else labels[rows].repeat_interleave(self.segments + 1)
            speeds.append(self._squared_speeds(self._features(context, network, latents, cond)))
        return {"path_length": float(torch.cat(speeds).mean())}

    def describe(self) -> dict[str, Any]:
        """Return the numbers of paths and of segments per path."""
        return {"paths": self.paths, "segments": self.segments}

    def _path_points(self, latent: Latent, start: Tensor, end: Tensor) -> Tensor:
        """Return all points of each path, one path after another, shape (n · (segments + 1), size)."""
        times = torch.linspace(0, 1, self.segments + 1).repeat(len(start))
        first, last = (points.repeat_interleave(self.segments + 1, 0) for points in (start, end))
        return latent.interpolate(first, last, times)

    @torch.no_grad()
    def _features(self, context: EvaluationContext, network: nn.Module, latents: Tensor, cond: Tensor | None) -> Tensor:
        device = device_of(network)
        game: Any = copy.copy(context.game)  # shares the networks, but not the latents and the random state
        game.latent, game.random = GivenLatents(latents), Random(context.seed)
        batch = Batch(torch.empty(len(latents), 0, device=device), None if cond is None else cond.to(device))
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            samples = context.sampler.decode(game.sample(batch, network).float())
        return context.features(scored_samples(samples, context.sampler.spec)).features.double().cpu()

    def _squared_speeds(self, features: Tensor) -> Tensor:
        """Return the mean squared speed (n,) along each path."""
        paths = features.reshape(-1, self.segments + 1, features.shape[1])
        return paths.diff(dim=1).square().sum(2).mean(1) * self.segments**2
