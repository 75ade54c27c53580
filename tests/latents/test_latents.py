from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.latents import Codes, NoiseImage, NoLatents, Normal, Truncated, Uniform

CONF = Path(__file__).parents[2] / "conf" / "latent"
NAMES = sorted({path.stem for path in CONF.glob("*.yaml")} - {"none"})  # which draws nothing


def build(name, **settings):
    return instantiate(OmegaConf.load(CONF / f"{name}.yaml"), **settings)


@pytest.mark.parametrize("name", NAMES)
def test_every_latent_is_a_function_of_seed_and_step(name):
    latent = build(name)
    values = latent.sample(5, Random(1).seek(3))
    assert values.shape == (5, latent.size)
    assert values.dtype == torch.float32
    assert values.isfinite().all()
    assert torch.equal(values, latent.sample(5, Random(1).seek(3)))
    assert not torch.equal(values, latent.sample(5, Random(1).seek(4)))
    assert not torch.equal(values, latent.sample(5, Random(2).seek(3)))


@pytest.mark.parametrize("name", NAMES)
def test_latents_of_microbatches_are_those_of_the_whole_batch(name):
    latent = build(name)
    parts = [latent.sample(4, Random(1).seek(2, part, 3)) for part in range(3)]
    assert torch.equal(torch.cat(parts), latent.sample(12, Random(1).seek(2)))


def test_normal():
    values = Normal(100).sample(1000, Random())
    assert values.mean().item() == pytest.approx(0, abs=0.02)
    assert values.std().item() == pytest.approx(1, abs=0.02)


def test_uniform():
    values = Uniform(100).sample(1000, Random())
    assert -1 <= values.min() < -0.99
    assert 0.99 < values.max() <= 1
    assert values.var().item() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize(("threshold", "deviation"), [(0.5, 0.2840), (2.0, 0.8796), (50.0, 1.0)])
def test_truncated(threshold, deviation):
    values = Truncated(100, threshold).sample(1000, Random())
    assert values.abs().max() <= threshold
    assert values.isfinite().all()
    assert values.mean().item() == pytest.approx(0, abs=0.02)
    assert values.std().item() == pytest.approx(deviation, rel=0.02)


def test_codes():
    latent = Codes(20, categories=[3, 4], continuous=2)
    noise, (three, four), continuous = latent.split(latent.sample(5000, Random()))
    assert (noise.shape[1], three.shape[1], four.shape[1], continuous.shape[1]) == (11, 3, 4, 2)
    assert noise.std().item() == pytest.approx(1, abs=0.02)
    for codes in (three, four):
        assert torch.equal(codes.sum(1), torch.ones(5000))
        assert set(codes.unique().tolist()) == {0.0, 1.0}
        torch.testing.assert_close(codes.mean(0), torch.full(codes.shape[1:], 1 / codes.shape[1]), atol=0.03, rtol=0)
    assert continuous.abs().max() <= 1
    assert continuous.var().item() == pytest.approx(1 / 3, abs=0.02)
    # The codes are independent of each other.
    joint = three.T @ four / 5000
    torch.testing.assert_close(joint, torch.full((3, 4), 1 / 12), atol=0.02, rtol=0)


def test_infogans_latents_have_74_entries():
    latent = build("codes")
    assert (latent.size, latent.noise, latent.categories, latent.continuous) == (74, 62, (10,), 2)


@pytest.mark.parametrize(
    ("build_invalid", "message"),
    [
        (lambda: Normal(0), "size must be at least 1, got 0"),
        (lambda: Truncated(3, 0.0), "threshold must be above 0, got 0.0"),
        (lambda: Codes(12), "size must be at least 13, one more than the codes take, got 12"),
        (lambda: Codes(12, categories=[0]), r"categories must all be at least 1, got \[0\]"),
        (lambda: Codes(12, continuous=-1), "continuous must be at least 0, got -1"),
    ],
)
def test_errors(build_invalid, message):
    with pytest.raises(ValueError, match=message):
        build_invalid()


def test_normal_latents_are_interpolated_spherically():
    # On the unit circle, equal time steps are arcs of equal angles.
    first, second = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    times = torch.linspace(0, 1, 9)
    points = Normal(2).interpolate(first.expand(9, 2), second.expand(9, 2), times)
    angles = times * torch.pi / 2
    torch.testing.assert_close(points, torch.stack([angles.cos(), angles.sin()], 1))


@pytest.mark.parametrize("name", NAMES)
def test_interpolation_starts_and_ends_at_the_given_latents(name):
    latent = build(name)
    start, end = latent.sample(4, Random(1)), latent.sample(4, Random(2))
    times = torch.tensor([0.0, 1.0, 0.0, 1.0])
    torch.testing.assert_close(latent.interpolate(start, end, times), torch.where(times[:, None] > 0, end, start))


def test_other_latents_and_parallel_normal_ones_are_interpolated_linearly():
    start, end = Normal(3).sample(4, Random(1)), Normal(3).sample(4, Random(2))
    half = torch.full((4,), 0.5)
    for latent in (Uniform(3), Truncated(3)):
        torch.testing.assert_close(latent.interpolate(start, end, half), (start + end) / 2)
    torch.testing.assert_close(Normal(3).interpolate(start, -3 * start, half), -start)
    assert Normal(3).interpolate(start, 5 * start.flip(0), half).isfinite().all()


def test_no_latents_draw_no_random_numbers():
    random = Random(seed=1)
    assert NoLatents().sample(3, random).shape == (3, 0)
    assert not random.draws


def test_a_noise_image_has_the_size_of_the_condition():
    latent = NoiseImage(channels=2).fit(Spec((3, 8, 8), (1, 4, 6)))
    assert latent.size == 2 * 4 * 6
    assert latent.sample(5, Random()).shape == (5, 48)
    assert latent.sample(2000, Random()).std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("cond", [None, (), (3,)])
def test_a_noise_image_needs_a_condition_that_is_an_image(cond):
    with pytest.raises(ValueError, match="draws noise for each pixel"):
        NoiseImage().fit(Spec((2,), cond))


def test_a_noise_image_has_channels():
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        NoiseImage(channels=0)
