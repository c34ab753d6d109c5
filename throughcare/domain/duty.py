"""The duty: a promise of the policy that has fired in a case, with an owner, a clock and a paper trail."""

from datetime import datetime
from enum import StrEnum

from throughcare.domain.base import Frozen
from throughcare.domain.deadline import Receipt
from throughcare.domain.seats import Seated


class Basis(StrEnum):
    """Whose limit it is. An agency's limit is never shown as the policy's (ruling 1)."""

    source = "source"
    agency = "agency"

    @property
    def whose(self) -> str:
        return "the policy's" if self is Basis.source else "the agency's own"


class DutyStatus(StrEnum):
    open = "open"
    met = "met"
    met_late = "met_late"
    missed = "missed"
    excused = "excused"
    withdrawn = "withdrawn"


class Act(StrEnum):
    """What discharges a duty."""

    meeting = "meeting"
    notice = "notice"
    information = "information"
    contact = "contact"
    outcome = "outcome"
    team_meeting = "team_meeting"
    assistance = "assistance"
    violation_report = "violation_report"
    fill_seat = "fill_seat"
    mend_calendar = "mend_calendar"
    closing = "closing"


class Discharge(Frozen):
    """What ended a duty: when it happened, when it was entered, by whom and from which seat."""

    event_at: datetime
    entered_at: datetime
    person: str | None = None
    seat: str | None = None
    text: str = ""
    attested_by: str | None = None
    """Who entered it, where it is somebody else's word."""


def duty_id(rung: str, clause: str, act: Act, role: str) -> str:
    return f"{rung}:{clause}:{act}:{role}"


class Duty(Frozen):
    """`due_at` is None where there is no limit; `receipt` says how it was derived and `basis` whose limit it is."""

    id: str
    clause: str
    act: Act
    text: str
    rung: str
    holders: tuple[Seated, ...]
    opened_at: datetime
    due_at: datetime | None = None
    receipt: Receipt | None = None
    basis: Basis | None = None
    status: DutyStatus = DutyStatus.open
    target: str | None = None
    """The role this act is directed at: who is told, contacted or asked."""
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
