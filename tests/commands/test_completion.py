"""TAB completion: the candidates, the time they take, and the printed scripts in real shells."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import pytest
import yaml

from ganlab.commands.cli import COMMANDS
from ganlab.commands.completion import complete, main
from ganlab.commands.exit_codes import guarded
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory
from ganlab.config.hints import setting_paths
from ganlab.config.setting_keys import setting_keys

GROUPS = choices([conf_directory()])


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("ganlab tr", ["train"]),
        ("ganlab --", ["--help", "--version"]),
        ("ganlab help comp", ["compare", "completion"]),
        ("ganlab completion ", ["bash", "zsh", "--help", "--version"]),
        ("ganlab sweep st", ["status"]),
        ("ganlab train --he", ["--help"]),
        ("ganlab train iter", ["iterations="]),
        ("ganlab train loss=h", ["loss=hinge"]),
        ("ganlab train data=", [f"data={name}" for name in GROUPS["data"]]),
        ("ganlab train trainer=sm", ["trainer=smoke"]),
        ("ganlab train channels_last=", ["channels_last=true", "channels_last=false"]),
        ("ganlab train hydra/launcher=", ["hydra/launcher=local", "hydra/launcher=slurm"]),
        ("ganlab train -m loss=hinge,le", ["loss=hinge,least_squares"]),
        ("ganlab train --cfg ", ["job"]),
        ("ganlab train --config-dir ", []),
        ("ganlab train loss=[h", []),
        ("ganlab train iterations=", []),
        ("ganlab train zzz=", []),
        # lists, in brackets and quotes
        ("ganlab train 'regularizer=[r", ["regularizer=[r1", "regularizer=[r2", "regularizer=[reconstruction"]),
        ('ganlab train "regularizer=[r', ["regularizer=[r1", "regularizer=[r2", "regularizer=[reconstruction"]),
        ("ganlab train regularizer=[r", ["regularizer=[r1", "regularizer=[r2", "regularizer=[reconstruction"]),
        ("ganlab train 'regularizer=[r1", ["regularizer=[r1]", "regularizer=[r1,"]),
        ("ganlab train 'regularizer=[r1,r2", ["regularizer=[r1,r2]", "regularizer=[r1,r2,"]),
        ("ganlab train -m 'regularizer=[r1],[dr", ["regularizer=[r1],[dragan]", "regularizer=[r1],[dragan,"]),
        ("ganlab train +met", ["+metric="]),
        ("ganlab train '+metric=[ki", ["+metric=[kid]", "+metric=[kid,"]),
        ("ganlab train '+metric=[kid]' loss=h", ["loss=hinge"]),
        ("ganlab train metric=ki", ["metric=kid"]),
        # other commands
        ("ganlab evaluate protocol=fa", ["protocol=fast"]),
        ("ganlab evaluate loss=", []),
        ("ganlab evaluate weig", ["weights="]),
        ("ganlab compare format=j", ["format=json"]),
        ("ganlab compare b", ["by="]),
        ("ganlab sample device=", ["device=cpu", "device=cuda", "device=auto"]),
        ("ganlab dashboard --d", ["--dry-run"]),
        ("ganlab new ", []),
        # settings inside components, and descriptions
        ("ganlab train regularizer.r", ["regularizer.r1.", "regularizer.r2.", "regularizer.reconstruction."]),
        ("ganlab train regularizer.r1.", ["regularizer.r1.weight=", "regularizer.r1.every="]),
        ("ganlab train generator=mlp_128 generator.wi", ["generator.widths="]),
        ("ganlab train optimizer.", ["optimizer.discriminator.", "optimizer.generator."]),
        (
            "ganlab train optimizer=rmsprop optimizer.generator.",
            ["optimizer.generator.lr=", "optimizer.generator.alpha="],
        ),
        ("ganlab train data.labels=", ["data.labels=true", "data.labels=false"]),
        (
            "ganlab train optimizer=adam optimizer.generator.fused=",
            ["optimizer.generator.fused=true", "optimizer.generator.fused=false"],
        ),
        ("ganlab train data.path=", []),
        ("ganlab train nothing.", []),
        ("ganlab evaluate metric.kid.subsets", ["metric.kid.subsets="]),
        ("ganlab describe regularizer.r", ["regularizer.r1", "regularizer.r2", "regularizer.reconstruction"]),
        ("ganlab describe reg", ["regularizer"]),
        ("ganlab describe batch", ["batch_size"]),
        ("ganlab train --help loss.h", ["loss.hinge"]),
        ("ganlab resume x loss=", []),
        ("ganlab resume x iter", ["iterations="]),
        ("ganlab resume x callback.progress.", ["callback.progress.every="]),
        ("ganlab resume x logger=te", ["logger=tensorboard"]),
        ("ganlab resume --config", ["--config-dir"]),
        ("ganlab prune --y", ["--yes"]),
        ("ganlab prune x keep=b", ["keep=best"]),
        ("ganlab ls state=f", ["state=finished", "state=failed"]),
        ("ganlab zzz ", []),
        # variables before the command, and lines that have no candidates
        ("GANLAB_ALLOW=custom ganlab tr", ["train"]),
        ("ganlab", []),
        ("", []),
        ("ganlab train 'loss=\"h", []),
    ],
)
def test_candidates(line, candidates):
    assert complete(line) == candidates


def test_every_command_completes():
    assert complete("ganlab ") == [*COMMANDS, "--help", "--version"]
    assert all(complete(f"ganlab {name} --v") == ["--version"] for name in COMMANDS if name not in ("help", "new"))


def test_groups_and_choices_of_the_users_folders_complete(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "exponential.yaml").touch()
    for option in (f"--config-dir {tmp_path}", f"--config-dir={tmp_path}"):
        assert complete(f"ganlab train {option} loss=ex") == ["loss=exponential"]


def test_run_directories_complete(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for run in ("outputs/ring/1", "outputs/ring/2", "outputs/weights/0", "elsewhere/run", "outputs/a b/1"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "status.json").touch()
    (tmp_path / "outputs" / "weights" / "sweep.json").touch()
    ring = ["outputs/ring/1", "outputs/ring/2"]
    for command in ("resume", "ls", "prune", "compare"):
        assert complete(f"ganlab {command} outputs/r") == ring
    assert complete("ganlab resume outputs/w") == ["outputs/weights/0"]
    assert complete("ganlab ls outputs/w") == ["outputs/weights", "outputs/weights/0"]
    for key in ("sample run", "evaluate run", "train run_dir", "dashboard run"):
        assert complete(f"ganlab {key}=outputs/ring/") == [f"{key.split()[1]}={path}" for path in ring]
    assert complete("ganlab resume else") == ["elsewhere/"]
    assert complete("ganlab resume elsewhere/") == ["elsewhere/run"]
    assert complete(f"ganlab resume {tmp_path}/else") == [f"{tmp_path}/elsewhere/"]
    assert complete("ganlab resume outputs/ring/1 iter") == ["iterations="]
    assert not [candidate for candidate in complete("ganlab resume ") if " " in candidate]


def test_settings_of_the_users_components_complete(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "mine.yaml").write_text("defaults:\n  - hinge\n_target_: a.B\nsharp: true  # on\nbad\n")
    words = complete(f"ganlab train --config-dir {tmp_path} loss=mine loss.")
    assert "loss.sharp=" in words
    assert "loss.flip=" in words
    assert complete(f"ganlab train --config-dir {tmp_path} loss=mine loss.sharp=t") == ["loss.sharp=true"]


def test_keys_inside_components_are_those_that_a_parser_finds():
    for group, names in GROUPS.items():
        for name in names:
            path = conf_directory() / group / f"{name}.yaml"
            content = yaml.safe_load(path.read_text()) or {}
            if group == "experiment" or "@package _global_" in path.read_text():
                continue
            prefix = f"{group}.{name}." if group in LIST_GROUPS else f"{group}."
            expected = {f"{prefix}{key}" for key in setting_paths(content) if not key.startswith("defaults")}
            found = setting_keys([conf_directory()], group, [name])
            assert expected <= found.keys(), path
            empty = {f"{prefix}{key}" for key, value in content.items() if value == {}}
            assert "defaults" in content or expected | empty == found.keys(), path


def test_settings_that_every_network_has_are_completed():
    assert "discriminator.frozen=" in complete("ganlab train discriminator.fr")
    assert "generator.trainable=" in complete("ganlab train generator=mlp generator.t")
    assert complete("ganlab train init_") == ["init_from="]


def test_only_the_part_that_the_shell_replaces_is_printed():
    assert complete("ganlab train loss=h", "h") == ["hinge"]
    assert complete("ganlab train loss=h", "loss=h") == ["loss=hinge"]
    assert complete("ganlab train 'regularizer=[r1,r2", "regularizer=[r1,r2")[0] == "regularizer=[r1,r2]"


def test_candidates_need_no_heavy_imports():
    script = """import sys
