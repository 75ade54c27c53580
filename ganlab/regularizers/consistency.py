from collections.abc import Sequence

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.layers.checks import at_least
from ganlab.layers.image_changes import change, known_changes


class Consistency(Regularizer):
    """|D(x) − D(T(x))|² of real samples, plus `fake` times that of fake ones (Zhao et al. 2021, bCR, algorithm 1).

    T makes all of the `changes` that ADA knows, and the generator learns nothing of it. Of several logits a sample it
    is the mean that is held: a patch and what was moved into its place may well differ. Raises ValueError for a
    negative `fake` or an unknown change.
    """

    player = "discriminator"
    sample_dims = (3,)

    def __init__(
        self, weight: float = 10.0, fake: float = 1.0, changes: Sequence[str] = ("flip", "shift"), every: int = 1
    ) -> None:
        super().__init__(weight, every)
        at_least("fake", fake, 0)
        self.fake, self.changes = fake, known_changes(changes)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, one value per verdict."""
        real = self._moved(view, view.real, view.on_real.logits)
        fake = self._moved(view, tree.detach(view.fake), view.on_fake.logits)
        return real.square() + self.fake * fake.square()

    def _moved(self, view: BatchView, samples: Tree, logits: Tensor) -> Tensor:
        changed = view.discriminate(change(samples, self.changes, 1.0, view.random)).logits
        return tree.mean_of_each(tree.widen(changed)) - tree.mean_of_each(tree.widen(logits))
