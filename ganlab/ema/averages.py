"""Which generator weights are sampled from and kept."""

from abc import ABC, abstractmethod
from copy import deepcopy

import torch
from torch import Tensor, nn


class EMA(nn.Module, ABC):
    """Weights derived from those of the network that moves."""

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """The network to sample from."""

    @abstractmethod
    def update(self, network: nn.Module, samples: int) -> None:
        """Take in the network's weights after `samples` real samples were seen in all."""


class HalfLife(EMA):
    """An exponential moving average whose memory halves every `half_life_samples` real samples.

    At the start the half-life is at most `ramp_up` times the samples seen, so that the random first weights are soon
    forgotten (Karras et al. 2020, StyleGAN2-ADA, appendix C); 0 is no ramp. Buffers are copied, not averaged. Raises
    ValueError for a half-life that is not positive or a negative ramp.
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
        self._paired: tuple[nn.Module] | None = None

    @property
    def network(self) -> nn.Module:
        """The averaged network, in evaluation mode."""
        return self.average

    def train(self, mode: bool = True) -> "HalfLife":
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def update(self, network: nn.Module, samples: int) -> None:
        """Move the average towards the network by the share that the new samples weigh."""
        half_life = self.half_life_samples
        if self.ramp_up:
            half_life = min(half_life, self.ramp_up * samples)
        weight = 1 - 0.5 ** ((samples - self.samples) / max(half_life, 1e-9))
        self.samples = samples
        if self._paired is None or self._paired[0] is not network:
            self._pair(network)
        torch._foreach_lerp_(self._mine, self._theirs, weight)
        for mine, theirs in self._copied:
            mine.copy_(theirs)

    def _pair(self, network: nn.Module) -> None:
        # Walking through a network costs as much as averaging a small one.
        self._paired = (network,)  # in a tuple, so that its weights are not registered, and saved, twice
        self._mine: list[Tensor] = list(self.average.parameters())
        self._theirs: list[Tensor] = list(network.parameters())
        self._copied = list(zip(self.average.buffers(), network.buffers(), strict=True))

    def get_extra_state(self) -> int:
        """Return what the state dict carries beside tensors: the samples seen at the last update."""
        return self.samples

    def set_extra_state(self, state: int) -> None:
        """Restore it."""
        self.samples = state


class Live(EMA):
    """No average: the network as it is."""

    def __init__(self, sampler: nn.Module) -> None:
        super().__init__()
        self._sampler = (sampler,)  # in a tuple, so that its weights are not registered, and saved, twice

    @property
    def network(self) -> nn.Module:
        """The live network."""
        return self._sampler[0]

    def update(self, network: nn.Module, samples: int) -> None:
        """Do nothing."""
