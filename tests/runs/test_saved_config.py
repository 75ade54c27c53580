"""Saved configurations are read as OmegaConf reads them, whether RunDirectory or a person wrote them."""

import importlib.util
import subprocess
import sys

import pytest
import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from support.small_runs import POINTS

from ganlab.config import compose
from ganlab.runs import saved_config
from ganlab.runs.directory import RunDirectory
from ganlab.runs.saved_config import read_config

SCALARS = [
    *(
        "1e-3",
        "1E5",
        "+1e-3",
        "-1.5e+3",
        "1.0e-03",
        "1.",
        ".5",
        "-.5",
        "1_000.5",
        "190:20:30.15",
        ".e3",
        "e1",
        "1e",
        "._5",
    ),
    *("0", "-0", "+1", "1_000", "010", "0o7", "08", "0x1f", "0b11", "1:30", "99999999999999999999", "1__0", "_1"),
    *(".inf", "-.INF", ".nan", "inf", "nan", "~", "null", "Null", "none", "", "true", "True", "yes", "No", "on", "y"),
    *("2001-01-01", "2001-12-14t21:59:43.10-05:00", "a b", "a#b", "a # b", "a:b", "???", "ü", "日本", "x\\ny"),
    *(
        "'1'",
        "'a ''b'''",
        '"a\\tb"',
        "[]",
        "{}",
        "[1, [2.5, x], {a: 1e-3}]",
        "{a: 1, b: [c]}",
        "!!str 1",
        "!!binary aGk=",
    ),
]
FILES = {
    "nested": "a:\n  b:\n    c: 1\n    d: []\n  e:\n  - 1\n  - f: 2\ng: x\n",
    "comments and empty lines": "# first\na: 1\n\n# b\nb:\n  # c\n  c: 2\n",
    "several sections and none": "a: 1\nb: 2\nc:\n",
    "empty": "",
    "block texts": "a: |\n  x\n\n  y\nb: >-\n  x\n  y\nc: |+\n  z\n\n\nd: 1\n",
    "texts over several lines": "a: 'x\n  y'\nb: x\n  y\nc: \"x\\\n  y\"\n",
    "brackets that close in the first column": "a: [1,\n2\n]\nb: {c: 1,\nd: 2}\n",
    "quotes that close in the first column": "a: 'x\nb: y'\nc: \"z\nd: w\"\n",
    "an indented mapping": "  a: 1\n  b: 2\n",
    "a document with a start": "---\na: 1\n...\n",
    "interpolations": "a: 1\nb: ${a}\nc: '${oc.env:HOME}/x'\n",
    "anchors": "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 2\n",
    "keys that are no texts": "1: a\ntrue: b\n2.5: c\n",
    "windows": "a: 1\r\nb:\r\n  c: 2\r\n",
    "a list": "- 1\n- a: 2\n",
    "a text": "abc\n",
}
BROKEN = {
    "a repeated section": "a: 1\nb: 2\na: 3\n",
    "a repeated setting": "a:\n  b: 1\n  c: 2\n  b: 3\n",
    "a repeated setting in brackets": "a: {b: 1, b: 2}\n",
    "an unclosed list": "a: [\nb: 1\n",
    "an unclosed text": "a: 'x\nb: y\n",
    "a tab": "a:\n\tb: 1\n",
    "a section that is less indented": "  a: 1\nb: 2\n",
    "a setting without a value": "a: 1\nb\nc: 2\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "a document that ends early": "a: 1\n...\nb: 2\n",
    "an unknown anchor": "a: *x\n",
    "an unknown tag": "a: !x 1\n",
    "a wrong interpolation": "a: ${b\n",
    "a key that is null": "null: 1\n",
    "a set": "a: !!set {b}\n",
    "a control character": "a: x\x07y\n",
    "a number": "5\n",
    "the sign that YAML 1.1 reserves": "a: =\n",
}


def as_omegaconf_reads(path):
    return OmegaConf.to_container(OmegaConf.load(path))


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"])
def read(request, monkeypatch):
    """Return `read_config`, and the one that a PyYAML without libyaml has."""
    if request.param:
        return read_config
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    spec = importlib.util.spec_from_file_location("without_libyaml", saved_config.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.read_config


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_have_the_values_of_omegaconf(read, scalar, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(f"a: {scalar}\nb:\n- {scalar}\n- c: {scalar}\n", encoding="utf-8")
    assert repr(read(file)) == repr(as_omegaconf_reads(file))  # repr, because nan differs from itself and 1 equals true


def test_a_number_with_an_exponent_is_a_number(read, tmp_path):
    (tmp_path / "config.yaml").write_text("lr: 1e-3\n")
    assert read(tmp_path / "config.yaml") == {"lr": 0.001}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_what_a_person_may_write_is_read_as_by_omegaconf(read, text, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_bytes(text.encode())
    assert repr(read(file)) == repr(as_omegaconf_reads(file))


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_damaged_files_have_the_errors_of_omegaconf(read, text, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises((OSError, ValueError, yaml.YAMLError, OmegaConfBaseException)) as expected:
        as_omegaconf_reads(file)
    with pytest.raises((OSError, ValueError, yaml.YAMLError)) as error:
        read(file)
    assert str(error.value) == str(expected.value)


def test_a_missing_file_and_invalid_utf8_have_the_errors_of_omegaconf(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_config(tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(UnicodeDecodeError):
        read_config(tmp_path / "config.yaml")


def test_a_composed_configuration_is_read_back(read, tmp_path):
    config = compose(
        [*POINTS, "optimizer.generator.lr=1e-3", "name=0123", "regularizer=[r1]", f"run_dir='{tmp_path}/ü'"]
    )
    RunDirectory(tmp_path).write_config(config)
    assert read(tmp_path / "config.yaml") == OmegaConf.to_container(config, resolve=True)


def test_former_names_are_translated(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "modifier:\n  a:\n    _target_: ganlab.callbacks.Anneal\n_target_: ganlab.round.A\n"
    )
    assert read_config(tmp_path / "config.yaml") == {
        "training_hook": {"a": {"_target_": "ganlab.training_hooks.Anneal"}},
        "_target_": "ganlab.core.interfaces.batch_view.A",
    }


def test_a_section_that_files_share_is_parsed_once(tmp_path, monkeypatch):
    parsed = []
    load = yaml.load
    monkeypatch.setattr(yaml, "load", lambda text, Loader: parsed.append(text) or load(text, Loader))  # noqa: N803
    for seed in range(5):
        file = tmp_path / f"{seed}.yaml"
        file.write_text(f"seed: {seed}\nshared_by_five_files:\n  a: 1\n  b: [2]\n")
        assert read_config(file) == {"seed": seed, "shared_by_five_files": {"a": 1, "b": [2]}}
    assert sum("shared" in text for text in parsed) == 1


def test_an_edited_file_is_read_again(tmp_path):
    file = tmp_path / "config.yaml"
    for value in (1, 2, 1):
        file.write_text(f"a:\n  b: {value}\n")
        assert read_config(file) == {"a": {"b": value}}


def test_omegaconf_is_not_imported_for_what_run_directories_contain(tmp_path):
    (tmp_path / "config.yaml").write_text("name: x\na:\n  lr: 1.0e-08\n  betas:\n  - 0.5\n  - 0.999\nb: []\nc: null\n")
    program = (
        "import sys, pathlib; from ganlab.runs.saved_config import read_config; "
        f"read_config(pathlib.Path({str(tmp_path)!r}, 'config.yaml')); print('omegaconf' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
