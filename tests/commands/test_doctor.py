"""`ganlab doctor` reports every feature space and what is missing; only invalid arguments are errors."""

import json
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from ganlab.commands.doctor import main
from ganlab.commands.exit_codes import guarded
from ganlab.commands.extras import read_extra
from ganlab.config import conf_directory
from ganlab.features import inception

SPACES = sorted(path.stem for path in (conf_directory() / "features").glob("*.yaml"))


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path, monkeypatch):
    """Remove caches, account and data."""
    for variable in ("GANLAB_CACHE", "TORCH_HOME", "NETRC"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    for variable in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_BASE_URL", "WANDB_MODE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def report(capsys, *words):
    assert guarded(main, ["format=json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_help_and_invalid_arguments_import_nothing_heavy():
    script = """import sys
from ganlab.commands.exit_codes import guarded
from ganlab.commands.doctor import main
code = guarded(main, sys.argv[1:])
print("HEAVY", [name for name in ("torch", "pytorch_lightning", "omegaconf", "wandb") if name in sys.modules])
sys.exit(code)"""
    for word, code, printed in (("--help", 0, "usage: ganlab doctor"), ("x", 2, "")):
        done = subprocess.run([sys.executable, "-c", script, word], capture_output=True, text=True)
        assert done.returncode == code
        assert printed in done.stdout
        assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["fromat=json"], "'fromat=json' is not a setting of ganlab doctor; did you mean 'format'?"),
        (["json", "-m"], "'json' is not a setting of ganlab doctor; '-m' is not a setting of ganlab doctor"),
        (["format=jsn"], "there is no format 'jsn'; choose text, json; did you mean 'json'?"),
        (["data_root="], "data_root needs a value"),
    ],
)
def test_unknown_arguments_are_rejected(words, printed, capsys):
    assert guarded(main, words) == 2
    out = capsys.readouterr()
    assert (out.out, out.err) == ("", f"{printed}\n")


def test_every_extra_has_the_command_that_installs_it(capsys):
    facts = report(capsys)["extras"]
    assert {"clip", "dinov2", "search", "slurm"} <= facts.keys()
    assert guarded(main, []) == 0
    text = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for name, extra in facts.items():
        assert extra["command"] == f"pip install 'ganlab[{name}]'"
        assert extra["packages"]
        assert any(line.startswith(f"{name} {extra['command']} ") for line in text)


def test_missing_and_old_packages_of_an_extra_are_named():
    lines = [
        *(
            "numpy>=1",
            "never-released>=2; extra == 'maps'",
            "pytest>=1; extra == 'maps'",
            "pytest>=9999; extra == 'maps'",
        ),
        *("other; extra == 'others'", "absent; python_version < '3' and extra == 'maps'"),
    ]
    extra = read_extra("maps", [*map(Requirement, lines)])
    assert extra.packages == ("never-released", "pytest", "pytest")
    assert extra.missing == ("never-released", f"pytest>=9999 ({pytest.__version__} is installed)")
    assert extra.command == "pip install 'ganlab[maps]'"


def test_every_feature_space_of_conf_is_reported(capsys, tmp_path):
    facts = report(capsys)
    assert sorted(facts["features"]) == SPACES
    for name in ("identity", "random", "classifier"):
        assert facts["features"][name] == {"usable": True, "reason": None}
    assert facts["features"]["auto"]["usable"] is None
    assert facts["features"]["inception"]["usable"] is False
    assert str(tmp_path / "torch_home") in facts["features"]["inception"]["reason"]
    assert guarded(main, []) == 0
    text = capsys.readouterr().out.splitlines()
    assert {"versions", "devices", "cache", "data", "wandb", "features"} <= set(text)
    assert all(any(line.startswith(f"  {name} ") for line in text) for name in SPACES)


def test_a_weights_file_makes_inception_usable(capsys, tmp_path):
    place = tmp_path / "torch_home" / "hub" / "checkpoints" / f"any-{inception.KNOWN_HASH}.pth"
    place.parent.mkdir(parents=True)
    place.touch()
    assert report(capsys)["features"]["inception"] == {"usable": True, "reason": None}


def test_versions_and_devices_are_those_of_this_process(capsys):
    import torch

    facts = report(capsys)
    assert facts["versions"]["torch"].startswith(torch.__version__.split("+")[0])
    assert facts["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert facts["devices"]["cpu_cores"] >= 1
    assert len(facts["devices"]["cuda"]) == torch.cuda.device_count()


def test_folders_are_examined_and_not_created(capsys, tmp_path):
    facts = report(capsys, f"data_root={tmp_path / 'sets'}")
    assert facts["data"] | {"free_bytes": 0} == {
        **{"path": str(tmp_path / "sets"), "exists": False, "writable": True, "free_bytes": 0}
    }
    assert facts["cache"]["path"] == str(tmp_path / "ganlab_cache")
    assert facts["cache"]["free_bytes"] > 0
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_created_is_reported(capsys, tmp_path):
    (tmp_path / "ganlab_cache").touch()
    assert report(capsys)["cache"]["writable"] is False
    assert guarded(main, []) == 0
    assert "not writable; choose another with $GANLAB_CACHE" in capsys.readouterr().out


def test_an_account_is_found_in_wandbs_files_and_variables(capsys, tmp_path, monkeypatch):
    assert report(capsys)["wandb"] == {"account": False, "mode": None}
    (tmp_path / "netrc").write_text("machine wandb.example\nlogin user\npassword secret\n")
    assert report(capsys)["wandb"]["account"] is False
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example/api")
    assert report(capsys)["wandb"]["account"] is True
    monkeypatch.setenv("WANDB_BASE_URL", "https://another.example")
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert report(capsys)["wandb"] == {"account": True, "mode": "offline"}
    assert guarded(main, []) == 0
    out = capsys.readouterr().out
    assert "an account is configured; WANDB_MODE=offline" in out
    assert "secret" not in out
