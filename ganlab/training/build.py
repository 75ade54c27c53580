"""Builds a run's data set and GANModule from its configuration."""

import torch
from omegaconf import DictConfig
from torch import nn

from ganlab.config.limited_game import limit_players
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.core.random import derive
from ganlab.data import DataSet
from ganlab.engine.module import GANModule
from ganlab.training.initial_weights import InitialWeights

IMAGE_RANK = 4  # of weights (outputs, inputs, height, width)


def build_module(config: DictConfig, data: DataSet, initial: InitialWeights | None = None) -> GANModule:
    """Build the game and its module; the initial weights depend only on the seed and on those of `initial`."""
    torch.manual_seed(derive(config.seed, "weights"))
    game = instantiate(config.game)(data.spec)
    if config.channels_last:
        _lay_out_channels_last(game)
    if initial:
        initial.transfer(game, data.kind.name)  # before the average starts from the weights
    limit_players(game, config)
    module = GANModule(
        game=game,
        optimizers={player: instantiate(node) for player, node in config.optimizer.items()},
        schedule=instantiate(config.schedule),
        ema=instantiate(config.ema),
        lr_schedule=instantiate(config.lr_schedule),
        iterations=config.iterations,
        seed=config.seed,
        microbatches=config.microbatches,
        gradient_clip_norm=config.gradient_clip_norm,
        observe_every=config.log_every,
    )
    for player in config.compile:
        game.players()[player].compile()  # in place and after the EMA was copied, so the names of weights stay
    return module


def _lay_out_channels_last(game: nn.Module) -> None:
    """Change the memory layout of the weights of images, as `Module.to` does, which refuses networks of clips."""
    for tensor in (*game.parameters(), *game.buffers()):
        if tensor.ndim == IMAGE_RANK:
            tensor.data = tensor.data.to(tensor.device, memory_format=torch.channels_last)


def build_data(config: DictConfig) -> DataSet:
    """Build the data set; raises UserError if it cannot be read."""
    try:
        data: DataSet = instantiate(config.data)
    except Exception as error:
        cause = error.__cause__ or error
        if isinstance(cause, ValueError | OSError):
            raise UserError(f"data: {cause}") from error
        raise
    return data
