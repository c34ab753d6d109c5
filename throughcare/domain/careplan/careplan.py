"""A care plan, ready to start: what goes on from an intake that enrolled somebody. Pure.

It keeps the clocks the plan itself set, hears what can be said of any case about a client, and knows the plan, the team and
the worker it began with.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from throughcare.domain.casefile import Relation
from throughcare.domain.duty import Act, Basis, Discharge
from throughcare.domain.intake.policy import DutyLimit, Moment
from throughcare.domain.intake.served import ServedCase
from throughcare.domain.intake.turns import staff, with_a_worker
from throughcare.domain.parts import RoleId

LEFT_BEHIND = ("enroll", "decline", "call_unreachable")


class CarePlan(ServedCase):
    kind: Literal["care-plan"] = "care-plan"

    @property
    def stage(self) -> str:
        if self.is_closed:
            return self.status
        return "revision" if self.outstanding(Act.plan_revision) else "under_way"

    def open(self, intake: str, person: str, now: datetime) -> None:
        """It begins with what the intake knew, and goes on with the plan's own clocks where they stand (CP-P-1, CS-W-9)."""
        by = Discharge(event_at=now, entered_at=now, person=person)
        clause = self.policy.enrollment.clause
        text = "The care plan begins, with the plan that is on file."
        self.note("opened", text, now, clause=clause, by=by)
        self.link(intake, Relation.intake)
        for gap in self.known.gaps:
            self.note("gap", f"Left to do when it began: {gap}.", now, clause=clause)
        for number, clock in enumerate(self.known.contacts, start=1):
            self.ask(
                Act.worker_contact,
                self.policy.plan.contacts_clause or self.policy.clause,
                self.policy.coordinator,
                f"Keep up contact as often as the plan says: contact {number}",
                clock.last_at,
                moment=Moment.plan_filed,
                limit=DutyLimit(within=clock.every, basis=Basis.plan),
                target=clock.kind,
            )
        self._go_on_with_what_was_asked()

    def _go_on_with_what_was_asked(self) -> None:
        """A wish that is not yet answered, a worker still looked for and an exception nobody has looked at go along."""
        known, rules = self.known, self.policy.preferences
        if known.change:
            self.ask_to_answer_wish(known.change.asked_at)
        if known.look_again_from:
            self.ask_to_look_again(
                rules.resource_clause if rules else self.policy.clause
            )
        for flag in known.flags:
            if not flag.is_settled:
                self.ask_to_review(flag)

    def hears(self, message: str) -> bool:
        return message not in LEFT_BEHIND

    def beside(self) -> Iterator[tuple[str, tuple[RoleId, ...]]]:
        everybody = staff(self)
        yield "contact_attempted", everybody
        if self.policy.preferences:
            yield "preferences_recorded", everybody
        yield "assessment_filed", everybody
        yield from with_a_worker(self)
        for ending in ("moved", "died", "withdraw"):
            yield ending, everybody
