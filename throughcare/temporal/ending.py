"""How long what ends may take, and the end of a process that has used Temporal's SDK. Imports nothing of the SDK, so that a
command may import it and start fast."""

import os
import sys
from datetime import timedelta
from typing import NoReturn

STICKY_TIMEOUT = timedelta(seconds=1)
"""How long a case waits for the worker that had it at hand, before any other gets it; the SDK's own is ten seconds. Shorter than
the desk's patience, so that whoever sends it a message is still answered."""

WORKER_GRACE = timedelta(seconds=10)
"""For what each of a worker's two parts, cases and the nightly check, has in hand when it is told to stop. They end one after the
other; what is left is picked up by the next worker."""

API_GRACE = timedelta(seconds=5)
"""For the requests that the API is answering when it is told to stop."""


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
