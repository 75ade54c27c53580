"""Places that a run would be written to by mistake."""

from pathlib import PurePath

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Parts, rule


@rule("name")
def a_name_that_stays_below_outputs(config: DictConfig, parts: Parts) -> str | None:
    """Refuse a name that is a path to somewhere else."""
    path = PurePath(config.name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return f"name must be that of a folder below outputs/, got '{config.name}'; run_dir=DIR puts a run anywhere"
    return None
