"""What W&B wrote into an offline run, read from its own files, which have no reader of their own since wandb 0.30."""

import json
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wandb
from wandb.proto.wandb_internal_pb2 import Record, RunRecord

BLOCK = 32768  # bytes of LevelDB's log format
HEADER = 7  # bytes of the file's, and of each piece's: checksum, length, kind
FULL, FIRST, LAST = 1, 2, 4


@dataclass
class Offline:
    """One offline run: one start of one process."""

    folder: Path
    run: RunRecord = field(default_factory=RunRecord)
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)  # of metrics by name
    artifacts: dict[str, list[str]] = field(default_factory=dict)  # their files by name
    preempting: bool = False
    exit_codes: list[int] = field(default_factory=list)

    def column(self, key: str) -> list[tuple[int, Any]]:
        """Return a metric's values with their places on our axis."""
        return [(row["ganlab/step"], row[key]) for row in self.history if key in row]

    @property
    def keys(self) -> set[str]:
        """What was logged, but for W&B's own."""
        return {key for row in self.history for key in row if not key.startswith("_")}


def forget_account(patch, home: Path) -> None:
    """Leave nobody's account, a network on which nothing answers, and W&B's own files in `home`."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        patch.delenv(name)
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR", "HOME"):
        patch.setenv(name, str(home))
    patch.setenv("NETRC", str(home / "netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        patch.setenv(name, "http://127.0.0.1:9")


def runs(directory: Path) -> list[Offline]:
    """Read the offline runs of a run directory, the oldest first; W&B's own process ends, so that all is written."""
    wandb.teardown()
    files = [path for path in directory.glob("wandb/*/*.wandb") if not path.parent.is_symlink()]
    return sorted((read(path) for path in files), key=lambda each: each.run.start_time.ToNanoseconds())


def read(path: Path) -> Offline:
    found = Offline(path.parent)
    for raw in _records(path.read_bytes()):
        record = Record()
        record.ParseFromString(raw)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found.run = record.run
            found.config |= _items(record.run.config.update)
        elif kind == "config":
            found.config |= _items(record.config.update)
        elif kind == "history":
            found.history.append(_items(record.history.item))
        elif kind == "summary":
            found.summary |= _items(record.summary.update)
        elif kind == "metric":
            found.axes[record.metric.name or record.metric.glob_name] = record.metric.step_metric
        elif kind == "artifact":
            entries = record.artifact.manifest.contents
            found.artifacts[record.artifact.name] = [entry.path for entry in entries]
        elif kind == "preempting":
            found.preempting = True
        elif kind == "exit":
            found.exit_codes.append(record.exit.exit_code)
    return found


def _records(data: bytes):
    at, held = HEADER, b""
    while at + HEADER <= len(data):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + HEADER])
        piece = data[at + HEADER : at + HEADER + size]
        at += HEADER + size
        held = piece if kind in (FULL, FIRST) else held + piece
        if kind in (FULL, LAST):
            yield held


def _items(items) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        *path, last = list(item.nested_key) or [item.key]
        place = found
        for key in path:
            place = place.setdefault(key, {})
        place[last] = json.loads(item.value_json)
    return found
