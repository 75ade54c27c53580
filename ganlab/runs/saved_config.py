"""Reads saved configurations as plain dicts and lists with present names: thousands of them in a second.

OmegaConf parses YAML in Python and wraps every value, which takes 20 ms for a run's config.yaml. What `RunDirectory`
writes needs neither: libyaml parses it, where PyYAML has it, and each top-level section only once, because runs share
most of theirs. A file with anything else (interpolations, anchors, tags, repeated or unusual keys, errors) is read by
OmegaConf itself, so a file that a person has edited means the same, and errors have the same message.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ganlab.core.plain_files import NotPlainFileError, read_plain
from ganlab.core.renamed import current_config

# What OmegaConf reads: interpolations, anchors, tags, merged mappings, complex keys, directives, starts and ends of
# documents, tabs and control characters; many of them because libyaml and PyYAML differ in details.
SPECIAL = re.compile(r"\$\{|[&!<?%]|^---|^\.\.\.|[^\n -~\xa1-\u1fff\u2c00-\ud7ff]", re.MULTILINE)
# A section starts with its key in the first column. Inside quotes or brackets such a line would start a section, too,
# but then the section before it has no end and is an error.
SECTION = re.compile(r"^(?=\w)", re.MULTILINE)
SECTIONS = 1 << 14  # that are remembered
# OmegaConf's numbers with an exponent, such as 1e-3; YAML 1.1 asks for a decimal point and a sign: 1.0e-3.
FLOAT = re.compile(
    r"""^(?:
         [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
        |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
        |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
        |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
        |[-+]?\.(?:inf|Inf|INF)
        |\.(?:nan|NaN|NAN))$""",
    re.VERBOSE,
)
FLOAT_TAG, TIMESTAMP_TAG = "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"


def read_config(path: Path) -> Any:
    """Return the content of a YAML file as plain dicts and lists, which must not be changed: files share them.

    Raises OSError, YAMLError or ValueError, with OmegaConf's message, for a file that OmegaConf cannot read.
    """
    try:
        return _read_sections(read_plain(path).decode())
    except NotPlainFileError:
        raise
    except (OSError, ValueError, yaml.YAMLError):
        return _read_with_omegaconf(path)


def _read_sections(text: str) -> dict[str, Any]:
    """Return the content of a file that `RunDirectory` wrote; raises YAMLError or ValueError if it may be another."""
    before, *sections = SECTION.split(text)
    if before:
        raise yaml.YAMLError
    content: dict[str, Any] = {}
    for section in sections:
        settings = _read_section(section)
        if not content.keys().isdisjoint(settings):
            raise yaml.YAMLError
        content.update(settings)
    return content


@lru_cache(SECTIONS)
def _read_section(text: str) -> Mapping[str, Any]:
    content = None if SPECIAL.search(text) else yaml.load(text, Loader=_Loader)
    if type(content) is not dict:
        raise yaml.YAMLError
    settings: dict[str, Any] = current_config(content)
    return settings


def _read_with_omegaconf(path: Path) -> Any:
    from omegaconf import OmegaConf  # imported here because it takes 50 ms, which most commands do not need
    from omegaconf.errors import OmegaConfBaseException

    try:
        return current_config(OmegaConf.to_container(OmegaConf.load(path)))
    except OmegaConfBaseException as error:
        raise ValueError(str(error)) from error


def _resolvers() -> dict[str | None, list[tuple[str, re.Pattern[str]]]]:
    """Return by first character how a text without quotes becomes a value: as in YAML 1.1, but times stay texts."""
    resolvers = {
        character: [(tag, pattern) for tag, pattern in pairs if tag != TIMESTAMP_TAG]
        for character, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for character in "-+0123456789.":
        resolvers[character].append((FLOAT_TAG, FLOAT))
    return resolvers


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a PyYAML that was built without libyaml lacks it


class _Loader(_SafeLoader):
    """Reads the values that OmegaConf's loader reads; raises YAMLError for keys that are repeated or no texts."""

    yaml_implicit_resolvers = _resolvers()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value) or not all(type(key) is str for key in mapping):
            raise yaml.YAMLError
        return mapping
