"""The abstract base classes and protocols of GAN components; implementations are final classes in other folders.

Networks and latents are in `networks`, losses and regularizers in `terms`, augmentations in `components`, games and
update schedules in `games`; `batch_view` has the view of a batch that losses and regularizers read.
"""

from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.interfaces.components import Augment, Component, EqualBuffers
from ganlab.core.interfaces.games import Capability, Game, UpdateSchedule
from ganlab.core.interfaces.networks import (
    EMPTY,
    Batch,
    Conditions,
    DiscriminatorOutput,
    DrawsParts,
    Latent,
    OrdersLayers,
    ReportsSettings,
    Shape,
    ShowsFeatures,
    ShowsMaps,
    Spec,
    StyleGenerator,
    SupportsTruncation,
    TellsIndependence,
    as_output,
)
from ganlab.core.interfaces.terms import AdversarialLoss, Regularizer

__all__ = [
    "EMPTY",
    "AdversarialLoss",
    "Augment",
    "Batch",
    "BatchView",
    "Capability",
    "Component",
    "Conditions",
    "DiscriminatorOutput",
    "DrawsParts",
    "EqualBuffers",
    "Game",
    "Latent",
    "OrdersLayers",
    "Regularizer",
    "ReportsSettings",
    "Shape",
    "ShowsFeatures",
    "ShowsMaps",
    "Spec",
    "StyleGenerator",
    "SupportsTruncation",
    "TellsIndependence",
    "UpdateSchedule",
    "as_output",
]
