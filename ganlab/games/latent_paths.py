"""Latents that a caller gives: in place of drawn ones, and on paths between drawn ones."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Game, Latent
from ganlab.core.random import Random
from ganlab.latents.spherical import slerp


def _lerp(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    return torch.lerp(start, end, times[:, None])


PATHS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {"spherical": slerp, "linear": _lerp}


@final
class GivenLatents(Latent):
    """Given latents of shape (n, size) in place of random ones, for n samples; `used` says whether they were read."""

    def __init__(self, latents: Tensor) -> None:
        super().__init__(latents.shape[1])
        self.latents, self.used = latents, False

    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return the given latents; `count` and `random` are ignored."""
        self.used = True
        return self.latents.to(device)


def latent_size(game: Game) -> int:
    """Return the size of a game's latents, 0 if it draws none."""
    latent = getattr(game, "latent", None)  # a custom game may translate samples instead
    return 0 if latent is None else int(latent.size)


def require_latent(game: Game) -> Latent:
    """Return the distribution of a game's latents; raises ValueError if it has none."""
    if not latent_size(game):
        raise ValueError(f"{type(game).__name__} draws no latents, so they can be neither drawn nor given")
    return game.latent


def check_latents(latents: Any, size: int, n: int | None) -> Tensor:
    """Return latents as float32 (n, size); raises ValueError for another shape, NaN and infinity."""
    try:
        values = torch.as_tensor(latents).detach().float()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"latents must be an array of shape (n, {size}), got a {type(latents).__name__}") from error
    if values.ndim != 2 or values.shape[1] != size or n not in (None, len(values)):
        rows = "n" if n is None else n
        raise ValueError(f"latents must have shape ({rows}, {size}), got {tuple(values.shape)}")
    if not values.isfinite().all():
        raise ValueError(
            f"latents must be finite, but {int((~values.isfinite()).any(1).sum())} of {len(values)} are not"
        )
    return values


def path_latents(latent: Latent, ends: Tensor, n: int, kind: str | None) -> Tensor:
    """Return `n` latents on each path from ends (2 · paths, size) 0 to 1, from 2 to 3, …, shape (paths · n, size).

    `kind` None is the path that fits the distribution of the latents: spherical for normal ones. Raises ValueError for
    n below 2 and for another kind.
    """
    if n < 2:
        raise ValueError(f"a path needs its two ends, so n must be at least 2, got {n}")
    if kind is not None and kind not in PATHS:
        raise ValueError(f"kind must be {' or '.join(PATHS)}, or None for what fits the latents, got {kind!r}")
    interpolate = latent.interpolate if kind is None else PATHS[kind]
    start, end = (points.repeat_interleave(n, 0) for points in (ends[::2], ends[1::2]))
    return interpolate(start, end, torch.linspace(0, 1, n).repeat(len(ends) // 2))
