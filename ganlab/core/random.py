"""Stateless randomness: every draw is a function of seed, step and purpose only.

No generator has a state that a checkpoint would have to save, a draw for one purpose never shifts another, and
evaluation never changes training. Each process or microbatch takes its part of the numbers that the joined batch would
draw, so N processes, or a batch cut into N microbatches, draw exactly what one process draws for the joined batch.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

import torch
from torch import Tensor


def derive(*key: object) -> int:
    """Hash a key of plain values to a 63-bit seed."""
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), "big") >> 1


class Random:
    """Random numbers of one seed, step and part of the batch; `seek` sets step and part.

    Shapes are those of this part; the leading dimension is the number of samples.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}
        self.seek()

    def seek(self, step: int = 0, part: int = 0, parts: int = 1) -> "Random":
        """Set the step, and that this is part `part` of `parts` of the joined batch; return self."""
        self.step = step
        self._key, self._part, self._parts = (self.seed, step), part, parts
        self._draws: Counter[str] = Counter()
        return self

    def _generator(self, purpose: str, device: torch.device) -> torch.Generator:
        device = torch.device("cpu") if device.type == "meta" else device  # the meta device has no generator
        generator = self._generators.get(device)
        if generator is None:
            generator = self._generators[device] = torch.Generator(device)
        self._draws[purpose] += 1
        return generator.manual_seed(derive(*self._key, purpose, self._draws[purpose]))

    @property
    def part(self) -> int:
        """The number of this part of the joined batch, from 0."""
        return self._part

    @property
    def parts(self) -> int:
        """The number of parts of the joined batch."""
        return self._parts

    @property
    def draws(self) -> Counter[str]:
        """How many draws were made since `seek`, by purpose."""
        return self._draws.copy()

    def skip(self, draws: Counter[str]) -> None:
        """Count draws as made, without making them."""
        self._draws.update(draws)

    def _own_rows(self, joined: Tensor, count: int) -> Tensor:
        return joined if self._parts == 1 else joined.narrow(0, self._part * count, count)

    def normal(self, purpose: str, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw from the standard normal distribution."""
        device = torch.device(device)
        joined = (shape[0] * self._parts, *shape[1:])
        return self._own_rows(torch.randn(joined, generator=self._generator(purpose, device), device=device), shape[0])

    def uniform(self, purpose: str, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw uniformly from [0, 1)."""
        device = torch.device(device)
        joined = (shape[0] * self._parts, *shape[1:])
        return self._own_rows(torch.rand(joined, generator=self._generator(purpose, device), device=device), shape[0])

    def integers(self, purpose: str, high: int, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw uniformly from 0 … high − 1."""
        device = torch.device(device)
        joined = (shape[0] * self._parts, *shape[1:])
        generator = self._generator(purpose, device)
        return self._own_rows(torch.randint(high, joined, generator=generator, device=device), shape[0])
