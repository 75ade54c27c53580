"""MoCoGAN's generator with paths of sines and hidden layers of codes."""

from functools import partial

import pytest
import torch

from ganlab.core.interfaces import Spec
from ganlab.generators import DCGAN, MoCoGAN

SPEC = Spec(sample=(6, 1, 8, 8), latent=40, cond=(), classes=3)
IMAGE = partial(DCGAN, width=4, norm="none")


@pytest.mark.parametrize("hidden", [(), (16,), (16, 12)])
def test_content_and_class_reach_all_frames(hidden) -> None:
    torch.manual_seed(0)
    network = MoCoGAN(SPEC, IMAGE, motion=5, noise=2, cell="sines", hidden=hidden)
    latents, labels = torch.randn(2, 40), torch.tensor([0, 1])
    clips = network(latents, labels)
    assert clips.shape == (2, 6, 1, 8, 8)
    other = latents.clone()
    other[:, -1] += 1
    for changed in (network(other, labels), network(latents, labels.flip(0))):
        assert ((changed - clips).abs().amax((2, 3, 4)) > 0).all()


def test_still_motions_give_still_clips() -> None:
    torch.manual_seed(0)
    network = MoCoGAN(SPEC, IMAGE, cell="sines", hidden=(16,))
    with torch.no_grad():
        for values in network.motion.waves.parameters():
            values.zero_()
        network.motion.waves.bias[: network.motion.width] = -100.0  # frequencies of 0
        network.motion.waves.bias[network.motion.width : 2 * network.motion.width] = 0.1  # phases
    clips = network(torch.randn(2, 40), torch.tensor([0, 2]))
    torch.testing.assert_close(clips, clips[:, :1].expand_as(clips))


def test_sines_have_no_memory() -> None:
    with pytest.raises(ValueError, match="only cell=gru and lstm have a memory, got cell=sines and memory=2"):
        MoCoGAN(SPEC, IMAGE, cell="sines", memory=2)
