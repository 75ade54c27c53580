"""Augmentations: random, differentiable changes of samples before the discriminator receives them.

An augmentation changes real and fake samples alike, and gradients reach the generator through it. Every class here
extends `ganlab.Augment`, whose docstring has a minimal custom augmentation.
"""

from ganlab.augments.ada import ADA
from ganlab.augments.diffaugment import DiffAugment
from ganlab.augments.identity import Identity
from ganlab.augments.scheduled import Scheduled

__all__ = ["ADA", "DiffAugment", "Identity", "Scheduled"]
