"""`ganlab apply` on real files: any size, names kept, bad files named, and nothing lost."""

import errno
import os

import numpy as np
import pytest
import torch
from PIL import Image
from support.image_pairs import PAIRS
from support.small_runs import POINTS, go
from support.translators import Identity, exported_run, translator

import ganlab
from ganlab.commands.apply import SETTINGS, main
from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError
from ganlab.games.pictures import apply
from ganlab.games.translator import Translator
from ganlab.training.application import MAX_PIXELS, apply_to_files, plan, read_picture

UNPAIRED = [*PAIRS, "+data.paired=false", "game=cyclegan", "loss=least_squares"]
RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _allowed(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return exported_run(tmp_path_factory.mktemp("exported") / "run", scale=2)


def picture(path, size=(20, 14), mode="RGB", **options):
    """Write a random picture and return it as it is read back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = Image.fromarray(RANDOM.integers(0, 256, (*size[::-1], 4), dtype=np.uint8), "RGBA")
    colour.convert(mode).save(path, **options)
    with Image.open(path) as image:
        return image.copy()


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def applied(folder, output, network=None, file_format="png", on_error="refuse"):
    tool = translator(network or Identity())
    return apply_to_files(tool, plan(folder, output, file_format), on_error)


def test_names_and_sub_folders_are_kept_and_other_files_ignored(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "deep" / "out"
    first, second = picture(folder / "a b.png"), picture(folder / "sub" / "Ü.x.PNG", (3, 40))
    picture(folder / ".hidden.png")
    (folder / "notes.txt").write_text("no image")
    result = applied(folder, output)
    assert (result.written, result.skipped) == (2, {})
    files = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    assert files == ["a b.png", "sub/Ü.x.png"]
    assert np.array_equal(pixels(output / "a b.png"), np.array(first))
    assert np.array_equal(pixels(output / "sub" / "Ü.x.png"), np.array(second))


@pytest.mark.parametrize(
    ("name", "mode", "file_format", "written", "kind", "written_mode"),
    [
        ("a.jpg", "RGB", "same", "a.jpg", "JPEG", "RGB"),
        ("a.JPEG", "L", "same", "a.JPEG", "JPEG", "RGB"),
        ("a.webp", "RGBA", "same", "a.webp", "WEBP", "RGBA"),
        ("a.bmp", "RGB", "same", "a.bmp", "BMP", "RGB"),
        ("a.tiff", "RGBA", "same", "a.tiff", "TIFF", "RGBA"),
        ("a.gif", "P", "same", "a.png", "PNG", "RGB"),
        ("a.ppm", "RGB", "same", "a.png", "PNG", "RGB"),
        ("a.png", "RGBA", "jpg", "a.jpg", "JPEG", "RGB"),
        ("a.png", "LA", "png", "a.png", "PNG", "RGBA"),
        ("a.jpg", "CMYK", "png", "a.png", "PNG", "RGB"),
    ],
)
def test_formats(tmp_path, name, mode, file_format, written, kind, written_mode):
    picture(tmp_path / "in" / name, mode=mode)
    applied(tmp_path / "in", tmp_path / "out", file_format=file_format)
    with Image.open(tmp_path / "out" / written) as image:
        assert (image.format, image.mode, image.size) == (kind, written_mode, (20, 14))


def test_a_format_without_opacity_shows_it_on_white(tmp_path):
    clear = np.zeros((16, 16, 4), np.uint8)  # black that is transparent
    (tmp_path / "in").mkdir()
    Image.fromarray(clear).save(tmp_path / "in" / "a.png")
    applied(tmp_path / "in", tmp_path / "out", file_format="jpg")
    assert (pixels(tmp_path / "out" / "a.jpg") == 255).all()


def test_colour_profiles_and_upright_pictures(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned = picture(tmp_path / "in" / "a.png", (20, 14), exif=exif, icc_profile=b"profile")
    applied(tmp_path / "in", tmp_path / "out")
    with Image.open(tmp_path / "out" / "a.png") as image:
        assert image.size == (14, 20)
        assert image.info["icc_profile"] == b"profile"
        assert 0x0112 not in image.getexif()
        assert np.array_equal(np.array(image), np.array(turned).transpose(1, 0, 2)[:, ::-1])


@pytest.fixture
def bad_folder(tmp_path):
    """Return a folder of two good and four bad images."""
    folder = tmp_path / "bad"
    picture(folder / "good.png")
    picture(folder / "z_good.png")
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no image")
    whole = folder / "half.png"
    picture(whole, (90, 90))
    whole.write_bytes(whole.read_bytes()[:3000])
    Image.fromarray(np.zeros((4, 4), np.float32)).save(folder / "deep.tiff")
    return folder


def test_bad_files_are_refused_before_anything_is_written(bad_folder, tmp_path):
    with pytest.raises(UserError, match=r"^4 of 6 images cannot be read: deep.tiff \(it has greys of 32 bits") as error:
        applied(bad_folder, tmp_path / "out")
    for part in ("empty.png (it is empty)", "text.jpg (it is not an image)", "half.png (", "set on_error=skip"):
        assert part in str(error.value)
    assert not (tmp_path / "out").exists()


def test_bad_files_are_skipped_and_named(bad_folder, tmp_path):
    result = applied(bad_folder, tmp_path / "out", on_error="skip")
    assert result.written == 2
    assert sorted(result.skipped) == ["deep.tiff", "empty.png", "half.png", "text.jpg"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.png", "z_good.png"]


@pytest.mark.parametrize("on_error", ["refuse", "skip"])
def test_only_bad_files_are_an_error(tmp_path, on_error):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").touch()
    with pytest.raises(UserError, match=r"1 of 1 images cannot be read: a.png \(it is empty\): repair or remove them$"):
        applied(tmp_path / "in", tmp_path / "out", on_error=on_error)


def test_images_of_too_many_pixels_are_bad(tmp_path):
    picture(tmp_path / "a.png", (20, 14))
    with pytest.raises(ValueError, match="20 by 14 pixels are more than max_pixels=279 allows"):
        read_picture(tmp_path / "a.png", 279)
    assert read_picture(tmp_path / "a.png", 280).size == (20, 14)
    assert str(MAX_PIXELS) == SETTINGS["max_pixels"]


def test_former_outputs_are_replaced_and_stay_when_writing_fails(tmp_path, monkeypatch):
    folder, output = tmp_path / "in", tmp_path / "out"
    first = picture(folder / "a.png")
    applied(folder, output)
    (output / "own.txt").write_text("own")
    second = picture(folder / "a.png")
    picture(folder / "b.png")

    def fail(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        sentence = r"a.png cannot be written \(No space left on device\), after 0 images that are complete"
        with pytest.raises(UserError, match=sentence):
            applied(folder, output)
    assert np.array_equal(pixels(output / "a.png"), np.array(first))
    assert sorted(path.name for path in output.iterdir()) == ["a.png", "own.txt"]
    applied(folder, output)
    assert np.array_equal(pixels(output / "a.png"), np.array(second))
    assert sorted(path.name for path in output.iterdir()) == ["a.png", "b.png", "own.txt"]


def test_an_image_that_its_format_cannot_hold_is_one_sentence(tmp_path):
    picture(tmp_path / "in" / "a.webp", (16383, 1))  # the longest side of this format
    with pytest.raises(UserError, match=r"a.webp cannot be written \(.*\), after 0 images that are complete; choose"):
        applied(tmp_path / "in", tmp_path / "out", Identity(2), "same")
    assert not [path for path in (tmp_path / "out").iterdir()]


def test_a_folder_in_the_place_of_an_output_is_one_sentence(tmp_path):
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    with pytest.raises(UserError, match=r"a.png cannot be written \(Is a directory\)"):
        applied(tmp_path / "in", tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"a.png cannot be written \(Not a directory\)"):
        applied(tmp_path / "in", tmp_path / "file" / "out")


def test_folders_that_overlap_are_refused(tmp_path):
    folder = tmp_path / "in"
    picture(folder / "a.png")
    (tmp_path / "link").symlink_to(folder)
    places = [(folder, folder), (folder, folder / "out"), (folder, tmp_path), (folder, tmp_path / "link")]
    for source, output in [*places, (folder / "a.png", folder), (folder / "a.png", tmp_path / "link")]:
        with pytest.raises(UserError, match=r"^output=.* and input=.* overlap, so .*; choose a folder elsewhere"):
            plan(source, output)
    assert len(plan(folder / "a.png", folder / "out")) == 1  # one file, and a folder that is not its own


@pytest.mark.parametrize("file_format", ["png", "jpg"])
def test_two_images_for_one_file_are_refused(tmp_path, file_format):
    picture(tmp_path / "in" / "a.jpg")
    picture(tmp_path / "in" / "a.png")
    with pytest.raises(UserError, match=r"^a.jpg and a.png would both be written to .*; use format=same"):
        plan(tmp_path / "in", tmp_path / "out", file_format)
    assert len(plan(tmp_path / "in", tmp_path / "out", "same")) == 2


def test_missing_and_empty_inputs_are_named(tmp_path):
    with pytest.raises(UserError, match="does not exist; give an image or a folder"):
        plan(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    with pytest.raises(UserError, match=r"holds no images \(it has notes.txt\); what is read is png, jpg"):
        plan(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UserError, match=r"notes.txt is a file; choose a folder"):
        plan(tmp_path / "in", tmp_path / "in" / "notes.txt")


def test_the_command_does_what_python_does(run, tmp_path, capsys):
    image = picture(tmp_path / "in" / "a.png", (37, 50))
    settings = [f"run={run}", f"input={tmp_path}/in"]
    assert guarded(main, [*settings, f"output={tmp_path}/out"]) == 0
    assert capsys.readouterr().err == f"wrote 1 image to {tmp_path}/out\n"
    sampler = ganlab.load(run)
    expected = apply(Translator(sampler.game, sampler.network, sampler.spec), image)
    assert expected.size == (74, 100)
    assert np.array_equal(pixels(tmp_path / "out" / "a.png"), np.array(expected))
    assert guarded(main, [*settings, f"output={tmp_path}/tiles", "tile=24", "overlap=16"]) == 0
    assert np.abs(pixels(tmp_path / "tiles" / "a.png").astype(int) - np.array(expected)).max() <= 1


def test_the_command_writes_into_the_run_by_default(tmp_path, capsys):
    run = exported_run(tmp_path / "run", channels=(1, 3), noise=1)
    picture(tmp_path / "in" / "a.png")
    outputs = []
    for seed in (0, 0, 1):
        assert guarded(main, [f"run={run}", f"input={tmp_path}/in/a.png", f"seed={seed}"]) == 0
        assert capsys.readouterr().err == f"wrote 1 image to {run}/applied\n"
        outputs.append(pixels(run / "applied" / "a.png"))
    first, again, other = outputs
    assert first.shape == (14, 20, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_skipped_files_are_counted_and_leave_the_exit_code_0(run, bad_folder, tmp_path, capsys):
    settings = [f"run={run}", f"input={bad_folder}", f"output={tmp_path}/out"]
    assert guarded(main, settings) == 2
    assert capsys.readouterr().err.startswith("4 of 6 images cannot be read: ")
    assert guarded(main, [*settings, "on_error=skip"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "skipped empty.png: it is empty" in lines
    assert lines[-1] == f"wrote 2 images to {tmp_path}/out; skipped 4 of 6"


def test_a_run_that_is_no_translator_is_one_sentence(tmp_path, capsys):
    picture(tmp_path / "a.png")
    run = go(tmp_path / "points", *POINTS).run_dir
    capsys.readouterr()
    assert guarded(main, [f"run={run}", f"input={tmp_path}/a.png"]) == 2
    assert capsys.readouterr().err == (
        "this generator makes samples from latents and no condition, not images from images; use ganlab sample, or "
        "give a run that translates or enhances images\n"
    )
    assert guarded(main, ["run=demo:digits", f"input={tmp_path}/a.png", f"output={tmp_path}/out"]) == 2
    assert "not images from images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "run=DIR is needed: the directory of a finished run"),
        (["run=x"], "input=FILE_OR_FOLDER is needed: the images to translate"),
        (["run=x", "input=y", "format=gif"], "there is no format 'gif'; choose png, jpg, same"),
        (["run=x", "input=y", "on_error=stop"], "there is no on_error 'stop'; choose refuse, skip"),
        (["run=x", "input=y", "tile=0"], "tile must be an integer of at least 1, got '0'"),
        (["run=x", "input=y", "overlap=-1"], "overlap must be an integer of at least 0, got '-1'"),
        (["run=x", "input=absent"], "input=absent does not exist; give an image or a folder of images"),
        (["run=x", "inputs=y"], "'inputs=y' is not a setting of ganlab apply; did you mean 'input'?"),
    ],
)
def test_settings_are_checked(settings, sentence, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert guarded(main, settings) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


def test_a_tile_that_its_overlap_fills_is_one_sentence(run, tmp_path, capsys):
    picture(tmp_path / "in" / "a.png")
    assert guarded(main, [f"run={run}", f"input={tmp_path}/in", f"output={tmp_path}/out", "tile=32"]) == 2
    assert capsys.readouterr().err.startswith("tile must be at least overlap + 1 = 33 pixels, got 32")


def test_a_run_of_two_directions_goes_back(tmp_path, capsys):
    directory = go(tmp_path / "run", *UNPAIRED, "iterations=1").run_dir
    original = picture(tmp_path / "in" / "a.png", (8, 8))
    line = [f"run={directory}", f"input={tmp_path / 'in'}"]
    assert guarded(main, [*line, f"output={tmp_path / 'forward'}"]) == 0
    assert guarded(main, [*line, f"output={tmp_path / 'back'}", "direction=back"]) == 0
    sampler = ganlab.load(directory)
    image = torch.from_numpy(np.array(original)).permute(2, 0, 1)[None].float() / 127.5 - 1
    expected = sampler.game.translate_back(image, sampler.network)[0].permute(1, 2, 0)
    written = pixels(tmp_path / "back" / "a.png")
    assert np.abs(written - ((expected.detach().numpy() + 1) * 127.5)).max() <= 0.51
    assert not np.array_equal(written, pixels(tmp_path / "forward" / "a.png"))


def test_a_run_of_one_direction_has_no_way_back(run, tmp_path, capsys):
    picture(tmp_path / "in" / "a.png")
    line = [f"run={run}", f"input={tmp_path / 'in'}", f"output={tmp_path / 'out'}", "direction=back"]
    assert guarded(main, line) == 2
    assert "direction=back needs a game of two directions, such as game=cyclegan" in capsys.readouterr().err
    assert guarded(main, [*line[:-1], "direction=left"]) == 2
    assert "there is no direction 'left'; choose forward, back" in capsys.readouterr().err
