"""Trains the Dirac-GAN with every pairing of components of conf/, and compares its path with the linear theory."""

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
from ganlab.config.groups import choices
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import Batch, Spec
from ganlab.discriminators import Dirac as DiracDiscriminator
from ganlab.games import AdversarialGame
from ganlab.games.player_updates import PlayerUpdates
from ganlab.games.theory import (
    JointState,
    NotAtEquilibriumError,
    NotDifferentiableError,
    classify_path,
    convergence_rate,
    step_map,
)
from ganlab.generators import Dirac as DiracGenerator
from ganlab.latents import Normal

RATE, WEIGHT, BATCH = 0.3, 1.0, 256
STEPS, NEAR_STEPS, NEAR, COMPARED_STEPS = 200, 80, 1e-4, 30
COORDINATES = (-3.0, -1.1, 0.7, 2.0)  # of the grid on which gradients are compared
RESOLVED = 2e-3  # smallest difference of ρ from 1 for which so few steps show a rate


Pair: TypeAlias = tuple[str, str]  # a loss and a regularizer


class Cell(NamedTuple):
    """A choice in each of four config groups."""

    loss: str
    regularizer: str
    schedule: str
    optimizer: str


class Finding(NamedTuple):
    """The behaviour of a cell; `radius` is a number or why there is none, and `rate` is measured if it is resolved."""

    behaviour: str
    radius: float | str
    rate: float | None


@cache
def component(group: str, name: str) -> Any:
    """Return the node of a component; for a regularizer, those of a configuration that can be built."""
    if group == "regularizer":
        return ganlab.compose(["experiment=dirac", f"regularizer=[{name}]"]).regularizer
    return OmegaConf.load(conf_directory() / group / f"{name}.yaml")


@cache
def applicable() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the choices of each group that the Dirac-GAN can be built with, and the message for other regularizers."""
    groups = {group: sorted(choices([conf_directory()])[group]) for group in Cell._fields}
    rejected = {}
    for name in groups["regularizer"]:
        try:
            component("regularizer", name)
        except ConfigurationError as error:
            rejected[name] = error.issues[0]
    others = [name for name in groups["regularizer"] if name not in rejected and name != "none"]
    return groups | {"regularizer": ["none", *others]}, rejected


def game(cell: Cell, start: float = 1.0) -> AdversarialGame:
    """Build a Dirac-GAN in double precision, with θ = ψ = `start`."""
    torch.manual_seed(0)
    loss = instantiate(component("loss", cell.loss))
    head = "tanh_probability" if loss.reads == "probability" else "logit"
    nodes = component("regularizer", cell.regularizer)
    return AdversarialGame(
        Spec((1,)),
        lambda spec: DiracGenerator(spec, start),
        lambda spec: DiracDiscriminator(spec, start, head),
        loss,
        {name: instantiate(node, weight=WEIGHT) for name, node in nodes.items()},
        Identity(),
        Normal(1),
    ).double()


def optimizers(cell: Cell) -> dict[str, Callable[..., Any]]:
    """Return each player's optimizer with the learning rate RATE."""
    return {player: instantiate(node, lr=RATE) for player, node in component("optimizer", cell.optimizer).items()}


def joint_state(cell: Cell, built_game: AdversarialGame) -> JointState:
    """Return the state of a game's players, which are updated by the cell's schedule and optimizer."""
    return JointState(PlayerUpdates(built_game, optimizers(cell), instantiate(component("schedule", cell.schedule))))


def real_batch() -> Batch:
    """Return a batch of real samples, all at 0."""
    return Batch(torch.zeros(BATCH, 1, dtype=torch.float64))


def train_path(
    cell: Cell, steps: int = STEPS, start: float = 1.0, undecided: tuple[float, float] = (1e-3, 1e3)
) -> Tensor:
    """Train a cell and return (θ, ψ) at the start and after every step, shape (steps + 1, 2).

    It ends early once the distance from 0 leaves the range `undecided`, in units of the first distance.
    """
    state = joint_state(cell, game(cell, start))
    path = [state.position()]
    first = float(path[0].norm())
    for _ in range(steps):
        state.updates.step(real_batch())
        path.append(state.position())
        if not undecided[0] * first < float(path[-1].norm()) < undecided[1] * first:
            break
    return torch.stack(path).flip(1)


def representatives(groups: Mapping[str, Sequence[str]]) -> dict[Pair, Pair]:
    """Return for every loss and regularizer the first such pair with the same gradients.

    All updates follow from gradients, so two pairs are the same game under any schedule and optimizer if their
    gradients agree on a grid of points and their paths agree, which also compares regularizers with memory. For a
    linear discriminator, R1, R2 and L2 are an example.
    """
    signatures: dict[Pair, Tensor] = {}
    first_pairs = {}
    for pair in product(groups["loss"], groups["regularizer"]):
        cell = Cell(*pair, "simultaneous", "sgd")
        signature = torch.cat([train_path(cell, COMPARED_STEPS, undecided=(0.0, math.inf)), _gradients(cell)])
        first_pairs[pair] = next((other for other in signatures if _is_close(signature, signatures[other])), pair)
        signatures.setdefault(first_pairs[pair], signature)
    return first_pairs


def _gradients(cell: Cell) -> Tensor:
    """Return both players' gradients on a grid of points, shape (points, 2)."""
    built_game = game(cell)
    state = joint_state(cell, built_game)
    rows = []
    for point in product(COORDINATES, repeat=2):
        torch.nn.utils.vector_to_parameters(torch.tensor(point, dtype=torch.float64), built_game.parameters())
        rows.append(state.gradients(real_batch()))
    return torch.stack(rows)


def _is_close(first: Tensor, second: Tensor) -> bool:
    return torch.allclose(first, second, rtol=1e-5, atol=1e-5)  # some losses are computed in float32


def radius(cell: Cell) -> float | str:
    """Return the spectral radius of the cell's step at the equilibrium, or why it has none."""
    schedule = instantiate(component("schedule", cell.schedule))
    try:
        return step_map(game(cell, 0.0), schedule, optimizers(cell), real_batch()).radius
    except NotDifferentiableError:
        return "not differentiable"
    except NotAtEquilibriumError:
        return "not at rest"


def examine(cell: Cell) -> Finding:
    """Train a cell from (1, 1), and also from near the equilibrium if its spectral radius predicts a rate."""
    torch.set_num_threads(1)
    spectral_radius = radius(cell)
    measured = None
    if isinstance(spectral_radius, float) and abs(spectral_radius - 1) > RESOLVED:
        measured = convergence_rate(train_path(cell, NEAR_STEPS, NEAR, (1e-30, 1e3)))
    return Finding(classify_path(train_path(cell)), spectral_radius, measured)
