"""Runs that start from the weights of another run: what fits is taken, the rest is named, and resuming is exact."""

import json
import shutil

import pytest
import torch
from omegaconf import OmegaConf
from safetensors.torch import load_file
from support.small_runs import DIGITS, POINTS, assert_same, checkpoint, composed, go, rows, state

from ganlab.analysis.comparison import compare
from ganlab.analysis.evaluation import evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.ls import main as ls
from ganlab.commands.resume import main as resume
from ganlab.config import compose, instantiate
from ganlab.config.schema import EVALUATE
from ganlab.core.errors import UserError
from ganlab.core.interfaces import Spec
from ganlab.runs.demos import FOLDER
from ganlab.runs.directory import RunDirectory
from ganlab.training.api import train
from ganlab.training.build import build_data, build_module
from ganlab.training.exported_game import other_weights, write_weights
from ganlab.training.initial_weights import InitialWeights
from ganlab.training.weight_source import WeightSource
from ganlab.training.weight_transfer import transfer_weights

IMAGES = [*DIGITS, "generator.norm=batch", "discriminator.spectral_norm=true"]
LABELLED = [*IMAGES, "data.labels=true"]
GENERATOR, OTHERS = "generator.safetensors", "discriminator.safetensors"
SCORED = ["metric=[sliced_wasserstein]", "protocol.samples=20", "optimized_metric=sliced_wasserstein"]
LARGE = ["data=digits", "data.resolution=16", "generator=dcgan", "discriminator=dcgan", "generator.width=4",
         "discriminator.width=4", "latent.size=4", "metric=[]", "trainer=cpu", "iterations=2"]  # fmt: skip


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    directory = tmp_path_factory.mktemp("source") / "digits"
    go(directory, *IMAGES, "seed=7")
    return directory


def build(directory, *settings):
    """Return the module of a run before its first step, and its initial weights."""
    config = composed(*settings)
    config.init_from = str(directory)
    initial = InitialWeights.of(config, None)
    return build_module(config, build_data(config), initial), initial


def build_game(spec, *settings):
    return instantiate(composed(*settings).game)(spec)


def start(directory, source, *settings):
    return go(directory, *settings, f"init_from={source}")


def test_networks_and_average_start_from_the_source_s_average(source):
    module, _ = build(source, *IMAGES)
    saved = load_file(source / GENERATOR) | load_file(source / OTHERS)
    live = {name.removeprefix("generator."): value for name, value in module.game.state_dict().items()}
    average = module.ema.network.state_dict()
    assert "discriminator.body.0.parametrizations.weight.0.normalise._u" in saved
    assert any(name.endswith("running_var") for name in saved)
    for name, value in saved.items():
        assert torch.equal(live[name], value), name
        assert name not in average or torch.equal(average[name], value), name
    assert average.keys() <= saved.keys()


def test_optimizers_and_counts_start_at_zero(tmp_path, source):
    module, _ = build(source, *IMAGES)
    assert (module.steps, module.samples) == (0, 0)
    assert all(not optimizer.state for optimizer in module.configure_optimizers())
    start(tmp_path / "run", source, *IMAGES)
    assert [row["step"] for row in rows(tmp_path / "run")] == ["1", "2", "3", "4", "5", "6"]
    optimizer = checkpoint(tmp_path / "run")["optimizer_states"][0]["state"][0]
    assert optimizer["step"] == 6


def test_the_seed_decides_what_starts_again_and_nothing_else(source):
    first, _ = build(source, *LABELLED, "seed=1")
    second, _ = build(source, *LABELLED, "seed=2")
    differing = {
        name
        for name, value in first.game.state_dict().items()
        if torch.is_tensor(value) and not torch.equal(value, second.game.state_dict()[name])
    }
    normalised = "discriminator.body.0.parametrizations.weight"  # with the vectors that belong to this weight
    vectors = {f"{normalised}.0.normalise.{name}" for name in ("_u", "_v")}
    assert differing == {"generator.body.0.0.weight", f"{normalised}.original", *vectors}


