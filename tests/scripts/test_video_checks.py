"""The independent check of clips: what it says of real, shuffled and still ones."""

import sys
from pathlib import Path

import pytest
import torch

from ganlab.core.pixel_range import to_network_range
from ganlab.core.random import Random
from ganlab.data import MovingDigits

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "tables"))
from video_checks import check_clips, sets_out


@pytest.fixture(scope="module")
def data():
    return MovingDigits(clips=1, labels=True)


def read(data, split, count):
    batches = list(data.real_samples(count, 0, split))
    return to_network_range(torch.cat([batch.sample for batch in batches])), torch.cat(
        [b.cond for b in batches]
    ).numpy()


def test_real_clips_have_their_digit_and_direction_and_others_do_not(data) -> None:
    real = read(data, "test", 120)
    classes = torch.from_numpy(real[1])
    shuffled = data.drawn_baselines()["shuffled_frames"](120, classes, Random(0))
    still = real[0][:, :1].expand_as(real[0])
    wrong = (real[1] + 4) % 40  # the next digit
    parts = {"": real, "_shuffled": (shuffled, real[1]), "_still": (still, real[1]), "_wrong": (real[0], wrong)}
    shares = check_clips(parts, read(data, "train", 300))
    assert min(shares["digit"], shares["digit_shuffled"], shares["digit_still"]) > 0.9
    assert shares["digit_wrong"] < 0.1
    assert shares["same"] > 0.95
    assert shares["direction"] == shares["direction_wrong"] == 1
    assert shares["direction_shuffled"] < 0.65  # the right axis, in either direction
    assert shares["direction_still"] == 0


def test_a_direction_is_right_within_45_degrees() -> None:
    clips = -torch.ones(2, 4, 1, 9, 9)
    for frame in range(4):
        clips[0, frame, 0, 4, 2 + frame] = 1  # to the right
        clips[1, frame, 0, 2 + 2 * frame, 2 + frame] = 1  # more down than right
    assert sets_out(clips, torch.tensor([0, 0]).numpy()).tolist() == [True, False]
    assert sets_out(clips, torch.tensor([1, 2]).numpy()).tolist() == [False, True]


def test_the_baseline_shuffles_the_frames_of_real_clips_of_the_class(data) -> None:
    classes = torch.tensor([0, 39, 5, 0])
    clips = data.drawn_baselines()["shuffled_frames"](4, classes, Random(1))
    train = data.split("train")
    for clip, label in zip(clips, classes, strict=True):
        members = to_network_range(data.take(train[data.labels[train] == label]))
        frames = {frame.numpy().tobytes() for frame in clip}
        assert any(frames == {frame.numpy().tobytes() for frame in real} for real in members)
    again = data.drawn_baselines()["shuffled_frames"](4, classes, Random(1))
    assert again.equal(clips)
    assert data.drawn_baselines()["shuffled_frames"](3, None, Random(1)).shape == (3, 16, 1, 32, 32)
