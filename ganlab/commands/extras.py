"""The optional extras of ganlab: the packages of each, those that are missing, and the command that installs them."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import NamedTuple

from packaging.requirements import Requirement

PACKAGE = "ganlab"


class Extra(NamedTuple):
    """An extra: its name, its packages, and what is missing of them, such as "timm" or "optuna>=4.5 (4.0)"."""

    name: str
    packages: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f"pip install '{PACKAGE}[{self.name}]'"


def find_extras() -> list[Extra]:
    """Return the extras that the installed package declares, by name; none if it is not installed."""
    try:
        names, lines = metadata(PACKAGE).get_all("Provides-Extra") or [], requires(PACKAGE) or []
    except PackageNotFoundError:
        return []
    return [read_extra(name, map(Requirement, lines)) for name in sorted(names)]


def read_extra(name: str, requirements: Iterable[Requirement]) -> Extra:
    """Return an extra from the requirements of the package: those that only it has."""
    own = [
        requirement
        for requirement in requirements
        if requirement.marker
        and requirement.marker.evaluate({"extra": name})
        and not requirement.marker.evaluate({"extra": ""})
    ]
    return Extra(name, tuple(each.name for each in own), tuple(filter(None, map(_missing, own))))


def _missing(requirement: Requirement) -> str:
    """Return what is missing of a requirement, "" if it is fulfilled."""
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return requirement.name
    if requirement.specifier.contains(installed, prereleases=True):
        return ""
    return f"{requirement.name}{requirement.specifier} ({installed} is installed)"
