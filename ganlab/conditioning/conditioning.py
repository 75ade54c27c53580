from dataclasses import dataclass

from ganlab.layers.checks import one_of
from ganlab.layers.conditioning import DISCRIMINATOR_MODES, GENERATOR_MODES


@dataclass(frozen=True)
class Conditioning:
    """The way of each network; raises ValueError for an unknown one."""

    generator: str = "concat"
    discriminator: str = "concat"

    def __post_init__(self) -> None:
        one_of("generator", self.generator, (*GENERATOR_MODES, "none"))
        one_of("discriminator", self.discriminator, (*DISCRIMINATOR_MODES, "none"))
