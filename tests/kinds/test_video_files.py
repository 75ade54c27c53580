"""Video files of every format, and every way in which one can be broken."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.clips import moving_clip
from support.mp4_files import set_edit_list, set_rotation, write_h264

from ganlab.kinds import video_files
from ganlab.kinds.video_files import read_clip
from ganlab.kinds.video_frames import Timing
from ganlab.kinds.video_writing import ENCODINGS

av = pytest.importorskip("av")
PLAYED = [name for name in ENCODINGS if name != "png"]
EXACT = {"webp", "gif", "ffv1"}


def write(frames, folder: Path, encoding: str, rate: float = 8.0) -> Path:
    encode, ending = ENCODINGS[encoding]
    encode(frames, folder / f"clip{ending}", rate)
    return folder / f"clip{ending}"


def error_of(clip, frames):
    height, width = frames.shape[1:3]
    return float(np.abs(clip[:, 0, :height, :width].numpy().astype(float) - frames[..., 0]).mean())


@pytest.mark.parametrize("encoding", PLAYED)
@pytest.mark.parametrize("rate", [8.0, 7.5, 25.0])
@pytest.mark.parametrize("frames", [moving_clip(), np.repeat(moving_clip(1), 16, 0)], ids=["moving", "still"])
def test_files_keep_frames_and_rate_also_of_still_clips(tmp_path, encoding, rate, frames) -> None:
    path = write(frames, tmp_path, encoding, rate)
    clip, found = read_clip(path)
    assert (clip.shape, clip.dtype, found) == ((16, 3, 30, 34), torch.uint8, rate)
    assert error_of(clip, frames) <= (0 if encoding in EXACT else 2)
    again, converted = read_clip(path, rate=rate)
    assert again.equal(clip)
    assert converted == rate


@pytest.mark.parametrize("encoding", PLAYED)
def test_a_single_frame_has_a_rate(tmp_path, encoding) -> None:
    clip, rate = read_clip(write(moving_clip(1), tmp_path, encoding))
    assert (len(clip), rate) == (1, 8.0)


@pytest.mark.parametrize("encoding", PLAYED)
def test_odd_sides_only_grow_in_mp4_by_a_repeated_row_and_column(tmp_path, encoding) -> None:
    frames = moving_clip(4, 15, 17, 3)
    clip, _ = read_clip(write(frames, tmp_path, encoding))
    assert clip.shape[2:] == ((16, 18) if encoding == "mp4" else (15, 17))
    if encoding == "mp4":
        assert (clip[..., -1].float() - clip[..., -2].float()).abs().mean() < 6


@pytest.mark.parametrize("encoding", PLAYED)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_files_are_refused(tmp_path, encoding, share) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3)).astype(np.uint8)
    path = write(noise, tmp_path, encoding)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match=r"it is cut off|it is no video that can be read|it holds no frame"):
        read_clip(path)


def test_a_truncated_mp4_whose_header_comes_first_is_refused(tmp_path) -> None:
    path = tmp_path / "fast.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3)).astype(np.uint8)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width = stream.height = 32
        for frame in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    assert len(read_clip(path)[0]) == 16
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(ValueError, match=r"it is cut off|it is no video that can be read"):
        read_clip(path)


@pytest.mark.parametrize("encoding", PLAYED)
@pytest.mark.parametrize("more", [b"\0" * 100, b"a text; and ;", b"\n"])
def test_what_follows_the_end_of_a_file_is_not_read(tmp_path, encoding, more) -> None:
    path = write(moving_clip(4), tmp_path, encoding)
    clip, rate = read_clip(path)
    path.write_bytes(path.read_bytes() + more)
    again, same = read_clip(path)
    assert (again.equal(clip), same) == (True, rate)


@pytest.mark.parametrize("program", ["av", "pillow"])
def test_a_gif_is_whole_only_with_its_last_block(tmp_path, program) -> None:
    if program == "av":
        path = write(moving_clip(3, 8, 8, 3), tmp_path, "gif")
    else:
        path = tmp_path / "clip.gif"
        first, *others = (Image.fromarray(frame) for frame in moving_clip(3, 8, 8, 3))
        first.save(path, save_all=True, append_images=others, duration=100, comment="a comment; with marks;")
    content = path.read_bytes()
    assert len(read_clip(path)[0]) == 3
    marks = [place for place, byte in enumerate(content[:-1], 1) if byte == ord(";")]  # as the last block begins
    for length in {*marks, *range(20, len(content), 97), *range(len(content) - 20, len(content))}:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="it is cut off"):
            read_clip(path)


EDITS = {
    "start and end": ([(1, 0.5)], slice(4, 12)),
    "inside of a group": ([(0.75, 0.625)], slice(5, 11)),
    "shown later": ([(0.5, None), (1, 0.5)], slice(4, 12)),
    "shown twice": ([(0.5, 1), (0.5, 1)], [*range(8, 12)] * 2),
    "everything": ([(2, 0)], slice(None)),
}


@pytest.mark.parametrize(("edits", "shown"), EDITS.values(), ids=EDITS)
def test_a_trimmed_mp4_has_the_frames_that_its_edit_list_shows(tmp_path, edits, shown) -> None:
    path = tmp_path / "a.mp4"
    write_h264(moving_clip(channels=3), path)
    whole, _ = read_clip(path)
    set_edit_list(path, edits)
    clip, rate = read_clip(path)
    assert rate == 8.0
    assert clip.equal(whole[shown])


@pytest.mark.parametrize("edits", [[(2, 0)], [(1.5, 0.5)]], ids=["whole", "trimmed"])
def test_an_mp4_without_its_last_frame_is_cut_off(tmp_path, edits) -> None:
    path = tmp_path / "a.mp4"
    places = write_h264(moving_clip(channels=3), path, header_first=True)
    set_edit_list(path, edits)
    read_clip(path)
    path.write_bytes(path.read_bytes()[: max(places)])
    with pytest.raises(ValueError, match=r"it is cut off: \d+ frames can be read, and its header announces (12|16)$"):
        read_clip(path)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_pictures_are_turned_as_the_camera_was_held(tmp_path, quarters) -> None:
    path = tmp_path / "a.mp4"
    write_h264(moving_clip(2, channels=3), path)
    flat, _ = read_clip(path)
    set_rotation(path, quarters)
    turned, _ = read_clip(path)
    assert turned.equal(flat.rot90(-quarters, (2, 3)))


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv", ".avi", ".gif", ".webp"])
@pytest.mark.parametrize("content", [b"", b"no video at all, but a text" * 9])
def test_other_content_is_no_video(tmp_path, suffix, content) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"it is empty|it is no video|neither a gif nor a webp") as error:
        read_clip(path)
    assert str(tmp_path) not in str(error.value)


def test_a_still_picture_is_no_clip(tmp_path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "still.webp")
    with pytest.raises(ValueError, match="a single picture without a duration"):
        read_clip(tmp_path / "still.webp")


def test_equal_frames_that_pillow_merged_come_back_by_time(tmp_path) -> None:
    pictures = [Image.fromarray(frame[..., 0]) for frame in np.repeat(moving_clip(1), 16, 0)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=120)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 1
    assert len(read_clip(tmp_path / "a.gif", rate=1 / 0.12)[0]) == 16
    assert len(read_clip(tmp_path / "a.gif", rate=4.0)[0]) == 8  # 1.92 seconds


def test_the_rate_is_converted_by_time(tmp_path) -> None:
    frames = moving_clip()
    path = write(frames, tmp_path, "ffv1", 8.0)
    half, _ = read_clip(path, rate=4.0)
    assert (half[:, 0].numpy() == frames[::2, ..., 0]).all()
    double, _ = read_clip(path, rate=16.0)
    assert (double[:, 0].numpy() == np.repeat(frames, 2, 0)[..., 0]).all()
    uneven, _ = read_clip(path, rate=3.0)
    assert (uneven[:, 0].numpy() == frames[[0, 2, 5, 8, 10, 13], ..., 0]).all()  # ⌊8k / 3⌋


@pytest.mark.parametrize("encoding", PLAYED)
@pytest.mark.parametrize(("rate", "step", "times"), [(2.0, 4, 1), (16.0, 1, 2)])
def test_only_chosen_frames_are_converted_and_each_once(tmp_path, encoding, rate, step, times, monkeypatch) -> None:
    path = write(moving_clip(), tmp_path, encoding)
    whole, _ = read_clip(path)
    converted, to_tensor = [], video_files._to_tensor
    monkeypatch.setattr(video_files, "_to_tensor", lambda *given: converted.append(0) or to_tensor(*given))
    clip, _ = read_clip(path, rate)
    assert clip.equal(whole[::step].repeat_interleave(times, 0))
    assert len(converted) == 16 // step


def test_variable_rates_need_a_rate(tmp_path) -> None:
    frames = moving_clip(4)
    pictures = [Image.fromarray(frame[..., 0]) for frame in frames]
    path = tmp_path / "a.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 300, 100, 100])
    with pytest.raises(ValueError, match=r"unequal distances \(3.33 to 10 frames per second\); set the rate"):
        read_clip(path)
    clip, _ = read_clip(path, rate=10.0)
    assert (clip[:, 0].numpy() == frames[[0, 1, 1, 1, 2, 3], ..., 0]).all()


def test_pictures_are_cropped_around_the_middle(tmp_path) -> None:
    frames = np.zeros((2, 16, 32, 1), np.uint8)
    frames[:, :, 8:24] = 255
    clip, _ = read_clip(write(frames, tmp_path, "ffv1"), size=(8, 8), channels=1)
    assert clip.shape == (2, 1, 8, 8)
    assert clip.min() > 200  # bicubic filters reach beyond the crop


def test_the_simplest_rate_that_agrees_with_rounded_times() -> None:
    rounded = [round(number * 1001 / 30000, 3) for number in range(40)]
    assert Timing(rounded, 1.335, 0.001, Fraction(30000, 1001)).rate() == pytest.approx(29.97, abs=1e-3)
    assert Timing([0.0, 0.13, 0.25, 0.38, 0.5], 0.63, 0.01).rate() == 8.0
    assert Timing([0.0, 0.13, 0.27, 0.4, 0.53, 0.67, 0.8], 0.93, 0.01).rate() == 7.5
