import numpy as np
import pytest
import torch
from scipy import ndimage

from ganlab.core.random import Random
from ganlab.corruptions import Blur, Downscale, Grey, Jpeg, Mask, Noise
from ganlab.corruptions.enlargement import enlarge
from ganlab.corruptions.filling import fill_by_diffusion, fill_mean
from ganlab.corruptions.filters import gaussian_filter, median_filter


def images(count: int = 4, channels: int = 3, side: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, side, side), generator=generator, dtype=torch.uint8)


def ramp(side: int = 16) -> torch.Tensor:
    return (torch.arange(side) * 10).to(torch.uint8).expand(1, 1, side, side)


def test_the_box_is_the_mean_of_pixels() -> None:
    small = Downscale(2, "box").apply(images())
    expected = images().float().unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
    assert (small.float() - expected).abs().max() <= 0.5


@pytest.mark.parametrize("kernel", ["bicubic", "bilinear", "box"])
@pytest.mark.parametrize("factor", [2, 4])
def test_grey_stays_grey_and_stripes_become_their_mean(kernel: str, factor: int) -> None:
    grey = torch.full((1, 1, 16, 16), 90, dtype=torch.uint8)
    assert Downscale(factor, kernel).apply(grey).unique().tolist() == [90]
    stripes = (torch.arange(16) % 2 * 200).to(torch.uint8).expand(1, 1, 16, 16)
    inside = Downscale(factor, kernel).apply(stripes)[..., 1:-1]
    assert (inside.float() - 100).abs().max() <= 30  # without antialiasing they would be 0 or 200


def test_an_enlarged_ramp_is_a_ramp() -> None:
    small = torch.linspace(-0.5, 0.5, 8).expand(1, 1, 8, 8)
    large = enlarge(small, 2)[0, 0, 0]
    assert large.shape == (16,)
    torch.testing.assert_close(large[4:12:2].diff(), torch.full((3,), 1 / 7))
    assert enlarge(torch.tensor([[[[-1.0, 1.0] * 4] * 8]]), 4).abs().max() <= 1


def test_noise_has_its_standard_deviation_and_is_cut_off() -> None:
    grey = torch.full((8, 1, 64, 64), 128, dtype=torch.uint8)
    noise = Noise(20).corrupt(grey, Random(0)).float() - 128
    assert abs(float(noise.mean())) < 0.5
    assert abs(float(noise.std()) - 20) < 0.5
    assert Noise(200).corrupt(grey, Random(0)).unique().tolist()[::255] == [0, 255]


def test_the_width_of_a_filter_grows_with_the_noise() -> None:
    smooth = torch.nn.functional.interpolate(images(8, 1, 4).float(), 32, mode="bicubic").clamp(0, 255).to(torch.uint8)
    widths, errors = [], []
    for sigma in (5, 60):
        noisy = Noise(sigma).corrupt(smooth, Random(0))
        baselines = Noise(sigma).baselines(smooth, noisy)
        widths.append(baselines["gaussian"].args[1])  # type: ignore[attr-defined]
        truth, degraded = smooth.float() / 127.5 - 1, noisy.float() / 127.5 - 1
        errors.append([float((baselines[name](degraded) - truth).square().mean()) for name in ("input", "gaussian")])
    assert widths[0] < widths[1]
    assert all(gaussian < plain for plain, gaussian in errors)


@pytest.mark.parametrize("sigma", [0.5, 1.5])
def test_filters_are_those_of_scipy(sigma: float) -> None:
    image = images(1, 1).float()
    expected = ndimage.gaussian_filter(image[0, 0].numpy(), sigma, mode="nearest")
    np.testing.assert_allclose(gaussian_filter(image, sigma)[0, 0].numpy(), expected, atol=0.05)
    expected = ndimage.median_filter(image[0, 0].numpy(), 5, mode="nearest")
    np.testing.assert_array_equal(median_filter(image, 5)[0, 0].numpy(), expected)


def test_blur_is_the_gaussian_filter() -> None:
    assert torch.equal(Blur(2.0).apply(images()), gaussian_filter(images().float(), 2.0).round().to(torch.uint8))


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_rectangle_hides_its_share_and_nothing_else(share: float) -> None:
    masked = Mask("rectangle", share).corrupt(images(200), Random(0))
    holes = masked[:, 3] == 0
    assert masked[:, 3].unique().tolist() == [0, 255]
    assert abs(float(holes.float().mean()) - share) < 0.02
    for hole in holes[:20]:
        rows, columns = hole.any(1).sum(), hole.any(0).sum()
        assert hole.sum() == rows * columns
    visible = ~holes[:, None].expand(-1, 3, -1, -1)
    assert torch.equal(masked[:, :3][visible], images(200)[visible])
    assert masked[:, :3][~visible].unique().tolist() == [128]
    assert len({tuple(hole.flatten().tolist()) for hole in holes}) > 100


