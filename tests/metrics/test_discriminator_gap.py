import pytest
import torch
from support.metric_contexts import assert_unchanged, build_context, build_game, disturbable_game
from support.metric_sources import Points, normal
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, DiscriminatorOutput, Game, Spec
from ganlab.features import Identity
from ganlab.metrics import DiscriminatorGap, UnsuitableMetricError

SPEC = Spec((2,))


class FunctionDiscriminator(nn.Module):
    """Returns the output of a given function."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor | DiscriminatorOutput:
        return self.function(x) if cond is None else self.function(x, cond)  # type: ignore[operator]


def gap(function: object, train: Tensor, test: Tensor, labels: Tensor | None = None, spec: Spec = SPEC) -> float:
    game = build_game(lambda _: nn.Linear(4, 2), lambda _: FunctionDiscriminator(function), spec)
    context = build_context(game, spec, train=Batch(train, labels), test=Batch(test, labels))
    return DiscriminatorGap(Identity(Points())).measure(context)["discriminator_gap"]


def first(x: Tensor) -> Tensor:
    return x[:, 0]


def test_a_shift_is_measured_in_standard_deviations() -> None:
    test = torch.tensor([[-2.0, 0.0], [2.0, 0.0]]).repeat(70, 1)
    assert gap(first, test + 3, test) == pytest.approx(1.5)
    assert gap(first, test - 3, test) == pytest.approx(-1.5)
    assert gap(lambda x: 9 * x[:, 0] + 4, test + 3, test) == pytest.approx(1.5)  # for any scale of the output


def test_equal_samples_have_no_gap_and_independent_ones_a_small_gap() -> None:
    assert gap(first, normal(300, 2), normal(300, 2)) == 0
    assert abs(gap(first, normal(5000, 2), normal(5000, 2, seed=1))) < 3 * 1.42 / 5000**0.5


def test_memorised_training_samples_have_a_large_gap() -> None:
    train, test = normal(200, 2), normal(200, 2, seed=1)

    def memorised(x: Tensor) -> Tensor:
        return (torch.cdist(x, train).amin(1) < 1e-6).float() + 0.1 * x[:, 0]

    assert gap(memorised, train, test) > 8


def test_a_pack_counts_as_one_sample() -> None:
    train, test = normal(66, 2) + 3, normal(65, 2)  # the last pack of the held-out samples is filled from its start

    def pairs(x: Tensor) -> Tensor:
        return x[: -(-len(x) // 2)].sum(1)

    train_outputs, test_outputs = (
        torch.cat([pairs(block) for block in samples.split(64)]) for samples in (train, test)
    )
    expected = (train_outputs.mean() - test_outputs.mean()) / test_outputs.std(correction=0)
    assert gap(pairs, train, test) == pytest.approx(expected.item(), rel=1e-5)


def test_patch_logits_are_averaged() -> None:
    test = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])

    def patches(x: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(torch.stack([x[:, 0] - 1, x[:, 0] + 1], 1).reshape(-1, 1, 2))

    assert gap(patches, test + 3, test) == pytest.approx(1.5)


def test_only_conditional_players_receive_labels() -> None:
    points, labels = normal(60, 2), torch.arange(60) % 3

    def conditional(x: Tensor, cond: Tensor) -> Tensor:
        return x[:, 0] + cond

    assert gap(conditional, points, points, labels, Spec((2,), cond=(), classes=3)) == 0
    assert gap(first, points, points, labels) == 0  # unconditional players do not see the data's labels


def test_a_constant_output_has_no_gap() -> None:
    assert gap(lambda x: torch.ones(len(x)), normal(9, 2), normal(9, 2)) == 0


def test_the_game_is_unchanged() -> None:
    spec = Spec((2,), cond=(), classes=3)
    game, batch = disturbable_game(spec), Batch(normal(90, 2), torch.arange(90) % 3)
    with assert_unchanged(game):
        DiscriminatorGap(Identity(Points())).measure(build_context(game, spec, train=batch, test=batch))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="needs test samples, but this data has none"):
        gap(first, normal(9, 2), normal(0, 2))

    class OnePlayer(Game):
        sampler = nn.Linear(1, 1)

        def players(self) -> dict[str, nn.Module]:
            return {"painter": self.sampler}

        def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
            return {}

        def sample(self, batch: Batch, network: nn.Module) -> Tensor:
            return batch.sample

    with pytest.raises(
        UnsuitableMetricError,
        match="'discriminator', but the players of this game are painter; remove discriminator_gap",
    ):
        DiscriminatorGap(Identity(Points())).measure(build_context(OnePlayer(), SPEC))