@pytest.mark.parametrize(
    ("spec", "generator", "discriminator"),
    [
        (Spec((1, 8, 8), (), 10), {"body.0.0.weight (8, 14), there (8, 4)"}, {"body.0.weight (8, 74), there (8, 64)"}),
        (Spec((3, 8, 8)), {"body.1.weight (192, 8), there (64, 8)", "body.1.bias (192,), there (64,)"},
         {"body.0.weight (8, 192), there (8, 64)"}),
        (Spec((1, 4, 4)), {"body.1.weight (16, 8), there (64, 8)", "body.1.bias (16,), there (64,)"},
         {"body.0.weight (8, 16), there (8, 64)"}),
    ],
    ids=["classes", "channels", "resolution"],
)  # fmt: skip
def test_what_does_not_fit_starts_again_and_is_named(tmp_path, spec, generator, discriminator):
    torch.manual_seed(0)
    former = build_game(Spec((1, 8, 8)), *DIGITS)
    write_weights(tmp_path / GENERATOR, former.sampler.state_dict(), 5)
    write_weights(tmp_path / OTHERS, other_weights(former), 5)
    weights = WeightSource.of_run(str(tmp_path), None)
    game = build_game(spec, *DIGITS)
    before = {name: value.clone() for name, value in game.state_dict().items()}
    transfers = {transfer.network: transfer for transfer in transfer_weights(game, weights, "image")}
    assert set(transfers["generator"].fresh_texts) == generator
    assert set(transfers["discriminator"].fresh_texts) == discriminator
    after, origin = game.state_dict(), former.state_dict()
    for name, value in after.items():
        fits = origin[name].shape == value.shape
        assert torch.equal(value, origin[name] if fits else before[name]), name
    count = sum(origin[name].shape == value.shape for name, value in after.items())
    assert sum(transfer.taken for transfer in transfers.values()) == count
    assert sum(transfer.count for transfer in transfers.values()) == len(after)


def test_a_run_says_and_records_what_it_took(tmp_path, source, capsys):
    start(tmp_path / "run", source, *LABELLED)
    lines = [line for line in capsys.readouterr().err.splitlines() if "tensors from" in line]
    assert [line.split(";")[0] for line in lines] == [
        f"generator: 7 of 8 tensors from {source}",
        f"discriminator: 5 of 8 tensors from {source}",
    ]
    recorded = json.loads((tmp_path / "run" / "status.json").read_text())["init_from"]
    assert (recorded["run"], recorded["steps"]) == (str(source), 6)
    assert recorded["sha256"].keys() == {GENERATOR, OTHERS}
    assert [(part["taken"], part["of"]) for part in recorded["tensors"].values()] == [(7, 8), (5, 8)]
    assert OmegaConf.load(tmp_path / "run" / "config.yaml").init_from == str(source)


def test_scores_comparisons_and_lists_show_the_source(tmp_path, source, capsys):
    scored = [*IMAGES, *SCORED, "features=random"]
    go(tmp_path / "scratch", *scored)
    start(tmp_path / "warm", source, *scored)
    recorded = RunDirectory(tmp_path / "warm").initial_weights()["init_from"]
    assert json.loads((tmp_path / "warm" / "scores.json").read_text())["init_from"] == recorded
    assert "init_from" not in json.loads((tmp_path / "scratch" / "scores.json").read_text())
    report = evaluate(compose([f"run={tmp_path / 'warm'}", "protocol.samples=20"], command=EVALUATE)).content
    assert report["init_from"] == recorded
    comparison = compare(tmp_path)
    assert len(comparison.tables) == 1  # one protocol: they can be compared
    labels = {row.label for row in comparison.tables[0].rows}
    assert labels == {"init_from=null", f"init_from={source}"}
    assert any("8 of 8 tensors of the generator" in note for note in comparison.notes)
    capsys.readouterr()
    assert ls([str(tmp_path)]) == 0
    header, *listed = capsys.readouterr().out.splitlines()
    assert "init_from" in header
    assert [str(source) in line for line in listed[:2]] == [False, True]
    assert ls([str(tmp_path / "scratch")]) == 0
    assert "init_from" not in capsys.readouterr().out


