"""An intake or a care plan to walk through without Temporal: the domain alone, driven as its workflow drives it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.driving import begun, bring_to_rest, counted, found
from throughcare.case.advance import handle
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import Act
from throughcare.case.entry import Entry
from throughcare.case.message import Message
from throughcare.case.needs import DateWanted, Found, Needs, Outgoing, StartCase
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
    Seated,
)
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.openings import Referral
from throughcare.lifecycles.client.policy import Independence, IntakePolicy
from throughcare.lifecycles.intake.intake import Intake
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.packs.calendars import load_calendars
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_pack
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import (
    Dated,
)

CALENDAR = load_calendars(Path("calendars"))["milwaukee-county"]
ZONE = ZoneInfo(CALENDAR.zone)
EVERY_MESSAGE = {
    name: kind
    for each in LIFECYCLES.values()
    if issubclass(each.state, ClientCase)
    for name, kind in each.messages.items()
}
"""Of every case about a client, as one that a case does not hear may be sent to it all the same."""

CARS, CMH, FREE = "milwaukee-cars", "southeast-michigan-cmh", "conflict-free"
BESIDE = (Act.follow_up, Act.fill_seat, Act.mend_calendar)
"""Duties that carry the clause they see to, and are not what it asks for."""


@cache
def pack(name: str) -> Pack:
    return load_pack(Path("policies") / name)


def policy(name: str) -> IntakePolicy:
    found = pack(name).intake
    assert found is not None
    return found


def independence() -> Independence:
    found = pack(FREE).independence
    assert found is not None
    return found


def local(text: str) -> datetime:
    """An instant as the agency's clock shows it: `2026-11-25 15:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


