from ganlab.augments.identity import Identity

__all__ = ["Identity"]
