"""Suggestions for settings that do not exist: `lr` means optimizer.….lr, `epochs` means iterations."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

LISTED = 4  # most settings that one suggestion names
# Names that other trainers use, and the setting here.
SYNONYMS = {
    "batch": "batch_size",
    "bs": "batch_size",
    "steps": "iterations",
    "max_steps": "iterations",
    "num_steps": "iterations",
    "learning_rate": "lr",
    "dataset": "data",
    "gpus": "trainer.devices",
    "devices": "trainer.devices",
    "accelerator": "trainer.accelerator",
    "output_dir": "run_dir",
}
# Names that need a sentence, and the setting that the sentence names.
EXPLANATIONS = {
    **dict.fromkeys(
        ("epochs", "epoch", "max_epochs", "num_epochs"), ("iterations", "training is counted in steps: iterations=N")
    ),
    "device": ("trainer", "write trainer=gpu or trainer=cpu, or trainer.accelerator=NAME"),
    **dict.fromkeys(("resume", "resume_from"), ("run_dir", "a run is resumed from its directory: ganlab resume DIR")),
}


def hint(key: str, roots: Collection[str], paths: Collection[str]) -> str:
    """Return "; did you mean …?" or other advice for a setting that does not exist, or an empty string.

    `roots` are the settings and groups of the command, `paths` the dotted settings of its composed configuration. A
    setting that ends with the key is preferred to one that is spelled similarly.
    """
    setting, explanation = EXPLANATIONS.get(key, ("", ""))
    if setting in roots:
        return f"; {explanation}"
    key = SYNONYMS.get(key, key)
    if key in roots:
        return f"; did you mean '{key}'?"
    matches = settings_that_end_with(key, paths)
    if not matches:
        names = {path.rpartition(".")[2] for path in paths} - set(roots)
        similar = get_close_matches(key.split(".")[0], roots, n=1, cutoff=0.6)
        if similar:
            return f"; did you mean '{similar[0]}'?"
        similar = get_close_matches(key.rpartition(".")[2], names, n=1, cutoff=0.7)
        matches = settings_that_end_with(similar[0], paths) if similar else []
    return did_you_mean(matches)


def did_you_mean(settings: Collection[str]) -> str:
    """Return "; did you mean A, B or C?", or an empty string if there is nothing to suggest."""
    listed = list(settings)[:LISTED]
    if not listed:
        return ""
    if len(settings) > LISTED:
        return f"; did you mean {', '.join(listed)} …?"
    first, last = ", ".join(listed[:-1]), listed[-1]
    return f"; did you mean {first} or {last}?" if first else f"; did you mean {last}?"


def settings_that_end_with(key: str, paths: Collection[str]) -> list[str]:
    """Return the dotted settings that end with the key, or with as much of its end as any setting has."""
    names = key.split(".")
    for start in range(len(names)):
        end = ".".join(names[start:])
        matches = [path for path in paths if f".{path}".endswith(f".{end}")]
        if matches:
            return matches
    return []


def setting_paths(config: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of all values in a plain configuration, except Hydra's own such as `_target_`."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from setting_paths(value, f"{prefix}{key}.")
        elif not str(key).startswith("_"):
            yield f"{prefix}{key}"
