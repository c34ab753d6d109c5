"""Drives a case without Temporal: through `advance`, as every workflow does, with a directory and a calendar of the test's own."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from throughcare.case.advance import advance
from throughcare.case.case import Case
from throughcare.case.consents import ConsentFacts
from throughcare.case.needs import (
    DateWanted,
    Found,
    Needs,
    Outgoing,
    StartCase,
)
from throughcare.case.parts import PackRef
from throughcare.case.seats import Seated, SeatQuery
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import CalendarRunsOut, Dated, derive

PATIENCE = 50
"""How often a case may ask before it is taken to ask for ever."""


def bring_to_rest(
    case: Case, now: datetime, find: Callable[[Needs], Found]
) -> list[Outgoing]:
    """What other cases were to be told meanwhile."""
    sent: list[Outgoing] = []
    for _ in range(PATIENCE):
        needs = advance(case, now)
        if needs is None:
            return sent
        sent += needs.outgoing
        case.take(find(needs), now)
    raise AssertionError(f"never at rest: {needs}")


def found(
    needs: Needs,
    *,
    seated: Callable[[SeatQuery], Seated],
    dated: Callable[[DateWanted], Dated],
    consents: tuple[ConsentFacts, ...] = (),
) -> Found:
    return Found(
        seats=tuple(seated(query) for query in needs.seats),
        dates={each.key: dated(each) for each in needs.dates},
        consents=consents if needs.consents_of else None,
        sent=len(needs.outgoing),
    )


def counted(wanted: DateWanted, calendar: Calendar) -> Dated:
    zone = ZoneInfo(calendar.zone)
    try:
        receipt = derive(wanted.rule, wanted.started_at, calendar, zone, tzdata="test")
    except CalendarRunsOut as error:
        return Dated(problem=str(error))
    return Dated(receipt=receipt)


def begun(start: StartCase, now: datetime) -> Case:
    """The case that another one begins, as its workflow opens it."""
    lifecycle = LIFECYCLES[start.kind]
    common = {
        "kind": start.kind,
        "case_id": start.case_id,
        "agency": "agency",
        "calendar": "calendar",
        "program": "program",
        "pack": PackRef(id="pack", version=1, digest="0" * 12),
        "received_at": now,
    }
    run = lifecycle.run.model_validate({"opening": common | start.opening})
    return lifecycle.open(run.opening)
