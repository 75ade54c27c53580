"""The commands as they are typed: help, version, exit codes, and sentences."""

import json
import re
import subprocess
import sys
from importlib import import_module

import pytest
import torch
from omegaconf import OmegaConf
from support.small_runs import POINTS, command

import ganlab
from ganlab.commands import cli
from ganlab.commands.exit_codes import guarded
from ganlab.commands.sample import main as sample
from ganlab.commands.train import main
from ganlab.config import compose
from ganlab.config.arguments import parse
from ganlab.config.groups import choices, conf_directory
from ganlab.core.errors import TrainingError, UserError


def run_cli(arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ganlab", *arguments])
    return cli.main()


def test_a_run_directory_without_its_key_is_suggested(tmp_path, capsys):
    assert guarded(sample, [str(tmp_path)]) == 2
    assert f"did you mean 'run={tmp_path}'?" in capsys.readouterr().err


def test_a_closed_pipe_is_not_an_error():
    line = f"{sys.executable} -m ganlab train --help | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert "ganlab train" in done.stdout
    assert done.stderr == ""


def test_wrong_types_in_python_are_reported_with_the_right_call():
    with pytest.raises(TypeError, match=r"ganlab\.train\(ganlab\.compose\(\[\.\.\.\]\)\), got \['data=ring'\]"):
        ganlab.train(["data=ring"])
    with pytest.raises(TypeError, match=r"overrides are a list of strings, got 'data=ring'; write \['data=ring'\]"):
        compose("data=ring")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_lists_the_commands(arguments, monkeypatch, capsys):
    assert run_cli(arguments, monkeypatch) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name in cli.COMMANDS)
    assert {"train", "sample"} <= cli.COMMANDS.keys()


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name != "help"])
def test_every_command_has_help_and_version(name, monkeypatch, capsys):
    module = import_module(f"ganlab.commands.{name}")
    for flag in ("-h", "--help"):
        assert guarded(module.main, [flag]) == 0
        assert capsys.readouterr().out.startswith(f"ganlab {name}: ")
    assert guarded(module.main, ["--version"]) == 0
    assert capsys.readouterr().out == f"ganlab {ganlab.__version__}\n"


def test_the_version_is_that_of_the_package(monkeypatch, capsys):
    assert run_cli(["--version"], monkeypatch) == 0
    assert capsys.readouterr().out == f"ganlab {ganlab.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", ganlab.__version__)


def test_help_of_a_command(monkeypatch):
    calls = []

    def replace_process(*arguments):
        calls.append(arguments)
        raise SystemExit(0)  # as nothing follows in the replaced process

    monkeypatch.setattr("os.execv", replace_process)
    with pytest.raises(SystemExit):
        run_cli(["help", "train"], monkeypatch)
    assert calls == [(sys.executable, [sys.executable, "-m", "ganlab.commands.train", "--help"])]


