"""Checks of constructor arguments."""

from functools import partial

import pytest

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec
from ganlab.layers.checks import check_one_of, check_widths

NETWORKS = {
    "generator dcgan": partial(generators.DCGAN, Spec((1, 8, 8), latent=3)),
    "generator stylegan2": partial(generators.StyleGAN2, Spec((1, 8, 8), latent=3)),
    "generator r3gan": partial(generators.R3GAN, Spec((1, 8, 8), latent=3)),
    "discriminator dcgan": partial(discriminators.DCGAN, Spec((1, 8, 8))),
    "discriminator stylegan2": partial(discriminators.StyleGAN2, Spec((1, 8, 8))),
    "discriminator r3gan": partial(discriminators.R3GAN, Spec((1, 8, 8))),
    "discriminator unet": partial(discriminators.UNet, Spec((1, 8, 8))),
    "discriminator patch": partial(discriminators.Patch, Spec((1, 16, 16))),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_width_above_the_largest_is_not_cut_to_it(name):
    sentence = r"^width must be at most max_width, got a width of 1000000 and a max_width of \d+; lower width or raise "
    with pytest.raises(ValueError, match=sentence):
        NETWORKS[name](width=1_000_000)
    with pytest.raises(ValueError, match=r"^width must be at least 1, got 0$"):
        NETWORKS[name](width=0)
    with pytest.raises(ValueError, match=r"^max_width must be at least 1, got 0$"):
        NETWORKS[name](max_width=0)


def test_a_width_that_follows_from_the_paper_may_exceed_the_largest():
    check_widths(None, 1)
    check_widths(1, 1)


def test_a_misspelt_choice_is_suggested():
    with pytest.raises(ValueError, match=r"^norm must be one of none, batch, got 'bacth'; did you mean 'batch'\?$"):
        check_one_of("norm", "bacth", ("none", "batch"))
