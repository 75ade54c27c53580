import math
from itertools import islice
from typing import Any

import pytorch_lightning as pl

from ganlab.callbacks.divergence import is_finite, suspect
from ganlab.callbacks.health_monitor import HealthMonitor, checkpoint_hint
from ganlab.callbacks.periodic import due_callbacks
from ganlab.core.errors import AlarmError
from ganlab.engine.module import GANModule


class NaNMonitor(HealthMonitor):
    """Raises AlarmError if a loss or weight is not finite, or a player's gradient is 0 at `patience` checks in a row.

    On a CPU losses are checked after every step; on another device, where reading a value waits for it, before
    anything is logged, sampled, scored or saved. Weights are checked then, too, because a gradient can make them
    infinite while all losses are finite. Raises ValueError for a patience below 1.
    """

    def __init__(self, patience: int = 3) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        self.patience = patience
        self._checked_steps = 0
        self._zero_gradients: dict[str, int] = {}  # checks in a row with a zero gradient, by player

    @property
    def healthy(self) -> bool:
        """Whether every player had a gradient at the last check."""
        return not any(self._zero_gradients.values())

    def state_dict(self) -> dict[str, Any]:
        """Return the number of checks in a row with a zero gradient, by player."""
        return {"dead": dict(self._zero_gradients)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the numbers."""
        self._zero_gradients = dict(state["dead"])

    def on_train_batch_end(self, trainer: pl.Trainer, module: GANModule, *args: object) -> None:  # type: ignore[override]
        """Check the losses of the steps since the last check, and the weights if a callback is due to use them."""
        others_are_due = bool(due_callbacks(trainer, module))
        if module.device.type == "cpu" or others_are_due:
            self._check_losses(trainer, module)
        if others_are_due:
            self._check_weights(trainer, module)

    def on_train_end(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Check losses and weights before the final files are written."""
        self._check_losses(trainer, module)
        self._check_weights(trainer, module)

    def _check_losses(self, trainer: pl.Trainer, module: GANModule) -> None:
        first = module.steps - len(module.loss_buffer)
        checked = max(0, self._checked_steps - first)
        for step, terms in enumerate(islice(module.loss_buffer, checked, None), first + checked + 1):
            for name, value in terms.items():
                if not math.isfinite(value):
                    player, _, term = name.partition("/")
                    raise AlarmError(
                        f"{name} became {float(value)} at step {step}; {checkpoint_hint(trainer)}; try a smaller "
                        f"{suspect(module, player)}, {_other_remedy(module, term)}, or trainer.precision=32-true"
                    )
        if self._checked_steps < module.steps:
            self._checked_steps = module.steps
            self._check_gradients(trainer, module)

    def _check_gradients(self, trainer: pl.Trainer, module: GANModule) -> None:
        for name, norm in module.norms.items():
            player, _, quantity = name.partition("/")
            if quantity != "gradient_norm" or not module.norms_are_new:
                continue
            self._zero_gradients[player] = self._zero_gradients.get(player, 0) + 1 if float(norm) == 0 else 0
            if self._zero_gradients[player] >= self.patience:
                raise AlarmError(
                    f"the {player}'s gradient was exactly 0 at {self.patience} logged steps in a row, up to step "
                    f"{module.steps}; {checkpoint_hint(trainer)}; try loss=non_saturating, another activation, or a "
                    f"smaller optimizer.{player}.lr"
                )
        module.norms_are_new = False

    def _check_weights(self, trainer: pl.Trainer, module: GANModule) -> None:
        networks = {f"the {name}'s weights": (name, network) for name, network in module.game.players().items()}
        networks["the averaged weights"] = "generator", module.ema.network
        for name, (player, network) in networks.items():
            if not is_finite(network):
                raise AlarmError(
                    f"{name} are no longer finite after step {module.steps}; {checkpoint_hint(trainer)}; try a smaller "
                    f"{suspect(module, player)}, or trainer.precision=32-true"
                )


def _other_remedy(module: GANModule, term: str) -> str:
    """Return a second thing to try: a smaller weight of the regularizer that failed, or a regularizer."""
    return f"a smaller regularizer.{term}.weight" if term in module.game.terms() else "a regularizer such as r1"
