"""Samples of given latents, on paths between latents, and of every class."""

import numpy as np
import pytest
import torch
from torch import nn

from ganlab.core.interfaces import Game, Spec
from ganlab.games.sampler import Sampler
from ganlab.latents import Codes, Normal, Uniform


class Sum(nn.Module):
    """Adds the class to every latent, so samples tell which latents and classes they are of."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, latents, cond=None):
        return self.weight * latents + (0 if cond is None else 100 * cond[:, None])


class Toy(Game):
    def __init__(self, latent):
        super().__init__()
        self.latent, self.sampler = latent, Sum()

    def players(self):
        return {"generator": self.sampler}

    def losses(self, player, batch, step):
        return {}


class Translation(Toy):
    """A game that draws no latents."""

    def sample(self, batch, network):
        return torch.zeros(len(batch.sample), 3)


def sampler(latent=None, classes=0, names=(), game=Toy):
    latent = latent or Normal(3)
    toy = game(latent)
    return Sampler(toy, toy.sampler, Spec((latent.size,), () if classes else None, classes), lambda x: 2 * x, names)


@pytest.mark.parametrize("n", [0, 1, 99, 100, 230])
def test_the_latents_are_those_of_the_samples(n):
    latents = sampler().draw_latents(n, seed=3)
    assert latents.shape == (n, 3)
    assert torch.equal(sampler().sample(n, seed=3), 2 * latents)
    assert torch.equal(sampler().sample(latents=latents), 2 * latents)
    assert torch.equal(sampler().draw_latents(n), sampler().draw_latents(250)[:n])


def test_given_latents_may_be_arrays_and_leave_no_gradients_and_no_trace():
    one = sampler()
    latents = one.draw_latents(5).requires_grad_()
    before = one.sample(5)
    given = one.sample(5, latents=latents)
    assert not given.requires_grad
    assert torch.equal(one.sample(latents=latents.detach().numpy().astype(np.float64)), given)
    assert torch.equal(one.sample(latents=latents.tolist()), given)
    assert torch.equal(one.sample(5), before)
    assert isinstance(one.game.latent, Normal)


def test_classes_of_given_latents_are_drawn_or_given():
    one = sampler(classes=4, names=["a", "b", "c", "d"])
    latents = one.draw_latents(120)
    batch = one.sample_batch(latents=latents, seed=7)
    assert torch.equal(batch.cond, one.sample_batch(120, seed=7).cond)
    assert torch.equal(batch.sample, 2 * (latents + 100 * batch.cond[:, None]))
    assert torch.equal(one.sample(latents=latents[:2], cond=["d", 0]), 2 * (latents[:2] + torch.tensor([[300], [0]])))


@pytest.mark.parametrize(
    ("latents", "n", "sentence"),
    [
        (torch.zeros(4, 2), None, r"latents must have shape \(n, 3\), got \(4, 2\)"),
        (torch.zeros(3), None, r"latents must have shape \(n, 3\), got \(3,\)"),
        (torch.zeros(4, 3), 5, r"latents must have shape \(5, 3\), got \(4, 3\)"),
        (torch.tensor([[0.0, 0, 0], [0, torch.nan, 0]]), None, "latents must be finite, but 1 of 2 are not"),
        ("abc", None, r"latents must be an array of shape \(n, 3\), got a str"),
        ([[1.0, 2, 3], [1.0]], None, r"latents must be an array of shape \(n, 3\), got a list"),
        (None, None, "give the number of samples, n, or their latents"),
        (None, -1, "n must be at least 0, got -1"),
    ],
)
def test_other_latents_are_refused(latents, n, sentence):
    with pytest.raises(ValueError, match=sentence):
        sampler().sample(n, latents=latents)


def test_a_path_has_both_ends_and_goes_through_the_sphere():
    one = sampler()
    ends, samples = one.draw_latents(4), one.interpolate(9, paths=2) / 2
    assert samples.shape == (18, 3)
    for path in range(2):
        points = samples[9 * path : 9 * path + 9]
        start, end = ends[2 * path], ends[2 * path + 1]
        torch.testing.assert_close(points[[0, -1]], torch.stack([start, end]))
        angle = torch.cosine_similarity(start, end, dim=0).acos()
        times = torch.linspace(0, 1, 9)[:, None]
        arc = (torch.sin((1 - times) * angle) * start + torch.sin(times * angle) * end) / torch.sin(angle)
        torch.testing.assert_close(points, arc, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(one.interpolate(3, "linear")[1] / 2, (ends[0] + ends[1]) / 2)
    assert torch.equal(one.interpolate(9, "spherical", paths=2) / 2, samples)
    assert torch.equal(one.interpolate(9) / 2, samples[:9])


@pytest.mark.parametrize("latent", [Uniform(3), Codes(20)], ids=["uniform", "codes"])
def test_other_latents_are_interpolated_linearly_unless_asked(latent):
    one = sampler(latent)
    assert torch.equal(one.interpolate(5), one.interpolate(5, "linear"))
    assert not torch.equal(one.interpolate(5), one.interpolate(5, "spherical"))


def test_a_path_has_one_class():
    one = sampler(classes=3, names=["a", "b", "c"])
    batch = one.interpolate_batch(4, paths=5, seed=2)
    assert batch.cond.reshape(5, 4).unique(dim=1).shape == (5, 1)
    assert len(batch.cond.unique()) > 1
    assert one.interpolate_batch(4, cond=["c", "a"], paths=2).cond.tolist() == [2] * 4 + [0] * 4


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n": 1}, "n must be at least 2, got 1"),
        ({"n": 4, "kind": "cubic"}, "kind must be spherical or linear, or None for what fits the latents, got 'cubic'"),
        ({"n": 4, "paths": 0}, "paths must be at least 1, got 0"),
        ({"n": 4, "cond": [0]}, "this generator is not conditional, so cond must be None"),
    ],
)
def test_other_paths_are_refused(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        sampler().interpolate(**settings)


def test_a_class_grid_has_the_same_latents_for_every_class():
    grid = sampler(classes=3).class_grid(4, seed=1) / 2
    assert grid.shape == (12, 3)
    latents = sampler().draw_latents(4, seed=1)
    for label in range(3):
        torch.testing.assert_close(grid[4 * label : 4 * label + 4], latents + 100 * label)
    with pytest.raises(ValueError, match="this generator has no classes; use sample"):
        sampler().class_grid()
    with pytest.raises(ValueError, match="per_class must be at least 1, got 0"):
        sampler(classes=3).class_grid(0)


def test_games_without_latents_say_so():
    game = Translation(Normal(3))
    one = Sampler(game, game.sampler, Spec((3,)), lambda x: x)
    assert one.sample(4).shape == (4, 3)
    with pytest.raises(ValueError, match="Translation draws no latents, so none can be given"):
        one.sample(latents=torch.zeros(4, 3))
    del game.latent
    for call in (lambda: one.draw_latents(2), lambda: one.interpolate(4), lambda: one.sample(latents=[[0.0]])):
        with pytest.raises(ValueError, match="Translation draws no latents, so they can be neither drawn nor given"):
            call()


def test_a_name_that_is_nearly_a_class_is_suggested():
    with pytest.raises(ValueError, match=r"cond names 'dgo', but the classes are cat, dog; did you mean 'dog'\?"):
        sampler(classes=2, names=["cat", "dog"]).sample(1, cond=["dgo"])


def test_encode_needs_the_coordinates():
    with pytest.raises(ValueError, match=r"made without encode; use ganlab\.load"):
        sampler().encode(torch.zeros(1, 3))
