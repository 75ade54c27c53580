"""The files that W&B writes for a run, without an account: one W&B run per run directory, resumed and finished."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import wandb
from omegaconf import OmegaConf
from support.small_runs import DIGITS, POINTS, assert_same, command, go, state
from support.wandb_offline import forget_account, runs

from ganlab.config import compose
from ganlab.core.errors import TrainingError, UserError
from ganlab.loggers import WandB, public_config
from ganlab.runs.directory import SWEEP_FILE, write_json
from ganlab.training.api import train

NAMES = {"discriminator/adversarial", "discriminator/r1", "generator/adversarial", "discriminator/accuracy"}
LOGGED = ["logger=[csv,wandb]"]
SCORED = ["metric=[fid]", "protocol.samples=50", "evaluate_every=3"]


@pytest.fixture(autouse=True)
def _no_account(tmp_path_factory, monkeypatch):
    """Run every test without an account, and check that it leaves no W&B state."""
    forget_account(monkeypatch, tmp_path_factory.mktemp("home"))
    yield
    assert wandb.run is None
    assert "WANDB_MODE" not in os.environ
    wandb.teardown()


def only_run(directory):
    (offline,) = runs(directory)
    return offline


def test_a_run_has_rows_images_histograms_config_and_its_best_score(tmp_path, capsys):
    folder = tmp_path / "sweep" / "7"
    more = ["sample_every=3", "logger.wandb.tags=[first,digits]", "logger.wandb.artifacts=[generator,best]"]
    go(folder, *DIGITS, *LOGGED, *SCORED, *more)
    offline = only_run(folder)
    run = offline.run
    assert (run.project, run.display_name, run.job_type) == ("ganlab", "sweep/7", "train")
    assert list(run.tags) == ["first", "digits"]
    assert run.run_id == (folder / "wandb_id").read_text().strip()
    assert run.run_group == ""
    assert {*NAMES, "score/fid", "sheet", "discriminator_outputs/real", "discriminator_outputs/fake"} <= offline.keys
    assert [step for step, _ in offline.column("generator/adversarial")] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in offline.column("score/fid")] == [3, 6]
    assert offline.axes["*"] == "ganlab/step"
    assert [step for step, _ in offline.column("sheet")] == [3, 6]
    assert [step for step, _ in offline.column("real_sheet")] == [3]
    for _, sheet in [*offline.column("sheet"), *offline.column("real_sheet")]:
        assert (offline.folder / "files" / sheet["path"]).read_bytes().startswith(b"\x89PNG")
    assert [sum(outputs["values"]) for _, outputs in offline.column("discriminator_outputs/fake")] == [8] * 6
    assert offline.config["generator"] == OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))["generator"]
    best = json.loads((folder / "checkpoints" / "best.json").read_text())
    assert (offline.summary["best/fid"], offline.summary["best/step"]) == (best["value"], best["step"])
    assert offline.summary["best/fid"] == min(value for _, value in offline.column("score/fid"))
    assert offline.artifacts == {
        f"generator-{run.run_id}": ["generator.json", "generator.safetensors"],
        f"best-{run.run_id}": ["best.ckpt", "best.json"],
    }
    assert offline.exit_codes == [0]
    assert not offline.preempting
    messages = [line for line in capsys.readouterr().err.splitlines() if "wandb sync" in line]
    assert messages == [
        f"W&B is offline, because no account is configured here; upload the run with: wandb sync {folder}/wandb"
    ]


def test_a_resumed_run_has_its_best_score(tmp_path):
    go(tmp_path, *DIGITS, *LOGGED, *SCORED)
    best = json.loads((tmp_path / "checkpoints" / "best.json").read_text())
    go(tmp_path, *DIGITS, *LOGGED, "metric=[fid]", "protocol.samples=50", "evaluate_every=0", "iterations=7")
    first, resumed = runs(tmp_path)
    scores = [value for offline in (first, resumed) for _, value in offline.column("score/fid")]
    assert first.summary["best/fid"] == best["value"]
    assert resumed.summary["best/fid"] == min(scores)


@pytest.mark.slow
def test_two_runs_in_one_process_are_separate_and_a_crash_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    go(tmp_path / "first", *POINTS, *LOGGED)
    bad = ["loss._target_=support.small_runs.Poison", "~loss.smoothing", "~loss.flip", "logger.wandb.name=broken"]
    with pytest.raises(TrainingError):
        go(tmp_path / "second", *POINTS, *LOGGED, *bad)
    first, second = only_run(tmp_path / "first"), only_run(tmp_path / "second")
    assert first.run.run_id != second.run.run_id
    assert first.exit_codes == [0]
    assert second.exit_codes == [1]
    assert second.run.display_name == "broken"
    assert len(first.column("generator/adversarial")) == 6
    assert 1 <= len(second.column("generator/adversarial")) < 3


def test_a_run_that_rolls_back_keeps_its_id(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    bad = [
        "loss._target_=support.small_runs.Poison",
        "~loss.smoothing",
        "~loss.flip",
        "recovery=roll_back",
        "recovery.roll_backs=1",
    ]
    with pytest.raises(TrainingError):
        go(tmp_path, *POINTS, *LOGGED, *bad)
    first, second = runs(tmp_path)
    assert first.run.run_id == second.run.run_id
    assert (first.exit_codes, first.preempting) == ([130], True)
    assert (second.exit_codes, second.preempting) == ([1], False)


def test_a_run_that_fails_before_training_is_a_failure(tmp_path):
    with pytest.raises(UserError, match="inception"):
        go(tmp_path, *DIGITS, *LOGGED, *SCORED, "features=inception", "features.weights=nowhere.pth")
    assert only_run(tmp_path).exit_codes == [1]


@pytest.mark.slow
def test_a_preempted_run_is_not_a_success_and_is_resumed_under_its_id(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    stop = ["+callback.stop._target_=support.small_runs.Stop", "+callback.stop.at=4"]
    assert go(tmp_path, *POINTS, *LOGGED, *stop).interrupted
    go(tmp_path, *POINTS, *LOGGED)
    stopped, resumed = runs(tmp_path)
    assert stopped.run.run_id == resumed.run.run_id == (tmp_path / "wandb_id").read_text().strip()
    assert stopped.exit_codes == [130]
    assert stopped.preempting
    assert resumed.exit_codes == [0]
    assert not resumed.preempting
    assert resumed.run.resume  # `wandb sync` appends it to the first
    steps = [step for offline in (stopped, resumed) for step, _ in offline.column("generator/adversarial")]
    assert steps == [1, 2, 3, 4, 5, 6]
    line = [Path(sys.executable).with_name("wandb"), "sync", "--dry-run", tmp_path / "wandb"]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0
    assert "Would sync 2 run(s)" in done.stderr


@pytest.mark.slow
def test_a_killed_run_has_no_exit_code_and_is_resumed_under_its_id(tmp_path):
    kill = ["+callback.stop._target_=support.small_runs.Stop", "+callback.stop.at=4", "+callback.stop.name=SIGKILL"]
    line = ["train", *POINTS, *LOGGED, *kill, "checkpoint_every=2", "run_dir=run"]
    done = command(*line, cwd=tmp_path, GANLAB_ALLOW="support", HOME=str(tmp_path / "home"))
    assert done.returncode == -9
    go(tmp_path / "run", *POINTS, *LOGGED)
    killed, resumed = runs(tmp_path / "run")  # for the killed run W&B may have written only the folder
    assert killed.exit_codes == []
    assert killed.folder.name.endswith(f"-{resumed.run.run_id}")
    assert resumed.exit_codes == [0]
    assert [step for step, _ in resumed.column("generator/adversarial")] == [3, 4, 5, 6]


def test_a_sweep_is_a_group(tmp_path):
    sweep = tmp_path / "tuesday"
    write_json(sweep / SWEEP_FILE, {"jobs": []})
    go(sweep / "0", *POINTS, *LOGGED)
    go(sweep / "1", *POINTS, *LOGGED, "logger.wandb.group=mine", "logger.wandb.job_type=final")
    assert [(run.run_group, run.job_type) for run in (only_run(sweep / name).run for name in "01")] == [
        ("tuesday", "sweep"),
        ("mine", "final"),
    ]


def test_a_sweep_agent_chooses_the_id(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_RUN_ID", "agents1")
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep1")
    go(tmp_path, *POINTS, *LOGGED)
    run = only_run(tmp_path).run
    assert (run.run_id, run.job_type) == ("agents1", "sweep")
    assert (tmp_path / "wandb_id").read_text() == "agents1\n"


def test_variables_of_the_shell_never_join_runs(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    values = {"RUN_ID": "abc", "NAME": "shared", "RESUME": "must", "DIR": str(elsewhere), "RESUME_FROM": "abc?_step=1"}
    for name, value in values.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    for name in ("one", "two"):
        go(tmp_path / name, *POINTS, *LOGGED)
    first, second = (only_run(tmp_path / name).run for name in ("one", "two"))
    assert len({"abc", first.run_id, second.run_id}) == 3
    assert first.display_name.endswith("/one")
    assert os.environ["WANDB_RUN_ID"] == "abc"
    assert not list(elsewhere.rglob("*.wandb"))


def test_a_directory_keeps_its_id_under_an_agent_and_a_ganlab_sweep_ignores_it(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_RUN_ID", "agents1")
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep1")
    write_json(tmp_path / "sweep" / SWEEP_FILE, {"jobs": []})
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "wandb_id").write_text("mine\n")
    loggers = [WandB(str(tmp_path / name), mode="disabled") for name in ("own", "sweep/0", "new")]
    loggers[1].directory.path.mkdir()
    loggers[2].directory.path.mkdir()
    own, swept, new = (logger._load_or_create_id() for logger in loggers)
    assert (own, new) == ("mine", "agents1")
    assert swept not in ("mine", "agents1")
    assert [logger.version for logger in loggers] == [own, swept, new]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two words"])
def test_a_damaged_id_is_set_aside(tmp_path, content):
    (tmp_path / "wandb_id").write_bytes(content)
    logger = WandB(str(tmp_path))
    assert logger.version is None
    assert logger._load_or_create_id() == logger.version
    assert (tmp_path / "wandb_id.damaged").read_bytes() == content


@pytest.mark.parametrize("how", ["setting", "environment"])
def test_disabled_writes_nothing(how, tmp_path, monkeypatch, capsys):
    if how == "environment":
        monkeypatch.setenv("WANDB_MODE", "disabled")
    go(tmp_path / "run", *DIGITS, *LOGGED, *SCORED, *(["logger.wandb.mode=disabled"] if how == "setting" else []))
    assert not list((tmp_path / "run").glob("wandb*"))
    assert "W&B" not in capsys.readouterr().err
    monkeypatch.delenv("WANDB_MODE", raising=False)


@pytest.mark.slow
def test_an_account_without_a_network_goes_offline_and_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    go(tmp_path / "run", *POINTS, *LOGGED, "logger.wandb.init_timeout_seconds=1")
    (offline,) = [run for run in runs(tmp_path / "run") if run.folder.name.startswith("offline")]
    assert (len(offline.column("generator/adversarial")), offline.exit_codes) == (6, [0])
    (message,) = [line for line in capsys.readouterr().err.splitlines() if "wandb sync" in line]
    assert message.startswith("W&B is offline, because it could not be reached (")


def test_mode_online_without_a_network_is_an_error(tmp_path, monkeypatch):
    message = r"logger\.wandb: could not start a W&B run \(.*\); try logger\.wandb\.mode=offline"
    with pytest.raises(UserError, match=message):
        go(tmp_path / "run", *POINTS, *LOGGED, "logger.wandb.mode=online")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("mode=ofline", "mode: there is no 'ofline'; choose auto, online, offline, disabled; did you mean 'offline'?"),
        ("artifacts=[all]", "artifacts: there is no 'all'; choose generator, best, last"),
    ],
)
def test_settings_are_checked(line, sentence, tmp_path):
    with pytest.raises(UserError, match=re.escape(f"logger.wandb.{sentence}")):
        go(tmp_path / "run", *POINTS, *LOGGED, f"logger.wandb.{line}")


def test_secrets_are_redacted(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_ENTITY", "only-me")
    config = compose([*POINTS, *LOGGED, "logger.wandb.entity=${oc.env:MY_ENTITY}", "data_root=${logger.wandb.entity}"])
    OmegaConf.set_struct(config, False)
    config.data.api_key = "hunter2"
    config.generator.credentials = {"Password": ["hunter2"], "user": "me"}
    config.name = "${data.api_key}"
    public = public_config(config)
    assert "hunter2" not in str(public)
    assert "only-me" not in str(public)
    assert public["generator"]["credentials"] == {"Password": ["redacted"], "user": "me"}
    assert public["data_root"] == public["name"] == "redacted"
    assert public["batch_size"] == 8


@pytest.mark.slow
def test_runs_that_differ_only_in_their_seed_have_one_configuration():
    def configuration(*more):
        return public_config(compose([*POINTS, *more]))["ganlab"]["configuration"]

    assert configuration("seed=1") == configuration("seed=2", "run_dir=elsewhere")
    assert configuration() != configuration("loss=hinge")


def test_the_config_has_the_versions_of_the_code(monkeypatch, tmp_path):
    code = public_config(compose(POINTS))["ganlab"]
    assert {"ganlab", "torch", "python"} <= code["versions"].keys()
    if "commit" in code:
        assert re.fullmatch(r"[0-9a-f]{40}", code["commit"])
        assert isinstance(code["dirty"], bool)
    monkeypatch.setenv("PATH", str(tmp_path))  # no git here
    assert public_config(compose(POINTS))["ganlab"].keys() == {"configuration", "versions"}


def test_only_rank_0_has_a_run(tmp_path, monkeypatch):
    from pytorch_lightning.utilities.rank_zero import rank_zero_only

    monkeypatch.setattr(rank_zero_only, "rank", 1)
    logger = WandB(str(tmp_path / "run"))
    logger.log_metrics({"a": 1.0}, 1)
    logger.finish()
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_logging_to_wandb_does_not_change_training(tmp_path):
    for name, more in (("with", LOGGED), ("without", ["logger=[csv]", "~callback.output_histograms"])):
        train(compose([*DIGITS, *more, f"run_dir={tmp_path / name}"]))
    assert_same(state(tmp_path / "with"), state(tmp_path / "without"))
