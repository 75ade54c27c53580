"""Clips of moving digits, and of the user's own files."""

import numpy as np
import pytest
import torch
from support.clips import moving_clip

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data import MovingDigits, VideoFolder
from ganlab.data.video import split_groups


def centres(clips):
    """Return the centre of mass (n, time, 2) of uint8 clips, as rows and columns."""
    weights = clips[:, :, 0].double()
    places = torch.arange(clips.shape[-1]).double()
    mass = weights.sum((2, 3))
    return torch.stack([(weights.sum(3) @ places) / mass, (weights.sum(2) @ places) / mass], 2)


@pytest.fixture(scope="module")
def digits():
    return MovingDigits(labels=True)


def test_digits_set_out_in_the_direction_of_their_class(digits) -> None:
    batch = digits.labelled_batch(torch.arange(0, 400), Random())
    moved = centres(batch.sample)[:, 2] - centres(batch.sample)[:, 0]
    expected = torch.tensor([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]]).double()[batch.cond % 4]
    along = (moved * expected).sum(1)
    assert along.min() >= 2  # pixels in two frames, rounded
    assert along.max() <= 5.1
    assert (moved - along[:, None] * expected).abs().max() < 1e-6
    assert [digits.class_names[label] for label in (0, 7, 39)] == ["0 right", "1 up", "9 up"]


def test_digits_stay_whole_keep_their_speed_and_bounce(digits) -> None:
    clips = digits.take(torch.arange(0, 28752, 97))
    mass = clips.double().sum((2, 3, 4))
    assert (mass == mass[:, :1]).all()  # nothing is cut off at the border
    path = centres(clips)
    steps = (path[:, 1:] - path[:, :-1]).abs().sum(2)
    assert steps.max() <= 3.001
    turned = ((path[:, 2:] - path[:, 1:-1]) * (path[:, 1:-1] - path[:, :-2])).sum(2) < 0
    assert turned.any(1).double().mean() > 0.75  # others rest for a frame, by rounding


