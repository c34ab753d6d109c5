"""Absences: while one lasts the substitute acts, and every clock runs on."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Asking, SignedIn, TheParts
from api.examples import ABSENCE
from api.moves import Moves, move_views, rolled_back, supervises
from api.once import AnsweredOnce, reply
from api.problems import documented
from throughcare.case.base import Written
from throughcare.errors import NotForYou, NotThere
from throughcare.store.changes import end_absence
from throughcare.store.directory import AbsenceFacts, absences
from throughcare.store.idempotency import Reply
from throughcare.store.moves import Move, absent
from throughcare.store.tables import AbsenceRow
from throughcare.time.deadline import Instant
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/absences", tags=["directory"])


class Absence(Storable, Written):
    """Somebody is away, and who acts from their seats meanwhile. Without a substitute the seats stand empty."""

    person: str
    substitute: str | None = None
    from_at: Instant
    to_at: Instant


class Absences(BaseModel):
    items: tuple[AbsenceFacts, ...]


class Ended(Written):
    """There is nothing to say but that it is over."""


class AbsenceEnded(BaseModel):
    id: str
    ended_at: datetime = Field(description="From now on they act for themself again")


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_absences(asking: SignedIn, parts: TheParts) -> Absences:
    """Those that are running or still to come, the earliest first."""
    async with parts.database.sessions() as session:
        return Absences(items=await absences(session, datetime.now(UTC)))


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

    async def write(session: AsyncSession) -> Reply:
        absence_id, _ = await _entered(session, body, asking)
        facts = AbsenceFacts(id=absence_id, **body.model_dump())
        return reply(201, facts, location="/absences")

    answer = await once.answer_in_sql(body, write)
    parts.herald.call()
    return answer


@router.post(
    "/preview",
    responses=documented(401, 403, 409, 413, 422),
)
async def preview_absence(
    body: Annotated[Absence, Body(examples=[ABSENCE])],
    asking: SignedIn,
    parts: TheParts,
) -> Moves:
    """Which seats, open cases and duties this absence would move, to whom, and what to look out for. Nothing is changed."""
    async with parts.database.sessions() as session, rolled_back(session):
        _, moves = await _entered(session, body, asking)
        return Moves(moves=await move_views(session, moves, asking.scope))


@router.post(
    "/{absence_id}/end",
    response_model=AbsenceEnded,
    responses=documented(401, 403, 404, 409, 422),
)
async def finish_absence(
    absence_id: str, asking: SignedIn, parts: TheParts, once: AnsweredOnce
) -> Response:
    """They are back, or will not be away after all."""

    async def write(session: AsyncSession) -> Reply:
        row = await session.get(AbsenceRow, absence_id)
        if row is None:
            raise NotThere("absence")
        await _check_may_enter(session, asking, row.person_id)
        now = datetime.now(UTC)
        await end_absence(session, absence_id, by=asking.person_id, at=now)
        return reply(200, AbsenceEnded(id=absence_id, ended_at=now))

    answer = await once.answer_in_sql(Ended(), write)
    parts.herald.call()
    return answer


async def _entered(
    session: AsyncSession, body: Absence, asking: Asking
) -> tuple[str, tuple[Move, ...]]:
    await _check_may_enter(session, asking, body.person)
    return await absent(
        session,
        body.person,
        body.substitute,
        body.from_at,
        body.to_at,
        by=asking.person_id,
        at=datetime.now(UTC),
    )


async def _check_may_enter(session: AsyncSession, asking: Asking, person: str) -> None:
    if asking.is_administrator or person == asking.person_id:
        return
    if not await supervises(session, asking, person):
        raise NotForYou(
            "An absence is entered by the person themself, their supervisor, or the Agency Administrator."
        )
