"""A setting that a class gained since is no change of a run, if it has the class's default."""

import pytest
from omegaconf import OmegaConf

from ganlab.runs.new_settings import is_new_default
from ganlab.runs.resume_compatibility import find_changes

NODE = {"_target_": "ganlab.generators.MLP", "widths": [256, 256], "output": "tanh"}


@pytest.mark.parametrize("key", ["generator.output", "generator.widths"])
def test_the_default_of_the_class_is_no_change(key):
    assert is_new_default(key, {"generator": NODE})


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("generator.output", {"generator": {**NODE, "output": "clamp"}}),
        ("generator.size", {"generator": {**NODE, "size": 3}}),
        ("generator.output", {"generator": {"output": "tanh"}}),
        ("generator.output", {"generator": {**NODE, "_target_": "ganlab.nothing.MLP"}}),
        ("seed", {"seed": 0}),
    ],
    ids=["another value", "unknown to the class", "no class", "unknown class", "no component"],
)
def test_anything_else_is_a_change(key, config):
    assert not is_new_default(key, config)


def test_a_removed_setting_and_another_value_are_named_when_a_run_is_resumed():
    former = OmegaConf.create({"generator": {"_target_": NODE["_target_"], "widths": [256, 256], "old": 1}})
    present = OmegaConf.create({"generator": {**NODE, "output": "clamp"}})
    assert find_changes(former, present, data_may_move=False) == [
        "generator.old was 1, now absent",
        "generator.output was absent, now clamp",
    ]
