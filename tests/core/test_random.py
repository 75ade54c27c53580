import pytest
import torch

from ganlab.core.random import Random, derive

DRAWS = {
    "normal": lambda random, purpose, *shape: random.normal(purpose, shape),
    "uniform": lambda random, purpose, *shape: random.uniform(purpose, shape),
    "integers": lambda random, purpose, *shape: random.integers(purpose, 1000, shape),
}
every_kind = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@every_kind
@pytest.mark.parametrize("parts", [2, 3, 6])
def test_parts_together_draw_what_one_process_draws(draw, parts):
    single = Random(7).seek(11)
    joined = [draw(single, "a", 12, 2), draw(single, "a", 12, 2)]
    processes = [Random(7).seek(11, part, parts) for part in range(parts)]
    for expected in joined:
        assert torch.equal(torch.cat([draw(process, "a", 12 // parts, 2) for process in processes]), expected)


@every_kind
@pytest.mark.parametrize(
    "other",
    [Random(8).seek(11), Random(7).seek(12)],
    ids=["seed", "step"],
)
def test_another_seed_or_step_draws_other_numbers(draw, other):
    assert not torch.equal(draw(Random(7).seek(11), "a", 50), draw(other, "a", 50))


@every_kind
def test_seek_to_the_same_step_repeats_the_draws(draw):
    random = Random(7)
    random.seek(11)
    first, second = draw(random, "a", 50), draw(random, "a", 50)
    random.seek(3, 1, 2)
    draw(random, "b", 9)
    random.seek(11)
    assert torch.equal(draw(random, "a", 50), first)
    assert torch.equal(draw(random, "a", 50), second)
    assert not torch.equal(first, second)


@every_kind
def test_draws_of_one_purpose_do_not_shift_another(draw):
    one, other = Random(7).seek(2), Random(7).seek(2)
    for _ in range(3):
        draw(other, "b", 5)
    assert torch.equal(draw(one, "a", 50), draw(other, "a", 50))
    assert not torch.equal(draw(one, "a", 50), draw(other, "b", 50))


@every_kind
def test_the_default_generator_of_torch_is_neither_read_nor_changed(draw):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = draw(Random(7), "a", 50)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(draw(Random(7), "a", 50), one)


def test_distributions():
    random = Random(3)
    normal, uniform = random.normal("n", (40_000,)), random.uniform("u", (40_000,))
    assert normal.mean().item() == pytest.approx(0, abs=0.02)
    assert normal.std().item() == pytest.approx(1, abs=0.02)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.01)
    counts = random.integers("i", 4, (40_000,)).bincount(minlength=4)
    assert len(counts) == 4
    assert (counts.float() / 40_000 - 0.25).abs().max() < 0.015


def test_neighbouring_steps_and_seeds_are_uncorrelated():
    rows = torch.stack([Random(seed).seek(step).normal("a", (5000,)) for seed in range(3) for step in range(3)])
    assert (torch.corrcoef(rows) - torch.eye(9)).abs().max() < 0.06


def test_derive_is_reproducible_and_distinguishes_keys():
    # A constant: a run resumed with another Python, platform or process must draw the same numbers.
    assert derive(0, 1, "latent", 1) == 936505503981518754
    keys = [(0, 1), (1, 0), (0, "1"), ("0", 1), (0, 1, ""), (0, 111), (11, 1), (1, 11)]
    assert len({derive(*key) for key in keys}) == len({repr(key) for key in keys})
    assert all(0 <= derive(*key) < 2**63 for key in keys)
