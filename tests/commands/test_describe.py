"""`ganlab describe` and `ganlab train --help NAME`."""

import subprocess
import sys

import pytest

from ganlab.commands.describe import main
from ganlab.commands.evaluate import main as evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.train import main as train
from ganlab.config.description import Catalogue


def printed(capsys, command, *arguments):
    assert guarded(command, arguments) == 0
    return capsys.readouterr().out


def test_several_names_and_none(capsys):
    hinge, r1 = (Catalogue().describe(name) for name in ("loss.hinge", "regularizer.r1"))
    assert printed(capsys, main, "loss.hinge", "regularizer.r1") == f"{hinge}\n\n{r1}\n"
    assert printed(capsys, main) == f"{Catalogue().describe_groups()}\n"


def test_help_of_train_and_evaluate_describes_what_is_named(capsys):
    expected = printed(capsys, main, "metric.kid")
    for command in (train, evaluate):
        assert printed(capsys, command, "--help", "metric.kid") == expected
        assert printed(capsys, command, "--help", "metric=[kid]").startswith("ganlab ")  # a whole command, with --help


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["loss.hing"], "loss: there is no 'hing'"),
        (["--all"], "'--all' is not a flag of ganlab describe"),
        (["--config-dir=nowhere"], "--config-dir needs a folder with config groups"),
    ],
)
def test_invalid_arguments(arguments, sentence, capsys):
    assert guarded(main, arguments) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_it_needs_no_heavy_imports():
    script = """import sys
from ganlab.commands.describe import main
for name in ("regularizer.r1", "regularizer", "experiment.ring", "latent.size", "optimizer.adam"):
    main([name])
heavy = ("torch", "hydra", "omegaconf", "numpy", "pytorch_lightning", "wandb")
print("HEAVY", [name for name in heavy if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
