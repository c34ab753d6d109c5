"""Notices a case wants sent, and what became of each. Pure."""

from datetime import datetime
from enum import StrEnum

from throughcare.case.base import Frozen
from throughcare.case.duty import (
    Basis,
)
from throughcare.case.seats import (
    Seated,
)


class Notice(Frozen):
    """Word to one seat. It is sent once per `key`, however often sending is tried."""

    key: str
    kind: str
    receiver: Seated
    sender: Seated | None = None
    clause: str | None = None
    step: str = ""
    what: str = ""
    due_at: datetime | None = None
    duty: str | None = None
    """The notice duty that its delivery discharges."""
    basis: Basis | None = None
    """Whose limit `due_at` is; the step says it where this does not."""

    @property
    def line(self) -> str:
        """The notice in a few words for operators."""
        sender = (
            f"{self.sender.title} tells "
            if self.sender
            else f"{self.kind.replace('_', ' ')}: "
        )
        return f"{self.step} {sender}{self.receiver.title}{f' ({self.clause})' if self.clause else ''}".strip()


class Delivery(StrEnum):
    """What became of a notice. `uncertain`: it may have gone out just as the sender was cut off, so it is not sent again by itself.
    `superseded`: its case was set back before anybody began to send it."""

    queued = "queued"
    sending = "sending"
    delivered = "delivered"
    failed = "failed"
    uncertain = "uncertain"
    superseded = "superseded"


class Delivered(Frozen):
    """`channel` is how it went, as people call it; empty in what was told before there was more than e-mail."""

    key: str
    delivery: Delivery
    reason: str = ""
    channel: str = ""
