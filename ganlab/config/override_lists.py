"""The names that an override selects, and overrides of one list joined into one."""

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from ganlab.config.groups import LIST_GROUPS


def selections(override: Override) -> list[list[Any]]:
    """Return the names that an override selects; a sweep has one list for each of its values."""
    values = list(override.sweep_iterator()) if override.is_sweep_override() else [override.value()]
    selections: list[list[Any]] = []
    for value in values:
        if isinstance(value, str) and value.startswith("["):
            selections.append([name.strip() for name in value.strip("[]").split(",") if name.strip()])
        else:
            selections.append(value if isinstance(value, list) else [value])
    return selections


def is_addition(override: Override) -> bool:
    """Return whether an override adds to a list, as +GROUP=[NAME] does."""
    return override.is_add() or override.is_force_add()


def join_lists(overrides: Sequence[Override]) -> list[Override]:
    """Join the overrides of a list group, since Hydra takes one: `metric=[a] +metric=[b]` is `metric=[a,b]`.

    Without a replacement of the list, all additions become one `+metric=[…]`. A sweep is left as it is.
    """
    joined = list(overrides)
    for group in LIST_GROUPS:
        lists = [override for override in overrides if override.key_or_group == group and not override.is_delete()]
        additions = [override for override in lists if is_addition(override)]
        if not additions or any(override.is_sweep_override() for override in lists):
            continue
        replacements = [override for override in lists if not is_addition(override)]
        selected = [*replacements[-1:], *additions]
        names = list(dict.fromkeys(str(name) for override in selected for name in selections(override)[0]))
        sign = "" if replacements else "+"
        line = OverridesParser.create().parse_override(f"{sign}{group}=[{','.join(names)}]")
        place = joined.index(lists[0])
        joined = [override for override in joined if override not in lists]
        joined[place:place] = [line] if names or replacements else []
    return joined
