"""Selects the custom components of a configuration and runs their forward checks."""

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
from ganlab.engine.distributed.strategy_choice import count_processes

SHIPPED = "ganlab."  # the components below it are tested, and so are not checked here
FEW_PACKS = 4  # as many as networks that group samples usually group
# Errors caused by the meta device or by the missing GPU, not by the component.
DEVICE_ERROR = re.compile("(?<![a-z])(meta|cuda|gpu|devices?|memory)(?![a-z])")


def run_forward_checks(config: DictConfig, game: Game, spec: Spec) -> list[ConfigIssue]:
    """Return an issue for each custom component that does not work in the game.

    `game` is on the meta device. Shipped components are not checked, so they cost nothing; nor are the components of a
    custom game, which defines how it calls them. The loss and the regularizers are checked only if both networks pass.
    """
    networks, terms = _network_checks(config), _term_checks(config)
    if not str(config.game._target_).startswith(SHIPPED) or not (networks or terms):
        return []
    checker = _Checker(config, game, spec)
    return checker.issues(networks) or checker.issues(terms)


@final
class _Checker:
    """Runs checks on the meta device, which costs next to nothing, and repeats those that raise with real tensors.

    A component that reads a value, as item() does, raises there whether it is right or wrong; a few real samples tell.
    """

    def __init__(self, config: DictConfig, game: Game, spec: Spec) -> None:
        self.config, self.spec, self.game = config, spec, game
        self.packing = int(config.game.get("packing", 1))
        piece = int(config.batch_size) // (int(config.microbatches) * (count_processes(config.trainer) or 1))
        self.packs = max(piece // self.packing, 2)  # with one, a mean over the batch has as many values as samples

    @cached_property
    def on_meta_device(self) -> SyntheticBatch:
        """The game and a batch without memory."""
        with torch.device("meta"):
            return SyntheticBatch.of(self.game, self.spec, self.packs, self.packing)

    @cached_property
    def real_game(self) -> Game:
        """The game with real weights."""
        game: Game = instantiate(self.config.game)(self.spec)
        return game

    @cached_property
    def on_cpu(self) -> SyntheticBatch:
        """The game and a batch with real weights and samples."""
        return SyntheticBatch.of(self.real_game, self.spec, self.packs, self.packing)

    @cached_property
    def few_on_cpu(self) -> SyntheticBatch:
        """The game with real weights and a few samples, which take little time."""
        return SyntheticBatch.of(self.real_game, self.spec, min(self.packs, FEW_PACKS), self.packing)

    def issues(self, checks: list[ForwardCheck]) -> list[ConfigIssue]:
        """Run checks and return the issues."""
        sentences = [(check, self.run(check)) for check in checks]
        return [
            ConfigIssue(check.path.split(".")[0], f"{check.path}: {check.name} {sentence}")
            for check, sentence in sentences
            if sentence
        ]

    def run(self, check: ForwardCheck) -> str:
        """Return what is wrong with a component, to follow its name; empty if only the device causes the error."""
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            warnings.simplefilter("ignore")  # training repeats them
            try:
                with torch.device("meta"):
                    return check.run(self.on_meta_device)
            except Exception as error:  # a component may raise anything
                if _is_device_error(error) and not self._run_real(check, few=True):
                    return ""
            return self._run_real(check)

    def _run_real(self, check: ForwardCheck, few: bool = False) -> str:
        try:
            return check.run(self.few_on_cpu if few else self.on_cpu)
        except Exception as error:
            message = " ".join(str(error).split()) or type(error).__name__
            return "" if _is_device_error(error) else f"fails in {check.call}: {message}"


def _network_checks(config: DictConfig) -> list[ForwardCheck]:
    checks = [
        ForwardCheck("generator", _class_name(config.generator), "forward(latents, cond)", check_generator),
        ForwardCheck("discriminator", _class_name(config.discriminator), "forward(samples, cond)", check_discriminator),
    ]
    return [check for check in checks if _is_custom(config[check.path])]


def _term_checks(config: DictConfig) -> list[ForwardCheck]:
    checks = []
    if _is_custom(config.loss):
        call = "discriminator(real, fake) or generator(fake, real)"
        checks.append(ForwardCheck("loss", _class_name(config.loss), call, check_loss))
    for name, node in config.regularizer.items():
        if _is_custom(node):
            check = check_regularizer(str(name))
            checks.append(ForwardCheck(f"regularizer.{name}", _class_name(node), "penalty(view)", check))
    return checks


def _is_custom(node: Any) -> bool:
    """Return whether a component, or anything inside it, comes from another package than ganlab."""
    return any(not target.startswith(SHIPPED) for target in node_targets(node))


def _class_name(node: DictConfig) -> str:
    return str(node._target_).rpartition(".")[2]


def _is_device_error(error: Exception) -> bool:
    message = str(error).lower()
    is_bare_assertion = not message and isinstance(error, AssertionError)  # such as `assert samples.is_cuda`
    return is_bare_assertion or DEVICE_ERROR.search(message) is not None
