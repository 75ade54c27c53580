"""What the parts of a GAN promise each other; every part is abstract here and final in a file of its own.

Who writes a network or a latent reads `networks`; a loss, a regularizer or an augmentation, `terms`; a game, `games`.
"""

from ganlab.core.interfaces.games import Capability, Game, UpdateSchedule
from ganlab.core.interfaces.networks import (
    EMPTY,
    Batch,
    DiscriminatorOutput,
    Latent,
    ReportsSettings,
    Shape,
    ShowsFeatures,
    Spec,
    StyleGenerator,
    SupportsTruncation,
    as_output,
)
from ganlab.core.interfaces.terms import AdversarialLoss, Augment, Component, Regularizer

__all__ = [
    "EMPTY",
    "AdversarialLoss",
    "Augment",
    "Batch",
    "Capability",
    "Component",
    "DiscriminatorOutput",
    "Game",
    "Latent",
    "Regularizer",
    "ReportsSettings",
    "Shape",
    "ShowsFeatures",
    "Spec",
    "StyleGenerator",
    "SupportsTruncation",
    "UpdateSchedule",
    "as_output",
]
