import math

import pytest
import torch
from support.small_runs import DIGITS, assert_same, checkpoint, go, state

from ganlab.augments import ADA, DiffAugment, Scheduled
from ganlab.core.random import Random
from ganlab.layers.image_changes import CHANGES, apply_changes, warp

IDENTITY = torch.eye(3)


def images(count=6, channels=3, side=8, seed=0):
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def augments():
    return {
        "diffaugment": DiffAugment(),
        "ada": ADA(start=0.7),
        "scheduled": Scheduled(0.7, 0.7),
    }


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", augments())
def test_augmentations_draw_only_from_their_argument(name, channels):
    augment, samples = augments()[name], images(channels=channels)
    before = torch.get_rng_state()
    first = augment(samples, Random(3))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(9)
    assert torch.equal(augment(samples, Random(3)), first)
    assert not torch.equal(augment(samples, Random(4)), first)
    assert first.shape == samples.shape
    assert not torch.equal(first, samples)


@pytest.mark.parametrize("name", augments())
def test_microbatches_are_changed_as_the_whole_batch_is(name):
    augment, samples = augments()[name], images()
    whole = augment(samples, Random())
    parts = [augment(part, Random().seek(0, i, 3)) for i, part in enumerate(samples.chunk(3))]
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=1e-6)


def test_autocast_moves_pixels_to_the_same_positions():
    ramp = torch.arange(512.0).expand(2, 1, 512, 512)
    geometry = ["flip", "shift", "scale", "rotation", "stretch", "slide"]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(warp(ramp, IDENTITY.expand(2, 3, 3)), ramp)
        changed = apply_changes(ramp, geometry, 1.0, Random())
    torch.testing.assert_close(changed, apply_changes(ramp, geometry, 1.0, Random()))


@pytest.mark.parametrize("name", augments())
def test_augmentations_can_be_differentiated_twice(name):
    augment, samples = augments()[name], images(2, 3, 4).double().requires_grad_()
    torch.autograd.gradcheck(lambda x: augment(x, Random()), samples, eps=1e-5, atol=1e-6)
    torch.autograd.gradgradcheck(lambda x: augment(x.square(), Random()), samples, eps=1e-5, atol=1e-5)


def test_translation_moves_by_whole_pixels_and_fills_with_zeros():
    samples, augment = images(64, 2, 8), DiffAugment(["translation"], shift=0.25)
    offsets = set()
    for before, after in zip(samples, augment(samples, Random()), strict=True):
        padded = torch.nn.functional.pad(before, (2, 2, 2, 2))
        matches = [
            (down, across)
            for down in range(5)
            for across in range(5)
            if torch.equal(padded[:, down : down + 8, across : across + 8], after)
        ]
        assert len(matches) == 1
        offsets.add(matches[0])
    assert len(offsets) > 15, "all 25 offsets are equally likely"


def test_cutout_removes_one_rectangle():
    samples = torch.ones(500, 1, 8, 8)
    cut = 1 - DiffAugment(["cutout"], hole=0.5)(samples, Random())[:, 0]
    rows, columns = cut.amax(2), cut.amax(1)
    assert torch.equal(cut, rows[:, :, None] * columns[:, None])
    sizes = rows.sum(1)
    # The centre is uniform from 0 to 8; for 2 to 6 all four rows are inside.
    assert sizes.min() == 2
    assert sizes.max() == 4
    assert (sizes == 4).float().mean().item() == pytest.approx(5 / 9, abs=0.08)


def test_color_matches_its_three_formulas():
    samples, random = images(5, 3, 4), Random()
    brightness, saturation, contrast = (
        Random().uniform(f"diffaugment_{name}", (5, 1, 1, 1)) for name in ("brightness", "saturation", "contrast")
    )
    bright = samples + brightness - 0.5
    grey = bright.mean(1, keepdim=True)
    coloured = (bright - grey) * (2 * saturation) + grey
    mean = coloured.mean((1, 2, 3), keepdim=True)
    expected = (coloured - mean) * (contrast + 0.5) + mean
    torch.testing.assert_close(DiffAugment(["color"])(samples, random), expected)


def test_probability_0_changes_nothing():
    torch.testing.assert_close(apply_changes(images(), CHANGES, 0.0, Random()), images(), rtol=0, atol=1e-6)
    assert torch.equal(DiffAugment([])(images(), Random()), images())


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_applied_with_its_probability(name):
    samples = images(400, 3, 6)
    changed = apply_changes(samples, [name], 0.25, Random())
    share = ((changed - samples).abs().amax((1, 2, 3)) > 1e-4).float().mean().item()
    # Half of the flips and inversions, a quarter of the quarter turns and some of the shifts are the identity.
    identities = {"flip": 1 / 2, "inversion": 1 / 2, "quarter_turn": 1 / 4, "shift": (2 / 3) ** 2}.get(name, 0.0)
    assert share == pytest.approx(0.25 * (1 - identities), abs=0.07)


@pytest.mark.parametrize(("name", "others"), [("flip", 1), ("quarter_turn", 3)])
def test_mirrors_and_quarter_turns_only_move_pixels(name, others):
    samples = images(64, 2, 5)
    changed = apply_changes(samples, [name], 1.0, Random())
    allowed = [samples.flip(3)] if name == "flip" else [samples.rot90(k, (2, 3)) for k in (1, 2, 3)]
    assert len(allowed) == others
    near = torch.stack([(changed - candidate).abs().amax((1, 2, 3)) < 1e-4 for candidate in [samples, *allowed]])
    assert torch.equal(near.sum(0), torch.ones(64))
    assert (near.sum(1) > 5).all()


