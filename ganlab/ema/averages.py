"""Averages of the generator's weights: an exponential moving average, or none."""

from abc import ABC, abstractmethod
from copy import deepcopy

import torch
from torch import Tensor, nn


class EMA(nn.Module, ABC):
    """Keeps the network that is sampled, scored and exported, and updates it from the live network.

    Its state dict is part of the checkpoint. A subclass takes the live network as its first argument, and implements
    `network` and `update`:

    >>> import torch
    >>> from copy import deepcopy
    >>> class Copy(EMA):
    ...     def __init__(self, sampler):
    ...         super().__init__()
    ...         self.copy = deepcopy(sampler)
    ...     @property
    ...     def network(self):
    ...         return self.copy
    ...     def update(self, network, samples):
    ...         self.copy.load_state_dict(network.state_dict())
    >>> live = torch.nn.Linear(1, 1)
    >>> ema = Copy(live)
    >>> _ = torch.nn.init.constant_(live.weight, 2.0)
    >>> ema.update(live, samples=64)
    >>> ema.network.weight.item()
    2.0
    """

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """The network to sample from, of the live network's class; the same object at every call."""

    @abstractmethod
    def update(self, network: nn.Module, samples: int) -> None:
        """Update the average from the live network; `samples` counts the real samples since the start of training."""


class HalfLife(EMA):
    """An exponential moving average with a half-life of `half_life_samples` real samples.

    The half-life is at most `ramp_up` times the number of samples so far, so the random initial weights soon lose their
    influence (Karras et al. 2020, StyleGAN2-ADA, appendix C); 0 disables the ramp. Buffers are copied, not averaged.
    Raises ValueError for a half-life that is not positive or a negative ramp.
    """

    def __init__(self, sampler: nn.Module, half_life_samples: float = 10_000, ramp_up: float = 0.05) -> None:
        super().__init__()
        if half_life_samples <= 0:
            raise ValueError(f"half_life_samples must be above 0, got {half_life_samples}")
        if ramp_up < 0:
            raise ValueError(f"ramp_up must be at least 0, got {ramp_up}")
        self.average = deepcopy(sampler).eval().requires_grad_(False)
        self.half_life_samples, self.ramp_up = half_life_samples, ramp_up
        self.samples = 0
        self._live: tuple[nn.Module] | None = None

    @property
    def network(self) -> nn.Module:
        """The averaged network, in evaluation mode."""
        return self.average

    def train(self, mode: bool = True) -> "HalfLife":
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def update(self, network: nn.Module, samples: int) -> None:
        """Interpolate from the average to the live weights, by the weight of the samples since the last update."""
        half_life = self.half_life_samples
        if self.ramp_up:
            half_life = min(half_life, self.ramp_up * samples)
        weight = 1 - 0.5 ** ((samples - self.samples) / max(half_life, 1e-9))
        self.samples = samples
        if self._live is None or self._live[0] is not network:
            self._pair_with(network)
        torch._foreach_lerp_(self._average_weights, self._live_weights, weight)
        for average, live in self._buffers_to_copy:
            average.copy_(live)

    def _pair_with(self, network: nn.Module) -> None:
        # The lists are cached: traversing the modules takes as long as averaging a small network.
        self._live = (network,)  # the tuple keeps nn.Module from registering, and saving, its weights a second time
        self._average_weights: list[Tensor] = list(self.average.parameters())
        self._live_weights: list[Tensor] = list(network.parameters())
        self._buffers_to_copy = list(zip(self.average.buffers(), network.buffers(), strict=True))

    def get_extra_state(self) -> int:
        """Return the number of samples at the last update, for the state dict."""
        return self.samples

    def set_extra_state(self, state: int) -> None:
        """Restore the number of samples."""
        self.samples = state


class Live(EMA):
    """No average: the live network itself."""

    def __init__(self, sampler: nn.Module) -> None:
        super().__init__()
        self._sampler = (sampler,)  # the tuple keeps nn.Module from registering, and saving, its weights a second time

    @property
    def network(self) -> nn.Module:
        """The live network."""
        return self._sampler[0]

    def update(self, network: nn.Module, samples: int) -> None:
        """Do nothing."""
