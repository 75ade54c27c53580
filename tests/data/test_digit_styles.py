import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from support.pair_checks import assert_batches_depend_on_step_alone

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import DigitStyles
from ganlab.data.digit_styles import bold, outline

SPLITS = ("train", "validation", "test")


def all_of(data: DigitStyles, split: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the targets, their classes, the sources and their classes."""
    (real,) = data.real_samples(0, 0, split, 2000)
    (conditions,) = data.conditions(0, 0, split, 2000)
    assert conditions.truth is None
    assert conditions.labels is not None
    return real.sample, real.cond, conditions.cond, conditions.labels


def test_a_bold_stroke_grows_on_every_side_and_an_outline_is_its_border() -> None:
    stroke = torch.zeros(1, 1, 8, 8)
    stroke[..., 3:6, 3:6] = 200.0
    grown = torch.full((8, 8), 255.0)
    grown[2:7, 2:7] = 55.0
    assert torch.equal(bold(stroke, 3)[0, 0], grown)
    grown[4, 4] = 255.0  # nothing changes around the centre
    assert torch.equal(outline(stroke, 3)[0, 0], grown)


@pytest.mark.parametrize("style", ["bold", "outline"])
def test_digits_of_the_two_domains_are_different_ones_of_the_same_classes(style: str) -> None:
    data, other = DigitStyles(style=style), DigitStyles(style=style, direction="b_to_a")
    assert data.spec == Spec((1, 16, 16), cond=(1, 16, 16), paired=False) == DigitStyles.preview(style=style)
    rows = {split: data.split(split) for split in SPLITS}
    sources = {split: other.split(split) for split in SPLITS}  # targets of the reverse direction
    every = torch.cat([*rows.values(), *sources.values()])
    assert sorted(every.tolist()) == list(range(1797))
    counts = [data.labels[part].bincount(minlength=10) for part in (rows["train"], sources["train"])]  # type: ignore[index]
    assert (counts[0] - counts[1]).abs().max() <= 1
    assert abs(len(rows["test"]) - len(sources["test"])) <= 10


def test_the_styles_differ_in_contrast() -> None:
    targets, _, sources, _ = all_of(DigitStyles(), "train")
    assert sources.float().mean() < 100
    assert targets.float().mean() > 140
    assert targets[:, :, 0, 0].float().mean() > 250  # white in the corner


@pytest.mark.parametrize(("style", "least"), [("bold", 0.9), ("outline", 0.85)])
def test_a_classifier_reads_both_styles_but_not_one_by_the_other(style: str, least: float) -> None:
    data = DigitStyles(style=style)
    train, test = all_of(data, "train"), all_of(data, "test")
    accuracy = []
    for side in (0, 2):
        model = KNeighborsClassifier(3).fit(train[side].flatten(1) / 255, train[side + 1])
        accuracy += [model.score(test[part].flatten(1) / 255, test[part + 1]) for part in (side, 2 - side)]
    own, crossed, other_own, other_crossed = accuracy
    assert min(own, other_own) > least
    assert max(crossed, other_crossed) < 0.5


def test_batches_have_digits_of_each_domain_at_random() -> None:
    data = DigitStyles(limit=50)
    assert (len(data), data.condition_count()) == (50, 50)
    batch = data.batch(data.split("train"), Random(0))
    assert batch.sample.float().mean() > batch.cond.float().mean()
    assert_batches_depend_on_step_alone(data)


def test_the_fingerprint_depends_on_style_and_direction() -> None:
    kinds = [{}, {"style": "outline"}, {"direction": "b_to_a"}, {"limit": 20}, {"resolution": 32}]
    assert len({DigitStyles(**kind).fingerprint() for kind in kinds}) == len(kinds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"style": "italic"}, "style must be one of bold, outline, got 'italic'"),
        ({"direction": "up"}, "direction must be one of a_to_b, b_to_a, got 'up'"),
        ({"resolution": 7}, "resolution must be at least 8, got 7"),
    ],
)
def test_invalid_settings_are_errors_of_one_sentence(settings: dict[str, object], message: str) -> None:
    for build in (DigitStyles, DigitStyles.preview):
        with pytest.raises(ValueError, match=message):
            build(**settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit must be from 0"):
        DigitStyles(limit=1000)
