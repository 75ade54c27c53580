"""Search spaces in Hydra's syntax, and the points drawn from them."""

import math

import pytest
from support.instant_launcher import RATE

from ganlab.core.errors import UserError
from ganlab.sweeps.search.axes import Choice, Real, Whole
from ganlab.sweeps.search.random_search import RandomSuggester
from ganlab.sweeps.search.space import parse


def parse_axis(line):
    (axis,) = parse([line]).axes
    return axis


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("loss=hinge,wasserstein", Choice("loss", "loss", ("hinge", "wasserstein"))),
        ("loss=choice(hinge,wasserstein)", Choice("loss", "loss", ("hinge", "wasserstein"))),
        ("regularizer=[r1],[r1,r2],[]", Choice("regularizer", "regularizer", ("[r1]", "[r1,r2]", "[]"))),
        ("name='a b','c'", Choice("name", "name", ("'a b'", "'c'"))),
        ("seed=range(0,5)", Whole("seed", "seed", 0, 4)),
        ("seed=range(1,8,3)", Whole("seed", "seed", 1, 7, 3)),
        ("seed=range(5,0,-2)", Whole("seed", "seed", 1, 5, 2)),
        ("batch_size=tag(log, range(1,65))", Whole("batch_size", "batch_size", 1, 64, log=True)),
        ("batch_size=int(interval(8,64))", Whole("batch_size", "batch_size", 8, 64)),
        ("batch_size=tag(log, int(interval(8,64)))", Whole("batch_size", "batch_size", 8, 64, log=True)),
        (f"{RATE}=interval(0,1)", Real(RATE, RATE[2:], 0.0, 1.0)),
        (f"{RATE}=tag(log, interval(1e-5,1e-2))", Real(RATE, RATE[2:], 1e-5, 1e-2, log=True)),
        (f"{RATE}=range(0.0,1.0,0.25)", Real(RATE, RATE[2:], 0.0, 0.75, 0.25)),
    ],
)
def test_every_kind_of_axis_is_parsed(line, expected):
    assert parse_axis(line) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a=interval(3,2)", r"a=interval\(3,2\): an interval goes from a number to a larger one, got 3.0 and 2.0"),
        ("a=interval(1,1)", "a larger one"),
        ("a=tag(log, interval(0,1))", "needs values above 0, got 0.0"),
        ("a=tag(log, range(0,3))", "needs values above 0, got 0"),
        ("a=tag(log, range(1,9,2))", "must have step 1"),
        ("a=range(3,3)", "contains no value; it does not include its stop"),
        ("a=range(0,3,0)", "a step that is not 0"),
    ],
)
def test_axes_without_a_value_are_rejected(line, message):
    with pytest.raises(UserError, match=message):
        parse([line])


def test_a_point_has_the_fixed_overrides_and_one_value_per_axis():
    space = parse(["loss=hinge", "seed=1", f"{RATE}=tag(log, interval(1e-5,1e-2))", "~ema", "seed=range(3,4)"])
    assert space.fixed == ("loss=hinge", "~ema")
    point = space.suggest(RandomSuggester(0, 0))
    assert point[:2] == ("loss=hinge", "~ema")
    assert "seed=3" in point
    (rate,) = (float(override.split("=")[1]) for override in point if override.startswith(RATE))
    assert 1e-5 <= rate <= 1e-2
    assert rate == float(f"{rate:.6g}")


def test_corners_have_every_option_and_both_ends():
    space = parse(["a=1,2,3", "b=interval(0,1)", "c=range(5,7)", "d=x"])
    assert space.corners() == [
        ("d=x", "a=1", "b=0.0", "c=5"),
        ("d=x", "a=2", "b=0.0", "c=5"),
        ("d=x", "a=3", "b=0.0", "c=5"),
        ("d=x", "a=1", "b=1.0", "c=5"),
        ("d=x", "a=1", "b=0.0", "c=6"),
    ]
    assert space.size() == math.inf
    assert parse(["a=1,2,3", "c=range(5,7)", "b=range(0.0,1.0,0.25)"]).size() == 24


def test_random_values_are_uniform_on_their_scale_and_depend_only_on_seed_and_number():
    count = 4000
    suggesters = [RandomSuggester(1, i) for i in range(count)]
    rates = [math.log10(suggester.suggest_float("rate", 1e-4, 1e-2, log=True)) for suggester in suggesters]
    assert min(rates) >= -4
    assert max(rates) <= -2
    assert sum(rate < -3 for rate in rates) / count == pytest.approx(0.5, abs=0.03)
    for kind in ({"step": 3}, {"log": True}):
        wholes = [suggester.suggest_int(f"whole{kind}", 1, 16, **kind) for suggester in suggesters]
        assert min(wholes) == 1
        assert max(wholes) == 16
    thirds = [suggester.suggest_categorical("loss", "abc") for suggester in suggesters]
    assert all(thirds.count(letter) / count == pytest.approx(1 / 3, abs=0.03) for letter in "abc")
    steps = {suggester.suggest_float("steps", 0.0, 0.75, step=0.25) for suggester in suggesters}
    assert steps == {0.0, 0.25, 0.5, 0.75}
    assert RandomSuggester(1, 7).suggest_float("rate", 0, 1) == RandomSuggester(1, 7).suggest_float("rate", 0, 1)
    assert RandomSuggester(1, 7).suggest_float("rate", 0, 1) != RandomSuggester(2, 7).suggest_float("rate", 0, 1)