@dataclass
class Walk:
    """The clock on the wall, a directory in which every seat is filled unless it is in `empty`, and one case."""

    case: Any
    """An Intake or a CarePlan; its parts are there or not, and a test says which it means."""
    now: datetime
    empty: set[str] = field(default_factory=set)
    organizations: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    consents: list[ConsentFacts] = field(default_factory=list)
    posted: list[Notice] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    calendar_ends: bool = False
    calendar: Calendar = CALENDAR

    # -- what the workflow does ------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Whoever sits there now is asked for each time, which is harder on the case than to ask when it may have changed."""
        if not self.case.is_closed:
            self.case.want_seats()
        self.outgoing += bring_to_rest(self.case, self.now, self._find)
        self.posted += self.case.unsent
        self.case.unsent.clear()

    def _find(self, needs: Needs) -> Found:
        on_file = [e for e in self.consents if e.covers(e.recipient, self.now)]
        return found(
            needs, seated=self._seated, dated=self._dated, consents=tuple(on_file)
        )

    def _dated(self, wanted: DateWanted) -> Dated:
        if self.calendar_ends:
            return Dated(problem="the calendar ends")
        return counted(wanted, self.calendar)

    def _seated(self, query: Any) -> Seated:
        seat = query.seat or f"seat-{query.role}"
        is_empty = query.role in self.empty
        return Seated(
            role=query.role,
            title=query.title,
            organization=self.organizations.get(query.role, "the agency"),
            seat=seat,
            person=None if is_empty else self.person(seat),
            capacity=None if is_empty else Capacity.holder,
        )

    def person(self, seat: str) -> str:
        return self.people.get(seat, seat.replace("seat-", "person-"))

    # -- what people do ---------------------------------------------------------------------------------------------

    def say(self, name: str, role: str, /, at: Any = None, **facts: Any) -> None:
        """A message from the seat of this part, as its holder. Raises Refused."""
        seat = self.case.chosen.get(role) or f"seat-{role}"
        held = HeldSeat(seat=seat, capacity=Capacity.holder)
        self.say_as(Actor(person=self.person(seat), seats=(held,)), name, at, **facts)

    def say_as(self, actor: Actor, name: str, /, at: Any = None, **facts: Any) -> None:
        """`at` is when it happened; a meeting has an `at` of its own, which is written out."""
        if isinstance(at, datetime):
            facts["event_at"] = at.isoformat()
        elif at is not None:
            facts["at"] = at
        self.case = handle(self.case, self.message(name, actor, facts))
        self.settle()

    def message(self, name: str, actor: Actor, facts: dict[str, Any]) -> Message:
        return Message(
            message_id=f"m{len(self.case.timeline)}",
            name=name,
            actor=actor,
            received_at=self.now,
            facts=EVERY_MESSAGE[name].facts.model_validate(facts),
        )

    def refusal(self, name: str, role: str, /, **facts: Any) -> Refused:
        try:
            self.say(name, role, **facts)
        except Refused as refused:
            return refused
        raise AssertionError(f"{name} was not refused")

    def assign(self, seat: str = "seat-worker", **facts: Any) -> None:
        """The supervisor assigns, with what the API looks up."""
        given: dict[str, Any] = {
            "assigned": seat,
            "title": "Worker",
            "organization": "the agency",
            "person": self.person(seat),
        }
        self.say("coordinator_assigned", self.supervisor, **(given | facts))

    def consent(self, recipient: str) -> None:
        self.consents.append(
            ConsentFacts(
                id=f"consent-{len(self.consents)}",
                recipient=recipient,
                given_at=self.now,
            )
        )
        self.case.consents_may_have_changed = True
        self.settle()

    def until(self, at: Any) -> None:
        """Time passes, stopping at every instant at which it alone changes the case."""
        while True:
            next_at = min((wake.at for wake in self.case.wakes()), default=None)
            if next_at is None or next_at > at:
                break
            self.now = max(self.now, next_at)
            self.settle()
        self.now = at

    def vacate(self, role: str) -> None:
        self.empty.add(role)
        self.settle()

    def sit(self, seat: str, person: str) -> None:
        """Somebody else sits in this seat now."""
        self.people[seat] = person
        self.empty.discard(seat.removeprefix("seat-"))
        self.settle()

    def belongs(self, **organizations: str) -> None:
        """The seats of these parts belong to these organizations."""
        self.organizations |= organizations
        self.settle()

    def after(self, span: timedelta) -> None:
        self.until(self.now + span)

    def enroll(self, care_plan: str = "01PLAN") -> "Walk":
        """The care plan that goes on from this intake, at the same instant."""
        self.say("enroll", self.supervisor, care_plan=care_plan)
        return self.goes_on()

    def goes_on(self) -> "Walk":
        """The care plan of an intake that has enrolled somebody."""
        (start,) = [each for each in self.outgoing if isinstance(each, StartCase)]
        after = Walk(
            begun(start, self.now),
            self.now,
            empty=self.empty,
            organizations=self.organizations,
            people=self.people,
            consents=self.consents,
        )
        after.settle()
        return after

    def fails_to_send(self, notice: Notice, reason: str) -> None:
        outcome = Delivered(key=notice.key, delivery=Delivery.failed, reason=reason)
        self.case.delivered(notice, outcome, self.now)
        self.settle()

    # -- what is to be seen -----------------------------------------------------------------------------------------

    @property
    def supervisor(self) -> Any:
        return self.case.policy.supervisor

    @property
    def intake(self) -> Any:
        return self.case.policy.intake

    @property
    def worker(self) -> Any:
        return self.case.worker

    @property
    def assignment(self) -> Any:
        """The worker's time that is running."""
        found = self.case.known.assignment
        assert found is not None
        return found

    @property
    def determined(self) -> Any:
        """The answer to whether they are eligible."""
        found = self.case.known.determined
        assert found is not None
        return found

    @property
    def plan(self) -> Any:
        """The latest plan on file."""
        found = self.case.known.plan
        assert found is not None
        return found

    @property
    def wishes(self) -> Any:
        """The preferences for a worker that were stated."""
        found = self.case.known.preferences
        assert found is not None
        return found

    def duties(self, clause: str) -> list[Any]:
        return [duty for duty in self.case.duties if duty.clause == clause]

    def duty(self, clause: str, act: str | None = None) -> Any:
        """The only one of this clause, but for what goes up from it, and what is mended for it."""
        found = [
            duty
            for duty in self.duties(clause)
            if duty.act == act or (act is None and duty.act not in BESIDE)
        ]
        (one,) = found
        return one

    def said(self, kind: str) -> list[Entry]:
        return [entry for entry in self.case.timeline if entry.kind == kind]

    def told(self, kind: str) -> list[str]:
        """The roles that got a notice of this kind."""
        return [notice.receiver.role for notice in self.posted if notice.kind == kind]

    def may_send(self) -> set[str]:
        return {allowed.message for allowed in allowed_now(self.case)}


def begin(
    name: str,
    at: datetime,
    *,
    free: bool = False,
    rules: IntakePolicy | None = None,
    empty: Iterable[str] = (),
    imported: bool = False,
    referred_at: datetime | None = None,
    **referral: Any,
) -> Walk:
    """An intake under this pack, from its first call on; `free`, the agency adopts conflict-free beside it."""
    case = Intake(
        case_id="01CASE",
        policy=rules or policy(name),
        independence=independence() if free else None,
        client="01CLIENT",
        opened_at=referred_at or at,
        imported=imported,
    )
    first = Referral(at=referred_at or at, source="walked in", **referral)
    case.open(first, "person-intake", "seat-intake", at)
    walk = Walk(case, at, empty=set(empty))
    walk.settle()
    return walk
