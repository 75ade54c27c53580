from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView


class AuxiliaryClassifier(Regularizer):
    """−log P(class | sample) from a dense layer on the critic's features, in both losses (Odena et al. 2017, eq. 3).

    The discriminator pays for real and fake samples, and moves the layer; the generator pays for its own.
    """

    player = "discriminator"
    reads_features = True
    single = True
    needs_labels = True
    guesses_labels = True

    def __init__(self, weight: float = 1.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def applies_to(self, player: str) -> bool:
        """Belong to both."""
        return True

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Make the dense layer."""
        self.classifier = nn.Linear(features, spec.classes)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._surprise(view.on_fake.features[-1], view)
        return fake if view.player == "generator" else self._surprise(view.on_real.features[-1], view) + fake

    def _surprise(self, features: Tensor, view: BatchView) -> Tensor:
        return cross_entropy(self.classifier(features), view.cond, reduction="none")
