"""The idx format of MNIST: a magic number, the sizes, and the bytes (LeCun et al. 1998)."""

import gzip
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> Tensor:
    """Read a uint8 array of so many dimensions, compressed by gzip or not; raises ValueError for anything else."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a readable gzip file ({error}): fetch it again") from error
    header = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    expected = UNSIGNED_BYTE << 8 | dimensions
    if len(data) < header or magic != expected:
        raise ValueError(f"{path} must start with the idx magic number {expected}, got {magic}: fetch it again")
    sizes = struct.unpack(f">{dimensions}I", data[4:header])
    promised, present = torch.Size(sizes).numel(), len(data) - header
    if promised != present or not promised:
        raise ValueError(f"{path} must hold {promised} values as its header says, got {present}: fetch it again")
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=header).reshape(sizes)
