"""Yaml files of the user that are no components: each is reported by its name before Hydra reads it."""

from pathlib import Path

import pytest

from ganlab.config import compose, conf_directory
from ganlab.config.own_files import find_file_issues
from ganlab.core.errors import ConfigurationError

HINGE = "_target_: ganlab.losses.Hinge\n"
R1 = "# @package regularizer.{}\n_target_: ganlab.regularizers.R1\nweight: 1.0\n"


@pytest.fixture
def own(tmp_path):
    """Return a function that writes files below a config folder and returns the folder."""

    def write(**files: str | bytes) -> Path:
        for name, content in files.items():
            group, _, stem = name.partition("__")
            path = tmp_path / group / f"{stem}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def issues(folder: Path, group: str, *names: str) -> list[str]:
    found = find_file_issues(group, names, [conf_directory(), folder])
    return [sentence.replace(f"{folder}/", "") for sentence in found]


UNREADABLE = {
    "# caf\xe9\n".encode("latin-1"): "loss/mine.yaml is not UTF-8 text (byte 6 is 0xe9); save it as UTF-8",
    HINGE.encode("utf-16"): "loss/mine.yaml is not UTF-8 text (byte 1 is 0xff); save it as UTF-8",
    b"": "loss/mine.yaml holds no settings; write at least '_target_: …' or a defaults list, or do not select it",
    b"# only a comment\n": "loss/mine.yaml holds no settings; ",
    b"{}\n": "loss/mine.yaml holds no settings; ",
    b"hinge\n": "loss/mine.yaml must hold settings, one KEY: VALUE per line, but it holds the text 'hinge'",
    b"3\n": "loss/mine.yaml must hold settings, one KEY: VALUE per line, but it holds the text '3'",
    b"[1, 2]\n": "loss/mine.yaml must hold settings, one KEY: VALUE per line, but it holds a list",
    b"&a\nb: *a\n": "loss/mine.yaml refers to itself by an anchor (&) inside of which its alias (*) stands",
    b"a: &a [*a]\n": "loss/mine.yaml refers to itself by an anchor",
    b"_target_: x\n\ty: 1\n": "loss/mine.yaml is not valid YAML (",
    b"a: 1\n---\nb: 2\n": "loss/mine.yaml is not valid YAML (",
    b"[" * 3000: "loss/mine.yaml ",
    b"defaults:\n  - mine\n": "loss/mine.yaml selects loss/mine.yaml in its defaults list, which leads back to it",
}


@pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_file_that_is_no_component_is_named(own, content):
    (sentence,) = issues(own(loss__mine=content), "loss", "mine")
    assert sentence.startswith(UNREADABLE[content])


def test_files_that_work_and_shipped_ones_are_not_reported(own):
    aliases = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"  # each line twice as long
    folder = own(loss__mine=HINGE, loss__aliases=HINGE + aliases, regularizer__mine=R1.format("mine"))
    assert issues(folder, "loss", "mine", "aliases", "hinge", "absent") == []
    assert issues(folder, "regularizer", "r1", "mine", "none") == []


def test_a_file_that_hydra_ignores_is_reported_unless_it_is_a_copy(own):
    shipped = conf_directory() / "loss" / "hinge.yaml"
    folder = own(loss__hinge=shipped.read_bytes(), loss__wasserstein=HINGE)
    assert issues(folder, "loss", "hinge") == []
    (sentence,) = issues(folder, "loss", "wasserstein")
    assert sentence.startswith(
        f"loss/wasserstein.yaml is ignored, because {conf_directory()}/loss/wasserstein.yaml has"
    )


def test_two_files_that_fill_one_part_of_a_list(own):
    folder = own(regularizer__mine=R1.format("r1"), regularizer__other=R1.format("r1"), regularizer__third="a: 1\n")
    advice = "so one of them would be lost; write '# @package regularizer.mine' as the first line of regularizer/mine."
    assert issues(folder, "regularizer", "r1", "mine") == [f"r1 and mine both fill regularizer.r1, {advice}yaml"]
    assert issues(folder, "regularizer", "mine", "r1") == [f"mine and r1 both fill regularizer.r1, {advice}yaml"]
    assert issues(folder, "regularizer", "other", "r2") == []
    (sentence,) = issues(folder, "regularizer", "mine", "other")
    assert sentence.startswith("mine and other both fill regularizer.r1, ")


def test_files_that_an_experiment_selects_are_checked(own):
    experiment = "# @package _global_\ndefaults:\n  - override /loss: mine\n  - override /regularizer: [r1, mine]\n"
    folder = own(experiment__e=experiment, loss__mine=b"", regularizer__mine=R1.format("r1"), experiment__blank="")
    first, second = issues(folder, "experiment", "e")
    assert first.startswith("loss/mine.yaml holds no settings")
    assert second.startswith("r1 and mine both fill regularizer.r1")
    assert issues(folder, "experiment", "blank")[0].startswith("experiment/blank.yaml holds no settings")


def test_composition_reports_files_with_all_other_issues(own):
    folder = own(regularizer__mine=R1.format("r1"), loss__mine="# nothing\n")
    with pytest.raises(ConfigurationError) as caught:
        compose(["experiment=ring", "loss=mine", "batch_size=0", "+regularizer=[mine]"], [folder])
    assert [sentence.split("/")[-1] for sentence in caught.value.issues] == [
        "mine.yaml holds no settings; write at least '_target_: …' or a defaults list, or do not select it",
        "mine.yaml",
        "batch_size must be at least 1, got 0",
    ]
    assert caught.value.issues[1].startswith("mine fills regularizer.r1, which the list already holds; write ")
