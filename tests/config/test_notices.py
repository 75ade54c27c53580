"""Settings that are valid but may surprise are said in one line each, once."""

import logging

import pytest

from ganlab.config import compose, notices


@pytest.fixture
def said(caplog, monkeypatch):
    """Return a function that composes overrides and returns the lines that it logs."""
    monkeypatch.setattr(notices, "_said", set())

    def run(*lines: str) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "ganlab.config.notices"):
            compose(lines)
        return caplog.messages

    return run


R1 = "naming regularizer resets it: regularizer.r1.weight 10, its own default, the experiment had 0.02"


@pytest.mark.parametrize("line", ["regularizer=[r1]", "+regularizer=[r1]", "regularizer=[r1,r2]"])
def test_a_setting_of_the_experiment_that_a_named_component_resets(said, line):
    assert said("experiment=dcgan_r1_digits", line) == [R1]


def test_components_of_players_are_said_by_player(said):
    (line,) = said("experiment=dcgan_r1_digits", "optimizer=adam")
    assert line.startswith("naming optimizer resets it: optimizer.discriminator.lr 0.0002, its own default, the ")
    assert "; optimizer.generator.lr 0.0002, its own default, the experiment had 0.0005" in line


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["regularizer=[r1]", "regularizer.r1.weight=3"],
        ["regularizer=[r1]", "regularizer.r1.weight=0.02"],
        ["regularizer=[r2]"],
        ["+regularizer=[r2]"],
        ["trainer=cpu", "protocol=fast", "latent=uniform"],  # whose settings the experiment did not make
        ["loss=hinge", "generator=mlp", "discriminator=mlp", "regularizer=[]"],
    ],
)
def test_nothing_is_said_if_no_setting_of_the_experiment_is_lost(said, lines):
    assert said("experiment=dcgan_r1_digits", *lines) == []


def test_a_list_of_callbacks_without_those_that_save(said):
    assert said("experiment=dcgan_r1_digits", "callback=[nan_monitor,samples]") == [
        "this run saves no checkpoints and no losses and no scores, because callback is replaced by a list without "
        "checkpoint, metrics_logger, evaluate; to keep all callbacks, write '+callback=[NAME]'"
    ]
    assert said("experiment=dcgan_r1_digits", "callback=[checkpoint,metrics_logger,evaluate]") == []
    assert said("experiment=dcgan_r1_digits", "+callback=[trajectory]") == []


def test_a_former_name_of_a_choice_is_said_once(said):
    line = "+callback=[sentinel] is now written +callback=[collapse_monitor]"
    assert said("experiment=dcgan_r1_digits", "+callback=[sentinel]") == [line]
    assert said("experiment=dcgan_r1_digits", "+callback=[sentinel]") == []
