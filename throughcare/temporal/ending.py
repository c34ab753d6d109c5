"""Ends a process that has used Temporal's SDK. Imports nothing of the SDK, so that a command may import it and start fast."""

import os
import sys
from typing import NoReturn


def end_process(status: int = 0, message: str = "") -> NoReturn:
    """End at once with that exit status, `message` on stderr; what was written is flushed, threads are not waited for.

    Threads of the SDK's core that still end themselves when the interpreter tears itself down abort the process on Python
    3.11 (PyGILState_Release, SIGABRT), as if it had crashed: on a busy machine 26 of 360 that had found no Temporal. So
    whoever calls this has finished and closed everything before.
    """
    if message:
        sys.stderr.write(f"{message}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
