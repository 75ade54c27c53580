"""The forward check of each kind of component; a check returns what is wrong with the result, or an empty string."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ganlab.config.forward_check.synthetic_batch import SyntheticBatch, shape_of
from ganlab.core import tree
from ganlab.core.interfaces import as_output

READS_SAMPLES = {"fake", "on_real", "on_fake"}  # what a view computes from samples, and caches under these names


class ForwardCheck(NamedTuple):
    """The check of one component: its path in the configuration, the name of its class, and the call it makes."""

    path: str
    name: str
    call: str
    run: Callable[[SyntheticBatch], str]


def check_generator(synthetic: SyntheticBatch) -> str:
    """Generate a batch, and check its shape and gradients."""
    if problem := _find_frozen(synthetic.game.sampler):
        return problem
    samples, expected = synthetic.game.sample(synthetic.batch, synthetic.game.sampler), shape_of(synthetic.batch.sample)
    if shape_of(samples) != expected:
        return f"returns {_describe(samples)}, expected samples of shape {expected}"
    return _find_wrong_type(samples) or _find_detached(samples)


def check_discriminator(synthetic: SyntheticBatch) -> str:
    """Discriminate a batch, and check the shape and gradients of the logits."""
    gan = synthetic.gan
    if gan is None:
        return ""
    if problem := _find_frozen(gan.discriminator):
        return problem
    reads_features = any(term.reads_features for term in gan.regularizers.values())
    discriminator: Any = gan.discriminator.discriminate if reads_features else gan.discriminator
    output = as_output(discriminator(*synthetic.gan_batch))
    logits, count = getattr(output, "logits", None), tree.length(synthetic.gan_batch.sample)
    if not torch.is_tensor(logits):
        return f"returns {_describe(output)}, expected logits as a tensor or in a DiscriminatorOutput"
    if shape_of(logits)[:1] != (synthetic.output_rows,):
        unit = "sample" if synthetic.output_rows == count else "pack"
        return (
            f"returns logits of shape {shape_of(logits)} for {count} samples, expected one or more per {unit}, such as "
            f"shape ({synthetic.output_rows},)"
        )
    return _find_wrong_type(logits) or _find_detached(logits)


def check_loss(synthetic: SyntheticBatch) -> str:
    """Compute the adversarial loss of every player; check its values, one per logit, and its gradients."""
    gan = synthetic.gan
    if gan is None:  # a game without a discriminator does not use the loss
        return ""
    for player in gan.players():
        view = gan.view(player, synthetic.gan_batch, ())
        losses, expected = gan.loss.compute(player, view), shape_of(view.on_fake.logits)
        if not torch.is_tensor(losses) or shape_of(losses) != expected:
            return f"returns {_describe(losses)} for the {player}, expected one value per logit, shape {expected}"
        if problem := _find_wrong_type(losses) or _find_untrained(losses, gan.players()[player]):
            return f"{problem}, for the {player}"
    return ""


def check_regularizer(name: str) -> Callable[[SyntheticBatch], str]:
    """Return the check of the regularizer with this name: the rows it selects, and the shape of its penalty."""

    def run(synthetic: SyntheticBatch) -> str:
        gan = synthetic.gan
        if gan is None:
            return ""
        term, count = gan.regularizers[name], tree.length(synthetic.gan_batch.sample)
        for player in filter(term.applies_to, gan.players()):
            view = gan.view(player, synthetic.gan_batch, [term])
            rows = term.select_rows(torch.arange(synthetic.output_rows), view)
            if not torch.is_tensor(rows) or rows.is_floating_point() or rows.ndim != 1:
                return f"returns {_describe(rows)} from select_rows, expected row indices"
            values = term.penalty(view)
            # A penalty of a subset of the samples has fewer values.
            if not torch.is_tensor(values) or max(shape_of(values)[:1], default=0) > count:
                return f"returns {_describe(values)}, expected one value for each of {count} samples, or a single value"
            if values.ndim == 0 and READS_SAMPLES & vars(view).keys():
                return (
                    f"returns a single value computed from {count} samples, expected one value for each; leave out "
                    "mean() or sum(), or write [None] after a value that belongs to the whole batch"
                )
            if problem := _find_wrong_type(values):
                return problem
        return ""

    return run


def _describe(value: Any) -> str:
    shape = shape_of(value)
    if shape is None:
        return "None"
    return f"a {shape}" if isinstance(shape, str) else f"a tensor of shape {shape}"


def _find_wrong_type(output: tree.Tree) -> str:
    """Return which type of numbers is wrong; losses and networks compute in float32."""
    wrong = next((leaf.dtype for leaf in tree.leaves(output) if leaf.dtype != torch.float32), None)
    return "" if wrong is None else f"returns numbers of type {wrong}, expected torch.float32; write .float()"


def _find_untrained(losses: Tensor, network: nn.Module) -> str:
    """Return what is wrong if the losses have no gradient for the weights that they train."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if losses.requires_grad:
        gradients = torch.autograd.grad(losses.sum(), weights, allow_unused=True)
        if any(gradient is not None for gradient in gradients):
            return ""
    return "returns a result without gradients for the weights; remove detach(), no_grad() and the like"


def _find_frozen(network: nn.Module) -> str:
    if any(weight.requires_grad for weight in network.parameters()):
        return ""
    return "has no parameters that require gradients, so there is nothing to train"


def _find_detached(output: tree.Tree) -> str:
    if any(leaf.requires_grad for leaf in tree.leaves(output)):
        return ""
    return "returns a result without gradients for its weights; remove detach(), no_grad() and the like"
