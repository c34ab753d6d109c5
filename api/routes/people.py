"""The people of the directory, and their leaving. Their addresses are not shown."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Asking, SignedIn, TheParts
from api.errors import MovedMeanwhile
from api.examples import DEPARTURE
from api.moves import MoveView, move_views, rolled_back, supervises
from api.once import AnsweredOnce, reply
from api.problems import documented
from throughcare.case.base import Written
from throughcare.errors import NotForYou, NotThere
from throughcare.store.changes import NoSuchPerson
from throughcare.store.departures import Departure, depart, stay
from throughcare.store.directory import AbsenceFacts, PersonFacts, people
from throughcare.store.idempotency import Reply
from throughcare.time.deadline import Instant
from throughcare.usecases.storable import Storable

router = APIRouter(tags=["directory"])


class People(BaseModel):
    items: tuple[PersonFacts, ...]


class Leaving(Storable, Written):
    """When somebody leaves, and who follows them in which seat."""

    at: Instant | None = Field(
        default=None, description="When they leave; now, if it is not given"
    )
    seats: dict[str, str | None] = Field(
        default_factory=dict,
        max_length=200,
        description="By seat, the person who takes it; a seat that is not named is left empty",
    )
    expected: str | None = Field(
        default=None,
        description="The `digest` of a preview: where something else would move by now, nothing is done",
    )


class DepartureView(BaseModel):
    """What moves when somebody leaves. Every due date stays as it is, and the record keeps both names."""

    person: str
    left_at: datetime
    moves: tuple[MoveView, ...]
    absences: tuple[AbsenceFacts, ...] = Field(
        description="Those that are not over by then, in which they are away or stand in"
    )
    api_keys: tuple[str, ...] = Field(description="The keys that end with it, by id")
    digest: str = Field(description="Of all this; send it along as `expected`")


@router.get("/people", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_people(asking: SignedIn, parts: TheParts) -> People:
    """Everybody in the directory; `left_at` tells who has left, or when they will."""
    async with parts.database.sessions() as session:
        return People(items=await people(session))


@router.get(
    "/people/{person_id}/departure",
    responses=documented(401, 403, 404, 409, 422),
    dependencies=KNOWN_FILTERS,
)
async def show_departure(
    person_id: str,
    asking: SignedIn,
    parts: TheParts,
    at: Annotated[
        Instant | None, Query(description="When they would leave; by default now")
    ] = None,
) -> DepartureView:
    """What would move if they left and nobody followed them. For the administrator, and for whoever supervises them."""
    async with parts.database.sessions() as session, rolled_back(session):
        return await _shown(session, person_id, Leaving(at=at), asking)


@router.post(
    "/people/{person_id}/departure/preview",
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def preview_departure(
    person_id: str,
    body: Annotated[Leaving, Body(examples=[DEPARTURE])],
    asking: SignedIn,
    parts: TheParts,
) -> DepartureView:
    """What would move, to whom, and what to look out for. Nothing is changed."""
    async with parts.database.sessions() as session, rolled_back(session):
        return await _shown(session, person_id, body, asking)


@router.post(
    "/people/{person_id}/departure",
    response_model=DepartureView,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def record_departure(
    person_id: str,
    body: Annotated[Leaving, Body(examples=[DEPARTURE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """They leave, now or on a day to come; their keys end, and their seats go to whoever is named. For the administrator."""
    _check_is_administrator(asking)

    async def write(session: AsyncSession) -> Reply:
        view = await _shown(session, person_id, body, asking)
        if body.expected not in (None, view.digest):
            raise MovedMeanwhile
        return reply(200, view)

    answer = await once.answer_in_sql(body, write)
    parts.herald.call()
    return answer


@router.delete(
    "/people/{person_id}/departure",
    status_code=204,
    responses=documented(401, 403, 404, 409),
)
async def cancel_departure(person_id: str, asking: SignedIn, parts: TheParts) -> None:
    """They do not leave after all; only before the day. For the administrator."""
    _check_is_administrator(asking)
    async with parts.database.sessions.begin() as session:
        try:
            await stay(session, person_id, by=asking.person_id, at=datetime.now(UTC))
        except NoSuchPerson:
            raise NotThere("person") from None
    parts.herald.call()


async def _shown(
    session: AsyncSession, person_id: str, body: Leaving, asking: Asking
) -> DepartureView:
    if not asking.is_administrator and not await supervises(session, asking, person_id):
        raise NotForYou(
            "Somebody's departure is for the Agency Administrator; whoever supervises them may see what it would move."
        )
    now = datetime.now(UTC)
    try:
        left = await depart(
            session,
            person_id,
            body.at or now,
            body.seats,
            by=asking.person_id,
            at=now,
        )
    except NoSuchPerson as error:
        if error.person_id != person_id:
            raise
        raise NotThere("person") from None
    return await _view(session, left, asking)


async def _view(
    session: AsyncSession, left: Departure, asking: Asking
) -> DepartureView:
    return DepartureView(
        person=left.person,
        left_at=left.left_at,
        moves=await move_views(session, left.moves, asking.scope),
        absences=left.absences,
        api_keys=left.api_keys,
        digest=left.digest,
    )


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou("Who leaves is recorded from the Agency Administrator's seat.")
