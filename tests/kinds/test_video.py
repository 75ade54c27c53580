"""Clips: where frames are in a film strip, and what files hold."""

import numpy as np
import pytest
import torch
from PIL import Image
from support.clips import moving_clip

from ganlab.core.interfaces import Spec
from ganlab.features.base import scored_samples
from ganlab.kinds import Sheet, kind_of
from ganlab.kinds.video import RULER, VideoKind, shown_frames

SPEC = Spec((16, 1, 30, 34), kind="video", facts={"frames_per_second": 8.0})


def clips(count=3, frames=16, channels=1):
    pixels = torch.from_numpy(moving_clip(frames, channels=channels)).permute(0, 3, 1, 2).float()
    return (pixels / 127.5 - 1).repeat(count, 1, 1, 1, 1)


def test_frames_of_a_strip_follow_each_other_in_time() -> None:
    brightness = torch.linspace(-1, 1, 16)[None, :, None, None, None].expand(2, 16, 1, 32, 32)
    picture = np.asarray(VideoKind(8.0).draw(Sheet(brightness)).convert("L"), float)
    row = picture[picture.shape[0] - 33]  # through the second strip
    levels = [row[2 + 66 * column + 32] for column in range(16)]
    assert levels == [round((level + 1) * 127.5) for level in torch.linspace(-1, 1, 16).tolist()]
    assert picture.shape[0] > 2 * 66 + RULER


def test_long_clips_show_the_first_and_the_last_frame() -> None:
    assert shown_frames(3) == [0, 1, 2]
    assert shown_frames(100)[0] == 0
    assert shown_frames(100)[-1] == 99
    assert len(shown_frames(100)) == 16


@pytest.mark.parametrize("channels", [1, 3])
def test_names_single_frames_nan_and_many_clips_are_drawn(channels) -> None:
    kind = VideoKind(8.0)
    for samples in (clips(20, 16, channels), clips(1, 1, channels), clips(2, 40, channels) * torch.nan):
        labels = torch.zeros(len(samples), dtype=torch.int64)
        named = kind.draw(Sheet(samples, labels=labels, class_names=["seven, to the right"]))
        plain = kind.draw(Sheet(samples))
        assert named.width > plain.width >= 100
        assert (
            named.tobytes() == kind.draw(Sheet(samples, labels=labels, class_names=["seven, to the right"])).tobytes()
        )
    with pytest.raises(ValueError, match="at least one clip of 1 or 3 channels, got 0"):
        kind.draw(Sheet(torch.zeros(0, 4, 1, 8, 8)))
    with pytest.raises(ValueError, match="got 2 of 2 channels"):
        kind.draw(Sheet(torch.zeros(2, 4, 2, 8, 8)))


@pytest.mark.parametrize("encoding", VideoKind.encodings)
def test_every_encoding_writes_a_file_per_clip_or_frame(tmp_path, encoding) -> None:
    pytest.importorskip("av")
    kind_of(SPEC).write(clips(), tmp_path, ["a", "b", "a"], encoding)
    names = sorted(path.name for path in (tmp_path / "videos").iterdir())
    if encoding == "png":
        assert (len(names), names[0], names[-1]) == (48, "0_00.png", "2_15.png")
    else:
        assert len(names) == 4
        assert names[-1] == "classes.csv"
    with Image.open(tmp_path / "sheet.webp") as sheet:
        assert sheet.n_frames == 16
        assert sheet.width >= 512


def test_clips_are_scored_as_eight_bits() -> None:
    kind = kind_of(SPEC)
    assert scored_samples(clips(), SPEC).dtype == torch.uint8
    assert kind.default_features(SPEC.sample, 10) == "video_classifier"
    assert kind.default_features(SPEC.sample, 0) == "video_random"
    assert kind_of(Spec((16, 1, 30, 34))).name == "other"


def test_files_of_a_clip_are_read_as_they_were_written(tmp_path) -> None:
    pytest.importorskip("av")
    kind_of(SPEC).write(clips(2), tmp_path, encoding="ffv1")
    read = VideoKind.read(tmp_path / "videos" / "0.mkv")
    assert (read.sample.shape, read.facts) == ((16, 3, 30, 34), {"frames_per_second": 8.0})
    assert (read.sample[:, :1].float() / 127.5 - 1 - clips(1)[0]).abs().max() < 1e-6
    small = VideoKind.read(tmp_path / "videos" / "0.mkv", rate=4, length=5, height=8, width=8)
    assert (small.sample.shape, small.facts) == ((5, 3, 8, 8), {"frames_per_second": 4.0})
    with pytest.raises(ValueError, match="it has 16 frames of 8 per second, fewer than length=17"):
        VideoKind.read(tmp_path / "videos" / "0.mkv", length=17)
