"""`python -m api`: serve the API. uvicorn's own log set-up is left out: it would write what ours withholds."""

import gc
import signal
import sys
from functools import partial

import uvicorn

from throughcare.config import read_settings
from throughcare.errors import ThroughcareError
from throughcare.temporal.ending import API_GRACE, end_process


def main() -> None:
    # Before it serves there is nothing to finish; once it has served, uvicorn raises the signal again that ended it.
    signal.signal(signal.SIGTERM, lambda *_: end_process())
    try:
        settings = read_settings()
    except ThroughcareError as error:
        sys.exit(str(error))
    # What is imported stays. To look through it for garbage while it grows takes a fifth of the start.
    gc.disable()
    from api.app import create_app
    from api.connections import Connection

    gc.freeze()
    gc.enable()
    uvicorn.run(
        create_app,
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        http=partial(Connection, settings),  # type: ignore[arg-type] # called as the class would be
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        # What it says of its own coming and going would only be withheld.
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=int(API_GRACE.total_seconds()),
    )
    end_process()


if __name__ == "__main__":
    main()
