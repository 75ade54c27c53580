"""The folder of a run names its experiment, and its data set if that is not the experiment's."""

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, conf_directory
from ganlab.config.arguments import parse
from ganlab.config.run_names import name_by_data
from ganlab.sweeps.multirun import _prepare


def named(lines, config_dirs=(), name="digits"):
    config = OmegaConf.create({"name": name})
    name_by_data(config, lines, [conf_directory(), *config_dirs])
    return config.name


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([], "digits"),
        (["seed=3", "loss=hinge"], "digits"),
        (["data=digits"], "digits"),
        (["data=grid"], "digits_grid"),
        (["data=grid", "name=mine"], "digits"),  # as it was composed
        (["experiment=ring", "data=ring"], "digits"),
        (["experiment=ring", "data=grid"], "digits_grid"),
        (["experiment=ring_best", "data=ring"], "digits"),  # which is based on ring
        (["experiment=ring_best", "data=digits"], "digits_digits"),
        (["data=ring,grid"], "digits_ring_grid"),
        (["data=choice(ring,grid)"], "digits_ring_grid"),
        (["data=glob(*)"], "digits_data"),
        ([f"data={','.join(['image_folder'] * 9)}"], "digits_data"),
        (["++data.labels=true"], "digits"),
    ],
)
def test_names(lines, name):
    assert named(lines) == name


def test_experiments_and_data_sets_of_the_user(tmp_path):
    for group in ("experiment", "data"):
        (tmp_path / group).mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\ndefaults:\n  - ring\nname: mine\n")
    assert named(["experiment=mine", "data=photos"], [tmp_path]) == "digits_photos"
    assert named(["experiment=mine", "data=ring"], [tmp_path]) == "digits"


def test_a_composed_run_and_a_sweep_have_these_names():
    assert compose(["data=ring", "trainer=cpu", "generator=mlp", "discriminator=mlp"]).name == "digits_ring"
    assert compose(["experiment=ring"]).name == "ring"
    for words, folder in (
        (["data=ring", "seed=0,1"], "outputs/digits_ring/"),
        (["data=ring,grid"], "outputs/digits_ring_grid/"),
    ):
        _, settings = _prepare(parse(["-m", *words]))
        assert settings.sweep.dir.startswith(folder)
