"""A dispute to walk through a ladder without Temporal: the domain alone, in microseconds."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.driving import bring_to_rest, counted, found
from throughcare.case.advance import handle
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.message import Message
from throughcare.case.needs import DateWanted, Found, Needs
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.permissions import allowed_now
from throughcare.case.seats import (
    Actor,
    Attestation,
    Capacity,
    HeldSeat,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.lifecycles.conflict.policy import (
    ConflictPolicy,
    RungLimit,
)
from throughcare.packs.calendars import load_calendars
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_pack
from throughcare.time.deadline import (
    Dated,
)

CALENDAR = load_calendars(Path("calendars"))["milwaukee-county"]
MONDAY_MORNING = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack(Path("policies/milwaukee-wraparound"))


class Dispute:
    """A conflict, the clock on the wall, and a directory in which every seat is filled unless it is in `empty`."""

    def __init__(
        self,
        pack: Pack,
        ladder: str,
        raised_by: Side = Side.coordination,
        party: Side | None = None,
        limits: Mapping[str, RungLimit | None] | None = None,
        empty: Iterable[str] = (),
    ) -> None:
        policy = with_limits(pack.conflict_policy, ladder, limits or {})
        workers = policy.ladders[0].workers
        chosen = {role: f"seat-{role}" for role in workers.values()}
        if party:
            boss = next(
                each
                for each, role in policy.roles.items()
                if role.reports_from == workers[party]
            )
            chosen[workers[party]] = chosen[boss] = f"seat-{boss}"
        self.now = MONDAY_MORNING
        self.empty: set[str] = set(empty)
        self.people: dict[str, str] = {}
        self.stand_ins: set[str] = set()
        self.calendar_problem = ""
        self.posted: list[Notice] = []
        self.conflict = Conflict(
            case_id="01CASE",
            youth="a youth",
            subject="the issue",
            policy=policy,
            raised_by=raised_by,
            opened_at=self.now,
            chosen=chosen,
            supervisor_is_party=party,
        )
        seat = chosen[workers[raised_by]]
        person = seat.replace("seat-", "person-")
        self.conflict.open(person, seat, self.now)
        self.settle()

    # -- what the workflow does ----------------------------------------------------

    def settle(self) -> None:
        """Whoever sits there now is asked for each time, which is harder on the case than to ask when it may have changed."""
        if not self.conflict.is_closed:
            self.conflict.want_seats()
        bring_to_rest(self.conflict, self.now, self._find)
        self.post()

    def post(self) -> None:
        """What is queued is on record, as after every step."""
        self.posted += self.conflict.unsent
        self.conflict.unsent.clear()

    def look_up_seats(self) -> None:
        self.settle()

    def _find(self, needs: Needs) -> Found:
        return found(needs, seated=self._seated, dated=self._dated)

    def _dated(self, wanted: DateWanted) -> Dated:
        if self.calendar_problem:
            return Dated(problem=self.calendar_problem)
        return counted(wanted, CALENDAR)

    def _seated(self, query: SeatQuery) -> Seated:
        seat = query.seat or f"seat-{query.role}"
        person = self.people.get(query.role, seat.replace("seat-", "person-"))
        is_empty = query.role in self.empty
        return Seated(
            role=query.role,
            title=query.title,
            organization="an organization",
            seat=seat,
            person=None if is_empty else person,
            capacity=None if is_empty else self._capacity(query.role),
        )

    def _capacity(self, role: str) -> Capacity:
        return Capacity.substitute if role in self.stand_ins else Capacity.holder

    # -- what the agency does ------------------------------------------------------

    def vacate(self, role: str) -> None:
        self.empty.add(role)
        self.settle()

    def fill(self, role: str, person: str) -> None:
        self.empty.discard(role)
        self.people[role] = person
        self.settle()

    def stand_in(self, role: str, person: str) -> None:
        """The holder is absent, and this person their substitute."""
        self.stand_ins.add(role)
        self.fill(role, person)

    def deliver(self, kind: str, delivery: Delivery = Delivery.delivered) -> None:
        """Word comes back of every notice of a kind so far."""
        for notice in self.notices(kind):
            outcome = Delivered(key=notice.key, delivery=delivery)
            self.conflict.settled(notice, outcome, self.now)

    # -- what people do ------------------------------------------------------------

    def say(
        self,
        name: str,
        role: str,
        /,
        *,
        person: str | None = None,
        held: Mapping[str, Capacity] | None = None,
        chosen: str | None = None,
        received_at: datetime | None = None,
        attestation: Attestation | None = None,
        **facts: object,
    ) -> None:
        """Somebody sends a message, from a role's seat or from all they may act from (`held`); raises Refused."""
        self.now += timedelta(minutes=1)
        seats = held or {self.seats(role)[0]: Capacity.holder}
        actor = Actor(
            person=person or f"person-{role}",
            seats=tuple(HeldSeat(seat=s, capacity=c) for s, c in seats.items()),
            chosen=chosen,
            attestation=attestation,
        )
        self.conflict = handle(
            self.conflict,
            Message(
                message_id="m",
                name=name,
                actor=actor,
                received_at=received_at or self.now,
                facts=conflict_messages[name].facts.model_validate(facts),
            ),
        )
        self.settle()

    def seats(self, *roles: str) -> list[str]:
        return [self.conflict.seated[role].seat or "" for role in roles]

    def wait(self) -> None:
        """Nobody writes; the next clock of the case rings."""
        self.pass_time_to(min(wake.at for wake in self.conflict.wakes()))

    def pass_time_to(self, at: datetime) -> None:
        self.now = at
        self.settle()

    def wait_for_limit(self) -> datetime:
        """Nobody writes until the current rung's limit has passed; returns when that was."""
        due_at = self.conflict.step_due_at
        assert due_at is not None
        while self.now < due_at:
            self.wait()
        return due_at

    def fail(self) -> None:
        """The current rung's people do their steps and say that there is no agreement."""
        rung = self.conflict.rung
        assert rung is not None
        one, other = rung.seats[Side.coordination][0], rung.seats[Side.counterpart][0]
        if self.conflict.outstanding(ConflictAct.meeting, step=rung.id):
            self.say("meeting_held", one, attendees=self.seats(one, other))
        if rung.contact:
            self.say("contact_made", rung.contact.initiators[0])
        if rung.assistance:
            self.say("assistance_requested", one)
        if rung.outcome:
            self.say("agreement_not_reached", other)
        for passing in () if rung.outcome else rung.information:
            self.say("information_provided", passing.sender)

    def climb_to(self, rung: str) -> None:
        while self.conflict.step_id != rung:
            self.fail()

    def agree(self, *roles: str) -> None:
        for role in roles:
            self.say("agreement_reached", role)

    # -- what the record shows -----------------------------------------------------

    def duty(self, clause: str, act: str, holder: str | None = None) -> Duty:
        found = [
            duty
            for duty in self.conflict.duties
            if duty.clause == clause
            and duty.act == act
            and (holder is None or duty.is_held_by(holder))
        ]
        assert len(found) == 1, [duty.id for duty in self.conflict.duties]
        return found[0]

    def notices(self, kind: str, rung: str | None = None) -> list[Notice]:
        return [
            notice
            for notice in (*self.posted, *self.conflict.unsent)
            if notice.kind == kind and rung in (None, notice.step)
        ]

    def told(self, rung: str) -> dict[str, str]:
        """Receiver by sender of the notices up each side at a rung."""
        return {
            notice.sender.role: notice.receiver.role
            for notice in self.notices("told", rung)
            if notice.sender
        }

    def entries(self, kind: str) -> list[Entry]:
        return [entry for entry in self.conflict.timeline if entry.kind == kind]

    def allowed(self) -> dict[str, tuple[str, ...]]:
        """The steps that may be taken; what mends a case beside the ladder is left out."""
        now = allowed_now(self.conflict)
        return {each.message: each.seats for each in now if not each.beside}


def with_limits(
    policy: ConflictPolicy, ladder_id: str, limits: Mapping[str, RungLimit | None]
) -> ConflictPolicy:
    """The policy with one ladder, and other limits on some of its rungs."""
    ladder = policy.ladder(ladder_id)
    rungs = tuple(
        rung.model_copy(update={"limit": limits.get(rung.id, rung.limit)})
        for rung in ladder.rungs
    )
    return policy.model_copy(
        update={"ladders": (ladder.model_copy(update={"rungs": rungs}),)}
    )


@pytest.fixture(scope="session")
def dispute(pack: Pack) -> Callable[..., Dispute]:
    """`dispute("A")` opens one on ladder A, raised by the coordination side unless said otherwise."""

    def opened(ladder: str, *, pack: Pack = pack, **how: Any) -> Dispute:
        return Dispute(pack, ladder, **how)

    return opened
