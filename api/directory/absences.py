"""Absences: while one lasts the substitute acts, and every clock runs on."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Body, Response
from pydantic import BaseModel, Discriminator, Field, Tag
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.directory.transfers import SeatTransfers, transfer_views
from api.etag import IfMatch, put_tag
from api.examples import ABSENCE
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routing import Routes
from throughcare.case.base import Written
from throughcare.store.changes import NoSuchAbsence, end_absence, lock_absence
from throughcare.store.database import undone
from throughcare.store.directory import AbsenceFacts, absence, agency
from throughcare.store.idempotency import Reply
from throughcare.store.identity import Day
from throughcare.time.deadline import Instant
from throughcare.usecases.absences import (
    check_may_enter,
    end_of,
    record_absence,
    start_of,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.outsiders import absence_seen, absences_seen
from throughcare.usecases.plan_documents import zone_of
from throughcare.usecases.seat_transfers import SeatTransfer
from throughcare.usecases.storable import Storable

router = Routes(prefix="/absences", tags=["directory"])


def _day_or_instant(value: object) -> str:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    is_written = isinstance(value, str) and PLAIN_DATE.fullmatch(value.strip())
    return "day" if is_day or is_written else "instant"


PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DayOrInstant = Annotated[
    Annotated[Day, Tag("day")] | Annotated[Instant, Tag("instant")],
    Discriminator(_day_or_instant),
]


class Absence(Storable, Written):
    """Somebody is away, and who acts from their seats meanwhile. Without a substitute the seats stand empty. A plain date is a
    whole day in the agency's zone, from its start or to its end."""

    person: str
    substitute: str | None = None
    from_at: DayOrInstant = Field(examples=["2026-12-24"])
    to_at: DayOrInstant = Field(examples=["2026-12-26"])


class Absences(BaseModel):
    items: tuple[AbsenceFacts, ...]


class Ended(Written):
    """There is nothing to say but that it is over."""


class AbsenceEnded(BaseModel):
    id: str
    ended_at: datetime = Field(description="From now on they act for themself again")


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_absences(asking: SignedIn, parts: TheParts) -> Absences:
    """Those that are running or still to come, the earliest first: of everybody for the agency's own people, for others of
    who is of their own organizations."""
    found = await parts.database.read(absences_seen, asking, datetime.now(UTC))
    return Absences(items=found)


@router.get("/{absence_id}", responses=documented(401, 404))
async def show_absence(
    absence_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> AbsenceFacts:
    """One of them, over or not. Its ETag changes when it is ended."""
    found = await parts.database.read(absence_seen, asking, absence_id)
    if found is None:
        raise NoSuchAbsence(absence_id)
    put_tag(response, found)
    return found


@router.post(
    "",
    status_code=201,
    response_model=AbsenceFacts,
    responses=documented(401, 403, 409, 413, 422),
)
async def enter_absence(
    body: Annotated[Absence, Body(examples=[ABSENCE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Enter an absence: your own, one of somebody you supervise, or as the administrator anybody's."""

    def write(connection: Connection) -> Reply:
        absence_id, _ = _entered(connection, body, asking, parts)
        facts = absence(connection, absence_id)
        assert facts is not None, "it was just entered"
        return reply(201, facts, location=f"/absences/{absence_id}")

    answer = await once.answer_in_transaction(body, write)
    parts.outbox.wake()
    return answer


@router.post(
    "/preview",
    responses=documented(401, 403, 409, 413, 422),
)
async def preview_absence(
    body: Annotated[Absence, Body(examples=[ABSENCE])],
    asking: SignedIn,
    parts: TheParts,
) -> SeatTransfers:
    """Which seats, open cases and duties this absence would move, to whom, and what to look out for. Nothing is changed."""

    def preview(connection: Connection) -> SeatTransfers:
        with undone(connection):
            _, moves = _entered(connection, body, asking, parts)
            return SeatTransfers(moves=transfer_views(connection, moves, asking.scope))

    return await parts.database.write(preview)


@router.post(
    "/{absence_id}/end",
    response_model=AbsenceEnded,
    responses=documented(401, 403, 404, 409, 412, 422),
)
async def finish_absence(
    absence_id: str,
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """They are back, or will not be away after all. `If-Match` has the ETag of the absence."""

    def write(connection: Connection) -> Reply:
        row = lock_absence(connection, absence_id)
        check_may_enter(connection, asking, row.person_id)
        precondition.check(AbsenceFacts.of(row))
        now = datetime.now(UTC)
        end_absence(connection, absence_id, by=asking.person_id, at=now)
        return reply(200, AbsenceEnded(id=absence_id, ended_at=now))

    answer = await once.answer_in_transaction(Ended(), write)
    parts.outbox.wake()
    return answer


def _entered(
    connection: Connection, body: Absence, asking: Asking, parts: Parts
) -> tuple[str, tuple[SeatTransfer, ...]]:
    now = datetime.now(UTC)
    zone = ZoneInfo(zone_of(agency(connection), parts.calendars))
    return record_absence(
        connection,
        asking,
        body.person,
        body.substitute,
        start_of(body.from_at, zone),
        end_of(body.to_at, zone),
        at=now,
    )
