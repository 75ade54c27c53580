"""What is asked of each kind of part; an act returns what is wrong with the answer, "" where nothing is."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from ganlab import tree
from ganlab.interfaces import as_verdict
from ganlab.rehearsal.stage import Stage, shape


class Act(NamedTuple):
    """A part by its place in the configuration and its name, and how it is called."""

    where: str
    name: str
    call: str
    play: Callable[[Stage], str]


def generate(stage: Stage) -> str:
    """Generate a batch."""
    if problem := _learns_nothing(stage.game.sampler):
        return problem
    made, wanted = stage.game.sample(stage.batch, stage.game.sampler), shape(stage.batch.sample)
    if shape(made) != wanted:
        return f"makes {_told(made)}, where samples of shape {wanted} are wanted"
    return _without_gradient(made)


def judge(stage: Stage) -> str:
    """Judge a batch."""
    gan = stage.gan
    if gan is None:  # nobody is judged
        return ""
    if problem := _learns_nothing(gan.discriminator):
        return problem
    reads_features = any(term.reads_features for term in gan.regularizers.values())
    critic: Any = gan.discriminator.verdict if reads_features else gan.discriminator
    verdict = as_verdict(critic(*stage.seen))
    logits = getattr(verdict, "logits", None)
    if not torch.is_tensor(logits):
        return f"returns {_told(verdict)}, where logits, as a tensor or in a Verdict, are wanted"
    if shape(logits)[:1] != (stage.verdicts,):
        return (
            f"returns logits of shape {shape(logits)} for {tree.length(stage.seen.sample)} samples, where one or more "
            f"for each are wanted, as in ({stage.verdicts},)"
        )
    return _without_gradient(logits)


def lose(stage: Stage) -> str:
    """Compute the adversarial loss of every player."""
    gan = stage.gan
    if gan is None:  # it stands idle
        return ""
    for player in gan.players():
        round = gan.round(player, stage.seen, ())
        losses, wanted = gan.loss.of(player, round), shape(round.on_fake.logits)
        if not torch.is_tensor(losses) or shape(losses) != wanted:
            return f"returns {_told(losses)} for the {player}, where one value for each logit, {wanted}, is wanted"
    return ""


def penalise(name: str) -> Callable[[Stage], str]:
    """Return the act that a regularizer of that name has."""

    def play(stage: Stage) -> str:
        gan = stage.gan
        if gan is None:
            return ""
        term = gan.regularizers[name]
        for player in filter(term.concerns, gan.players()):
            round = gan.round(player, stage.seen, [term])
            rows = term.focus(torch.arange(stage.verdicts), round)
            if not torch.is_tensor(rows) or rows.is_floating_point() or rows.ndim != 1:
                return f"returns {_told(rows)} from focus, where the numbers of rows are wanted"
            values, count = term.penalty(round), tree.length(stage.seen.sample)
            if not torch.is_tensor(values) or max(shape(values)[:1], default=0) > count:  # of a part of them, perhaps
                return f"returns {_told(values)}, where a value for each of {count} samples, or one for all, is wanted"
        return ""

    return play


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
