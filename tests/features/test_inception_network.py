"""The rebuilt network equals torch-fidelity's, block by block; tests/features/test_inception.py compares features."""

import copy

import pytest
import torch
from torch_fidelity import feature_extractor_inceptionv3 as port

from ganlab.features.inception_network import rebuild

BLOCKS = {
    "A": (port.InceptionA(12, 5), 12),
    "B": (port.InceptionB(12), 12),
    "C": (port.InceptionC(12, 8), 12),
    "D": (port.InceptionD(12), 12),
    "E_1": (port.InceptionE_1(12), 12),
    "E_2": (port.InceptionE_2(12), 12),
    "unit": (port.BasicConv2d(12, 6, kernel_size=3), 12),
}


def randomise(block):
    random = torch.Generator().manual_seed(0)
    for module in block.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                values.copy_(torch.rand(values.shape, generator=random) + 0.5)
            for values in (module.bias.data, module.running_mean):
                values.copy_(torch.randn(values.shape, generator=random))
    return block.eval().requires_grad_(False)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_equals_that_of_torch_fidelity(name, layout):
    block, channels = BLOCKS[name]
    block = randomise(copy.deepcopy(block))
    images = torch.rand(2, channels, 9, 11, generator=torch.Generator().manual_seed(1)).contiguous(memory_format=layout)
    original = images.clone()
    expected = block.double()(images.double())
    before = torch.get_rng_state()
    rebuilt = rebuild(torch.nn.Sequential(block.float()))
    assert torch.equal(torch.get_rng_state(), before)
    values = rebuilt(images)
    assert torch.equal(images, original)
    assert values.shape == expected.shape
    assert (values - expected).norm() < 2e-6 * expected.norm()
    if name != "unit":
        assert values.is_contiguous(memory_format=layout)


def test_stages_keep_their_names():
    stages = torch.nn.ModuleDict({"Conv": port.BasicConv2d(3, 4, kernel_size=1), "fc": torch.nn.Linear(4, 2)}).eval()
    rebuilt = rebuild(stages)
    assert [name for name, _ in rebuilt.named_children()] == ["Conv", "fc"]
    assert rebuilt.fc is stages["fc"]
