"""Reads W&B's offline run files, which wandb itself cannot read since version 0.30."""

import json
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wandb
from wandb.proto.wandb_internal_pb2 import Record, RunRecord

BLOCK = 32768  # bytes per block of LevelDB's log format
HEADER = 7  # bytes of the header of the file and of each piece: checksum, length, kind
FULL, FIRST, LAST = 1, 2, 4


@dataclass
class OfflineRun:
    """The content of one offline run, which one process wrote between start and end."""

    folder: Path
    run: RunRecord = field(default_factory=RunRecord)
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)  # x axes by the metric's name
    artifacts: dict[str, list[str]] = field(default_factory=dict)  # files by the artifact's name
    preempting: bool = False
    exit_codes: list[int] = field(default_factory=list)

    def column(self, key: str) -> list[tuple[int, Any]]:
        """Return (step, value) for each logged value of a metric."""
        return [(row["ganlab/step"], row[key]) for row in self.history if key in row]

    @property
    def keys(self) -> set[str]:
        """All logged keys, except for those that W&B adds."""
        return {key for row in self.history for key in row if not key.startswith("_")}


def forget_account(patch, home: Path) -> None:
    """Remove any W&B account, make the network unreachable, and move W&B's own files to `home`."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        patch.delenv(name)
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR", "HOME"):
        patch.setenv(name, str(home))
    patch.setenv("NETRC", str(home / "netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        patch.setenv(name, "http://127.0.0.1:9")


def runs(directory: Path) -> list[OfflineRun]:
    """Read the offline runs of a run directory, oldest first; ends W&B's service process so that all is written."""
    wandb.teardown()
    files = [path for path in directory.glob("wandb/*/*.wandb") if not path.parent.is_symlink()]
    return sorted((read(path) for path in files), key=lambda offline: offline.run.start_time.ToNanoseconds())


def read(path: Path) -> OfflineRun:
    offline = OfflineRun(path.parent)
    for raw in _records(path.read_bytes()):
        record = Record()
        record.ParseFromString(raw)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            offline.run = record.run
            offline.config |= _nested_values(record.run.config.update)
        elif kind == "config":
            offline.config |= _nested_values(record.config.update)
        elif kind == "history":
            offline.history.append(_nested_values(record.history.item))
        elif kind == "summary":
            offline.summary |= _nested_values(record.summary.update)
        elif kind == "metric":
            offline.axes[record.metric.name or record.metric.glob_name] = record.metric.step_metric
        elif kind == "artifact":
            entries = record.artifact.manifest.contents
            offline.artifacts[record.artifact.name] = [entry.path for entry in entries]
        elif kind == "preempting":
            offline.preempting = True
        elif kind == "exit":
            offline.exit_codes.append(record.exit.exit_code)
    return offline


def _records(data: bytes):
    """Yield the records of a LevelDB log, each joined from its pieces."""
    position, record = HEADER, b""
    while position + HEADER <= len(data):
        left_in_block = BLOCK - position % BLOCK
        if left_in_block < HEADER:
            position += left_in_block
            continue
        _, size, kind = struct.unpack("<IHB", data[position : position + HEADER])
        piece = data[position + HEADER : position + HEADER + size]
        position += HEADER + size
        record = piece if kind in (FULL, FIRST) else record + piece
        if kind in (FULL, LAST):
            yield record


def _nested_values(items) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in items:
        *path, last = list(item.nested_key) or [item.key]
        mapping = values
        for key in path:
            mapping = mapping.setdefault(key, {})
        mapping[last] = json.loads(item.value_json)
    return values
