"""What the parts of a GAN promise each other; every part is abstract here and final in a file of its own.

Who writes a network or a latent reads `networks`; a loss, a regularizer or an augmentation, `terms`; a game, `games`.
"""

from ganlab.interfaces.games import CONTEST, JUDGE, Game, Schedule
from ganlab.interfaces.networks import (
    EMPTY,
    Batch,
    Critic,
    Disclosing,
    Latent,
    Shape,
    Spec,
    StyleGenerator,
    Truncating,
    Verdict,
    as_verdict,
)
from ganlab.interfaces.terms import AdversarialLoss, Augment, Part, Regularizer

__all__ = [
    "CONTEST",
    "EMPTY",
    "JUDGE",
    "AdversarialLoss",
    "Augment",
    "Batch",
    "Critic",
    "Disclosing",
    "Game",
    "Latent",
    "Part",
    "Regularizer",
    "Schedule",
    "Shape",
    "Spec",
    "StyleGenerator",
    "Truncating",
    "Verdict",
    "as_verdict",
]
