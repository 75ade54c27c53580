"""CycleGAN: two generators between two domains of images, of which no pairs are known (Zhu et al. 2017)."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Capability, Game, Latent, Regularizer, Spec
from ganlab.core.tree import Tree
from ganlab.games.domain import Domain, DomainBatch
from ganlab.games.fake_batch import FakeBatch, generate_fakes
from ganlab.games.image_pool import ImagePool
from ganlab.games.translation import reject_terms_of_both_losses, require_source_images, swapped, with_latents
from ganlab.games.two_way import DomainDiscriminators, TwoWayTranslator

FORWARD, BACKWARD = "forward", "backward"  # from sources to targets, and from targets to sources


class _SharedFakes(NamedTuple):
    """The real targets of a batch, and the fakes of both directions that both players use for it."""

    real: Tree
    fakes: dict[str, FakeBatch]


class CycleGAN(Game):
    """Two generators and two discriminators; the condition is the source image, and the sample is the target image.

    A player is both networks of a kind, with one optimizer, as in the authors' code. In addition to the adversarial
    losses, the generators minimise `cycle` times the mean absolute difference of an image and its way there and back
    (eq. 2), in both domains, and `cycle · identity` times that of an image of a generator's own target domain and what
    the generator makes of it (section 5.2), if the two domains have images of one shape; else that term is left out.
    The discriminators receive fakes from a pool of `pool` past ones in each domain. Regularizers and the augmentation
    act in both domains, with statistics of their own. Raises ValueError for data without source images, for a negative
    weight or pool, and for regularizers of both losses.
    """

    provides: ClassVar[frozenset[Capability]] = frozenset({Capability.DISCRIMINATOR, Capability.WAY_BACK})
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
        cycle: float = 10.0,
        identity: float = 0.5,
        pool: int = 50,
    ) -> None:
        super().__init__()
        require_source_images(spec, "CycleGAN")
        for name, value in (("cycle", cycle), ("identity", identity)):
            if not value >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        reject_terms_of_both_losses(regularizers)
        latents = {FORWARD: latent.fit(spec), BACKWARD: latent.fit(swapped(spec))}
        specs = {
            FORWARD: with_latents(spec, latents[FORWARD]),
            BACKWARD: with_latents(swapped(spec), latents[BACKWARD]),
        }
        self.spec, self.latent, self.loss = specs[FORWARD], latents[FORWARD], loss
        self.cycle, self.identity = cycle, identity
        self._keeps_shape = spec.sample == spec.cond
        self.generators = TwoWayTranslator(generator(specs[FORWARD]), generator(specs[BACKWARD]))
        critics = {way: discriminator(replace(way_spec, cond=None)) for way, way_spec in specs.items()}
        self.discriminators = DomainDiscriminators(critics[FORWARD], critics[BACKWARD])
        self.regularizers = dict(regularizers)
        terms = {FORWARD: self.regularizers, BACKWARD: deepcopy(self.regularizers)}
        augments = {FORWARD: augment, BACKWARD: deepcopy(augment)}
        pools = {way: ImagePool(pool, way_spec.sample) for way, way_spec in specs.items()}  # type: ignore[arg-type]
        self.domains = {
            way: Domain(
                specs[way], critics[way], loss, terms[way], self.regularizers, augments[way], pools[way], latents[way]
            )
            for way in specs
        }
        # Registered, so their weights and buffers are moved and saved with the game.
        self._terms = nn.ModuleList(nn.ModuleDict(named) for named in terms.values())
        self._augments, self._pools = nn.ModuleList(augments.values()), nn.ModuleList(pools.values())
        self._shared: _SharedFakes | None = None

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """Both generators; called, it translates sources to targets."""
        return self.generators

    def players(self) -> dict[str, nn.Module]:
        """Return both discriminators as one player, and both generators as the other."""
        return {"discriminator": self.discriminators, "generator": self.generators}

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers; their weights count in both domains."""
        return self.regularizers

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers of both domains."""
        return [term for domain in self.domains.values() for term in domain.terms.values() if term.player == player]

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return the discriminators' weights for the generators' update."""
        if player == "discriminator":
            return []
        return [weight for weight in self.discriminators.parameters() if weight.requires_grad]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of both domains."""
        return [total for domain in self.domains.values() for total in domain.batch_sums(player)]

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Generate fake samples once if the generators are updated after the discriminators."""
        if list(order) == ["discriminator", "generator"]:
            fakes = {way: self._generate(way, batch) for way in self.domains}
            self._shared = _SharedFakes(batch.sample, fakes)

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return `adversarial` and each penalty for each direction and, for the generators, `cycle` and `identity`."""
        takes = {way: self._takes(way, batch, player) for way in self.domains}
        losses: dict[str, Tensor] = {}
        for way, domain in self.domains.items():
            real, cond = self._images(way, batch)
            seen = DomainBatch(real, cond, None, takes[way], self._network(way), self.random)
            losses |= {f"{name}_{way}": value for name, value in domain.losses(player, step, seen).items()}
        if player == "generator":
            losses |= self._generator_losses(batch, takes)
            self._shared = None  # the generators are the last to use them
        return losses

    def translate_back(self, samples: Tree, network: nn.Module) -> Tree:
        """Return the sources (n, *spec.cond) that a network like the sampler makes of targets (n, *spec.sample)."""
        latents = self._draw_latents(BACKWARD, samples)
        return network.translate_back(latents, samples)  # type: ignore[operator]

    def after_update(self, player: str, step: int) -> None:
        """Let the player's regularizers change its weights, and update all statistics and pools."""
        for way, domain in self.domains.items():
            network = domain.discriminator if player == "discriminator" else self._network(way)
            domain.after_update(player, step, network)

    def diagnostics(self) -> dict[str, Tensor]:
        """Return each D's mean output for real and fake samples, and the mean of their accuracies."""
        values: dict[str, Tensor] = {}
        accuracies = []
        for way, domain in self.domains.items():
            known = domain.diagnostics()
            if known:
                accuracies.append(known.pop("discriminator/accuracy"))
            values |= {f"{name}_{way}": value for name, value in known.items()}
        return values | ({"discriminator/accuracy": torch.stack(accuracies).mean()} if accuracies else {})

    def histograms(self) -> dict[str, Tensor]:
        """Return each D's outputs for the real and fake samples of this process's latest microbatch."""
        return {
            f"{name}_{way}": values
            for way, domain in self.domains.items()
            for name, values in domain.histograms().items()
        }

    def _generator_losses(self, batch: Batch, takes: Mapping[str, Callable[[], FakeBatch]]) -> dict[str, Tensor]:
        errors, same = [], []
        for way, back in ((FORWARD, BACKWARD), (BACKWARD, FORWARD)):
            target, source = self._images(way, batch)
            errors.append(_distance(self._translate(back, takes[way]().fake), source))
            if self._keeps_shape and self.identity:
                same.append(_distance(self._translate(way, target), target))
        losses = {"cycle": self.cycle * torch.stack(errors).sum()}
        return losses | ({"identity": self.cycle * self.identity * torch.stack(same).sum()} if same else {})

    def _images(self, way: str, batch: Batch) -> tuple[Tree, Tree]:
        """Return the real images of the direction's target domain, and those that it translates."""
        return (batch.sample, batch.cond) if way == FORWARD else (batch.cond, batch.sample)

    def _network(self, way: str) -> nn.Module:
        return self.generators.to_target if way == FORWARD else self.generators.to_source

    def _draw_latents(self, way: str, images: Tree) -> Tensor:
        image = tree.first(images)
        return self.domains[way].latent.sample(len(image), self.random, image.device).to(image.dtype)

    def _translate(self, way: str, images: Tree) -> Tree:
        return self._network(way)(self._draw_latents(way, images), images)

    def _generate(self, way: str, batch: Batch) -> FakeBatch:
        real, cond = self._images(way, batch)
        return generate_fakes(Batch(real, cond), self._network(way), self.domains[way].latent, self.random)

    def _takes(self, way: str, batch: Batch, player: str) -> Callable[[], FakeBatch]:
        """Return a function that returns the fakes shared for this batch, or new ones, the same at every call."""
        if self._shared is None or self._shared.real is not batch.sample:
            return cache(lambda: self._generate(way, batch))
        fakes = self._shared.fakes[way]
        if way == BACKWARD:  # generated last; with microbatches nothing is shared, and later draws must be the same
            self.random.skip(fakes.draws)
        return lambda: fakes


def _distance(first: Tree, second: Tree) -> Tensor:
    return (tree.widen(first) - tree.widen(second)).abs().mean()
