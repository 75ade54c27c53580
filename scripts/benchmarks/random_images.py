"""Random images in the format of CIFAR-10."""

from pathlib import Path

import torch


def write_images(folder: Path) -> None:
    """Write random images in the format of CIFAR-10, because the real images need a download."""
    folder.mkdir()
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        records = torch.randint(256, (400, 3073), dtype=torch.uint8)
        records[:, 0] %= 10
        (folder / f"{name}.bin").write_bytes(records.numpy().tobytes())
