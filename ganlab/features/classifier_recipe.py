"""`ClassifierRecipe`: what differs between small classifiers of images, of sounds and of other samples."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from ganlab.core.interfaces import EMPTY
from ganlab.core.random import Random


class ClassifierRecipe(ABC):
    """How samples of one kind become inputs (n, channels, height, width) of a classifier, and change in its training.

    >>> import torch
    >>> class Grey(ClassifierRecipe):
    ...     name, noun, alternatives, version = "grey", "image", "features=identity", 1
    ...     key = (version,)
    ...
    ...     def prepare(self, stored):
    ...         return stored.mean(1, keepdim=True)
    ...
    ...     def augment(self, inputs, random):
    ...         return inputs + 0.1 * random.normal("noise", inputs.shape)
    >>> Grey().prepare(Grey().store(torch.ones(2, 3, 8, 8))).shape
    torch.Size([2, 1, 8, 8])
    """

    name: ClassVar[str]  # of the feature space
    noun: ClassVar[str]  # one sample, in messages
    alternatives: ClassVar[str]  # feature spaces for data without labels
    version: ClassVar[int]  # of architecture and training; a new number makes every data set train a new classifier
    batch_size: ClassVar[int] = 128  # samples in a step of training
    key: tuple[object, ...]  # what the trained weights depend on; a classifier is trained once for each
    facts: Mapping[str, Any] = EMPTY  # what saved weights must have in common with this to be usable, as JSON has it

    def store(self, samples: Tensor) -> Tensor:
        """Return what is kept of samples until the training begins."""
        return samples

    @abstractmethod
    def prepare(self, stored: Tensor) -> Tensor:
        """Return the inputs of the network, float32 (n, channels, height, width)."""

    @abstractmethod
    def augment(self, inputs: Tensor, random: Random) -> Tensor:
        """Return changed inputs of the same shape, such as immature generated samples."""


def symmetric(random: Random, purpose: str, count: int) -> Tensor:
    """Draw uniformly from [−1, 1), shape (count,)."""
    return random.uniform(purpose, (count,)) * 2 - 1
