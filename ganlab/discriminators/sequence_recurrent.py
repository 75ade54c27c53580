"""A recurrent discriminator of sequences of symbols, with a logit for each symbol."""

from typing import ClassVar, final

from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import FeatureDiscriminator, build_recurrent_stack
from ganlab.layers.checks import check_at_least
from ganlab.layers.tokens import token_shape


@final
class SequenceRecurrent(FeatureDiscriminator):
    """A GRU that says after each symbol whether the sequence is real so far (de Masson d'Autume et al. 2019).

    The logits have shape (n, length), so `game=reinforce` rewards each symbol; behind the end they are those of the
    whole sequence. Raises ValueError for a setting below 1, and for data that are no sequences of symbols.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(self, spec: Spec, width: int = 128, layers: int = 1, embedding: int = 32) -> None:
        super().__init__()
        shape = token_shape(spec, "SequenceRecurrent", "discriminator")
        check_at_least("embedding", embedding, 1)
        self.embed = nn.Linear(shape.size, embedding, bias=False)
        self.body = build_recurrent_stack("gru", embedding, width, layers)
        self.feature_size, self.independent_samples = width, True
        self.head = nn.Linear(width, 1)

    def states(self, samples: Tensor) -> Tensor:
        """Return the last layer's states (n, length, width) after each of one-hot rows (n, length, alphabet)."""
        states: Tensor = self.body(self.embed(samples))
        return states

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the states, averaged over the positions: (n, feature_size)."""
        return self.states(samples).mean(1)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map one-hot rows (n, length, alphabet) to logits (n, length)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        states = self.states(samples)
        return DiscriminatorOutput(self.head(states)[..., 0], (states.mean(1),))

    def remove_head(self) -> None:
        """Remove the layer that only the logits need."""
        del self.head
