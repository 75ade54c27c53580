"""The GAN: a generator against a discriminator (Goodfellow et al. 2014); `AdversarialGame.losses` is its heart."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

from torch import Tensor, nn

from ganlab.core.interfaces import (
    AdversarialLoss,
    Augment,
    Batch,
    Component,
    DiscriminatorOutput,
    Game,
    Latent,
    Regularizer,
    ShowsFeatures,
    ShowsMaps,
    Spec,
    as_output,
)
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.games.discriminator_pass import discriminate_jointly, perturb_samples, treats_samples_independently
from ganlab.games.fake_batch import FakeBatch, generate_fakes
from ganlab.games.loss_terms import adversarial_rows, mean_value, vector_field
from ganlab.layers import build_packed
from ganlab.layers.winograd import use_direct_convolutions


class AdversarialGame(Game):
    """One generator and one discriminator with an adversarial loss, regularizers, and an augmentation of D's input.

    If the discriminator is updated before the generator on one batch, both use the same fake samples from one forward
    pass: the generator is unchanged in between, so its graph is still valid. The discriminator receives `packing`
    samples at once (Lin et al. 2018, PacGAN); penalties on its gradient are those of single samples. Raises ValueError
    for a packing below 1.
    """

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        packing: int = 1,
    ) -> None:
        super().__init__()
        latent = latent.fit(spec)
        self.spec = replace(spec, latent=latent.size, latent_channels=latent.channels)
        self.generator = generator(self.spec)
        self.discriminator = build_packed(discriminator, self.spec, packing)
        self.loss, self.latent, self.augment = loss, latent, augment
        self.regularizers = dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        features = self.discriminator.feature_size if isinstance(self.discriminator, ShowsFeatures) else 0
        for term in regularizers.values():
            term.build(self.spec, features, latent)
            if isinstance(self.discriminator, ShowsMaps):
                term.build_on_maps(self.spec, self.discriminator.map_shapes)
        self._joins_batches = treats_samples_independently(self.discriminator)
        self._reads_features = any(term.reads_features for term in regularizers.values())
        self._reads_both_losses = any(term.reads_both_losses for term in regularizers.values())
        if self._reads_both_losses or any(term.differentiates for term in regularizers.values()):
            use_direct_convolutions(self.discriminator)
        self._shared: FakeBatch | None = None  # generated for both players
        self._logits: dict[str, Tensor] = {}  # of the discriminator's latest loss

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return a player's adversarial loss and, by name, the weighted penalties of its regularizers.

        The player minimises their sum. A lazy regularizer acts at every `every`-th update of its player, and counts
        `every` times then (Karras et al. 2020, StyleGAN2, section 3.1).
        """
        active = self._active_terms(player, step)
        view = self.view(player, batch, active.values())
        adversarial = self.loss.compute(player, view, adversarial_rows(active.values(), view))
        losses = {"adversarial": mean_value(adversarial, self.loss)}
        for name, term in active.items():
            losses[name] = term.weight * term.every * mean_value(term.penalty(view), term)
        if player == "discriminator":
            self._logits = {"real": view.on_real.logits.detach(), "fake": view.on_fake.logits.detach()}
            self.augment.observe(self._logits["real"] - (self.loss.boundary or 0.0))
        return losses

    def view(self, player: str, batch: Batch, terms: Collection[Regularizer]) -> BatchView:
        """Return a player's view of a batch, for the adversarial loss and these terms."""
        fakes = cache(lambda: self._take_fakes(batch, player))
        discriminate = partial(self.discriminate, cond=batch.cond)
        differentiable = any(term.differentiates for term in terms)
        # A penalty differentiates the outputs of one batch only, so it would pay for both.
        joins = self._joins_batches and player == "discriminator" and not differentiable
        return BatchView(
            real=batch.sample,
            player=player,
            network=self.players()[player],
            differentiable=differentiable,
            generate=lambda: fakes().fake,
            discriminator=discriminate,
            random=self.random,
            cond=batch.cond,
            draw_latents=lambda: fakes().latents,
            compute_vector_field=lambda: vector_field(self, self.loss, batch, discriminate),
            discriminate_jointly=partial(self._discriminate_jointly, batch.cond) if joins else None,
        )

    def discriminate(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        """Return D's output for samples, which are augmented and perturbed first, as everything that D receives."""
        return self._output(self._perturb(samples), cond)

    def _discriminate_jointly(
        self, cond: Tree, first: Tree, second: Tree
    ) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        return discriminate_jointly(self._output, self._perturb(first), self._perturb(second), cond)

    def _perturb(self, samples: Tree) -> Tree:
        return perturb_samples(samples, self.augment, self.regularizers.values(), self.random)

    def _output(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        if self._reads_features:
            output: DiscriminatorOutput = self.discriminator.discriminate(samples, cond)  # type: ignore[operator]
            return output
        return as_output(self.discriminator(samples, cond))

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the two networks."""
        return {"discriminator": self.discriminator, "generator": self.generator}

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers."""
        return self.regularizers

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers, some of which have weights."""
        return [term for term in self.regularizers.values() if term.player == player]

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return the discriminator's weights for the generator's update, unless a term reads both losses."""
        if player == "discriminator" or self._reads_both_losses:
            return []
        return [weight for weight in self.discriminator.parameters() if weight.requires_grad]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of the player's regularizers and, for the discriminator, of the augmentation."""
        components: list[Component] = [term for term in self.regularizers.values() if term.applies_to(player)]
        if player == "discriminator":
            components.append(self.augment)
        return [total for component in components for total in component.batch_sums()]

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Generate fake samples once if the generator is updated after the discriminator."""
        if list(order) == ["discriminator", "generator"]:
            self._shared = self._generate(batch)

    def after_update(self, player: str, step: int) -> None:
        """Let the player's regularizers change its weights, and update their statistics and the augmentation's."""
        for term in self._active_terms(player, step).values():
            term.after_update(self.players()[player])
            term.apply_batch_sums()
        if player == "discriminator":
            self.augment.apply_batch_sums()

    def diagnostics(self) -> dict[str, Tensor]:
        """Return D's mean output for real and for fake samples, and its accuracy."""
        if not self._logits:
            return {}
        real, fake = self._logits["real"].float(), self._logits["fake"].float()
        means = {"discriminator/real": real.mean(), "discriminator/fake": fake.mean()}
        return means | {"discriminator/accuracy": self.loss.accuracy(real, fake)} | self.augment.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return D's outputs for the real and fake samples of this process's latest microbatch."""
        return {f"discriminator_outputs/{kind}": logits for kind, logits in self._logits.items()}

    def _active_terms(self, player: str, step: int) -> dict[str, Regularizer]:
        """Return the regularizers that act at a player's update number `step`."""
        terms = self.regularizers.items()
        return {name: term for name, term in terms if term.applies_to(player) and step % term.every == 0}

    def _generate(self, batch: Batch) -> FakeBatch:
        return generate_fakes(batch, self.generator, self.latent, self.random)

    def _take_fakes(self, batch: Batch, player: str) -> FakeBatch:
        """Return the fake samples shared for this batch, or new ones; the generator is the last to use shared ones."""
        if self._shared is None or self._shared.real is not batch.sample:
            return self._generate(batch)
        fakes = self._shared
        # With microbatches nothing is shared, and later draws of latents must be the same in both cases.
        self.random.skip(fakes.draws)
        if player == "generator":
            self._shared = None
        return fakes
