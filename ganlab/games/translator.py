"""A trained generator of images from images, for images of any size."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor, nn

from ganlab.core.errors import UserError
from ganlab.core.interfaces import Batch, Game, Latent, Spec
from ganlab.core.random import Random, derive
from ganlab.games.latent_paths import GivenLatents, latent_size
from ganlab.games.tiles import TileAxis, reflect, round_up

OVERLAP = 32  # pixels


@final
@dataclass(frozen=True)
class Sizes:
    """What sizes a translator's network takes.

    The output has `scale` times the sides of its input. The input's sides are multiples of `multiple`, or exactly
    `fixed` (height, width) if the network says nothing about sizes; `least` are the sides that it was trained on.
    """

    scale: int
    multiple: int
    least: tuple[int, int]
    fixed: bool


def translator_sizes(network: nn.Module, spec: Spec) -> Sizes:
    """Return the sizes of a generator's images; raises UserError if it does not make images from images."""
    match spec.sample, spec.cond:
        case [int(), int() as height, int() as width], [int(), int() as source_height, int() as source_width]:
            scale = height // source_height
            if (height, width) == (scale * source_height, scale * source_width):
                # Networks of other packages may not have the attribute, and take the size that they were trained on.
                multiple = getattr(network, "multiple", None)
                return Sizes(scale, multiple or 1, (source_height, source_width), multiple is None)
            raise UserError(
                f"images of {source_height}x{source_width} become {height}x{width} here, which is no enlargement by a "
                "whole number, so images of other sizes cannot be translated; train with targets of 1, 2, 3, … times "
                "the size"
            )
    source = "a class" if spec.classes else "no condition" if spec.cond is None else "another condition"
    raise UserError(
        f"this generator makes samples from latents and {source}, not images from images; use ganlab sample, or give a "
        "run that translates or enhances images"
    )


@final
class Translator:
    """Makes images from images of any size, with a generator that was trained to make them from conditions.

    Inputs are continued by reflection to sizes that the network takes, and outputs are cut back. With `tile`, an image
    is translated in squares of about that many pixels, which share `overlap` pixels and are blended there, so memory
    does not grow with the image. One seed gives an image the same noise in tiles as in one piece, and whatever other
    images there are. A network without the attribute `multiple` is always used in tiles of its training size. Raises
    UserError if the generator does not make images from images, and ValueError for a tile that the overlap fills.
    """

    def __init__(
        self,
        game: Game,
        network: nn.Module,
        spec: Spec,
        tile: int | None = None,
        overlap: int | None = None,
        seed: int = 0,
    ) -> None:
        self.game, self.network, self.spec, self.seed = game, network, spec, seed
        self.sizes = translator_sizes(network, spec)
        self.tile, self.overlap = self._check_tiles(tile, OVERLAP if overlap is None else overlap)

    @property
    def channels(self) -> tuple[int, int]:
        """The channels of inputs and of outputs."""
        return self.spec.cond[0], self.spec.sample[0]  # type: ignore[index]

    @torch.no_grad()
    def __call__(self, image: Tensor) -> Tensor:
        """Translate an image (channels, height, width) in [−1, 1]; the result, `scale` times as large, is on the CPU.

        Raises ValueError for another number of channels, and for an image without pixels.
        """
        if image.ndim != 3 or len(image) != self.channels[0] or not image.numel():
            raise ValueError(
                f"an image here has the shape ({self.channels[0]}, height, width), got {tuple(image.shape)}"
            )
        height, width = image.shape[1:]
        rows, columns = self._axes(height, width)
        padded = reflect(image, rows.starts[-1] + rows.size, columns.starts[-1] + columns.size)
        with self._evaluation():
            output = self._blend(padded, rows, columns)
        return output[:, : height * self.sizes.scale, : width * self.sizes.scale]

    def _blend(self, image: Tensor, rows: TileAxis, columns: TileAxis) -> Tensor:
        scale = self.sizes.scale
        latents = self._latents(*image.shape[1:])
        output = torch.zeros(self.channels[1], image.shape[1] * scale, image.shape[2] * scale)
        for top, row_weights in zip(rows.starts, rows.weights(scale), strict=True):
            for left, column_weights in zip(columns.starts, columns.weights(scale), strict=True):
                part = (..., slice(top, top + rows.size), slice(left, left + columns.size))
                result = self._generate(image[part], latents if latents.ndim == 1 else latents[part])
                output[:, top * scale : (top + rows.size) * scale, left * scale : (left + columns.size) * scale] += (
                    result * row_weights[:, None] * column_weights
                )
        return output

    def _generate(self, image: Tensor, latents: Tensor) -> Tensor:
        """Return the output for one image or tile, with its latents: a vector, or noise of the image's size."""
        device = next(self.network.parameters()).device
        own = self.game.latent if latents.numel() else None
        if own is not None:
            self.game.latent = GivenLatents(latents.reshape(1, -1))
        try:
            batch = Batch(torch.empty(1, 0, device=device), image[None].to(device))
            sample = self.game.sample(batch, self.network)
        finally:
            if own is not None:
                self.game.latent = own
        if not isinstance(sample, Tensor) or sample.ndim != 4:
            raise UserError("this generator makes no images, so it cannot be applied to images")
        return sample[0].float().cpu()

    def _latents(self, height: int, width: int) -> Tensor:
        """Return the latents of an image of this size: (size,), or (channels, height, width) for noise images."""
        if not latent_size(self.game):
            return torch.empty(0)
        random = Random(derive(self.seed, "apply"))
        own: Latent = self.game.latent
        if not own.channels:
            return own.sample(1, random)[0]
        fitted = own.fit(replace(self.spec, cond=(self.channels[0], height, width)))
        return fitted.sample(1, random)[0].reshape(own.channels, height, width)

    def _axes(self, height: int, width: int) -> tuple[TileAxis, TileAxis]:
        """Return the tiles along both sides; without tiles these are as long as the padded image."""
        axes = []
        for length, least in zip((height, width), self.sizes.least, strict=True):
            # Images below the training size are continued to it: the network need not take less.
            padded = round_up(max(length, least), self.sizes.multiple)
            tile = least if self.sizes.fixed else padded if self.tile is None else max(self.tile, least)
            overlap = min(self.overlap, least // 2) if self.sizes.fixed else self.overlap
            axes.append(TileAxis.over(padded, round_up(tile, self.sizes.multiple), overlap, self.sizes.multiple))
        return axes[0], axes[1]

    def _check_tiles(self, tile: int | None, overlap: int) -> tuple[int | None, int]:
        if overlap < 0:
            raise ValueError(f"overlap must be at least 0 pixels, got {overlap}")
        if tile is None:
            return None, overlap
        if self.sizes.fixed:
            height, width = self.sizes.least
            raise ValueError(
                f"this network states no sizes that it takes, so its tiles have its training size, {height}x{width}; "
                "leave out tile"
            )
        multiple = self.sizes.multiple
        if round_up(tile, multiple) - overlap < multiple:
            raise ValueError(
                f"tile must be at least overlap + {multiple} = {overlap + multiple} pixels, got {tile}; raise tile or "
                "lower overlap"
            )
        return tile, overlap

    @contextmanager
    def _evaluation(self) -> Iterator[None]:
        """Make the game draw by this seed and the network evaluate; restore both on exit."""
        game_random, training = self.game.random, self.network.training
        self.game.random = Random(derive(self.seed, "apply"))
        self.network.eval()
        try:
            yield
        finally:
            self.game.random = game_random
            self.network.train(training)
