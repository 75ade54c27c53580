from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.interfaces import Latent, Regularizer, Spec
from ganlab.round import Round


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

    def concerns(self, player: str) -> bool:
        """Belong to both."""
        return True

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Make the dense layer."""
        self.classifier = nn.Linear(features, spec.classes)

    def penalty(self, round: Round) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._surprise(round.on_fake.features[-1], round)
        return fake if round.player == "generator" else self._surprise(round.on_real.features[-1], round) + fake

    def _surprise(self, features: Tensor, round: Round) -> Tensor:
        return cross_entropy(self.classifier(features), round.cond, reduction="none")
