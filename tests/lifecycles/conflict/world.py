"""A conflict in an agency where anything may happen, driven as its workflow drives it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.lifecycles.conflict.conftest import CALENDAR, MONDAY_MORNING, with_limits
from throughcare.case.message import Message
from throughcare.case.notice import Delivered, Notice
from throughcare.case.seats import (
    Actor,
    Capacity,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.lifecycles.conflict.acts import ACTS
from throughcare.lifecycles.conflict.conflict import SHAPE, Conflict
from throughcare.lifecycles.conflict.hearing import hear
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_pack
from throughcare.time.deadline import (
    Dated,
    Within,
    derive,
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
            shape=SHAPE,
            policy=policy,
            raised_by=raised_by,
            opened_at=self.now,
            chosen=chosen,
            supervisor_is_party=party,
        )
        seat = chosen[workers[raised_by]]
        self.conflict.open(self.who(seat).person or "", seat, self.now, "the subject")
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
        """Time, seats, the next rung, when to ask again, and the post."""
        conflict = self.conflict
        if not conflict.is_closed:
            conflict.on_time(self.now)
            change_at = conflict.next_seat_change_at()
            if change_at and change_at <= self.now:
                self.seats_may_have_changed = True
        if conflict.moving_to or self.seats_may_have_changed:
            self.seats_may_have_changed = False
            found = tuple(self._seated(query) for query in conflict.queries())
            conflict.take_seats(found, self.now)
        if conflict.moving_to:
            self._begin_or_halt(conflict.moving_to)
        if conflict.needs_new_date and conflict.rung:
            limit = conflict.rung.limit
            since = conflict.rung_began_at
            conflict.redate(self._dated(limit, since), self.now)
        if conflict.needs_repeat:
            conflict.ask_again(self._dated(conflict.policy.top_reminder), self.now)
        self.posted += conflict.unsent
        self.sent += conflict.unsent
        conflict.unsent.clear()

    def _begin_or_halt(self, rung_id: str) -> None:
        rung = self.conflict.rung_named(rung_id)
        dated = self._dated(rung.limit)
        if self.conflict.unfit(rung):
            self.conflict.halt(self.now)
        elif dated.problem:
            self.conflict.halt_undated(dated.problem, self.now)
        else:
            self.conflict.begin(dated.receipt, self.now)

    def _dated(self, rule: Within | None, since: datetime | None = None) -> Dated:
        if rule is None:
            return Dated()
        if self.dates_fail:
            return Dated(problem="the calendar ends")
        zone = ZoneInfo(CALENDAR.zone)
        plain = Within.model_validate(rule.model_dump())
        receipt = derive(plain, since or self.now, CALENDAR, zone, tzdata="test")
        return Dated(receipt=receipt)

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
            facts=ACTS[name].model_validate(facts),
        )

    def hear(self, message: Message) -> None:
        self.conflict = hear(self.conflict, message)
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
