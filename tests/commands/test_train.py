"""Whole runs: their files, their reproducibility, and how they end."""

import json
import math
import random
import signal

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image
from support.small_runs import DIGITS, POINTS, assert_same, go, rows, state

import ganlab
from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main
from ganlab.config import compose
from ganlab.core.errors import ConfigurationError, TrainingError, UserError


def read(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Train a small version of the default experiment, with scores and sample sheets at intervals."""
    directory = tmp_path_factory.mktemp("scored") / "run"
    lines = ["metric=[fid,inception_score]", "protocol.samples=100", "evaluate_every=4", "sample_every=3"]
    lines += ["checkpoint_every=2", "log_every=2", "loss=non_saturating", "regularizer=[r1,l2]", "iterations=7"]
    result = go(
        directory, *(line for line in DIGITS if line.split("=")[0] not in "metric log_every iterations"), *lines
    )
    return directory, result


def test_a_run_directory_contains_exactly_these_files(scored):
    directory, _ = scored
    assert sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()) == [
        ".lock",
        "checkpoints/best.ckpt",
        "checkpoints/best.json",
        "checkpoints/last.ckpt",
        "checkpoints/previous.ckpt",
        "config.yaml",
        "discriminator.safetensors",
        "generator.json",
        "generator.safetensors",
        "metrics.csv",
        "samples/00000003.png",
        "samples/00000006.png",
        "samples/00000007.png",
        "samples/real.png",
        "scores.json",
        "status.json",
    ]


def test_config_yaml_is_the_whole_configuration_and_trains_the_same_weights(scored, tmp_path):
    directory, result = scored
    config = OmegaConf.load(directory / "config.yaml")
    assert "${" not in (directory / "config.yaml").read_text()
    config.run_dir = str(tmp_path)
    again = ganlab.train(config)
    assert again.metrics == result.metrics
    assert_same(state(tmp_path), state(directory))


def test_status_reports_state_step_and_objective(scored):
    directory, result = scored
    status = read(directory / "status.json")
    assert {key: status[key] for key in ("state", "step", "samples", "iterations", "reason")} == {
        "state": "finished",
        "step": 7,
        "samples": 56,
        "iterations": 7,
        "reason": "",
    }
    assert status["objective"] == result.metrics["fid"] > 0


def test_scores_come_with_their_protocol(scored):
    directory, result = scored
    content = read(directory / "scores.json")
    assert content["scores"] == result.metrics
    assert content["scores"].keys() == {"fid", "inception_score", "inception_score_std"}
    assert all(math.isfinite(value) for value in content["scores"].values())
    assert 1 <= content["scores"]["inception_score"] <= 10
    assert content["step"] == 7
    protocol = content["protocol"]
    assert (protocol["samples"], protocol["split"], protocol["seed"]) == (100, "validation", 0)
    assert protocol["features"]["name"] == "classifier"
    assert protocol["metrics"].keys() == {"fid", "inception_score"}
    assert len(content["protocol_hash"]) == 64


def test_the_hash_of_a_protocol_depends_on_the_protocol_only(scored, tmp_path):
    directory, _ = scored
    hashes = [read(directory / "scores.json")["protocol_hash"]]
    lines = [line for line in DIGITS if not line.startswith("metric")] + ["metric=[fid,inception_score]"]
    for name, more in {"other seed": ["seed=5"], "more samples": ["protocol.samples=101"]}.items():
        go(tmp_path / name, *lines, "iterations=1", "protocol.samples=100", *more)
        hashes.append(read(tmp_path / name / "scores.json")["protocol_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_metrics_csv_has_every_loss_term_and_diagnostic(scored):
    directory, result = scored
    table = rows(directory)
    assert [int(row["step"]) for row in table] == [2, 4, 6, 7]
    assert {
        "step", "samples", "samples_per_second", "memory_mib",
        "discriminator/adversarial", "discriminator/r1", "discriminator/l2", "generator/adversarial",
        "discriminator/real", "discriminator/fake", "discriminator/accuracy",
        "discriminator/gradient_norm", "generator/gradient_norm",
        "discriminator/weight_norm", "generator/weight_norm",
        "discriminator/lr", "generator/lr",
        "score/fid", "score/inception_score", "score/inception_score_std", "floor/fid", "floor/inception_score",
    } == set(table[0])  # fmt: skip
    assert [bool(row["score/fid"]) for row in table] == [False, True, False, True]
    assert float(table[-1]["score/fid"]) == result.metrics["fid"]
    for row in table:
        numbers = {key: float(value) for key, value in row.items() if value}
        assert all(math.isfinite(value) for value in numbers.values())
        assert numbers["samples"] == 8 * numbers["step"]
        assert 0 <= numbers["discriminator/accuracy"] <= 1
        assert min(numbers[f"{player}/gradient_norm"] for player in ("discriminator", "generator")) > 0
        assert numbers["memory_mib"] > 10
        assert numbers["samples_per_second"] > 0


def test_logged_losses_are_means_over_the_steps_since_the_last_row(tmp_path):
    go(tmp_path / "single", *POINTS)
    go(tmp_path / "third", *[line for line in POINTS if "log_every" not in line], "log_every=3")
    single, third = rows(tmp_path / "single"), rows(tmp_path / "third")
    for i, row in enumerate(third):
        for name in ("discriminator/adversarial", "generator/adversarial", "discriminator/r1"):
            mean = sum(float(part[name]) for part in single[3 * i : 3 * i + 3]) / 3
            assert float(row[name]) == pytest.approx(mean, rel=1e-5)


def test_sample_sheets_are_images(scored):
    directory, _ = scored
    picture = np.asarray(Image.open(directory / "samples" / "00000007.png"))
    assert picture.shape[0] >= 8 * 8
    assert picture.shape[1] >= 8 * 8
    assert picture.std() > 0


def test_a_seed_determines_the_weights(tmp_path):
    go(tmp_path / "first", *DIGITS)
    # Neither a run in between nor the state of global random generators has an effect.
    go(tmp_path / "other", *DIGITS, "seed=1")
    torch.manual_seed(123)
    np.random.seed(5)
    random.seed(5)
    go(tmp_path / "second", *DIGITS)
    assert_same(state(tmp_path / "first"), state(tmp_path / "second"))
    first, other = state(tmp_path / "first"), state(tmp_path / "other")
    weights = [name for name in first if name.endswith("weight")]
    assert weights
    assert not any(torch.equal(first[name], other[name]) for name in weights)


@pytest.mark.parametrize("ema", ["half_life", "none"])  # without EMA weights, callbacks evaluate the live weights
@pytest.mark.slow
def test_logging_sampling_and_scoring_do_not_change_the_weights(ema, tmp_path):
    dropped = [line for line in DIGITS if line.split("=")[0] not in "metric log_every sample_every evaluate_every"]
    settings = [
        *dropped,
        f"ema={ema}",
        "discriminator.dropout=0.5",
        "generator.norm=batch",
        "data.labels=true",
        "data.flip=true",
    ]
    go(tmp_path / "blind", *settings, "metric=[]", "log_every=0", "sample_every=0", "evaluate_every=0")
    watched = ["metric=[fid]", "protocol.samples=60", "log_every=1", "sample_every=1", "evaluate_every=1"]
    go(tmp_path / "watched", *settings, *watched, "checkpoint_every=1", "logger=[csv,tensorboard]")
    assert_same(state(tmp_path / "blind"), state(tmp_path / "watched"))


def test_two_runs_without_a_run_dir_get_two_directories(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    homes = [ganlab.train(compose([*POINTS, "name=twins", "iterations=1"])).run_dir for _ in range(2)]
    assert len(set(homes)) == 2
    assert all(home.parent.name == "twins" and (home / "status.json").exists() for home in homes)


def test_microbatches_train_like_the_whole_batch(tmp_path):
    go(tmp_path / "whole", *POINTS)
    go(tmp_path / "parts", *POINTS, "microbatches=4")
    whole, parts = state(tmp_path / "whole"), state(tmp_path / "parts")
    for name, value in whole.items():
        if torch.is_tensor(value) and value.is_floating_point():
            torch.testing.assert_close(parts[name], value, rtol=1e-3, atol=1e-5)


def test_a_diverging_run_stops_with_one_sentence(tmp_path):
    lines = ["optimizer=sgd", "optimizer.discriminator.lr=1e6", "optimizer.generator.lr=1e6", "iterations=30"]
    run = [line for line in POINTS if not line.startswith(("iterations", "checkpoint_every"))]
    with pytest.raises(TrainingError) as caught:
        go(tmp_path, *run, *lines, "loss=wasserstein", "regularizer=[]", "checkpoint_every=1")
    message = str(caught.value)
    assert message.startswith(("discriminator/adversarial became ", "generator/adversarial became "))
    status = read(tmp_path / "status.json")
    assert (status["state"], status["reason"]) == ("failed", message)
    assert f"at step {status['step']}; the last healthy checkpoint is {tmp_path}/checkpoints/last.ckpt; try" in message
    assert not (tmp_path / "generator.safetensors").exists()
    saved = state(tmp_path)
    assert saved[".ganlab.steps"] == status["step"] - 1
    assert all(value.isfinite().all() for name, value in saved.items() if name.startswith(".state_dict"))


def test_an_infinite_term_is_named_with_its_step(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    config = compose(POINTS)
    config.loss, config.run_dir = {"_target_": "support.small_runs.Poison"}, str(tmp_path)
    with pytest.raises(TrainingError, match=r"^generator/adversarial became inf at step 3; no checkpoint was written"):
        ganlab.train(config)


def test_a_zero_gradient_stops_the_run_after_the_configured_number_of_checks(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    config = compose([*POINTS, "regularizer=[]", "callback.nan_monitor.patience=4"])
    config.loss, config.run_dir = {"_target_": "support.small_runs.Dead"}, str(tmp_path)
    with pytest.raises(TrainingError) as caught:
        ganlab.train(config)
    assert "gradient was exactly 0 at 4 logged steps in a row, up to step 4" in str(caught.value)
    assert read(tmp_path / "status.json")["state"] == "failed"


def test_a_run_that_cannot_continue_ends_with_exit_code_1_and_one_sentence(tmp_path, capsys):
    lines = ["optimizer=sgd", "optimizer.discriminator.lr=1e30", "loss=wasserstein", "regularizer=[]"]
    assert guarded(main, [*POINTS, *lines, f"run_dir={tmp_path}/run"]) == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert sum("became" in line for line in printed.splitlines()) == 1
    assert printed.splitlines()[-2].startswith("stopped: ")
    assert printed.splitlines()[-1] == f"resume with: ganlab resume {tmp_path}/run"


def test_an_invalid_configuration_creates_no_directory(tmp_path):
    config = compose(POINTS)
    config.loss.flip, config.run_dir = 3.0, str(tmp_path / "run")
    with pytest.raises(ConfigurationError, match="flip must be at least 0"):
        ganlab.train(config)
    assert not (tmp_path / "run").exists()


def test_training_restores_signal_handlers_and_leaves_only_the_run_directory(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.chdir(tmp_path)
    go(tmp_path / "run", *POINTS)
    assert signal.getsignal(signal.SIGINT) is before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_lower_learning_rate_at_the_end_is_logged(tmp_path):
    go(tmp_path, *POINTS, "lr_schedule=linear", "optimizer.generator.lr=0.01", "optimizer.discriminator.lr=0.02")
    table = rows(tmp_path)
    rates = [float(row["generator/lr"]) for row in table]
    assert rates[0] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == 6
    assert float(table[2]["discriminator/lr"]) == pytest.approx(2 * rates[2])


def test_a_directory_that_cannot_be_created_is_reported_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UserError, match=r"run_dir=.* cannot be written .* choose another run_dir"):
        ganlab.train(ganlab.compose(["trainer=smoke", f"run_dir={tmp_path / 'file' / 'run'}"]))


def test_unreadable_data_leaves_the_reason_in_a_folder_that_a_launcher_made(tmp_path):
    (tmp_path / "run").mkdir()  # without one, a start that fails leaves no folder
    overrides = [
        "trainer=smoke",
        "data=image_folder",
        f"data.path={tmp_path / 'absent'}",
        "features=random",
        "metric=[]",
    ]
    with pytest.raises(UserError, match="does not exist"):
        ganlab.train(ganlab.compose([*overrides, f"run_dir={tmp_path / 'run'}"]))
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "failed"
    assert "does not exist" in status["reason"]
