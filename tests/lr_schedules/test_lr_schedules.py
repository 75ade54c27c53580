import math
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import ganlab
from ganlab.config import conf_directory, instantiate
from ganlab.lr_schedules import Constant, Cosine, Linear

NAMES = sorted(path.stem for path in Path(conf_directory(), "lr_schedule").glob("*.yaml"))


@cache
def build(name, *settings):
    return instantiate(ganlab.compose([f"lr_schedule={name}", *settings]).lr_schedule)


def factors(schedule, iterations=100):
    return [schedule(step, iterations) for step in range(iterations)]


def test_constant():
    assert factors(Constant()) == [1.0] * 100


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Linear(), {0: 1, 25: 0.75, 99: 0.01}),
        (Linear(final=0.2), {0: 1, 50: 0.6, 99: 0.208}),
        (Cosine(final=0.25, end=0.5), {0: 1, 25: 0.625, 50: 0.25, 99: 0.25}),
        (Linear(start=0.5), {0: 1, 50: 1, 75: 0.5, 99: 0.02}),
        (Linear(start=1.0), {0: 1, 99: 1}),
        (Cosine(), {0: 1, 50: 0.5, 25: (1 + math.sqrt(0.5)) / 2, 99: (1 + math.cos(0.99 * math.pi)) / 2}),
        (Cosine(final=0.1), {0: 1, 50: 0.55}),
        # After a warm-up over the first fifth, step 60 is half of the remaining steps.
        (Cosine(warmup=0.2), {20: 1, 60: 0.5}),
        (Linear(warmup=0.2), {20: 1, 60: 0.5}),
    ],
)
def test_by_hand(schedule, expected):
    assert {step: schedule(step, 100) for step in expected} == pytest.approx(expected)


def test_the_decay_from_half_the_steps_is_that_of_cyclegan():
    # 100 epochs at the full rate, then 1 - (epoch - 100) / 100 in Zhu et al. 2017, section 4.
    schedule = build("linear_from_half")
    values = factors(schedule, 200)
    assert values[:100] == [1.0] * 100
    assert values[100:] == pytest.approx([1 - epoch / 100 for epoch in range(100)])
    assert schedule(8, 10) == pytest.approx(0.4)


@pytest.mark.parametrize("name", NAMES)
def test_the_factor_decreases_within_0_to_1(name):
    values = factors(build(name))
    assert all(1 >= before >= after >= 0 for before, after in pairwise(values))


@pytest.mark.parametrize("name", NAMES)
def test_the_warm_up_is_linear_from_above_0_to_1(name):
    values = factors(build(name, "lr_schedule.warmup=0.1"))
    steps = [after - before for before, after in pairwise(values[:11])]
    assert values[0] > 0
    assert values[10] == pytest.approx(1)
    assert steps == pytest.approx([steps[0]] * 10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_short_runs_have_a_learning_rate(name, iterations):
    schedule = build(name, "lr_schedule.warmup=0.5")
    assert all(0 < schedule(step, iterations) <= 1 for step in range(iterations))


@pytest.mark.parametrize("warmup", [-0.1, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_other_warm_ups_are_rejected(name, warmup):
    message = rf"^warmup must be at least 0 and below 1, a share of the iterations, got {warmup}$"
    with pytest.raises(ValueError, match=message):
        type(build(name))(warmup=warmup)


@pytest.mark.parametrize(("build", "name"), [(Linear, "final"), (Linear, "start"), (Cosine, "final")])
def test_shares_outside_0_to_1_are_rejected(build, name):
    with pytest.raises(ValueError, match=rf"^{name} must be between 0 and 1, got 1\.5$"):
        build(**{name: 1.5})
