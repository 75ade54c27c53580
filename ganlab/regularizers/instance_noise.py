from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.random import Random
from ganlab.core.tree import Tree


class InstanceNoise(Regularizer):
    """Gaussian noise on the discriminator's input; `weight` is its initial standard deviation.

    Sønderby et al. 2017, section 2.4; Arjovsky & Bottou 2017, section 3. The standard deviation decreases linearly to 0
    over `decay_steps` steps; with `decay_steps` 0 it is constant. Raises ValueError for a negative `decay_steps`.
    """

    player = "discriminator"

    def __init__(self, weight: float = 0.1, decay_steps: int = 0, every: int = 1) -> None:
        super().__init__(weight, every)
        if decay_steps < 0:
            raise ValueError(f"decay_steps must be at least 0, got {decay_steps}")
        self.decay_steps = decay_steps

    def penalty(self, view: BatchView) -> Tensor:
        """Return 0: the noise is added to the samples, not to the loss."""
        return tree.first(view.real).new_zeros(())  # on the same device as the other terms

    def perturb_input(self, samples: Tree, step: int, random: Random) -> Tree:
        """Add the noise to the samples."""
        remaining = max(0.0, 1 - step / self.decay_steps) if self.decay_steps else 1.0
        deviation = self.weight * remaining

        def add_noise(sample: Tensor) -> Tensor:
            return sample + deviation * random.normal("instance_noise", sample.shape, sample.device)

        return tree.map(add_noise, samples) if deviation else samples
