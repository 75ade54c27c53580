"""`ganlab.load` gives the discriminator as it was trained, or says that there is none; never an untrained one."""

from pathlib import Path
from shutil import copytree

import pytest
import torch
from support.small_runs import DIGITS, POINTS, go

import ganlab
from ganlab.core.errors import UserError
from ganlab.core.interfaces import as_output


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return go(tmp_path_factory.mktemp("labelled") / "run", *DIGITS, "data.labels=true").run_dir


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    lines = [line for line in POINTS if not line.startswith("data=")]
    return go(tmp_path_factory.mktemp("grid") / "run", "data=grid", *lines).run_dir


def checkpoint(run, prefix):
    state = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def assert_equal(state, expected):
    assert state.keys() == expected.keys()
    assert expected
    assert all(torch.equal(state[name], expected[name]) for name in expected)


def test_its_weights_are_those_of_the_checkpoint(labelled):
    sampler = ganlab.load(labelled)
    assert_equal(sampler.discriminator.state_dict(), checkpoint(labelled, "game.discriminator."))
    assert not sampler.discriminator.training
    assert not any(weight.requires_grad for weight in sampler.game.parameters())
    assert_equal(sampler.network.state_dict(), checkpoint(labelled, "ema.average."))


def test_it_scores_samples_under_their_conditions(labelled):
    sampler = ganlab.load(labelled)
    batch = sampler.sample_batch(5)
    logits = as_output(sampler.discriminator(sampler.encode(batch.sample), batch.cond)).logits
    assert logits.shape == (5,)
    assert logits.std() > 0


def test_encode_gives_the_coordinates_in_which_it_was_trained(grid):
    sampler = ganlab.load(grid)
    samples = sampler.sample(50)
    raw = ganlab.load(grid)
    raw.decode = lambda x: x
    torch.testing.assert_close(sampler.encode(samples), raw.sample(50))
    assert not torch.allclose(sampler.encode(samples), samples)


def test_a_loaded_spec_knows_its_latents_and_its_kind(labelled, grid):
    assert ganlab.load(labelled).spec == ganlab.Spec((1, 8, 8), (), 10, 4, "image")
    assert ganlab.load(grid).spec == ganlab.Spec((2,), None, 0, 4, "point")


@pytest.mark.parametrize(
    ("game", "settings", "prefixes"),
    [
        ("bigan", ["regularizer=[]"], ("game.gan.discriminator.", "game.encoder.")),
        ("vae_gan", ["regularizer=[]"], ("game.gan.discriminator.", "game.encoder.")),
        (
            "adversarial",
            ["latent=codes", "latent.size=20", "regularizer=[information]"],
            ("game._registered.information.",),
        ),
    ],
)
def test_all_other_networks_of_a_game_are_the_trained_ones(game, settings, prefixes, tmp_path):
    run = go(tmp_path, *DIGITS, f"game={game}", *settings).run_dir
    sampler = ganlab.load(run)
    state = sampler.game.state_dict()
    for prefix in prefixes:
        name = prefix.removeprefix("game.")
        assert_equal(
            {key.removeprefix(name): state[key] for key in state if key.startswith(name)}, checkpoint(run, prefix)
        )
    assert sampler.discriminator is sampler.game.players()["discriminator"]


def test_a_game_without_a_discriminator_has_none(tmp_path):
    sampler = ganlab.load(go(tmp_path, *DIGITS, "game=vae").run_dir)
    with pytest.raises(UserError, match="VAE has no discriminator"):
        _ = sampler.discriminator
    assert_equal(sampler.game.encoder.state_dict(), checkpoint(tmp_path, "game.encoder."))


def test_without_its_file_every_use_is_an_error_and_sampling_works(labelled, tmp_path):
    for name in ("generator.safetensors", "generator.json"):
        (tmp_path / name).write_bytes((labelled / name).read_bytes())
    sampler = ganlab.load(tmp_path)
    batch = sampler.sample_batch(4)
    assert torch.equal(batch.sample, ganlab.load(labelled).sample(4))
    sentence = f"{tmp_path} has no trained discriminator: discriminator.safetensors is missing"
    with pytest.raises(UserError, match=sentence):
        _ = sampler.discriminator
    network = sampler.game.players()["discriminator"]
    for use in (
        lambda: network(batch.sample, batch.cond),
        lambda: network.discriminate(batch.sample, batch.cond),
        lambda: sampler.game.discriminate(batch.sample, batch.cond),
    ):
        with pytest.raises(UserError, match=sentence):
            use()


def test_a_discriminator_of_another_step_is_not_used(labelled, tmp_path):
    copytree(labelled, tmp_path / "run")
    (tmp_path / "run" / "generator.json").write_text(
        (labelled / "generator.json").read_text().replace('"steps": 6,', '"steps": 12,')
    )
    sampler = ganlab.load(tmp_path / "run")
    assert sampler.sample(2).shape == (2, 1, 8, 8)
    with pytest.raises(UserError, match="is of step 6, but the generator next to it is of step 12; train the run"):
        _ = sampler.discriminator


def test_damaged_and_foreign_files_are_reported(labelled, grid, tmp_path):
    copytree(labelled, tmp_path / "run")
    path = tmp_path / "run" / "discriminator.safetensors"
    whole = path.read_bytes()
    for content in (b"xx", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"discriminator\.safetensors cannot be read \("):
            ganlab.load(tmp_path / "run")
    path.write_bytes((grid / path.name).read_bytes())
    with pytest.raises(UserError, match=r"holds weights of another discriminator than generator\.json describes"):
        ganlab.load(tmp_path / "run")


def test_runs_of_earlier_versions_have_none():
    sampler = ganlab.load(Path(__file__).parents[1] / "former_runs" / "digits")
    assert len(sampler.sample(3)) == 3
    with pytest.raises(UserError, match="has no trained discriminator"):
        _ = sampler.discriminator
