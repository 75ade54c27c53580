from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers.checks import check_at_least


class TopK(Regularizer):
    """Trains the generator only on the fake samples with the largest logits (Sinha et al. 2020, algorithm 1).

    The selected share of each (micro)batch starts at 1 and is multiplied by `decay` at every `decay_steps` steps, down
    to `weight`. Raises ValueError for a share or a decay outside (0, 1], or `decay_steps` below 1.
    """

    player = "generator"

    def __init__(self, weight: float = 0.5, decay: float = 0.99, decay_steps: int = 500, every: int = 1) -> None:
        super().__init__(weight, every)
        for name, value in (("weight, the smallest selected share,", weight), ("decay", decay)):
            if not 0 < value <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, got {value}")
        check_at_least("decay_steps", decay_steps, 1)
        self.decay, self.decay_steps = decay, decay_steps

    def penalty(self, view: BatchView) -> Tensor:
        """Return 0: the term selects the rows of the adversarial loss."""
        return view.on_fake.logits.new_zeros(())

    def select_rows(self, rows: Tensor, view: BatchView) -> Tensor:
        """Return the rows with the largest logits; for several logits per sample, the largest means."""
        share = max(self.weight, self.decay ** (view.random.step // self.decay_steps))
        count = max(1, int(share * len(rows) + 0.5))
        logits = view.on_fake.logits.detach()[rows]
        return rows[tree.mean_per_sample(logits).topk(count).indices]
