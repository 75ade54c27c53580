"""Sweeps over config groups that do not list their choices: `loss=glob(*wass*)` is replaced by what it matches."""

from collections.abc import Mapping, Sequence
from typing import cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, ValueType

from ganlab.core.errors import suggest


def expand_glob(override: Override, groups: Mapping[str, Sequence[str]]) -> tuple[Override, str]:
    """Return an override with the choices that its glob matches, and an empty string; others are returned as they are.

    If a glob matches nothing, if its key has no choices, or for an interval of choices, the string says so.
    """
    key, text = override.key_or_group, str(override.input_line).lstrip("+")
    if override.is_interval_sweep() and key in groups:
        return override, f"{text}: an interval holds numbers, and {key} has the choices {', '.join(groups[key])}"
    if override.value_type != ValueType.GLOB_CHOICE_SWEEP or "/" in key:
        return override, ""
    if key not in groups:
        return override, f"{text}: {key} is no group with choices that a glob could match; write {key}=VALUE,VALUE"
    pattern = cast(Glob, override.value())
    matches = pattern.filter(list(groups[key]))
    if not matches:
        similar = suggest("".join(pattern.include[:1]).strip("*?"), groups[key])
        return override, f"{text}: no choice of {key} matches; choose {', '.join(groups[key])}{similar}"
    sign = str(override.input_line)[: -len(text)]
    return OverridesParser.create().parse_override(f"{sign}{key}=choice({','.join(matches)})"), ""
