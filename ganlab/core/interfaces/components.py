"""Base classes of components with statistics of the samples, and of augmentations."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.random import Random
from ganlab.core.tree import Tree


class EqualBuffers(nn.Module, ABC):
    """Base class of modules whose buffers all processes have alike without sending them.

    They are constant, or follow from sums over all processes. Those of other modules are sent from rank 0 after each
    step.
    """


class Component(nn.Module, ABC):
    """A regularizer or augmentation; it may have buffers with statistics of the samples.

    `batch_sums` are sums over the samples of one update. They grow with every microbatch and are added up over all
    processes before the player's optimizer step; `apply_batch_sums` then updates the statistics from them. So the
    statistics are those of the joined batch.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (0, 1, 2, 3, 4)  # supported dimensions of one sample; 0: nested samples

    def batch_sums(self) -> list[Tensor]:
        """Return the sums since the last update; several processes replace them in place by their total.

        A subclass returns the same tensors at every call.
        """
        return []

    def apply_batch_sums(self) -> None:
        """Update the statistics from the sums after the player's update, and set the sums to 0."""


class Augment(Component, ABC):
    """A random, differentiable change of real and fake samples before the discriminator receives them.

    A subclass implements `forward`, which draws by `random` only:

    >>> import torch
    >>> from ganlab import Augment, Random
    >>> class Noise(Augment):
    ...     def forward(self, samples, random):
    ...         return samples + 0.1 * random.normal("noise", samples.shape, samples.device)
    >>> Noise()(torch.zeros(4, 3, 8, 8), Random(seed=0)).shape
    torch.Size([4, 3, 8, 8])
    """

    adapts: ClassVar[bool] = False  # to the share of real outputs above the loss's boundary

    @abstractmethod
    def forward(self, samples: Tree, random: Random) -> Tree:
        """Return the changed samples, in the shape of `samples`."""

    def observe(self, margins: Tensor) -> None:
        """Receive the discriminator's outputs for the real samples of its update, minus the loss's boundary."""

    def diagnostics(self) -> dict[str, Tensor]:
        """Return scalars to log, by name; none by default."""
        return {}