from ganlab.commands.completion import main
main(["candidates", "ganlab train loss=h"])
words = ("sample", "apply", "compare", "dashboard", "doctor", "sweep", "ls", "prune", "resume", "describe")
for command in (*words, "train data."):
    main(["candidates", f"ganlab {command} "])
heavy = ("torch", "hydra", "omegaconf", "numpy", "yaml", "pytorch_lightning", "wandb")
print("HEAVY", [name for name in heavy if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "loss=hinge"
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "ganlab completion needs one of bash, zsh, got ''"),
        (["bsh"], "ganlab completion needs one of bash, zsh, got 'bsh'; did you mean 'bash'?"),
        (["bash", "zsh"], "ganlab completion needs one of bash, zsh, got 'bash zsh'; did you mean 'bash'?"),
    ],
)
def test_invalid_arguments(arguments, sentence, capsys):
    assert guarded(main, arguments) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Put a `ganlab` of this tree first on the PATH."""
    program = tmp_path / "bin" / "ganlab"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ganlab "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(conf_directory().parent))
    monkeypatch.chdir(tmp_path)
    return program


# What is typed, and the end of the word that readline replaces: bash splits words at =, except within quotes.
BASH_WORDS = [
    ("ganlab train loss=h", "h", ["hinge"]),
    (
        "ganlab train 'regularizer=[r",
        "regularizer=[r",
        ["regularizer=[r1", "regularizer=[r2", "regularizer=[reconstruction"],
    ),
    ("ganlab train --he", "--he", ["--help"]),
    ("ganlab tra", "tra", ["train"]),
    ("ganlab train regularizer.r1.w", "regularizer.r1.w", ["regularizer.r1.weight="]),
]


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("line", "replaced", "replies"), BASH_WORDS)
def test_bash_calls_the_registered_function(line, replaced, replies, path):
    script = 'eval "$(ganlab completion bash)"; complete -p ganlab; _ganlab ganlab "$REPLACED" ""\n'
    script += 'printf "%s\\n" "${COMPREPLY[@]}"'
    words = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "REPLACED": replaced}
    done = subprocess.run(["bash", "--norc", "-c", script], env=os.environ | words, capture_output=True, text=True)
    registered, *candidates = done.stdout.splitlines()
    assert registered == "complete -o bashdefault -o default -F _ganlab ganlab"
    assert candidates == replies


def press_tab(command, setup, lines):
    """Start an interactive shell, type each line and TAB, and return what the shell makes of it."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(PS1="READY> ", TERM="dumb", HISTFILE=os.devnull)
        os.execvp(command[0], command)
    shown = ""

    def read_until(end):
        nonlocal shown
        deadline = time.monotonic() + 60
        while end not in shown and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                shown += re.sub(r"\x1b\[[?\d;]*\w|\x07", "", os.read(terminal, 1 << 16).decode(errors="replace"))
        text, found, shown = shown.partition(end)
        assert found, f"waited for {end!r}, got {text!r}"

    try:
        os.write(terminal, f"{setup}\necho SETUP-$((40 + 2))\n".encode())
        read_until("SETUP-42")
        for typed, completed in lines:
            os.write(terminal, f"{typed}\t".encode())
            read_until(completed)
            os.write(terminal, b"\x15")  # Ctrl-U clears the line
    finally:
        os.write(terminal, b"\nexit\n")
        os.close(terminal)
        os.waitpid(child, 0)


TYPED = [
    ("ganlab train loss=h", "loss=hinge "),
    ("ganlab train 'regularizer=[gra", "'regularizer=[gradient_penalty"),
    ("ganlab train ite", "iterations="),
    ("ganlab train regularizer.r1.w", "regularizer.r1.weight="),
    ("ganlab train --config-", "--config-dir "),
]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_at_the_prompt(path):
    press_tab(["bash", "--norc", "-i"], 'eval "$(ganlab completion bash)"', TYPED)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_at_the_prompt(path):
    press_tab(["zsh", "-f", "-i"], 'eval "$(ganlab completion zsh)"', TYPED)
