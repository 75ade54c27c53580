"""A domain of samples in a game: its discriminator, everything that it sees, and the losses of both players there."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import NamedTuple, final

from torch import Tensor, nn

from ganlab.core.interfaces import (
    AdversarialLoss,
    Augment,
    BatchView,
    Component,
    DiscriminatorOutput,
    DrawsParts,
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


class DomainBatch(NamedTuple):
    """What both players see of a domain in one batch."""

    real: Tree
    cond: Tree  # of the samples
    shown: Tree  # of these conditions, those that the discriminator receives, too
    take: Callable[[], FakeBatch]  # returns the fake samples, the same at every call
    generator: nn.Module
    random: Random
    compute_vector_field: Callable[[], list[Tensor]] | None = None  # see `BatchView`


@final
class Domain:
    """The discriminator of a domain, and the losses of both players there.

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
        self._draw_parts = discriminator.draw_parts if isinstance(discriminator, DrawsParts) else _draw_none
        self._joins_batches = treats_samples_independently(discriminator)
        self._reads_features = any(term.reads_features for term in terms.values())
        if any(term.differentiates or term.reads_both_losses for term in terms.values()):
            use_direct_convolutions(discriminator)

    def losses(self, player: str, step: int, batch: DomainBatch) -> dict[str, Tensor]:
        """Return a player's adversarial loss and, by name, the weighted penalties of its regularizers.

        A lazy regularizer acts at every `every`-th update of its player, and counts `every` times then (Karras et al.
        2020, StyleGAN2, section 3.1).
        """
        active = self._active_terms(player, step)
        view = self.view(player, batch, active.values())
        adversarial = self.loss.compute(player, view, adversarial_rows(active.values(), view))
        losses = {"adversarial": mean_value(adversarial, self.loss)}
        for name, term in active.items():
            losses[name] = self.weighing[name].weight * term.every * mean_value(term.penalty(view), term)
        if player == "discriminator":
            self.logits = {"real": view.on_real.logits.detach(), "fake": view.on_fake.logits.detach()}
            self.augment.observe(self.logits["real"] - (self.loss.boundary or 0.0))
        return losses

    def view(self, player: str, batch: DomainBatch, terms: Collection[Regularizer]) -> BatchView:
        """Return a player's view of a batch, for the adversarial loss and these terms."""
        differentiable = any(term.differentiates for term in terms)
        is_discriminator = player == "discriminator"
        # A penalty differentiates the outputs of one batch only, so it would pay for both.
        joins = self._joins_batches and is_discriminator and not differentiable
        return BatchView(
            real=batch.real,
            player=player,
            network=self.discriminator if is_discriminator else batch.generator,
            differentiable=differentiable,
            generate=lambda: self.pool(batch.take().fake, batch.random) if is_discriminator else batch.take().fake,
            discriminator=lambda samples: self.discriminate(samples, batch.shown, batch.random),
            random=batch.random,
            cond=batch.cond,
            draw_latents=lambda: batch.take().latents,
            compute_vector_field=batch.compute_vector_field,
            discriminate_jointly=partial(self._discriminate_jointly, batch.shown, batch.random) if joins else None,
        )

    def discriminate(self, samples: Tree, cond: Tree, random: Random) -> DiscriminatorOutput:
        """Return D's output for samples, which are augmented and perturbed first, as everything that D receives."""
        return self._output(self._perturb(samples, random), cond)

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of a player's regularizers and, for the discriminator, of the augmentation and the pool."""
        components: list[Component] = [term for term in self.terms.values() if term.applies_to(player)]
        if player != "discriminator":
            return [total for component in components for total in component.batch_sums()]
        components.append(self.augment)
        return [*(total for component in components for total in component.batch_sums()), *self.pool.batch_sums()]

    def after_update(self, player: str, step: int, network: nn.Module) -> None:
        """Let regularizers change the weights of a player's network here, and update all statistics."""
        for term in self._active_terms(player, step).values():
            term.after_update(network)
            term.apply_batch_sums()
        if player == "discriminator":
            self.augment.apply_batch_sums()
            self.pool.apply_batch_sums()

    def diagnostics(self) -> dict[str, Tensor]:
        """Return D's mean output for real and for fake samples, its accuracy, and what the augmentation reports."""
        if not self.logits:
            return {}
        real, fake = self.logits["real"].float(), self.logits["fake"].float()
        means = {"discriminator/real": real.mean(), "discriminator/fake": fake.mean()}
        return means | {"discriminator/accuracy": self.loss.accuracy(real, fake)} | self.augment.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return D's outputs for the real and fake samples of this process's latest microbatch."""
        return {f"discriminator_outputs/{kind}": logits for kind, logits in self.logits.items()}

    def _active_terms(self, player: str, step: int) -> dict[str, Regularizer]:
        """Return the regularizers that act at a player's update number `step`."""
        terms = self.terms.items()
        return {name: term for name, term in terms if term.applies_to(player) and step % term.every == 0}

    def _perturb(self, samples: Tree, random: Random) -> Tree:
        return self._draw_parts(perturb_samples(samples, self.augment, self.terms.values(), random), random)

    def _discriminate_jointly(
        self, cond: Tree, random: Random, first: Tree, second: Tree
    ) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        return discriminate_jointly(self._output, self._perturb(first, random), self._perturb(second, random), cond)

    def _output(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        if self._reads_features:
            output: DiscriminatorOutput = self.discriminator.discriminate(samples, cond)  # type: ignore[operator]
            return output
        return as_output(self.discriminator(samples, cond))


def _draw_none(samples: Tree, random: Random) -> Tree:
    return samples
