"""Networks for images from images that are as small as they can be, and checks of data sets of image pairs."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.data import DataSet, Stream

TRANSLATORS = ["generator._target_=support.image_pairs.Translator", "discriminator._target_=support.image_pairs.Critic"]


class Translator(nn.Module):
    """A generator of one convolution, whose output is the resized condition and noise in its place."""

    sample_dims = (3,)

    def __init__(self, spec, **others):
        super().__init__()
        self.size = tuple(spec.sample[1:])
        self.body = nn.Conv2d(spec.cond[0], spec.sample[0], 1)
        self.noise = nn.Linear(spec.latent, spec.sample[0])

    def forward(self, latents, cond=None):
        noise = self.noise(latents)[:, :, None, None]
        return (functional.interpolate(self.body(cond), self.size) + noise).tanh()


class Critic(nn.Module):
    """A discriminator of one convolution of both images."""

    sample_dims = (3,)

    def __init__(self, spec, **others):
        super().__init__()
        self.body = nn.Conv2d(spec.sample[0] + spec.cond[0], 1, 1)

    def forward(self, samples, cond=None):
        joined = torch.cat([samples, functional.interpolate(cond, tuple(samples.shape[2:]))], 1)
        return self.body(joined).mean((1, 2, 3))


def assert_rows_belong_together(data: DataSet, split: str = "test") -> None:
    """Check that conditions are aligned with real samples, for another size of batches, too."""
    reals = torch.cat([batch.sample for batch in data.real_samples(0, 3, split, chunk=4)])
    conditions = list(data.conditions(0, 3, split, chunk=3))
    assert torch.equal(torch.cat([each.truth for each in conditions]), reals)
    again = torch.cat([each.cond for each in data.conditions(0, 3, split, chunk=5)])
    assert torch.equal(torch.cat([each.cond for each in conditions]), again)
    assert len(reals) == data.count(0, split) == data.condition_count(0, split) == len(data.split(split))


def assert_batches_depend_on_step_alone(data: DataSet) -> None:
    """Check that a resumed run, and two processes, see the batches of an uninterrupted one."""
    whole = list(Stream(data, 4, 6, seed=1))
    for step, batch in enumerate(Stream(data, 4, 6, seed=1, start=3), 3):
        assert_equal(batch.sample, whole[step].sample)
        assert_equal(batch.cond, whole[step].cond)
    ranks = [Stream(data, 4, 6, seed=1, rank=rank, world=2)[2] for rank in (0, 1)]
    assert_equal(torch.cat([batch.sample for batch in ranks]), whole[2].sample)
    assert_equal(torch.cat([batch.cond for batch in ranks]), whole[2].cond)


def assert_equal(first: Tensor, second: Tensor) -> None:
    assert torch.equal(first, second)
