"""A conflict in an agency where anything may happen, driven as its workflow drives it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from tests.driving import bring_to_rest, counted, found
from tests.lifecycles.conflict.conftest import CALENDAR, MONDAY_MORNING, with_limits
from throughcare.case.advance import handle
from throughcare.case.message import Message
from throughcare.case.needs import DateWanted, Found, Needs
from throughcare.case.notice import Delivered, Notice
from throughcare.case.seats import (
    Actor,
    Capacity,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_pack
from throughcare.time.deadline import (
    Dated,
)

PATIENCE = 10
"""How often a clock may ring at the same instant before it is taken to ring for ever."""


@cache
def shipped() -> Pack:
    return load_pack(Path("policies/milwaukee-wraparound"))


@cache
def policy_of(ladder: str, limited: bool) -> ConflictPolicy:
    """The shipped policy with one ladder; `limited`, every rung of it has a limit as its first has."""
    policy = shipped().conflict_policy
    rungs = policy.ladder(ladder).rungs
    limit = next(rung.limit for rung in rungs if rung.limit)
    limits = {rung.id: rung.limit or limit for rung in rungs} if limited else {}
    return with_limits(policy, ladder, limits)


@dataclass
class Sitting:
    """Who sits in a seat, and until when the directory knows that."""

    person: str | None
    capacity: Capacity = Capacity.holder
    until_at: datetime | None = None


class World:
    """The clock, the directory, the post and one conflict. A seat nobody was put into is held by its own person."""

    def __init__(
        self, ladder: str, raised_by: Side, party: Side | None, limited: bool
    ) -> None:
        policy = policy_of(ladder, limited)
        workers = policy.ladders[0].workers
        chosen = {role: f"seat-{role}" for role in workers.values()}
        if party and policy.ladders[0].supervisor_may_be_party:
            boss = policy.above(workers[party])[0]
            chosen[workers[party]] = chosen[boss] = f"seat-{boss}"
        else:
            party = None
        self.now = MONDAY_MORNING
        self.sitting: dict[str, Sitting] = {}
        self.posted: list[Notice] = []
        self.sent: list[Notice] = []
        self.dates_fail = False
        self.seats_may_have_changed = False
        self.conflict = Conflict(
            case_id="01CASE",
            youth="a youth",
            subject="the subject",
            policy=policy,
            raised_by=raised_by,
            opened_at=self.now,
            chosen=chosen,
            supervisor_is_party=party,
        )
        seat = chosen[workers[raised_by]]
        self.conflict.open(self.who(seat).person or "", seat, self.now)
        self.come_to_rest()

    # -- the directory -------------------------------------------------------------------------------------------

    def who(self, seat: str) -> Sitting:
        return self.sitting.get(seat) or Sitting(seat.replace("seat-", "person-"))

    def seats(self) -> list[str]:
        found = (seated.seat for seated in self.conflict.seated.values())
        return sorted({seat for seat in found if seat})

    def people(self) -> list[str]:
        found = {self.who(seat).person for seat in self.seats()}
        return sorted({person for person in found if person} | {"somebody-else"})

    def _seated(self, query: SeatQuery) -> Seated:
        seat = query.seat or f"seat-{query.role}"
        sitting = self.who(seat)
        until_at = sitting.until_at
        return Seated(
            role=query.role,
            title=query.title,
            seat=seat,
            person=sitting.person,
            capacity=sitting.capacity if sitting.person else None,
            until_at=until_at if until_at and until_at > self.now else None,
        )

    # -- what the workflow does ----------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """As the workflow's loop: once round, and again while a clock is wound for an instant that is over."""
        for _ in range(PATIENCE):
            self._go_round()
            at = self.wakes_at()
            if at is None or at > self.now:
                return
        raise AssertionError(f"time stands still: {self.conflict.wakes()}")

    def _go_round(self) -> None:
        conflict = self.conflict
        if self.seats_may_have_changed and not conflict.is_closed:
            conflict.want_seats()
        self.seats_may_have_changed = False
        bring_to_rest(conflict, self.now, self._find)
        self.posted += conflict.unsent
        self.sent += conflict.unsent
        conflict.unsent.clear()

    def _find(self, needs: Needs) -> Found:
        return found(needs, seated=self._seated, dated=self._dated)

    def _dated(self, wanted: DateWanted) -> Dated:
        if self.dates_fail:
            return Dated(problem="the calendar ends")
        return counted(wanted, CALENDAR)

    # -- what happens --------------------------------------------------------------------------------------------

    def message(
        self, name: str, actor: Actor, facts: object, late: timedelta = timedelta()
    ) -> Message:
        """Raises ValidationError where the facts do not fit. `late`, it was received before others that were heard."""
        return Message(
            message_id="m",
            name=name,
            actor=actor,
            received_at=max(self.now - late, self.conflict.opened_at),
            facts=conflict_messages[name].facts.model_validate(facts),
        )

    def hear(self, message: Message) -> None:
        self.conflict = handle(self.conflict, message)
        # The workflow looks the seats up again after some messages; to do it after each is harder on the case.
        self.seats_may_have_changed = True

    def sit(self, seats: Iterable[str], sitting: Sitting) -> None:
        for seat in seats:
            self.sitting[seat] = sitting
        self.seats_may_have_changed = True

    def comes_back(self, notice: Notice, outcome: Delivered) -> None:
        self.posted.remove(notice)
        self.conflict.delivered(notice, outcome, self.now)

    def wakes_at(self) -> datetime | None:
        return min((wake.at for wake in self.conflict.wakes()), default=None)
