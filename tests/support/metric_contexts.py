"""Small games for metrics of the model, and a check that a metric leaves a game unchanged."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.augments import Identity as NoAugmentation
from ganlab.core.interfaces import AdversarialLoss, Batch, Game, Latent, Regularizer, Spec
from ganlab.features import Features, Identity
from ganlab.games import AdversarialGame
from ganlab.games.sampler import Sampler
from ganlab.latents import Normal
from ganlab.losses import NonSaturating
from ganlab.metrics import EvaluationContext
from support.metric_sources import Points


def build_game(
    generator: Callable[[Spec], nn.Module],
    discriminator: Callable[[Spec], nn.Module],
    spec: Spec,
    loss: AdversarialLoss | None = None,
    latent: Latent | None = None,
    terms: tuple[Regularizer, ...] = (),
) -> AdversarialGame:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        regularizers = {type(term).__name__: term for term in terms}
        return AdversarialGame(
            spec, generator, discriminator, loss or NonSaturating(), regularizers, NoAugmentation(), latent or Normal(4)
        )


def build_context(
    game: Game, spec: Spec, features: Features | None = None, step: int = 0, **splits: Batch
) -> EvaluationContext:
    """Return the evaluation context of a game; each split is one batch with all its samples."""

    def real_batches(split: str, count: int) -> Iterator[Batch]:
        sample, cond = splits.get(split, Batch(torch.empty(0)))
        if len(sample):
            for rows in torch.arange(min(len(sample), count)).split(64):
                yield Batch(sample[rows], None if cond is None else cond[rows])

    return EvaluationContext(
        game=game,
        generator=game.sampler,
        sampler=Sampler(game, game.sampler, spec, lambda samples: samples),
        features=features or Identity(Points(width=spec.sample[0])),
        real_batches=real_batches,
        held_out="test",
        samples=10_000,
        batch_size=50,
        seed=3,
        step=step,
    )


class DisturbableNetwork(nn.Module):
    """A network with everything that evaluation could disturb: batch statistics, dropout, and a frozen weight."""

    def __init__(self, inputs: int, outputs: int, classes: int = 0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, outputs))
        self.body[0].weight.requires_grad_(False)
        self.table = nn.Embedding(classes, outputs) if classes else None

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor:
        return self.body(x) if cond is None else self.body(x) + self.table(cond)


def disturbable_game(spec: Spec, **settings: Any) -> AdversarialGame:
    """Return a game of disturbable networks, in the middle of training."""
    width, classes = spec.sample[0], spec.classes
    game = build_game(
        lambda spec: DisturbableNetwork(spec.latent, width, classes),
        lambda _: DisturbableNetwork(width, 1, classes),
        spec,
        **settings,
    )
    game.discriminator.body[1].eval()  # a user may freeze batch norm
    game.random.seed = 5
    game.random.seek(7)
    return game


@contextmanager
def assert_unchanged(game: Game) -> Iterator[None]:
    """Fail if weights, buffers, gradients, training modes or random states of the game change."""
    before = _state(game)
    yield
    assert before[1:] == (after := _state(game))[1:]
    assert all(torch.equal(value, after[0][name]) for name, value in before[0].items())


def _state(game: Game) -> tuple[Any, ...]:
    random = game.random
    weights = {name: (weight.requires_grad, weight.grad is None) for name, weight in game.named_parameters()}
    return (
        copy.deepcopy(game.state_dict()) | {"torch": torch.get_rng_state()},
        weights,
        {name: module.training for name, module in game.named_modules()},
        (id(random), random.seed, random.step, dict(random._draws)),
        id(game.latent),
    )
