"""Who plays, and who moves when: games and schedules."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces.networks import Batch, Latent
from ganlab.core.interfaces.terms import Regularizer
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree


class Capability(Enum):
    """What a metric may require of a game besides samples; values are noun phrases for messages."""

    DISCRIMINATOR = "a discriminator of single samples"
    ADVERSARIAL_LOSS = "an adversarial loss of a discriminator"


class UpdateSchedule(ABC):
    """Says which players move at a step: each moves at every so many steps, always on the step's fresh batch.

    `generator=5` is five critic steps per generator step (n_critic of Arjovsky et al. 2017, algorithm 1). Raises
    ValueError for a period below 1.
    """

    def __init__(self, discriminator: int = 1, generator: int = 1) -> None:
        self.periods = {"discriminator": discriminator, "generator": generator}
        for player, period in self.periods.items():
            if period < 1:
                raise ValueError(f"{player} must be at least 1, got {period}")

    @abstractmethod
    def __call__(self, step: int) -> list[list[str]]:
        """Return groups of players: groups move one after another, the players of a group at the same time."""

    def updated_players(self, step: int) -> list[str]:
        """Return the players that move at a step."""
        return [player for player, period in self.periods.items() if (step + 1) % period == 0]

    def updates_before(self, player: str, step: int) -> int:
        """Return how often the player moved before this step."""
        return step // self.periods[player]


class Game(nn.Module, ABC):
    """Networks and what each of them minimises; knows no optimizer, device or logger."""

    sampler: nn.Module  # what the EMA averages, and what samples come from
    latent: Latent  # what the sampler transforms
    provides: ClassVar[frozenset[Capability]] = frozenset(Capability)  # what metrics may ask for beside samples

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(
            cls,
            {
                "companions": "extra_modules",
                "moved": "after_update",
                "spreads": "histograms",
                "tallies": "batch_sums",
            },
        )

    def __init__(self) -> None:
        super().__init__()
        self.random = Random()

    @abstractmethod
    def players(self) -> dict[str, nn.Module]:
        """Return the players by name; they share no parameter."""

    @abstractmethod
    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return weighted scalars by name; their sum is what the player minimises. `step` counts its moves."""

    def sample(self, batch: Batch, network: nn.Module) -> Tree:
        """Generate one sample per sample of the batch, under its conditions."""
        sample = tree.first(batch.sample)
        made: Tree = network(self.latent.sample(len(sample), self.random, sample.device), batch.cond)
        return made

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers by name."""
        return {}

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return modules whose weights move with a player's, though they are no part of its network."""
        return []

    def weights(self, player: str) -> list[nn.Parameter]:
        """Return what a player's optimizer changes: weights of its network and of its companions."""
        moving = (self.players()[player], *self.extra_modules(player))
        return [weight for network in moving for weight in network.parameters() if weight.requires_grad]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return sums over the samples of a player's coming move, which processes replace by their total, in place."""
        return []

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Do, before anyone moves on this batch, the work that several of the players in `order` can share."""

    def after_update(self, player: str, step: int) -> None:
        """Act on a player that has just moved."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars of the latest losses that are worth a look, by name."""
        return {}

    def histograms(self) -> dict[str, Tensor]:
        """Return values of the latest losses, one or more per sample, whose spread is worth a look, by name."""
        return {}
