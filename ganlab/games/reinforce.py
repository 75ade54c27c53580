"""The GAN of sequences by policy gradients: symbols are actions, and the discriminator rewards them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import AdversarialLoss, Augment, Batch, EqualBuffers, Latent, Regularizer, Spec
from ganlab.games.domain import DomainBatch
from ganlab.games.fake_batch import FakeBatch
from ganlab.games.pretraining import PretrainedGame
from ganlab.layers.checks import look_up
from ganlab.layers.tokens import PADDING, to_tokens


class Reward(ABC):
    """What a symbol is worth by the discriminator's logits (n,) or (n, length); a subclass implements `__call__`.

    >>> class Plain(Reward):
    ...     def __call__(self, logits):
    ...         return logits
    >>> Plain()(torch.tensor([0.5]))
    tensor([0.5000])
    """

    @abstractmethod
    def __call__(self, logits: Tensor) -> Tensor:
        """Return the rewards, in the shape of the logits."""


@final
class Probability(Reward):
    """2 D − 1, from −1 to 1 (de Masson d'Autume et al. 2019, ScratchGAN, section 3.2; D alone is SeqGAN's)."""

    def __call__(self, logits: Tensor) -> Tensor:
        """Return tanh(logit / 2), which is 2 D − 1."""
        return (logits / 2).tanh()


@final
class DensityRatio(Reward):
    """Importance weights D / (1 − D), scaled to a mean of 1 (Che et al. 2017, MaliGAN, section 3.1).

    The mean is that of the samples that are discriminated at once, so microbatches and processes have their own.
    """

    def __call__(self, logits: Tensor) -> Tensor:
        """Return the softmax of logits over the batch, times its size."""
        return logits.softmax(0) * len(logits)


REWARDS: Mapping[str, Callable[[], Reward]] = {"probability": Probability, "density_ratio": DensityRatio}


@final
class Reinforce(PretrainedGame):
    """The generator is updated by REINFORCE (Williams 1992), with a moving baseline, instead of gradients of symbols.

    A discriminator with a logit for each symbol (`sequence_recurrent`) rewards each of them, and the return of a symbol
    is the mean of the rewards from it on, with weights that fall by `discount` per position (ScratchGAN, section 3.2).
    One with a logit for the sequence gives all symbols its reward, as SeqGAN does at the last symbol (Yu et al. 2017,
    eq. 4); no rollouts are drawn. The baseline at a position is the mean return there, averaged over updates with
    `momentum`; it is the same in all processes, and part of checkpoints. Raises ValueError for a discount or a momentum
    outside [0, 1], an unknown reward, and what `PretrainedGame` raises.
    """

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        pretraining_steps: int = 0,
        discriminator_steps: int = 0,
        likelihood: float = 0.0,
        reward: str = "probability",
        discount: float = 0.23,
        momentum: float = 0.9,
    ) -> None:
        super().__init__(
            spec,
            generator,
            discriminator,
            loss,
            regularizers,
            augment,
            latent,
            pretraining_steps,
            discriminator_steps,
            likelihood,
        )
        for name, value in (("discount", discount), ("momentum", momentum)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {value}")
        self.reward, self.discount = look_up("reward", reward, REWARDS)(), discount
        self.baseline = MovingBaseline(self.generator.shape.length, momentum)
        self.generator.relaxation = 0.0

    def adversarial_losses(self, step: int, seen: DomainBatch) -> dict[str, Tensor]:
        """Return the policy gradient's loss: −log p of each symbol, times its return above the baseline."""
        fakes: Tensor = seen.take().fake
        with torch.no_grad():
            logits = self.domain.discriminate(fakes, seen.shown, self.random).logits.float()
        is_symbol = to_tokens(fakes) != PADDING
        returns = self.returns(self.reward(logits), is_symbol)
        advantages = (returns - self.baseline(returns, is_symbol)) * is_symbol
        losses = -(advantages * self.generator.log_probabilities(fakes)).sum(1)
        return {"adversarial": losses.mean()}

    def returns(self, rewards: Tensor, is_symbol: Tensor) -> Tensor:
        """Return the discounted mean of the rewards (n,) or (n, length) from each symbol of (n, length) on."""
        if rewards.ndim == 1:
            return rewards[:, None] * is_symbol
        value, weights, found = torch.zeros_like(rewards[:, 0]), torch.zeros_like(rewards[:, 0]), list[Tensor]()
        for reward, counts in zip(rewards.unbind(1)[::-1], is_symbol.float().unbind(1)[::-1], strict=True):
            value = counts * reward + self.discount * value
            weights = counts + self.discount * weights
            found.append(value / weights.clamp_min(1))
        return torch.stack(found[::-1], 1)

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the player's sums and, for the generator, those of the baseline."""
        own = self.baseline.sums if player == "generator" else []
        return [*super().batch_sums(player), *own]

    def after_update(self, player: str, step: int) -> None:
        """Update the statistics of the player, and the baseline after the generator's update."""
        super().after_update(player, step)
        if player == "generator":
            self.baseline.apply_batch_sums()

    @torch.no_grad()
    def _generate(self, batch: Batch) -> FakeBatch:
        return super()._generate(batch)


@final
class MovingBaseline(EqualBuffers):
    """The mean return at each of `length` positions, averaged over updates with `momentum`, from 0 on.

    The sum over an update is that of all processes, which have equal means.
    """

    means: Tensor

    def __init__(self, length: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("means", torch.zeros(length))
        self.sums: list[Tensor] = []  # over sequences: of the returns at each position, and of their numbers

    def forward(self, returns: Tensor, is_symbol: Tensor) -> Tensor:
        """Return the baseline (length,), and add returns (n, length) of symbols to the sums of this update."""
        if not self.sums or self.sums[0].device != returns.device:
            self.sums = [torch.zeros_like(self.means) for _ in range(2)]
        self.sums[0] += (returns * is_symbol).sum(0)
        self.sums[1] += is_symbol.sum(0)
        return self.means

    def apply_batch_sums(self) -> None:
        """Move the means towards those of the update at positions that had symbols, and set the sums to 0."""
        if not self.sums:
            return
        totals, counts = self.sums
        latest = torch.where(counts > 0, totals / counts.clamp_min(1), self.means)
        self.means.copy_(self.momentum * self.means + (1 - self.momentum) * latest)
        totals.zero_()
        counts.zero_()
