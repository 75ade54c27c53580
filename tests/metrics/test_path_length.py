from itertools import pairwise

import pytest
import torch
from support.metric_contexts import assert_unchanged, build_context, build_game, disturbable_game
from support.metric_sources import Pictures, Points, normal
from torch import Tensor, nn

from ganlab.core.interfaces import Latent, Spec
from ganlab.core.random import Random, derive
from ganlab.features import Identity
from ganlab.latents import Normal, Uniform
from ganlab.metrics import PathLength, UnsuitableMetricError

PLANE = Spec((2,))


class Linear(nn.Module):
    """G(z) = A z, times 1 + c for class c."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix = nn.Parameter(matrix)

    def forward(self, z: Tensor, cond: Tensor | None = None) -> Tensor:
        return z @ self.matrix.T * (1 if cond is None else cond[:, None] + 1)


class Grey(nn.Module):
    """All pixels of an image are z."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, 1, 12, 12))

    def forward(self, z: Tensor, cond: Tensor | None = None) -> Tensor:
        return z[:, :, None, None] * self.weight


def length(generator: nn.Module, latent: Latent, spec: Spec = PLANE, features: object = None, **settings: int) -> float:
    game = build_game(lambda _: generator, lambda _: nn.Linear(2, 1), spec, latent=latent)
    features = features or Identity(Points())
    return PathLength(features, **settings).measure(build_context(game, spec, features))["path_length"]


def draw_ends(latent: Latent, count: int) -> tuple[Tensor, Tensor]:
    """Draw the same latents as the metric for a context with seed 3."""
    random = Random(derive(3, "path_length"))
    return latent.sample(count, random), latent.sample(count, random)


@pytest.mark.parametrize("segments", [1, 4, 16])
def test_a_linear_map_of_straight_paths_scores_the_squared_distance_of_their_ends(segments: int) -> None:
    matrix, latent = normal(2, 5), Uniform(5)
    start, end = draw_ends(latent, 300)
    expected = ((end - start) @ matrix.T).square().sum(1).mean().item()
    assert length(Linear(matrix), latent, paths=300, segments=segments) == pytest.approx(expected, rel=1e-5)
    # E |A (z₂ − z₁)|² = ‖A‖² · 2/3 for independent uniform numbers in [−1, 1]
    assert expected == pytest.approx(matrix.square().sum().item() * 2 / 3, rel=0.15)


def test_a_linear_map_of_arcs_scores_the_formula() -> None:
    matrix, latent = normal(2, 6), Normal(6)
    start, end = (points.double() for points in draw_ends(latent, 200))
    angle = torch.nn.functional.cosine_similarity(start, end).acos()[:, None]
    points = [
        (((1 - k / 8) * angle).sin() * start + (k / 8 * angle).sin() * end) / angle.sin() @ matrix.double().T
        for k in range(9)
    ]
    expected = sum((b - a).square().sum(1).mean() for a, b in pairwise(points)).item() * 8
    assert length(Linear(matrix), latent, paths=200, segments=8) == pytest.approx(expected, rel=1e-5)


def test_steeper_maps_score_higher_and_constants_score_zero() -> None:
    lengths = [length(Linear(scale * torch.eye(2)), Normal(2)) for scale in (0.0, 1.0, 3.0)]
    assert lengths[0] == 0
    assert lengths[2] == pytest.approx(9 * lengths[1], rel=1e-5)

    class Waves(nn.Module):
        def __init__(self, frequency: float) -> None:
            super().__init__()
            self.frequency = nn.Parameter(torch.tensor(frequency))

        def forward(self, z: Tensor, cond: Tensor | None = None) -> Tensor:
            return (self.frequency * z).sin()

    assert length(Waves(0.5), Uniform(2)) < length(Waves(1.0), Uniform(2)) < length(Waves(3.0), Uniform(2))


def test_rounding_of_images_has_little_effect() -> None:
    latent, pictures = Uniform(1), Identity(Pictures())
    start, end = draw_ends(latent, 200)
    # As z goes from −1 to 1, the grey levels of 144 pixels go from 0 to 255.
    expected = ((end - start) * 127.5).square().mean().item() * 144
    score = length(Grey(), latent, Spec((1, 12, 12)), pictures, paths=200, segments=16)
    assert score == pytest.approx(expected, rel=0.02)
    # A step smaller than one grey level is rounded to 0 or 1, and the mean of the squares is too large.
    assert length(Grey(), latent, Spec((1, 12, 12)), pictures, paths=200, segments=500) > 1.2 * expected


def test_the_class_is_constant_along_a_path() -> None:
    spec, latent = Spec((2,), cond=(), classes=3), Uniform(2)
    random = Random(derive(3, "path_length"))
    start, end = latent.sample(400, random), latent.sample(400, random)
    labels = random.integers("labels", 3, (400,))
    expected = ((end - start).square().sum(1) * (labels + 1).square()).mean().item()
    assert length(Linear(torch.eye(2)), latent, spec, paths=400) == pytest.approx(expected, rel=1e-5)


def test_the_game_is_unchanged_and_the_score_is_reproducible() -> None:
    game = disturbable_game(PLANE)
    context = build_context(game, PLANE)
    with assert_unchanged(game):
        first = PathLength(Identity(Points()), paths=20).measure(context)
    torch.rand(5)
    game.random.seek(9)
    assert PathLength(Identity(Points()), paths=20).measure(context) == first


def test_errors_say_what_to_do() -> None:
    for name in ("paths", "segments"):
        with pytest.raises(ValueError, match=rf"metric.path_length.{name} must be at least 1, got 0"):
            PathLength(Identity(Points()), **{name: 0})
    game = disturbable_game(PLANE)
    del game.latent
    with pytest.raises(UnsuitableMetricError, match="latent space, which this game does not have; remove path_length"):
        PathLength(Identity(Points())).measure(build_context(game, PLANE))
