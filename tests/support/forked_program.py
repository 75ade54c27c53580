"""A small program for fork servers, `python -m support.forked_program ACTION`: reports, or ends somehow."""

import json
import os
import random
import signal
import sys

import numpy


def report() -> None:
    print(
        json.dumps(
            {
                "arguments": sys.argv[1:],
                "environment": dict(os.environ),
                "directory": os.getcwd(),
                "name": __name__,
                "leads_session": os.getsid(0) == os.getpid(),
                "stdin": sys.stdin.read(),
                "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
                "draws": [random.random(), numpy.random.random()],
                "open": [fd for fd in range(3, 64) if _is_open(fd)],
            }
        )
    )


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def main() -> int:
    action = sys.argv[1]
    if action == "report":
        report()
    elif action == "fail":
        raise ValueError("broken on purpose")
    elif action == "sentence":
        sys.exit("an error in one sentence")
    elif action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "wait":
        print("waiting", flush=True)
        signal.pause()
    return 3 if action == "three" else 0


if __name__ == "__main__":
    sys.exit(main())
