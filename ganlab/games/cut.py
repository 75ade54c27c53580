"""CUT: translation in one direction that keeps what is at each place of an image (Park et al. 2020)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Capability, Latent, Regularizer, Spec
from ganlab.games.domain import Domain, DomainBatch
from ganlab.games.fake_batch import FakeBatch, generate_fakes
from ganlab.games.image_pool import ImagePool
from ganlab.games.one_domain import OneDomainGame
from ganlab.games.patch_contrast import EncodesImages, PatchContrast
from ganlab.games.translation import reject_terms_of_both_losses, require_source_images, with_latents
from ganlab.games.two_way import Unconditional


class CUT(OneDomainGame):
    """A generator of targets from source images against a discriminator, with a contrastive loss of patches.

    In addition to its adversarial loss, the generator minimises `nce` times the loss of `PatchContrast` between a
    source and its translation, and `identity` times that between a target image and what the generator makes of it (eq.
    5; the paper's λ_X and λ_Y), both in the feature maps of the generator's own encoder. FastCUT is nce=10 with
    identity=0. The networks of the contrastive loss are updated with the generator. Raises ValueError for data without
    source images, domains of unlike shapes, a generator that shows no maps, a negative weight, and regularizers of both
    losses.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset({Capability.DISCRIMINATOR})
    shows_conditions: ClassVar[bool] = False

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        nce: float = 1.0,
        identity: float = 1.0,
        patches: int = 256,
        temperature: float = 0.07,
        width: int = 256,
    ) -> None:
        super().__init__()
        require_source_images(spec, "CUT")
        if spec.sample != spec.cond:
            raise ValueError(
                f"CUT encodes translated images like sources, so both must have one shape, got {spec.cond} for sources "
                f"and {spec.sample} for targets; use game=cyclegan, or convert one of them"
            )
        for name, value in (("nce", nce), ("identity", identity)):
            if not value >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        reject_terms_of_both_losses(regularizers)
        self.latent, self.loss = latent.fit(spec), loss
        self.spec = with_latents(spec, self.latent)
        self.nce, self.identity = nce, identity
        self.generator = generator(self.spec)
        self.discriminator = Unconditional(discriminator(replace(self.spec, cond=None)))
        self.contrast = PatchContrast(_encoded_channels(self.generator), patches, temperature, width)
        self.augment, self.regularizers = augment, dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        pool = ImagePool(0, self.spec.sample)  # type: ignore[arg-type]
        self.domain = Domain(
            self.spec,
            self.discriminator.discriminator,
            loss,
            regularizers,
            self.regularizers,
            augment,
            pool,
            self.latent,
        )

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers and, for the generator, the networks of the contrastive loss."""
        terms = super().extra_modules(player)
        return [self.contrast, *terms] if player == "generator" else terms

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return the adversarial loss, the penalties and, for the generator, `nce` and `identity_nce`."""
        take = self.takes(batch)
        seen = DomainBatch(batch.sample, batch.cond, None, take, self.generator, self.random)
        losses = self.domain.losses(player, step, seen)
        if player == "generator":
            losses |= self._contrastive_losses(batch, take())
        self.release(player)
        return losses

    def _contrastive_losses(self, batch: Batch, fakes: FakeBatch) -> dict[str, Tensor]:
        losses = {}
        if self.nce:
            losses["nce"] = self.nce * self._compare(fakes, batch.cond)
        if self.identity:
            same = generate_fakes(Batch(batch.sample, batch.sample), self.generator, self.latent, self.random)
            losses["identity_nce"] = self.identity * self._compare(same, batch.sample)
        return losses

    def _compare(self, fakes: FakeBatch, originals: Tensor) -> Tensor:
        """Return the mean contrastive loss of translations and what they were made of, with the same latents."""
        generator = cast(EncodesImages, self.generator)
        translated = generator.encode(fakes.latents, fakes.fake)
        with torch.no_grad():  # the originals' vectors are constants
            original = generator.encode(fakes.latents, originals)
        values: Tensor = self.contrast(translated, original, self.random)
        return values.mean()


def _encoded_channels(generator: nn.Module) -> Sequence[int]:
    """Return the channels of a generator's maps; raises ValueError if it shows none."""
    if isinstance(generator, EncodesImages):
        return generator.encoded_channels
    raise ValueError(
        f"CUT reads the feature maps of the generator's encoder, which {type(generator).__name__} does not show; use "
        "generator=resnet_translator"
    )