def test_a_large_image_has_a_rectangle_in_every_cell() -> None:
    large = torch.zeros(1, 3, 27, 40, dtype=torch.uint8)
    holes = Mask(share=0.25, cell=8).corrupt(large, Random(0))[0, 3] == 0
    cells = holes[:27, :40].unfold(0, 9, 9).unfold(1, 8, 8)  # 27 pixels are 3 cells of 9
    counts = cells.sum((2, 3))
    assert counts.shape == (3, 5)
    assert counts.min() >= 0.1 * 72
    assert counts.max() <= 0.4 * 72
    assert len(counts.unique()) > 1


def test_single_pixels_are_hidden_with_the_probability_of_the_share() -> None:
    holes = Mask("pixels", 0.3).corrupt(images(50), Random(0))[:, 3] == 0
    assert abs(float(holes.float().mean()) - 0.3) < 0.02
    assert holes.float().mean(0).std() < 0.1


def masked_ramp() -> tuple[torch.Tensor, torch.Tensor]:
    image = ramp()[:, :, :12].float() / 127.5 - 1
    opacity = torch.ones_like(image)
    opacity[..., 4:8, 5:10] = -1
    return image, torch.cat([image.masked_fill(opacity < 0, 0), opacity], 1)


def test_diffusion_continues_a_ramp_and_the_mean_is_one_value() -> None:
    image, masked = masked_ramp()
    torch.testing.assert_close(fill_by_diffusion(masked), image, atol=0.01, rtol=0)
    mean = fill_mean(masked)
    visible = masked[:, 1:] > 0
    assert torch.equal(mean[visible], image[visible])
    torch.testing.assert_close(mean[~visible], image[visible].mean().expand(20))


def test_biharmonic_filling_continues_a_ramp() -> None:
    pytest.importorskip("skimage")
    image, masked = masked_ramp()
    baselines = Mask().baselines(images(), Mask().corrupt(images(), Random()))
    torch.testing.assert_close(baselines["biharmonic"](masked), image, atol=0.01, rtol=0)


def test_luminance_weighs_colours_as_television_does() -> None:
    colours = torch.eye(3).mul(255).to(torch.uint8)[:, :, None, None]
    assert Grey().apply(colours).flatten().tolist() == [76, 150, 29]
    assert Grey().baselines(colours, colours)["grey"](torch.zeros(2, 1, 4, 4)).shape == (2, 3, 4, 4)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_loses_more_at_a_lower_quality(channels: int) -> None:
    smooth = torch.nn.functional.interpolate(images(2, channels, 4).float(), 32, mode="bicubic").clamp(0, 255)
    errors = [(Jpeg(quality).apply(smooth.to(torch.uint8)).float() - smooth).abs().mean() for quality in (5, 90)]
    assert errors[1] < errors[0] / 3
    assert Jpeg(5).apply(smooth.to(torch.uint8)).shape == smooth.shape


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Downscale(1), "corruption.factor must be at least 2, got 1"),
        (lambda: Downscale(2, "lanczos"), "corruption.kernel must be one of bicubic, bilinear, box, got 'lanczos'"),
        (lambda: Noise(0), "corruption.sigma must be above 0, got 0"),
        (lambda: Noise(float("nan")), "corruption.sigma must be above 0, got nan"),
        (lambda: Mask("circle"), "corruption.pattern must be one of rectangle, pixels, got 'circle'"),
        (lambda: Mask(share=1), "corruption.share must be above 0 and below 1, got 1"),
        (lambda: Mask(cell=3), "corruption.cell must be at least 4 pixels, got 3"),
        (lambda: Blur(-1), "corruption.sigma must be above 0, got -1"),
        (lambda: Jpeg(0), "corruption.quality must be from 1 to 95, got 0"),
        (lambda: Jpeg(9).shape((4, 8, 8)), "corruption=jpeg needs images of 1 or 3 channels, got 4"),
    ],
)
def test_invalid_settings_are_errors_of_one_sentence(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_settings_for_the_protocol_state_the_kernel() -> None:
    assert Downscale(4).settings() == {
        "corruption": "downscale",
        "corruption_factor": 4,
        "corruption_kernel": "bicubic",
        "corruption_antialiased": True,
    }
    assert Mask().settings() == {
        "corruption": "mask",
        "corruption_pattern": "rectangle",
        "corruption_share": 0.2,
        "corruption_cell": 64,
    }
