"""Runs of which a part of the weights is updated: what is frozen stays bit for bit, and resuming is exact."""

import shutil

import pytest
import torch
from omegaconf import OmegaConf
from support.small_runs import DIGITS, POINTS, QUIET, assert_same, checkpoint, composed, go, state

import ganlab
from ganlab.commands.describe import main as describe
from ganlab.config import compose, instantiate
from ganlab.core.errors import ConfigurationError, UserError
from ganlab.core.interfaces import Spec
from ganlab.data import normalize
from ganlab.games.player_updates import backward
from ganlab.training.build import build_data, build_module

IMAGES = ["data=digits", "data.resolution=8", "generator=dcgan", "discriminator=dcgan", "generator.width=4",
          "discriminator.width=4", "latent.size=4", *QUIET, "iterations=4", "batch_size=8"]  # fmt: skip
LIMITED = [*IMAGES, "discriminator.frozen=1", "discriminator.spectral_norm=true", "generator.trainable=norms",
           "regularizer=[r1,l2]", "gradient_clip_norm=1"]  # fmt: skip


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def start_of(*settings):
    """Return the weights and buffers before the first step."""
    config = composed(*settings)
    return {name: value.clone() for name, value in build_module(config, build_data(config)).state_dict().items()
            if torch.is_tensor(value)}  # fmt: skip


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    directory = tmp_path_factory.mktemp("limited") / "run"
    go(directory, *LIMITED)
    return directory


def test_frozen_weights_stay_bit_for_bit_while_others_change(limited):
    before, after = start_of(*LIMITED), checkpoint(limited)["state_dict"]
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    weights = {name for name in changed if "running_" not in name and "num_batches" not in name}
    moving = {name.split(".parametrizations")[0] for name in weights}
    assert moving == {
        "game.discriminator.head.0", "game.discriminator.head.0.bias",
        *(f"{network}.{layer}.{kind}" for network in ("game.generator", "ema.average") for layer in NORMS
          for kind in ("weight", "bias")),
    }  # fmt: skip
    assert any("body.0.parametrizations.weight.0" in name for name in before)  # whose vectors have not moved either


NORMS = ("project.1.1",)  # of the smallest DCGAN


def test_frozen_weights_have_no_gradient_and_no_optimizer_state(limited):
    config = composed(*LIMITED)
    data = build_data(config)
    module = build_module(config, data)
    in_optimizers = {id(w) for o in module.configure_optimizers() for g in o.param_groups for w in g["params"]}
    for name, weight in module.game.named_parameters():
        assert (id(weight) in in_optimizers) == weight.requires_grad, name
    module.updates.backward = backward  # without a Trainer
    batch = normalize(next(iter(data.real_samples(8))))
    with torch.enable_grad():
        for player in module.game.players():
            module.updates.accumulate(player, batch)
    with_gradient = {name for name, w in module.game.named_parameters() if w.grad is not None}
    assert with_gradient == {name for name, w in module.game.named_parameters() if w.requires_grad}
    states = checkpoint(limited)["optimizer_states"]
    assert [len(each["param_groups"][0]["params"]) for each in states] == [2, 2]


def test_a_limited_run_is_resumed_exactly(tmp_path, limited):
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=2"]
    assert go(tmp_path / "cut", *LIMITED, *stop).interrupted
    go(tmp_path / "cut", *LIMITED)
    assert_same(state(tmp_path / "cut"), state(limited))


def test_the_limits_must_not_change_on_resume(limited):
    with pytest.raises(UserError, match=r"discriminator\.frozen was 1, now 0"):
        go(limited, *[line for line in LIMITED if "frozen" not in line], "discriminator.frozen=0", "iterations=6")


def test_a_limited_run_is_sampled_as_every_other(tmp_path, limited):
    samples = ganlab.load(limited).sample(3)
    assert samples.shape == (3, 1, 8, 8)
    shutil.copytree(limited, tmp_path / "copy")
    assert torch.equal(ganlab.load(tmp_path / "copy").sample(3), samples)


OTHER_GAMES = {
    "weight clipping": [*POINTS, "loss=wasserstein", "regularizer=[weight_clip]", "discriminator.frozen=1"],
    "consensus": [*POINTS, "regularizer=[consensus]", "discriminator.frozen=1", "generator.frozen=1"],
    "packs": [*POINTS, "game.packing=2", "discriminator.frozen=1"],
    "vae": [*DIGITS, "game=vae", "discriminator.frozen=1"],
    "vae_gan": [*DIGITS, "game=vae_gan", "regularizer=[]", "discriminator.frozen=1"],
    "bigan": [*POINTS, "game=bigan", "regularizer=[]", "discriminator.frozen=1", "generator.frozen=1"],
    "simultaneous": [*POINTS, "schedule=simultaneous", "generator.trainable=[body.1.*]"],
}


@pytest.mark.parametrize("settings", OTHER_GAMES.values(), ids=OTHER_GAMES)
def test_every_game_keeps_what_is_frozen(tmp_path, settings):
    settings = [*settings, "iterations=3"]
    go(tmp_path / "run", *settings)
    config = composed(*settings)
    module = build_module(config, build_data(config))
    fixed = {f"game.{name}": w for name, w in module.game.named_parameters() if not w.requires_grad}
    after = checkpoint(tmp_path / "run")["state_dict"]
    assert fixed
    assert all(torch.equal(weight, after[name]) for name, weight in fixed.items())
    for player in module.game.players():
        assert any(not torch.equal(w, after[f"game.{n}"]) for n, w in module.game.named_parameters()
                   if any(w is other for other in module.game.weights(player)))  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("discriminator.frozen=9", "discriminator: frozen must be from 0 to 3"),
        ("discriminator.frozen=3", "leave no weights of MLP to update"),
        ("discriminator.frozen=two", "discriminator.frozen must be an integer, got 'two'"),
        ("discriminator.frozn=1", "did you mean 'frozen'"),
        ("generator.trainable=3", "generator.trainable must be"),
        ("generator.trainable=style", "did you mean 'styles'"),
        ("loss.frozen=1", "loss.frozen: NonSaturating has no such setting"),
        ("regularizer.r1.trainable=all", "has no such setting"),
    ],
)
def test_a_wrong_limit_is_one_sentence_before_the_run(setting, sentence):
    with pytest.raises(ConfigurationError) as error:
        compose([*POINTS, "discriminator.widths=[8,8]", "regularizer=[r1]", setting])
    assert any(sentence in issue for issue in error.value.issues), error.value.issues
    assert len(error.value.issues) == 1


class OwnArgument(torch.nn.Module):
    """A discriminator with an argument of its own that is called frozen."""

    sample_dims = (1,)

    def __init__(self, spec, frozen=0):
        super().__init__()
        self.linear, self.frozen = torch.nn.Linear(spec.sample[0], 1), frozen

    def forward(self, samples, cond=None):
        return self.linear(samples).squeeze(1)


def test_a_class_keeps_its_own_argument_of_that_name(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", OwnArgument.__module__)
    node = OmegaConf.create({"_target_": f"{OwnArgument.__module__}.OwnArgument", "_partial_": True, "frozen": 7})
    assert instantiate(node)(Spec((2,))).frozen == 7
    config = compose([*POINTS, "discriminator.frozen=1"])
    assert all(weight.requires_grad for weight in instantiate(config.discriminator)(Spec((2,))).parameters())


def test_the_settings_of_every_network_are_described(capsys):
    assert describe(["discriminator.frozen"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert describe(["generator.stylegan2"]) == 0
    assert "generator.trainable" in capsys.readouterr().out
