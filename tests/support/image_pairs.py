"""Pairs of images made on the spot: a coloured square and its negative, or its shape in grey."""

from collections.abc import Iterator
from hashlib import sha256

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, DiscriminatorOutput, Spec
from ganlab.core.random import Random
from ganlab.data import DataSet
from support.small_runs import QUIET


class ImagePairs(DataSet):
    """A bright square at a random place: the target has 3 channels or 1, the source is its negative, or its grey shape.

    Unpaired data have the sources in another order than the targets. Settings of data=digits are ignored.
    """

    def __init__(self, resolution=8, paired=True, source_channels=3, channels=3, count=40, **others) -> None:
        self.spec = self.preview(resolution, paired, source_channels, channels, count)
        place = Random(7).integers("place", resolution // 2, (count, 2))
        colour = Random(7).integers("colour", 256, (count, channels, 1, 1))
        rows = torch.arange(resolution)
        inside = [(rows >= place[:, i, None]) & (rows < place[:, i, None] + resolution // 2) for i in (0, 1)]
        mask = (inside[0][:, None, :, None] & inside[1][:, None, None, :]).long()
        self.targets = (mask * colour).to(torch.uint8)
        sources = 255 - self.targets if source_channels == channels else (mask * 255).to(torch.uint8)
        self.sources = sources[:, :1].expand(-1, source_channels, -1, -1) if source_channels != channels else sources
        self.order = torch.arange(count) if paired else torch.arange(count).roll(5)

    @classmethod
    def preview(cls, resolution=8, paired=True, source_channels=3, channels=3, count=40, **others) -> Spec:
        sides = (resolution, resolution)
        return Spec((channels, *sides), cond=(source_channels, *sides), paired=paired)

    def split(self, name: str) -> Tensor:
        rows = torch.arange(len(self.targets))
        return {"train": rows[:-8], "validation": rows[-8:-4], "test": rows[-4:]}[name]

    def labelled_batch(self, indices: Tensor, random: Random) -> Batch:
        return Batch(self.targets[indices], self.sources[self.order[indices]])

    def real_samples(self, count=0, seed=0, split="train", chunk=256) -> Iterator[Batch]:
        for rows in self.split(split)[: count or None].split(chunk):
            yield self.labelled_batch(rows, Random(seed))

    def fingerprint(self) -> str:
        return sha256(self.targets.numpy().tobytes() + self.sources.numpy().tobytes()).hexdigest()


class Translator(torch.nn.Module):
    """Three convolutions from the condition to the sample; their maps are the layers of an encoder."""

    sample_dims = (3,)
    multiple, scale = 1, 1

    def __init__(self, spec: Spec, width: int = 4, **others: object) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(spec.cond[0], width, 3, padding=1)
        self.second = torch.nn.Conv2d(width, width, 3, padding=1)
        self.last = torch.nn.Conv2d(width, spec.sample[0], 3, padding=1)
        self.encoded_channels = (spec.cond[0], width, width)

    def encode(self, latents: Tensor, cond: Tensor) -> list[Tensor]:
        first = self.first(cond).tanh()
        return [cond, first, self.second(first).tanh()]

    def forward(self, latents: Tensor, cond: Tensor) -> Tensor:
        return self.last(self.second(self.first(cond).tanh()).tanh()).tanh()


class PairDiscriminator(torch.nn.Module):
    """Two convolutions of a sample, joined with its condition if there is one, and the mean logit of patches."""

    sample_dims = (3,)
    feature_size = 4
    independent_samples = True

    def __init__(self, spec: Spec, **others: object) -> None:
        super().__init__()
        channels, height, width = spec.sample
        inputs = channels + (spec.cond[0] if spec.cond else 0)
        self.first, self.second = torch.nn.Conv2d(inputs, 4, 3, 2, 1), torch.nn.Conv2d(4, 1, 3, padding=1)
        self.map_shapes = ((4, height // 2, width // 2),)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        joined = samples if cond is None else torch.cat([samples, cond], 1)
        maps = torch.nn.functional.leaky_relu(self.first(joined), 0.2)
        return DiscriminatorOutput(self.second(maps).flatten(1), (maps, maps.mean((2, 3))), {"input": samples})


# Overrides of the default configuration for which the components above are made.
PAIR_COMPONENTS = [
    "data=digits", "data._target_=support.image_pairs.ImagePairs", "data.resolution=8", "latent=none",
    "generator._target_=support.image_pairs.Translator", "discriminator._target_=support.image_pairs.PairDiscriminator",
]  # fmt: skip
PAIRS = [
    *PAIR_COMPONENTS, *QUIET, "generator.width=4", "regularizer=[]", "iterations=6", "batch_size=8", "features=random",
    "callback=[nan_monitor,metrics_logger,checkpoint,status_file]",
]  # fmt: skip
