"""Randomness as arithmetic: every draw is a function of seed, step and purpose, and of nothing else.

No generator has a state that a checkpoint would have to carry, drawing for one purpose never shifts another, and
evaluating never disturbs training. A process or microbatch takes its part of the numbers that the whole batch
would draw, so N processes, or a batch cut in pieces, draw exactly what one process does for the joined batch.
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
    """Draws of one place in training; `seek` moves it to another place.

    Shapes are those of this part; the leading dimension is the number of samples.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}
        self.seek()

    def seek(self, step: int = 0, part: int = 0, parts: int = 1) -> "Random":
        """Move to a step, as part `part` of `parts` of the joined batch."""
        self.step = step
        self._place, self._part, self._parts = (self.seed, step), part, parts
        self._drawn: Counter[str] = Counter()
        return self

    def _generator(self, purpose: str, device: torch.device) -> torch.Generator:
        device = torch.device("cpu") if device.type == "meta" else device  # where nothing is drawn
        generator = self._generators.get(device)
        if generator is None:
            generator = self._generators[device] = torch.Generator(device)
        self._drawn[purpose] += 1
        return generator.manual_seed(derive(*self._place, purpose, self._drawn[purpose]))

    def _take(self, whole: Tensor, count: int) -> Tensor:
        return whole.narrow(0, self._part * count, count)

    def normal(self, purpose: str, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw from the standard normal distribution."""
        device = torch.device(device)
        whole = (shape[0] * self._parts, *shape[1:])
        return self._take(torch.randn(whole, generator=self._generator(purpose, device), device=device), shape[0])

    def uniform(self, purpose: str, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw uniformly from [0, 1)."""
        device = torch.device(device)
        whole = (shape[0] * self._parts, *shape[1:])
        return self._take(torch.rand(whole, generator=self._generator(purpose, device), device=device), shape[0])

    def integers(self, purpose: str, high: int, shape: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Draw uniformly from 0 … high − 1."""
        device = torch.device(device)
        whole = (shape[0] * self._parts, *shape[1:])
        generator = self._generator(purpose, device)
        return self._take(torch.randint(high, whole, generator=generator, device=device), shape[0])
