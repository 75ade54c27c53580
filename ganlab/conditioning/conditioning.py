from dataclasses import dataclass

from ganlab.layers.checks import check_one_of
from ganlab.layers.conditioning import DISCRIMINATOR_MODES, GENERATOR_MODES


@dataclass(frozen=True)
class Conditioning:
    """The label modes of generator and discriminator; raises ValueError for an unknown mode."""

    generator: str = "concat"
    discriminator: str = "concat"

    def __post_init__(self) -> None:
        check_one_of("generator", self.generator, (*GENERATOR_MODES, "none"))
        check_one_of("discriminator", self.discriminator, (*DISCRIMINATOR_MODES, "none"))
