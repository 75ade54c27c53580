"""Files of a run directory that can be uploaded to W&B as artifacts."""

from pathlib import Path
from typing import Any

# Files in the run directory, by the name of the artifact.
ARTIFACTS = {
    "generator": ("generator.safetensors", "generator.json"),
    "best": ("checkpoints/best.ckpt", "checkpoints/best.json"),
    "last": ("checkpoints/last.ckpt",),
}


def upload_artifact(name: str, directory: Path, run: Any) -> None:
    """Upload those files of an artifact that exist in the run directory to a W&B run; nothing if none exists."""
    import wandb

    files = [directory / file for file in ARTIFACTS[name] if (directory / file).exists()]
    if not files:
        return
    artifact = wandb.Artifact(f"{name}-{run.id}", type="generator" if name == "generator" else "checkpoint")
    for file in files:
        artifact.add_file(str(file))
    run.log_artifact(artifact)
