"""Seatings that wait for a second person: nobody becomes administrator or operator by one person's word."""

from datetime import UTC, datetime

from fastapi import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routing import Routes
from throughcare.case.base import Written
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.store.seatings import Seating
from throughcare.usecases.seatings import confirm, decline, waiting_seatings
from throughcare.usecases.views import PersonView

router = Routes(prefix="/seatings", tags=["directory"])


class SeatingView(BaseModel):
    id: str
    seat: str
    person: PersonView | None = Field(description="Who is to sit there")
    proposed_by: str = Field(
        description="A person's id, or `operator` for the command line of the installation"
    )
    proposed_at: datetime

    @classmethod
    def of(cls, seating: Seating, known: dict[str, str]) -> "SeatingView":
        return cls(
            id=seating.id,
            seat=seating.seat_id,
            person=PersonView.of(seating.person_id, known),
            proposed_by=seating.proposed_by,
            proposed_at=seating.proposed_at,
        )


class Seatings(BaseModel):
    items: tuple[SeatingView, ...]


class SeatingAnswer(Written):
    """There is nothing to say but yes or no."""


@router.get("", responses=documented(401, 403, 422), dependencies=KNOWN_FILTERS)
async def list_seatings(asking: SignedIn, parts: TheParts) -> Seatings:
    """Those that wait, the earliest first. For administrators and Quality Assurance."""

    def read(connection: Connection) -> Seatings:
        now = datetime.now(UTC)
        found = waiting_seatings(connection, asking.person_id, now)
        known = names(connection, {each.person_id for each in found})
        return Seatings(items=tuple(SeatingView.of(each, known) for each in found))

    return await parts.database.read(read)


@router.post(
    "/{seating_id}/confirm",
    response_model=SeatingView,
    responses=documented(401, 403, 404, 409, 422),
)
async def confirm_seating(
    seating_id: str, asking: SignedIn, parts: TheParts, once: AnsweredOnce
) -> Response:
    """They sit there from now on. For another administrator or Quality Assurance: neither who proposed it nor who is to sit
    there."""

    def write(connection: Connection) -> Reply:
        now, by = datetime.now(UTC), asking.person_id
        return _reply(connection, confirm(connection, seating_id, by=by, at=now))

    answer = await once.answer_in_transaction(SeatingAnswer(), write)
    parts.outbox.wake()
    return answer


@router.post(
    "/{seating_id}/decline",
    response_model=SeatingView,
    responses=documented(401, 403, 404, 409, 422),
)
async def decline_seating(
    seating_id: str, asking: SignedIn, parts: TheParts, once: AnsweredOnce
) -> Response:
    """They do not sit there; whoever sat there before still does. Also for who proposed it."""

    def write(connection: Connection) -> Reply:
        now, by = datetime.now(UTC), asking.person_id
        return _reply(connection, decline(connection, seating_id, by=by, at=now))

    return await once.answer_in_transaction(SeatingAnswer(), write)


def _reply(connection: Connection, seating: Seating) -> Reply:
    known = names(connection, {seating.person_id})
    return reply(200, SeatingView.of(seating, known))