def test_a_warp_by_whole_pixels_shifts_and_mirrors_the_border():
    matrix = IDENTITY.clone()
    matrix[0, 2] = 2.0
    samples = images(1, 1, 5)
    row = samples[0, 0, 3]
    expected = torch.stack([row[2], row[3], row[4], row[3], row[2]])
    torch.testing.assert_close(warp(samples, matrix[None])[0, 0, 3], expected)


def test_a_warp_between_pixels_is_bilinear():
    matrix = IDENTITY.clone()
    matrix[1, 2] = 0.25
    samples = images(1, 1, 4)
    expected = 0.75 * samples[0, 0, 1] + 0.25 * samples[0, 0, 2]
    torch.testing.assert_close(warp(samples, matrix[None])[0, 0, 1], expected)


def test_hue_and_saturation_preserve_the_mean_colour_and_hue_the_norm():
    samples = images(16, 3, 4)
    for name in ("hue", "saturation"):
        changed = apply_changes(samples, [name], 1.0, Random())
        torch.testing.assert_close(changed.mean(1), samples.mean(1), rtol=0, atol=1e-6)
    hue = apply_changes(samples, ["hue"], 1.0, Random())
    torch.testing.assert_close(hue.square().sum(1), samples.square().sum(1))
    inverted = apply_changes(samples, ["inversion"], 1.0, Random()).mean(1)
    torch.testing.assert_close(inverted.abs(), samples.mean(1).abs(), rtol=0, atol=1e-6)


def test_a_scheduled_probability_is_linear_up_to_its_last_step():
    augment = Scheduled(0.1, 0.5, steps=10)
    assert [augment.probability(step) for step in (0, 5, 10, 99)] == pytest.approx([0.1, 0.3, 0.5, 0.5])
    augment = Scheduled(0.0, 1.0, steps=10)
    first = augment(images(), Random().seek(0))
    torch.testing.assert_close(first, images(), rtol=0, atol=1e-6)
    assert not torch.allclose(augment(images(), Random().seek(10)), images(), atol=1e-2)


def update(augment, logits, updates):
    """Give the augmentation the same logits in every update, and return p after each update."""
    probabilities = []
    for _ in range(updates):
        for microbatch in logits.chunk(2):
            augment(images(len(microbatch)), Random())
            augment.observe(microbatch)
        augment.apply_batch_sums()
        probabilities.append(augment.p.item())
    return probabilities


def test_p_increases_with_the_number_of_samples_while_d_overfits():
    # Eight samples per update and a change every second update: 16 / 100 at a time, up to 1.
    logits = torch.ones(8)
    expected = [0, 0.16, 0.16, 0.32, 0.32, 0.48, 0.48, 0.64, 0.64, 0.8, 0.8, 0.96, 0.96, 1.0, 1.0, 1.0]
    assert update(ADA(speed_samples=100, interval=2), logits, 16) == pytest.approx(expected)


@pytest.mark.parametrize(("positive", "direction"), [(8, 1), (7, 1), (6, -1), (0, -1)])
def test_p_follows_the_mean_sign_and_its_target(positive, direction):
    # Seven positive of eight is a mean sign of 0.75, six is 0.5; the magnitude of a logit does not matter.
    logits = torch.cat([torch.full((positive,), 0.01), torch.full((8 - positive,), -50.0)])
    probabilities = update(ADA(target=0.6, speed_samples=100, interval=1, start=0.5), logits, 2)
    assert probabilities == pytest.approx([0.5 + direction * 0.08, 0.5 + direction * 0.16])


def test_p_is_never_negative():
    assert update(ADA(speed_samples=10, interval=1, start=0.5), -torch.ones(8), 2) == [0.0, 0.0]


def test_a_resumed_run_has_the_same_p(tmp_path):
    settings = ["augment=ada", "augment.speed_samples=100", "augment.interval=4", "augment.target=-0.9"]
    go(tmp_path / "whole", *DIGITS, *settings)
    go(tmp_path / "cut", *DIGITS, *settings, "iterations=3")
    # In the middle of an interval, so its sums have to be restored.
    assert checkpoint(tmp_path / "cut")["state_dict"]["game.augment.signs"][3] == 3
    go(tmp_path / "cut", *DIGITS, *settings)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    assert state(tmp_path / "cut")[".state_dict.game.augment.p"].item() == pytest.approx(4 * 8 / 100)


ERRORS = {
    "target": (lambda: ADA(target=1.0), "target must be above -1 and below 1, got 1.0"),
    "speed": (lambda: ADA(speed_samples=0), "speed_samples must be above 0, got 0"),
    "interval": (lambda: ADA(interval=0), "interval must be at least 1, got 0"),
    "start": (lambda: ADA(start=2), "start must be at least 0 and at most 1, got 2"),
    "end": (lambda: Scheduled(end=-1), "end must be at least 0 and at most 1, got -1"),
    "steps": (lambda: Scheduled(steps=0), "steps must be at least 1, got 0"),
    "changes": (lambda: ADA(changes=["blur"]), "changes must be one of flip, quarter_turn, .*, got 'blur'"),
    "policy": (lambda: DiffAugment(["blur"]), "policy must be one of color, translation, cutout, got 'blur'"),
    "hole": (lambda: DiffAugment(hole=math.nan), "hole must be at least 0 and at most 1, got nan"),
}


@pytest.mark.parametrize(("build_invalid", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(build_invalid, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build_invalid()
