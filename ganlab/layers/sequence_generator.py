"""`SequenceGenerator`, the base class of generators that choose one symbol after another."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.tokens import BEGIN, END, PADDING, TokenShape, allow_possible, shift_right, to_tokens, token_shape


class SequenceGenerator(nn.Module, ABC):
    """Chooses the symbols of a whole batch at once, from left to right, each given those before it.

    The latents are Gumbel noise, one number for each position and symbol (`latent=gumbel`): the symbol with the largest
    sum of logit / `temperature` and noise is a draw from the softmax (Maddison et al. 2017, section 2.2). So samples
    are a function of the latents, and everything behind the end is padding. Their gradients are those of the softmax of
    the sums / `relaxation` (the straight-through estimator of Jang et al. 2017, section 2.2), which a game may anneal;
    0 gives none. Raises ValueError for data that are no sequences of symbols, and for a temperature of 0 or below. A
    subclass implements `start`, `advance` and `predict`:

    >>> from ganlab.layers.tokens import to_one_hot
    >>> class Bigram(SequenceGenerator):  # the next symbol depends on the last one alone
    ...     def __init__(self, spec, temperature=1.0):
    ...         super().__init__(spec, temperature)
    ...         self.logits = nn.Linear(self.shape.size, self.shape.size)
    ...
    ...     def start(self, count):
    ...         return None
    ...
    ...     def advance(self, rows, state):
    ...         return self.logits(rows), state
    ...
    ...     def predict(self, rows):
    ...         return self.logits(rows)
    >>> bigram = Bigram(Spec((4, 5), kind="text", facts={"symbols": ("a", "b"), "level": "character"}))
    >>> samples = bigram(torch.zeros(2, 4 * 5))
    >>> samples.shape, bigram.log_probabilities(samples).shape
    (torch.Size([2, 4, 5]), torch.Size([2, 4]))
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(self, spec: Spec, temperature: float = 1.0) -> None:
        super().__init__()
        self.shape: TokenShape = token_shape(spec, type(self).__name__, "generator")
        if spec.cond is not None:
            raise ValueError(f"{type(self).__name__} makes samples without conditions; set data.labels to false")
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.temperature, self.relaxation = temperature, 1.0

    @abstractmethod
    def start(self, count: int) -> Any:
        """Return what is known before the first of `count` samples' symbols, for `advance`."""

    @abstractmethod
    def advance(self, rows: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read the latest symbols (n, alphabet), and return logits (n, alphabet) of the next, and the new state."""

    @abstractmethod
    def predict(self, rows: Tensor) -> Tensor:
        """Return the logits (n, length, alphabet) that `advance` returns for rows of that shape, all at once."""

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, length · alphabet) to one-hot rows (n, length, alphabet); raises ValueError for others."""
        length, size = self.shape
        if latents.shape[1] != length * size:
            raise ValueError(
                f"{type(self).__name__} draws each symbol by a number for each position and symbol, {length} x {size}, "
                f"but the latents have {latents.shape[1]}; use latent=gumbel"
            )
        noise = latents.unflatten(1, self.shape)
        rows, padding = (torch.zeros(len(latents), size, device=latents.device, dtype=latents.dtype) for _ in range(2))
        rows[:, BEGIN] = padding[:, PADDING] = 1
        ended = torch.zeros(len(latents), dtype=torch.bool, device=latents.device)
        state, samples = self.start(len(latents)), []
        for position in range(length):
            logits, state = self.advance(rows, state)
            rows = torch.where(ended[:, None], padding, self._choose(logits, noise[:, position], position))
            ended = ended | (rows[:, END] > 0.5)
            samples.append(rows)
        return torch.stack(samples, 1)

    def log_probabilities(self, samples: Tensor) -> Tensor:
        """Return log p of each symbol of one-hot rows (n, length, alphabet), given those before it; 0 for padding.

        The shape is (n, length); `temperature` is left out.
        """
        is_last = torch.arange(self.shape.length, device=samples.device) == self.shape.length - 1
        logits = allow_possible(self.predict(shift_right(samples)), is_last)
        tokens = to_tokens(samples)
        chosen = functional.log_softmax(logits.float(), -1).gather(-1, tokens[..., None])[..., 0]
        return chosen.masked_fill(tokens == PADDING, 0.0)

    def truncate(self, share: float) -> None:
        """Scale the temperature of sampling by `share`; raises ValueError unless that is above 0."""
        if not share > 0:
            raise ValueError(f"the share of the temperature must be above 0, got {share:g}")
        self.temperature *= share

    def score_settings(self) -> dict[str, Any]:
        """Return the temperature of sampling, which scores depend on."""
        return {"temperature": self.temperature}

    def _choose(self, logits: Tensor, noise: Tensor, position: int) -> Tensor:
        """Return one-hot rows of the chosen symbols, with the gradients of relaxed ones."""
        is_last = torch.tensor(position == self.shape.length - 1, device=logits.device)
        sums = allow_possible(logits.float(), is_last) / self.temperature + noise
        chosen = functional.one_hot(sums.argmax(-1), self.shape.size).to(noise.dtype)
        if not (self.relaxation and torch.is_grad_enabled()):
            return chosen
        relaxed = (sums / self.relaxation).softmax(-1)
        return chosen + (relaxed - relaxed.detach())
