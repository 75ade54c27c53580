"""Data sets around another data set: the spec of the inner one, and overrides that choose it."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from ganlab.config.schema import RESERVED
from ganlab.config.targets import locate

PLACE = re.compile(r"^ +- /(\w+)@([\w.]+): *\w+ *$", re.MULTILINE)  # in a defaults list: a component inside of another
ABSENT = re.compile(r"Could not override '\w+@(\w+\.[\w.]+)'\.")
CHOICE = re.compile(r"(\w+\.[\w.]+)=[\w,]+")


def preview_settings(settings: Mapping[str, Any], group: type) -> Any:
    """Return the spec of the data set that settings describe, without reading it, or None if it depends on the files.

    A data set inside of it, which is of the class `group` as well, is replaced by its spec, and any other component by
    itself.
    """
    plain = {key: _preview_inner(value, group) for key, value in settings.items() if key not in RESERVED}
    return cast(Any, locate(settings["_target_"])).preview(**plain)


def _preview_inner(value: Any, group: type) -> Any:
    if not isinstance(value, dict) or "_target_" not in value:
        return value
    kind = cast(Any, locate(value["_target_"]))
    if isinstance(kind, type) and issubclass(kind, group):
        return preview_settings(value, group)
    return kind(**{key: inner for key, inner in value.items() if key not in RESERVED})


def place_choice(text: str, directories: Sequence[Path]) -> str:
    """Return an override that chooses a component inside of another in Hydra's syntax, any other one as it is.

    `data.images=digits` becomes `data@data.images=digits`.
    """
    match = CHOICE.fullmatch(text)
    if match is None:
        return text
    group = _places(tuple(directories)).get(match[1])
    return text if group is None else f"{group}@{text}"


def explain_absent_place(sentence: str) -> str:
    """Return Hydra's sentence about a component that no chosen component holds in other words, any other one as it is.

    >>> explain_absent_place("Could not override 'data@data.images'.")
    'data.images: the chosen data holds no component of this name; remove it, or choose other data'
    """
    match = ABSENT.fullmatch(sentence)
    if match is None:
        return sentence
    group = match[1].partition(".")[0]
    return f"{match[1]}: the chosen {group} holds no component of this name; remove it, or choose other {group}"


@cache
def _places(directories: Sequence[Path]) -> dict[str, str]:
    """Return the group of every component inside of another, by its dotted place."""
    places: dict[str, str] = {}
    for path in (path for directory in directories for path in directory.glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "@package" not in text:
            places |= {f"{path.parent.name}.{place}": group for group, place in PLACE.findall(text)}
    return places
