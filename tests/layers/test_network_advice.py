"""Which network is advised for data that a network cannot read."""

import pytest

from ganlab.core.interfaces import Spec
from ganlab.layers.shapes import network_advice, sample_shape

SHAPES = {"audio": (4096, 1), "table": (13,), "text": (12, 29), "": (3, 8, 8)}
ADVICE = [
    ("audio", "generator", "wavegan"),
    ("audio", "discriminator", "wavegan"),
    ("table", "generator", "table"),
    ("table", "discriminator", "mlp"),
    ("text", "generator", "recurrent"),
    ("text", "discriminator", "sequence_cnn"),
    ("", "generator", "dcgan"),
]


@pytest.mark.parametrize(("kind", "group", "network"), ADVICE)
def test_the_kind_of_data_decides_and_then_the_rank(kind: str, group: str, network: str) -> None:
    assert network_advice(Spec(SHAPES[kind], kind=kind), group) == f"use {group}={network}"


def test_data_of_unknown_shape_need_a_network_of_their_own() -> None:
    with pytest.raises(ValueError, match=r"Net needs points .* of shape \{'a': \(2,\)\}; write a custom generator"):
        sample_shape(Spec({"a": (2,)}), "Net", "generator", (1,))
