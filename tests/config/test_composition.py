"""Composition of conf/, experiments and folders of the user."""

import pytest
from support.config_issues import POINTS, issues_of

import ganlab
from ganlab.config import compose
from ganlab.core.errors import ConfigurationError


def test_several_values_are_a_sweep_and_not_a_run():
    sentence = "seed=0,1: several values are a sweep; set one value, or write ganlab train -m"
    assert issues_of(*POINTS, "seed=0,1") == [sentence]


def test_invalid_yaml_is_reported(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "broken.yaml").write_text("a: [b")
    with pytest.raises(
        ConfigurationError,
        match=r"/loss/broken\.yaml is not valid YAML \(while parsing a flow sequence at line 1, column 4 ",
    ):
        compose([*POINTS, "loss=broken"], [tmp_path])


def test_the_package_exports_its_names():
    assert {"Spec", "AdversarialLoss", "Regularizer", "Result", "compose", "instantiate", "load", "train"} <= {
        *dir(ganlab)
    }
    assert all(getattr(ganlab, name) for name in dir(ganlab))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        ganlab.trian  # noqa: B018