def test_a_clip_is_a_function_of_its_index_and_splits_share_no_digit(digits) -> None:
    rows = torch.tensor([5, 100, 28000])
    assert digits.take(rows).equal(MovingDigits().take(rows.flip(0)).flip(0))
    images = {name: set((digits.split(name) // 16).tolist()) for name in ("train", "validation", "test")}
    assert sum(len(part) for part in images.values()) == 1797
    assert len(set.union(*images.values())) == 1797
    assert MovingDigits(limit=50).fingerprint() != digits.fingerprint() == MovingDigits().fingerprint()
    assert len(MovingDigits(limit=50)) == 50


def test_settings_of_moving_digits() -> None:
    data = MovingDigits(resolution=16, frames=5, frames_per_second=7.5, clips=1, classes="digit", labels=True)
    assert data.spec == Spec((5, 1, 16, 16), (), 10, kind="video", facts={"frames_per_second": 7.5})
    assert (
        MovingDigits.preview(resolution=16, frames=5, frames_per_second=7.5, classes="digit", labels=True) == data.spec
    )
    assert data.score_settings() == {"frames": 5, "frames_per_second": 7.5, "size": "16 by 16"}
    for settings, words in (
        ({"frames": 1}, "frames must be at least 2"),
        ({"resolution": 8}, "resolution must be at least 16"),
        ({"classes": "colour"}, "classes must be one of digit, digit_direction"),
        ({"frames_per_second": 0}, "frames_per_second must be above 0"),
        ({"limit": 10**6}, "limit must be from 0"),
    ):
        with pytest.raises(ValueError, match=words):
            MovingDigits(**settings)


def test_no_group_is_in_two_splits() -> None:
    sizes = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    group = torch.arange(10).repeat_interleave(sizes)
    rows = split_groups(sizes, 0.2, 0.2, 0)
    assert torch.cat([*rows.values()]).sort().values.equal(torch.arange(39))
    groups = [set(group[part].tolist()) for part in rows.values()]
    assert [len(part) for part in groups] == [2, 2, 6]


@pytest.fixture
def folder(tmp_path):
    pytest.importorskip("av")
    from ganlab.kinds.video_writing import write_ffv1, write_gif, write_webm

    for kind, write, ending, rate in (("walk", write_ffv1, "mkv", 8.0), ("run", write_webm, "webm", 24.0)):
        (tmp_path / kind).mkdir()
        for number in range(5):
            frames = moving_clip(40 if rate == 8 else 120, channels=3)
            write(frames, tmp_path / kind / f"{number}.{ending}", rate)
    write_gif(moving_clip(17, channels=3), tmp_path / "walk" / "short.gif", 8.0)
    return tmp_path


def test_files_of_any_rate_become_clips_of_one_rate_cut_by_time(folder) -> None:
    data = VideoFolder(str(folder), resolution=16, labels=True)
    assert data.spec == Spec((16, 3, 16, 16), (), 2, kind="video", facts={"frames_per_second": 8.0})
    assert data.class_names == ["run", "walk"]
    assert len(data.table) == 5 * 2 + 5 * 2 + 1  # 5 seconds are two clips of 2 seconds
    assert data.summary().startswith("11 files; clips of 16 frames, 2 seconds: ")
    # A picture that moves by a pixel per frame moves by 3 pixels in an eighth of a second at 24 frames per second.
    wide = VideoFolder(str(folder / "run"), resolution=[30, 34])
    slow = VideoFolder(str(folder / "run"), resolution=[30, 34], frames_per_second=24.0)
    assert (wide.table[0, 1].float() - slow.table[0, 3].float()).abs().mean() < 0.1
    assert data.batch(torch.tensor([0, 20]), Random()).cond.tolist() == [0, 1]
    mirrored = VideoFolder(str(folder), resolution=16, flip=True).labelled_batch(
        torch.zeros(20, dtype=torch.long), Random()
    )
    first = data.table[0]
    assert {bool(clip.equal(first)) for clip in mirrored.sample} == {True, False}
    assert all(clip.equal(first) or clip.equal(first.flip(-1)) for clip in mirrored.sample)


def test_splits_are_of_files_and_settings_are_checked(folder) -> None:
    data = VideoFolder(str(folder), resolution=16, frames=8, validation=0.2, test=0.2)
    file = torch.arange(11).repeat_interleave(torch.tensor([5] * 10 + [2]))
    parts = [set(file[data.split(name)].tolist()) for name in ("train", "validation", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 11
    with pytest.raises(ValueError, match="need more than memory_limit_mib=0"):
        VideoFolder(str(folder), resolution=16, memory_limit_mib=0)
    with pytest.raises(ValueError, match="channels must be 1"):
        VideoFolder(str(folder), channels=2)


def test_broken_and_short_files_are_named_or_skipped(folder, caplog) -> None:
    content = (folder / "walk" / "0.mkv").read_bytes()
    (folder / "walk" / "0.mkv").write_bytes(content[: len(content) // 2])
    words = (
        r"2 of 11 files have no clip: walk/0.mkv \(it is cut off: .*\); walk/short.gif \(it lasts 2.12 seconds, .*24 "
    )
    with pytest.raises(ValueError, match=words):
        VideoFolder(str(folder), frames=24)
    data = VideoFolder(str(folder), frames=24, on_error="skip")
    assert (data.files, len(data.table)) == (9, 9)
    assert "they are skipped" in caplog.text
    with pytest.raises(ValueError, match="11 of 11 files have no clip"):
        VideoFolder(str(folder), frames=1000, on_error="skip")
    with pytest.raises(ValueError, match="holds no video files"):
        VideoFolder(str(make_empty(folder)))


def make_empty(folder):
    (folder / "empty").mkdir()
    np.save(folder / "empty" / "a.npy", np.zeros(3))
    return folder / "empty"
