"""What people's messages do to a conflict. Whose turn it is for which is in throughcare.lifecycles.conflict.turns. Pure.

`hear` works on a copy and returns it, so a message is applied whole or not at all, and a trial run is the same code.
"""

from collections.abc import Mapping

from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
    Duty,
    DutyStatus,
    duty_id,
)
from throughcare.case.message import Facts, Message
from throughcare.case.parts import ClauseId
from throughcare.case.refusals import (
    AlreadySaid,
    SamePerson,
    SomebodyMissing,
    StepsOutstanding,
    Unreadable,
)
from throughcare.case.seats import Seated, Side
from throughcare.case.wording import NOBODY, any_of
from throughcare.lifecycles.conflict.acts import (
    AgreementNotReached,
    AgreementReached,
    AssistanceRequested,
    Close,
    ContactMade,
    InformationProvided,
    MeetingHeld,
    NoticeGiven,
    PartialAgreement,
    TeamInterventionRequired,
    TeamMeetingHeld,
    ViolationIdentified,
    ViolationReported,
    Withdraw,
)
from throughcare.lifecycles.conflict.conflict import Conflict, Status
from throughcare.lifecycles.conflict.mending import MENDS, Mending
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.lifecycles.conflict.rungs import speaking
from throughcare.lifecycles.conflict.said import ConflictSaid
from throughcare.lifecycles.conflict.turns import (
    allowed_now,
    recipient_titles,
    violation_first,
    violations,
)

__all__ = ["allowed_now", "hear"]


def _answer_for(said: Discharge) -> set[str]:
    """The people behind a word: who gave it, and who entered it for them."""
    return {each for each in (said.person, said.attested_by) if each}


def hear(conflict: Conflict, message: Message) -> Conflict:
    """The conflict after this message; raises Refused, and the given conflict is untouched either way."""
    heard = conflict.model_copy(deep=True)
    if heard.rung_due_at is not None and message.received_at > heard.rung_due_at:
        # The limit came first, whichever of the two the engine happened to deliver first.
        heard.on_time(message.received_at)
    if isinstance(message.facts, MENDS):
        Mending(heard, message).apply()
    else:
        _Hearing(heard, message).apply()
    return heard


