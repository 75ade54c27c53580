"""Rules for data in which each condition belongs to the sample of its row, and for what requires such data."""

from omegaconf import DictConfig

from ganlab.augments import Identity
from ganlab.config.compatibility.registry import Components, rule

PAIRED_DATA = {"audio": "vocoder"}  # an example of each kind
OTHER_PAIRED_DATA = "paired_folder"


@rule("data")
def require_pairs(config: DictConfig, components: Components) -> str | None:
    """Reject a regularizer that compares pairs if the data is not paired."""
    names = [name for name, term in components.regularizer.items() if term.needs_pairs]
    if not names or components.spec is None or components.spec.paired:
        return None
    kinds = {components.regularizer[name].sample_kind for name in names} - {""} or {components.spec.kind}
    example = next((PAIRED_DATA[kind] for kind in kinds if kind in PAIRED_DATA), OTHER_PAIRED_DATA)
    name = str(config.data.get("_target_", "")).rpartition(".")[2]
    return (
        f"regularizer.{', '.join(names)} compares a sample with the sample that belongs to its condition, "
        f"but the data, {name}, is not paired; use data of pairs, such as data={example}, or remove it"
    )


@rule("augment")
def reject_augmented_pairs(config: DictConfig, components: Components) -> str | None:
    """Reject an augmentation if a regularizer compares the discriminator's features of pairs."""
    terms = components.regularizer.items()
    names = [name for name, term in terms if term.needs_pairs and term.reads_features]
    augment = components.augment
    if not names or augment is None or isinstance(augment, Identity):
        return None
    return (
        f"regularizer.{', '.join(names)} compares the discriminator's features of a pair, whose samples "
        f"{type(augment).__name__} changes in different ways; write augment=none"
    )
