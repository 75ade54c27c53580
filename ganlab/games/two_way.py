"""Networks of two domains of images: the source, which is the condition, and the target, which is the sample."""

from typing import final

from torch import Tensor, nn

from ganlab.core.tree import Tree


@final
class TwoWayTranslator(nn.Module):
    """A generator from sources to targets, and one from targets to sources; called, it is the first one."""

    def __init__(self, to_target: nn.Module, to_source: nn.Module) -> None:
        super().__init__()
        self.to_target, self.to_source = to_target, to_source

    def forward(self, latents: Tensor, cond: Tree = None) -> Tree:
        """Translate sources (n, *spec.cond) to targets (n, *spec.sample)."""
        return self.to_target(latents, cond)

    def translate_back(self, latents: Tensor, samples: Tree) -> Tree:
        """Translate targets (n, *spec.sample) to sources (n, *spec.cond)."""
        return self.to_source(latents, samples)

    @property
    def multiple(self) -> int:
        """What divides the sides of a source that the generator of targets takes."""
        return int(self.to_target.multiple)  # type: ignore[arg-type]

    @property
    def scale(self) -> int:
        """The side of a target divided by that of its source."""
        return int(self.to_target.scale)  # type: ignore[arg-type]


@final
class DomainDiscriminators(nn.Module):
    """A discriminator of targets and one of sources; called, it is the first one."""

    def __init__(self, of_targets: nn.Module, of_sources: nn.Module) -> None:
        super().__init__()
        self.of_targets, self.of_sources = of_targets, of_sources

    def forward(self, samples: Tree, cond: Tree = None) -> Tree:
        """Return the output for targets; neither discriminator receives a condition."""
        return self.of_targets(samples, None)


@final
class Unconditional(nn.Module):
    """A discriminator that receives no condition, also where samples have one."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, samples: Tree, cond: Tree = None) -> Tree:
        """Return the discriminator's output for the samples alone."""
        return self.discriminator(samples, None)
