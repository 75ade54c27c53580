"""A further process of a run, `python -m ganlab.rank`: started by rank 0, and exits with it."""

import contextlib
import os
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import cast

from omegaconf import DictConfig, OmegaConf

from ganlab.core.errors import TrainingError, UserError
from ganlab.runs.directory import RunDirectory
from ganlab.training.api import train
from ganlab.training.run import RUN_VARIABLE


def main() -> int:
    """Train with the configuration in the run directory; rank 0 receives the message of an error and reports it."""
    rank_0 = socket.socket(fileno=sys.stdin.fileno())
    threading.Thread(target=_exit_with_rank_0, args=(rank_0,), daemon=True).start()
    config = OmegaConf.load(RunDirectory(Path(os.environ[RUN_VARIABLE])).config)
    try:
        train(cast(DictConfig, config))
        return 0
    except UserError as error:
        return _report(rank_0, error, 2)
    except TrainingError as error:
        return _report(rank_0, error, 1)
    except BaseException as error:
        traceback.print_exc()
        return _report(rank_0, f"{type(error).__name__}: {error}", 1)


def _exit_with_rank_0(rank_0: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while rank_0.recv(1):
            pass
    os._exit(1)


def _report(rank_0: socket.socket, message: object, code: int) -> int:
    with contextlib.suppress(OSError):
        rank_0.sendall(str(message).encode())
    return code


if __name__ == "__main__":
    exit_code = main()
    if exit_code:
        sys.stderr.flush()
        os._exit(exit_code)  # a regular exit may wait forever for processes that have ended
