"""The trained weights of a game in a run directory: the generator that is sampled, and everything else of the game."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replaced
from ganlab.core.interfaces import Game
from ganlab.games.absent_weights import forbid_untrained, sampler_prefixes

GENERATOR, OTHERS = "generator.safetensors", "discriminator.safetensors"
DESCRIPTION = "generator.json"
REMEDY = "copy both files again from the original run directory"


def write_weights(path: Path, tensors: Mapping[str, Tensor], steps: int) -> None:
    """Write tensors and the step that they are of; a former file stays if writing fails."""
    copies = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with replaced(path) as file:
        file.write(save(copies, {"steps": str(steps)}))  # safetensors' own file writer hides the reason of a disk error


def other_weights(game: Game) -> dict[str, Tensor]:
    """Return the tensors of a game that are not the sampler's: of the discriminator, encoders and regularizers."""
    prefixes = sampler_prefixes(game)
    state = game.state_dict().items()
    return {name: value for name, value in state if torch.is_tensor(value) and not name.startswith(prefixes)}


def read_weights(path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors of a file and the step that it names, if any; raises UserError if it cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            names, metadata = file.keys(), file.metadata() or {}
            return {name: file.get_tensor(name) for name in names}, metadata.get("steps", "")
    except (SafetensorError, OSError) as error:
        raise unreadable(path, error) from error


def load_generator(game: Game, path: Path) -> None:
    """Load the sampler's weights; raises UserError if the file cannot be read or is of another generator."""
    tensors, _ = read_weights(path)
    try:
        game.sampler.load_state_dict(tensors)
    except RuntimeError as error:  # its message has one line per weight
        raise UserError(f"{path} holds weights of another generator than {DESCRIPTION} describes; {REMEDY}") from error


def load_others(game: Game, path: Path, steps: int) -> str:
    """Load the weights of all other networks, and return why they are absent if they are; then their use is an error.

    Raises UserError if the file cannot be read or is of other networks.
    """
    reason = _load_others(game, path, steps)
    if reason:
        forbid_untrained(game, reason)
    return reason


def _load_others(game: Game, path: Path, steps: int) -> str:
    if not path.exists():
        return (
            f"{path.parent} has no trained discriminator: {path.name} is missing, which a run writes at its end; copy "
            "it there, or train the run further to write it"
        )
    tensors, saved = read_weights(path)
    if saved != str(steps):
        return (
            f"{path} is of step {saved or 'unknown'}, but the generator next to it is of step {steps}; train the run "
            "further to write both again"
        )
    expected = other_weights(game)
    if {name: value.shape for name, value in tensors.items()} != {
        name: value.shape for name, value in expected.items()
    }:
        raise UserError(f"{path} holds weights of another discriminator than {DESCRIPTION} describes; {REMEDY}")
    game.load_state_dict(tensors, strict=False)
    return ""


def unreadable(path: Path, reason: object) -> UserError:
    """Return the error for a file of an export that cannot be read."""
    return UserError(f"{path} cannot be read ({' '.join(str(reason).split())}); {REMEDY}")
