"""Samples of a finished run, in Python and on the command line, depend only on the seed."""

import json
import re
from shutil import copytree

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_runs import DIGITS, NETWORKS, QUIET, command, go

import ganlab
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main
from ganlab.core.errors import UserError


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return go(tmp_path_factory.mktemp("images") / "run", *DIGITS, "generator.norm=batch").run_dir


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return go(tmp_path_factory.mktemp("labelled") / "run", *DIGITS, "data.labels=true").run_dir


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    # Long enough to leave the origin: the corners of the grid are at (±4, ±4).
    lines = ["data=grid", *NETWORKS[:2], *QUIET, "generator.widths=[32]", "discriminator.widths=[32]", "latent.size=4"]
    lines += ["iterations=150", "batch_size=64", "optimizer.generator.lr=0.01", "optimizer.discriminator.lr=0.01"]
    return go(tmp_path_factory.mktemp("points") / "run", *lines, "log_every=0", "ema=none").run_dir


def test_images_have_their_shape_and_range(images):
    samples = ganlab.load(images).sample(5)
    assert samples.shape == (5, 1, 8, 8)
    assert samples.dtype == torch.float32
    assert -1 <= samples.min() < samples.max() <= 1
    assert samples.std(0).max() > 1e-4  # samples differ


def test_samples_depend_only_on_the_seed(images):
    sampler = ganlab.load(str(images))
    first = sampler.sample(230, seed=3)
    torch.manual_seed(99)
    assert torch.equal(ganlab.load(images).sample(230, seed=3), first)
    assert not torch.equal(sampler.sample(230, seed=4), first)
    # No sample occurs twice, also not in different chunks.
    assert len(first.flatten(1).unique(dim=0)) == 230


@pytest.mark.parametrize("run", ["images", "labelled"])
@pytest.mark.parametrize("n", [0, 1, 99, 100, 101, 200])
def test_the_first_samples_do_not_depend_on_their_number(run, n, request):
    sampler = ganlab.load(request.getfixturevalue(run))
    assert torch.equal(sampler.sample(n), sampler.sample(230)[:n])


def test_loading_and_sampling_do_not_change_the_default_generator(images):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    ganlab.load(images).sample(3)
    assert torch.equal(torch.rand(3), expected)


