"""Discriminators of sound: WaveGAN, spectrograms, periods and scales."""

import inspect
import json
from functools import partial

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import OmegaConf
from support.small_runs import NETWORKS as DENSE
from support.small_runs import QUIET, assert_same, go, state
from support.sounds import SOUND
from torch import nn

from ganlab.config import conf_directory
from ganlab.core import tree
from ganlab.core.interfaces import Spec, as_output
from ganlab.discriminators import DCGAN, Ensemble, MultiPeriod, MultiScaleWaves, Spectrogram, WaveGAN
from ganlab.layers.discriminator_ensemble import join_logits
from ganlab.layers.phase_shuffle import PhaseShuffle

NETWORKS = {
    "wavegan": lambda spec, **settings: WaveGAN(spec, width=2, **settings),
    "spectrogram": lambda spec, **settings: Spectrogram(spec, partial(DCGAN, width=2), sizes=[64, 128], **settings),
    "levels": lambda spec, **settings: Spectrogram(spec, partial(DCGAN, width=2), sizes=[64], phase="none", **settings),
    "periods": lambda spec, **settings: MultiPeriod(spec, [2, 3, 5], width=2, max_width=8, **settings),
    "scales": lambda spec, **settings: MultiScaleWaves(spec, 2, width=2, **settings),
    "hifigan": lambda spec, **settings: Ensemble(
        spec, {"periods": NETWORKS["periods"], "scales": NETWORKS["scales"]}, **settings
    ),
}

FOR_DISCRIMINATOR = ("wavegan", "spectrogram", "multi_period", "multi_scale_waves", "hifigan")


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def sound(samples=512, channels=1, **others):
    return Spec((samples, channels), kind="audio", facts={"rate": 8000}, **others)


def logits_of(network, samples, cond=None):
    return as_output(network(samples, cond)).logits


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("samples", "channels"), [(512, 1), (1024, 2), (3584, 1)])
@pytest.mark.parametrize("labels", ["concat", "projection", "none"])
def test_any_length_channels_and_labels(name, samples, channels, labels):
    network = NETWORKS[name](sound(samples, channels, classes=3), labels=labels)
    logits = logits_of(network, torch.randn(1, samples, channels).expand(2, -1, -1), torch.tensor([0, 1]))
    assert len(logits) == 2
    assert logits.isfinite().all()
    network.eval()
    first, second = logits_of(network, torch.randn(1, samples, channels).expand(2, -1, -1), torch.tensor([0, 1]))
    assert torch.allclose(first, second, atol=1e-7) == (labels == "none")


@pytest.mark.parametrize("name", NETWORKS)
def test_labels_are_required_where_there_are_classes(name):
    network = NETWORKS[name](sound(classes=3))
    with pytest.raises(ValueError, match="built for 3 classes, but it got no labels"):
        network(torch.randn(2, 512, 1))


@pytest.mark.parametrize("name", ["periods", "scales", "hifigan"])
def test_spectrograms_as_conditions_are_not_seen(name):
    network = NETWORKS[name](sound(cond=(2, 10), paired=True)).eval()
    samples = torch.randn(2, 512, 1)
    assert torch.equal(logits_of(network, samples, torch.randn(2, 2, 10)), logits_of(network, samples))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_memory_format_does_not_change_logits(name):
    network, samples = NETWORKS[name](sound()).eval(), torch.randn(2, 512, 1)
    expected = logits_of(network, samples)
    torch.testing.assert_close(logits_of(network.to(memory_format=torch.channels_last), samples), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_half_precision_gives_nearly_the_same_logits(name):
    network, samples = NETWORKS[name](sound()).eval(), torch.randn(2, 512, 1)
    expected = logits_of(network, samples)
    with torch.autocast("cpu", torch.bfloat16):
        logits = logits_of(network, samples).float()
    assert (logits - expected).abs().max() < 0.05 + 0.05 * expected.abs().max()


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_a_penalty_agree_with_finite_differences(name):
    network = NETWORKS[name](sound()).double().eval()
    samples = (torch.randn(2, 512, 1, dtype=torch.float64) / 3).requires_grad_()
    directions = [torch.randn_like(weight) for weight in network.parameters()]

    def penalty():
        return tree.squared_gradient_norm(logits_of(network, samples), samples).sum()

    slopes = torch.autograd.grad(penalty(), list(network.parameters()), allow_unused=True, materialize_grads=True)
    expected = sum(float((slope * direction).sum()) for slope, direction in zip(slopes, directions, strict=True))
    values, size = [], 1e-6
    for sign in (1, -1):
        for weight, direction in zip(network.parameters(), directions, strict=True):
            weight.data += sign * size * direction
        values.append(penalty().item())
        for weight, direction in zip(network.parameters(), directions, strict=True):
            weight.data -= sign * size * direction
    assert (values[0] - values[1]) / (2 * size) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["spectrogram", "levels"])
def test_silence_has_finite_gradients_and_penalties(name):
    network, silence = NETWORKS[name](sound()), torch.zeros(2, 512, 1, requires_grad=True)
    penalty = tree.squared_gradient_norm(logits_of(network, silence), silence).sum()
    penalty.backward()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters())


def test_levels_do_not_see_the_sign_and_frequencies_do_not_see_the_phase():
    network = NETWORKS["spectrogram"](sound()).eval()
    samples = torch.randn(2, 512, 1)
    torch.testing.assert_close(logits_of(network, -samples), logits_of(network, samples))


