"""Protection from networks whose trained weights are not at hand: their use is an error, not a random number."""

from collections.abc import Callable
from typing import Any

from torch import nn

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Game


def sampler_prefixes(game: Game) -> tuple[str, ...]:
    """Return the beginnings of the names that the sampler's tensors have in the game's state dict."""
    modules = game.named_modules(remove_duplicate=False)
    return tuple(f"{name}." for name, module in modules if module is game.sampler)


def forbid_untrained(game: Game, reason: str) -> None:
    """Make all layers with weights outside of the sampler raise UserError, with the reason, when they are called."""
    trained = set(game.sampler.modules())
    for module in game.modules():
        has_weights = any(True for _ in (*module.parameters(recurse=False), *module.buffers(recurse=False)))
        if has_weights and module not in trained:
            module.register_forward_pre_hook(_refusal(reason))


def _refusal(reason: str) -> Callable[..., Any]:
    def refuse(module: nn.Module, inputs: Any) -> None:
        raise UserError(reason)

    return refuse
