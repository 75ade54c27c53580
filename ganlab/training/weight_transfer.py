"""Starts the networks of a game from the weights of another run: what fits is taken, the rest is named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Game
from ganlab.games.absent_weights import sampler_prefixes
from ganlab.training.exported_game import other_weights
from ganlab.training.weight_source import WeightSource

PARAMETRIZED = re.compile(r"(parametrizations\.\w+\.).*")  # the rest of the name is "original" or a vector
NAMED = 6  # tensors that a sentence names; the status has all


@final
@dataclass(frozen=True)
class NetworkTransfer:
    """What one network takes: the number of its tensors, those that start again with the reason, those not used."""

    network: str
    count: int
    fresh: Mapping[str, str]  # by name, the shape here and there
    unused: tuple[str, ...]
    has_weights: bool  # whether more was taken than single numbers, which fit any network, such as counts of batches

    @property
    def taken(self) -> int:
        """The number of tensors that are those of the source."""
        return self.count - len(self.fresh)

    @property
    def fresh_texts(self) -> list[str]:
        """The tensors that start again, as in "output.weight (3, 64), there (1, 64)"."""
        return [f"{name} {shapes}" for name, shapes in self.fresh.items()]

    def sentence(self, run: str) -> str:
        """Return a line such as "generator: 24 of 26 tensors from RUN; start again: output.weight (3, 64), …"."""
        parts = [f"{self.network}: {self.taken} of {self.count} tensors from {run}"]
        parts += [f"start again: {_listed(self.fresh_texts)}"] if self.fresh else []
        parts += [f"not used: {_listed(self.unused)}"] if self.unused else []
        return "; ".join(parts)


def transfer_weights(game: Game, source: WeightSource, kind: str) -> list[NetworkTransfer]:
    """Copy the source's tensors that agree in name and shape into the game; returns what each network takes.

    Running statistics and vectors of power iteration are among them; statistics of regularizers without weights are
    not, because they belong to the former training. Raises UserError if the source generates another kind of samples
    than `kind`, or if nothing agrees.
    """
    if source.kind and kind and source.kind != kind:
        raise UserError(
            f"init_from={source.run} generates samples of the kind {source.kind}, and this run's data are of the kind "
            f"{kind}; give a run on the same kind of data"
        )
    prefix = sampler_prefixes(game)
    own = {
        name.removeprefix(start): value
        for start in prefix
        for name, value in source.game.items()
        if name.startswith(start)
    }
    others = {name: value for name, value in source.game.items() if not name.startswith(prefix)}
    statistics = _statistics(game)
    networks = {
        "generator": (_tensors(game.sampler.state_dict()), source.generator or own),
        "discriminator": (other_weights(game), others),
    }
    transfers = [
        _copy(network, {name: value for name, value in mine.items() if name not in statistics}, theirs)
        for network, (mine, theirs) in networks.items()
    ]
    if not any(transfer.has_weights for transfer in transfers):
        raise UserError(
            f"init_from={source.run}: no weights agree in name and shape with those of this run's networks; choose the "
            "generator and the discriminator of that run, with their widths, or remove init_from"
        )
    return transfers


def describe_transfer(source: WeightSource, transfers: Sequence[NetworkTransfer]) -> dict[str, Any]:
    """Return what a run records of its start: the source, its steps, the hash of its files, and the tensors taken."""
    return {
        "run": source.run,
        "steps": source.steps,
        "sha256": dict(source.files),
        "tensors": {
            transfer.network: {
                "taken": transfer.taken,
                "of": transfer.count,
                "start_again": transfer.fresh_texts,
                "not_used": list(transfer.unused),
            }
            for transfer in transfers
        },
    }


@torch.no_grad()
def _copy(network: str, mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> NetworkTransfer:
    fresh: dict[str, str] = {}
    has_weights = False
    unfit = {_owner(name) for name, value in mine.items() if name not in theirs or theirs[name].shape != value.shape}
    for name, value in mine.items():
        if _owner(name) not in unfit:
            value.copy_(theirs[name])  # state dicts share memory with the networks
            has_weights |= value.numel() > 1
        else:
            there = f"there {tuple(theirs[name].shape)}" if name in theirs else "absent there"
            fresh[name.removeprefix(f"{network}.")] = f"{tuple(value.shape)}, {there}"
    unused = [name.removeprefix(f"{network}.") for name in theirs if name not in mine]
    has_weights |= bool(mine) and not fresh
    return NetworkTransfer(network, len(mine), fresh, tuple(unused), has_weights)


def _owner(name: str) -> str:
    """Return the weight that a tensor belongs to: vectors of power iteration are those of the weight they normalise."""
    return PARAMETRIZED.sub(r"\1", name)


def _statistics(game: Game) -> set[str]:
    """Return the names of tensors of regularizers that have no weights, such as moving means of losses."""
    modules = {id(term) for term in game.terms().values() if not any(True for _ in term.parameters())}
    prefixes = tuple(f"{name}." for name, module in game.named_modules(remove_duplicate=False) if id(module) in modules)
    return {name for name in game.state_dict() if name.startswith(prefixes)}


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if torch.is_tensor(value)}


def _listed(names: Sequence[str]) -> str:
    more = f"; and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
