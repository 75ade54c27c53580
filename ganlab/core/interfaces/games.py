"""Base classes of games and update schedules: which players there are, and when each is updated."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from enum import Enum
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces.networks import Batch, Latent
from ganlab.core.interfaces.terms import Regularizer
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree


class Capability(Enum):
    """What a metric may require of a game in addition to samples; values are noun phrases for messages."""

    DISCRIMINATOR = "a discriminator of single samples"
    ADVERSARIAL_LOSS = "an adversarial loss of a discriminator"
    WAY_BACK = "a translation of samples back to conditions"
    PRETRAINED = "a generator kept from pre-training by maximum likelihood"


class UpdateSchedule(ABC):
    """Decides which players are updated at a step: each one every so many steps, always on the step's new batch.

    `generator=5` gives five critic updates per generator update (n_critic of Arjovsky et al. 2017, algorithm 1). Other
    players of a game have periods by name, 1 without one. The order is the discriminator, the generator, and then the
    others as `Game.players` has them. Raises ValueError for a period below 1. A subclass implements `__call__`:

    >>> from ganlab import UpdateSchedule
    >>> class Alternating(UpdateSchedule):
    ...     def __call__(self, step):
    ...         return [[player] for player in self.updated_players(step)]
    >>> schedule = Alternating(generator=2)
    >>> [schedule(step) for step in range(2)]
    [[['discriminator']], [['discriminator'], ['generator']]]
    """

    def __init__(self, discriminator: int = 1, generator: int = 1, **others: int) -> None:
        self.periods = {"discriminator": discriminator, "generator": generator, **others}
        for player, period in self.periods.items():
            if not isinstance(period, int):
                raise ValueError(f"{player} must be an integer, got {period!r}")
            if period < 1:
                raise ValueError(f"{player} must be at least 1, got {period}")

    def for_players(self, players: Collection[str]) -> Self:
        """Return the schedule of a game with exactly these players."""
        usual = [player for player in ("discriminator", "generator") if player in players]
        order = [*usual, *(player for player in players if player not in usual)]
        schedule = copy(self)
        schedule.periods = {player: self.periods.get(player, 1) for player in order}
        return schedule

    @abstractmethod
    def __call__(self, step: int) -> list[list[str]]:
        """Return groups of players: groups are updated one after another, the players of a group simultaneously."""

    def updated_players(self, step: int) -> list[str]:
        """Return the players that are updated at a step."""
        return [player for player, period in self.periods.items() if (step + 1) % period == 0]

    def updates_before(self, player: str, step: int) -> int:
        """Return how many times the player was updated before this step."""
        return step // self.periods[player]


class Game(nn.Module, ABC):
    """The networks of a GAN and the loss of each player; independent of optimizers, devices and loggers.

    A subclass has attributes `sampler` and `latent`, and implements `players` and `losses`:

    >>> import torch
    >>> from ganlab import Batch, Game
    >>> from ganlab.latents import Normal
    >>> class Generator(torch.nn.Linear):
    ...     def forward(self, latents, cond=None):
    ...         return super().forward(latents)
    >>> class WGAN(Game):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.latent = Normal(size=3)
    ...         self.sampler, self.critic = Generator(3, 2), torch.nn.Linear(2, 1)
    ...     def players(self):
    ...         return {"discriminator": self.critic, "generator": self.sampler}
    ...     def losses(self, player, batch, step):
    ...         fake = self.critic(self.sample(batch, self.sampler)).mean()
    ...         real = self.critic(batch.sample).mean()
    ...         return {"wasserstein": fake - real if player == "discriminator" else -fake}
    >>> WGAN().losses("generator", Batch(torch.zeros(8, 2)), step=0).keys()
    dict_keys(['wasserstein'])
    """

    sampler: nn.Module  # the network that the EMA averages and that generates samples from latents
    latent: Latent  # the distribution of the sampler's input
    provides: ClassVar[frozenset[Capability]] = frozenset(  # what metrics may require besides samples
        {Capability.DISCRIMINATOR, Capability.ADVERSARIAL_LOSS}
    )
    shows_conditions: ClassVar[bool] = True  # the discriminators receive the condition of each sample

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
        """Return the players' networks by name, "discriminator" and "generator" in most games; no shared weights."""

    @abstractmethod
    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return weighted scalars by name; the player minimises their sum. `step` counts the player's updates."""

    def sample(self, batch: Batch, network: nn.Module) -> Tree:
        """Return one sample of the network per sample of the batch, under the batch's conditions."""
        sample = tree.first(batch.sample)
        samples: Tree = network(self.latent.sample(len(sample), self.random, sample.device), batch.cond)
        return samples

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers by name; none by default."""
        return {}

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return modules outside the player's network that its optimizer updates, too; none by default."""
        return []

    def weights(self, player: str) -> list[nn.Parameter]:
        """Return the weights that a player's optimizer updates: of its network and of its `extra_modules`."""
        modules = (self.players()[player], *self.extra_modules(player))
        return [weight for module in modules for weight in module.parameters() if weight.requires_grad]

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return weights of other players whose gradients are not needed for a player's update; none by default.

        They are constants while the player's losses are computed, so layers need not prepare for gradients by them.
        """
        return []

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return sums over the samples of a player's next update; several processes replace them by their total.

        The tensors are changed in place. None by default.
        """
        return []

    def active_players(self, step: int) -> Collection[str]:
        """Return the players that the schedule may update at a step of training; all of them by default."""
        return self.players().keys()

    def after_step(self, steps: int, average: nn.Module) -> None:
        """Run after each step; `steps` are done, and `average` is the network that the EMA keeps. Does nothing here."""

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Compute, before the updates on this batch, what several of the players in `order` share; nothing here."""

    def after_update(self, player: str, step: int) -> None:
        """Run after each update of a player, to change its weights or statistics; does nothing by default."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars about the latest losses to log, by name; none by default."""
        return {}

    def histograms(self) -> dict[str, Tensor]:
        """Return tensors about the latest losses to log as histograms, one or more values per sample; none here."""
        return {}
