"""Discriminators of the spectrograms of sound."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.layers import DiscriminatorEnsemble, build_head, with_label_mode
from ganlab.layers.checks import check_at_least, look_up
from ganlab.layers.sound_shapes import sound_shape
from ganlab.layers.spectral_images import SpectralImages

PHASES: Mapping[str, int] = {"none": 1, "frequency": 3}  # image channels for each of the sound


class Spectrogram(DiscriminatorEnsemble):
    """Discriminators of images that are spectrograms of the sound, one for each size of the frames.

    The images have levels in decibels and, with `phase` "frequency", cosine and sine of the instantaneous frequencies
    (Engel et al. 2019, GANSynth); with "none", only levels, as discriminators of several resolutions have them (Jang et
    al. 2021, UnivNet). Frames of `sizes` samples overlap `overlap`-fold. `critic` builds any discriminator of images;
    `labels` sets the label mode of all of them, None leaves their own. The logits of all sizes count equally, and
    `head` maps them. Raises ValueError for a setting out of range, samples that are no sound, a length that is no
    multiple of every hop, and whatever the inner discriminator does not support.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        critic: Callable[..., nn.Module],
        sizes: Sequence[int] = (256,),
        overlap: int = 2,
        range_db: float = 80.0,
        phase: str = "frequency",
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        shape = sound_shape(spec, "Spectrogram", "discriminator")
        check_at_least("the number of sizes", len(sizes), 1)
        check_at_least("overlap", overlap, 2)
        if len({*sizes}) < len(sizes):
            raise ValueError(f"sizes must differ from each other, got {list(sizes)}")
        parts, build = look_up("phase", phase, PHASES), with_label_mode(critic, labels)
        transforms = {str(size): SpectralImages(size, size // overlap, range_db) for size in sizes}
        networks = {
            size: build(replace(spec, sample=images.shape(shape, parts), kind="image", facts={}))
            for size, images in transforms.items()
        }
        super().__init__(networks, build_head(head, beta))
        self.transforms, self.phase = transforms, phase

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each discriminator with the images (n, channels, frequencies, frames) of sounds."""
        for size, network in self.critics.items():
            with tree.without_autocast(samples):
                images = self._images(tree.widen(samples), self.transforms[size])
            yield network, images

    def _images(self, samples: Tensor, transform: SpectralImages) -> Tensor:
        spectra = transform.spectra(samples.mT.flatten(0, 1))
        parts = [transform.levels(spectra)]
        if self.phase == "frequency":
            parts += transform.frequencies(spectra)
        images = torch.stack(parts, 1).mT  # (n · channels, parts, frequencies, frames)
        return images.reshape(len(samples), -1, *images.shape[2:])
