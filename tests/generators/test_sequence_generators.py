"""Generators of sequences: exact draws, their likelihood, their gradients, and settings that are refused."""

import pytest
import torch
from support.short_texts import encode, spec_of

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.generators import Recurrent, Transformer
from ganlab.latents import Gumbel
from ganlab.layers.tokens import BEGIN, END, PADDING, shift_right

SPEC = spec_of(4)  # of at most three of three symbols
GENERATORS = {
    "recurrent": lambda: Recurrent(SPEC, width=8, embedding=4, layers=2),
    "transformer": lambda: Transformer(SPEC, width=8, heads=2, layers=2),
}


@pytest.fixture(params=GENERATORS)
def generator(request):
    torch.manual_seed(0)
    return GENERATORS[request.param]()


def draw(generator, count, seed=0):
    return generator(Gumbel().fit(SPEC).sample(count, Random(seed)))


def all_texts():
    return [first + second + third for first in ("", *"abc") for second in ("", *"abc") for third in ("", *"abc")]


def test_samples_are_one_hot_rows_with_one_end_and_padding_behind_it(generator) -> None:
    samples = draw(generator, 200).detach()
    assert set(samples.unique().tolist()) == {0.0, 1.0}
    assert (samples.sum(-1) == 1).all()
    tokens = samples.argmax(-1)
    assert ((tokens == END).sum(1) == 1).all()
    assert not (tokens == BEGIN).any()
    assert torch.equal(tokens == PADDING, (tokens == END).cumsum(1).bool() & (tokens != END))


def test_the_probabilities_of_all_sequences_sum_to_one(generator) -> None:
    samples = encode(*sorted(set(all_texts())), length=4)
    total = generator.log_probabilities(samples).sum(1).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-5)


def test_sequences_are_drawn_as_often_as_their_likelihood_says(generator) -> None:
    samples = draw(generator, 20_000).detach()
    texts = sorted(set(all_texts()))
    known = encode(*texts, length=4)
    expected = generator.log_probabilities(known).sum(1).exp()
    counts = (samples[:, None].argmax(-1) == known[None].argmax(-1)).all(-1).double().mean(0)
    assert counts.sum() == pytest.approx(1)
    assert (counts - expected).abs().max() < 0.01


def test_reading_at_once_equals_reading_one_by_one(generator) -> None:
    samples = draw(generator, 20).detach()
    at_once = generator.predict(shift_right(samples))
    state, single = generator.start(20), []
    for rows in shift_right(samples).unbind(1):
        logits, state = generator.advance(rows, state)
        single.append(logits)
    torch.testing.assert_close(torch.stack(single, 1), at_once, rtol=1e-4, atol=1e-5)


def test_a_low_temperature_draws_the_most_probable_symbols(generator) -> None:
    generator.truncate(1e-6)
    assert generator.score_settings() == {"temperature": 1e-6}
    assert len({tuple(row) for row in draw(generator, 50).argmax(-1).tolist()}) == 1


def test_symbols_have_the_gradients_of_relaxed_ones_or_none(generator) -> None:
    latents, weights = Gumbel().fit(SPEC).sample(16, Random(0)), torch.randn(4, 6)
    (generator(latents) * weights).sum().backward()
    assert all(weight.grad.isfinite().all() for weight in generator.parameters())
    assert sum(float(weight.grad.abs().sum()) for weight in generator.parameters()) > 0
    generator.relaxation = 0.0
    assert not generator(latents).requires_grad


def test_gradients_of_a_hot_relaxation_are_small(generator) -> None:
    latents, sizes = Gumbel().fit(SPEC).sample(16, Random(0)), []
    for generator.relaxation in (0.5, 1000.0):
        generator.zero_grad()
        (generator(latents) * torch.linspace(-1, 1, 6)).sum().backward()
        sizes.append(sum(float(weight.grad.abs().sum()) for weight in generator.parameters()))
    assert sizes[1] < sizes[0] / 100


def test_other_data_latents_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="Recurrent needs sequences of symbols, such as text"):
        Recurrent(Spec((4, 6)))
    with pytest.raises(ValueError, match="the latents have 3; use latent=gumbel"):
        Recurrent(SPEC, width=4)(torch.zeros(2, 3))
    for settings, message in (
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ({"width": 0}, "width must be at least 1"),
        ({"embedding": 0}, "embedding must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            Recurrent(SPEC, **settings)
    for settings, message in (
        ({"width": 6, "heads": 4}, "width must be a multiple of heads=4, got 6"),
        ({"dropout": -0.1}, "dropout must be at least 0"),
        ({"layers": 0}, "layers must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            Transformer(SPEC, **settings)
    with pytest.raises(ValueError, match="share of the temperature must be above 0"):
        Recurrent(SPEC, width=4).truncate(0.0)
    with pytest.raises(ValueError, match="latent=gumbel needs sequences of symbols"):
        Gumbel().fit(Spec((2,)))


def test_gumbel_noise_has_its_mean_and_deviation() -> None:
    noise = Gumbel().fit(SPEC).sample(5000, Random(0)).double()
    assert noise.mean().item() == pytest.approx(0.5772, abs=0.02)
    assert noise.std().item() == pytest.approx(torch.pi / 6**0.5, abs=0.02)
    assert noise.isfinite().all()
