"""A generator of spectrograms, which become sound without learning."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.layers import with_label_mode
from ganlab.layers.sound_shapes import sound_shape
from ganlab.layers.spectral_images import SpectralImages


class Spectrogram(nn.Module):
    """A generator of images of levels and instantaneous frequencies of sound (Engel et al. 2019, GANSynth).

    `image` builds any generator of images in [−1, 1]; an image has two channels for each of the sound, n_fft / 2
    frequencies and a frame for each `hop` samples. An inverse Fourier transform makes the sound, so gradients flow from
    any discriminator of sound. `labels` sets the label mode of the inner generator; None leaves its own setting. Raises
    ValueError for a setting out of range, samples that are no sound, a length that is no multiple of the hop, and
    whatever the inner generator does not support.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        image: Callable[..., nn.Module],
        n_fft: int = 256,
        hop: int = 128,
        range_db: float = 80.0,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        self.images = SpectralImages(n_fft, hop, range_db)
        self.channels = (shape := sound_shape(spec, "Spectrogram", "generator")).channels
        inner = replace(spec, sample=self.images.shape(shape, 2), kind="image", facts={})
        self.image = with_label_mode(image, labels)(inner)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to sounds (n, samples, channels)."""
        images = tree.widen(self.image(latents, cond))
        with tree.without_autocast(images):
            levels, frequencies = images.mT.unflatten(1, (2, self.channels)).unbind(1)
            waves = self.images.waves(levels.flatten(0, 1), frequencies.flatten(0, 1))
        return torch.stack(waves.unflatten(0, (-1, self.channels)).unbind(1), 2)
