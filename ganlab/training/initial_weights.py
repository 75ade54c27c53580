"""The start of a run from the weights of another one: read before the run, copied into its networks, recorded."""

from pathlib import Path
from typing import Self, final

from omegaconf import DictConfig

from ganlab.core.interfaces import Game
from ganlab.engine.checkpoints import exists
from ganlab.runs.directory import INITIAL_WEIGHTS, RunDirectory
from ganlab.training.weight_source import WeightSource
from ganlab.training.weight_transfer import NetworkTransfer, describe_transfer, transfer_weights


@final
class InitialWeights:
    """The weights that `init_from` names, for the first start of a run; optimizers and counts start at zero."""

    def __init__(self, source: WeightSource) -> None:
        self.source = source
        self._transfers: list[NetworkTransfer] = []

    @classmethod
    def of(cls, config: DictConfig, directory: Path | None) -> Self | None:
        """Read the source of a run that starts in a directory, None for a new one; without a source return None.

        So does a run that has a checkpoint or has finished: it needs its source no more. Raises UserError if the source
        cannot be read.
        """
        run = config.get("init_from")
        if run is None or (directory is not None and _has_trained(RunDirectory(directory))):
            return None
        return cls(WeightSource.of_run(str(run), directory))

    def transfer(self, game: Game, kind: str) -> None:
        """Copy what fits into a game whose samples are of a kind; raises UserError if that is nothing."""
        self._transfers = transfer_weights(game, self.source, kind)

    def record(self, directory: RunDirectory) -> None:
        """Write to the status what was taken."""
        directory.write_status("running", **{INITIAL_WEIGHTS: describe_transfer(self.source, self._transfers)})

    def sentences(self) -> list[str]:
        """Return a line for each network on what was taken."""
        return [transfer.sentence(self.source.run) for transfer in self._transfers]

    def find_random(self, game: Game) -> list[str]:
        """Return the names of weights that start again and are never updated, so that they stay random."""
        weights = {
            "generator": game.sampler.named_parameters(),
            "discriminator": game.named_parameters(),
        }
        return [
            f"{transfer.network}.{name.removeprefix(f'{transfer.network}.')}"
            for transfer in self._transfers
            for name, weight in weights[transfer.network]
            if name.removeprefix(f"{transfer.network}.") in transfer.fresh and not weight.requires_grad
        ]


def _has_trained(run: RunDirectory) -> bool:
    return exists(run.checkpoint) or run.status().get("state") == "finished"
