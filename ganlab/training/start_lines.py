"""What a run prints before its first step: about its data, and about its networks."""

from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.limited_game import describe_limits
from ganlab.core.interfaces import Game
from ganlab.data import DataSet
from ganlab.data.inspection.quick import quick_lines
from ganlab.training.initial_weights import InitialWeights


def data_lines(data: DataSet, config: DictConfig, directory: Path, resumed: bool) -> list[str]:
    """Return the directory, the summary of the data, and what is wrong with them.

    A resumed run has only the summary; `Announcement` says where it continues.
    """
    summary = [text] if (text := data.summary()) else []
    if resumed:
        return summary
    return [f"training in {directory}", *summary, *quick_lines(data, config.iterations * config.batch_size)]


def network_lines(game: Game, config: DictConfig, initial: InitialWeights | None) -> list[str]:
    """Return what the networks take from another run, and which of their weights are not updated."""
    lines = [*(initial.sentences() if initial else []), *describe_limits(game, config)]
    if initial and (names := initial.find_random(game)):
        lines.append(f"these weights start again and are not updated, so they stay random: {', '.join(names)}")
    return lines
