"""Scores of whole photographs: the generator's, and those of the data's baselines."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch
from support.metric_sources import Points
from support.paired_sources import Pairs, noisy_pairs
from support.translators import Convolution, Identity, Translation

from ganlab.core.interfaces import Conditions, Spec
from ganlab.features import Identity as IdentityFeatures
from ganlab.latents import NoLatents
from ganlab.metrics import UnsuitableMetricError, WholeImages
from ganlab.metrics.psnr import PeakSignalToNoise
from ganlab.metrics.ssim import StructuralSimilarity

SIZES = [(24, 31), (40, 18), (16, 16)]


@dataclass
class Photographs:
    """Photographs of three sizes, each twice as large as its input."""

    paired: bool = True
    sizes: list[tuple[int, int]] = field(default_factory=lambda: SIZES)
    splits_read: list[str] = field(default_factory=list)
    scale: int = 2

    @property
    def spec(self):
        return Spec((3, 16 * self.scale, 16 * self.scale), (3, 16, 16), paired=self.paired)

    def whole_pairs(self, split):
        self.splits_read.append(split)
        for number, (height, width) in enumerate(self.sizes):
            images, truths = noisy_pairs(2, (3, height * self.scale, width * self.scale))
            yield f"photograph {number}", Conditions(images[1:2, :, :: self.scale, :: self.scale], truths[1:2])

    def baselines(self):
        def repeat(cond):
            return cond.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)

        return {"black": lambda cond: torch.full_like(repeat(cond), -1), "repeated": repeat}


def measure(metric, network, seed=0):
    game = Translation(network, NoLatents())
    sampler = SimpleNamespace(game=game, spec=metric.data.spec)
    return metric.measure(SimpleNamespace(sampler=sampler, generator=network, held_out="test", seed=seed))


def build(data=None, **settings):
    return WholeImages(IdentityFeatures(Points()), data or Photographs(), **settings)


@pytest.mark.parametrize(("colour", "crop"), [("rgb", 0), ("y", 2)])
def test_scores_are_means_over_images_of_their_own_scores(colour, crop):
    metric = build(colour=colour, crop=crop)
    psnr, ssim = [], []
    for _, pair in Photographs().whole_pairs("test"):
        output = pair.cond.repeat_interleave(2, 2).repeat_interleave(2, 3)
        psnr.append(float(PeakSignalToNoise(colour, crop).values(output, pair.truth)))
        ssim.append(float(StructuralSimilarity(colour, crop).values(output, pair.truth)))
    scores = measure(metric, Identity(2))
    assert scores["image_psnr"] == pytest.approx(sum(psnr) / 3)
    assert scores["image_ssim"] == pytest.approx(sum(ssim) / 3)
    # This generator does what the better one of the baselines does.
    assert scores["image_psnr_baseline"] == pytest.approx(scores["image_psnr"])
    assert scores["image_ssim_baseline"] == pytest.approx(scores["image_ssim"])
    assert metric.data.splits_read == ["test"]
    assert scores.keys() == metric.scores.keys()


def test_the_model_is_left_as_it_was():
    network = Convolution(scale=2, halvings=1).train()
    before = [weight.clone() for weight in network.parameters()]
    measure(build(), network)
    assert network.training
    assert all(map(torch.equal, before, network.parameters()))
    assert (48, 32) not in network.sizes  # not the enlarged size
    assert (24, 32) in network.sizes  # 24 x 31, continued to a multiple of 2


def test_tiles_give_the_same_scores():
    network = Convolution(scale=2)
    whole, tiled = measure(build(), network), measure(build(tile=24, overlap=16), network)
    assert tiled == pytest.approx(whole, abs=1e-3)


def test_data_without_baselines_has_no_score_of_them(monkeypatch):
    monkeypatch.setattr(Photographs, "baselines", lambda self: {})
    assert measure(build(), Identity(2)).keys() == {"image_psnr", "image_ssim"}


def test_unsuitable_data_is_named():
    with pytest.raises(UnsuitableMetricError, match="metric=whole_images compares an output with its truth, but this"):
        build(Photographs(paired=False))
    with pytest.raises(UnsuitableMetricError, match=r"has only samples of one size; choose metric=\[psnr,ssim\]"):
        build(Pairs())


def test_images_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="at least 11x11 pixels with these settings, but photograph 1 has 10x40"):
        measure(build(Photographs(sizes=[(24, 31), (5, 20)])), Identity(2))
    with pytest.raises(ValueError, match="needs at least 1 image, but the split test has none"):
        measure(build(Photographs(sizes=[])), Identity(2))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"colour": "lab"}, "metric.whole_images.colour must be one of rgb, y, got 'lab'"),
        ({"window": "box"}, "metric.whole_images.window must be one of gaussian, uniform"),
        ({"tile": 0}, "metric.whole_images.tile must be at least 1, got 0"),
        ({"tile": 32}, "metric.whole_images.tile must be above overlap=32, got 32"),
        ({"overlap": -1}, "metric.whole_images.overlap must be at least 0, got -1"),
    ],
)
def test_settings_are_checked(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(**settings)


def test_the_settings_are_in_the_protocol():
    described = build(colour="y", crop=4, tile=128).describe()
    assert {"colour": "y", "crop": 4, "window": "gaussian", "tile": 128, "overlap": 32}.items() <= described.items()
    assert build().describe()["overlap"] is None
