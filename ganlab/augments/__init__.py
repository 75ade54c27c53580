from ganlab.augments.ada import ADA
from ganlab.augments.diffaugment import DiffAugment
from ganlab.augments.identity import Identity
from ganlab.augments.scheduled import Scheduled

__all__ = ["ADA", "DiffAugment", "Identity", "Scheduled"]