class _Hearing(ConflictSaid):
    """What a step, an outcome or an ending does."""

    def _duty(self, act: Act) -> Duty:
        """The duty this message discharges; where each side has one, the sender's own."""
        duties = self.conflict.outstanding(act, rung=self.turn.rung)
        mine = [duty for duty in duties if any(duty.is_held_by(r) for r in self.roles)]
        return (mine or duties)[0]

    def _discharge(self, duty: Duty, kind: str, text: str, words: str = "") -> None:
        done = duty.discharged(self.by.model_copy(update={"text": text}))
        self.conflict.replace_duty(done)
        whose = (duty.basis or Basis.agency).whose
        if done.status is DutyStatus.met_late:
            text += f" Done after {whose} limit."
        elif done.entered_late:
            text += f" Done within {whose} limit, and entered after it."
        if self.by.event_at < self.conflict.opened_at:
            text += " It happened before the case was opened."
        self.note(kind, text, duty.clause, rung=duty.rung, words=words)

    def _open(
        self, act: Act, clause: ClauseId, text: str, holder: Seated, clock: Duty | None
    ) -> Duty:
        """A duty that a message calls for. It runs on the clock of another, or on none."""
        rung = self.conflict.rung_id or self.conflict.moving_to or ""
        return self.conflict.open_duty(
            Duty(
                id=duty_id(rung, clause, act, holder.role),
                clause=clause,
                act=act,
                text=text,
                rung=rung,
                holders=(holder,),
                opened_at=self.now,
                due_at=clock.due_at if clock else None,
                receipt=clock.receipt if clock else None,
                basis=clock.basis if clock else None,
            )
        )

    def _rung(self) -> Rung:
        return self.conflict.rung_named(self.turn.rung or "")

    # -- the messages --------------------------------------------------------------------------------------------

    def apply(self) -> None:
        self._facts(self.message.facts)
        self.tell_of_attested()

    def _facts(self, facts: Facts) -> None:
        match facts:
            case MeetingHeld():
                self._meeting_held(facts)
            case ContactMade():
                self._contact_made(facts)
            case InformationProvided():
                self._information_provided(facts)
            case NoticeGiven():
                duty = self._duty(Act.notice)
                self._discharge(duty, "notice_given", f"{duty.text}, {facts.how}.")
            case AgreementReached():
                self._agreement_reached(facts.terms)
            case AgreementNotReached():
                self._agreement_not_reached(facts.waiver)
            case TeamInterventionRequired():
                self._team_required(facts)
            case TeamMeetingHeld():
                text = "The Child & Family Team met on the issue."
                duty = self._duty(Act.team_meeting)
                self._discharge(duty, "team_meeting_held", text)
            case AssistanceRequested():
                self._assistance_requested()
            case ViolationIdentified():
                self._violation_identified(facts)
            case ViolationReported():
                self._violation_reported(facts)
            case Withdraw():
                text = f"Withdrawn by {self.seated.title}."
                self._close(Status.withdrawn, text, facts.reason)
            case Close():
                self._closed_by_authority(facts.reason)
            case PartialAgreement():
                self._partial_agreement(facts)

    def _meeting_held(self, facts: MeetingHeld) -> None:
        duty = self._duty(Act.meeting)
        missing = tuple(
            holder.title
            for holder in duty.holders
            if holder.seat not in facts.attendees
        )
        if missing:
            raise SomebodyMissing(missing, self.allowed)
        self._discharge(duty, "meeting_held", self._met(duty, facts.attendees))
        if facts.outcome == "agreement" and not self._has_said():
            self._agreement_reached("")
        elif facts.outcome == "no_agreement" and self._outcome_duties():
            self._agreement_not_reached(None)

    def _met(self, duty: Duty, attendees: tuple[str, ...]) -> str:
        """Who was there, by their seats. Raises Unreadable for a seat that has no part in this case."""
        seats = {seated.seat: seated.title for seated in self.conflict.seated.values()}
        strangers = [seat for seat in dict.fromkeys(attendees) if seat not in seats]
        if strangers:
            known = ", ".join(seat for seat in seats if seat)
            raise Unreadable(
                f"attendees must be seats of this case: {known}. Name others in the note.",
                self.allowed,
            )
        titles = ", ".join(dict.fromkeys(seats[seat] for seat in attendees))
        return f"{duty.rung}: both sides met. There were: {titles}."

    def _contact_made(self, facts: ContactMade) -> None:
        duty = self._duty(Act.contact)
        rung = self._rung()
        speakers = [self.conflict.seated[role] for role in speaking(rung)]
        seat = facts.initiated_by or self.seat
        initiator = next((seated for seated in speakers if seated.seat == seat), None)
        if initiator is None:
            seats = ", ".join(f"{seated.seat} ({seated.title})" for seated in speakers)
            raise Unreadable(
                f"initiated_by must be a seat of rung {rung.id}: {seats}.", self.allowed
            )
        text = f"{rung.id}: {initiator.title} made the contact"
        text += "." if duty.is_held_by(initiator.role) else ", begun by the other side."
        self._discharge(duty, "contact_made", text)

    def _information_provided(self, facts: InformationProvided) -> None:
        duty = self._duty(Act.information)
        many = len(facts.documents)
        papers = f" ({many} document{'s' if many > 1 else ''})" if many else ""
        listed = f"Documents: {', '.join(facts.documents)}." if many else ""
        text = f"{duty.text}{papers}."
        self._discharge(duty, "information_provided", text, self.words(listed))
        rung = self.conflict.rung
        informed = rung and not self.conflict.outstanding(Act.information, rung=rung.id)
        if rung and informed and not rung.outcome and not self.conflict.moving_to:
            # A rung of notices only has nothing left to wait for once both sides are informed (A4, B4).
            self.conflict.leave(self.now)

    # -- the outcome of a rung -----------------------------------------------------------------------------------

    def _side(self, rung: Rung) -> Side:
        return next(side for side in Side if self.roles.intersection(rung.seats[side]))

    def _has_said(self) -> bool:
        rung = self._rung()
        return self._side(rung) in self.conflict.agreements.get(rung.id, {})

    def _outcome_duties(self) -> list[Duty]:
        return self.conflict.outstanding(Act.outcome, rung=self.turn.rung)

    def _outcome_clause(self, rung: Rung) -> ClauseId:
        return rung.outcome.clause if rung.outcome else rung.main_clause

    def _agreement_reached(self, terms: str) -> None:
        """Agreement needs both sides of the rung, each by a person of its own (Q-19)."""
        rung = self._rung()
        said = self.conflict.agreements.get(rung.id, {})
        other = self._other_side(rung, said)
        if other and violations(self.conflict):
            raise violation_first(self.conflict, self.message, self.allowed)
        self.conflict.agreements[rung.id] = {**said, self._side(rung): self.by}
        if other:
            self._agreed(rung, terms)
        else:
            self._wait_for(rung, terms)

    def _other_side(
        self, rung: Rung, said: Mapping[Side, Discharge]
    ) -> Discharge | None:
        """What the other side has said, where this side may say it now. Raises AlreadySaid and SamePerson."""
        side = self._side(rung)
        if side in said:
            raise AlreadySaid(
                self.seated.title, any_of(self._waiting(rung)), self.allowed
            )
        other = said.get(side.other)
        if other and _answer_for(other) & _answer_for(self.by):
            mine = [self.conflict.seated[role] for role in speaking(rung, side)]
            raise SamePerson(any_of(mine), self.allowed)
        return other

    def _waiting(self, rung: Rung) -> list[Seated]:
        other = self._side(rung).other
        return [self.conflict.seated[role] for role in speaking(rung, other)]

    def _partial_agreement(self, facts: PartialAgreement) -> None:
        """What is settled needs both sides, as an agreement does; what remains goes up once both have said so."""
        rung = self._rung()
        said = self.conflict.partial_agreements.get(rung.id, {})
        other = self._other_side(rung, said)
        self.conflict.partial_agreements[rung.id] = {
            **said,
            self._side(rung): self.by,
        }
        words = f"Settled: {facts.settled}\nStill in dispute: {facts.remaining}"
        if other:
            self._partly_agreed(rung, facts.waiver, self.words(words))
        else:
            self._leave_out(self.conflict.advised_steps(rung), facts.waiver)
            self._wait_for(rung, words, "agrees in part")

    def _partly_agreed(self, rung: Rung, waiver: str | None, words: str) -> None:
        self._leave_out(self.conflict.advised_steps(rung), waiver)
        done = self.by.model_copy(update={"text": "Both sides agree in part."})
        for duty in self._outcome_duties():
            self.conflict.replace_duty(duty.discharged(done))
        self.conflict.agreements.pop(rung.id, None)
        text = f"{rung.id}: both sides agree in part. What remains goes on."
        clause = self._outcome_clause(rung)
        self.note("partly_agreed", text, clause, rung=rung.id, words=words)
        self.conflict.leave(self.now)

    def _wait_for(self, rung: Rung, terms: str, says: str = "agrees") -> None:
        waiting = self._waiting(rung)
        clause, words = self._outcome_clause(rung), self.words(terms)
        title = self.seated.title
        text = f"{rung.id}: {title} {says}; waiting for {any_of(waiting)}."
        self.note("agreement_confirmed", text, clause, rung=rung.id, words=words)
        answered = speaking(rung, self._side(rung))
        for duty in self._outcome_duties():
            self.conflict.replace_duty(duty.model_copy(update={"done_by": answered}))
        for seated in waiting:
            self.conflict.tell(
                "waiting_for_you",
                seated,
                rung=rung.id,
                clause=clause,
                what=f"{title} {says}",
            )

    def _agreed(self, rung: Rung, terms: str) -> None:
        done = self.by.model_copy(update={"text": "Both sides agree."})
        for duty in self._outcome_duties():
            self.conflict.replace_duty(duty.discharged(done))
        text = f"Agreement reached on rung {rung.id}: both sides confirmed it."
        self._close(Status.agreed, text, terms, self._outcome_clause(rung))

    def _agreement_not_reached(self, waiver: str | None) -> None:
        """Either side may say so (Q-19), and what the other side may have confirmed before counts no more."""
        rung = self._rung()
        self._leave_out(self.conflict.advised_steps(rung), waiver)
        done = self.by.model_copy(update={"text": "No agreement."})
        for duty in self._outcome_duties():
            self.conflict.replace_duty(duty.discharged(done))
        self.conflict.agreements.pop(rung.id, None)
        text = f"{rung.id}: {self.seated.title} says that no agreement was reached."
        clause = self._outcome_clause(rung)
        self.note("agreement_not_reached", text, clause, rung=rung.id)
        if rung.id == self.conflict.rung_id and not self.conflict.moving_to:
            self.conflict.leave(self.now)

    def _leave_out(self, steps: list[Duty], waiver: str | None) -> None:
        if steps and not waiver:
            texts = tuple(duty.text for duty in steps)
            hint = " The policy only recommends this: send agreement_not_reached with the reason in `waiver` to leave it out."
            raise StepsOutstanding(self.message.name, texts, hint, self.allowed)
        for duty in steps:
            reason = self.by.model_copy(update={"text": waiver or ""})
            self.conflict.replace_duty(duty.ended(DutyStatus.excused, reason))
            text = f"Left out, with a reason: {duty.text}."
            self.note("left_out", text, duty.clause, rung=duty.rung, words=waiver or "")

    # -- beside the steps ----------------------------------------------------------------------------------------

    def _team_required(self, facts: TeamInterventionRequired) -> None:
        rung = self._rung()
        assert rung.team is not None
        clause, convener = rung.team.clause, self.conflict.seated[rung.team.convener]
        here = [duty for duty in self.conflict.open_duties() if duty.rung == rung.id]
        clock = next((duty for duty in here if duty.due_at), None)
        what = "The Child & Family Team meets on the issue"
        duty = self._open(Act.team_meeting, clause, what, convener, clock)
        title = self.seated.title
        text = f"{rung.id}: {title} says that the issue needs the Child & Family Team."
        words = self.words(facts.reason)
        self.note("team_intervention_required", text, clause, words=words)
        self.conflict.tell(
            "team_needed",
            convener,
            rung=rung.id,
            clause=clause,
            what=what,
            due_at=duty.due_at,
        )

    def _assistance_requested(self) -> None:
        duty = self._duty(Act.assistance)
        helper = self.conflict.seated[duty.target or ""]
        text = f"{self.seated.title} asked {helper.title} for help."
        self._discharge(duty, "assistance_requested", text)
        self.conflict.tell(
            "assistance_asked",
            helper,
            sender=self.seated,
            rung=duty.rung,
            clause=duty.clause,
        )

    def _violation_identified(self, facts: ViolationIdentified) -> None:
        violation = self.conflict.policy.violation
        titles = " or ".join(recipient_titles(self.conflict))
        what = f"Report the violation to {titles}"
        clause = violation.clause
        self._open(Act.violation_report, clause, what, self.seated, None)
        kind = facts.kind.replace("_", " ")
        text = f"A {kind} violation was identified. The ladder goes on."
        self.note("violation_identified", text, clause)

    def _violation_reported(self, facts: ViolationReported) -> None:
        violation = self.conflict.policy.violation
        if facts.recipient not in violation.recipients:
            known = ", ".join(violation.recipients)
            raise Unreadable(f"recipient must be one of: {known}.", self.allowed)
        recipient = self.conflict.seated[facts.recipient]
        text = f"The violation was reported to {recipient.title}."
        for duty in violations(self.conflict):
            self._discharge(duty, "violation_reported", text)
        if recipient.is_empty:
            self.conflict.need_filled(recipient, NOBODY, violation.clause, self.now)
        self.conflict.tell("violation_reported", recipient, clause=violation.clause)

    # -- endings -------------------------------------------------------------------------------------------------

    def _closed_by_authority(self, reason: str) -> None:
        title = self.seated.title
        text = f"Closed by {title}, the authority the agency named."
        done = self.by.model_copy(update={"text": text})
        for duty in self.conflict.outstanding(Act.closing):
            self.conflict.replace_duty(duty.discharged(done))
        self._close(Status.closed_by_authority, text, reason)

    def _close(
        self, status: Status, text: str, said: str, clause: ClauseId | None = None
    ) -> None:
        self.conflict.close(
            status,
            text + self.by_right(),
            self.now,
            self.by,
            clause or self.conflict.ladder.clause,
            self.words(said),
            capacity=self.capacity,
            message_id=self.message.message_id,
            attested=self.message.actor.attestation,
        )
