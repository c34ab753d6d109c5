"""The duty: a promise of the policy that has fired in a case, with an owner, a clock and a paper trail."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from throughcare.case.base import Frozen, is_none
from throughcare.case.seats import Seated
from throughcare.time.deadline import Receipt


class Basis(StrEnum):
    """Whose limit it is. An agency's limit is never shown as the policy's (ruling 1)."""

    source = "source"
    agency = "agency"
    plan = "plan"
    """How often the client's own plan says (CS-W-9)."""
    payer = "payer"
    """To when the payer approved a service."""

    @property
    def whose(self) -> str:
        return _WHOSE[self]


_WHOSE = {
    Basis.source: "the policy's",
    Basis.agency: "the agency's own",
    Basis.plan: "the plan's own",
    Basis.payer: "the payer's",
}


class DutyStatus(StrEnum):
    open = "open"
    met = "met"
    met_late = "met_late"
    missed = "missed"
    excused = "excused"
    withdrawn = "withdrawn"
    taken_back = "taken_back"
    """It came of a mistake, or was done by one; nothing counts it (ruling 21)."""


class Act(StrEnum):
    """What discharges a duty that the engine itself opens. A lifecycle has acts of its own beside these."""

    fill_seat = "fill_seat"
    mend_calendar = "mend_calendar"
    follow_up = "follow_up"
    """Somebody above sees to what was missed below."""


class Discharge(Frozen):
    """What ended a duty: when it happened, when it was entered, by whom and from which seat."""

    event_at: datetime
    entered_at: datetime
    person: str | None = None
    seat: str | None = None
    text: str = ""
    attested_by: str | None = None
    """Who entered it, where it is somebody else's word."""
    first_event_at: datetime | None = Field(default=None, exclude_if=is_none)
    """When it happened as its entry says, where that was corrected since."""

    def corrected(self, at: datetime) -> "Discharge":
        first = self.first_event_at or self.event_at
        return self.model_copy(update={"event_at": at, "first_event_at": first})


def duty_id(step: str, clause: str, act: str, role: str) -> str:
    return f"{step}:{clause}:{act}:{role}"


class Duty(Frozen):
    """`due_at` is None where there is no limit; `receipt` says how it was derived and `basis` whose limit it is."""

    id: str
    clause: str
    act: str
    text: str
    step: str
    holders: tuple[Seated, ...]
    opened_at: datetime
    due_at: datetime | None = None
    receipt: Receipt | None = None
    basis: Basis | None = None
    status: DutyStatus = DutyStatus.open
    target: str | None = None
    """What this act is directed at: the role that is told, contacted or asked; of an intake also the need, the service or
    the duty it is about."""
    discharge: Discharge | None = None
    entered_late: bool = False
    done_by: tuple[str, ...] = ()
    """Of a duty that each of two sides must do, the roles that have done their part."""

    @property
    def is_open(self) -> bool:
        return self.status is DutyStatus.open

    @property
    def is_outstanding(self) -> bool:
        """Still to be done: a missed duty can be done late, and the record then says so (ruling 12)."""
        return self.status in (DutyStatus.open, DutyStatus.missed)

    def is_waited_for_from(self, role: str) -> bool:
        return self.is_outstanding and role not in self.done_by

    def is_held_by(self, role: str) -> bool:
        return any(holder.role == role for holder in self.holders)

    def discharged(self, discharge: Discharge) -> "Duty":
        late = self.due_at is not None and discharge.event_at > self.due_at
        return self.model_copy(
            update={
                "status": DutyStatus.met_late if late else DutyStatus.met,
                "discharge": discharge,
                "entered_late": not late
                and self.due_at is not None
                and discharge.entered_at > self.due_at,
            }
        )

    def ended(self, status: DutyStatus, discharge: Discharge | None = None) -> "Duty":
        return self.model_copy(
            update={"status": status, "discharge": discharge or self.discharge}
        )

    def held_now_by(self, seated: Seated) -> "Duty":
        """The same duty after its seat changed hands; its clock is untouched (ruling 5, O-06)."""
        holders = tuple(
            seated if holder.role == seated.role else holder for holder in self.holders
        )
        return self.model_copy(update={"holders": holders})
