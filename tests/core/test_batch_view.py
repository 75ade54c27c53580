import pytest
import torch

from ganlab.core.interfaces import DiscriminatorOutput, as_output
from ganlab.core.interfaces.batch_view import BatchView


class Counted:
    """A view of a generator and a discriminator that record their calls."""

    def __init__(self, player, **settings):
        self.theta = torch.nn.Parameter(torch.ones(4, 2))
        self.generated, self.discriminated = 0, []
        self.view = BatchView(
            real=torch.zeros(4, 2), generate=self.generate, discriminator=self.discriminate, player=player, **settings
        )

    def generate(self):
        self.generated += 1
        return self.theta * 2

    def discriminate(self, samples):
        self.discriminated.append(samples)
        return DiscriminatorOutput(samples.sum(1))


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_everything_is_computed_at_first_use_and_once(player):
    counted = Counted(player)
    assert (counted.generated, len(counted.discriminated)) == (0, 0)
    for _ in range(3):
        assert counted.view.on_fake is counted.view.on_fake
    assert (counted.generated, len(counted.discriminated)) == (1, 1)
    assert torch.equal(counted.view.on_real.logits, torch.zeros(4))
    assert torch.equal(counted.view.on_real.logits, torch.zeros(4))
    assert (counted.generated, len(counted.discriminated)) == (1, 2)


def test_only_the_generators_view_has_the_generators_graph():
    counted = Counted("generator")
    counted.view.on_fake.logits.sum().backward()
    assert torch.equal(counted.theta.grad, torch.full((4, 2), 2.0))
    for differentiable in (False, True):
        detached = Counted("discriminator", differentiable=differentiable)
        assert not detached.view.on_fake.logits.requires_grad or detached.view.fake.is_leaf
        assert torch.equal(detached.view.fake, torch.full((4, 2), 2.0))


@pytest.mark.parametrize("differentiable", [False, True])
def test_samples_require_gradients_only_in_a_differentiable_view(differentiable):
    view = Counted("discriminator", differentiable=differentiable).view
    assert view.real.requires_grad == view.fake.requires_grad == differentiable
    if differentiable:
        (gradient,) = torch.autograd.grad(view.on_fake.logits.sum(), view.fake)
        assert torch.equal(gradient, torch.ones(4, 2))


def test_the_batch_itself_is_not_changed():
    real = torch.zeros(4, 2)
    view = BatchView(real, lambda: real, lambda x: DiscriminatorOutput(x.sum(1)), "discriminator", differentiable=True)
    assert view.real is not real
    assert not real.requires_grad


def test_logits_alone_are_a_discriminator_output():
    logits = torch.zeros(3)
    assert as_output(logits).logits is logits
    assert as_output(DiscriminatorOutput(logits)).logits is logits
