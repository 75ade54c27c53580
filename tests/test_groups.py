"""conf/GROUP and ganlab/GROUPS correspond, so a reader of one finds the other."""

import pytest
import yaml

from ganlab.config import conf_directory

CONF = conf_directory()
# The folder of ganlab/ whose classes a config group selects.
FOLDERS = {
    "augment": "augments",
    "callback": "callbacks",
    "conditioning": "conditioning",
    "corruption": "corruptions",
    "data": "data",
    "discriminator": "discriminators",
    "ema": "ema",
    "features": "features",
    "game": "games",
    "generator": "generators",
    "latent": "latents",
    "logger": "loggers",
    "loss": "losses",
    "lr_schedule": "lr_schedules",
    "metric": "metrics",
    "optimizer": "optimizers",  # and torch.optim
    "protocol": "protocols",
    "recovery": "recovery",
    "regularizer": "regularizers",
    "schedule": "schedules",
    "training_hook": "training_hooks",
}
# An experiment is a recipe over all groups, a trainer holds settings of Lightning's, hydra's groups are in sweeps.
WITHOUT_A_FOLDER = {"experiment", "trainer"}


def targets(node):
    if isinstance(node, dict):
        yield from ([node["_target_"]] if "_target_" in node else [])
        for value in node.values():
            yield from targets(value)
    elif isinstance(node, list):
        for value in node:
            yield from targets(value)


def test_every_group_is_listed():
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    assert groups == {*FOLDERS, *WITHOUT_A_FOLDER, "hydra"}
    assert all((CONF.parent / "ganlab" / folder).is_dir() for folder in FOLDERS.values())


@pytest.mark.parametrize("group", FOLDERS)
def test_a_group_selects_classes_of_its_folder(group):
    found = [target for path in (CONF / group).glob("*.yaml") for target in targets(yaml.safe_load(path.read_text()))]
    assert found
    for target in found:
        assert target.startswith((f"ganlab.{FOLDERS[group]}.", "torch.optim.")), f"conf/{group}: {target}"
        assert target.count(".") == 2, f"{target} is not exported by its package"


def test_launchers_and_sweepers_are_in_sweeps():
    paths = list((CONF / "hydra").rglob("*.yaml"))
    found = [target for path in paths for target in targets(yaml.safe_load(path.read_text()))]
    assert len(found) == len(paths)
    assert all(target.startswith("ganlab.sweeps.") for target in found)
