"""Small games that a probe can ask, and a witness that nothing of them changed."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.augments import Identity as Unchanged
from ganlab.core.interfaces import AdversarialLoss, Batch, Game, Latent, Regularizer, Spec
from ganlab.features import Features, Identity
from ganlab.games import AdversarialGame
from ganlab.games.sampler import Sampler
from ganlab.latents import Normal
from ganlab.losses import NonSaturating
from ganlab.metrics import EvaluationContext
from support.metric_sources import Points


def played(
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
            spec, generator, discriminator, loss or NonSaturating(), regularizers, Unchanged(), latent or Normal(4)
        )


def asked(
    game: Game, spec: Spec, features: Features | None = None, step: int = 0, **splits: Batch
) -> EvaluationContext:
    """Return what probes ask of a game whose splits are given whole."""

    def reals(split: str, count: int) -> Iterator[Batch]:
        sample, cond = splits.get(split, Batch(torch.empty(0)))
        for rows in torch.arange(min(len(sample), count)).split(64) if len(sample) else ():
            yield Batch(sample[rows], None if cond is None else cond[rows])

    return EvaluationContext(
        game=game,
        generator=game.sampler,
        sampler=Sampler(game, game.sampler, spec, lambda samples: samples),
        features=features or Identity(Points(width=spec.sample[0])),
        reals=reals,
        held_out="test",
        samples=10_000,
        batch_size=50,
        seed=3,
        step=step,
    )


class Tutored(nn.Module):
    """A network that has all that evaluation could disturb: batch statistics, dropout, and a part that is frozen."""

    def __init__(self, inputs: int, outputs: int, classes: int = 0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, outputs))
        self.body[0].weight.requires_grad_(False)
        self.table = nn.Embedding(classes, outputs) if classes else None

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor:
        return self.body(x) if cond is None else self.body(x) + self.table(cond)


def tutored(spec: Spec, **settings: Any) -> AdversarialGame:
    """Return a game in the middle of training, of networks that evaluation could disturb."""
    width, classes = spec.sample[0], spec.classes
    game = played(
        lambda spec: Tutored(spec.latent, width, classes), lambda _: Tutored(width, 1, classes), spec, **settings
    )
    game.discriminator.body[1].eval()  # as a user may freeze it
    game.random.seed = 5
    game.random.seek(7)
    return game


@contextmanager
def untouched(game: Game) -> Iterator[None]:
    """Fail where weights, buffers, gradients, modes or randomness are not what they were."""
    before = _state(game)
    yield
    assert before[1:] == (after := _state(game))[1:]
    assert all(torch.equal(value, after[0][name]) for name, value in before[0].items())


def _state(game: Game) -> tuple[Any, ...]:
    random = game.random
    weights = {name: (each.requires_grad, each.grad is None) for name, each in game.named_parameters()}
    return (
        copy.deepcopy(game.state_dict()) | {"torch": torch.get_rng_state()},
        weights,
        {name: each.training for name, each in game.named_modules()},
        (id(random), random.seed, random.step, dict(random._drawn)),
        id(game.latent),
    )
