"""The idx format of MNIST: a magic number, the sizes, and the bytes (LeCun et al. 1998)."""

import gzip
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from ganlab.core.plain_files import read_plain

UNSIGNED_BYTE = 0x08  # the format's code for uint8


def read_idx(path: Path, dimensions: int) -> Tensor:
    """Read a uint8 array of this many dimensions, with or without gzip; raises ValueError for any other file."""
    try:
        data = gzip.decompress(read_plain(path)) if path.suffix == ".gz" else read_plain(path)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a readable gzip file ({error}): download it again") from error
    header = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    expected = UNSIGNED_BYTE << 8 | dimensions
    if len(data) < header or magic != expected:
        raise ValueError(f"{path} must start with the idx magic number {expected}, got {magic}: download it again")
    sizes = struct.unpack(f">{dimensions}I", data[4:header])
    announced, present = torch.Size(sizes).numel(), len(data) - header
    if announced != present or not announced:
        raise ValueError(
            f"{path} must hold {announced} values according to its header, got {present}: download it again"
        )
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=header).reshape(sizes)
