"""A game in which samples come with their latents (Donahue et al. 2017; Dumoulin et al. 2017)."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.augments import Identity
from ganlab.core import tree
from ganlab.core.interfaces import AdversarialLoss, Batch, Capability, Latent, Regularizer, Spec
from ganlab.core.tree import Tree
from ganlab.games.adversarial import AdversarialGame
from ganlab.games.with_encoder import ENCODER_UPDATES_TOO, GANWithEncoder
from ganlab.layers import append_codes, build_encoder, channel_axis, widened


class _Pairs(nn.Module):
    """The generator as the critic sees it: each sample with its latents appended as further channels."""

    def __init__(self, generator: nn.Module, axis: int) -> None:
        super().__init__()
        self.generator, self.axis = generator, axis

    def forward(self, latents: Tensor, cond: Tree = None) -> Tensor:
        return append_codes(self.generator(latents, cond), latents, self.axis)


class BiGAN(GANWithEncoder):
    """The critic judges pairs (x, E(x)) and (G(z), z); G and the encoder E, of the critic's make, want them alike.

    Regularizers act on pairs, and E moves with the generator: to deceive the critic it wants its real pairs to pass
    for fake ones, by the generator's loss mirrored at the boundary between both (Donahue et al. 2017, section 3.4).
    Raises ValueError for a critic that shows no features, a relativistic loss, which has no such term, and regularizers
    of styles, of codes or of both losses.
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
                f"the encoder's term judges pairs one by one, which {type(loss).__name__} does not; use another loss, "
                "such as non_saturating"
            )
        terms = regularizers.items()
        pairs = "regularizers see pairs of a sample and its latents"
        self.reject_regularizers((name for name, term in terms if term.reads_styles), f"{pairs}, which have no styles")
        self.reject_regularizers(
            (name for name, term in terms if term.needs_codes), f"{pairs}, where the codes are no secret"
        )
        self.reject_regularizers((name for name, term in terms if term.reads_both_losses), ENCODER_UPDATES_TOO)
        self.axis = channel_axis(spec.sample)
        shape = widened(spec.sample, spec.sample[self.axis - 1] + latent.size)  # type: ignore[index]
        self.gan = AdversarialGame(
            Spec(shape, spec.cond, spec.classes),
            lambda pairs: _Pairs(generator(Spec(spec.sample, spec.cond, spec.classes, latent.size)), self.axis),
            discriminator,
            loss,
            regularizers,
            Identity(),
            latent,
        )
        self.encoder = build_encoder(
            discriminator, Spec(spec.sample, spec.cond, spec.classes, latent.size), latent.size
        )
        self.loss, self.latent = loss, latent

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator of samples."""
        return self.gan.generator.generator  # type: ignore[return-value]

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the terms of the game of pairs, and for the generator the encoder's."""
        with torch.set_grad_enabled(player == "generator"):
            pairs = append_codes(batch.sample, self.encoder(batch.sample, batch.cond).to(batch.sample.dtype), self.axis)
        terms = self.adversarial().losses(player, Batch(tree.detach(pairs), batch.cond), step)
        if player == "generator":
            logits = self.adversarial().discriminate(pairs, batch.cond).logits
            mirrored = 2 * (self.loss.boundary or 0.0) - logits  # so that reals are what fakes are to the generator
            terms["encoder"] = self.loss.generator(mirrored).mean()
        return terms
