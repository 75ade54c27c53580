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


def kept(ema):
    return ema.network[0].weight.item()


@pytest.mark.parametrize("step", [1, 8, 64, 512])
def test_the_old_weights_count_half_after_the_half_life_whatever_the_batch(step):
    ema = HalfLife(network(1.0), half_life_samples=512, ramp_up=0)
    for samples in range(step, 512 + 1, step):
        ema.update(network(0.0), samples)
    assert kept(ema) == pytest.approx(0.5, rel=1e-4)
    for samples in range(512 + step, 1536 + 1, step):
        ema.update(network(0.0), samples)
    assert kept(ema) == pytest.approx(0.125, rel=1e-4)


def test_updates_weigh_the_samples_since_the_last_one():
    # 0.5^(100/200), then 0.5^(300/200)
    ema = HalfLife(network(1.0), half_life_samples=200, ramp_up=0)
    ema.update(network(0.0), 100)
    assert kept(ema) == pytest.approx(0.5**0.5)
    ema.update(network(0.0), 400)
    assert kept(ema) == pytest.approx(0.5**2)


def test_the_ramp_shortens_the_half_life_to_a_share_of_the_samples_seen():
    # At 1000 samples of 0.1 the half-life is 100: 10 half-lives since 0; at 1100 it is 110, from 1000 on.
    ema = HalfLife(network(1.0), half_life_samples=10_000, ramp_up=0.1)
    ema.update(network(0.0), 1000)
    assert kept(ema) == pytest.approx(0.5**10, rel=1e-3)
    ema.update(network(0.0), 1100)
    assert kept(ema) == pytest.approx(0.5 ** (10 + 100 / 110), rel=1e-3)


def test_the_ramp_ends_at_the_half_life():
    ema = HalfLife(network(1.0), half_life_samples=100, ramp_up=0.5)
    ema.set_extra_state(9900)
    ema.update(network(0.0), 10_000)
    assert kept(ema) == pytest.approx(0.5)


def test_buffers_are_copied():
    ema = HalfLife(network(1.0), half_life_samples=1e9, ramp_up=0)
    source = network(3.0)
    source[1].num_batches_tracked.fill_(17)
    ema.update(source, 64)
    assert ema.network[1].running_mean.item() == 3
    assert ema.network[1].num_batches_tracked.item() == 17
    assert kept(ema) == pytest.approx(1.0, abs=1e-5)


def test_the_average_is_its_own_stays_in_evaluation_and_asks_for_no_gradients():
    source = network(1.0)
    ema = HalfLife(source)
    with torch.no_grad():
        source[0].weight.fill_(9)
    assert kept(ema) == 1
    ema.train()
    assert not any(module.training for module in ema.network.modules())
    assert not any(weights.requires_grad for weights in ema.parameters())


def test_state_goes_on_as_if_never_stopped():
    once, again = HalfLife(network(1.0), 300), HalfLife(network(5.0), 300)
    once.update(network(0.3), 64)
    again.load_state_dict(once.state_dict())
    for ema in (once, again):
        ema.update(network(-0.7), 128)
    assert kept(once) == kept(again)


def test_live_is_the_network_itself_and_saves_nothing():
    source = network(1.0)
    live = Live(source)
    live.update(network(0.0), 100)
    assert live.network is source
    assert not live.state_dict()
    assert not list(live.parameters())


@pytest.mark.parametrize("half_life", [0, -5])
def test_refuses_half_lives_that_are_not_positive(half_life):
    with pytest.raises(ValueError, match=rf"^half_life_samples must be above 0, got {half_life}$"):
        HalfLife(nn.Identity(), half_life)


def test_refuses_negative_ramps():
    with pytest.raises(ValueError, match=r"^ramp_up must be at least 0, got -0\.1$"):
        HalfLife(nn.Identity(), ramp_up=-0.1)
