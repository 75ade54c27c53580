from torch import Tensor

from ganlab import tree
from ganlab.interfaces import Augment, Regularizer
from ganlab.layers.options import at_least
from ganlab.round import Round


class Consistency(Regularizer):
    """|D(x) − D(T(x))|² of real samples, plus `fake` times that of fake ones (Zhao et al. 2021, bCR, algorithm 1).

    T is `augment`, of which the generator learns nothing, unlike of the game's own. Raises ValueError for a negative
    `fake`.
    """

    player = "discriminator"

    def __init__(self, augment: Augment, weight: float = 10.0, fake: float = 1.0, every: int = 1) -> None:
        super().__init__(weight, every)
        at_least("fake", fake, 0)
        self.augment, self.fake = augment, fake
        self.sample_dims = augment.sample_dims  # type: ignore[misc]

    def penalty(self, round: Round) -> Tensor:
        """Return the penalty, one value per logit."""
        real = round.judged(self.augment(round.real, round.random)).logits - round.on_real.logits
        fake = round.judged(self.augment(tree.detach(round.fake), round.random)).logits - round.on_fake.logits
        return real.square() + self.fake * fake.square()
