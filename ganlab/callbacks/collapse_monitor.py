from typing import Any

import pytorch_lightning as pl
import torch

from ganlab.callbacks.nan_monitor import HealthMonitor, checkpoint_hint
from ganlab.callbacks.periodic import Periodic
from ganlab.core import tree
from ganlab.core.errors import AlarmError
from ganlab.core.tree import Tree
from ganlab.engine.module import GANModule
from ganlab.games.sampler import CHUNK, Sampler


class CollapseMonitor(Periodic, HealthMonitor):
    """Raises Alarm where the generator has collapsed, or the discriminator has overpowered it, at `patience` looks.

    Collapsed: the mean distance between two of 100 samples is less than `diversity` times that between two real ones,
    or is not a number. Overpowered: D tells at least the share `accuracy` right, and the norm of the generator's
    gradient is less than `gradient` times that of its weights. The looks have to be in a row and after
    `warm_up_steps`, for an untrained generator's samples are all alike. A collapse to a few modes that are far apart is
    not seen: the metrics see that.

    Calibrated by looks every 50 steps at 1500 steps of the ring, the grid, and MLPs on digits with the non-saturating,
    minimax, hinge and clipped Wasserstein losses, and 600 of WGAN-GP on the ring: from step 500 on, samples kept 0.16
    of the real distance and gradients 4e-4 of the weights' norm, or more. A D with a hundred times the learning rate
    under the minimax loss left 3e-11. Neither the randomness nor the weights of training are touched. Raises ValueError
    for values outside their bounds.
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
        for name, value, least in (("patience", patience, 1), ("warm_up_steps", warm_up_steps, 0)):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        for name, share in (("diversity", diversity), ("accuracy", accuracy), ("gradient", gradient)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be between 0 and 1, got {share}")
        self.patience, self.warm_up_steps = patience, warm_up_steps
        self.diversity, self.accuracy, self.gradient = diversity, accuracy, gradient
        self._looks = {self._collapse: 0, self._overpowering: 0}  # in a row that found it so
        self._real_distance = 0.0

    @property
    def healthy(self) -> bool:
        """Whether the latest look found nothing."""
        return not any(self._looks.values())

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Look at both; all processes hear of what the first one found."""
        for look, before in self._looks.items():
            found = trainer.strategy.broadcast(look(trainer, module) if module.steps > self.warm_up_steps else "")
            self._looks[look] = before + 1 if found else 0
            if self._looks[look] >= self.patience:
                looks = f"at {self.patience} looks in a row, up to step {module.steps}"
                raise AlarmError(found.format(looks=looks, checkpoint_hint=checkpoint_hint(trainer)))

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Leave the end as it is."""

    def state_dict(self) -> dict[str, Any]:
        """Remember the looks in a row."""
        return {"looks": list(self._looks.values())}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting."""
        self._looks = dict(zip(self._looks, state["looks"], strict=True))

    def _collapse(self, trainer: pl.Trainer, module: GANModule) -> str:
        share = self.share_of_diversity(trainer, module)
        if share >= self.diversity:
            return ""
        return (
            "the generator's samples have been nearly the same {looks}: their mean distance is "
            f"{share:.2g} of the real ones'; {{checkpoint_hint}}; try a regularizer such as r1, a smaller "
            "optimizer.*.lr, or callback.collapse_monitor.diversity=0 where the data is like that"
        )

    def share_of_diversity(self, trainer: pl.Trainer, module: GANModule) -> float:
        """Return the mean distance between two generated samples, over that between two real ones."""
        datamodule: Any = trainer.datamodule  # type: ignore[attr-defined]
        if not self._real_distance:
            chunks = [batch.sample for batch in datamodule.reals(CHUNK)]
            self._real_distance = _mean_distance(tree.map(lambda *parts: torch.cat(parts), *chunks))
        sampler = Sampler(module.game, module.game.sampler, datamodule.data.spec, _as_it_is)
        return _mean_distance(sampler.sample(CHUNK)) / max(self._real_distance, 1e-12)

    def _overpowering(self, trainer: pl.Trainer, module: GANModule) -> str:
        player = _generating(module)
        accuracies = [float(value) for name, value in module.game.diagnostics().items() if name.endswith("/accuracy")]
        norms = [module.norms.get(f"{player}/{quantity}_norm") for quantity in ("gradient", "weight")]
        if not accuracies or None in norms:
            return ""
        gradient, weight = (float(norm) for norm in norms if norm is not None)
        if min(accuracies) < self.accuracy or gradient >= self.gradient * weight:
            return ""
        return (
            f"the discriminator has told {min(accuracies):.4g} of the samples right and left the {player} a gradient "
            f"of norm {gradient:.2g}, to weights of norm {weight:.2g}, {{looks}}; {{checkpoint_hint}}; try "
            "loss=non_saturating, a regularizer such as r1, or a smaller optimizer.discriminator.lr"
        )


def _as_it_is(samples: Tree) -> Tree:
    return samples


def _mean_distance(samples: Tree) -> float:
    rows = torch.cat([leaf.detach().float().flatten(1) for leaf in tree.leaves(samples)], 1)
    return float(torch.pdist(rows).mean()) if len(rows) > 1 else 0.0


def _generating(module: GANModule) -> str:
    """Return the player that moves what samples are drawn from."""
    kept = {id(weight) for weight in module.game.sampler.parameters()}
    players = module.game.players().items()
    return next(name for name, network in players if kept & {id(weight) for weight in network.parameters()})