def test_the_exported_weights_are_those_of_the_checkpoint(images):
    checkpoint = torch.load(images / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    averages = {
        name.removeprefix("ema.average."): value for name, value in checkpoint.items() if "ema.average." in name
    }
    loaded = ganlab.load(images).network.state_dict()
    assert loaded.keys() == averages.keys()
    assert all(torch.equal(loaded[name], averages[name]) for name in averages)


def test_conditions(labelled, images):
    sampler = ganlab.load(labelled)
    assert sampler.spec.classes == 10
    threes = sampler.sample(4, cond=torch.full((4,), 3))
    assert torch.equal(threes, sampler.sample(4, cond=torch.full((4,), 3)))
    mixed = sampler.sample(4, cond=torch.tensor([3, 5, 3, 5]))
    assert torch.equal(mixed[::2], threes[::2])
    assert not torch.equal(mixed[1::2], threes[1::2])
    with pytest.raises(ValueError, match="cond must have one entry per sample, 4, got 3"):
        sampler.sample(4, cond=torch.arange(3))
    with pytest.raises(ValueError, match="n must be at least 0, got -1"):
        sampler.sample(-1)


def test_classes_may_be_any_integers(labelled):
    sampler = ganlab.load(labelled)
    threes = sampler.sample(2, cond=torch.tensor([3, 3]))
    for cond in ([3, 3], 3, np.array([3, 3]), torch.tensor([3, 3], dtype=torch.uint8)):
        assert torch.equal(sampler.sample(2, cond=cond), threes)
    assert sampler.sample(0, cond=[]).shape == (0, 1, 8, 8)


@pytest.mark.parametrize(
    ("cond", "sentence"),
    [
        (torch.tensor(5), "cond must have one entry per sample, 2, got tensor(5)"),
        ("ab", "cond names 'ab', but the classes are numbers"),
        (10, "cond must be one class for each sample, from 0 to 9, got 10"),
        ([3, 10], "cond must be one class for each sample, from 0 to 9, got 10"),
        ([-1, 3], "cond must be one class for each sample, from 0 to 9, got -1"),
        ([0.5, 1.0], "cond must be one class for each sample, from 0 to 9, got torch.float32 of shape (2,)"),
        (torch.zeros(2, 3, dtype=torch.long), "cond must be one class for each sample, from 0 to 9, got torch.int64"),
    ],
    ids=str,
)
def test_conditions_that_are_not_classes(cond, sentence, labelled):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ganlab.load(labelled).sample(2, cond=cond)


def test_a_generator_without_classes_takes_no_condition(images):
    with pytest.raises(ValueError, match="this generator is not conditional, so cond must be None"):
        ganlab.load(images).sample(1, cond=[0])


def test_a_device_that_cannot_be_used_is_rejected(images):
    with pytest.raises(UserError, match="device=foo cannot be used"):
        ganlab.load(images, "foo")
    assert ganlab.load(images, torch.device("cpu")).sample(1).shape == (1, 1, 8, 8)


DAMAGES = {
    "{": "cannot be read",
    "[]": "does not describe a generator",
    "{}": "does not describe a generator",
    "\x80": "cannot be read",
    '{"spec": {"sample": 3, "cond": null, "classes": 0}}': "does not describe a generator",
}


@pytest.mark.parametrize("text", DAMAGES)
def test_a_damaged_description_is_reported_in_one_sentence(text, images, tmp_path, capsys):
    copytree(images, tmp_path / "run")
    (tmp_path / "run" / "generator.json").write_bytes(text.encode("latin-1"))
    assert guarded(main, [f"run={tmp_path}/run"]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{tmp_path}/run/generator.json cannot be read (")
    assert DAMAGES[text] in message
    assert message.endswith("; copy both files again from the original run directory\n")
    assert message.count("\n") == 1


def test_damaged_weights_are_reported_in_one_sentence(images, points, tmp_path, capsys):
    copytree(images, tmp_path / "run")
    weights = tmp_path / "run" / "generator.safetensors"
    whole = weights.read_bytes()
    for content, beginning in (
        (b"xx", f"{weights} cannot be read ("),
        (whole[: len(whole) // 2], f"{weights} cannot be read ("),
        ((points / weights.name).read_bytes(), f"{weights} holds weights of another generator than generator.json"),
    ):
        weights.write_bytes(content)
        assert guarded(main, [f"run={tmp_path}/run"]) == 2
        message = capsys.readouterr().err
        assert message.startswith(beginning)
        assert message.count("\n") == 1


def test_points_are_in_the_coordinates_of_the_data(points):
    samples = ganlab.load(points).sample(500)
    assert samples.shape == (500, 2)
    spread = samples.abs().amax(0)
    assert (spread > 1.5).all(), spread
    assert (spread < 12).all(), spread
    facts = json.loads((points / "generator.json").read_text())
    raw = ganlab.load(points)
    raw.decode = lambda x: x
    torch.testing.assert_close(raw.sample(500) * facts["scale"], samples)
    assert facts["scale"] > 1


def test_a_description_needs_no_checkpoint_and_no_config(images, tmp_path):
    for name in ("generator.safetensors", "generator.json"):
        (tmp_path / name).write_bytes((images / name).read_bytes())
    assert torch.equal(ganlab.load(tmp_path).sample(3), ganlab.load(images).sample(3))


def test_a_description_cannot_build_a_foreign_target(images, tmp_path):
    (tmp_path / "generator.safetensors").write_bytes((images / "generator.safetensors").read_bytes())
    facts = json.loads((images / "generator.json").read_text())
    facts["config"]["game"]["generator"] = {"_target_": "os.system", "command": f"touch {tmp_path}/executed"}
    (tmp_path / "generator.json").write_text(json.dumps(facts))
    with pytest.raises(UserError, match=r"os\.system"):
        ganlab.load(tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("generator", {"_target_": "ganlab.generators.DCGAN", "_partial_": True, "widht": 3}, "widht"),
        ("generator", [1, 2], ""),
        ("generator", "dcgan", ""),
        ("latent", {"_target_": "ganlab.latents.Normal", "size": 0}, "size must be at least 1, got 0"),
    ],
)
def test_a_description_whose_settings_build_no_game(setting, value, reason, images, tmp_path):
    (tmp_path / "generator.safetensors").write_bytes((images / "generator.safetensors").read_bytes())
    facts = json.loads((images / "generator.json").read_text())
    facts["config"]["game"][setting] = value
    (tmp_path / "generator.json").write_text(json.dumps(facts))
    sentence = rf"generator\.json cannot be read \(its settings do not build a game: .*{reason}.*\); copy both files"
    with pytest.raises(UserError, match=sentence):
        ganlab.load(tmp_path)


def test_missing_and_unfinished_runs_are_reported_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="nowhere does not exist; give the directory of a finished run"):
        ganlab.load(tmp_path / "nowhere")
    (tmp_path / "unfinished").mkdir()
    with pytest.raises(
        UserError, match=r"unfinished holds no generator\.safetensors, which is written when a run ends; give"
    ):
        ganlab.load(tmp_path / "unfinished")


def test_the_command_writes_one_file_per_image_and_a_sheet(images, tmp_path, capsys):
    out = tmp_path / "out"
    assert guarded(main, [f"run={images}", "n=12", "seed=2", f"output={out}"]) == 0
    assert capsys.readouterr().err == f"wrote 12 samples to {out}\n"
    assert sorted(path.name for path in out.iterdir()) == ["images", "samples.npy", "sheet.png"]
    assert sorted(path.name for path in (out / "images").iterdir()) == [f"{i:02}.png" for i in range(12)]
    samples = torch.from_numpy(np.load(out / "samples.npy"))
    assert torch.equal(samples, ganlab.load(images).sample(12, seed=2))
    pixels = torch.from_numpy(np.array(Image.open(out / "images" / "07.png"))).float()
    assert pixels.shape == (8, 8)
    torch.testing.assert_close(pixels, (samples[7, 0] + 1) * 127.5, atol=1.0, rtol=0)


def test_another_call_removes_the_images_of_the_last(labelled, tmp_path, capsys):
    out = tmp_path / "out"
    for n in (12, 3):
        assert guarded(main, [f"run={labelled}", f"n={n}", f"output={out}"]) == 0
    assert sorted(path.name for path in (out / "images").iterdir()) == ["0.png", "1.png", "2.png", "classes.csv"]
    rows = (out / "images" / "classes.csv").read_text().split()
    classes = ganlab.load(labelled).sample_batch(3).cond.tolist()
    assert rows == [f"{number}.png,{label}" for number, label in enumerate(classes)]
    (out / "samples.npy").unlink()
    capsys.readouterr()
    assert guarded(main, [f"run={labelled}", "n=3", f"output={out}"]) == 2
    assert f"output={out} holds files that `ganlab sample` did not write (such as images)" in capsys.readouterr().err


def test_a_folder_of_other_files_is_left_alone(labelled, tmp_path, capsys):
    """Else a data set would be read as generated samples from then on."""
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    (tmp_path / "photos" / "cats" / "1.png").write_bytes(b"a picture")
    assert guarded(main, [f"run={labelled}", "n=3", f"output={tmp_path / 'photos'}"]) == 2
    assert "(such as cats); choose an empty or a new folder" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "photos").rglob("*")) == ["1.png", "cats"]


def test_classes_have_the_names_of_their_folders(tmp_path, capsys):
    for number in range(20):
        path = tmp_path / "images" / ("cat" if number % 2 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    data = [f"data.path={tmp_path / 'images'}", "data=image_folder", "data.labels=true"]
    run = go(tmp_path / "run", *DIGITS, *data, "iterations=1").run_dir
    summary = "images: 16 training, 2 validation, 2 test; training images per class: cat 8, dog 8\n"
    assert summary in capsys.readouterr().err
    assert ganlab.load(run).class_names == ["cat", "dog"]
    for name, cond in {"names": "cond=dog", "numbers": "cond=[1,1]"}.items():
        assert guarded(main, [f"run={run}", "n=2", cond, f"output={tmp_path}/{name}"]) == 0
        assert (tmp_path / name / "images" / "classes.csv").read_text().split() == ["0.png,dog", "1.png,dog"]
    assert guarded(main, [f"run={run}", "n=2", "cond=eel", f"output={tmp_path}/none"]) == 2
    assert "cond must be a class from 0 to 1 (cat, dog), or a list of 2 of them, got eel" in capsys.readouterr().err


def test_folders_whose_names_are_numbers_are_selected_by_name(tmp_path, capsys):
    for number in range(24):
        path = tmp_path / "images" / ("1", "10", "2")[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    data = [f"data.path={tmp_path / 'images'}", "data=image_folder", "data.labels=true"]
    run = go(tmp_path / "run", *DIGITS, *data, "iterations=1").run_dir
    for cond, names in {"2": "2 2", "[10,1]": "10 1", '["1","2"]': "1 2"}.items():
        assert guarded(main, [f"run={run}", "n=2", f"cond={cond}", f"output={tmp_path}/out"]) == 0
        lines = (tmp_path / "out" / "images" / "classes.csv").read_text().split()
        assert [line.partition(",")[2] for line in lines] == names.split()
    capsys.readouterr()
    assert guarded(main, [f"run={run}", "n=2", "cond=2", f"output={tmp_path}/out"]) == 0
    assert capsys.readouterr().err == f"wrote 2 samples of class 2 to {tmp_path}/out\n"
    assert guarded(main, [f"run={run}", "n=2", "cond=0", f"output={tmp_path}/none"]) == 2
    assert capsys.readouterr().err == "cond must be one of the classes (1, 10, 2), or a list of 2 of them, got 0\n"
    sampler = ganlab.load(run)
    assert torch.equal(sampler.sample(2, cond=["2", "1"]), sampler.sample(2, cond=[2, 0]))
    with pytest.raises(ValueError, match="cond names '3', but the classes are 1, 10, 2"):
        sampler.sample(1, cond=["3"])


def test_a_generator_that_does_not_receive_labels_has_no_classes(tmp_path, capsys):
    run = go(tmp_path / "run", *DIGITS, "data.labels=true", "conditioning=none", "iterations=1").run_dir
    assert guarded(main, [f"run={run}", "n=2", "cond=3"]) == 2
    assert capsys.readouterr().err.endswith("this generator is not conditional, so cond must be null\n")
    assert guarded(main, [f"run={run}", "n=2"]) == 0
    assert not (run / "generated" / "images" / "classes.csv").exists()


def test_a_full_disk_is_reported_and_former_samples_stay(images, tmp_path, capsys, monkeypatch):
    settings = [f"run={images}", f"output={tmp_path}/out"]
    assert guarded(main, [*settings, "n=2"]) == 0

    def fill(path, array):
        path.write_bytes(b"half")
        raise OSError("384000 requested and 102368 written")

    monkeypatch.setattr(np, "save", fill)
    capsys.readouterr()
    assert guarded(main, [*settings, "n=3"]) == 2
    assert capsys.readouterr().err == (
        f"output={tmp_path}/out cannot be written (384000 requested and 102368 written); choose another folder\n"
    )
    assert len(np.load(tmp_path / "out" / "samples.npy")) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["images", "samples.npy", "sheet.png"]


def test_the_command_writes_points_without_images(points):
    assert guarded(main, [f"run={points}", "n=20"]) == 0
    out = points / "generated"
    assert sorted(path.name for path in out.iterdir()) == ["samples.npy", "sheet.png"]
    assert np.load(out / "samples.npy").shape == (20, 2)


def test_the_command_accepts_classes(labelled, tmp_path):
    for name, cond in {"one": "cond=3", "list": "cond=[3,3]"}.items():
        assert guarded(main, [f"run={labelled}", "n=2", cond, f"output={tmp_path}/{name}"]) == 0
    expected = ganlab.load(labelled).sample(2, cond=torch.tensor([3, 3])).numpy()
    for name in ("one", "list"):
        assert np.array_equal(np.load(tmp_path / name / "samples.npy"), expected)
    assert guarded(main, [f"run={labelled}", "n=0", f"output={tmp_path}/none"]) == 0
    assert np.load(tmp_path / "none" / "samples.npy").shape == (0, 1, 8, 8)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("n=-3", "n must be an integer of at least 0, got '-3'"),
        ("n=many", "n must be an integer of at least 0, got 'many'"),
        ("seed=0.5", "seed must be an integer of at least 0, got '0.5'"),
        ("sede=1", "'sede=1' is not a setting of ganlab sample; did you mean 'seed'?"),
        ("64", "'64' is not a setting of ganlab sample"),
        ("cond=10", "cond must be a class from 0 to 9, or a list of 64 of them, got 10"),
        ("cond=[1,2]", "cond must be a class from 0 to 9, or a list of 64 of them, got [1,2]"),
        ("cond=three", "cond must be a class from 0 to 9, or a list of 64 of them, got three"),
        ("cond=1.5", "cond must be a class from 0 to 9, or a list of 64 of them, got 1.5"),
        ("cond=true", "cond must be a class from 0 to 9, or a list of 64 of them, got true"),
        ("device=abacus", "device=abacus cannot be used"),
    ],
)
def test_errors_of_the_sample_command(setting, sentence, labelled, capsys, tmp_path):
    assert guarded(main, [f"run={labelled}", f"output={tmp_path}/out", setting]) == 2
    message = capsys.readouterr().err
    assert message.startswith(sentence)
    assert message.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_further_errors_of_the_sample_command(images, capsys, tmp_path):
    assert guarded(main, [f"run={images}", "cond=1"]) == 2
    assert capsys.readouterr().err == "this generator is not conditional, so cond must be null\n"
    assert guarded(main, ["n=x", "zzz=1"]) == 2
    assert capsys.readouterr().err == (
        "'zzz=1' is not a setting of ganlab sample; n must be an integer of at least 0, got 'x'\n"
    )
    assert guarded(main, ["n=2"]) == 2
    assert capsys.readouterr().err == "run=DIR is needed: the directory of a finished run\n"
    (tmp_path / "taken").write_text("")
    assert guarded(main, [f"run={images}", f"output={tmp_path}/taken"]) == 2
    assert "taken" in capsys.readouterr().err
    too_many = (
        (10**13, rf"n={10**13:,} samples of shape .* would take .* are free; lower n\n"),
        (10**23, r"n must be at most 9223372036854775807, got 24 digits\n"),
    )
    for n, message in too_many:
        assert guarded(main, [f"run={images}", f"n={n}", f"output={tmp_path}/out"]) == 2
        assert re.fullmatch(message, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_help_of_the_sample_command(capsys):
    assert guarded(main, ["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in ("run", "n", "seed", "output", "cond", "device"))


def test_the_command_reports_a_missing_run(capsys):
    assert guarded(main, ["run=rnu"]) == 2
    assert capsys.readouterr().err == "rnu does not exist; give the directory of a finished run\n"


@pytest.mark.slow
def test_the_installed_command_works(points, tmp_path):
    ended = command("sample", f"run={points}", "n=5", "output=here", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "wrote 5 samples to here\n")
    assert np.array_equal(np.load(tmp_path / "here" / "samples.npy"), ganlab.load(points).sample(5).numpy())
