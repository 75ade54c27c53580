"""Rules for class labels."""

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Components, rule


@rule()
def require_labels(config: DictConfig, components: Components) -> str | None:
    """Reject a conditional loss or regularizer if the data has no labels."""
    loss = components.loss
    readers = ["loss"] if loss is not None and loss.needs_labels else []
    readers += [f"regularizer.{name}" for name, term in components.regularizer.items() if term.needs_labels]
    if readers and components.spec is not None and not components.spec.classes:
        return f"{', '.join(readers)} requires labels, but the data is used without; write data.labels=true"
    return None


@rule("conditioning", "generator", "discriminator")
def reject_ignored_conditioning(config: DictConfig, components: Components) -> str | None:
    """Reject a conditioning method that the network does not read."""
    for player in ("generator", "discriminator"):
        method, used = config.conditioning[player], config[player].get("labels", "concat")
        if method not in ("concat", used):
            return (
                f"conditioning.{player}={method} does not reach the {player}, which has labels={used}; "
                f"write {player}.labels={method}"
            )
    return None


@rule("discriminator")
def reject_prediction_of_given_labels(config: DictConfig, components: Components) -> str | None:
    """Reject label-prediction terms if the discriminator already receives the label."""
    names = ", ".join(name for name, term in components.regularizer.items() if term.guesses_labels)
    if names and components.spec is not None and components.spec.classes and _receives_labels(config.discriminator):
        return (
            f"regularizer.{names} predicts the class, which a discriminator with labels=concat receives as input; "
            "use conditioning=auxiliary, or write discriminator.labels=none"
        )
    return None


def _receives_labels(discriminator: DictConfig) -> bool:
    """Return whether the class is an input of the first layer of a discriminator, or of a member of an ensemble."""
    labels = discriminator.get("labels")
    if labels is not None:
        return bool(labels == "concat")
    return any(_receives_labels(member) for member in discriminator.values() if isinstance(member, DictConfig))