def test_seeds_from_a_source_that_was_trained_again_are_noted(tmp_path, source):
    moving = tmp_path / "moving"
    shutil.copytree(source, moving)
    scored = [*IMAGES, *SCORED, "iterations=2"]
    start(tmp_path / "runs" / "0", moving, *scored, "seed=0")
    assert not any("trained again" in note for note in compare(tmp_path / "runs").notes)
    go(moving, *IMAGES, "seed=7", "iterations=8")
    start(tmp_path / "runs" / "1", moving, *scored, "seed=1")
    notes = compare(tmp_path / "runs").notes
    assert any("2 different sets of weights" in note for note in notes)


def test_a_resumed_run_needs_the_source_no_more_and_is_exact(tmp_path, source):
    copy = tmp_path / "copy"
    shutil.copytree(source, copy)
    start(tmp_path / "whole", copy, *LABELLED)
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3"]
    assert start(tmp_path / "cut", copy, *LABELLED, *stop).interrupted
    recorded = RunDirectory(tmp_path / "cut").initial_weights()
    shutil.rmtree(copy)
    assert guarded(resume, [str(tmp_path / "cut")]) == 0
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    assert RunDirectory(tmp_path / "cut").initial_weights() == recorded != {}
    assert guarded(resume, [str(tmp_path / "cut")]) == 0  # finished


def test_a_run_without_a_checkpoint_starts_from_the_source_again(tmp_path, source):
    start(tmp_path / "whole", source, *IMAGES)
    crash = ["callback.crash._target_=support.small_runs.Crash", "callback.crash.at=3"]
    with pytest.raises(OSError, match="on fire"):
        start(tmp_path / "cut", source, *IMAGES, *crash)
    shutil.rmtree(tmp_path / "cut" / "checkpoints", ignore_errors=True)
    start(tmp_path / "cut", source, *IMAGES)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_the_source_cannot_be_changed_afterwards(tmp_path, source):
    start(tmp_path / "run", source, *IMAGES)
    for other in ("init_from=null", f"init_from={tmp_path / 'run'}"):
        with pytest.raises(UserError, match="init_from was"):
            go(tmp_path / "run", *IMAGES, "iterations=9", other)


def test_a_run_from_before_the_setting_is_resumed_and_compared(tmp_path):
    go(tmp_path / "a", *POINTS)
    config = tmp_path / "a" / "config.yaml"
    config.write_text("".join(line for line in config.read_text().splitlines(True) if "init_from" not in line))
    assert guarded(resume, [str(tmp_path / "a"), "iterations=8"]) == 0
    assert json.loads((tmp_path / "a" / "status.json").read_text())["step"] == 8


def test_a_checkpoint_serves_as_well_as_exported_networks(tmp_path, source):
    bare = tmp_path / "bare"
    shutil.copytree(source, bare)
    for name in (GENERATOR, OTHERS, "generator.json"):
        (bare / name).unlink()
    exported, saved = (build(directory, *IMAGES)[0].state_dict() for directory in (source, bare))
    assert_same(exported, saved)
    assert WeightSource.of_run(str(bare), None).files.keys() == {"last.ckpt"}


def test_a_checkpoint_of_a_run_without_an_average_serves_too(tmp_path):
    go(tmp_path / "live", *IMAGES, "ema=none")
    (tmp_path / "live" / GENERATOR).unlink()
    module, _ = build(tmp_path / "live", *IMAGES)
    trained = checkpoint(tmp_path / "live")["state_dict"]
    for name, value in module.game.state_dict().items():
        assert torch.equal(value, trained[f"game.{name}"]), name


