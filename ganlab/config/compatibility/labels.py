"""Labels: who needs them, who is told them, and who must not be."""

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Parts, rule


@rule()
def labels_for_what_reads_them(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a conditional loss or regularizer on data without labels."""
    asking = [f"regularizer.{name}" for name, term in parts.regularizer.items() if term.needs_labels]
    asking = (["loss"] if parts.loss is not None and parts.loss.needs_labels else []) + asking
    if asking and parts.spec is not None and not parts.spec.classes:
        return f"{', '.join(asking)} needs labels, but the data is used without; write data.labels=true"
    return None


@rule("conditioning", "generator", "discriminator")
def conditioning_that_reaches_the_networks(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a way for labels that was written where networks do not read it."""
    for player in ("generator", "discriminator"):
        wanted, has = config.conditioning[player], config[player].get("labels", "concat")
        if wanted not in ("concat", has):
            return (
                f"conditioning.{player}={wanted} does not reach the {player}, whose labels={has}; "
                f"write {player}.labels={wanted}"
            )
    return None


@rule("discriminator")
def labels_hidden_from_what_guesses_them(config: DictConfig, parts: Parts) -> str | None:
    """Refuse to pay for finding the class in the features of a critic that was told the class."""
    names = ", ".join(name for name, term in parts.regularizer.items() if term.guesses_labels)
    if names and parts.spec is not None and parts.spec.classes and _is_told(config.discriminator):
        return (
            f"regularizer.{names} guesses the class, which a discriminator with labels=concat is told; "
            "use conditioning=auxiliary, or write discriminator.labels=none"
        )
    return None


def _is_told(critic: DictConfig) -> bool:
    """Tell whether the class is an input of a critic, or of any inside it, and not only of its last layer."""
    labels = critic.get("labels")
    inner = [each for each in critic.values() if isinstance(each, DictConfig)]
    return any(map(_is_told, inner)) if labels is None else labels == "concat"
