"""Scores of generated images against their truths: equal to scikit-image and torchmetrics, and to numbers by hand."""

import json
import math

import numpy as np
import pytest
import torch
from support.metric_sources import Points, compute_scores
from support.paired_sources import Pairs, noisy_pairs, paired_batch
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from ganlab.features import Identity
from ganlab.metrics import PSNR, SSIM, Evaluator, PairedMSSSIM, UnsuitableMetricError
from ganlab.metrics.paired_images import luma

METRICS = [PSNR, SSIM, PairedMSSSIM]
IMAGES, TRUTHS = noisy_pairs()


def build(kind, data=None, **settings):
    return kind(Identity(Points()), data or Pairs(), **settings)


def score(metric, images=IMAGES, truths=TRUTHS, chunk=97):
    (value,) = compute_scores(metric, None, paired_batch(images, truths), chunk).values()
    return value


def matlab_luma(images):
    """Return Y of MATLAB's rgb2ycbcr, with its published matrix, of uint8 images (n, 3, h, w)."""
    red, green, blue = images.double().unbind(1)
    return (16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255)[:, None]


def prepared(images, colour, crop):
    images = matlab_luma(images) if colour == "y" else images.double()
    return images[:, :, crop : images.shape[2] - crop, crop : images.shape[3] - crop] / 255


SETTINGS = pytest.mark.parametrize(("colour", "crop"), [("rgb", 0), ("rgb", 3), ("y", 0), ("y", 4)])


@SETTINGS
def test_psnr_is_scikit_images_and_torchmetrics_mean_over_images(colour, crop):
    metrics = pytest.importorskip("skimage.metrics")
    images, truths = prepared(IMAGES, colour, crop), prepared(TRUTHS, colour, crop)
    pairs = list(zip(images.numpy(), truths.numpy(), strict=True))
    expected = np.mean([metrics.peak_signal_noise_ratio(truth, image, data_range=1.0) for image, truth in pairs])
    actual = score(build(PSNR, colour=colour, crop=crop))
    assert actual == pytest.approx(expected, rel=1e-9)
    ratios = peak_signal_noise_ratio(images, truths, data_range=1.0, reduction="none", dim=(1, 2, 3))
    assert actual == pytest.approx(float(ratios.mean()), rel=1e-6)


@SETTINGS
@pytest.mark.parametrize("window", ["gaussian", "uniform"])
def test_ssim_is_scikit_images(colour, crop, window):
    metrics = pytest.importorskip("skimage.metrics")
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False} if window == "gaussian" else {}
    images, truths = prepared(IMAGES, colour, crop).numpy(), prepared(TRUTHS, colour, crop).numpy()
    expected = np.mean(
        [
            metrics.structural_similarity(image, truth, data_range=1.0, channel_axis=0, **options)
            for image, truth in zip(images, truths, strict=True)
        ]
    )
    assert score(build(SSIM, colour=colour, crop=crop, window=window)) == pytest.approx(expected, abs=1e-9)


@SETTINGS
def test_ssim_is_torchmetrics(colour, crop):
    images, truths = prepared(IMAGES, colour, crop), prepared(TRUTHS, colour, crop)
    expected = structural_similarity_index_measure(images, truths, data_range=1.0, reduction="none").mean()
    metric = build(SSIM, colour=colour, crop=crop, border="reflect")
    assert score(metric) == pytest.approx(float(expected), abs=1e-6)


def test_the_uniform_window_of_torchmetrics_differs_only_by_its_covariance():
    images, truths = prepared(IMAGES, "rgb", 0), prepared(TRUTHS, "rgb", 0)
    settings = {"data_range": 1.0, "gaussian_kernel": False, "kernel_size": 7}
    expected = float(structural_similarity_index_measure(images, truths, **settings))
    assert score(build(SSIM, window="uniform", border="reflect")) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("shape", [(3, 180, 177), (1, 24, 32), (3, 9, 8)])
def test_ms_ssim_is_torchmetrics_with_as_many_scales_as_fit(shape):
    images, truths = noisy_pairs(2, shape)
    metric = build(PairedMSSSIM, Pairs(shape))
    settings = {"kernel_size": metric.window, "sigma": 1.5 * metric.window / 11, "betas": metric.weights}
    expected = multiscale_structural_similarity_index_measure(
        images.double() / 255, truths.double() / 255, data_range=1.0, reduction="none", **settings
    )
    assert score(metric, images, truths) == pytest.approx(float(expected.mean()), abs=1e-6)
    assert len(metric.weights) == {180: 5, 24: 2, 9: 1}[shape[1]]


def grey(level, shape=(1, 16, 16)):
    return torch.full((1, *shape), level, dtype=torch.uint8)


def test_two_greys_have_the_closed_forms():
    data = Pairs((1, 16, 16))
    # One level of 255 is 20 log10(255) dB.
    assert score(build(PSNR, data), grey(100), grey(101)) == pytest.approx(20 * math.log10(255))
    x, y = 128 / 255, 153 / 255
    expected = (2 * x * y + 1e-4) / (x * x + y * y + 1e-4)  # about 0.984; in [−1, 1] it would be about 0.01
    for window in ("gaussian", "uniform"):
        assert score(build(SSIM, data, window=window), grey(128), grey(153)) == pytest.approx(expected, abs=1e-9)
    assert expected == pytest.approx(0.984, abs=1e-3)


def test_psnr_is_the_mean_of_the_images_ratios_and_not_the_ratio_of_the_mean_error():
    images, truths = torch.cat([grey(101), grey(110)]), torch.cat([grey(100), grey(100)])
    expected = (20 * math.log10(255) + 20 * math.log10(25.5)) / 2
    assert score(build(PSNR, Pairs((1, 16, 16))), images, truths) == pytest.approx(expected)