def test_without_its_discriminator_only_the_generator_is_taken(tmp_path, source):
    shutil.copytree(source, tmp_path / "bare")
    (tmp_path / "bare" / OTHERS).unlink()
    _, initial = build(tmp_path / "bare", *IMAGES)
    assert [(part.taken, part.count) for part in initial._transfers] == [(8, 8), (0, 8)]


def test_frozen_weights_that_start_again_are_named(tmp_path, source, capsys):
    start(tmp_path / "run", source, *LABELLED, "discriminator.frozen=1")
    lines = capsys.readouterr().err.splitlines()
    random = "discriminator.body.0.parametrizations.weight.original"
    assert f"these weights start again and are not updated, so they stay random: {random}" in lines


def test_statistics_of_regularizers_start_again(tmp_path):
    settings = [*DIGITS, "regularizer=[lecam]"]
    go(tmp_path / "source", *settings)
    assert any("lecam" in name for name in load_file(tmp_path / "source" / OTHERS))
    module, _ = build(tmp_path / "source", *settings)
    fresh = build_module(composed(*settings), build_data(composed(*settings))).game.state_dict()
    statistics = [name for name in fresh if "lecam" in name]
    assert statistics
    assert all(torch.equal(module.game.state_dict()[name], fresh[name]) for name in statistics)


def damage(path):
    path.write_bytes(path.read_bytes()[:100])


FAULTS = {
    "missing": (lambda run: shutil.rmtree(run), "does not exist"),
    "a file": (lambda run: (shutil.rmtree(run), run.write_text("")), "is a file"),
    "no run": (lambda run: (shutil.rmtree(run), run.mkdir()), "holds neither"),
    "damaged generator": (lambda run: damage(run / GENERATOR), "cannot be read"),
    "damaged discriminator": (lambda run: damage(run / OTHERS), "cannot be read"),
    "damaged description": (lambda run: (run / "generator.json").write_text("{"), "cannot be read"),
    "a sweep": (lambda run: (run / "sweep.json").write_text("{}"), "is a sweep"),
    "other steps": (lambda run: shutil.copy(run / "other", run / OTHERS), "is of step"),
    "damaged checkpoint": (
        lambda run: ((run / GENERATOR).unlink(), damage(run / "checkpoints" / "last.ckpt")),
        "last.ckpt",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_source_that_cannot_be_used_is_one_sentence_and_no_run(tmp_path, source, fault, monkeypatch):
    run = tmp_path / "source"
    shutil.copytree(source, run)
    write_weights(run / "other", load_file(run / OTHERS), 99)
    change, sentence = FAULTS[fault]
    change(run)
    monkeypatch.chdir(tmp_path)
    config = composed(*IMAGES)
    config.init_from = str(run)
    with pytest.raises(UserError, match=sentence) as caught:
        train(config)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "outputs").exists()


def test_another_kind_of_data_and_other_networks_leave_no_run(tmp_path, source):
    with pytest.raises(UserError, match="of the kind image, and this run's data are of the kind point"):
        start(tmp_path / "points", source, *POINTS)
    with pytest.raises(UserError, match="no weights agree"):
        start(tmp_path / "other", source, *LARGE)
    assert not list(tmp_path.iterdir())


def test_its_own_directory_is_no_source(tmp_path, source):
    shutil.copytree(source, tmp_path / "run")
    (tmp_path / "run" / "status.json").unlink()
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    with pytest.raises(UserError, match="the run's own directory"):
        start(tmp_path / "run", tmp_path / "run", *IMAGES)


def test_a_generator_of_the_package_is_a_source(tmp_path):
    config = compose(["experiment=ring_best", "init_from=demo:ring", "trainer=cpu"])
    module = build_module(config, build_data(config), InitialWeights.of(config, None))
    saved = load_file(FOLDER / "ring" / GENERATOR)  # as float16
    for network in (module.game.sampler, module.ema.network):
        weights = network.state_dict()
        assert weights.keys() == saved.keys()
        assert all(torch.equal(weights[name], saved[name].float()) for name in saved)
