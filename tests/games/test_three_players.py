"""Schedules, optimizers and largest gradient norms by name, for a game with players of other names."""

import pytest
from support.config_issues import issues_of
from support.small_runs import POINTS, go, rows, state

THREE = [
    *POINTS, "game._target_=support.three_players.ThreePlayers", "regularizer=[]", "optimizer=sgd",
    "optimizer.generator.lr=0.1", "optimizer.discriminator.lr=7",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _allow(monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")


def end(folder, *overrides):
    """Return the weight of each player after six steps; each starts at 1, and its gradient is 1."""
    go(folder, *THREE, *overrides)
    content = state(folder)
    return {
        name: float(content[f".state_dict.game.networks.{name}.value"]) for name in ("critic", "generator", "encoder")
    }


def test_a_player_without_settings_is_updated_every_step_with_the_generators_optimizer(tmp_path):
    assert end(tmp_path / "run") == pytest.approx({"critic": 0.4, "generator": 0.4, "encoder": 0.4}, abs=1e-6)
    assert {"critic/lr", "encoder/lr", "generator/lr"} <= rows(tmp_path / "run")[0].keys()


def test_periods_optimizers_and_norms_by_name(tmp_path):
    lines = [
        "+schedule.encoder=3", "schedule.generator=2", "+gradient_clip_norm={critic: 0.5}",
        "+optimizer.critic={_target_: torch.optim.SGD, _partial_: true, lr: 0.01}",
    ]  # fmt: skip
    expected = {"critic": 1 - 6 * 0.5 * 0.01, "generator": 1 - 3 * 0.1, "encoder": 1 - 2 * 0.1}
    assert end(tmp_path / "run", *lines) == pytest.approx(expected, abs=1e-6)


def test_one_norm_is_that_of_every_player(tmp_path):
    expected = dict.fromkeys(("critic", "generator", "encoder"), 1 - 6 * 0.1 * 0.1)
    assert end(tmp_path / "run", "gradient_clip_norm=0.1") == pytest.approx(expected, abs=1e-6)


def test_unknown_players_are_named_with_a_suggestion():
    choices = "choose critic, generator, encoder"
    assert issues_of(
        *THREE,
        "+schedule.encodr=2",
        "+optimizer.criti={_target_: torch.optim.SGD, _partial_: true, lr: 0.01}",
        "+gradient_clip_norm={discriminato: 1}",
        "compile=[discriminator]",
    ) == [
        f"schedule: there is no player 'encodr'; {choices}; did you mean 'encoder'?",
        f"optimizer: there is no player 'criti'; {choices}; did you mean 'critic'?",
        f"gradient_clip_norm: there is no player 'discriminato'; {choices}",
        f"compile: there is no player 'discriminator'; {choices}",
    ]


@pytest.mark.parametrize(
    ("line", "issue"),
    [
        ("+schedule.encoder=0", "schedule: encoder must be at least 1, got 0"),
        ("+schedule.encoder=often", "schedule: encoder must be an integer, got 'often'"),
        ("+gradient_clip_norm={critic: -1}", "gradient_clip_norm must be at least 0, got -1"),
        ("+gradient_clip_norm={critic: much}", "gradient_clip_norm must be a number or a number by name, got "),
    ],
)
def test_invalid_values_are_named(line, issue):
    (sentence,) = issues_of(*THREE, line)
    assert sentence.startswith(issue)