@pytest.mark.parametrize("colour", ["rgb", "y"])
def test_an_exact_image_is_finite_and_above_every_other_one(colour):
    metric = build(PSNR, Pairs((3, 64, 64)), colour=colour)
    truth = torch.full((1, 3, 64, 64), 100, dtype=torch.uint8)
    nearly = truth.clone()
    nearly[0, 1, 5, 5] += 1
    exact = score(metric, truth, truth)
    values = 64 * 64 * (3 if colour == "rgb" else 1)
    assert exact == pytest.approx(10 * math.log10(255**2 * values / 0.25))
    assert score(metric, nearly, truth) < exact
    json.dumps(exact, allow_nan=False)


@pytest.mark.parametrize("kind", [SSIM, PairedMSSSIM])
def test_equal_images_are_similar_by_one(kind):
    assert score(build(kind), TRUTHS, TRUTHS) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_scores_do_not_depend_on_batches(kind, chunk):
    assert score(build(kind), chunk=chunk) == pytest.approx(score(build(kind)), rel=1e-12)


@pytest.mark.parametrize("kind", METRICS)
def test_scores_do_not_depend_on_the_chunks_that_bound_memory(kind, monkeypatch):
    whole = score(build(kind))
    monkeypatch.setattr("ganlab.metrics.paired_images.CHUNK_VALUES", 1)
    assert score(build(kind)) == pytest.approx(whole, rel=1e-12)


def test_luma_is_from_16_to_235_and_a_grey_image_is_its_own():
    extremes = torch.tensor([0.0, 255.0]).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    assert luma(extremes).flatten().tolist() == pytest.approx([16, 235], abs=1e-4)
    assert torch.equal(luma(extremes[:, :1]), extremes[:, :1])


@pytest.mark.parametrize("kind", METRICS)
def test_data_that_is_not_paired_is_unsuitable(kind):
    with pytest.raises(UnsuitableMetricError) as error:
        build(kind, Pairs(paired=False))
    assert str(error.value) == (
        f"metric={kind.name} compares an output with its truth, but this data is not paired; choose data of pairs, "
        f"such as data=paired_folder, or remove {kind.name} from metric"
    )


@pytest.mark.parametrize(
    ("kind", "data", "settings", "sentence"),
    [
        (SSIM, Pairs((1, 8, 20)), {}, "at least 11x11 pixels with these settings, but the data's have 8x20"),
        (SSIM, Pairs((1, 6, 6)), {"window": "uniform"}, "at least 7x7 pixels"),
        (SSIM, Pairs((1, 16, 16)), {"crop": 3}, "at least 17x17 pixels"),
        (PSNR, Pairs((1, 8, 8)), {"crop": 4}, "at least 9x9 pixels"),
        (PairedMSSSIM, Pairs((1, 8, 8)), {"crop": 3}, "at least 9x9 pixels"),
        (PSNR, Pairs((2,)), {}, r"have shape \(2,\)"),
        (PairedMSSSIM, Pairs((2,)), {}, r"have shape \(2,\)"),
        (PSNR, Pairs((4, 8, 8)), {"colour": "y"}, "needs images of 1 or 3 channels, but the data's have 4"),
    ],
)
def test_unsuitable_images_are_named(kind, data, settings, sentence):
    with pytest.raises(UnsuitableMetricError, match=sentence):
        build(kind, data, **settings)


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        (PSNR, {"colour": "Y"}, "metric.psnr.colour must be one of rgb, y, got 'Y'"),
        (SSIM, {"crop": -1}, "metric.ssim.crop must be at least 0 pixels, got -1"),
        (SSIM, {"window": "box"}, "metric.ssim.window must be one of gaussian, uniform, got 'box'"),
        (SSIM, {"border": "same"}, "metric.ssim.border must be one of valid, reflect, got 'same'"),
    ],
)
def test_settings_are_checked(kind, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(kind, **settings)


def test_a_truth_of_another_size_is_one_sentence():
    with pytest.raises(ValueError, match=r"outputs have shape \(3, 24, 32\) .* truths \(3, 12, 16\)"):
        score(build(PSNR), IMAGES, TRUTHS[:, :, ::2, ::2])


def test_samples_without_a_truth_are_one_sentence():
    with pytest.raises(ValueError, match="these samples have none"):
        score(build(SSIM), IMAGES, None)


def test_the_settings_are_in_the_protocol():
    assert build(PSNR, colour="y", crop=2).describe() == {
        "colour": "y",
        "crop": 2,
        "range": "[0, 1] after rounding to uint8",
        "average": "of images",
        "exact": "half a level in one value",
    }
    described = build(SSIM).describe()
    assert (described["window"], described["window_pixels"], described["sigma"]) == ("gaussian", 11, 1.5)
    assert build(SSIM, window="uniform").describe()["covariance"] == "sample"


def test_scores_can_be_bootstrapped_and_are_named_by_their_settings():
    metrics = {kind.name: build(kind) for kind in METRICS}
    evaluator = Evaluator(Identity(Points()), metrics, {}, batch_size=2)
    rows = torch.tensor([3, 1, 1, 4])
    resampled = evaluator.score_resampled([(paired_batch(IMAGES, TRUTHS), 0)], rows)
    assert resampled == pytest.approx({name: score(metrics[name], IMAGES[rows], TRUTHS[rows]) for name in metrics})
    assert build(SSIM).statistic != build(SSIM, crop=1).statistic  # two of them are gathered side by side
