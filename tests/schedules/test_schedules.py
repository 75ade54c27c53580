from pathlib import Path

import pytest

import ganlab
from ganlab.config import conf_directory, instantiate
from ganlab.schedules import Alternating, Simultaneous

D, G = "discriminator", "generator"
NAMES = sorted(path.stem for path in Path(conf_directory(), "schedule").glob("*.yaml"))


def test_alternating_updates_one_player_after_the_other():
    assert Alternating()(0) == [[D], [G]]


def test_simultaneous_updates_both_players_at_once():
    assert Simultaneous()(0) == [[D, G]]


@pytest.mark.parametrize("kind", [Alternating, Simultaneous])
@pytest.mark.parametrize(("discriminator", "generator"), [(1, 1), (1, 5), (3, 1), (2, 3)])
def test_periods_and_counts_of_updates(kind, discriminator, generator):
    schedule = kind(discriminator=discriminator, generator=generator)
    counts = {D: 0, G: 0}
    for step in range(30):
        updated_players = {player for group in schedule(step) for player in group}
        assert {player: schedule.updates_before(player, step) for player in counts} == counts
        for player in updated_players:
            counts[player] += 1
    assert counts == {D: 30 // discriminator, G: 30 // generator}


def test_the_critic_is_updated_five_times_before_the_generator():
    # n_critic of Arjovsky et al. 2017, algorithm 1: the generator is last.
    assert [G in Alternating(generator=5).updated_players(step) for step in range(5)] == [False] * 4 + [True]


@pytest.mark.parametrize("kind", [Alternating, Simultaneous])
@pytest.mark.parametrize("player", [D, G])
def test_periods_below_1_are_rejected(kind, player):
    with pytest.raises(ValueError, match=rf"^{player} must be at least 1, got 0$"):
        kind(**{player: 0})


@pytest.mark.parametrize("name", NAMES)
def test_yaml(name):
    schedule = instantiate(ganlab.compose([f"schedule={name}", "schedule.generator=4"]).schedule)
    assert schedule.periods == {D: 1, G: 4}


@pytest.mark.parametrize("kind", [Alternating, Simultaneous])
def test_further_players_have_periods_by_name_and_come_last(kind):
    schedule = kind(generator=2, encoder=3).for_players(["critic", "encoder", "generator", D])
    assert schedule.periods == {D: 1, G: 2, "critic": 1, "encoder": 3}
    assert [player for group in schedule(5) for player in group] == [D, G, "critic", "encoder"]
    assert [player for group in schedule(3) for player in group] == [D, G, "critic"]
    assert schedule.updates_before("encoder", 7) == 2


def test_a_game_without_a_player_is_not_updated_as_that_player():
    original = Alternating(discriminator=3, generator=2)
    schedule = original.for_players([G])
    assert [schedule(step) for step in range(4)] == [[], [[G]], [], [[G]]]
    assert original.periods == {D: 3, G: 2}


@pytest.mark.parametrize(("period", "message"), [(0, "encoder must be at least 1, got 0"), (1.5, "must be an integer")])
def test_invalid_periods_of_further_players_are_rejected(period, message):
    with pytest.raises(ValueError, match=message):
        Alternating(encoder=period)
