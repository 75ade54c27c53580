"""`ClassifierRecipe`: what differs between small classifiers of images, of sounds and of clips."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import EMPTY
from ganlab.core.random import Random
from ganlab.features.classifier_network import ClassifierNetwork


class ClassifierRecipe(ABC):
    """How samples of one kind become inputs of a classifier, and how it is trained on them.

    Without other methods, inputs are images (n, channels, height, width) for `ClassifierNetwork`, which learns by
    cross-entropy.

    >>> import torch
    >>> class Grey(ClassifierRecipe):
    ...     name, noun, alternatives, version = "grey", "image", "features=identity", 1
    ...     key = (version,)
    ...
    ...     def inputs(self, samples):
    ...         return samples.mean(1, keepdim=True)
    ...
    ...     def augment(self, inputs, random):
    ...         return inputs + 0.1 * random.normal("noise", inputs.shape)
    >>> Grey().prepare(Grey().store(torch.ones(2, 3, 8, 8))).shape
    torch.Size([2, 1, 8, 8])
    >>> network = Grey().build(channels=1, classes=4)
    >>> Grey().loss(network, torch.zeros(2, 1, 8, 8), torch.tensor([0, 3])).shape
    torch.Size([])
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

    def prepare(self, stored: Tensor) -> Tensor:
        """Return the inputs of what was stored."""
        return self.inputs(stored)

    @abstractmethod
    def inputs(self, samples: Tensor) -> Tensor:
        """Return the inputs of samples (n, …), float32, as the network reads them."""

    @abstractmethod
    def augment(self, inputs: Tensor, random: Random) -> Tensor:
        """Return changed inputs of the same shape, such as immature generated samples."""

    def channels(self, inputs: Tensor) -> int:
        """Return the channels of inputs."""
        return inputs.shape[1]

    def build(self, channels: int, classes: int) -> nn.Module:
        """Return a new network, initialised from torch's global generator.

        It maps inputs to a tuple that begins with features (n, width) and logits (n, classes).
        """
        return ClassifierNetwork(channels, classes)

    def loss(self, network: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of a step of training on changed inputs with labels (n,), of shape ()."""
        return functional.cross_entropy(network(inputs)[1], labels)


def symmetric(random: Random, purpose: str, count: int) -> Tensor:
    """Draw uniformly from [−1, 1), shape (count,)."""
    return random.uniform(purpose, (count,)) * 2 - 1
