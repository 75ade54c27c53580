import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x as like_tensorflow

from ganlab.features.resizing import INCEPTION_RULES, bicubic, resize_and_normalise, standardise, tensorflow1

SIZES = [(8, 8), (28, 28), (20, 33), (299, 299), (320, 400), (640, 30)]


def pictures(*size: int, channels: int = 3) -> Tensor:
    return torch.randint(0, 256, (2, channels, *size), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_tensorflow1_equals_torch_fidelity_bit_for_bit(size: tuple[int, int]) -> None:
    images = pictures(*size)
    expected = (like_tensorflow(images.float(), (299, 299), align_corners=False) - 128) / 128
    assert torch.equal(tensorflow1(images, 299), expected)


@pytest.mark.parametrize("size", SIZES)
def test_bicubic_equals_pillow(size: tuple[int, int]) -> None:
    images = pictures(*size)
    resized = [
        np.asarray(Image.fromarray(channel).resize((299, 299), Image.Resampling.BICUBIC))
        for channel in images.float().numpy().reshape(-1, *size)
    ]
    expected = torch.from_numpy(np.stack(resized)).reshape(2, 3, 299, 299).clamp(0, 255)
    torch.testing.assert_close(bicubic(images, 299), expected, rtol=0, atol=3e-5)
    torch.testing.assert_close(INCEPTION_RULES["pil_bicubic"](images, 299) * 128 + 128, expected, rtol=0, atol=6e-5)


@pytest.mark.parametrize("name", INCEPTION_RULES)
def test_every_rule_keeps_the_range_and_the_size(name: str) -> None:
    levels = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 1, 1, 2).expand(1, 1, 2, 2)
    result = INCEPTION_RULES[name](levels, 8)
    assert result.shape == (1, 1, 8, 8)
    assert result.dtype == torch.float32
    assert (float(result.min()), float(result.max())) == pytest.approx((-1, 1), abs=0.01)
    same = INCEPTION_RULES[name](pictures(299, 299), 299)
    torch.testing.assert_close(same, pictures(299, 299) / 128 - 1, rtol=0, atol=0.01)


@pytest.mark.parametrize(
    "rule", [*INCEPTION_RULES.values(), bicubic, lambda images, size: standardise(images, 3, size)]
)
def test_floats_are_refused(rule) -> None:
    with pytest.raises(ValueError, match=r"need uint8 images, got torch\.float32; use ganlab\.features\.quantise"):
        rule(pictures(8, 8).float(), 4)


def test_images_are_normalised_by_mean_and_deviation() -> None:
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.25, 0.2)
    result = resize_and_normalise(torch.full((1, 1, 4, 4), 255, dtype=torch.uint8), 8, mean, std)
    assert result.shape == (1, 3, 8, 8)
    torch.testing.assert_close(result[0, :, 0, 0], torch.tensor([1.8, 3.2, 3.5]))
