"""A generator without an adversary: its regularizers are its loss, as for the baseline of a GAN with paired terms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch, Capability, DiscriminatorOutput, Game, Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.games.fake_batch import generate_fakes
from ganlab.games.loss_terms import mean_value


class Regression(Game):
    """One generator, which minimises the sum of its regularizers, such as `pixel_l1` alone.

    Everything else of an experiment stays: the same data, generator, optimizer and scores as with `AdversarialGame`.
    Regularizers of the discriminator are left out. Raises ValueError for regularizers of the generator that read the
    discriminator, and if none acts at every update.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        regularizers: Mapping[str, Regularizer],
        latent: Latent,
    ) -> None:
        super().__init__()
        # Those of the discriminator go with it, so `game=regression` is the one override of a baseline.
        regularizers = {name: term for name, term in regularizers.items() if term.applies_to("generator")}
        if rejected := ", ".join(name for name, term in regularizers.items() if _needs_discriminator(term)):
            raise ValueError(f"Regression has no discriminator, which some regularizers need; remove {rejected}")
        if not any(term.every == 1 for term in regularizers.values()):
            raise ValueError(
                "Regression minimises regularizers alone, of which at least one must act at every update, got "
                f"{', '.join(regularizers) or 'none'}; write 'regularizer=[pixel_l1]', or set every to 1"
            )
        latent = latent.fit(spec)
        self.spec = replace(spec, latent=latent.size, latent_channels=latent.channels)
        self.generator, self.latent = generator(self.spec), latent
        self.regularizers = dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        for term in regularizers.values():
            term.build(self.spec, 0, latent)

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the generator alone."""
        return {"generator": self.generator}

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers."""
        return self.regularizers

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the regularizers, some of which have weights."""
        return list(self.regularizers.values())

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of the regularizers."""
        return [total for term in self.regularizers.values() for total in term.batch_sums()]

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the weighted penalties by name; a lazy one counts as `Domain.losses` says."""
        fakes = cache(lambda: generate_fakes(batch, self.generator, self.latent, self.random))
        view = BatchView(
            real=batch.sample,
            player=player,
            network=self.generator,
            generate=lambda: fakes().fake,
            discriminator=_refuse,
            random=self.random,
            cond=batch.cond,
            draw_latents=lambda: fakes().latents,
        )
        terms = self._active_terms(step).items()
        return {name: term.weight * term.every * mean_value(term.penalty(view), term) for name, term in terms}

    def after_update(self, player: str, step: int) -> None:
        """Let the regularizers change the generator's weights, and update their statistics."""
        for term in self._active_terms(step).values():
            term.after_update(self.generator)
            term.apply_batch_sums()

    def _active_terms(self, step: int) -> dict[str, Regularizer]:
        return {name: term for name, term in self.regularizers.items() if step % term.every == 0}


def _needs_discriminator(term: Regularizer) -> bool:
    selects_rows = type(term).select_rows is not Regularizer.select_rows  # of the adversarial loss
    reads_it = term.reads_features or term.reads_both_losses or term.guesses_labels
    return term.applies_to("discriminator") or reads_it or selects_rows


def _refuse(samples: Tree) -> DiscriminatorOutput:
    raise UserError("Regression has no discriminator, which a regularizer reads; remove it, or use another game")
