from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView


class AuxiliaryClassifier(Regularizer):
    """AC-GAN's classification loss −log P(class | sample), in both players' losses (Odena et al. 2017, eq. 3).

    A dense layer on the discriminator's features predicts the class. The discriminator's term covers real and fake
    samples, and its optimizer trains the layer; the generator's term covers fake samples.
    """

    player = "discriminator"
    reads_features = True
    single = True
    needs_labels = True
    guesses_labels = True

    def __init__(self, weight: float = 1.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def applies_to(self, player: str) -> bool:
        """Return True: both players have the term."""
        return True

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Create the dense layer."""
        self.classifier = nn.Linear(features, spec.classes)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._cross_entropy(view.on_fake.features[-1], view)
        if view.player == "generator":
            return fake
        return self._cross_entropy(view.on_real.features[-1], view) + fake

    def _cross_entropy(self, features: Tensor, view: BatchView) -> Tensor:
        return cross_entropy(self.classifier(features), view.cond, reduction="none")
