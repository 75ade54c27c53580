from ganlab.interfaces import Augment
from ganlab.random import Random
from ganlab.tree import Tree


class Identity(Augment):
    """No augmentation."""

    def forward(self, samples: Tree, random: Random) -> Tree:
        """Return the samples as they are."""
        return samples
