"""What every lifecycle keeps: its duties, its timeline, its seats and the notices it wants sent. Pure."""

from datetime import datetime

from pydantic import BaseModel, Field

from throughcare.case.base import Frozen
from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
    Duty,
    DutyStatus,
)
from throughcare.case.entry import CaseLink, Entry
from throughcare.case.notice import Notice
from throughcare.case.seats import (
    Attestation,
    Capacity,
    Seated,
)


class Wake(Frozen):
    """When the case must be looked at again though nobody writes, and why, in words for an operator."""

    name: str
    at: datetime
    text: str


class CaseFile(BaseModel):
    """The mutable state of one case. Only its own workflow changes it; every list holds frozen facts."""

    case_id: str
    version: int = 0
    duties: list[Duty] = Field(default_factory=list)
    timeline: list[Entry] = Field(default_factory=list)
    seated: dict[str, Seated] = Field(default_factory=dict)
    unsent: list[Notice] = Field(default_factory=list)
    links: list[CaseLink] = Field(default_factory=list)
    told: dict[str, int] = Field(default_factory=dict)
    """How often each kind of notice went to each seat, so that every one has a key of its own."""

    # -- duties ----------------------------------------------------------------------------------------------

    def open_duty(self, duty: Duty) -> Duty:
        again = sum(
            known.id == duty.id or known.id.startswith(f"{duty.id}#")
            for known in self.duties
        )
        if again:
            duty = duty.model_copy(update={"id": f"{duty.id}#{again + 1}"})
        self.duties.append(duty)
        return duty

    def outstanding(self, *acts: Act, rung: str | None = None) -> list[Duty]:
        """Duties still to be done, the current rung's first."""
        found = [
            d
            for d in self.duties
            if d.is_outstanding and d.act in acts and rung in (None, d.rung)
        ]
        return sorted(found, key=lambda duty: duty.opened_at, reverse=True)

    def open_duties(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.is_open]

    def replace_duty(self, duty: Duty) -> None:
        self.duties = [duty if known.id == duty.id else known for known in self.duties]

    def miss_what_is_due(self, now: datetime) -> list[Duty]:
        missed = [
            d.ended(DutyStatus.missed)
            for d in self.open_duties()
            if d.due_at is not None and d.due_at <= now
        ]
        for duty in missed:
            self.replace_duty(duty)
        return missed

    def end_open_duties(self, status: DutyStatus, discharge: Discharge) -> None:
        """Nothing stays open in a closed case; what was missed stays missed."""
        for duty in self.open_duties():
            self.replace_duty(duty.ended(status, discharge))

    # -- timeline and notices -----------------------------------------------------------------------------------

    def note(
        self,
        kind: str,
        text: str,
        at: datetime,
        *,
        event_at: datetime | None = None,
        rung: str = "",
        clause: str | None = None,
        by: Discharge | None = None,
        capacity: Capacity | None = None,
        message_id: str | None = None,
        before: str | None = None,
        words: str = "",
        attested: Attestation | None = None,
        corrects: int | None = None,
    ) -> None:
        self.timeline.append(
            Entry(
                seq=len(self.timeline) + 1,
                kind=kind,
                text=text,
                at=at,
                event_at=event_at or (by.event_at if by else at),
                rung=rung,
                clause=clause,
                seat=by.seat if by else None,
                person=by.person if by else None,
                capacity=capacity,
                message_id=message_id,
                before=before,
                note=words,
                attested=attested,
                corrects=corrects,
            )
        )

    def tell(
        self,
        kind: str,
        receiver: Seated,
        *,
        rung: str = "",
        sender: Seated | None = None,
        clause: str | None = None,
        what: str = "",
        due_at: datetime | None = None,
        duty: str | None = None,
        basis: Basis | None = None,
    ) -> None:
        """Queue a notice. An empty seat is told nothing: that it is empty is a duty of its own (ruling 5)."""
        if receiver.is_empty:
            return
        name = ":".join(
            (self.case_id, rung or "-", kind, clause or "-", receiver.seat or "-")
        )
        self.told[name] = self.told.get(name, 0) + 1
        self.unsent.append(
            Notice(
                key=f"{name}:{self.told[name]}",
                kind=kind,
                receiver=receiver,
                sender=sender,
                clause=clause,
                rung=rung,
                what=what,
                due_at=due_at,
                duty=duty,
                basis=basis,
            )
        )

    # -- seats ---------------------------------------------------------------------------------------------------

    def seat(self, seated: Seated) -> Seated | None:
        """Take what the directory says of a seat. Returns who sat there before, where that changed."""
        before = self.seated.get(seated.role)
        if before == seated:
            return None
        self.seated[seated.role] = seated
        for duty in self.duties:
            if duty.is_outstanding and duty.is_held_by(seated.role):
                self.replace_duty(duty.held_now_by(seated))
        return before

    def next_seat_change_at(self) -> datetime | None:
        return min(
            (s.until_at for s in self.seated.values() if s.until_at), default=None
        )
