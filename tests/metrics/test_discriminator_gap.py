import pytest
import torch
from support.metric_contexts import asked, played, tutored, untouched
from support.metric_sources import Points, normal
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, DiscriminatorOutput, Game, Spec
from ganlab.features import Identity
from ganlab.metrics import DiscriminatorGap, UnsuitableMetricError

SPEC = Spec((2,))


class Judge(nn.Module):
    """Says what it is told to."""

    def __init__(self, say: object) -> None:
        super().__init__()
        self.say, self.weight = say, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, cond: Tensor | None = None) -> Tensor | DiscriminatorOutput:
        return self.say(x) if cond is None else self.say(x, cond)  # type: ignore[operator]


def gap(say: object, train: Tensor, test: Tensor, labels: Tensor | None = None, spec: Spec = SPEC) -> float:
    game = played(lambda _: nn.Linear(4, 2), lambda _: Judge(say), spec)
    subject = asked(game, spec, train=Batch(train, labels), test=Batch(test, labels))
    return DiscriminatorGap(Identity(Points())).measure(subject)["discriminator_gap"]


def first(x: Tensor) -> Tensor:
    return x[:, 0]


def test_the_shift_counts_in_standard_deviations() -> None:
    test = torch.tensor([[-2.0, 0.0], [2.0, 0.0]]).repeat(70, 1)
    assert gap(first, test + 3, test) == pytest.approx(1.5)
    assert gap(first, test - 3, test) == pytest.approx(-1.5)
    assert gap(lambda x: 9 * x[:, 0] + 4, test + 3, test) == pytest.approx(1.5)  # whatever the output's scale


def test_the_same_samples_have_no_gap_and_fresh_ones_hardly_any() -> None:
    assert gap(first, normal(300, 2), normal(300, 2)) == 0
    assert abs(gap(first, normal(5000, 2), normal(5000, 2, seed=1))) < 3 * 1.42 / 5000**0.5


def test_a_memory_of_training_samples_shows() -> None:
    train, test = normal(200, 2), normal(200, 2, seed=1)

    def known(x: Tensor) -> Tensor:
        return (torch.cdist(x, train).amin(1) < 1e-6).float() + 0.1 * x[:, 0]

    assert gap(known, train, test) > 8


def test_packs_count_as_one() -> None:
    train, test = normal(66, 2) + 3, normal(65, 2)  # the last pack of the held-out samples is filled from its start

    def pairs(x: Tensor) -> Tensor:
        return x[: -(-len(x) // 2)].sum(1)

    halves = [torch.cat([pairs(part) for part in samples.split(64)]) for samples in (train, test)]
    expected = (halves[0].mean() - halves[1].mean()) / halves[1].std(correction=0)
    assert gap(pairs, train, test) == pytest.approx(expected.item(), rel=1e-5)


def test_patches_and_verdicts_count_by_their_mean() -> None:
    test = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])

    def patches(x: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(torch.stack([x[:, 0] - 1, x[:, 0] + 1], 1).reshape(-1, 1, 2))

    assert gap(patches, test + 3, test) == pytest.approx(1.5)


def test_classes_are_given_only_where_the_players_know_them() -> None:
    points, labels = normal(60, 2), torch.arange(60) % 3

    def told(x: Tensor, cond: Tensor) -> Tensor:
        return x[:, 0] + cond

    assert gap(told, points, points, labels, Spec((2,), cond=(), classes=3)) == 0
    assert gap(first, points, points, labels) == 0  # the data's labels are not the players' business


def test_a_constant_output_has_no_gap() -> None:
    assert gap(lambda x: torch.ones(len(x)), normal(9, 2), normal(9, 2)) == 0


def test_the_game_is_left_as_it_was() -> None:
    spec = Spec((2,), cond=(), classes=3)
    game, batch = tutored(spec), Batch(normal(90, 2), torch.arange(90) % 3)
    with untouched(game):
        DiscriminatorGap(Identity(Points())).measure(asked(game, spec, train=batch, test=batch))


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="compares with test samples, but this data has none"):
        gap(first, normal(9, 2), normal(0, 2))

    class SingleProcess(Game):
        sampler = nn.Linear(1, 1)

        def players(self) -> dict[str, nn.Module]:
            return {"painter": self.sampler}

        def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
            return {}

        def sample(self, batch: Batch, network: nn.Module) -> Tensor:
            return batch.sample

    with pytest.raises(
        UnsuitableMetricError, match="'discriminator', but this game is played by painter; drop discriminator_gap"
    ):
        DiscriminatorGap(Identity(Points())).measure(asked(SingleProcess(), SPEC))
