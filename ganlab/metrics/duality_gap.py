"""The duality gap: how much each player could still gain if the other stood still."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Capability, Game
from ganlab.core.random import Random, derive
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import EvaluationContext, ModelMetric
from ganlab.metrics.player_copies import copied, player, reals


@final
class DualityGap(ModelMetric):
    """max over D' of M(G, D') minus min over G' of M(G', D) (Grnarova et al. 2019); lower is better, 0 is best.

    M is minus the discriminator's adversarial loss. The worst players start from the present ones and make `steps` of
    Adam on training samples, each on all that the game tells it to minimise, so that penalties and clipped weights
    bound D' as they bound D. M is estimated on held-out samples and fresh latents, both times the same, with the game
    as it is played after its last step: live players in training mode, augmentation and all.

    The gap depends on `steps` and `lr`, which find lower bounds of it; it may come out below 0 where the worst
    player learnt nothing that holds elsewhere. `samples` is how many training, and how many held-out samples are used
    at most. Raises ValueError for settings that are not positive.
    """

    name: ClassVar[str] = "duality_gap"
    scores: ClassVar[dict[str, bool | None]] = {"duality_gap": False}
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.ADVERSARIAL_LOSS})

    def __init__(
        self,
        features: Features,
        data: Source | None = None,
        steps: int = 100,
        lr: float = 2e-4,
        samples: int = 2000,
        batch_size: int = 64,
    ) -> None:
        super().__init__(features, data)
        for name, value, least in (("steps", steps, 1), ("samples", samples, 2), ("batch_size", batch_size, 2)):
            if value < least:
                raise ValueError(f"metric.duality_gap.{name} must be at least {least}, got {value}")
        if not lr > 0:  # which refuses NaN too
            raise ValueError(f"metric.duality_gap.lr must be above 0, got {lr}")
        self.steps, self.lr, self.samples, self.batch_size = steps, lr, samples, batch_size

    def measure(self, subject: EvaluationContext) -> dict[str, float]:
        """Return `duality_gap`; raises ValueError without a discriminator and a generator or with an empty split."""
        for name in ("discriminator", "generator"):
            player(subject.game, name, self)
        train, held_out = (self._whole(subject, split) for split in ("train", subject.held_out))
        seed = derive(subject.seed, self.name)
        values = {}
        for name in ("discriminator", "generator"):
            with copied(subject.game, seed) as game:
                self._worsen(game, name, train, subject.step)
                game.random = Random(derive(seed, "held out"))
                values[name] = self._value(game, held_out, subject.step)
        return {"duality_gap": values["discriminator"] - values["generator"]}

    def describe(self) -> dict[str, Any]:
        """Return how the worst players are found."""
        return {"steps": self.steps, "lr": self.lr, "samples": self.samples, "batch_size": self.batch_size}

    def _whole(self, subject: EvaluationContext, split: str) -> Batch:
        parts: Sequence[Batch] = list(reals(subject, split, self.samples, self.name))
        return Batch(*(tree.map(lambda *xs: torch.cat(xs), *fields) for fields in zip(*parts, strict=True)))

    def _worsen(self, game: Game, name: str, train: Batch, trained: int) -> None:
        weights = game.weights(name)
        optimizer = torch.optim.Adam(weights, lr=self.lr)
        size = min(self.batch_size, tree.length(train.sample))
        bar = tqdm(range(self.steps), desc=f"worst {name}", unit="step", delay=2, leave=False, disable=None)
        for step in bar:
            random = game.random.seek(trained + step)
            rows = random.integers("duality_gap.rows", tree.length(train.sample), (size,))
            losses = game.losses(name, _take(train, rows), step)
            optimizer.zero_grad()
            torch.stack(list(losses.values())).sum().backward(inputs=weights)
            optimizer.step()
            game.after_update(name, step)

    def _value(self, game: Game, held_out: Batch, trained: int) -> float:
        count = tree.length(held_out.sample)
        total = 0.0
        # Parts of nearly one size: a single sample left over would have no batch statistics.
        for number, rows in enumerate(torch.arange(count).tensor_split(-(-count // self.batch_size))):
            game.random.seek(trained + number)
            # With gradients, as penalties that act at this move take them, whether anyone asks for them or not.
            loss = game.losses("discriminator", _take(held_out, rows), number)["adversarial"]
            total -= float(loss.detach()) * len(rows) / count
        return total


def _take(batch: Batch, rows: Tensor) -> Batch:
    return Batch(*(tree.map(lambda x: x[rows.to(x.device)], field) for field in batch))