@pytest.mark.parametrize("arguments", [["help", "compare"], ["compare", "--help"]])
def test_a_command_without_hydra_runs_in_the_process_that_the_shell_started(arguments):
    done = subprocess.run([sys.executable, "-m", "ganlab", *arguments], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("ganlab compare: ")
    assert done.stderr == ""


def test_a_mistake_in_such_a_command_has_its_exit_code(tmp_path):
    done = subprocess.run([sys.executable, "-m", "ganlab", "sweep", "status", tmp_path], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{tmp_path} is not a sweep")


@pytest.mark.parametrize("arguments", [["help"], ["help", "help"], ["help", "--help"]])
def test_help_alone_is_the_list_of_commands(arguments, monkeypatch, capsys):
    assert run_cli(arguments, monkeypatch) == 0
    assert capsys.readouterr().out == f"{cli.USAGE}\n"


def test_help_of_an_unknown_command_comes_with_a_suggestion(monkeypatch, capsys):
    assert run_cli(["help", "trian"], monkeypatch) == 2
    assert capsys.readouterr().err.endswith("; did you mean 'train'?\n")


def test_an_unknown_command_comes_with_a_suggestion(monkeypatch, capsys):
    assert run_cli(["trian"], monkeypatch) == 2
    captured = capsys.readouterr()
    assert captured.err == f"there is no command 'trian'; choose {', '.join(cli.COMMANDS)}; did you mean 'train'?\n"
    assert captured.out == ""


def test_a_command_is_replaced_by_its_module(monkeypatch):
    calls = []

    def replace_process(*arguments):
        calls.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr("os.execv", replace_process)
    with pytest.raises(SystemExit):
        run_cli(["train", "seed=1", "-m"], monkeypatch)
    assert calls == [(sys.executable, [sys.executable, "-m", "ganlab.commands.train", "seed=1", "-m"])]


def test_help_of_train_imports_nothing_heavy_and_names_every_setting_and_component():
    script = """import sys
from ganlab.commands.train import main
code = main(["--help"])
print("HEAVY", [name for name in ("torch", "pytorch_lightning", "sklearn", "wandb") if name in sys.modules])
sys.exit(code)"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0
    *text, last = done.stdout.splitlines()
    assert last == "HEAVY []"
    whole = "\n".join(text)
    for name in ("iterations", "batch_size", "microbatches", "run_dir", "seed", "log_every", "compile"):
        assert f"\n  {name}: " in whole, name
    for group, names in choices([conf_directory()]).items():
        assert any(line.split() == [group, *" ".join(names).replace(" ", ", ").split()] for line in text), group


@pytest.mark.parametrize("word", ["--cfg", "--cfg=job", "-c"])
def test_cfg_prints_the_configuration_and_trains_nothing(word, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert guarded(main, [*POINTS, word, *([] if "=" in word else ["job"])]) == 0
    assert OmegaConf.create(capsys.readouterr().out) == compose(POINTS)
    assert not list(tmp_path.iterdir())


def test_arguments_are_sorted(tmp_path):
    args = parse(["seed=1", "--config-dir", str(tmp_path), "-m", "loss=hinge", f"--config-dir={tmp_path}"])
    assert args.overrides == ["seed=1", "loss=hinge"]
    assert args.config_dirs == [tmp_path, tmp_path]
    assert args.flags == ["-m"]
    for words in (["--config-dir"], ["--config-dir", str(tmp_path / "no")], ["--config-dir="]):
        with pytest.raises(UserError, match="--config-dir needs a folder with config groups, got"):
            parse(words)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("a sentence"), 2, "a sentence\n"),
        (TrainingError("a sentence"), 1, "stopped: a sentence\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_exit_codes(error, code, message, capsys):
    def fails(arguments):
        raise error

    assert guarded(fails, []) == code
    assert capsys.readouterr().err == message


def test_a_programming_error_keeps_its_traceback():
    def fails(arguments):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(fails, [])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Run a sweep of three jobs; the second fails during training."""
    folder = tmp_path_factory.mktemp("sweep")
    line = ["train", "-m", *POINTS, "logger=[csv]", "name=three", "~loss.smoothing", "~loss.flip", "iterations=4"]
    losses = "loss._target_=ganlab.losses.Hinge,support.small_runs.Poison,ganlab.losses.LeastSquares"
    return folder, command(*line, losses, cwd=folder, GANLAB_ALLOW="support")


@pytest.mark.slow
def test_a_sweep_makes_a_run_directory_per_job(sweep):
    folder, _ = sweep
    (home,) = (folder / "outputs" / "three").iterdir()
    states = {job.name: json.loads((job / "status.json").read_text()) for job in home.iterdir() if job.is_dir()}
    assert {name: state["state"] for name, state in states.items()} == {"0": "finished", "1": "failed", "2": "finished"}
    assert states["1"]["reason"].startswith("generator/adversarial became inf at step 3")
    used = {job: OmegaConf.load(home / job / "config.yaml").loss._target_ for job in states}
    assert used["0"].endswith("Hinge")
    assert used["2"].endswith("LeastSquares")
    weights = [torch.load(home / job / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"] for job in "02"]
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.slow
def test_a_failed_job_fails_the_sweep_in_a_sentence(sweep):
    _, done = sweep
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("job 1 failed")]
    assert line.startswith("job 1 failed 3/4: generator/adversarial became inf at step 3")
    assert "job 1 starts: loss._target_=support.small_runs.Poison" in done.stderr.splitlines()


@pytest.mark.slow
def test_a_sweep_with_invalid_settings_does_not_start(tmp_path):
    done = command("train", "-m", *POINTS, "loss=hinge,hnge", "seeed=1,2", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "  loss: there is no 'hnge'; choose hinge, " in done.stderr
    assert "  there is no setting 'seeed'; did you mean 'seed'?" in done.stderr
    assert not list(tmp_path.iterdir())
