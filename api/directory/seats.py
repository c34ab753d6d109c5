"""Seats: who sits where now, and a change of that."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.directory.transfers import SeatTransfers, transfer_views
from api.etag import IfMatch, put_tag
from api.examples import HOLDER
from api.problems import documented
from api.routing import Routes
from throughcare.case.base import Written
from throughcare.case.seats import Capacity
from throughcare.errors import NotForYou
from throughcare.store.changes import NoSuchSeat, lock_for_transfer
from throughcare.store.directory import SeatFacts, names, seat_facts
from throughcare.store.seatings import pending_seatings, seat_or_propose
from throughcare.usecases.asking import Asking
from throughcare.usecases.outsiders import seats_seen
from throughcare.usecases.seat_transfers import MovedMeanwhile
from throughcare.usecases.seatings import SeatChange, seat_change_preview
from throughcare.usecases.storable import Storable
from throughcare.usecases.views import PersonView

router = Routes(prefix="/seats", tags=["directory"])


class SeatView(BaseModel):
    """A seat and who acts from it now: its holder, or a substitute while the holder is away; null while it is empty, and of
    a seat of another organization."""

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
    proposed: str | None = Field(
        default=None,
        description="Of an administrator's or operator's seat, the id of the seating that waits for a second person",
    )

    @classmethod
    def of(
        cls, seat: SeatFacts, known: dict[str, str], waiting: dict[str, str]
    ) -> "SeatView":
        facts = seat.model_dump(exclude={"agency", "person"})
        person = PersonView.of(seat.person, known)
        return cls(**facts, person=person, proposed=waiting.get(seat.id))


class SeatList(BaseModel):
    items: tuple[SeatView, ...]


class Holder(Storable, Written):
    person: str | None = Field(
        description="Who sits here from now on; null leaves it empty"
    )
    expected: str | None = Field(
        default=None,
        description="The `digest` of a preview: where something else would move by now, nothing is done",
    )


class Told(BaseModel):
    """Who is told, in one letter, of the duties that are theirs now."""

    person: PersonView | None
    cases: int


class SeatChangeView(SeatTransfers):
    """What moves when somebody else sits here. Every due date stays as it is."""

    told: tuple[Told, ...]
    digest: str = Field(description="Of all this; send it along as `expected`")


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_seats(asking: SignedIn, parts: TheParts) -> SeatList:
    """Every seat, for the agency's own people. For others those of their own organizations, and without who sits there those
    that a conflict can be opened with."""
    return await parts.database.read(_seats, asking, datetime.now(UTC))


@router.get("/{seat_id}", responses=documented(401, 404))
async def show_seat(
    seat_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> SeatView:
    """One of them. Its ETag changes with whoever sits there."""
    seen = await parts.database.read(_seats, asking, datetime.now(UTC))
    view = next((each for each in seen.items if each.id == seat_id), None)
    if view is None:
        raise NoSuchSeat(seat_id)
    put_tag(response, view)
    return view


@router.post("/{seat_id}/holder/preview", responses=documented(401, 403, 404, 413, 422))
async def preview_holder(
    seat_id: str,
    body: Annotated[Holder, Body(examples=[HOLDER])],
    asking: SignedIn,
    parts: TheParts,
) -> SeatChangeView:
    """Which open cases and duties would go along, and who would be told. Nothing is changed. For the agency administrator."""
    _check_is_administrator(asking)

    def read(connection: Connection) -> SeatChangeView:
        would = _preview(connection, seat_id, body, asking)
        known = names(connection, set(would.told))
        return SeatChangeView(
            moves=transfer_views(connection, would.moves, asking.scope),
            told=tuple(
                Told(person=PersonView.of(person, known), cases=cases)
                for person, cases in would.told.items()
            ),
            digest=would.digest,
        )

    return await parts.database.write(read)


@router.put(
    "/{seat_id}/holder",
    responses={
        202: {
            "model": SeatView,
            "description": "Proposed: an administrator or operator sits there once a second person has confirmed it",
        },
        **documented(401, 403, 404, 409, 412, 413, 422),
    },
)
async def seat_somebody(
    seat_id: str,
    body: Annotated[Holder, Body(examples=[HOLDER])],
    asking: SignedIn,
    parts: TheParts,
    precondition: IfMatch,
    response: Response,
) -> SeatView:
    """Seat somebody, or nobody. The seat's open duties go along, their clocks untouched. For the agency administrator.
    `If-Match` has the ETag of the seat."""
    _check_is_administrator(asking)
    now, by = datetime.now(UTC), asking.person_id

    def write(connection: Connection) -> SeatView:
        lock_for_transfer(connection, seat_id, body.person)
        precondition.check(_seat(connection, seat_id, now))
        if body.expected is not None:
            would = _preview(connection, seat_id, body, asking)
            if would.digest != body.expected:
                raise MovedMeanwhile
        if not seat_or_propose(connection, seat_id, body.person, by=by, at=now):
            response.status_code = 202
        return _seat(connection, seat_id, now)

    view = await parts.database.write(write)
    parts.outbox.wake()
    put_tag(response, view)
    return view


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou("Who sits where is for the Agency Administrator's seat.")


def _preview(
    connection: Connection, seat_id: str, body: Holder, asking: Asking
) -> SeatChange:
    now, by = datetime.now(UTC), asking.person_id
    return seat_change_preview(connection, seat_id, body.person, by=by, at=now)


def _seats(connection: Connection, asking: Asking, at: datetime) -> SeatList:
    found = seats_seen(connection, asking, at)
    known = names(connection, {seat.person for seat in found if seat.person})
    waiting = _waiting(connection)
    return SeatList(items=tuple(SeatView.of(seat, known, waiting) for seat in found))


def _seat(connection: Connection, seat_id: str, at: datetime) -> SeatView:
    seat = seat_facts(connection, seat_id, at)
    if seat is None:
        raise NoSuchSeat(seat_id)
    known = names(connection, {seat.person} if seat.person else set())
    return SeatView.of(seat, known, _waiting(connection))


def _waiting(connection: Connection) -> dict[str, str]:
    return {each.seat_id: each.id for each in pending_seatings(connection)}
