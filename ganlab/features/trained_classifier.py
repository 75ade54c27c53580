"""`TrainedClassifierFeatures`, the base class of feature spaces of a small classifier of the data set."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, LabelledSource, flatten_spatial
from ganlab.features.classifier_network import WIDTH, ClassifierNetwork
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.classifier_weights import find_or_train, find_weights, load_classifier


class TrainedClassifierFeatures(Features, ABC):
    """Penultimate features (64), logits and last maps of a small classifier of what `prepare` makes of samples.

    `weights` is the name of a shipped classifier, or a safetensors file with its json file next to it. Without it, the
    classifier shipped for the data set is used; if there is none, one is trained once and saved under $GANLAB_CACHE
    (~/.cache/ganlab). Raises FileNotFoundError if the weights do not exist, and ValueError if they are damaged, belong
    to another recipe, or the data set has no labels to train on.

    >>> class Small(TrainedClassifierFeatures):
    ...     name = "small"
    ...
    ...     def __init__(self, recipe, data, weights=None, seed=0, steps=100):
    ...         super().__init__(recipe, data, weights, seed, steps)
    ...
    ...     def prepare(self, samples):
    ...         return samples.float()
    ...
    ...     def describe_input(self):
    ...         return {"resize": None, "resolution": None}
    """

    network: ClassifierNetwork

    @abstractmethod  # the recipe is that of a subclass
    def __init__(
        self, recipe: ClassifierRecipe, data: LabelledSource, weights: str | None, seed: int, steps: int
    ) -> None:
        weights = weights or data.classifier
        path = find_weights(weights) if weights else find_or_train(recipe, data, seed, steps)
        network, self.facts = load_classifier(path, recipe)
        super().__init__(network, WIDTH)
        self.classes, self.channels = int(self.facts["classes"]), int(self.facts["channels"])

    @abstractmethod
    def prepare(self, samples: Tensor) -> Tensor:
        """Return the inputs of the network, float32 (n, channels, height, width)."""

    @abstractmethod
    def describe_input(self) -> dict[str, Any]:
        """Return how inputs are made of samples, at least "resize" and "resolution"."""

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the penultimate features, the logits, and the last maps before pooling, as many as fit."""
        maps: list[Tensor] = []
        pooling = next(module for module in self.network.modules() if isinstance(module, nn.AdaptiveAvgPool2d))
        with pooling.register_forward_pre_hook(lambda module, inputs: maps.append(flatten_spatial(inputs[0]))):
            features, logits = self.network(self.prepare(samples))
        return FeatureBatch(features, logits, maps[0])

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash, the input, and the classifier's training set and accuracy."""
        origin = {"trained_on": self.facts["data"], "accuracy": self.facts["accuracy"]}
        return {
            **{"name": self.name, "weights": self.facts["sha256"], **self.describe_input(), "width": self.width},
            **origin,
        }
