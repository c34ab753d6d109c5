"""A message before a conflict: who speaks, by what right and of which rung, and what several messages do alike. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from throughcare.case.duty import Duty, duty_id
from throughcare.case.parts import ClauseId
from throughcare.case.refusals import (
    Refused,
    StepsOutstanding,
    ViolationOutstanding,
)
from throughcare.case.said import Said, in_time
from throughcare.case.seats import Capacity, Seated
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.facts import EndingFacts, OutcomeFacts
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.lifecycles.conflict.rungs import speaking

if TYPE_CHECKING:
    from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus


class ConflictSaid(Said["Conflict"]):
    """A message before a conflict, from a seat that may send it now."""

    case: "Conflict"

    def step_meant(self) -> str | None:
        """Whoever sits on the current rung speaks of its outcome, and not for somebody they supervise on an earlier one."""
        case, message, rung = self.case, self.message, self.case.rung
        if message.step or rung is None or not isinstance(message.facts, OutcomeFacts):
            return message.step
        seats = [case.seated[role].seat for role in speaking(rung)]
        rights = {message.actor.right_to(seat) for seat in seats}
        sits_here = rights & {Capacity.holder, Capacity.substitute}
        return rung.id if sits_here else None

    def not_now(self, meant: str | None) -> Refused:
        case, facts = self.case, self.message.facts
        rung = meant or case.step_id
        steps = (
            case.binding_steps(case.rung_named(rung)) if rung in case.reached else []
        )
        if isinstance(facts, OutcomeFacts) and steps:
            return StepsOutstanding(self.message.name, steps, self.allowed)
        if isinstance(facts, EndingFacts) and case.unreported_violations:
            return self.violation_first()
        return super().not_now(meant)

    def violation_first(self) -> ViolationOutstanding:
        left = tuple(duty.id for duty in self.case.unreported_violations)
        recipients = self.case.violation_recipients
        return ViolationOutstanding(self.message.name, recipients, left, self.allowed)

    @property
    def rung(self) -> Rung:
        """The rung it is about."""
        return self.case.rung_named(self.permission.step or "")

    # -- duties --------------------------------------------------------------------------------------------------

    def duty(self, act: ConflictAct) -> Duty:
        """The duty this message discharges; where each side has one, the sender's own."""
        duties = self.case.outstanding(act, step=self.permission.step)
        mine = [duty for duty in duties if any(duty.is_held_by(r) for r in self.roles)]
        return (mine or duties)[0]

    def discharge(self, duty: Duty, text: str, words: str = "") -> None:
        done = self.case.discharge(duty, self.by.model_copy(update={"text": text}))
        text += in_time(done)
        if self.by.event_at < self.case.opened_at:
            text += " It happened before the case was opened."
        self.note(None, text, duty.clause, step=duty.step, words=words)

    def open_duty(
        self,
        act: ConflictAct,
        clause: ClauseId,
        text: str,
        holder: Seated,
        clock: Duty | None,
    ) -> Duty:
        """A duty that a message calls for. It runs on the clock of another, or on none."""
        rung = self.case.step_id or self.case.moving_to or ""
        return self.case.open_duty(
            Duty(
                id=duty_id(rung, clause, act, holder.role),
                clause=clause,
                act=act,
                text=text,
                step=rung,
                holders=(holder,),
                opened_at=self.now,
                due_at=clock.due_at if clock else None,
                receipt=clock.receipt if clock else None,
                basis=clock.basis if clock else None,
            )
        )

    # -- the end -------------------------------------------------------------------------------------------------

    def close(
        self,
        status: "ConflictStatus",
        text: str,
        reason: str,
        clause: ClauseId | None = None,
        told: Sequence[Seated] = (),
    ) -> None:
        self.case.close(
            status,
            text + self.by_right(),
            self.now,
            self.by,
            clause or self.case.ladder.clause,
            self.words(reason),
            told=told,
            **self.provenance,
        )
