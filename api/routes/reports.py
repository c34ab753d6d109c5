"""Reports over the cases one may see."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.problems import documented
from throughcare.store.cases import ageing

router = APIRouter(prefix="/reports", tags=["reports"])


class RungAge(BaseModel):
    ladder: str
    rung: str | None = Field(description="Null before the first rung could begin")
    count: int
    oldest_opened_at: datetime
    oldest_age: timedelta = Field(examples=["P93DT4H"])
    newest_opened_at: datetime


class Ageing(BaseModel):
    at: datetime
    note: str
    items: tuple[RungAge, ...]


@router.get("/ageing", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def ageing_report(
    asking: SignedIn, parts: TheParts, program: str | None = None
) -> Ageing:
    """How long open conflicts have been open, by ladder and rung (CR-P-2)."""
    now = datetime.now(UTC)
    async with parts.database.sessions() as session:
        found = await ageing(session, asking.scope, program)
    return Ageing(
        at=now,
        note="Ages only. The policy sets no time for any step, so none is late under it.",
        items=tuple(
            RungAge(**age.model_dump(), oldest_age=_age(age.oldest_opened_at, now))
            for age in found
        ),
    )


def _age(opened_at: datetime, now: datetime) -> timedelta:
    """In whole seconds: RFC 3339 knows no parts of them in a duration."""
    return timedelta(seconds=(now - opened_at) // timedelta(seconds=1))