def test_phase_shuffle_shifts_and_reflects():
    layer, maps = PhaseShuffle(2), torch.arange(12.0).reshape(1, 1, 1, 12).repeat(200, 3, 1, 1)
    shifted = layer(maps)
    assert torch.equal(shifted[:, 0], shifted[:, 2])
    expected = {(2, 1, 0), (1, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 4)}
    assert {tuple(row[:3].tolist()) for row in shifted[:, 0, 0]} == expected
    assert torch.equal(layer.eval()(maps), maps)
    assert PhaseShuffle(0)(maps) is maps


def test_phase_shuffle_can_be_differentiated_twice():
    torch.manual_seed(1)
    layer, maps = PhaseShuffle(2), torch.randn(3, 2, 1, 8, dtype=torch.float64, requires_grad=True)

    def shuffled(values):
        torch.manual_seed(1)
        return layer(values).square()

    assert torch.autograd.gradgradcheck(shuffled, maps)


def test_a_resumed_run_shuffles_as_an_uninterrupted_one(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    networks = ["discriminator=wavegan", "discriminator.width=2", *DENSE[:1], *DENSE[2:3], "latent.size=4"]
    lines = [*SOUND, *QUIET, *networks, "batch_size=4", "iterations=5", "regularizer=[r1]"]
    go(tmp_path / "whole", *lines)
    stopped = go(tmp_path / "cut", *lines, "callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3")
    assert stopped.interrupted
    go(tmp_path / "cut", *lines)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    go(tmp_path / "plain", *lines, "discriminator.shuffle=0")
    with pytest.raises(AssertionError):
        assert_same(state(tmp_path / "plain"), state(tmp_path / "whole"))


def test_only_networks_without_random_shifts_treat_samples_independently():
    assert not WaveGAN(sound(), width=2).independent_samples
    assert WaveGAN(sound(), width=2, shuffle=0).independent_samples


def test_parameter_counts_match_the_paper():
    with torch.device("meta"):
        spec = sound(8192)
        # The numbers of the authors' code (jik876/hifi-gan), without the lengths of weight normalisation.
        assert count(MultiPeriod(spec, weight_norm=False)) == 41_092_165
        assert count(MultiScaleWaves(spec, weight_norm=False, spectral_norm=False)) == 29_610_627
        widths = [layer.out_channels for layer in WaveGAN(sound(16384)).modules() if isinstance(layer, nn.Conv2d)]
        assert widths == [64, 128, 256, 512, 1024]


def test_periods_and_scales_show_all_of_their_maps():
    network, samples = NETWORKS["hifigan"](sound()), torch.randn(2, 512, 1)
    maps = network.discriminate(samples).features
    assert len(maps) == 3 * 5 + 2 * 7 + 1
    assert all(len(values) == 2 for values in maps)
    assert maps[-1].shape == (2, network.feature_size)
    assert torch.equal(network.eval().features(samples, None), network.discriminate(samples).features[-1])


def test_joined_logits_weigh_each_discriminator_and_each_logit_the_same():
    rows = [as_output(torch.randn(2, count)) for count in (53, 37, 29, 1)]
    joined = join_logits(rows)
    assert joined.shape == (2, 4, 32 * 53)
    for index, row in enumerate(rows):
        torch.testing.assert_close(joined[:, index].mean(1), row.logits.mean(1), atol=0.02, rtol=0)
    exact = join_logits([as_output(torch.randn(2, count)) for count in (4, 6)])
    assert exact.shape == (2, 2, 12)


def test_a_period_sees_every_so_many_samples():
    layer = next(iter(MultiPeriod(sound(10), [3], width=1, layers=1).critics.values()))
    laid_out = layer.layout(torch.arange(10.0)[None, :, None])[0, 0]
    assert laid_out.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 8, 7]]  # continued by reflection


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MultiPeriod(sound(), [2, 2]), "periods must be different numbers"),
        (lambda: MultiPeriod(sound(), [300]), "periods must be at most half of the 512 samples"),
        (lambda: MultiPeriod(sound(), []), "number of periods must be at least 1"),
        (lambda: MultiScaleWaves(sound(4), 3), "halves a sound 2 times, which 4 samples do not allow"),
        (lambda: WaveGAN(sound(), shuffle=-1), "shuffle must be at least 0"),
        (lambda: WaveGAN(sound(), shuffle=32), "shuffle must be below the 32 positions"),
        (lambda: Spectrogram(sound(500), DCGAN), "needs sounds of a multiple of 128 samples"),
        (lambda: Spectrogram(sound(), DCGAN, phase="all"), "phase must be one of none, frequency, got 'all'"),
        (lambda: Spectrogram(sound(), DCGAN, sizes=[64, 64]), "sizes must differ from each other"),
        (lambda: Spectrogram(sound(), DCGAN, range_db=0), "range_db must be above 0"),
        (lambda: WaveGAN(Spec((512, 1))), r"needs sound .* but the data has sequences .* or discriminator=rnn"),
    ],
)
def test_what_does_not_fit_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("name", FOR_DISCRIMINATOR)
def test_yaml_lists_every_setting_with_the_constructors_defaults(name):
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        values = OmegaConf.to_container(compose(f"discriminator/{name}").discriminator)
    target = get_class(values.pop("_target_"))
    assert values.pop("_partial_") is True
    parameters = dict(list(inspect.signature(target).parameters.items())[1:])
    assert list(values) == list(parameters)
    for key, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert json.loads(json.dumps(parameter.default)) == values[key], key
