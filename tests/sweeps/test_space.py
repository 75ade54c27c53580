"""Spaces in Hydra's words: what is said is what is drawn."""

import math

import pytest
from support.instant_launcher import RATE

from ganlab.core.errors import UserError
from ganlab.sweeps.search.axes import Choice, Real, Whole
from ganlab.sweeps.search.random_search import Drawn
from ganlab.sweeps.search.space import parse


def axis(line):
    (found,) = parse([line]).axes
    return found


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
def test_each_way_to_say_it(line, expected):
    assert axis(line) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a=interval(3,2)", r"a=interval\(3,2\): an interval goes from a number to a larger one, got 3.0 and 2.0"),
        ("a=interval(1,1)", "a larger one"),
        ("a=tag(log, interval(0,1))", "needs a lowest value above 0, got 0.0"),
        ("a=tag(log, range(0,3))", "needs a lowest value above 0, got 0"),
        ("a=tag(log, range(1,9,2))", "goes in steps of 1"),
        ("a=range(3,3)", "holds no value; the stop is not part of it"),
        ("a=range(0,3,0)", "a step that is not 0"),
    ],
)
def test_axes_without_a_value_are_refused(line, said):
    with pytest.raises(UserError, match=said):
        parse([line])


def test_a_point_holds_what_is_fixed_and_a_value_of_each_axis():
    space = parse(["loss=hinge", "seed=1", f"{RATE}=tag(log, interval(1e-5,1e-2))", "~ema", "seed=range(3,4)"])
    assert space.fixed == ("loss=hinge", "~ema")
    point = space.point(Drawn(0, 0))
    assert point[:2] == ("loss=hinge", "~ema")
    assert "seed=3" in point
    (rate,) = (float(each.split("=")[1]) for each in point if each.startswith(RATE))
    assert 1e-5 <= rate <= 1e-2
    assert rate == float(f"{rate:.6g}")


def test_corners_show_every_option_and_both_ends():
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


def test_random_draws_are_uniform_on_their_scale_and_depend_on_nothing_but_seed_and_number():
    count = 4000
    drawn = [Drawn(1, i) for i in range(count)]
    rates = [math.log10(each.suggest_float("rate", 1e-4, 1e-2, log=True)) for each in drawn]
    assert min(rates) >= -4
    assert max(rates) <= -2
    assert sum(rate < -3 for rate in rates) / count == pytest.approx(0.5, abs=0.03)
    for kind in ({"step": 3}, {"log": True}):
        wholes = [each.suggest_int(f"whole{kind}", 1, 16, **kind) for each in drawn]
        assert min(wholes) == 1
        assert max(wholes) == 16
    thirds = [each.suggest_categorical("loss", "abc") for each in drawn]
    assert all(thirds.count(letter) / count == pytest.approx(1 / 3, abs=0.03) for letter in "abc")
    steps = {each.suggest_float("steps", 0.0, 0.75, step=0.25) for each in drawn}
    assert steps == {0.0, 0.25, 0.5, 0.75}
    assert Drawn(1, 7).suggest_float("rate", 0, 1) == Drawn(1, 7).suggest_float("rate", 0, 1)
    assert Drawn(1, 7).suggest_float("rate", 0, 1) != Drawn(2, 7).suggest_float("rate", 0, 1)
