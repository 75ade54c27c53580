from collections.abc import Sequence

from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.layers.checks import check_at_least
from ganlab.layers.image_changes import apply_changes, check_changes


class Consistency(Regularizer):
    """bCR: |D(x) − D(T(x))|² of real samples, plus `fake` times that of fake ones (Zhao et al. 2021, algorithm 1).

    T applies all `changes`, which are those of ADA. The generator gets no gradient. If a sample has several logits, the
    term compares their means, because T moves image content between patches. Raises ValueError for a negative `fake`
    or an unknown change.
    """

    player = "discriminator"
    sample_dims = (3,)

    def __init__(
        self, weight: float = 10.0, fake: float = 1.0, changes: Sequence[str] = ("flip", "shift"), every: int = 1
    ) -> None:
        super().__init__(weight, every)
        check_at_least("fake", fake, 0)
        self.fake, self.changes = fake, check_changes(changes)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        real = self._difference(view, view.real, view.on_real.logits)
        fake = self._difference(view, tree.detach(view.fake), view.on_fake.logits)
        return real.square() + self.fake * fake.square()

    def _difference(self, view: BatchView, samples: Tree, logits: Tensor) -> Tensor:
        changed = view.discriminate(apply_changes(samples, self.changes, 1.0, view.random)).logits
        return tree.mean_per_sample(tree.widen(changed)) - tree.mean_per_sample(tree.widen(logits))
