import pytest
import torch

from ganlab.core.interfaces import DiscriminatorOutput, as_output
from ganlab.core.interfaces.batch_view import BatchView


class Counted:
    """A generator and a critic that count their calls."""

    def __init__(self, player, **settings):
        self.theta = torch.nn.Parameter(torch.ones(4, 2))
        self.generated, self.discriminate = 0, []
        self.view = BatchView(
            real=torch.zeros(4, 2), generate=self.generate, discriminator=self.judge, player=player, **settings
        )

    def generate(self):
        self.generated += 1
        return self.theta * 2

    def judge(self, samples):
        self.discriminate.append(samples)
        return DiscriminatorOutput(samples.sum(1))


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_nothing_is_computed_before_it_is_asked_for_and_then_once(player):
    counted = Counted(player)
    assert (counted.generated, len(counted.discriminate)) == (0, 0)
    for _ in range(3):
        assert counted.view.on_fake is counted.view.on_fake
    assert (counted.generated, len(counted.discriminate)) == (1, 1)
    assert torch.equal(counted.view.on_real.logits, torch.zeros(4))
    assert torch.equal(counted.view.on_real.logits, torch.zeros(4))
    assert (counted.generated, len(counted.discriminate)) == (1, 2)


def test_the_generator_is_reached_by_its_own_gradient_only():
    counted = Counted("generator")
    counted.view.on_fake.logits.sum().backward()
    assert torch.equal(counted.theta.grad, torch.full((4, 2), 2.0))
    for differentiable in (False, True):
        cut = Counted("discriminator", differentiable=differentiable)
        assert not cut.view.on_fake.logits.requires_grad or cut.view.fake.is_leaf
        assert torch.equal(cut.view.fake, torch.full((4, 2), 2.0))


@pytest.mark.parametrize("differentiable", [False, True])
def test_leaves_collect_gradients_only_where_asked(differentiable):
    view = Counted("discriminator", differentiable=differentiable).view
    assert view.real.requires_grad == view.fake.requires_grad == differentiable
    if differentiable:
        (gradient,) = torch.autograd.grad(view.on_fake.logits.sum(), view.fake)
        assert torch.equal(gradient, torch.ones(4, 2))


def test_the_caller_keeps_its_own_real_samples():
    real = torch.zeros(4, 2)
    view = BatchView(real, lambda: real, lambda x: DiscriminatorOutput(x.sum(1)), "discriminator", differentiable=True)
    assert view.real is not real
    assert not real.requires_grad


def test_bare_logits_are_a_verdict():
    logits = torch.zeros(3)
    assert as_output(logits).logits is logits
    assert as_output(DiscriminatorOutput(logits)).logits is logits
