from ganlab.core.interfaces import Augment
from ganlab.core.random import Random
from ganlab.core.tree import Tree


class Identity(Augment):
    """No augmentation."""

    def forward(self, samples: Tree, random: Random) -> Tree:
        """Return the samples unchanged."""
        return samples
