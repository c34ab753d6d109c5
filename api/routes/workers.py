"""Workers: what each brings and how many they can have, as it is weighed when one is chosen for a client."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Asking, SignedIn, TheParts
from api.examples import PROFILE
from api.intakestaff import Staff
from api.problems import documented
from api.views import PersonView
from throughcare.errors import BadRequestValue, NotForYou, NotThere
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts, names, seat_facts
from throughcare.store.workers import (
    Profile,
    RecordedProfile,
    caseload,
    profile_of,
    put_profile,
)
from throughcare.usecases.client_news import tell_room
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/workers", tags=["directory"])


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
async def read_profile(seat_id: str, asking: SignedIn, parts: TheParts) -> WorkerView:
    """For the worker, their supervisor, and the administrator."""
    async with parts.database.sessions() as session:
        seat = await _seat(session, seat_id, asking)
        return await _view(session, seat)


@router.put("/{seat_id}/profile", responses=documented(401, 403, 404, 413, 422))
async def write_profile(
    seat_id: str,
    body: Annotated[NewProfile, Body(examples=[PROFILE])],
    asking: SignedIn,
    parts: TheParts,
) -> WorkerView:
    """Write what a worker brings; sent again, it changes nothing. With room for more, those who look for such a worker
    hear of it."""
    staff, now = await Staff.of(parts), datetime.now(UTC)
    async with parts.database.sessions.begin() as session:
        seat = await _seat(session, seat_id, asking)
        if not staff.can_be_a_workers(seat):
            kinds = ", ".join(map(str, staff.workers)) or "none"
            raise BadRequestValue(
                "seat", f"{seat.title} is no worker's seat. Seats that are: {kinds}."
            )
        await put_profile(session, seat_id, body, by=asking.person_id, at=now)
    await tell_room(parts, asking, seat)
    async with parts.database.sessions() as session:
        return await _view(session, seat)


async def _seat(session: AsyncSession, seat_id: str, asking: Asking) -> SeatFacts:
    """Raises NotThere and NotForYou."""
    seat = await within(session, seat_facts, seat_id, datetime.now(UTC))
    if seat is None:
        raise NotThere("seat")
    mine = any(held.seat == seat_id for held in asking.seats)
    if not mine and not asking.is_administrator:
        raise NotForYou(
            "A worker's profile is for the worker, their supervisor, and the Agency Administrator."
        )
    return seat


async def _view(session: AsyncSession, seat: SeatFacts) -> WorkerView:
    known = await within(session, names, {seat.person} if seat.person else set())
    return WorkerView(
        seat=seat.id,
        title=seat.title,
        organization=seat.organization,
        program=seat.program,
        person=PersonView.of(seat.person, known),
        profile=await profile_of(session, seat.id),
        caseload=(await caseload(session, [seat.id]))[seat.id],
    )
