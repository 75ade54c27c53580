"""Limits the updates of a game's players as `generator.trainable`, `discriminator.frozen` and so on say."""

from typing import Any

from omegaconf import DictConfig

from ganlab.config.network_nodes import find_update_settings
from ganlab.config.targets import takes_argument
from ganlab.config.update_settings import NETWORKS
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Game
from ganlab.layers.limited_updates import limit_updates


def limit_players(game: Game, config: DictConfig) -> None:
    """Let the weights that the configuration excludes require no gradients, so that no optimizer has them.

    Raises UserError if a network does not have what the settings name.
    """
    for player, settings in _limited_players(game, config).items():
        try:
            limit_updates(game.players()[player], **settings)
        except ValueError as error:
            raise UserError(f"{player}: {error}") from error


def describe_limits(game: Game, config: DictConfig) -> list[str]:
    """Return a sentence for each player with weights that are not updated."""
    sentences = []
    for player, settings in _limited_players(game, config).items():
        weights = list(game.players()[player].parameters())
        updated = sum(weight.numel() for weight in weights if weight.requires_grad)
        chosen = " ".join(f"{key}={value}" for key, value in settings.items())
        count = sum(weight.numel() for weight in weights)
        sentences.append(f"{player}: {updated:,} of {count:,} weights are updated ({chosen})")
    return sentences


def _limited_players(game: Game, config: DictConfig) -> dict[str, dict[str, Any]]:
    """Return the settings of each player that has any."""
    found = {player: find_update_settings(config[player], takes_argument) for player in NETWORKS if player in config}
    return {player: settings for player, settings in found.items() if settings and player in game.players()}
