"""Maximum likelihood of sequences: the baseline of every game that pre-trains by it."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, final

from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Capability, Game, Latent, Spec
from ganlab.layers.sequence_generator import SequenceGenerator


@final
class Likelihood(Game):
    """A generator of sequences alone, which minimises the negative log-likelihood of real ones (teacher forcing).

    Everything else of an experiment stays: the same data, generator, optimizer and scores as with an adversary. Raises
    ValueError for a generator that has no likelihood.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(self, spec: Spec, generator: Callable[[Spec], nn.Module], latent: Latent) -> None:
        super().__init__()
        self.latent = latent.fit(spec)
        self.spec = replace(spec, latent=self.latent.size)
        self.generator = require_likelihood(generator(self.spec), type(self).__name__)

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the generator alone."""
        return {"generator": self.generator}

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the negative log-likelihood of a sequence in nats."""
        return {"likelihood": negative_log_likelihood(self.generator, batch.sample)}


def negative_log_likelihood(generator: SequenceGenerator, samples: Tensor) -> Tensor:
    """Return −log p of sequences (n, length, alphabet), averaged over them, in nats."""
    return -generator.log_probabilities(samples).sum(1).mean()


def require_likelihood(generator: nn.Module, game: str) -> SequenceGenerator:
    """Return the generator; raises ValueError, naming the game, if it does not choose one symbol after another."""
    if not isinstance(generator, SequenceGenerator):
        raise ValueError(
            f"{game} needs the likelihood of sequences, which {type(generator).__name__} does not have; use "
            "generator=recurrent or generator=transformer"
        )
    return generator
