from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from ganlab.callbacks.periodic import Periodic
from ganlab.core.errors import UserError
from ganlab.engine.module import GANModule
from ganlab.games.theory import orbit
from ganlab.loggers import show_picture

MOST = 16  # numbers that a row of metrics.csv takes


class Trajectory(Periodic):
    """Logs every weight of tiny networks and their distance from 0, and draws the path at the end, in samples/.

    A weight of one number goes by its name, generator/theta; others are counted, generator/theta.0. The picture shows
    the first number of each of the first two players. Raises UserError where the players have more than 16 numbers.
    """

    when_stopped = True

    def __init__(self, every: int = 1) -> None:
        super().__init__(every)
        self._path: list[list[float]] = []  # of every row: the step, then each number
        self._names: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """Remember the way so far."""
        return {"path": self._path}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._path = [list(row) for row in state["path"]]

    def on_train_start(self, trainer: pl.Trainer, module: GANModule) -> None:  # type: ignore[override]
        """Count the numbers, and note where they start."""
        self._names = [name for player, weights in _weights(module) for name in _titles(player, weights)]
        if len(self._names) > MOST:
            raise UserError(
                f"callback.trajectory logs every weight of networks with at most {MOST} numbers, and these have "
                f"{len(self._names)}; use generator=dirac discriminator=dirac, or drop the callback"
            )
        if not self._path:
            self._note(module)

    def act(self, trainer: pl.Trainer, module: GANModule) -> None:
        """Log one row, and draw after the last step."""
        step, *numbers = self._note(module)
        row = dict(zip(self._names, numbers, strict=True)) | {"radius": torch.tensor(numbers).double().norm().item()}
        for logger in trainer.loggers:
            logger.log_metrics(row, step=int(step))
        if module.steps >= module.iterations and trainer.is_global_zero:
            self._draw(trainer, module)

    def _note(self, module: GANModule) -> list[float]:
        numbers = torch.cat([weights.detach().flatten() for _, weights in _weights(module)]).tolist()
        self._path.append([module.steps, *numbers])
        return self._path[-1]

    def _draw(self, trainer: pl.Trainer, module: GANModule) -> None:
        firsts = {name.partition("/")[0]: index for index, name in reversed(list(enumerate(self._names)))}
        across, up = sorted(firsts.values())[:2]
        rows = torch.tensor(self._path, dtype=torch.float64)
        picture = orbit(rows[:, 0], rows[:, 1:], across, up, self._names)
        path = Path(trainer.default_root_dir) / "samples" / f"{module.steps:08}_trajectory.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        for logger in trainer.loggers:
            show_picture(logger, "trajectory", picture, module.steps)


def _weights(module: GANModule) -> list[tuple[str, torch.Tensor]]:
    """Return the players' weights, the generator's first, as the plane of the papers has them."""
    players = reversed(module.game.players().items())
    return [(f"{player}/{name}", each) for player, net in players for name, each in net.named_parameters()]


def _titles(name: str, weights: torch.Tensor) -> list[str]:
    return [name] if weights.numel() == 1 else [f"{name}.{index}" for index in range(weights.numel())]
