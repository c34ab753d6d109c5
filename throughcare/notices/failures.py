"""Why a notice did not go out, whatever it was to go by."""

from throughcare.errors import ThroughcareError


class NotSent(ThroughcareError):
    """`reason` is short, and names nobody: it is shown with the case."""

    status = 502

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Undeliverable(NotSent):
    """Refused for good: trying again would change nothing."""


class ServerAway(NotSent):
    """Certainly nothing was accepted, and a later attempt may succeed."""


class RefusedForNow(ServerAway):
    """This one notice: the server is there and may take others."""


class PerhapsSent(NotSent):
    """The notice was handed over, and the answer never came."""
