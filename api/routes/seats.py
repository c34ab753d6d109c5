"""Seats: who sits where now, and a change of that."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.examples import HOLDER
from api.problems import documented
from api.views import PersonView
from throughcare.case.base import Written
from throughcare.case.seats import Capacity
from throughcare.errors import NotForYou, NotThere
from throughcare.store.changes import change_holder
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts, names, seat_facts, seats
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/seats", tags=["directory"])


class SeatView(BaseModel):
    """A seat and who acts from it now: its holder, or a substitute while the holder is away; null while it is empty."""

    id: str
    organization: str
    role: str
    program: str | None
    title: str
    person: PersonView | None
    capacity: Capacity | None
    until_at: datetime | None = Field(
        description="When the directory already knows that somebody else will sit here"
    )

    @classmethod
    def of(cls, seat: SeatFacts, known: dict[str, str]) -> "SeatView":
        facts = seat.model_dump(exclude={"agency", "person"})
        return cls(**facts, person=PersonView.of(seat.person, known))


class Seats(BaseModel):
    items: tuple[SeatView, ...]


class Holder(Storable, Written):
    person: str | None = Field(
        description="Who sits here from now on; null leaves it empty"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_seats(asking: SignedIn, parts: TheParts) -> Seats:
    """Every seat of the agency and of the agencies it works with."""
    async with parts.database.sessions() as session:
        found = await within(session, seats, datetime.now(UTC))
        known = await within(
            session, names, {seat.person for seat in found if seat.person}
        )
    return Seats(items=tuple(SeatView.of(seat, known) for seat in found))


@router.put("/{seat_id}/holder", responses=documented(401, 403, 404, 413, 422))
async def seat_somebody(
    seat_id: str,
    body: Annotated[Holder, Body(examples=[HOLDER])],
    asking: SignedIn,
    parts: TheParts,
) -> SeatView:
    """Seat somebody, or nobody. The seat's open duties go along, their clocks untouched. For the agency administrator."""
    if not asking.is_administrator:
        raise NotForYou("Who sits where is for the Agency Administrator's seat.")
    now = datetime.now(UTC)
    async with parts.database.sessions.begin() as session:
        await change_holder(session, seat_id, body.person, by=asking.person_id, at=now)
    parts.herald.call()
    async with parts.database.sessions() as session:
        seat = await within(session, seat_facts, seat_id, now)
        known = await within(session, names, {body.person} if body.person else set())
    if seat is None:
        raise NotThere("seat")
    return SeatView.of(seat, known)
