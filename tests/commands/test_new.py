"""`ganlab new`: the package that it writes trains, passes its own tests and ruff; bad names are rejected."""

import os
import subprocess
import sys

import pytest

import ganlab
from ganlab.commands.exit_codes import guarded
from ganlab.commands.new import PLACEHOLDER, main


@pytest.fixture
def package(tmp_path, capsys):
    """Write a package and return its directory."""
    directory = tmp_path / "my-gan"
    assert guarded(main, [str(directory)]) == 0
    assert capsys.readouterr().out == (
        f"wrote the package my_gan, its conf/ and a test to {directory}; run next:\n\n"
        f"  cd {directory}\n"
        "  GANLAB_ALLOW=my_gan ganlab train --config-dir conf experiment=my_gan\n"
        "  pytest\n"
    )
    return directory


def test_every_file_of_the_template_is_written_with_the_name_of_the_package(package):
    files = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    assert {
        "README.md", "pyproject.toml", "my_gan/__init__.py", "my_gan/generator.py", "my_gan/loss.py",
        "conf/generator/sine.yaml", "conf/loss/soft_hinge.yaml", "conf/experiment/my_gan.yaml",
        "tests/test_components.py",
    } == files  # fmt: skip
    for file in files:
        assert PLACEHOLDER not in (package / file).read_text()
    assert "GANLAB_ALLOW" in (package / "README.md").read_text()


def test_the_experiment_trains(package, tmp_path, monkeypatch, fresh_my_gan):
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("GANLAB_ALLOW", "my_gan")
    overrides = ["experiment=my_gan", "trainer=smoke", f"run_dir={tmp_path / 'run'}"]
    config = ganlab.compose(overrides, [package / "conf"])
    assert config.loss._target_ == "my_gan.loss.SoftHinge"
    assert config.generator._target_ == "my_gan.generator.SineGenerator"
    assert ganlab.train(config).metrics.keys() == {"fid", "modes", "high_quality", "reverse_kl"}


def test_the_files_pass_ruff(package):
    for action in (["check"], ["format", "--check"]):
        line = [sys.executable, "-m", "ruff", *action, "--isolated", "."]
        done = subprocess.run(line, cwd=package, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_printed_commands_work(package):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GANLAB", "PYTEST"))}
    line = [sys.executable, "-m", "ganlab.train", "--config-dir", "conf", "experiment=my_gan", "trainer=smoke"]
    without = subprocess.run(line, cwd=package, env=environment, capture_output=True, text=True)
    assert without.returncode == 2
    assert "add its package to the environment variable GANLAB_ALLOW" in without.stderr
    environment["GANLAB_ALLOW"] = "my_gan"
    done = subprocess.run(line, cwd=package, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(package.glob("outputs/my_gan/*/generator.safetensors"))
    del environment["GANLAB_ALLOW"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=package, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_an_empty_directory_is_filled(tmp_path, monkeypatch, capsys):
    (tmp_path / "mygan").mkdir()
    monkeypatch.chdir(tmp_path / "mygan")
    assert guarded(main, ["."]) == 0
    assert "experiment=mygan\n" in capsys.readouterr().out
    assert (tmp_path / "mygan" / "mygan" / "loss.py").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "ganlab new needs one directory, got ''"),
        (["a", "b"], "ganlab new needs one directory, got 'a b'"),
        (["--force"], "ganlab new needs one directory, got '--force'"),
        (["2gan"], "'2gan' is not a name for a Python package; choose one such as my_gan"),
        (["class"], "'class' is not a name for a Python package; choose one such as my_gan"),
        (["random"], "there is already a Python package or folder 'random'; choose another directory name"),
        (["torch"], "there is already a Python package or folder 'torch'; choose another directory name"),
        (["conf"], "there is already a Python package or folder 'conf'; choose another directory name"),
        (["full"], "full exists and is not an empty directory; choose a new one"),
        (["file"], "file exists and is not an empty directory; choose a new one"),
        (["file/mygan"], "file/mygan cannot be written (Not a directory); choose another directory"),
    ],
)
def test_invalid_directories_are_rejected_and_nothing_is_written(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    assert guarded(main, arguments) == 2
    assert capsys.readouterr().err == f"{sentence}\n"
    assert sorted(tmp_path.rglob("*")) == before
