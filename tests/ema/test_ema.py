import pytest
import torch
from torch import nn

from ganlab.ema import HalfLife, Live


def network(value):
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    with torch.no_grad():
        for weights in net.parameters():
            weights.fill_(value)
        net[1].running_mean.fill_(value)
    return net


def average(ema):
    return ema.network[0].weight.item()


@pytest.mark.parametrize("step", [1, 8, 64, 512])
def test_the_old_weights_have_weight_one_half_after_the_half_life_for_any_batch_size(step):
    ema = HalfLife(network(1.0), half_life_samples=512, ramp_up=0)
    for samples in range(step, 512 + 1, step):
        ema.update(network(0.0), samples)
    assert average(ema) == pytest.approx(0.5, rel=1e-4)
    for samples in range(512 + step, 1536 + 1, step):
        ema.update(network(0.0), samples)
    assert average(ema) == pytest.approx(0.125, rel=1e-4)


def test_updates_weigh_the_samples_since_the_last_one():
    # 0.5^(100/200), then 0.5^(300/200)
    ema = HalfLife(network(1.0), half_life_samples=200, ramp_up=0)
    ema.update(network(0.0), 100)
    assert average(ema) == pytest.approx(0.5**0.5)
    ema.update(network(0.0), 400)
    assert average(ema) == pytest.approx(0.5**2)


def test_the_ramp_limits_the_half_life_to_a_share_of_the_samples_so_far():
    # At 1000 samples the half-life is 0.1 · 1000 = 100, so 10 half-lives since 0; at 1100 samples it is 110.
    ema = HalfLife(network(1.0), half_life_samples=10_000, ramp_up=0.1)
    ema.update(network(0.0), 1000)
    assert average(ema) == pytest.approx(0.5**10, rel=1e-3)
    ema.update(network(0.0), 1100)
    assert average(ema) == pytest.approx(0.5 ** (10 + 100 / 110), rel=1e-3)


def test_the_ramp_ends_at_the_half_life():
    ema = HalfLife(network(1.0), half_life_samples=100, ramp_up=0.5)
    ema.set_extra_state(9900)
    ema.update(network(0.0), 10_000)
    assert average(ema) == pytest.approx(0.5)


def test_buffers_are_copied():
    ema = HalfLife(network(1.0), half_life_samples=1e9, ramp_up=0)
    source = network(3.0)
    source[1].num_batches_tracked.fill_(17)
    ema.update(source, 64)
    assert ema.network[1].running_mean.item() == 3
    assert ema.network[1].num_batches_tracked.item() == 17
    assert average(ema) == pytest.approx(1.0, abs=1e-5)


def test_the_average_is_a_copy_in_evaluation_mode_without_gradients():
    source = network(1.0)
    ema = HalfLife(source)
    with torch.no_grad():
        source[0].weight.fill_(9)
    assert average(ema) == 1
    ema.train()
    assert not any(module.training for module in ema.network.modules())
    assert not any(weights.requires_grad for weights in ema.parameters())


def test_the_state_dict_restores_the_average():
    first, restored = HalfLife(network(1.0), 300), HalfLife(network(5.0), 300)
    first.update(network(0.3), 64)
    restored.load_state_dict(first.state_dict())
    for ema in (first, restored):
        ema.update(network(-0.7), 128)
    assert average(first) == average(restored)


def test_live_is_the_network_itself_and_saves_nothing():
    source = network(1.0)
    live = Live(source)
    live.update(network(0.0), 100)
    assert live.network is source
    assert not live.state_dict()
    assert not list(live.parameters())


@pytest.mark.parametrize("half_life", [0, -5])
def test_half_lives_that_are_not_positive_are_rejected(half_life):
    with pytest.raises(ValueError, match=rf"^half_life_samples must be above 0, got {half_life}$"):
        HalfLife(nn.Identity(), half_life)


def test_negative_ramps_are_rejected():
    with pytest.raises(ValueError, match=r"^ramp_up must be at least 0, got -0\.1$"):
        HalfLife(nn.Identity(), ramp_up=-0.1)
