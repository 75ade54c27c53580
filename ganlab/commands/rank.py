"""One further process of a run, `python -m ganlab.rank`: the first one starts it, and it ends with that one."""

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
    """Train as the run directory's configuration says; the first process hears what went wrong, and tells it."""
    line = socket.socket(fileno=sys.stdin.fileno())
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    config = OmegaConf.load(RunDirectory(Path(os.environ[RUN_VARIABLE])).config)
    try:
        train(cast(DictConfig, config))
        return 0
    except UserError as error:
        return _say(line, error, 2)
    except TrainingError as error:
        return _say(line, error, 1)
    except BaseException as error:
        traceback.print_exc()
        return _say(line, f"{type(error).__name__}: {error}", 1)


def _end_with(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while line.recv(1):
            pass
    os._exit(1)


def _say(line: socket.socket, words: object, code: int) -> int:
    with contextlib.suppress(OSError):
        line.sendall(str(words).encode())
    return code


if __name__ == "__main__":
    ended = main()
    if ended:
        sys.stderr.flush()
        os._exit(ended)  # a tidy end may wait for ever for processes that are gone
