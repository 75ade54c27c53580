"""One domain of images in a game of several: its discriminator and everything that the discriminator sees."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import final

from torch import Tensor, nn

from ganlab.core.interfaces import (
    AdversarialLoss,
    Augment,
    BatchView,
    Component,
    DiscriminatorOutput,
    Latent,
    Regularizer,
    ShowsFeatures,
    ShowsMaps,
    Spec,
    as_output,
)
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.games.discriminator_pass import discriminate_jointly, perturb_samples, treats_samples_independently
from ganlab.games.fake_batch import FakeBatch
from ganlab.games.image_pool import ImagePool
from ganlab.games.loss_terms import adversarial_rows, mean_value
from ganlab.layers.winograd import use_direct_convolutions


@final
class Domain:
    """The discriminator of a domain, which receives no condition, and the losses of both players there.

    `terms` are the regularizers of this domain alone, and `weighing` those whose weights count, which hooks may change;
    both have the same names. The game registers the modules.
    """

    def __init__(
        self,
        spec: Spec,
        discriminator: nn.Module,
        loss: AdversarialLoss,
        terms: Mapping[str, Regularizer],
        weighing: Mapping[str, Regularizer],
        augment: Augment,
        pool: ImagePool,
        latent: Latent,
    ) -> None:
        self.spec, self.discriminator, self.loss, self.latent = spec, discriminator, loss, latent
        self.terms, self.weighing, self.augment, self.pool = dict(terms), weighing, augment, pool
        self.logits: dict[str, Tensor] = {}  # of the discriminator's latest loss
        features = discriminator.feature_size if isinstance(discriminator, ShowsFeatures) else 0
        for term in terms.values():
            term.build(spec, features, latent)
            if isinstance(discriminator, ShowsMaps):
                term.build_on_maps(spec, discriminator.map_shapes)
        self._joins_batches = treats_samples_independently(discriminator)
        self._reads_features = any(term.reads_features for term in terms.values())
        if any(term.differentiates for term in terms.values()):
            use_direct_convolutions(discriminator)

    def losses(
        self,
        player: str,
        step: int,
        real: Tree,
        cond: Tree,
        take: Callable[[], FakeBatch],
        random: Random,
        net: nn.Module,
    ) -> dict[str, Tensor]:
        """Return a player's adversarial loss and weighted penalties by name; `take` returns the fake samples."""
        active = {name: term for name, term in self.terms.items() if self._acts(term, player, step)}
        differentiable = any(term.differentiates for term in active.values())
        joins = self._joins_batches and player == "discriminator" and not differentiable
        discriminate = partial(self._discriminate, random)
        mixes = player == "discriminator"
        view = BatchView(
            real=real,
            player=player,
            network=self.discriminator if player == "discriminator" else net,
            differentiable=differentiable,
            generate=lambda: self.pool(take().fake, random) if mixes else take().fake,
            discriminator=discriminate,
            random=random,
            cond=cond,
            draw_latents=lambda: take().latents,
            discriminate_jointly=partial(self._discriminate_jointly, random) if joins else None,
        )
        adversarial = self.loss.compute(player, view, adversarial_rows(active.values(), view))
        losses = {"adversarial": mean_value(adversarial, self.loss)}
        for name, term in active.items():
            weight = self.weighing[name].weight * term.every
            losses[name] = weight * mean_value(term.penalty(view), term)
        if player == "discriminator":
            self.logits = {"real": view.on_real.logits.detach(), "fake": view.on_fake.logits.detach()}
            self.augment.observe(self.logits["real"] - (self.loss.boundary or 0.0))
        return losses

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of a player's regularizers and, for the discriminator, of the augmentation and the pool."""
        components: list[Component] = [term for term in self.terms.values() if term.applies_to(player)]
        if player != "discriminator":
            return [total for component in components for total in component.batch_sums()]
        components.append(self.augment)
        return [*(total for component in components for total in component.batch_sums()), *self.pool.batch_sums()]

    def after_update(self, player: str, step: int, network: nn.Module) -> None:
        """Let regularizers change the weights of a player's network here, and update all statistics."""
        for term in self.terms.values():
            if self._acts(term, player, step):
                term.after_update(network)
                term.apply_batch_sums()
        if player == "discriminator":
            self.augment.apply_batch_sums()
            self.pool.apply_batch_sums()

    def _acts(self, term: Regularizer, player: str, step: int) -> bool:
        return term.applies_to(player) and step % term.every == 0

    def _perturb(self, samples: Tree, random: Random) -> Tree:
        return perturb_samples(samples, self.augment, self.terms.values(), random)

    def _discriminate(self, random: Random, samples: Tree) -> DiscriminatorOutput:
        return self._output(self._perturb(samples, random), None)

    def _discriminate_jointly(
        self, random: Random, first: Tree, second: Tree
    ) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        return discriminate_jointly(self._output, self._perturb(first, random), self._perturb(second, random), None)

    def _output(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        if self._reads_features:
            output: DiscriminatorOutput = self.discriminator.discriminate(samples, cond)  # type: ignore[operator]
            return output
        return as_output(self.discriminator(samples, cond))
