"""Rules for data whose conditions are images."""

from omegaconf import DictConfig

from ganlab.augments import Identity
from ganlab.config.compatibility.registry import Components, rule
from ganlab.config.targets import locate
from ganlab.core.interfaces import Game
from ganlab.layers.image_shapes import condition_image
from ganlab.regularizers import Consistency


@rule("augment", "discriminator", "game")
def reject_changes_of_samples_alone(config: DictConfig, components: Components) -> str | None:
    """Reject augmentations of samples if the discriminator compares them with a condition that is not changed alike."""
    spec = components.spec
    if spec is None or condition_image(spec) is None or _ignores_condition(config.discriminator):
        return None
    game = locate(str(config.game._target_))
    if isinstance(game, type) and issubclass(game, Game) and not game.shows_conditions:
        return None
    reason = "changes samples but not their conditions, which the discriminator compares them with;"
    if components.augment is not None and not isinstance(components.augment, Identity):
        name = type(components.augment).__name__
        return f"augment: {name} {reason} write augment=none, or discriminator.labels=none"
    for name, term in components.regularizer.items():
        if isinstance(term, Consistency):
            return f"regularizer.{name}: Consistency {reason} remove it, or write discriminator.labels=none"
    return None


def _ignores_condition(discriminator: DictConfig) -> bool:
    """Return whether a discriminator, or each member of an ensemble, has labels=none."""
    labels = discriminator.get("labels")
    if labels is not None:
        return bool(labels == "none")
    members = [member for member in _members(discriminator) if "_target_" in member]
    return bool(members) and all(map(_ignores_condition, members))


def _members(discriminator: DictConfig) -> list[DictConfig]:
    inner = [value for value in discriminator.values() if isinstance(value, DictConfig)]
    return [network for value in inner for network in (value, *_members(value))]
