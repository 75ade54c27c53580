"""The game of one generator against one discriminator (Goodfellow et al. 2014)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganlab.core import tree
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
    Spec,
    as_output,
)
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.games.means import mean
from ganlab.layers import packed


class _Made(NamedTuple):
    real: Tree  # beside which it was made
    latents: Tensor
    fake: Tree


class AdversarialGame(Game):
    """Generator and discriminator with one loss, any regularizers, and an augmentation of what D sees.

    Where the discriminator moves before the generator on one batch, both use the same fake samples from one forward
    pass: the generator has not changed in between, so its graph is still good. The discriminator judges `packing`
    samples at once (Lin et al. 2018, PacGAN); penalties on its gradient stay those of single samples. Raises ValueError
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
        self.spec = Spec(spec.sample, spec.cond, spec.classes, latent.size)
        self.generator = generator(self.spec)
        self.discriminator = packed(discriminator, self.spec, packing)
        self.loss, self.latent, self.augment = loss, latent, augment
        self.regularizers = dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # those that have weights or buffers move and are saved with us
        shown = self.discriminator.feature_size if isinstance(self.discriminator, ShowsFeatures) else 0
        for term in regularizers.values():
            term.build(self.spec, shown, latent)
        self._reads_features = any(term.reads_features for term in regularizers.values())
        self._shared: _Made | None = None
        self._logits: dict[str, Tensor] = {}

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the two players."""
        return {"discriminator": self.discriminator, "generator": self.generator}

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers."""
        return self.regularizers

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers, some of which have weights."""
        return [term for term in self.regularizers.values() if term.player == player]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return those of the player's regularizers, and for the discriminator of the augmentation."""
        return [tally for part in self._parts(player) for tally in part.batch_sums()]

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Generate once where the generator moves after the discriminator."""
        if list(order) == ["discriminator", "generator"]:
            self._shared = self._make(batch, self.generator)

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the adversarial term and those of the regularizers that act at this move."""
        regularizers = self.regularizers.items()
        active = {name: term for name, term in regularizers if term.applies_to(player) and step % term.every == 0}
        view = self.view(player, batch, active.values())
        terms = {"adversarial": mean(self.loss.of(player, view, _rows(active.values(), view)), self.loss)}
        for name, term in active.items():
            terms[name] = term.weight * term.every * mean(term.penalty(view), term)
        if player == "discriminator":
            self._logits = {"real": view.on_real.logits.detach(), "fake": view.on_fake.logits.detach()}
            self.augment.observe(self._logits["real"] - (self.loss.boundary or 0.0))
        return terms

    def view(self, player: str, batch: Batch, terms: Collection[Regularizer]) -> BatchView:
        """Return a player's view of a batch, as these terms of its loss need it."""
        made = cache(lambda: self._generate(batch, player))
        discriminate = partial(self.discriminate, cond=batch.cond)
        return BatchView(
            real=batch.sample,
            player=player,
            network=self.players()[player],
            differentiable=any(term.differentiates for term in terms),
            generate=lambda: made().fake,
            discriminator=discriminate,
            random=self.random,
            cond=batch.cond,
            draw=lambda: made().latents,
            vector_field=lambda: self._vector_field(batch, discriminate),
        )

    def after_update(self, player: str, step: int) -> None:
        """Let the player's regularizers correct its weights, and take in what they and the augmentation have seen."""
        for term in self.regularizers.values():
            if term.applies_to(player) and step % term.every == 0:
                term.after_update(self.players()[player])
                term.apply_batch_sums()
        if player == "discriminator":
            self.augment.apply_batch_sums()

    def diagnostics(self) -> dict[str, Tensor]:
        """Return D's mean output on real and fake samples and the share of each that it tells right."""
        if not self._logits:
            return {}
        real, fake = self._logits["real"].float(), self._logits["fake"].float()
        right = self.loss.accuracy(real, fake)
        seen = {"discriminator/real": real.mean(), "discriminator/fake": fake.mean(), "discriminator/accuracy": right}
        return seen | self.augment.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return D's outputs on the latest real and fake samples of this process, of its last microbatch."""
        return {f"discriminator_outputs/{kind}": logits for kind, logits in self._logits.items()}

    def discriminate(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        """Return what D says of samples, augmented and perturbed as all that it gets to see."""
        samples = self.augment(samples, self.random)
        for term in self.regularizers.values():
            if self.random.step % term.every == 0:  # for both players the same, so by the step and not by moves
                samples = term.perturb_input(samples, self.random.step, self.random)
        if self._reads_features:
            output: DiscriminatorOutput = self.discriminator.discriminate(samples, cond)  # type: ignore[operator]
            return output
        return as_output(self.discriminator(samples, cond))

    def _parts(self, player: str) -> list[Component]:
        mine: list[Component] = [term for term in self.regularizers.values() if term.applies_to(player)]
        return [*mine, self.augment] if player == "discriminator" else mine

    def _make(self, batch: Batch, network: nn.Module) -> _Made:
        sample = tree.first(batch.sample)
        latents = self.latent.sample(len(sample), self.random, sample.device)
        return _Made(batch.sample, latents, network(latents, batch.cond))

    def _generate(self, batch: Batch, player: str) -> _Made:
        if self._shared is None or self._shared.real is not batch.sample:
            return self._make(batch, self.generator)
        made = self._shared
        # Drawn for nothing, so that who draws latents after this gets what it gets where the batch is cut in pieces.
        self.latent.sample(tree.length(batch.sample), self.random)
        if player == "generator":
            self._shared = None
        return made

    def _vector_field(self, batch: Batch, discriminate: Callable[[Tree], DiscriminatorOutput]) -> list[Tensor]:
        """Differentiate both losses by their own player's weights (Mescheder et al. 2017, eq. 2)."""
        fields: list[Tensor] = []
        with torch.enable_grad(), tree.exact(tree.first(batch.sample)):
            fake = tree.widen(self.sample(batch, self.generator))
            for player, network in self.players().items():
                # The generator's view for both, as it alone leaves the fake samples in the generator's graph.
                view = BatchView(
                    real=batch.sample,
                    player="generator",
                    generate=lambda: fake,
                    discriminator=discriminate,
                    random=self.random,
                )
                weights = list(network.parameters())
                loss = self.loss.of(player, view).mean()
                fields += torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
        return fields


def _rows(terms: Collection[Regularizer], view: BatchView) -> Tensor | None:
    """Return the rows of the verdicts that the terms leave to the adversarial loss, or None where that is all."""
    logits = view.on_fake.logits
    rows = torch.arange(len(logits), device=logits.device)
    for term in terms:
        rows = term.select_rows(rows, view)
    return rows if len(rows) < len(logits) else None
