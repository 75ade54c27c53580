"""A saved configuration gets back the interpolations that the files of its components have."""

from omegaconf import OmegaConf

from ganlab.config import compose, conf_directory
from ganlab.config.references import restore_references


def saved(*overrides):
    return OmegaConf.to_container(compose(overrides), resolve=True)


def test_what_was_composed_is_restored():
    config = compose(["experiment=ring", "game=vae_gan", "recovery=roll_back", "training_hook=[standing_statistics]"])
    restored = restore_references(OmegaConf.to_container(config, resolve=True), [conf_directory()])
    assert restored == OmegaConf.to_container(config, resolve=False)


def test_a_value_of_its_own_is_left():
    restored = restore_references(saved("callback.progress.every=7", "log_every=3"), [conf_directory()])
    assert restored["callback"]["progress"]["every"] == 7
    assert restored["callback"]["metrics_logger"]["every"] == "${log_every}"


def test_folders_of_the_user_are_read_and_damaged_files_are_not(tmp_path):
    folder = tmp_path / "callback"
    folder.mkdir()
    (folder / "mine.yaml").write_text("# @package callback.mine\n_target_: mine.Mine\ncount: ${seed}\nother: ${seed}\n")
    (folder / "damaged.yaml").write_text("${seed}: [")
    (folder / "latin.yaml").write_bytes(b"a: \xe4 ${seed}")
    mine = {"_target_": "mine.Mine", "count": 5, "other": 6}
    config = {"seed": 5, "callback": {"mine": mine, "another": {"_target_": "b.B", "count": 5}}, "data": None}
    restored = restore_references(config, [tmp_path])
    assert restored["callback"]["mine"] == mine | {"count": "${seed}"}
    assert restored["callback"]["another"] == {"_target_": "b.B", "count": 5}
    assert mine["count"] == 5
