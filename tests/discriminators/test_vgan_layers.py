"""What the layers of VGAN's networks are built from."""

import pytest
from torch import nn

from ganlab import discriminators, generators
from ganlab.core.interfaces import Spec

CLIPS = Spec((8, 1, 16, 16), latent=4, kind="video", facts={"frames_per_second": 8.0})


@pytest.mark.parametrize("convolution", ["3d", "2_plus_1d"])
def test_all_activations_are_the_chosen_one(convolution) -> None:
    network = discriminators.VGAN(CLIPS, width=4, convolution=convolution, activation="relu")
    activations = [layer for layer in network.body if isinstance(layer, nn.ReLU | nn.LeakyReLU)]
    assert activations
    assert {type(layer) for layer in activations} == {nn.ReLU}


def test_the_last_layer_of_each_stream_has_a_bias_and_no_normalisation() -> None:
    stream = generators.VGAN(CLIPS, width=4).stream
    for last in (stream.foreground, stream.background):
        *_, convolution, output = last
        assert isinstance(convolution, nn.ConvTranspose2d | nn.ConvTranspose3d)
        assert convolution.bias is not None
        assert not isinstance(output, nn.BatchNorm2d | nn.BatchNorm3d)
