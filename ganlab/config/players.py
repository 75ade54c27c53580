"""Checks of the settings that name players of a game: update periods, optimizers and gradient norms."""

from collections.abc import Iterable

from omegaconf import DictConfig

from ganlab.core.errors import ConfigIssue, suggest
from ganlab.core.interfaces import Game, UpdateSchedule

# The default configuration has settings of these; a game without one of them leaves its settings unused.
USUAL = ("discriminator", "generator")


def find_unknown_players(config: DictConfig, game: Game, schedule: UpdateSchedule) -> list[ConfigIssue]:
    """Return an issue for each setting of a player that the game does not have."""
    players = list(game.players())
    clip_norms = config.gradient_clip_norm
    groups: dict[str, Iterable[str]] = {
        "schedule": schedule.periods,
        "optimizer": map(str, config.optimizer),
        "gradient_clip_norm": map(str, clip_norms) if isinstance(clip_norms, DictConfig) else (),
        "compile": map(str, config.get("compile", [])),
    }
    issues = []
    for group, names in groups.items():
        allowed = players if group == "compile" else [*players, *USUAL]
        for name in names:
            if name not in allowed:
                choices = ", ".join(players)
                sentence = f"{group}: there is no player '{name}'; choose {choices}{suggest(name, players)}"
                issues.append(ConfigIssue(group, sentence))
    return issues
