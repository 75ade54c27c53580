import math

import pytest
import torch

from ganlab.core.random import Random
from ganlab.data import Circles, Grid, MixtureDataSet, Moons, RandomMixture, Ring, SineWaves, Stream, SwissRoll

COUNT = 40_000
MIXTURES = [Ring, Grid, lambda: RandomMixture(modes=6, sigma=0.03)]


@pytest.mark.parametrize("make", MIXTURES)
def test_mixtures_have_their_modes_and_sigma(make) -> None:
    data: MixtureDataSet = make()
    points, labels = data.reference(COUNT)
    assert points.dtype == torch.float32
    share = torch.bincount(labels, minlength=len(data.modes)) / COUNT
    torch.testing.assert_close(share, torch.full_like(share, 1 / len(data.modes)), atol=0.01, rtol=0)
    for mode, centre in enumerate(data.modes):
        cluster = points[labels == mode]
        standard_error = data.sigma / math.sqrt(len(cluster))
        assert (cluster.mean(0) - centre).abs().max() < 5 * standard_error
        torch.testing.assert_close(cluster.std(0), torch.full((2,), data.sigma), rtol=0.1, atol=0)


def test_the_positions_of_modes() -> None:
    ring, grid = Ring(), Grid()
    assert (len(ring.modes), len(grid.modes)) == (8, 25)
    torch.testing.assert_close(ring.modes.norm(dim=1), torch.ones(8))
    torch.testing.assert_close(ring.modes.sum(0), torch.zeros(2), atol=1e-6, rtol=0)
    assert grid.modes.unique().tolist() == [-4, -2, 0, 2, 4]
    assert RandomMixture(5).modes.abs().max() <= 1
    assert RandomMixture(5).modes.equal(RandomMixture(5).modes)
    assert not RandomMixture(5).modes.equal(RandomMixture(5, mixture_seed=1).modes)


def test_network_coordinates_are_scaled_and_decode_undoes_it() -> None:
    data = Grid()
    batch = data.batch(torch.arange(5000), Random(0))
    assert float(batch.sample.std()) == pytest.approx(1, abs=0.03)
    torch.testing.assert_close(data.decode(batch.sample), data.draw(5000, Random(0)).sample)
    samples = torch.cat([part.sample for part in data.real_samples(100)])
    torch.testing.assert_close(data.decode(samples), data.reference(100).sample)


@pytest.mark.parametrize("make", [Ring, Grid, RandomMixture, Moons, Circles])
def test_labels_are_optional(make) -> None:
    assert Stream(make(), 8, 1, seed=0)[0].cond is None
    data = make(labels=True)
    cond = Stream(data, 8, 1, seed=0)[0].cond
    assert (cond.dtype, cond.shape, data.spec.cond) == (torch.long, (8,), ())
    assert data.spec.classes == data.classes_available == make().classes_available


def test_points_lie_on_their_curves() -> None:
    roll, moons, circles = SwissRoll(sigma=1e-4), Moons(sigma=1e-4), Circles(sigma=1e-4)
    radius = roll.reference(COUNT).sample.norm(dim=1)
    assert (float(radius.min()), float(radius.max())) == pytest.approx((1.5 * math.pi, 4.5 * math.pi), abs=0.01)
    points, moon = moons.reference(COUNT)
    centre = torch.tensor([[0.0, 0.0], [1.0, 0.5]])[moon]
    torch.testing.assert_close((points - centre).norm(dim=1), torch.ones(COUNT), atol=2e-3, rtol=0)
    assert points[moon == 0, 1].min() > -2e-3 > points[moon == 1, 1].min()
    points, circle = circles.reference(COUNT)
    torch.testing.assert_close(points.norm(dim=1), torch.tensor([1.0, 0.5])[circle], atol=2e-3, rtol=0)


def test_sine_waves_are_bounded_and_have_the_requested_frequencies() -> None:
    waves = SineWaves(length=64, channels=2, low=2, high=3).reference(2000).sample
    assert waves.shape == (2000, 64, 2)
    assert waves.abs().max() <= 0.9
    strongest = torch.fft.rfft(waves, dim=1).abs()[:, 1:].argmax(1) + 1
    assert set(strongest.unique().tolist()) <= {2, 3}


def test_fingerprints_differ_between_distributions() -> None:
    distributions = [
        Ring(),
        Ring(modes=9),
        Ring(sigma=0.02),
        Grid(),
        RandomMixture(),
        SwissRoll(),
        Moons(),
        Circles(),
        SineWaves(),
    ]
    assert len({data.fingerprint() for data in distributions}) == len(distributions)
    assert Ring().fingerprint() == Ring(labels=True).fingerprint()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ring(modes=0), "modes must be above 0, got 0"),
        (lambda: Ring(sigma=-1), "sigma must be above 0, got -1"),
        (lambda: Grid(side=1), "side must be at least 2, got 1"),
        (lambda: Circles(factor=1), "factor must be above 0 and below 1, got 1"),
        (lambda: SineWaves(low=3, high=2), "high must be at least low=3, got 2"),
        (lambda: Ring(modes=1, labels=True), "labels is true, but this data has 1 class"),
    ],
)
def test_settings_are_checked(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
