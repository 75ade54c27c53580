"""What a network of enhancement starts from: an image that its input gives, to which it adds what it computes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.luminance import luminance
from ganlab.layers.checks import look_up
from ganlab.layers.hole_filling import fill_smoothly

TINT = 8  # pixels that share a colour, before these are enlarged


class FirstGuess(nn.Module, ABC):
    """Base class of first guesses; a subclass states what the network sees, and how its output changes the guess.

    >>> class Nothing(FirstGuess):
    ...     def see(self, cond):
    ...         return cond
    ...
    ...     def add(self, seen, changes):
    ...         return changes
    >>> Nothing(3, 4).add(torch.zeros(1, 4, 8, 8), torch.ones(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """

    def __init__(self, channels: int, cond_channels: int) -> None:
        super().__init__()
        self.channels, self.cond_channels = channels, cond_channels

    @abstractmethod
    def see(self, cond: Tensor) -> Tensor:
        """Return what the network reads in place of conditions (n, channels, height, width), of the same shape."""

    @abstractmethod
    def add(self, seen: Tensor, changes: Tensor) -> Tensor:
        """Return images in the shape of `changes` (n, channels, height, width), given what the network read."""


@final
class Copied(FirstGuess):
    """The condition itself: its first channels, or its first one in all channels if it has fewer, as a grey image."""

    def see(self, cond: Tensor) -> Tensor:
        """Return the condition."""
        return cond

    def add(self, seen: Tensor, changes: Tensor) -> Tensor:
        """Add the changes."""
        fits = self.cond_channels >= self.channels
        return changes + (seen[:, : self.channels] if fits else seen[:, :1].expand(-1, self.channels, -1, -1))


@final
class Filled(FirstGuess):
    """The condition with its holes filled smoothly; they are where its last channel, the opacity, is at most 0.

    Changes act in the holes only, so visible pixels pass through exactly, and what an input has in a hole has no
    influence. Raises ValueError unless the condition has one channel more than the sample.
    """

    def __init__(self, channels: int, cond_channels: int) -> None:
        super().__init__(channels, cond_channels)
        if cond_channels != channels + 1:
            raise ValueError(
                f"guess=filled needs conditions of {channels + 1} channels, the last of which is the opacity, got "
                f"{cond_channels}; use corruption=mask, or generator.guess=copied"
            )

    def see(self, cond: Tensor) -> Tensor:
        """Return the filled image, and 1 at holes, else -1."""
        hole = (cond[:, -1:] <= 0).to(cond.dtype)
        return torch.cat([fill_smoothly(cond[:, :-1], 1 - hole), 2 * hole - 1], 1)

    def add(self, seen: Tensor, changes: Tensor) -> Tensor:
        """Add the changes in the holes."""
        return torch.where(seen[:, -1:] > 0, seen[:, :-1] + changes, seen[:, :-1])


@final
class Tinted(FirstGuess):
    """The condition, a grey image, in all channels; changes keep its luminance, as those of hue and saturation do.

    What is cut off at −1 and 1 afterwards changes it a little. They are means of squares of 8 pixels, enlarged, since
    the eye sees colours at a lower resolution than brightness (a quarter in Zhang et al. 2016), and fade towards black
    and white, which have no other colours of the same luminance.

    Raises ValueError unless conditions have 1 channel and samples have 3.
    """

    def __init__(self, channels: int, cond_channels: int) -> None:
        super().__init__(channels, cond_channels)
        if (channels, cond_channels) != (3, 1):
            raise ValueError(
                f"guess=tinted makes images of 3 channels from those of 1, got {channels} and {cond_channels}; use "
                "corruption=grey, or generator.guess=copied"
            )

    def see(self, cond: Tensor) -> Tensor:
        """Return the condition."""
        return cond

    def add(self, seen: Tensor, changes: Tensor) -> Tensor:
        """Add the changes without their luminance, times 1 - seen²."""
        coarse = functional.avg_pool2d(changes - luminance(changes), TINT, ceil_mode=True, count_include_pad=False)
        tint = functional.interpolate(coarse, scale_factor=TINT, mode="bilinear", align_corners=False)
        return seen + tint[..., : seen.shape[2], : seen.shape[3]] * (1 - seen.square())


GUESSES: Mapping[str, Callable[[int, int], FirstGuess]] = {"copied": Copied, "filled": Filled, "tinted": Tinted}


def build_first_guess(name: str, channels: int, cond_channels: int) -> FirstGuess:
    """Build a first guess for samples and conditions of these channels; raises ValueError for an unknown name."""
    return look_up("guess", name, GUESSES)(channels, cond_channels)
