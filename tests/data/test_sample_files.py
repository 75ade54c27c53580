"""Finished samples in files, and the error message for every kind of unusable file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import wavfile

from ganlab.commands.sample_files import write_samples
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading
from ganlab.kinds import ImageKind, PointKind, Sheet
from ganlab.kinds.audio import AudioKind
from ganlab.kinds.video import VideoKind


def images(folder: Path, count: int = 5, size: tuple[int, int] = (6, 4), mode: str = "RGB", part: str = "") -> Path:
    (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new(mode, size, number if mode == "L" else (number, 0, 0)).save(folder / part / f"{mode}{number}.png")
    return folder


def test_a_folder_its_zip_and_its_arrays_hold_the_same_samples(tmp_path: Path) -> None:
    folder = images(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for path in sorted(folder.iterdir()):
            file.write(path, path.name)
    from_folder = open_sample_files(folder)
    pixels = from_folder.take(torch.arange(5))
    np.savez(tmp_path / "a.npz", pixels.permute(0, 2, 3, 1).numpy())
    np.save(tmp_path / "a.npy", pixels.float().div(127.5).sub(1).numpy())
    for name in ("a.zip", "a.npz", "a.npy"):
        other = open_sample_files(tmp_path / name)
        assert other.spec.sample == from_folder.spec.sample == (3, 4, 6)
        assert other.take(torch.arange(5)).equal(pixels)
    assert open_sample_files(tmp_path / "a.zip").fingerprint() == from_folder.fingerprint()
    assert [len(batch.sample) for batch in from_folder.batches(2)] == [2, 2, 1]
    assert [len(batch.sample) for batch in from_folder.batches(2, 1, 2)] == [2]


def test_images_are_grey_only_if_all_are_and_folders_are_classes(tmp_path: Path) -> None:
    grey = images(images(tmp_path / "a", mode="L", part="cat"), mode="L", part="dog")
    assert open_sample_files(grey).spec.sample == (1, 4, 6)
    assert open_sample_files(grey).labels.tolist() == [0] * 5 + [1] * 5
    assert open_sample_files(images(grey, part="dog")).spec.sample == (3, 4, 6)


def test_points_and_labels_come_from_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", points=np.zeros((3, 2)), labels=np.array([0, 2, 1]))
    points = open_sample_files(tmp_path / "p.npz")
    assert (points.spec.sample, points.spec.classes, points.labels.tolist()) == ((2,), 3, [0, 2, 1])


def test_unusable_files_raise_value_error_with_the_reason(tmp_path: Path) -> None:
    def refuses(name: str, message: str, **arrays: np.ndarray) -> None:
        path = tmp_path / name
        if arrays:
            np.savez(path, **arrays)
        with pytest.raises(ValueError, match=message):
            open_sample_files(path)

    (tmp_path / "empty").mkdir()
    refuses("nowhere", "does not exist; give a folder")
    refuses("empty", "must hold images .* but it holds none")
    images(images(tmp_path / "mixed"), 1, (9, 9), part="sub")
    refuses("mixed", r"have 2 sizes, such as 6 by 4 \(5 images\) and 9 by 9 \(1 images\), .* resize all of them")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.png").write_bytes(b"not an image")
    images(tmp_path / "broken", 1, (6, 4))
    (tmp_path / "broken" / "y.png").touch()
    refuses(
        "broken",
        r"2 of \d images cannot be read: x.png \(it is not an image\); y.png \(it is empty\): repair or remove",
    )
    (tmp_path / "bad.npz").write_bytes(b"not an array")
    refuses("bad.npz", "cannot be read as an array")
    nan = np.zeros((2, 4, 4, 3), np.float32)
    nan[1, 0] = np.nan
    refuses("nan.npz", "1 images in .* hold NaN; remove them", x=nan)
    refuses("positive.npz", r"images as floats must span \[-1, 1\]; save uint8", x=np.full((2, 4, 4, 3), 0.5))
    refuses(
        "words.npz",
        "one integer of at least 0 for each of its 2 samples, got <U3",
        x=np.zeros((2, 2)),
        labels=np.array(["cat", "dog"]),
    )
    np.savez_compressed(tmp_path / "cut.npz", x=np.random.default_rng(0).random((9, 2)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:-40])
    refuses("cut.npz", "cannot be read as an array")
    refuses("none.npz", "holds no samples", x=np.zeros((0, 2)))
    refuses("wide.npz", r"as floats in \[-1, 1\]", x=np.full((2, 4, 4, 3), 9.0))
    refuses("channels.npz", "1 or 3 channels", x=np.zeros((2, 4, 4, 2), np.uint8))
    np.save(tmp_path / "single.npy", np.array(3.0))
    refuses("single.npy", r"single.npy must hold images .* got float64 of shape \(\)")
    refuses("two.npz", "one array of samples .* holds: x, y", x=np.zeros((2, 2)), y=np.zeros((2, 2)))
    refuses("labels.npz", "one integer of at least 0", x=np.zeros((2, 2)), labels=np.array([0, -1]))


def sounds(folder: Path, lengths: dict[str, int], rate: int = 8000) -> Path:
    for number, (name, length) in enumerate(lengths.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(folder / name, rate, np.full(length, (number + 1) / 8, np.float32))
    return folder


def test_folders_of_sounds_have_rate_and_classes(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    files = open_sample_files(sounds(tmp_path, {"dog/a.wav": 100, "cat/b.wav": 100, "cat/c.WAV": 100}))
    assert (files.spec.kind, files.spec.facts, files.spec.sample) == ("audio", {"rate": 8000}, (100, 1))
    assert (files.class_names, files.labels.tolist()) == (["cat", "dog"], [0, 0, 1])
    assert files.take(torch.tensor([2, 0])).mean((1, 2)).tolist() == [1 / 8, 2 / 8]
    before = files.fingerprint()
    sounds(tmp_path, {"dog/a.wav": 100}, 4000)
    with pytest.raises(ValueError, match=r"different rates in hertz: 8,000, and 4,000 in dog/a\.wav; set rate=4000"):
        open_sample_files(tmp_path)
    resampled = open_sample_files(tmp_path, Reading(of_kind={"rate": 4000, "length": 60}))
    assert (resampled.spec.facts, resampled.spec.sample) == ({"rate": 4000}, (60, 1))
    assert resampled.fingerprint() != before


def test_sounds_that_differ_in_length_or_are_broken_are_named(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    sounds(tmp_path, {"a.wav": 100, "b.wav": 120, "c.wav": 140})
    with pytest.raises(ValueError, match=r"lengths in samples: 100, and 120 in b\.wav; set length=140, the longest"):
        open_sample_files(tmp_path)
    equal = open_sample_files(tmp_path, Reading(of_kind={"length": 120}))
    assert equal.take(torch.tensor([0]))[0, 98:102, 0].tolist() == [1 / 8, 1 / 8, 0, 0]
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"1 of 3 files cannot be read \(such as b\.wav: it is no sound"):
        open_sample_files(tmp_path)
    wavfile.write(tmp_path / "b.wav", 8000, np.full((100, 2), 0.25, np.float32) * np.float32([1, 3]))
    with pytest.raises(ValueError, match=r"channels: 1, and 2 in b\.wav; set channels=1"):
        open_sample_files(tmp_path, Reading(of_kind={"length": 100}))
    mixed = open_sample_files(tmp_path, Reading(of_kind={"length": 100, "channels": 1}))
    assert mixed.take(torch.tensor([1])).unique().tolist() == [0.5]


@pytest.mark.parametrize("name", ["rate", "length", "channels"])
def test_a_setting_of_sounds_is_refused_for_everything_else(tmp_path: Path, name: str) -> None:
    reading = Reading(of_kind={name: 1})
    images(tmp_path / "images")
    np.save(tmp_path / "images.npy", np.zeros((3, 8, 8, 3), np.uint8))
    np.save(tmp_path / "points.npy", np.zeros((3, 2), np.float32))
    write_samples(tmp_path / "written", PointKind(), Sheet(torch.zeros(3, 2)))
    for holds, places in {"images": ("images", "images.npy"), "points": ("points.npy", "written")}.items():
        for place in places:
            with pytest.raises(ValueError, match=rf"^{name}=1 is no setting of {holds}.*, as .* holds; leave it out"):
                open_sample_files(tmp_path / place, reading)
    with pytest.raises(
        ValueError, match=r"^resolution=8 is no setting of points \(dimensions,\), as .*points.npy holds"
    ):
        open_sample_files(tmp_path / "points.npy", Reading(size=(8, 8)))


def test_without_samples_a_setting_says_what_is_absent(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for settings, wanted in (({"channels": 1}, ""), ({"rate": 8000, "length": 9}, r" or clips \(.*\)")):
        given = ", ".join(f"{name}={value}" for name, value in settings.items())
        with pytest.raises(
            ValueError, match=rf"/empty must hold sounds \(.*\){wanted} for {given}, but it holds none; "
        ):
            open_sample_files(tmp_path / "empty", Reading(of_kind=settings))
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match=r"a.wav is a single file of sounds \(samples, channels\); give a folder"):
        open_sample_files(tmp_path / "a.wav")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.write(tmp_path / "a.wav", "inner/a.wav")
    with pytest.raises(ValueError, match=r"a.zip holds sounds .*, such as inner/a.wav, which are read from folders"):
        open_sample_files(tmp_path / "a.zip", Reading(of_kind={"rate": 8000}))


def test_what_the_command_wrote_is_read_as_single_sounds(tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    sheet = Sheet(torch.rand(3, 64, 1), labels=torch.tensor([0, 1, 1]), class_names=["kick", "hat"])
    write_samples(tmp_path / "generated", AudioKind(8000), sheet)
    files = open_sample_files(tmp_path / "generated")
    assert (files.spec.kind, len(files), files.class_names) == ("audio", 3, ["hat", "kick"])
    assert (files.take(torch.arange(3)) - sheet.samples).abs().max() <= 0.5 / 32768 + 1e-6
    write_samples(tmp_path / "generated", ImageKind(), Sheet(torch.zeros(2, 1, 8, 8)))
    assert not (tmp_path / "generated" / "sounds").exists()
    assert open_sample_files(tmp_path / "generated").spec.sample == (1, 8, 8)


def write_clips(folder: Path, encoding: str = "ffv1", frames: int = 4, rate: float = 8.0, side: int = 16) -> Path:
    clips = torch.linspace(-1, 1, 3 * frames)[:, None, None, None].expand(-1, 1, side, side)
    sheet = Sheet(clips.unflatten(0, (3, frames)), labels=torch.tensor([0, 1, 1]), class_names=["walk", "run"])
    write_samples(folder, VideoKind(rate), sheet, encoding=encoding)
    return folder


def test_clips_that_the_command_wrote_are_read_also_from_formats_of_pictures(tmp_path: Path) -> None:
    pytest.importorskip("av")
    for encoding in ("ffv1", "webp", "gif"):
        files = open_sample_files(write_clips(tmp_path / encoding, encoding))
        assert (files.spec.kind, files.spec.facts) == ("video", {"frames_per_second": 8.0})
        assert (files.spec.sample, files.class_names) == ((4, 3, 16, 16), ["run", "walk"])
        assert files.take(torch.tensor([2]))[0, :, 0, 0, 0].tolist() == [185, 209, 232, 255]
    folder = tmp_path / "gif" / "videos"
    assert open_sample_files(folder).spec.kind == ""  # pictures, unless a setting of clips is given
    assert open_sample_files(folder, Reading(of_kind={"length": 3})).spec.sample == (3, 3, 16, 16)
    smaller = open_sample_files(tmp_path / "ffv1", Reading(size=(8, 8)))
    assert smaller.spec.sample == (4, 3, 8, 8)


def test_clips_that_differ_name_the_setting_that_makes_them_alike(tmp_path: Path) -> None:
    pytest.importorskip("av")
    first = write_clips(tmp_path / "a") / "videos"
    for settings, words in (
        ({"rate": 4.0}, "rates in frames per second: 8, and 4 in b.mkv; set rate=4"),
        ({"frames": 3}, "lengths in frames: 4, and 3 in b.mkv; set length=3"),
        ({"side": 8}, "sizes: 16x16, and 8x8 in b.mkv; set resolution=8"),
    ):
        other = write_clips(tmp_path / "b", **settings) / "videos"
        (first / "b.mkv").write_bytes((other / "0.mkv").read_bytes())
        (first / "classes.csv").unlink(missing_ok=True)
        with pytest.raises(ValueError, match=words):
            open_sample_files(first)
