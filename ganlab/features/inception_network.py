"""The FID Inception's network, rebuilt from torch-fidelity's with fewer operations and equal features but for rounding.

Batch norm is folded into the convolutions, 1×1 convolutions of one block that read the same images are one convolution,
and averages of 3×3 pixels follow their 1×1 convolution, which leaves fewer channels to average.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval, skip_init

from ganlab.features.inception_convolution import FrozenConvolution


@final
class Branches(nn.Module):
    """ReLU of branches that read the same images, concatenated by channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        return _rectify_and_concatenate([branch(images) for branch in self.branches], _memory_format(images))


@final
class SharedBranches(nn.Module):
    """ReLU of branches, concatenated by channels; those that begin with a 1×1 convolution compute theirs as one.

    Each of `heads` is followed by its own module of `tails`; `others` read the images.
    """

    def __init__(
        self, heads: Sequence[nn.Conv2d], tails: Sequence[nn.Module], others: Sequence[nn.Module] = ()
    ) -> None:
        super().__init__()
        self.sizes = [head.out_channels for head in heads]
        self.head = skip_init(nn.Conv2d, heads[0].in_channels, sum(self.sizes), 1).requires_grad_(False)
        joined = {name: torch.cat([head.get_parameter(name) for head in heads]) for name in ("weight", "bias")}
        self.head.load_state_dict(joined)
        self.tails, self.others = nn.ModuleList(tails), nn.ModuleList(others)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        values = self.head(images).split(self.sizes, 1)
        branches = [tail(value) for tail, value in zip(self.tails, values, strict=True)]
        parts = [*branches, *(other(images) for other in self.others)]
        return _rectify_and_concatenate(parts, _memory_format(images))


def _memory_format(images: Tensor) -> torch.memory_format:
    last = torch.channels_last
    return last if images.is_contiguous(memory_format=last) else torch.contiguous_format


def _rectify_and_concatenate(parts: Sequence[Tensor], layout: torch.memory_format) -> Tensor:
    """Return the ReLU of parts (n, channels, height, width), concatenated by channels, in one pass over memory."""
    sizes = [part.shape[1] for part in parts]
    shape = (len(parts[0]), sum(sizes), *parts[0].shape[2:])
    result = torch.empty(shape, dtype=parts[0].dtype, device=parts[0].device, memory_format=layout)
    for part, target in zip(parts, result.split(sizes, 1), strict=True):
        torch.clamp_min(part, 0, out=target)
    return result


def rebuild(network: Any) -> nn.Sequential:
    """Return torch-fidelity's FeatureExtractorInceptionV3 as a sequence of its stages, by their names there."""
    stages: dict[str, nn.Module] = {}
    for name, stage in network.named_children():
        build = _BLOCKS.get(type(stage).__name__)
        stages[name] = stage if build is None else build(stage)
    return nn.Sequential(OrderedDict(stages))


def _fold(unit: Any) -> nn.Conv2d:
    return fuse_conv_bn_eval(unit.conv, unit.bn)


def _chain(*units: Any) -> Sequence[nn.Module]:
    """Return the units' convolutions with ReLU between them."""
    modules: list[nn.Module] = [
        module for unit in units for module in (nn.ReLU(inplace=True), FrozenConvolution(_fold(unit)))
    ]
    return modules[1:]


def _tail(*modules: nn.Module) -> nn.Module:
    return nn.Sequential(nn.ReLU(inplace=True), *modules) if modules else nn.Identity()


def _average() -> nn.Module:
    # Averages of the pixels inside the image commute with a 1×1 convolution, its bias included.
    return nn.AvgPool2d(3, 1, 1, count_include_pad=False)


def _block_a(block: Any) -> nn.Module:
    heads = (block.branch1x1, block.branch5x5_1, block.branch3x3dbl_1, block.branch_pool)
    long = _chain(block.branch3x3dbl_2, block.branch3x3dbl_3)
    tails = [_tail(), _tail(*_chain(block.branch5x5_2)), _tail(*long), _average()]
    return SharedBranches([*map(_fold, heads)], tails)


def _block_b(block: Any) -> nn.Module:
    long = _chain(block.branch3x3dbl_1, block.branch3x3dbl_2, block.branch3x3dbl_3)
    return Branches(*_chain(block.branch3x3), nn.Sequential(*long), nn.MaxPool2d(3, 2))


def _block_c(block: Any) -> nn.Module:
    heads = (block.branch1x1, block.branch7x7_1, block.branch7x7dbl_1, block.branch_pool)
    short = _chain(block.branch7x7_2, block.branch7x7_3)
    long = _chain(*(getattr(block, f"branch7x7dbl_{number}") for number in range(2, 6)))
    return SharedBranches([*map(_fold, heads)], [_tail(), _tail(*short), _tail(*long), _average()])


def _block_d(block: Any) -> nn.Module:
    heads = (block.branch3x3_1, block.branch7x7x3_1)
    long = _chain(block.branch7x7x3_2, block.branch7x7x3_3, block.branch7x7x3_4)
    tails = [_tail(*_chain(block.branch3x3_2)), _tail(*long)]
    return SharedBranches([*map(_fold, heads)], tails, [nn.MaxPool2d(3, 2)])


def _branches_e(block: Any) -> tuple[list[nn.Conv2d], list[nn.Module]]:
    heads = [*map(_fold, (block.branch1x1, block.branch3x3_1, block.branch3x3dbl_1))]
    short = Branches(*_chain(block.branch3x3_2a), *_chain(block.branch3x3_2b))
    long = Branches(*_chain(block.branch3x3dbl_3a), *_chain(block.branch3x3dbl_3b))
    return heads, [_tail(), _tail(short), _tail(*_chain(block.branch3x3dbl_2), nn.ReLU(inplace=True), long)]


def _block_e1(block: Any) -> nn.Module:
    heads, tails = _branches_e(block)
    return SharedBranches([*heads, _fold(block.branch_pool)], [*tails, _average()])


def _block_e2(block: Any) -> nn.Module:
    # TensorFlow's network takes the maximum here, which does not commute with the convolution.
    return SharedBranches(*_branches_e(block), [nn.Sequential(nn.MaxPool2d(3, 1, 1), *_chain(block.branch_pool))])


_BLOCKS: Mapping[str, Callable[[Any], nn.Module]] = {
    "BasicConv2d": lambda unit: nn.Sequential(*_chain(unit), nn.ReLU(inplace=True)),
    "InceptionA": _block_a,
    "InceptionB": _block_b,
    "InceptionC": _block_c,
    "InceptionD": _block_d,
    "InceptionE_1": _block_e1,
    "InceptionE_2": _block_e2,
}
