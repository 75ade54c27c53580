from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replaced
from ganlab.engine.module import GANModule
from ganlab.games.theory import plot_orbit
from ganlab.loggers import log_image

MAX_NUMBERS = 16  # columns of metrics.csv


class Trajectory(Periodic):
    """Logs every weight of tiny networks and the norm of all weights, and draws the path at the end, in samples/.

    A weight with one number is logged by its name, generator/theta; those of others by index, generator/theta.0. The
    image shows the first number of each of the first two players. Raises UserError if the networks have more than 16
    numbers.
    """

    run_on_interrupt = True

    def __init__(self, every: int = 1) -> None:
        super().__init__(every)
        self._path: list[list[float]] = []  # for each row: the step, then each number
        self._names: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """Return the path so far."""
        return {"path": self._path}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the path."""
        self._path = [list(row) for row in state["path"]]

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Check the number of weights, and record their initial values."""
        self._names = [column for name, weights in _weights(module) for column in _column_names(name, weights)]
        if len(self._names) > MAX_NUMBERS:
            raise UserError(
                f"callback.trajectory logs every weight of networks with at most {MAX_NUMBERS} numbers, and these have "
                f"{len(self._names)}; use generator=dirac discriminator=dirac, or remove the callback"
            )
        if not self._path:
            self._record(module)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Log one row, and draw the path after the last step."""
        step, *numbers = self._record(module)
        row = dict(zip(self._names, numbers, strict=True)) | {"radius": torch.tensor(numbers).double().norm().item()}
        for logger in trainer.loggers:
            logger.log_metrics(row, step=int(step))
        if module.steps >= module.iterations and trainer.is_global_zero:
            self._draw(trainer, module)

    def _record(self, module: GANModule) -> list[float]:
        numbers = torch.cat([weights.detach().flatten() for _, weights in _weights(module)]).tolist()
        self._path.append([module.steps, *numbers])
        return self._path[-1]

    def _draw(self, trainer: pl.Trainer, module: GANModule) -> None:
        first_indices = {name.partition("/")[0]: index for index, name in reversed(list(enumerate(self._names)))}
        x_index, y_index = sorted(first_indices.values())[:2]
        rows = torch.tensor(self._path, dtype=torch.float64)
        picture = plot_orbit(rows[:, 0], rows[:, 1:], x_index, y_index, self._names)
        path = Path(trainer.default_root_dir) / "samples" / f"{module.steps:08}_trajectory.png"
        with replaced(path) as file:
            picture.save(file, "PNG")
        for logger in trainer.loggers:
            log_image(logger, "trajectory", picture, module.steps)


def _weights(module: GANModule) -> list[tuple[str, torch.Tensor]]:
    """Return the players' weights by name, the generator's first: on the horizontal axis, as in the papers."""
    players = reversed(module.game.players().items())
    return [(f"{player}/{name}", weight) for player, net in players for name, weight in net.named_parameters()]


def _column_names(name: str, weights: torch.Tensor) -> list[str]:
    return [name] if weights.numel() == 1 else [f"{name}.{index}" for index in range(weights.numel())]
