"""Duality gap: how much each player can still gain while the other player is fixed."""

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Batch, Capability, Game
from ganlab.core.progress import progress
from ganlab.core.random import Random, derive
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import EvaluationContext, ModelMetric
from ganlab.metrics.player_copies import real_batches, require_player, training_copy


@final
class DualityGap(ModelMetric):
    """max over D' of M(G, D') minus min over G' of M(G', D) (Grnarova et al. 2019); lower is better, 0 is best.

    M is minus the discriminator's adversarial loss. The worst-case players D' and G' start from the current players and
    take `steps` updates of Adam on training samples. Each minimises all loss terms of its player in this game, so
    penalties and clipped weights bound D' as they bound D. M is estimated on held-out samples and new latents, the same
    ones for both players, with the game as it is after its last step: live players in training mode, with augmentation.

    `steps` and `lr` give a lower bound of the gap. The score is negative if the worst-case players do not generalise
    from the training samples. At most `samples` training samples and as many held-out samples are used. Raises
    ValueError if a setting is not positive, or if `samples` or `batch_size` is below 2.
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
        for name, value, minimum in (("steps", steps, 1), ("samples", samples, 2), ("batch_size", batch_size, 2)):
            if value < minimum:
                raise ValueError(f"metric.duality_gap.{name} must be at least {minimum}, got {value}")
        if not lr > 0:  # also rejects NaN
            raise ValueError(f"metric.duality_gap.lr must be above 0, got {lr}")
        self.steps, self.lr, self.samples, self.batch_size = steps, lr, samples, batch_size

    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return `duality_gap`; raises ValueError without a discriminator and a generator or if a split is empty."""
        for name in ("discriminator", "generator"):
            require_player(context.game, name, self)
        train, held_out = (self._load_split(context, split) for split in ("train", context.held_out))
        seed = derive(context.seed, self.name)
        values = {}
        for name in ("discriminator", "generator"):
            with training_copy(context.game, seed) as game:
                self._train_worst(game, name, train, context.step)
                game.random = Random(derive(seed, "held out"))
                values[name] = self._value(game, held_out, context.step)
        return {"duality_gap": values["discriminator"] - values["generator"]}

    def describe(self) -> dict[str, Any]:
        """Return the settings of the worst-case players' training."""
        return {"steps": self.steps, "lr": self.lr, "samples": self.samples, "batch_size": self.batch_size}

    def _load_split(self, context: EvaluationContext, split: str) -> Batch:
        return Batch.cat(real_batches(context, split, self.samples, self.name))

    def _train_worst(self, game: Game, name: str, train: Batch, trained_steps: int) -> None:
        """Train one player of the game for `self.steps` updates while the other is fixed."""
        weights = game.weights(name)
        optimizer = torch.optim.Adam(weights, lr=self.lr)
        size = min(self.batch_size, tree.length(train.sample))
        bar = progress(range(self.steps), f"worst-case {name}", "step")
        for step in bar:
            random = game.random.seek(trained_steps + step)
            rows = random.integers("duality_gap.rows", tree.length(train.sample), (size,))
            losses = game.losses(name, _select_rows(train, rows), step)
            optimizer.zero_grad()
            torch.stack(list(losses.values())).sum().backward(inputs=weights)
            optimizer.step()
            game.after_update(name, step)

    def _value(self, game: Game, held_out: Batch, trained_steps: int) -> float:
        """Return M, the mean of minus the discriminator's adversarial loss."""
        count = tree.length(held_out.sample)
        total = 0.0
        # Batches of nearly equal size: a last batch of one sample would have no batch statistics.
        for number, rows in enumerate(torch.arange(count).tensor_split(-(-count // self.batch_size))):
            game.random.seek(trained_steps + number)
            # Gradients are recorded, because the penalties of this player need them.
            loss = game.losses("discriminator", _select_rows(held_out, rows), number)["adversarial"]
            total -= float(loss.detach()) * len(rows) / count
        return total


def _select_rows(batch: Batch, rows: Tensor) -> Batch:
    return batch.map(lambda x: x[rows.to(x.device)])
