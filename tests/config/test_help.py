"""Help texts are built from conf/ and agree with it."""

from dataclasses import fields

import yaml

from ganlab.config import conf_directory
from ganlab.config.help import evaluate_help, train_help
from ganlab.config.schema import Root


def test_settings_come_with_their_defaults():
    text = train_help(conf_directory())
    content = yaml.safe_load((conf_directory() / "train.yaml").read_text())
    plain = {key: value for key, value in content.items() if not isinstance(value, dict) and key != "defaults"}
    lines = dict(line.strip().split(": ", 1) for line in text.splitlines() if line.startswith("  ") and ": " in line)
    assert plain.keys() <= lines.keys()
    for key, value in plain.items():
        assert yaml.safe_load(lines[key].split("  ")[0]) == value, key
    assert plain.keys() == {field.name for field in fields(Root) if "Any" not in str(field.type)}


def test_additions_to_lists_are_explained():
    for text in (train_help(conf_directory()), evaluate_help(conf_directory())):
        assert "'+metric=[" in text
        assert "'+GROUP=[C]' appends to a list" in text


def test_a_new_component_is_listed(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "brand_new.yaml").write_text("_target_: x\n")
    (tmp_path / "train.yaml").write_text("defaults: []\n\nname: here  # a name\n\nregularizer: {}\n")
    text = train_help(tmp_path)
    assert "brand_new" in text
    assert "name: here" in text
    assert "a name" in text
