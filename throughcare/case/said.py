"""A message before a case: who speaks, from which seat and by what right, and the words it leaves on the timeline. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from pydantic import JsonValue

from throughcare.case.case import Case
from throughcare.case.duty import Basis, Discharge, Duty, DutyStatus
from throughcare.case.entry import MessageName, Provenance
from throughcare.case.message import Message, Permission
from throughcare.case.parts import ClauseId
from throughcare.case.permissions import allowed_as, allowed_now, permissions
from throughcare.case.refusals import (
    CaseIsClosed,
    NotYourSeat,
    OutOfOrder,
    Refused,
    StepsOutstanding,
    Unreadable,
)
from throughcare.case.seats import Capacity, Seated

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may run before "it happened at" is taken for a slip."""

LONG_BEFORE = timedelta(days=31)
"""A dispute may be older than its case, and its people may have met before; what lies further back is taken for a slip."""

CaseT = TypeVar("CaseT", bound=Case)


class Authorised(NamedTuple):
    """From which seat and by what right somebody speaks, and what they may say from it."""

    capacity: Capacity
    seat: str
    permission: Permission


class Said(Generic[CaseT]):
    """One message before one case, from a seat that may send it now. Raises Refused where it cannot come, or not from them."""

    def __init__(self, case: CaseT, message: Message) -> None:
        self.case = case
        self.message = message
        self.now = message.received_at
        self.allowed = allowed_now(case)
        may_come = any(each.message == message.name for each in self.allowed)
        if case.is_closed and not may_come:
            raise CaseIsClosed(message.name, case.status)
        check_time(message, case.opened_at)
        self.capacity, self.seat, self.permission = self._authorised()
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

    @property
    def counted_from(self) -> datetime:
        """When it happened, from which every clock it starts is counted (ruling 15)."""
        return self.now if self.case.is_of_before else self.message.event_at

    # -- by what right -----------------------------------------------------------------------------------------------

    def _authorised(self) -> Authorised:
        """A person's own seat comes before one they stand in for, and that before one they supervise (O-25)."""
        mine = self._permissions()
        outside = self.case.outside_speaker(self.message)
        if outside:
            return Authorised(Capacity.link, outside, mine[0])
        found = [
            Authorised(right, seated.seat, permission)
            for permission in mine
            for role in permission.roles
            if (seated := self.case.seated.get(role)) and seated.seat
            if (right := self._right_from(seated))
        ]
        if not found:
            raise NotYourSeat(self.message.name, allowed_as(self.case, mine))
        return min(found, key=lambda each: each.capacity.rank)

    def _right_from(self, seated: Seated) -> Capacity | None:
        right = self.message.actor.right_to(seated.seat)
        if right is None:
            return None
        return self.case.right_to_speak(self.message, seated, right)

    def _permissions(self) -> list[Permission]:
        """What this message could be about, the latest step first."""
        meant = self.step_meant()
        mine = [
            each
            for each in permissions(self.case)
            if each.message == self.message.name
            and (not meant or each.step in (None, meant))
        ]
        if not mine:
            raise self.not_now(meant)
        return mine

    def step_meant(self) -> str | None:
        """The step it is about, where its sender named one or it can be no other."""
        return self.message.step

    def not_now(self, meant: str | None) -> Refused:
        """Why it cannot come now: what must come before it, or that it is not its turn."""
        kind = self.case.messages.get(self.message.name)
        waiting = (
            self.case.outstanding(kind.discharges) if kind and kind.discharges else []
        )
        before = {
            duty.id: duty for each in waiting for duty in self.case.in_the_way_of(each)
        }
        if before:
            steps = list(before.values())
            return StepsOutstanding(self.message.name, steps, self.allowed)
        named = self.message.step
        about = (
            f"{self.message.name} about rung {named}" if named else self.message.name
        )
        return OutOfOrder(about, self.allowed)

    @property
    def seated(self) -> Seated:
        """The seat the sender speaks from, in the part this message is about."""
        found = [role for role in self.permission.roles if role in self.roles]
        return self.case.seated[found[0]]

    @property
    def opens(self) -> dict[str, JsonValue]:
        """Of a case that this message begins, who opens it, from which seat and by what right."""
        return {
            "opened_by": self.message.actor.person,
            "opened_from": self.seat,
            "opened_by_right": self.capacity,
        }

    # -- refusing ----------------------------------------------------------------------------------------------------

    def unreadable(self, detail: str) -> Unreadable:
        return Unreadable(detail, self.allowed)

    def refused(self, detail: str) -> Refused:
        return Refused(detail, self.allowed)

    @property
    def provenance(self) -> Provenance:
        return {
            "capacity": self.capacity,
            "message_id": self.message.message_id,
            "attested": self.message.actor.attestation,
        }

    # -- what it leaves ----------------------------------------------------------------------------------------------

    def note(
        self,
        kind: StrEnum | None,
        text: str,
        clause: ClauseId,
        *,
        step: str | None = None,
        words: str = "",
        corrects: int | None = None,
    ) -> None:
        """An entry of this kind, or of the name of the message."""
        self.case.note(
            kind or MessageName(self.message.name),
            text + self.by_right(),
            self.now,
            by=self.by,
            step=step or self.case.step,
            clause=clause,
            words=words or self.message.facts.note,
            corrects=corrects,
            **self.provenance,
        )

    def say(self, text: str, clause: ClauseId | None = None, words: str = "") -> None:
        """An entry of what discharges nothing."""
        self.note(None, text, clause or self.case.main_clause, words=self.words(words))

    def discharge_one(
        self, duty: Duty, text: str, words: str = "", kind: StrEnum | None = None
    ) -> Duty:
        """The duty is done, and the timeline says so, with whether it was in time and whether it was entered in time."""
        done = self.case.discharge(duty, self.by.model_copy(update={"text": text}))
        self.note(kind, text + in_time(done), duty.clause, step=duty.step, words=words)
        return done

    def notify_attested(self) -> None:
        """Whoever's word was entered is told of it, and can have it corrected."""
        if self.message.actor.attestation is None:
            return
        # By the name of the message alone: the entry may quote what they said.
        what = self.message.name.replace("_", " ")
        self.case.notify("attested", self.seated, step=self.case.step, what=what)

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


def in_time(done: Duty) -> str:
    """Whether it was done and entered within its limit, where that is not both."""
    whose = (done.basis or Basis.agency).whose
    if done.status is DutyStatus.met_late:
        return f" Done after {whose} limit."
    if done.entered_late:
        return f" Done within {whose} limit, and entered after it."
    return ""


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
