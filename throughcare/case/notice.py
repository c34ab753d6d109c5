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


class ToldDuty(Frozen):
    """A duty that a notice tells of, with its own limit."""

    id: str
    text: str
    due_at: datetime | None = None
    basis: Basis | None = None


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
    duties: tuple[ToldDuty, ...] = ()
    """What it tells is to be done; of notices of before, `what` alone says it."""

    def says_the_same_as(self, other: "Notice") -> bool:
        """To the same person, from whichever of their seats."""
        return self._said() == other._said()

    def _said(self) -> tuple[object, ...]:
        duties = tuple(each.id for each in self.duties)
        person = self.receiver.person, self.sender and self.sender.person
        return self.kind, person, self.step, self.clause, self.what, self.duty, duties

    def takes_up(self, other: "Notice") -> bool:
        """Whether both tell one seat of the same turn of its case."""
        mine, theirs = self.receiver, other.receiver
        is_one = (mine.seat, mine.person) == (theirs.seat, theirs.person)
        return is_one and any({self.kind, other.kind} <= {*turn} for turn in TURNS)

    def left_with(self, duties: tuple[ToldDuty, ...]) -> "Notice":
        """Without those of its duties that are done by now."""
        dues = [(duty.due_at, duty.basis) for duty in duties if duty.due_at]
        due_at, basis = min(dues, key=lambda due: due[0], default=(None, None))
        what = "; ".join(duty.text for duty in duties)
        fields = {"duties": duties, "what": what, "due_at": due_at, "basis": basis}
        return self.model_copy(update=fields)

    def joined_by(self, other: "Notice") -> "Notice":
        """Both in one, as the kind of the more telling of the two."""
        kinds = (self.kind, other.kind)
        kind = next(each for turn in TURNS for each in turn if each in kinds)
        joined = self.left_with((*self.duties, *other.duties))
        return joined.model_copy(update={"kind": kind})

    @property
    def line(self) -> str:
        """The notice in a few words for operators."""
        sender = (
            f"{self.sender.title} tells "
            if self.sender
            else f"{self.kind.replace('_', ' ')}: "
        )
        return f"{self.step} {sender}{self.receiver.title}{f' ({self.clause})' if self.clause else ''}".strip()


TURNS = (
    ("assigned", "seat_taken", "duty_opened"),
    ("reopened", "opened", "contact_due", "rung_opened"),
)
"""Kinds of notices that tell of the same turn of a case: to one seat in one moment they are one, of the kind that comes first."""


class Delivery(StrEnum):
    """What became of a notice. `uncertain`: it may have gone out just as the sender was cut off, so it is not sent again by itself.
    `superseded`: its case was set back before anybody began to send it. `needless`: all it told was done before it left."""

    queued = "queued"
    sending = "sending"
    delivered = "delivered"
    failed = "failed"
    uncertain = "uncertain"
    superseded = "superseded"
    needless = "needless"


class Undelivered(StrEnum):
    """The deliveries of which a person may have the notice sent again."""

    failed = "failed"
    uncertain = "uncertain"


class Delivered(Frozen):
    """`channel` is how it went, as people call it; empty in what was told before there was more than e-mail."""

    key: str
    delivery: Delivery
    reason: str = ""
    channel: str = ""
