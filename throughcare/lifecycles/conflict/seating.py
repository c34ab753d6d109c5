"""The seats of a case on a ladder: which ones it needs, who sits there, and what is done about an empty one. Pure."""

from datetime import datetime

from throughcare.case.duty import Act, Discharge, Duty, DutyStatus
from throughcare.case.message import Message
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import Capacity, Seated, SeatQuery, Side
from throughcare.case.steps import SteppedCase
from throughcare.case.wording import NOBODY
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.policy import Ladder, Rung, SharedConflictPolicy
from throughcare.lifecycles.conflict.rungs import speaking

SHARED = (ConflictAct.meeting, ConflictAct.contact, ConflictAct.team_meeting)
"""Steps that anybody who speaks on the rung may say were taken."""


class SeatedCase(SteppedCase):
    """Where a case stands on its ladder, and who sits there."""

    policy: SharedConflictPolicy
    supervisor_is_party: Side | None = None

    @property
    def ladder(self) -> Ladder:
        return self.policy.ladders[0]

    @property
    def rung(self) -> Rung | None:
        return self.rung_named(self.step_id) if self.step_id else None

    def rung_named(self, rung_id: str) -> Rung:
        return next(rung for rung in self.ladder.rungs if rung.id == rung_id)

    @property
    def main_clause(self) -> ClauseId:
        return self.rung.main_clause if self.rung else self.ladder.clause

    def is_on_side(self, role: RoleId) -> bool:
        return self.side_of(role) is not None

    def side_of(self, role: RoleId) -> Side | None:
        return self.policy.roles[role].side

    # -- who may say something -----------------------------------------------------------------------------------

    def discharged_by(self, duty: Duty) -> tuple[RoleId, ...]:
        """Of a step both sides share, whoever speaks on its rung; of any other those whose duty it is."""
        if duty.act in SHARED:
            return speaking(self.rung_named(duty.step))
        return super().discharged_by(duty)

    def right_to_speak(
        self, message: Message, seated: Seated, right: Capacity
    ) -> Capacity | None:
        person = message.actor.person
        if self.is_against(person, seated.role):
            return None
        if right is Capacity.supervisor and person == self._helper():
            return None
        return super().right_to_speak(message, seated, right)

    def _helper(self) -> str | None:
        """Whoever is asked to help both sides speaks for neither, not even for those below (CR-C-3, Q-22)."""
        rung = self.rung
        if rung is None or rung.assistance is None:
            return None
        return self.seated[rung.assistance.helper].person

    def everybody(self) -> tuple[RoleId, ...]:
        """Who has spoken or may speak in this dispute so far, from the two workers upwards."""
        rungs = [self.rung_named(reached) for reached in self.reached]
        roles = [role for rung in rungs for role in speaking(rung)]
        return tuple(dict.fromkeys([*self.ladder.workers.values(), *roles]))

    def correctors(self) -> tuple[RoleId, ...]:
        return (*self.everybody(), self.policy.administrator)

    def parts_now(self) -> tuple[RoleId, ...]:
        """The roles that have a part on the current rung, or on the one that is next."""
        rungs = [each for each in (self.step_id, self.moving_to) if each]
        roles = [role for each in rungs for role in self.rung_named(each).roles]
        known = [role for role in roles if role in self.seated]
        return tuple(dict.fromkeys(known))

    # -- who is looked up ----------------------------------------------------------------------------------------

    def queries(self) -> tuple[SeatQuery, ...]:
        """The seats of the next rung, those in use, and those that belong to no rung."""
        roles = [
            *self.seated,
            self.policy.administrator,
            self.policy.oversight,
            *self.policy.violation.recipients,
        ]
        if self.moving_to:
            roles = [*self.rung_named(self.moving_to).roles, *roles]
        if self.ladder.rungs[-1].id in (self.moving_to, self.step_id):
            roles += self.ladder.closing_authority
        return tuple(self.query(role) for role in dict.fromkeys(roles))

    # -- who may not sit there -----------------------------------------------------------------------------------

    def unfit(self, step: str) -> list[tuple[Seated, str]]:
        """Empty seats, and one person in two places (Q-37)."""
        rung = self.rung_named(step)
        found = [self.seated[role] for role in rung.roles]
        return [(each, why) for each in found if (why := self._problem(each, rung))]

    def _problem(self, seated: Seated, rung: Rung) -> str | None:
        if seated.seat is None:
            return "the directory has no such seat"
        if seated.person is None:
            return NOBODY
        if seated.person in self.recused.get(seated.role, ()):
            return "the person who sits there is recused from this case"
        if other := self._same_person(seated, rung):
            return f"the same person already sits as {other.title} in this dispute"
        return None

    def _same_person(self, seated: Seated, rung: Rung) -> Seated | None:
        """Another part of this dispute that the same person has. In the way is the one they only stand in for; of two of
        a kind, the later."""
        if self.side_of(seated.role) is None:
            return None
        parts = [role for each in self.reached for role in self.rung_named(each).roles]
        before = True
        for role in dict.fromkeys([*parts, *rung.roles]):
            other = self.seated[role]
            if role == seated.role:
                before = False
            elif other.person == seated.person and not self._is_party(seated, other):
                if other.capacity == seated.capacity:
                    in_the_way = before
                else:
                    in_the_way = other.capacity is Capacity.holder
                if in_the_way:
                    return other
        return None

    def is_against(self, person: str, role: RoleId) -> bool:
        """Whether this person has a part on the other side of the dispute than this role, and may not speak from it."""
        side, rung = self.side_of(role), self.rung
        if side is None or rung is None:
            return False
        return any(
            seated.person == person
            and self.side_of(seated.role) is side.other
            and self._same_person(seated, rung) is None
            for seated in self.seated.values()
        )

    def _is_party(self, seated: Seated, other: Seated) -> bool:
        """A supervisor whose own concern it is has the worker's part too, and nobody else is asked for (CR-C-2b)."""
        side = self.supervisor_is_party
        if side is None or self.ladder.supervisor_may_be_party is None:
            return False
        worker = self.ladder.workers[side]
        parts = {worker, *self.policy.above(worker)}
        return {seated.role, other.role} <= parts

    # -- who sits there now --------------------------------------------------------------------------------------

    def settle_seats(self, now: datetime) -> None:
        unfit = self._unfit_in_use()
        self._settle_filled_seats({seated.role for seated, _ in unfit}, now)
        for seated, reason in unfit:
            self.need_filled(seated, reason, self.clause_needing(seated.role), now)

    def _unfit_in_use(self) -> list[tuple[Seated, str]]:
        """Seats somebody must act from now, and nobody can: those with something open, and who speaks on this rung."""
        rung = self.rung
        if rung is None:
            return []
        roles = [holder.role for duty in self.open_duties() for holder in duty.holders]
        if not self.moving_to:
            roles += speaking(rung)
        found = [self.seated[role] for role in dict.fromkeys(roles)]
        return [(each, why) for each in found if (why := self._problem(each, rung))]

    def _settle_filled_seats(self, unfit: set[RoleId], now: datetime) -> None:
        if self.moving_to:
            unfit = unfit | {seated.role for seated, _ in self.unfit(self.moving_to)}
        for duty in self.outstanding(Act.fill_seat):
            seated = self.seated[duty.target or ""]
            if not seated.is_empty and seated.role not in unfit:
                self.filled(duty, seated, now)
            elif self.side_of(seated.role) and seated.role not in unfit:
                # The case went on without this seat. The agency's own seats are needed on every rung.
                text = "Still empty, and no longer needed here."
                end = Discharge(event_at=now, entered_at=now, text=text)
                self.replace_duty(duty.ended(DutyStatus.withdrawn, end))

    def clause_needing(self, role: RoleId) -> ClauseId:
        """The clause that gives this role its part on the rung the case is at, or is moving to."""
        rung = self.rung_named(self.moving_to or self.step_id or "")
        passings = (*rung.notices, *rung.information)
        named = (p.clause for p in passings if role in (p.sender, p.receiver))
        return next(named, rung.main_clause)
