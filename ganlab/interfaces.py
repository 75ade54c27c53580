"""What the parts of a GAN promise each other; every part is abstract here and final in a file of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor, nn

from ganlab.random import Random
from ganlab.tree import Tree

if TYPE_CHECKING:
    from ganlab.round import Round

Shape: TypeAlias = tuple[int, ...] | Mapping[str, Any]
EMPTY: Mapping[str, Any] = MappingProxyType({})
JUDGE = "a discriminator of samples as they are"
CONTEST = "a discriminator's adversarial loss"


@dataclass(frozen=True)
class Spec:
    """All that a network may know of the data before it sees a sample."""

    sample: Shape  # (channels, height, width), (dimensions,), (length, channels), or a nest of shapes
    cond: Shape | None = None
    classes: int = 0  # positive where the condition is a class label
    latent: int = 0


class Batch(NamedTuple):
    """Real samples with their condition; tensors, or any nest of them."""

    sample: Tree
    cond: Tree = None


class Verdict(NamedTuple):
    """What a discriminator says of a batch: logits, of any shape that starts with the batch size."""

    logits: Tensor
    features: tuple[Tensor, ...] = ()
    extra: Mapping[str, Tensor] = EMPTY


class AdversarialLoss(ABC):
    """The two sides of an adversarial objective, one value per logit, without reduction or weight.

    With probability `flip` a pair's labels are exchanged in the discriminator's loss (Chintala et al. 2016, tip 6).
    """

    relativistic: ClassVar[bool] = False  # the generator's loss needs the real logits too
    reads: ClassVar[str] = "score"  # or "logit" or "probability", where the critic's output has that meaning
    boundary: ClassVar[float | None] = 0.0  # between fake and real; None where only differences have a meaning
    needs_labels: ClassVar[bool] = False

    def __init__(self, flip: float = 0.0) -> None:
        if not 0 <= flip < 0.5:
            raise ValueError(f"flip must be at least 0 and below 0.5, got {flip}")
        self.flip = flip

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss for logits of real and fake samples."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """Return the generator's loss; `real` is given where the class is relativistic."""

    def of(self, player: str, round: Round) -> Tensor:
        """Return the loss of one player in a round."""
        fake = round.on_fake.logits
        if player == "generator":
            return self.generator(fake, round.on_real.logits if self.relativistic else None)
        real = round.on_real.logits
        if self.flip:
            wrong = round.random.uniform("label_flip", (len(real),), real.device) < self.flip
            wrong = wrong.reshape(-1, *[1] * (real.ndim - 1))
            real, fake = torch.where(wrong, fake, real), torch.where(wrong, real, fake)
        return self.discriminator(real, fake)

    def accuracy(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the share of samples (without a boundary: of pairs) that the discriminator tells right."""
        if self.boundary is None:
            return (real > fake).float().mean()
        return ((real > self.boundary).float().mean() + (fake < self.boundary).float().mean()) / 2


class Part(nn.Module, ABC):
    """What accompanies the networks, and may keep statistics of what it saw, in buffers.

    Sums over the samples of a move are its `tallies`: they grow from microbatch to microbatch, are added up over all
    processes before the player moves, and `settle` makes statistics of them. So the statistics, too, are those of the
    joined batch.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)  # ranks of the samples that it works on; 0 is a nest

    def tallies(self) -> list[Tensor]:
        """Return the sums since the last move, which processes replace by their total, in place."""
        return []

    def settle(self) -> None:
        """Take in the tallies after the move, and set them to 0."""


class Regularizer(Part, ABC):
    """Something that steadies the game: a term of one player's loss, a change of what D sees, or of its weights.

    It acts at every `every`-th move of its player; its term is multiplied by `weight` and, lazily evaluated, by
    `every` (Karras et al. 2020, StyleGAN2, section 3.1). Raises ValueError for a negative weight or an interval
    below 1.
    """

    player: ClassVar[str]
    differentiates: ClassVar[bool] = False  # takes the critic's gradient by its input
    reads_features: ClassVar[bool] = False  # of the critic
    reads_styles: ClassVar[bool] = False  # of the generator
    single: ClassVar[bool] = False  # compares a verdict with its one sample, so that no packs can be judged
    needs_labels: ClassVar[bool] = False
    needs_codes: ClassVar[bool] = False

    def __init__(self, weight: float, every: int = 1) -> None:
        super().__init__()
        if not weight >= 0:  # which refuses NaN too
            raise ValueError(f"weight must be at least 0, got {weight}")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.weight, self.every = weight, every

    def concerns(self, player: str) -> bool:
        """Tell whether the term belongs to this player's loss."""
        return player == self.player

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Make weights for this data and a critic of so many features, once; they move with `player`."""

    @abstractmethod
    def penalty(self, round: Round) -> Tensor:
        """Return the unweighted penalty, one value per sample (or a scalar)."""

    def focus(self, losses: Tensor, round: Round) -> Tensor:
        """Change the adversarial losses, one per logit, before their mean is taken."""
        return losses

    def perturb(self, samples: Tree, step: int, random: Random) -> Tree:
        """Change what the discriminator sees, of real and fake samples alike; `step` counts batches."""
        return samples

    def project(self, network: nn.Module) -> None:
        """Change the player's weights in place after it moved."""


