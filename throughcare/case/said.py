"""A message as it is heard: the seat it is spoken from, and the words it leaves on the timeline. Pure."""

from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from throughcare.case.duty import Discharge
from throughcare.case.message import Message
from throughcare.case.parts import ClauseId
from throughcare.case.refusals import (
    Allowed,
    Unreadable,
)
from throughcare.case.seats import Capacity, Seated
from throughcare.case.staffing import StaffedCase

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may run before "it happened at" is taken for a slip."""

LONG_BEFORE = timedelta(days=31)
"""A dispute may be older than its case, and its people may have met before; what lies further back is taken for a slip."""

Heard = TypeVar("Heard", bound=StaffedCase)


class From(NamedTuple):
    """The seat a message is spoken from, by what right, and the parts that seat could speak for in it."""

    capacity: Capacity
    seat: str
    roles: tuple[str, ...]


def check_time(message: Message, opened_at: datetime) -> None:
    """Raises Unreadable for an event in the future, or long before the case."""
    now = message.received_at
    if message.event_at > now + CLOCKS_DIFFER:
        raise Unreadable(
            f"event_at lies in the future; now is {now:%Y-%m-%dT%H:%M:%SZ}."
        )
    if message.event_at < opened_at - LONG_BEFORE:
        raise Unreadable(
            f"event_at lies more than {LONG_BEFORE.days} days before the case was opened."
        )


class Said(Generic[Heard]):
    """One message before one case, from a seat that may send it now: who speaks, by what right, and of what."""

    def __init__(
        self, case: Heard, message: Message, allowed: tuple[Allowed, ...], spoken: From
    ) -> None:
        self.case = case
        self.message = message
        self.now = message.received_at
        self.allowed = allowed
        self.capacity, self.seat, self._speaks_for = spoken
        self.roles = {
            role for role, each in case.seated.items() if each.seat == self.seat
        }
        attestation = message.actor.attestation
        self.by = Discharge(
            event_at=message.event_at,
            entered_at=self.now,
            person=message.actor.person,
            seat=self.seat,
            attested_by=attestation.entered_by if attestation else None,
        )

    def tell_of_attested(self) -> None:
        """Whoever's word was entered is told of it, and can have it corrected."""
        if self.message.actor.attestation is None:
            return
        # By the name of the message alone: the entry may quote what they said.
        what = self.message.name.replace("_", " ")
        self.case.tell("attested", self.seated, rung=self.case.here, what=what)

    @property
    def seated(self) -> Seated:
        """The seat the sender speaks from, in the part this message is about."""
        found = [role for role in self._speaks_for if role in self.roles]
        return self.case.seated[found[0]]

    # -- helpers -------------------------------------------------------------------------------------------------

    def note(
        self,
        kind: str,
        text: str,
        clause: ClauseId,
        *,
        rung: str | None = None,
        words: str = "",
        corrects: int | None = None,
    ) -> None:
        self.case.note(
            kind,
            text + self.by_right(),
            self.now,
            by=self.by,
            rung=rung or self.case.here,
            clause=clause,
            capacity=self.capacity,
            message_id=self.message.message_id,
            words=words or self.message.facts.note,
            attested=self.message.actor.attestation,
            corrects=corrects,
        )

    def by_right(self) -> str:
        """Acting for somebody else is never without a mark (O-25)."""
        match self.capacity:
            case Capacity.holder:
                return ""
            case Capacity.link:
                return " Entered through a signed link."
            case Capacity.webhook:
                return " Entered through their agency's own system."
            case Capacity.imported:
                return " Taken over from the agency's own record."
            case Capacity.attested:
                return f" {self._attested()}"
        return f" Entered by a {self.capacity}."

    def _attested(self) -> str:
        """When they gave their word; who, to whom and how is in the entry (ruling 6)."""
        attestation = self.message.actor.attestation
        if attestation is None:
            return "Attested."
        said_at = f"{attestation.said_at:%Y-%m-%d %H:%M} UTC"
        # How it was said is in its sender's own words, which may name somebody; it stays beside the text.
        return f"Attested: said on {said_at}, and entered by somebody else."

    def words(self, said: str) -> str:
        """What the message itself says, and the note beside it: neither is lost."""
        return "\n".join(each for each in (said, self.message.facts.note) if each)
