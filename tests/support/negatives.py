"""Small image pairs and a network that translates them, for tests that need no real pictures."""

import torch
from torch import nn

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.data.dataset import DataSet


class Negatives(DataSet):
    """Blocks of grey, whose condition is their negative."""

    def __init__(self, side=8, count=40, paired=True, seed=0):
        generator = torch.Generator().manual_seed(seed)
        blocks = torch.randint(0, 256, (count, 1, side // 4, side // 4), generator=generator, dtype=torch.uint8)
        self.images = blocks.repeat_interleave(4, 2).repeat_interleave(4, 3)
        self.known = torch.arange(count) % 2
        self.spec = Spec((1, side, side), (1, side, side), paired=paired)

    @classmethod
    def preview(cls, side=8, count=40, paired=True, seed=0):
        return Spec((1, side, side), (1, side, side), paired=paired)

    def split(self, name):
        part = len(self.images) // 4
        first = {"train": 0, "validation": 2, "test": 3}[name] * part
        return torch.arange(first, first + (2 * part if name == "train" else part))

    def labelled_batch(self, indices, random):
        return Batch(self.images[indices], 255 - self.images[indices])

    def real_samples(self, count=0, seed=0, split="train", chunk=256):
        indices = self.split(split)[: count or None]
        return (Batch(self.images[rows], 255 - self.images[rows]) for rows in indices.split(chunk))

    def conditions(self, count=0, seed=0, split="train", chunk=256):
        for rows in self.split(split)[: count or None].split(chunk):
            yield Conditions(255 - self.images[rows], self.images[rows] if self.spec.paired else None, self.known[rows])

    def fingerprint(self):
        return str(self.images.sum().item()).zfill(64)

    def baselines(self):
        return {"negative": lambda images: -images, "input": lambda images: images}


class OneConvolution(nn.Module):
    """A translator of one weight per channel, which can learn to invert images."""

    multiple, scale = 1, 1

    def __init__(self, spec):
        super().__init__()
        self.convolution = nn.Conv2d(spec.cond[0], spec.sample[0], 1)

    def forward(self, latents, cond):
        return self.convolution(cond)


class PairDiscriminator(nn.Module):
    """A linear discriminator of samples with their conditions."""

    def __init__(self, spec):
        super().__init__()
        self.layer = nn.Linear(2 * spec.sample[1] * spec.sample[2], 1)

    def forward(self, samples, cond):
        return self.layer(torch.cat([samples, cond], 1).flatten(1))[:, 0]
