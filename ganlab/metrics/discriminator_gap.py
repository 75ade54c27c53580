"""Gap between the discriminator's outputs on training samples and on held-out ones: overfitting of D."""

import copy
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Capability, as_output
from ganlab.metrics.metric import EvaluationContext, ModelMetric
from ganlab.metrics.player_copies import real_batches, require_player


@final
class DiscriminatorGap(ModelMetric):
    """Mean output of D on training samples minus that on held-out ones, in standard deviations of the latter.

    Both are real, so only memorisation distinguishes them (Karras et al. 2020, ADA, eq. 1, whose r_v has this
    difference as its numerator). 0 is best; with n samples each, chance alone gives about ± 1.4/√n. Infinite data has
    no gap, because its training samples are as new as the held-out ones. The live discriminator is used, in evaluation
    mode and without augmentation; patch logits are averaged per sample, and a pack counts as one sample. If all
    held-out outputs are equal, the difference is not divided.
    """

    name: ClassVar[str] = "discriminator_gap"
    scores: ClassVar[dict[str, bool | None]] = {"discriminator_gap": False}
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.DISCRIMINATOR})

    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return `discriminator_gap`; raises ValueError without a discriminator or if a split is empty."""
        network = copy.deepcopy(require_player(context.game, "discriminator", self)).eval()
        train, held_out = (self._outputs(network, context, split) for split in ("train", context.held_out))
        deviation = float(held_out.std(correction=0))
        return {"discriminator_gap": float(train.mean() - held_out.mean()) / (deviation or 1.0)}

    @torch.no_grad()
    def _outputs(self, network: nn.Module, context: EvaluationContext, split: str) -> Tensor:
        batches = real_batches(context, split, context.samples, self.name)
        outputs = (as_output(network(sample, cond)).logits.double() for sample, cond in batches)
        return torch.cat([logits.reshape(len(logits), -1).mean(1).cpu() for logits in outputs])
