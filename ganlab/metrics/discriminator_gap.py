"""How much better the discriminator likes the real samples that it was trained on."""

import copy
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Capability, as_output
from ganlab.metrics.metric import EvaluationContext, ModelMetric
from ganlab.metrics.player_copies import player, reals


@final
class DiscriminatorGap(ModelMetric):
    """Mean output of D on training samples minus that on held-out ones, in standard deviations of the latter.

    Both are real, so only memory tells them apart (Karras et al. 2020, ADA, eq. 1, whose r_v has this difference as its
    numerator). 0 is best; of n samples each, chance alone gives about ± 1.4/√n. Data without end, whose training
    samples are as fresh as the others, has no gap. The live discriminator is asked, in evaluation mode and without
    augmentation; patches count by their mean, packs as one. Where it says the same of all held-out samples the
    difference is left undivided.
    """

    name: ClassVar[str] = "discriminator_gap"
    scores: ClassVar[dict[str, bool | None]] = {"discriminator_gap": False}
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.DISCRIMINATOR})

    def measure(self, subject: EvaluationContext) -> dict[str, float]:
        """Return `discriminator_gap`; raises ValueError without a discriminator or with an empty split."""
        network = copy.deepcopy(player(subject.game, "discriminator", self)).eval()
        train, held_out = (self._outputs(network, subject, split) for split in ("train", subject.held_out))
        deviation = float(held_out.std(correction=0))
        return {"discriminator_gap": float(train.mean() - held_out.mean()) / (deviation or 1.0)}

    @torch.no_grad()
    def _outputs(self, network: nn.Module, subject: EvaluationContext, split: str) -> Tensor:
        batches = reals(subject, split, subject.samples, self.name)
        outputs = (as_output(network(sample, cond)).logits.double() for sample, cond in batches)
        return torch.cat([logits.reshape(len(logits), -1).mean(1).cpu() for logits in outputs])
