"""What of a run directory may be kept on W&B."""

from pathlib import Path
from typing import Any

# Files in the run directory, by the name of the artifact.
ARTIFACTS = {
    "generator": ("generator.safetensors", "generator.json"),
    "best": ("checkpoints/best.ckpt", "checkpoints/best.json"),
    "last": ("checkpoints/last.ckpt",),
}


def upload(name: str, directory: Path, run: Any) -> None:
    """Log an artifact of a W&B run with those of its files that are there, if any."""
    import wandb

    files = [file for file in (directory / each for each in ARTIFACTS[name]) if file.exists()]
    if not files:
        return
    artifact = wandb.Artifact(f"{name}-{run.id}", type="generator" if name == "generator" else "checkpoint")
    for file in files:
        artifact.add_file(str(file))
    run.log_artifact(artifact)
