"""Every component, group and setting has a description, with the comments of its file."""

import re

import pytest
import yaml

from ganlab.config import compose, conf_directory
from ganlab.config.description import Catalogue
from ganlab.config.groups import choices
from ganlab.config.hints import setting_paths
from ganlab.core.errors import UserError

CATALOGUE = Catalogue()
PARTS = [f"{group}.{name}" for group, names in choices([conf_directory()]).items() for name in names]


def words(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_component_has_its_settings_types_defaults_meaning_and_paper():
    text = words(CATALOGUE.describe("regularizer.r1"))
    assert text[0] == "regularizer.r1 (ganlab.regularizers.R1, conf/regularizer/r1.yaml)"
    assert "Mescheder et al. 2018, eq. 9" in text
    assert "setting type default meaning" in text
    assert "regularizer.r1.weight float 10.0 the paper's gamma; the term is weight/2 |grad|^2" in text
    assert text[-1] == "use it: ganlab train '+regularizer=[r1]'"


@pytest.mark.parametrize("part", PARTS)
def test_every_component_and_each_of_its_settings_is_described(part):
    text = CATALOGUE.describe(part)
    group, name = part.split(".")
    path = conf_directory() / group / f"{name}.yaml"
    content = yaml.safe_load(path.read_text()) or {}
    content.pop("defaults", None)
    lines = words(text)
    built_from = next((line for line in lines if line.startswith("built from: ")), "")
    parts = {key: value[2:-1] for key, value in content.items() if re.fullmatch(r"\$\{\w+\}", str(value))}
    for key in setting_paths({key: value for key, value in content.items() if not str(key).startswith("_")}):
        if key in parts and parts[key] in built_from:
            continue
        shown = (
            key.replace("discriminator.", "PLAYER.").replace("generator.", "PLAYER.") if group == "optimizer" else key
        )
        assert any(shown in line for line in lines) or "built from: features, metric, protocol" in lines, key
    for comment in re.findall(r"^[\w ]+: .*  # (.+)$", path.read_text(), re.MULTILINE):
        assert comment in text or "PLAYER" in comment or "called with" in comment, comment
    assert text.endswith((f"={name}", f"=[{name}]'"))


def test_the_settings_of_a_component_are_those_that_a_run_has():
    config = compose(["experiment=ring", "generator=mlp_128", "optimizer=adamw"])
    described = CATALOGUE.describe("generator.mlp_128") + CATALOGUE.describe("optimizer.adamw")
    for key in [f"generator.{key}" for key in config.generator if not key.startswith("_")]:
        assert f"\n{key} " in described
    assert "\noptimizer.PLAYER.weight_decay " in described


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("batch_size", ["batch_size: 64 (real samples per step, over all processes; a setting of ganlab train)"]),
        ("dragan", ["regularizer.dragan (ganlab.regularizers.Dragan, conf/regularizer/dragan.yaml)"]),
        ("latent.size", ["latent.size int 100 of latent.normal: numbers per sample: 1 or more"]),
        ("regularizer.r1.every", ["setting type default meaning"]),
        ("generator.mlp_128", ["based on: mlp", "use it: ganlab train generator=mlp_128"]),
        (
            "experiment.ring",
            ["time: 2 minutes on one core", "iterations 10000", "use it: ganlab train experiment=ring"],
        ),
        ("game.adversarial", ["built from: generator, discriminator, loss, regularizer, augment, latent"]),
        ("hydra/launcher.local", ["use it: ganlab train -m hydra/launcher=local"]),
        ("protocol.fast", ["use it: ganlab evaluate run=DIR protocol=fast"]),
        ("regularizer", ["regularizer (a list: regularizer=[A,B] replaces it, +regularizer=[C] appends)"]),
        ("experiment", ["experiment (experiment=NAME)"]),
    ],
)
def test_what_can_be_described(name, lines):
    text = words(CATALOGUE.describe(name))
    for line in lines:
        assert line in text, text


@pytest.mark.parametrize("name", ["loss.hinge", "loss=hinge", "loss/hinge"])
def test_spellings(name):
    assert CATALOGUE.describe(name) == CATALOGUE.describe("hinge")


def test_a_group_has_one_line_for_each_choice():
    for group in ("loss", "experiment", "data", "hydra/launcher"):
        lines = CATALOGUE.describe(group).splitlines()[2:-2]
        assert [line.split()[0] for line in lines] == CATALOGUE.groups[group]
        assert all(len(line.split()) > 1 for line in lines)
    assert len(CATALOGUE.describe_groups().splitlines()) == len(CATALOGUE.groups)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("regularizer.r1.wieght", "regularizer: there is no 'r1.wieght'; .*; did you mean 'r1.weight'?"),
        ("loss.hing", "loss: there is no 'hing'; choose hinge, .*; did you mean 'hinge'?"),
        ("regulariser", "there is no group, component or setting 'regulariser'; .*; did you mean 'regularizer'?"),
        ("batchsize", "; did you mean 'batch_size'?"),
        ("zzz.yyy", "there is no group, component or setting 'zzz.yyy'; ganlab describe lists the groups$"),
        ("mlp", "'mlp' is a choice of several groups: write discriminator.mlp or generator.mlp"),
        ("", "there is no group, component or setting ''"),
    ],
)
def test_near_misses(name, sentence):
    with pytest.raises(UserError, match=sentence.replace("?", r"\?")):
        CATALOGUE.describe(name)


def test_components_of_the_user_and_damaged_files(tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "mine.yaml").write_text("# My loss.\n_target_: my_gan.Mine\nweight: 2.0  # how strong\n")
    (tmp_path / "loss" / "bad.yaml").write_text("a: [")
    (tmp_path / "loss" / "latin.yaml").write_bytes(b"a: \xe4")
    (tmp_path / "loss" / "empty.yaml").touch()
    catalogue = Catalogue([tmp_path])
    text = words(catalogue.describe("loss.mine"))
    assert text[0] == f"loss.mine (my_gan.Mine, {tmp_path}/loss/mine.yaml)"
    assert "loss.weight 2.0 how strong" in text
    assert text[-1] == f"use it: GANLAB_ALLOW=my_gan ganlab train --config-dir {tmp_path} loss=mine"
    assert catalogue.describe("loss.empty").endswith(f"use it: ganlab train --config-dir {tmp_path} loss=empty")
    for name in ("bad", "latin"):
        with pytest.raises(UserError, match=rf"loss/{name}\.yaml cannot be read \("):
            catalogue.describe(f"loss.{name}")
