"""The steps a rung asks for: each discharges a duty of that rung. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from throughcare.case.duty import Duty
from throughcare.case.message import Messages
from throughcare.case.refusals import SomebodyMissing, Unreadable
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.facts import RungFacts
from throughcare.lifecycles.conflict.outcomes import (
    agree,
    disagree,
    has_agreed,
    outcome_duties,
)
from throughcare.lifecycles.conflict.rungs import speaking
from throughcare.lifecycles.conflict.said import ConflictSaid

steps = Messages()


@steps.message(
    "contact_made",
    discharges=ConflictAct.contact,
    example={
        "event_at": "2026-03-09T09:10:00-06:00",
        "initiated_by": "coordinator-supervisor-1",
    },
)
class ContactMade(RungFacts):
    """One side contacted the other to resolve it (CR-A-2d, CR-A-3c, CR-A-5, CR-B-2e, CR-B-3c, CR-B-5, CR-C-2a)."""

    initiated_by: str | None = Field(
        default=None,
        description="The seat that made the contact; your own where left out.",
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        duty = said.duty(ConflictAct.contact)
        speakers = [case.seated[role] for role in speaking(said.rung)]
        seat = self.initiated_by or said.seat
        initiator = next((seated for seated in speakers if seated.seat == seat), None)
        if initiator is None:
            seats = ", ".join(f"{seated.seat} ({seated.title})" for seated in speakers)
            raise Unreadable(
                f"initiated_by must be a seat of rung {said.rung.id}: {seats}.",
                said.allowed,
            )
        text = f"{said.rung.id}: {initiator.title} made the contact"
        text += "." if duty.is_held_by(initiator.role) else ", begun by the other side."
        said.discharge(duty, text)


@steps.message(
    "team_meeting_held",
    discharges=ConflictAct.team_meeting,
    example={"event_at": "2026-03-11T16:00:00-06:00"},
)
class TeamMeetingHeld(RungFacts):
    """The Team met on the issue (CR-C-1b)."""

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        text = "The Child & Family Team met on the issue."
        said.discharge(said.duty(ConflictAct.team_meeting), text)


@steps.message(
    "meeting_held",
    discharges=ConflictAct.meeting,
    example={
        "event_at": "2026-03-02T15:30:00-06:00",
        "attendees": ["coordinator-1", "human-service-worker"],
        "note": "Met at the school.",
    },
)
class MeetingHeld(RungFacts):
    """Both sides of the rung met. Who was there is told by seat (CR-A-1, CR-B-1, CR-C-1a)."""

    attendees: tuple[str, ...] = Field(
        min_length=1, description="The seats of those present, as the case shows them."
    )
    outcome: Literal["agreement", "no_agreement"] | None = Field(
        default=None, description="The sender's own word on the outcome."
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        duty = said.duty(ConflictAct.meeting)
        missing = tuple(
            holder.title for holder in duty.holders if holder.seat not in self.attendees
        )
        if missing:
            raise SomebodyMissing(missing, said.allowed)
        said.discharge(duty, self._text(case, said, duty))
        if self.outcome == "agreement" and not has_agreed(said):
            agree(said, "")
        elif self.outcome == "no_agreement" and outcome_duties(said):
            disagree(said, None)

    def _text(self, case: Conflict, said: ConflictSaid, duty: Duty) -> str:
        """Who was there, by their seats. Raises Unreadable for a seat that has no part in this case."""
        seats = {seated.seat: seated.title for seated in case.seated.values()}
        if any(seat not in seats for seat in self.attendees):
            known = ", ".join(seat for seat in seats if seat)
            raise Unreadable(
                f"attendees must be seats of this case: {known}. Name others in the note.",
                said.allowed,
            )
        titles = ", ".join(dict.fromkeys(seats[seat] for seat in self.attendees))
        return f"{duty.step}: both sides met. There were: {titles}."


@steps.message(
    "notice_given", discharges=ConflictAct.notice, example={"how": "by phone"}
)
class NoticeGiven(RungFacts):
    """The notice was given by other means than our e-mail (a call, a letter, in person)."""

    how: str = Field(
        min_length=1,
        max_length=200,
        description="How it was given: by phone, by letter, in person.",
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        duty = said.duty(ConflictAct.notice)
        said.discharge(duty, f"{duty.text}, {self.how}.")


@steps.message(
    "information_provided",
    discharges=ConflictAct.information,
    example={
        "documents": ["plan-2026-02", "meeting-notes-2026-03-02"],
        "seat": "coordinator-1",
    },
)
class InformationProvided(RungFacts):
    """All relevant information was handed to the next one up on the own side: the packet, apart from the notice (Q-21;
    CR-A-2a, CR-A-2b, CR-A-3a, CR-A-3b, CR-A-4a, CR-A-4b, CR-B-2c, CR-B-3a, CR-B-3b, CR-B-4a, CR-B-4b)."""

    documents: tuple[str, ...] = Field(
        default=(), description="References to the documents handed over."
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        duty = said.duty(ConflictAct.information)
        many = len(self.documents)
        papers = f" ({many} document{'s' if many > 1 else ''})" if many else ""
        listed = f"Documents: {', '.join(self.documents)}." if many else ""
        text = f"{duty.text}{papers}."
        said.discharge(duty, text, said.words(listed))
        rung = case.rung
        informed = rung and not case.outstanding(ConflictAct.information, step=rung.id)
        if rung and informed and not rung.outcome and not case.moving_to:
            # A rung of notices only has nothing left to wait for once both sides are informed (A4, B4).
            case.leave(said.now, _informed_at(case, rung.id))


def _informed_at(case: Conflict, rung: str) -> datetime:
    """When the last packet was handed over."""
    return max(
        duty.discharge.event_at
        for duty in case.duties
        if duty.act == ConflictAct.information and duty.step == rung and duty.discharge
    )


@steps.message(
    "assistance_requested",
    discharges=ConflictAct.assistance,
    example={"note": "Both supervisors ask for it."},
)
class AssistanceRequested(RungFacts):
    """The parties ask Administrative staff for help (CR-C-3)."""

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        duty = said.duty(ConflictAct.assistance)
        helper = case.seated[duty.target or ""]
        text = f"{said.seated.title} asked {helper.title} for help."
        said.discharge(duty, text)
        case.notify(
            "assistance_asked",
            helper,
            sender=said.seated,
            step=duty.step,
            clause=duty.clause,
        )
