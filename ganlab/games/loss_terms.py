"""Parts of an adversarial game's losses: the mean of a term, the rows of the adversarial loss, and the vector field."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.errors import UserError
from ganlab.core.interfaces import AdversarialLoss, Batch, DiscriminatorOutput, Game, Regularizer
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree


def mean_value(values: Tensor, component: object) -> Tensor:
    """Return the mean of what a loss or a regularizer returned; raises UserError, naming it, if it is not a tensor."""
    if not torch.is_tensor(values):
        raise UserError(
            f"{type(component).__name__} must return a tensor, got {values!r}: a loss returns one value per logit, a "
            "penalty one value per sample"
        )
    return values.mean()


def adversarial_rows(terms: Iterable[Regularizer], view: BatchView) -> Tensor | None:
    """Return the rows (k,) of the logits that all terms select for the adversarial loss, or None for all rows."""
    terms = list(terms)
    if not terms:
        return None
    logits = view.on_fake.logits
    rows = torch.arange(len(logits), device=logits.device)
    for term in terms:
        rows = term.select_rows(rows, view)
    return rows if len(rows) < len(logits) else None


def vector_field(
    game: Game, loss: AdversarialLoss, batch: Batch, discriminate: Callable[[Tree], DiscriminatorOutput]
) -> list[Tensor]:
    """Return the gradients of both players' losses for their own weights (Mescheder et al. 2017, eq. 2).

    They keep their graph, so a penalty on them can be differentiated.
    """
    gradients: list[Tensor] = []
    with torch.enable_grad(), tree.without_autocast(tree.first(batch.sample)):
        fake = tree.widen(game.sample(batch, game.sampler))
        for player, network in game.players().items():
            # The generator's view for both players, because it does not detach the fake samples.
            view = BatchView(
                real=batch.sample,
                player="generator",
                generate=lambda: fake,
                discriminator=discriminate,
                random=game.random,
            )
            value = loss.compute(player, view).mean()
            weights = [weight for weight in network.parameters() if weight.requires_grad]
            gradients += torch.autograd.grad(value, weights, create_graph=True, materialize_grads=True)
    return gradients
