from collections.abc import Sequence

from ganlab.core.interfaces import Augment
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.layers.image_changes import CHANGES, apply_changes, check_changes


class Scheduled(Augment):
    """ADA's changes with a probability that changes linearly from `start` to `end` over the first `steps` steps.

    Raises ValueError for an unknown change, a probability outside [0, 1], or `steps` below 1.
    """

    sample_dims = (3,)

    def __init__(
        self, start: float = 0.0, end: float = 0.3, steps: int = 10_000, changes: Sequence[str] = CHANGES
    ) -> None:
        super().__init__()
        for name, value in (("start", start), ("end", end)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be at least 0 and at most 1, got {value}")
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.start, self.end, self.steps, self.changes = start, end, steps, check_changes(changes)

    def probability(self, step: int) -> float:
        """Return the probability at a step."""
        return self.start + (self.end - self.start) * min(step / self.steps, 1.0)

    def forward(self, samples: Tree, random: Random) -> Tree:
        """Change images (n, channels, height, width)."""
        return apply_changes(samples, self.changes, self.probability(random.step), random)
