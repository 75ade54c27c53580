"""Which classes and functions a configuration may build."""

import pytest
from support.config_issues import POINTS, issues_of

from ganlab.config import compose, instantiate, targets
from ganlab.core.errors import ConfigurationError

# Targets that a configuration may not build, however they are written.
FORBIDDEN = [
    "loss._target_=os.system",
    "loss._target_=builtins.eval",
    "loss._target_=subprocess.run",
    "loss._target_=torch.load",
    "loss._target_=torch.hub.load",
    "loss._target_=hydra.utils.instantiate",
    "loss._target_=ganlab_evil.Loss",
    "loss._target_=torch.nn.modules.module.os.system",
    "loss._target_=torch.nn.modules.module.functools.partial",
    "loss._target_=ganlab.runs.directory.os.replace",
    "loss._target_=ganlab.runs.directory.os",
    "loss._target_=ganlab.runs.directory.Path",
    "loss._target_=ganlab.config.import_module",
    "loss._target_=ganlab.config.hydra_compose",
    "loss._target_=ganlab.config.hydra_compose.compose",
    "loss._target_=ganlab.losses.Hinge.__init__",
    "loss._target_=ganlab.losses",
    "loss._target_=ganlab",
    "loss._target_=system",
    "loss._target_=",
    "+loss.x={_target_:os.system,command:'touch owned'}",
    "+loss.x=[1,{_target_:os.system,command:'touch owned'}]",
    "+loss.x=[[{a:{_target_:os.system,command:'touch owned'}}]]",
    "loss._target_=${name} name=os.system",
    "loss=${oc.create:{_target_:os.system,command:'touch owned'}}",
    "generator.activation={_target_:os.system,command:'touch owned'}",
    "optimizer.generator._target_=os.system",
    "callback.nan_monitor._target_=os.system",
    "logger.csv._target_=os.system",
    "metric.fid._target_=os.system",
    "features._target_=os.system",
    "game._target_=os.system",
    "data._target_=os.system",
    "trainer.logger={_target_:os.system,command:'touch owned'}",
]


@pytest.mark.parametrize("line", FORBIDDEN)
def test_forbidden_targets_are_neither_accepted_nor_called(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key, _, value = line.split(" ")[0].lstrip("+").partition("=")
    issues = issues_of(*POINTS, *([line] if "'" in line else line.split(" ")))
    assert any(key.split(".")[0] in sentence for sentence in issues)
    assert not list(tmp_path.iterdir())
    node = (
        {"_target_": value}
        if "." in value and "{" not in value
        else {"_target_": "os.system", "command": "touch owned"}
    )
    with pytest.raises((ConfigurationError, ValueError)):
        instantiate({"component": [node]})
    assert not list(tmp_path.iterdir())


def test_the_sentence_names_the_allowed_packages_and_how_to_allow_more():
    (sentence,) = issues_of(*POINTS, "loss._target_=os.system", "~loss.smoothing", "~loss.flip")
    assert sentence == (
        "loss: 'os.system' is outside the packages that a configuration may use (ganlab, torch.nn, torch.optim, "
        "pytorch_lightning, torchmetrics, torchvision); add its package to the environment variable GANLAB_ALLOW, "
        "or call ganlab.config.allow"
    )


@pytest.fixture
def custom(tmp_path, monkeypatch):
    (tmp_path / "custom_of_test.py").write_text(
        "from os import system\nfrom ganlab.losses import Hinge\n\nclass Custom(Hinge):\n    '''A custom loss.'''\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return {"_target_": "custom_of_test.Custom"}


def test_the_environment_allows_a_package_and_only_that(custom, monkeypatch):
    with pytest.raises(ConfigurationError, match=r"custom_of_test\.Custom"):
        instantiate(custom)
    monkeypatch.setenv("GANLAB_ALLOW", "other, custom_of_test")
    assert type(instantiate(custom)).__name__ == "Custom"
    with pytest.raises(ConfigurationError):
        instantiate({"_target_": "custom_of_test.system", "command": "true"})
    monkeypatch.setenv("GANLAB_ALLOW", "custom")  # only the beginning of the name
    with pytest.raises(ConfigurationError):
        instantiate(custom)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1 +", r"'broken_0' cannot be imported \(SyntaxError: invalid syntax \(broken_0.py, line 1\)\)"),
        ("1 / 0", r"'broken_1' cannot be imported \(ZeroDivisionError: division by zero\)"),
    ],
)
def test_a_module_that_cannot_be_imported_is_reported(content, sentence, tmp_path, monkeypatch):
    name = sentence.split("'")[1]
    (tmp_path / f"{name}.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GANLAB_ALLOW", name)
    with pytest.raises(ConfigurationError, match=sentence):
        instantiate({"_target_": f"{name}.Custom"})


def test_python_allows_a_package(custom, monkeypatch):
    monkeypatch.setattr(targets, "_allowed", list(targets._allowed))
    targets.allow("custom_of_test")
    assert type(instantiate(custom)).__name__ == "Custom"


def test_yaml_cannot_allow_a_package(custom, tmp_path):
    folder = tmp_path / "conf" / "loss"
    folder.mkdir(parents=True)
    (folder / "custom.yaml").write_text("_target_: custom_of_test.Custom\n")
    with pytest.raises(ConfigurationError, match="outside the packages"):
        compose([*POINTS, "loss=custom"], [tmp_path / "conf"])
