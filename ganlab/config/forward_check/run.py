"""Who has to rehearse, and what is told of it."""

import re
import warnings
from functools import cached_property
from typing import Any, final

import torch
from omegaconf import DictConfig

from ganlab.config.forward_check.checks import (
    ForwardCheck,
    check_discriminator,
    check_generator,
    check_loss,
    check_regularizer,
)
from ganlab.config.forward_check.synthetic_batch import SyntheticBatch
from ganlab.config.targets import instantiate, node_targets
from ganlab.core.errors import ConfigIssue
from ganlab.core.interfaces import Game, Spec
from ganlab.engine.distributed.strategies import processes

OURS = "ganlab."
# Words of errors that come of where parts are tried, and tell nothing of how they train.
OF_THE_STAGE = re.compile("(?<![a-z])(meta|cuda|gpu|devices?|memory)(?![a-z])")


def run_forward_checks(config: DictConfig, game: Game, spec: Spec) -> list[ConfigIssue]:
    """Return a mistake for each part of one's own that does not answer as the game needs it.

    `game` is one without memory for its weights. What is ganlab's own is not asked, and so costs nothing; nor are the
    parts of a game of one's own, who alone knows what they are for. Terms are asked only if the networks answer well.
    """
    checks = (_networks(config), _terms(config))
    found: list[ConfigIssue] = []
    if not str(config.game._target_).startswith(OURS) or not any(checks):
        return found
    rehearsal = _Rehearsal(config, game, spec)
    for part in checks:
        if not found:
            told = [(check, rehearsal.ask(check)) for check in part]
            found = [
                ConfigIssue(check.where.split(".")[0], f"{check.where}: {check.name} {said}")
                for check, said in told
                if said
            ]
    return found


@final
class _Rehearsal:
    """Asks parts without memory, which costs next to nothing, and for real where they fail in that way."""

    def __init__(self, config: DictConfig, game: Game, spec: Spec) -> None:
        self.config, self.spec, self.game = config, spec, game
        self.packing = int(config.game.get("packing", 1))
        piece = int(config.batch_size) // (int(config.microbatches) * (processes(config.trainer) or 1))
        self.packs = max(piece // self.packing, 2)  # of a batch of one a mean could not be told from a sample's value

    @cached_property
    def blank(self) -> SyntheticBatch:
        """The stage without memory."""
        with torch.device("meta"):
            return SyntheticBatch.of(self.game, self.spec, self.packs, self.packing)

    @cached_property
    def real(self) -> SyntheticBatch:
        """The stage with all weights and samples, on the processor."""
        return SyntheticBatch.of(instantiate(self.config.game)(self.spec), self.spec, self.packs, self.packing)

    def ask(self, check: ForwardCheck) -> str:
        """Return what is wrong with a part, in words that follow its name; nothing where only trying is at fault."""
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            warnings.simplefilter("ignore")  # they will come again in training
            try:
                with torch.device("meta"):
                    return check.run(self.blank)
            except Exception as error:  # whatever a part may raise
                if _is_of_the_stage(error):
                    return ""
            try:
                return check.run(self.real)
            except Exception as error:
                words = " ".join(str(error).split()) or type(error).__name__
                return "" if _is_of_the_stage(error) else f"fails in {check.call}: {words}"


def _networks(config: DictConfig) -> list[ForwardCheck]:
    checks = [
        ForwardCheck("generator", _name(config.generator), "forward(latents, cond)", check_generator),
        ForwardCheck("discriminator", _name(config.discriminator), "forward(samples, cond)", check_discriminator),
    ]
    return [check for check in checks if _is_own(config[check.where])]


def _terms(config: DictConfig) -> list[ForwardCheck]:
    own = {str(name): node for name, node in config.regularizer.items() if _is_own(node)}
    call = "discriminator(real, fake) or generator(fake, real)"
    losses = [ForwardCheck("loss", _name(config.loss), call, check_loss)] if _is_own(config.loss) else []
    terms = [
        ForwardCheck(f"regularizer.{name}", _name(node), "penalty(round)", check_regularizer(name))
        for name, node in own.items()
    ]
    return [*losses, *terms]


def _is_own(node: Any) -> bool:
    """Tell whether a part, or anything inside it, is not of ganlab, whose own are tested with all kinds of samples."""
    return any(not target.startswith(OURS) for target in node_targets(node))


def _name(node: DictConfig) -> str:
    return str(node._target_).rpartition(".")[2]


def _is_of_the_stage(error: Exception) -> bool:
    words = str(error).lower()
    bare = not words and isinstance(error, AssertionError)  # as of who wants to be on a GPU, and does not say so
    return bare or OF_THE_STAGE.search(words) is not None
