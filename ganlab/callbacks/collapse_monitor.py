from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch

from ganlab.callbacks.health_monitor import HealthMonitor, checkpoint_hint
from ganlab.callbacks.periodic import Periodic
from ganlab.core import tree
from ganlab.core.errors import AlarmError
from ganlab.core.interfaces import Batch
from ganlab.core.tree import Tree
from ganlab.data.condition_source import ConditionSource
from ganlab.engine.module import GANModule
from ganlab.engine.trainer_access import data_of, datamodule_of
from ganlab.games.sampler import CHUNK, Sampler


@dataclass
class _Detector:
    """A failure to detect: its name, the advice of its alarm, and in how many checks in a row it was found."""

    name: str
    advice: str
    count: int = 0
    message: str = ""  # what the latest check measured; empty if it did not find the failure

    def record(self, message: str) -> None:
        """Count a check."""
        self.message = message
        self.count = self.count + 1 if message else 0


class CollapseMonitor(Periodic, HealthMonitor):
    """Raises AlarmError if the generator collapses, or the discriminator overpowers it, at `patience` checks in a row.

    Collapsed: the mean distance between pairs of 100 generated samples is less than `diversity` times that between real
    samples, or is not a number. Overpowered: the discriminator classifies at least the share `accuracy` correctly, and
    the norm of the generator's gradient is less than `gradient` times that of its weights. Checks start after
    `warm_up_steps`, because all samples of an untrained generator are similar. A collapse to a few modes that are far
    apart is not detected here; metrics detect it.

    Calibrated by checks every 50 steps of 1500 steps of the ring, the grid, and MLPs on digits with the non-saturating,
    minimax, hinge and clipped Wasserstein losses, and of 600 steps of WGAN-GP on the ring: from step 500 on, samples
    had at least 0.16 of the real distance, and gradients at least 4e-4 of the weights' norm. A discriminator with 100
    times the learning rate under the minimax loss left 3e-11. The randomness and weights of training are not changed.
    Raises ValueError for values out of range.
    """

    def __init__(
        self,
        every: int = 0,
        patience: int = 3,
        warm_up_steps: int = 500,
        diversity: float = 0.02,
        accuracy: float = 0.999,
        gradient: float = 1e-6,
    ) -> None:
        super().__init__(every)
        for name, value, minimum in (("patience", patience, 1), ("warm_up_steps", warm_up_steps, 0)):
            if value < minimum:
                raise ValueError(f"{name} must be at least {minimum}, got {value}")
        for name, share in (("diversity", diversity), ("accuracy", accuracy), ("gradient", gradient)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be between 0 and 1, got {share}")
        self.patience, self.warm_up_steps = patience, warm_up_steps
        self.diversity, self.accuracy, self.gradient = diversity, accuracy, gradient
        self._collapse = _Detector(
            "the generator's samples were nearly the same",
            "try a regularizer such as r1, a smaller optimizer.*.lr, or callback.collapse_monitor.diversity=0 if the "
            "data is like that",
        )
        self._overpowering = _Detector(
            "the discriminator overpowered the generator",
            "try loss=non_saturating, a regularizer such as r1, or a smaller optimizer.discriminator.lr",
        )
        self._real_distance = 0.0

    @property
    def healthy(self) -> bool:
        """Whether the latest check found neither failure."""
        return not (self._collapse.count or self._overpowering.count)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Check for both failures; all processes use the findings of rank 0."""
        collapse, overpowering = "", ""
        if module.steps > self.warm_up_steps:
            collapse = self._find_collapse(trainer, module)
            overpowering = self._find_overpowering(module)
        for detector, message in ((self._collapse, collapse), (self._overpowering, overpowering)):
            detector.record(trainer.strategy.broadcast(message))
            if detector.count >= self.patience:
                raise AlarmError(
                    f"{detector.name} at {self.patience} checks in a row, up to step {module.steps}: "
                    f"{detector.message}; {checkpoint_hint(trainer)}; {detector.advice}"
                )

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Do nothing at the end of training."""

    def state_dict(self) -> dict[str, Any]:
        """Return the numbers of checks in a row that found a collapse, and an overpowering discriminator."""
        return {"looks": [self._collapse.count, self._overpowering.count]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the numbers."""
        self._collapse.count, self._overpowering.count = state["looks"]

    def share_of_diversity(self, trainer: pl.Trainer, module: GANModule) -> float:
        """Return the mean distance between two generated samples, divided by that between two real ones."""
        if not self._real_distance:
            real = Batch.cat(datamodule_of(trainer).real_samples(CHUNK))
            self._real_distance = _mean_distance(real.sample)
        data = data_of(trainer)
        source = ConditionSource(data, "train") if data.spec.cond else None
        sampler = Sampler(module.game, module.game.sampler, data.spec, _identity, conditions=source)
        return _mean_distance(sampler.sample(CHUNK)) / max(self._real_distance, 1e-12)

    def _find_collapse(self, trainer: pl.Trainer, module: GANModule) -> str:
        share = self.share_of_diversity(trainer, module)
        if share >= self.diversity:
            return ""
        return f"their mean distance was {share:.2g} of that of real samples"

    def _find_overpowering(self, module: GANModule) -> str:
        player = _sampling_player(module)
        accuracies = [float(value) for name, value in module.game.diagnostics().items() if name.endswith("/accuracy")]
        norms = [module.norms.get(f"{player}/{quantity}_norm") for quantity in ("gradient", "weight")]
        if not accuracies or None in norms:
            return ""
        gradient, weight = (float(norm) for norm in norms if norm is not None)
        if min(accuracies) < self.accuracy or gradient >= self.gradient * weight:
            return ""
        return (
            f"it classified {min(accuracies):.4g} of the samples correctly, and the {player}'s gradient had norm "
            f"{gradient:.2g}, with weights of norm {weight:.2g}"
        )


def _identity(samples: Tree) -> Tree:
    return samples


def _mean_distance(samples: Tree) -> float:
    rows = torch.cat([leaf.detach().float().flatten(1) for leaf in tree.leaves(samples)], 1)
    return float(torch.pdist(rows).mean()) if len(rows) > 1 else 0.0


def _sampling_player(module: GANModule) -> str:
    """Return the player whose update changes the sampler."""
    sampler_ids = {id(weight) for weight in module.game.sampler.parameters()}
    for player, network in module.game.players().items():
        if any(id(weight) in sampler_ids for weight in network.parameters()):
            return player
    raise ValueError("no player of this game has the sampler's weights")
