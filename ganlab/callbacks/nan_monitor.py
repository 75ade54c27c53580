import math
from abc import ABC, abstractmethod
from itertools import islice
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import due_callbacks
from ganlab.core.errors import AlarmError
from ganlab.engine.module import GANModule


class HealthMonitor(pl.Callback, ABC):
    """Watches a run's health and raises Alarm where it is lost; what is done then is the recovery's to say.

    Keep the watchers first among the callbacks: nothing is logged, scored or saved of a run that is not healthy.
    """

    @property
    @abstractmethod
    def healthy(self) -> bool:
        """Whether the latest look saw nothing; a checkpoint that is written while all watchers are calm is healthy."""


def checkpoint_hint(trainer: pl.Trainer) -> str:
    """Say from where a run can go on."""
    checkpoint = Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt"
    return f"the last healthy checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was written before"


class NaNMonitor(HealthMonitor):
    """Raises Alarm where a loss is not finite, or a player has had no gradient at `patience` observed steps in a row.

    On the CPU every step is looked at when it is done; on a device, where a look waits for it, before anything is
    logged, drawn, scored or saved. So are the weights, which a gradient may spoil that no loss shows. Raises ValueError
    for a patience below 1.
    """

    def __init__(self, patience: int = 3) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        self.patience = patience
        self._looked_at = 0
        self._dead: dict[str, int] = {}

    @property
    def healthy(self) -> bool:
        """Whether every player had a gradient when last observed."""
        return not any(self._dead.values())

    def state_dict(self) -> dict[str, Any]:
        """Remember the looks in a row."""
        return {"dead": dict(self._dead)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting."""
        self._dead = dict(state["dead"])

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Look at the losses of the steps since the last look, and at the weights where others would keep them."""
        others_are_due = bool(due_callbacks(trainer, module))
        if module.device.type == "cpu" or others_are_due:
            self._look(trainer, module)
        if others_are_due:
            self._look_at_weights(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Look before the last things are saved."""
        self._look(trainer, module)
        self._look_at_weights(trainer, module)

    def _look(self, trainer: pl.Trainer, module: GANModule) -> None:
        first = module.steps - len(module.observed)
        seen = max(0, self._looked_at - first)
        for step, terms in enumerate(islice(module.observed, seen, None), first + seen + 1):
            for name, value in terms.items():
                if not math.isfinite(value):
                    raise AlarmError(
                        f"{name} became {float(value)} at step {step}; {checkpoint_hint(trainer)}; try a smaller "
                        f"optimizer.{name.split('/')[0]}.lr, a regularizer such as r1, or trainer.precision=32-true"
                    )
        if self._looked_at < module.steps:
            self._looked_at = module.steps
            self._look_at_gradients(trainer, module)

    def _look_at_gradients(self, trainer: pl.Trainer, module: GANModule) -> None:
        for name, norm in module.norms.items():
            player, _, quantity = name.partition("/")
            if quantity != "gradient_norm" or not module.norms_are_new:
                continue
            self._dead[player] = self._dead.get(player, 0) + 1 if float(norm) == 0 else 0
            if self._dead[player] >= self.patience:
                raise AlarmError(
                    f"the {player}'s gradient has been exactly 0 at {self.patience} observed steps in a row, up to "
                    f"step {module.steps}; {checkpoint_hint(trainer)}; try loss=non_saturating, another activation, "
                    f"or a smaller optimizer.{player}.lr"
                )
        module.norms_are_new = False

    def _look_at_weights(self, trainer: pl.Trainer, module: GANModule) -> None:
        networks = {f"the {name}'s weights": network for name, network in module.game.players().items()}
        for whose, network in {**networks, "the averaged weights": module.ema.network}.items():
            values = [value for value in network.state_dict().values() if value.is_floating_point()]
            if not torch.nn.utils.get_total_norm(values).isfinite():
                raise AlarmError(
                    f"{whose} are no longer finite after step {module.steps}; {checkpoint_hint(trainer)}; try smaller "
                    "learning rates (optimizer.PLAYER.lr), or trainer.precision=32-true"
                )
