"""BiGAN: an adversarial game on pairs of a sample and its latents (Donahue et al. 2017; Dumoulin et al. 2017)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.augments import Identity
from ganlab.core import tree
from ganlab.core.interfaces import AdversarialLoss, Batch, Capability, Latent, Regularizer, Spec
from ganlab.core.tree import Tree
from ganlab.games.adversarial import AdversarialGame
from ganlab.games.with_encoder import NEEDS_TWO_NETWORKS, GANWithEncoder
from ganlab.layers import append_codes, build_encoder, channel_axis, with_channels
from ganlab.layers.ordered_layers import Layer, layers_of


class _PairGenerator(nn.Module):
    """Generates pairs: each sample with its latents appended as additional channels."""

    def __init__(self, generator: nn.Module, axis: int) -> None:
        super().__init__()
        self.generator, self.axis = generator, axis

    def forward(self, latents: Tensor, cond: Tree = None) -> Tensor:
        return append_codes(self.generator(latents, cond), latents, self.axis)

    def ordered_layers(self) -> list[Layer]:
        """Return the layers of the generator."""
        return layers_of(self.generator)


class BiGAN(GANWithEncoder):
    """The discriminator distinguishes pairs (x, E(x)) from (G(z), z); the encoder E has its architecture.

    Regularizers act on pairs. E is updated with the generator: its loss is the generator's loss for the real pairs,
    mirrored at the boundary between real and fake, so it is low if real pairs look fake (Donahue et al. 2017, section
    3.4). Raises ValueError for a discriminator that shows no features, a relativistic loss, which has no such term, and
    regularizers of styles, of codes or of both losses.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset({Capability.ADVERSARIAL_LOSS})

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        latent: Latent,
    ) -> None:
        super().__init__()
        if loss.relativistic:
            raise ValueError(
                f"the encoder's loss needs a value for each pair alone, which {type(loss).__name__} does not have; use "
                "another loss, such as non_saturating"
            )
        terms = regularizers.items()
        pairs = "regularizers act on pairs of a sample and its latents"
        self.reject_regularizers((name for name, term in terms if term.reads_styles), f"{pairs}, which have no styles")
        self.reject_regularizers(
            (name for name, term in terms if term.needs_codes), f"{pairs}, which already contain the codes"
        )
        self.reject_regularizers((name for name, term in terms if term.reads_both_losses), NEEDS_TWO_NETWORKS)
        self.axis = channel_axis(spec.sample)
        shape = with_channels(spec.sample, spec.sample[self.axis - 1] + latent.size)  # type: ignore[index]
        sample_spec = replace(spec, latent=latent.size)
        self.gan = AdversarialGame(
            Spec(shape, spec.cond, spec.classes),
            lambda pair_spec: _PairGenerator(generator(sample_spec), self.axis),
            discriminator,
            loss,
            regularizers,
            Identity(),
            latent,
        )
        self.encoder = build_encoder(discriminator, sample_spec, latent.size)
        self.loss, self.latent = loss, latent

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator of samples, without their latents."""
        return self.gan.generator.generator  # type: ignore[return-value]

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the losses of the game on pairs and, for the generator, the encoder's loss."""
        with torch.set_grad_enabled(player == "generator"):
            codes = self.encoder(batch.sample, batch.cond).to(batch.sample.dtype)
            pairs = append_codes(batch.sample, codes, self.axis)
        losses = self.adversarial_game().losses(player, Batch(tree.detach(pairs), batch.cond), step)
        if player == "generator":
            logits = self.adversarial_game().discriminate(pairs, batch.cond).logits
            mirrored = 2 * (self.loss.boundary or 0.0) - logits  # so the loss is low if real pairs look fake
            losses["encoder"] = self.loss.generator(mirrored).mean()
        return losses
