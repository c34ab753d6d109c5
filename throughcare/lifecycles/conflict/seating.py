"""The seats of a case on a ladder: which ones it needs, who sits there, and what is done about an empty one. Pure."""

from datetime import datetime

from pydantic import Field

from throughcare.case.duty import (
    Act,
    Discharge,
    DutyStatus,
)
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import (
    Capacity,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.case.staffing import StaffedCase
from throughcare.case.wording import NOBODY
from throughcare.lifecycles.conflict.policy import (
    Ladder,
    Rung,
    SharedConflictPolicy,
)
from throughcare.lifecycles.conflict.rungs import speaking


class SeatedCase(StaffedCase):
    """Where a case stands on its ladder, and who sits there. `moving_to` is the rung that waits for its seats."""

    policy: SharedConflictPolicy
    chosen: dict[RoleId, str]
    """Seats settled for good: those named at the opening, then those each rung began with (CR-B-3b)."""
    supervisor_is_party: Side | None = None
    rung_id: str | None = None
    moving_to: str | None = None
    reached: list[str] = Field(default_factory=list)
    recused: dict[RoleId, list[str]] = Field(default_factory=dict)
    """The people who stepped back from a part in this case."""

    @property
    def here(self) -> str:
        return self.rung_id or ""

    @property
    def next_up(self) -> str:
        return self.moving_to or self.rung_id or ""

    @property
    def administrator(self) -> Seated:
        return self.seated[self.policy.administrator]

    @property
    def oversight(self) -> Seated:
        return self.seated[self.policy.oversight]

    @property
    def ladder(self) -> Ladder:
        return self.policy.ladders[0]

    @property
    def rung(self) -> Rung | None:
        return self.rung_named(self.rung_id) if self.rung_id else None

    def rung_named(self, rung_id: str) -> Rung:
        return next(rung for rung in self.ladder.rungs if rung.id == rung_id)

    def side_of(self, role: RoleId) -> Side | None:
        return self.policy.roles[role].side

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
        if self.ladder.rungs[-1].id in (self.moving_to, self.rung_id):
            roles += self.ladder.closing_authority
        return tuple(self._query(role) for role in dict.fromkeys(roles))

    def _query(self, role_id: RoleId) -> SeatQuery:
        role = self.policy.roles[role_id]
        below = self.chosen.get(role.reports_from) if role.reports_from else None
        return SeatQuery(
            role=role_id,
            title=role.title,
            accepts=role.accepts,
            seat=self.chosen.get(role_id),
            below=below,
        )

    # -- who may not sit there -----------------------------------------------------------------------------------

    def unfit(self, rung: Rung) -> list[tuple[Seated, str]]:
        """Seats that keep a rung from starting: empty ones, and one person in two places (Q-37)."""
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

    def take_seats(self, found: tuple[Seated, ...], now: datetime) -> None:
        """Who sits where now. A seat that changed hands takes its duties along, clocks untouched (O-06)."""
        for seated in found:
            before = self.seat(seated)
            if before is not None and before.person != seated.person:
                self.hand_over(before, seated, now)
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

    def need_filled(
        self, seated: Seated, reason: str, clause: ClauseId, now: datetime
    ) -> None:
        """A seat that nobody can act from is to be filled; where a rung waits for it, the timeline says so."""
        waits = self.moving_to is not None
        self.ask_to_fill(seated, reason, clause, now, waits=waits)

    def _settle_filled_seats(self, unfit: set[RoleId], now: datetime) -> None:
        if self.moving_to:
            rung = self.rung_named(self.moving_to)
            unfit = unfit | {seated.role for seated, _ in self.unfit(rung)}
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
        rung = self.rung_named(self.moving_to or self.rung_id or "")
        passings = (*rung.notices, *rung.information)
        named = (p.clause for p in passings if role in (p.sender, p.receiver))
        return next(named, rung.main_clause)
