"""Overrides inside a copy of a component, which would replace the copy by that value alone."""

import pytest
from support.config_issues import issues_of

from ganlab.config import compose


@pytest.mark.parametrize(
    ("override", "instead"),
    [
        ("game.loss.flip=0.1", "game.loss is a copy of loss; write loss.flip=0.1"),
        ("++game.loss.flip=0.1", "game.loss is a copy of loss; write loss.flip=0.1"),
        ("game.generator.width=8", "game.generator is a copy of generator; write generator.width=8"),
        ("game.regularizers.r1.weight=3", "game.regularizers is a copy of regularizer; write regularizer.r1.weight=3"),
        (
            "callback.evaluate.features.steps=3",
            "callback.evaluate.features is a copy of features; write features.steps=3",
        ),
        ("data.corruption.factor=4", "data.corruption is a copy of corruption; write corruption.factor=4"),
    ],
)
def test_the_place_of_the_setting_is_named(override, instead):
    (issue,) = issues_of(override)
    assert issue == f"{override.lstrip('+').partition('=')[0]}: {instead}"


@pytest.mark.parametrize("override", ["loss.flip=0.1", "callback.evaluate.every=3", "regularizer.r1.weight=3"])
def test_other_settings_are_untouched(override):
    assert compose([override])


def test_a_component_inside_of_another_that_is_no_copy_has_settings():
    lines = ["data=edges", "discriminator=patch16", "generator=unet_translator", "latent=none"]
    assert compose([*lines, "data.images.resolution=32"]).data.images.resolution == 32