class Augment(Part, ABC):
    """A random, differentiable change of the samples before the discriminator sees them."""

    adapts: ClassVar[bool] = False  # to which side of the loss's boundary D's verdicts are on

    @abstractmethod
    def forward(self, samples: Tree, random: Random) -> Tree:
        """Return the changed samples."""

    def observe(self, margins: Tensor) -> None:
        """Look at how far D's outputs for the real samples of its move are above the loss's boundary."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars that are worth a look, by name."""
        return {}


class Latent(ABC):
    """The distribution that a generator transforms; raises ValueError for a size below 1."""

    truncation: float | None = None  # the largest absolute value, where larger ones were cut off
    categories: tuple[int, ...] = ()  # of the categorical codes that are to be discovered
    continuous: int = 0  # how many continuous codes are to be discovered

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self.size = size

    @abstractmethod
    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""

    def split(self, latents: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Cut latents (n, size) into noise, the one-hot code of each category, and continuous codes; all noise here."""
        return latents, (), latents[:, self.size :]

    def between(self, start: Tensor, end: Tensor, times: Tensor) -> Tensor:
        """Return points between latents `start` and `end` (n, size), at times (n,) from 0 to 1; straight here."""
        return torch.lerp(start, end, times[:, None])


class Schedule(ABC):
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

    def movers(self, step: int) -> list[str]:
        """Return the players that move at a step."""
        return [player for player, period in self.periods.items() if (step + 1) % period == 0]

    def moves(self, player: str, step: int) -> int:
        """Return how often the player moved before this step."""
        return step // self.periods[player]


class Game(nn.Module, ABC):
    """Networks and what each of them minimises; knows no optimizer, device or logger."""

    sampler: nn.Module  # what the EMA averages, and what samples come from
    truncation: float | None = None  # where latents are cut off, which scores must tell
    offers: ClassVar[frozenset[str]] = frozenset({JUDGE, CONTEST})  # what metrics may ask for beside samples

    def __init__(self) -> None:
        super().__init__()
        self.random = Random()

    @abstractmethod
    def players(self) -> dict[str, nn.Module]:
        """Return the players by name; they share no parameter."""

    @abstractmethod
    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return weighted scalars by name; their sum is what the player minimises. `step` counts its moves."""

    @abstractmethod
    def sample(self, batch: Batch, network: nn.Module) -> Tree:
        """Generate one sample per sample of the batch."""

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers by name."""
        return {}

    def companions(self, player: str) -> list[nn.Module]:
        """Return modules whose weights move with a player's, though they are no part of its network."""
        return []

    def tallies(self, player: str) -> list[Tensor]:
        """Return sums over the samples of a player's coming move, which processes replace by their total, in place."""
        return []

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Do, before anyone moves on this batch, the work that several of the players in `order` can share."""

    def moved(self, player: str, step: int) -> None:
        """Act on a player that has just moved."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars of the latest losses that are worth a look, by name."""
        return {}

    def spreads(self) -> dict[str, Tensor]:
        """Return values of the latest losses, one or more per sample, whose spread is worth a look, by name."""
        return {}


@runtime_checkable
class Critic(Protocol):
    """A discriminator that shows features, of shape (n, feature_size), in its verdict."""

    feature_size: int

    def verdict(self, samples: Tree, cond: Tree = None) -> Verdict:
        """Return the logits, and the features as the last of the verdict's."""


@runtime_checkable
class StyleGenerator(Protocol):
    """A generator in two stages, `render(styles(latents, cond))` (Karras et al. 2019)."""

    def styles(self, latents: Tensor, cond: Tree = None) -> Tensor:
        """Map latents (n, latent) to styles, shape (n, layers, style_size) or (n, style_size)."""

    def render(self, styles: Tensor) -> Tree:
        """Map styles to samples."""


@runtime_checkable
class Disclosing(Protocol):
    """A network, or a layer of one, whose samples follow from a setting that its weights do not tell."""

    def disclose(self) -> dict[str, Any]:
        """Return what scores must tell of it, by name; nothing where samples are as the network was trained to."""


def as_verdict(output: Tensor | Verdict) -> Verdict:
    """Accept a discriminator that returns bare logits."""
    return Verdict(output) if torch.is_tensor(output) else output


__all__ = [
    "CONTEST",
    "EMPTY",
    "JUDGE",
    "AdversarialLoss",
    "Augment",
    "Batch",
    "Critic",
    "Disclosing",
    "Game",
    "Latent",
    "Part",
    "Regularizer",
    "Schedule",
    "Shape",
    "Spec",
    "StyleGenerator",
    "Verdict",
    "as_verdict",
]
