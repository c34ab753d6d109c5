"""`python -m api`: serve the API. uvicorn's own log set-up is left out: it would write what ours withholds."""

import sys

import uvicorn

from throughcare.config import read_settings
from throughcare.errors import ThroughcareError

GRACE_SECONDS = 5


def main() -> None:
    try:
        settings = read_settings()
    except ThroughcareError as error:
        sys.exit(str(error))
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        # What it says of its own coming and going would only be withheld.
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
