"""Workers: what each brings and how many they can have, as it is weighed when one is chosen for a client."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import SignedIn, TheParts
from api.etag import IfMatch, Precondition, put_tag
from api.examples import PROFILE
from api.problems import documented
from api.routing import MAX_WRITING_BYTES, Routes
from throughcare.errors import (
    BadRequestValue,
    NotForYou,
    NotThere,
)
from throughcare.store.directory import SeatFacts, names, seat_facts
from throughcare.store.workers import (
    Profile,
    RecordedProfile,
    caseload,
    lock_profile,
    profile_of,
    put_profile,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.client_news import notify_of_room
from throughcare.usecases.intake_staff import Staff
from throughcare.usecases.storable import Storable
from throughcare.usecases.views import PersonView

router = Routes(prefix="/workers", tags=["directory"], largest_body=MAX_WRITING_BYTES)


class NewProfile(Storable, Profile):
    """What a worker brings, in the agency's own words: clients' wishes are looked for in them."""


class WorkerView(BaseModel):
    """A worker's seat, who sits there, and what they bring."""

    seat: str
    title: str
    organization: str
    program: str | None
    person: PersonView | None
    profile: RecordedProfile | None = Field(
        description="Null until somebody has written it"
    )
    caseload: int = Field(description="The open intakes and care plans they have")


@router.get("/{seat_id}/profile", responses=documented(401, 403, 404))
async def read_profile(
    seat_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> WorkerView:
    """For the worker, their supervisor, and the administrator."""
    view = await parts.database.read(_read, seat_id, asking)
    put_tag(response, view)
    return view


@router.put(
    "/{seat_id}/profile", responses=documented(401, 403, 404, 412, 413, 422, 428)
)
async def write_profile(
    seat_id: str,
    body: Annotated[NewProfile, Body(examples=[PROFILE])],
    asking: SignedIn,
    parts: TheParts,
    response: Response,
    precondition: IfMatch,
) -> WorkerView:
    """Write what a worker brings; what is left out stays as it is, and sent again, it changes nothing. Over one that stands
    there it is written by who says in `If-Match` that they have read it. With room for more, those who look for such a worker hear of it."""
    seat, view = await parts.database.write(_write, seat_id, body, asking, precondition)
    await notify_of_room(parts.database, parts.desk, asking.actor(None), seat)
    put_tag(response, view)
    return view


def _read(connection: Connection, seat_id: str, asking: Asking) -> WorkerView:
    return _view(connection, _seat(connection, seat_id, asking))


def _write(
    connection: Connection,
    seat_id: str,
    profile: Profile,
    asking: Asking,
    precondition: Precondition,
) -> tuple[SeatFacts, WorkerView]:
    seat = _seat(connection, seat_id, asking)
    staff = Staff.of(connection)
    if not staff.can_be_a_workers(seat):
        kinds = ", ".join(map(str, staff.workers)) or "none"
        raise BadRequestValue(
            "seat", f"{seat.title} is no worker's seat. Seats that are: {kinds}."
        )
    known = lock_profile(connection, seat_id)
    profile = known.with_changes(profile) if known else profile
    if known is None or not known.says(profile):
        needed = known is not None
        precondition.check(_view(connection, seat), needed=needed)
        now = datetime.now(UTC)
        put_profile(connection, seat_id, profile, by=asking.person_id, at=now)
    return seat, _view(connection, seat)


def _seat(connection: Connection, seat_id: str, asking: Asking) -> SeatFacts:
    """Raises NotThere and NotForYou."""
    seat = seat_facts(connection, seat_id, datetime.now(UTC))
    if seat is None:
        raise NotThere("seat")
    mine = any(held.seat == seat_id for held in asking.seats)
    if not mine and not asking.is_administrator:
        raise NotForYou(
            "A worker's profile is for the worker, their supervisor, and the Agency Administrator."
        )
    return seat


def _view(connection: Connection, seat: SeatFacts) -> WorkerView:
    known = names(connection, {seat.person} if seat.person else set())
    return WorkerView(
        seat=seat.id,
        title=seat.title,
        organization=seat.organization,
        program=seat.program,
        person=PersonView.of(seat.person, known),
        profile=profile_of(connection, seat.id),
        caseload=caseload(connection, [seat.id])[seat.id],
    )
