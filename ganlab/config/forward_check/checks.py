"""What is asked of each kind of part; an act returns what is wrong with the answer, "" where nothing is."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from ganlab.config.forward_check.synthetic_batch import SyntheticBatch, shape
from ganlab.core import tree
from ganlab.core.interfaces import as_output


class ForwardCheck(NamedTuple):
    """A part by its place in the configuration and its name, and how it is called."""

    where: str
    name: str
    call: str
    run: Callable[[SyntheticBatch], str]


def check_generator(synthetic: SyntheticBatch) -> str:
    """Generate a batch."""
    if problem := _learns_nothing(synthetic.game.sampler):
        return problem
    made, wanted = synthetic.game.sample(synthetic.batch, synthetic.game.sampler), shape(synthetic.batch.sample)
    if shape(made) != wanted:
        return f"makes {_told(made)}, where samples of shape {wanted} are wanted"
    return _without_gradient(made)


def check_discriminator(synthetic: SyntheticBatch) -> str:
    """Judge a batch."""
    gan = synthetic.gan
    if gan is None:  # nobody is judged
        return ""
    if problem := _learns_nothing(gan.discriminator):
        return problem
    reads_features = any(term.reads_features for term in gan.regularizers.values())
    critic: Any = gan.discriminator.discriminate if reads_features else gan.discriminator
    output = as_output(critic(*synthetic.seen))
    logits = getattr(output, "logits", None)
    if not torch.is_tensor(logits):
        return f"returns {_told(output)}, where logits, as a tensor or in a DiscriminatorOutput, are wanted"
    if shape(logits)[:1] != (synthetic.output_rows,):
        return (
            f"returns logits of shape {shape(logits)} for {tree.length(synthetic.seen.sample)} samples, where one or "
            f"more for each are wanted, as in ({synthetic.output_rows},)"
        )
    return _without_gradient(logits)


def check_loss(synthetic: SyntheticBatch) -> str:
    """Compute the adversarial loss of every player."""
    gan = synthetic.gan
    if gan is None:  # it stands idle
        return ""
    for player in gan.players():
        view = gan.view(player, synthetic.seen, ())
        losses, wanted = gan.loss.of(player, view), shape(view.on_fake.logits)
        if not torch.is_tensor(losses) or shape(losses) != wanted:
            return f"returns {_told(losses)} for the {player}, where one value for each logit, {wanted}, is wanted"
    return ""


def check_regularizer(name: str) -> Callable[[SyntheticBatch], str]:
    """Return the act that a regularizer of that name has."""

    def run(synthetic: SyntheticBatch) -> str:
        gan = synthetic.gan
        if gan is None:
            return ""
        term = gan.regularizers[name]
        for player in filter(term.applies_to, gan.players()):
            view = gan.view(player, synthetic.seen, [term])
            rows = term.select_rows(torch.arange(synthetic.output_rows), view)
            if not torch.is_tensor(rows) or rows.is_floating_point() or rows.ndim != 1:
                return f"returns {_told(rows)} from select_rows, where the numbers of rows are wanted"
            values, count = term.penalty(view), tree.length(synthetic.seen.sample)
            if not torch.is_tensor(values) or max(shape(values)[:1], default=0) > count:  # of a part of them, perhaps
                return f"returns {_told(values)}, where a value for each of {count} samples, or one for all, is wanted"
        return ""

    return run


def _told(value: Any) -> str:
    known = shape(value)
    if known is None:
        return "None"
    return f"a {known}" if isinstance(known, str) else f"a tensor of shape {known}"


def _learns_nothing(network: nn.Module) -> str:
    if any(weight.requires_grad for weight in network.parameters()):
        return ""
    return "has no parameters that require gradients, so that there is nothing to learn"


def _without_gradient(made: tree.Tree) -> str:
    if any(leaf.requires_grad for leaf in tree.leaves(made)):
        return ""
    return "returns what is cut from its weights, so that they get no gradients; drop detach, no_grad and the like"
