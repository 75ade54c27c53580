"""The GAN of sequences by the straight-through Gumbel-softmax (Kusner & Hernández-Lobato 2016; Jang et al. 2017)."""

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor, nn

from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, Latent, Regularizer, Spec
from ganlab.games.domain import DomainBatch
from ganlab.games.fake_batch import FakeBatch
from ganlab.games.pretraining import PretrainedGame


@final
class GumbelGame(PretrainedGame):
    """The generator receives the discriminator's gradients through its symbols, as if they were relaxed.

    The discriminator sees exact symbols; their gradients are those of a softmax at the temperature `relaxation`, which
    falls to `final_relaxation`, by the same factor at each of the first `annealing_steps` steps after pre-training
    (Nie et al. 2019, RelGAN, section 2.3). Raises ValueError for a relaxation that is not positive, and what
    `PretrainedGame` raises.
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
        pretraining_steps: int = 0,
        discriminator_steps: int = 0,
        likelihood: float = 0.0,
        relaxation: float = 1.0,
        final_relaxation: float = 1.0,
        annealing_steps: int = 0,
    ) -> None:
        super().__init__(
            spec,
            generator,
            discriminator,
            loss,
            regularizers,
            augment,
            latent,
            pretraining_steps,
            discriminator_steps,
            likelihood,
        )
        for name, value in (("relaxation", relaxation), ("final_relaxation", final_relaxation)):
            if not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        if annealing_steps < 0:
            raise ValueError(f"annealing_steps must be at least 0, got {annealing_steps}")
        self.relaxation, self.final_relaxation, self.annealing_steps = relaxation, final_relaxation, annealing_steps

    def adversarial_losses(self, step: int, seen: DomainBatch) -> dict[str, Tensor]:
        """Return the adversarial loss and the penalties."""
        return self.domain.losses("generator", step, seen)

    def temperature(self, step: int) -> float:
        """Return the temperature of the relaxed symbols at a step of the run."""
        done = step - self.adversarial_from
        share = min(max(done / self.annealing_steps, 0.0), 1.0) if self.annealing_steps else 1.0
        return self.relaxation * (self.final_relaxation / self.relaxation) ** share

    def diagnostics(self) -> dict[str, Tensor]:
        """Return the discriminator's outputs, and the temperature."""
        known = super().diagnostics()
        temperature = self.temperature(self.random.step)
        return known | ({"relaxation": next(iter(known.values())).new_tensor(temperature)} if known else {})

    def _generate(self, batch: Batch) -> FakeBatch:
        self.generator.relaxation = self.temperature(self.random.step)
        return super()._generate(batch)
