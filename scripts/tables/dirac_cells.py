"""One Dirac-GAN after another: every pairing of parts of conf/, where it leads, and what the linear theory says."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import torch
from omegaconf import OmegaConf
from torch import Tensor

import ganlab
from ganlab.augments import Identity
from ganlab.config import conf_directory, instantiate
from ganlab.config.overrides import choices
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import Batch, Spec
from ganlab.discriminators import Dirac as ShowsFeatures
from ganlab.games import AdversarialGame
from ganlab.games.theory import NotAtEquilibriumError, NotDifferentiableError, PlayerUpdates, behaviour, rate, step_map
from ganlab.generators import Dirac
from ganlab.latents import Normal

RATE, WEIGHT, BATCH = 0.3, 1.0, 256
STEPS, NEAR_STEPS, NEAR, TWIN_STEPS = 200, 80, 1e-4, 30
PLACES = (-3.0, -1.1, 0.7, 2.0)
RESOLVED = 2e-3  # how far ρ has to be from 1 for a rate to be told from none in so many steps


Pair: TypeAlias = tuple[str, str]  # a loss and a regularizer


class Cell(NamedTuple):
    """A choice in each of four groups."""

    loss: str
    regularizer: str
    schedule: str
    optimizer: str


class Finding(NamedTuple):
    """What became of a cell; `radius` is a number or why there is none, `rate` is measured where it can be told."""

    behaviour: str
    radius: float | str
    rate: float | None


@cache
def part(group: str, name: str) -> Any:
    """Return a part's node; of a regularizer, as a configuration has it that can be built."""
    if group == "regularizer":
        return ganlab.compose(["experiment=dirac", f"regularizer=[{name}]"]).regularizer
    return OmegaConf.load(conf_directory() / group / f"{name}.yaml")


@cache
def applicable() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the choices of each group that the Dirac-GAN can be built with, and why regularizers are left out."""
    groups = {group: sorted(choices([conf_directory()])[group]) for group in Cell._fields}
    refused = {}
    for name in groups["regularizer"]:
        try:
            part("regularizer", name)
        except ConfigurationError as error:
            refused[name] = error.issues[0]
    rest = [name for name in groups["regularizer"] if name not in refused and name != "none"]
    return groups | {"regularizer": ["none", *rest]}, refused


def game(cell: Cell, start: float = 1.0) -> AdversarialGame:
    """Build a Dirac-GAN in double precision, with θ = ψ = `start`."""
    torch.manual_seed(0)
    loss = instantiate(part("loss", cell.loss))
    head = "tanh_probability" if loss.reads == "probability" else "logit"
    terms = {name: instantiate(node, weight=WEIGHT) for name, node in part("regularizer", cell.regularizer).items()}
    return AdversarialGame(
        Spec((1,)),
        lambda spec: Dirac(spec, start),
        lambda spec: ShowsFeatures(spec, start, head),
        loss,
        terms,
        Identity(),
        Normal(1),
    ).double()


def optimizers(cell: Cell) -> dict[str, Callable[..., Any]]:
    """Return each player's optimizer, with our learning rate in place of its own."""
    return {player: instantiate(node, lr=RATE) for player, node in part("optimizer", cell.optimizer).items()}


def real() -> Batch:
    """Return a batch of real samples, all at 0."""
    return Batch(torch.zeros(BATCH, 1, dtype=torch.float64))


def travel(cell: Cell, steps: int = STEPS, start: float = 1.0, decided: tuple[float, float] = (1e-3, 1e3)) -> Tensor:
    """Train a cell and return its (θ, ψ), first and after every step, shape (steps + 1, 2).

    It ends early where the distance from 0 leaves the range that is undecided, in parts of the first distance.
    """
    moves = PlayerUpdates(game(cell, start), instantiate(part("schedule", cell.schedule)), optimizers(cell))
    path = [moves.position()]
    first = float(path[0].norm())
    for _ in range(steps):
        moves.step(real())
        path.append(moves.position())
        if not decided[0] * first < float(path[-1].norm()) < decided[1] * first:
            break
    return torch.stack(path).flip(1)


def twins(groups: Mapping[str, Sequence[str]]) -> dict[Pair, Pair]:
    """Return for every loss and regularizer the first such pair that plays the same game.

    All moves come from gradients, so two pairs with the same ones all over the plane, and along a path, in which memory
    shows, are one under any schedule and optimizer: R1, R2 and L2 of a linear critic are, for example.
    """
    ways: dict[Pair, Tensor] = {}
    firsts = {}
    for pair in product(groups["loss"], groups["regularizer"]):
        cell = Cell(*pair, "simultaneous", "sgd")
        way = torch.cat([travel(cell, TWIN_STEPS, decided=(0.0, math.inf)), _gradients(cell)])
        firsts[pair] = next((each for each, other in ways.items() if _alike(way, other)), pair)
        ways.setdefault(firsts[pair], way)
    return firsts


def _gradients(cell: Cell) -> Tensor:
    """Return both players' gradients at places all over the plane, shape (places, 2)."""
    built = game(cell)
    moves = PlayerUpdates(built, instantiate(part("schedule", cell.schedule)), optimizers(cell))
    rows = []
    for place in product(PLACES, repeat=2):
        torch.nn.utils.vector_to_parameters(torch.tensor(place, dtype=torch.float64), built.parameters())
        rows.append(moves.gradients(real()))
    return torch.stack(rows)


def _alike(way: Tensor, other: Tensor) -> bool:
    return torch.allclose(way, other, rtol=1e-5, atol=1e-5)  # some losses are in float32


def radius(cell: Cell) -> float | str:
    """Return the spectral radius of the cell's step at the equilibrium, or why it has none."""
    try:
        return step_map(game(cell, 0.0), instantiate(part("schedule", cell.schedule)), optimizers(cell), real()).radius
    except NotDifferentiableError:
        return "not differentiable"
    except NotAtEquilibriumError:
        return "not at rest"


def examine(cell: Cell) -> Finding:
    """Train a cell from (1, 1), and where the theory says that it moves, from near the equilibrium too."""
    torch.set_num_threads(1)
    found = radius(cell)
    measured = None
    if isinstance(found, float) and abs(found - 1) > RESOLVED:
        measured = rate(travel(cell, NEAR_STEPS, NEAR, (1e-30, 1e3)))
    return Finding(behaviour(travel(cell)), found, measured)
