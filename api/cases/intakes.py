"""What only an intake is asked: who could be the worker, and how something could be paid for."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.cases.messages import seen
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from throughcare.lifecycles.client.fit import Candidate, Ranked, rank
from throughcare.store.client_cases import known_of
from throughcare.store.identity import Day
from throughcare.store.workers import candidates
from throughcare.usecases.lookups import check_ready_on, policy_of

router = Routes(prefix="/intakes/{case_id}", tags=["cases"])


class Candidates(BaseModel):
    """Who could be the worker, in an order that gives its reasons. It ranks; people decide (CS-G-2, CS-G-3)."""

    items: tuple[Ranked, ...]


@router.get("/candidates", responses=documented(401, 404))
async def list_candidates(
    case_id: str, asking: SignedIn, parts: TheParts
) -> Candidates:
    """Everybody who could be the worker: those who meet a stated wish first, else those who know the assessed needs; with
    the room each has, and who is not independent."""
    row = await seen("intake", case_id, asking, parts)
    known = known_of(row)

    def find(connection: Connection) -> tuple[Candidate, ...]:
        policy = policy_of(connection, row)
        return candidates(
            connection,
            policy.roles[policy.coordinator].accepts,
            known.providing(),
            [each.seat for each in known.former if each.here],
            datetime.now(UTC),
        )

    found = await parts.database.read(find)
    needs = [each.text for each in known.standing_needs]
    return Candidates(items=rank(found, known.preferences or (), needs))


class PurchaseRoute(BaseModel):
    """How something that is needed by a day can be paid for: a threshold, and no deadline on anybody (CP-E-9)."""

    needed_on: date
    check_ready_on: date | None = Field(
        description="The first day a check could be issued by"
    )
    route: str = Field(description="`fund` or `check`")
    clause: str | None


@router.get(
    "/purchase-route",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def purchase_route(
    case_id: str,
    needed_on: Annotated[Day, Query(description="The day it is needed")],
    asking: SignedIn,
    parts: TheParts,
) -> PurchaseRoute:
    """Whether a check would come in time, or the discretionary fund is for it."""
    row = await seen("intake", case_id, asking, parts)
    fund = (await parts.database.read(policy_of, row)).fund
    agency, _ = await parts.adopted_packs.in_force()
    now = datetime.now(UTC)
    ready = check_ready_on(fund, agency.calendar, parts.calendars, now)
    is_early = ready is not None and needed_on < ready
    return PurchaseRoute(
        needed_on=needed_on,
        check_ready_on=ready,
        route="fund" if is_early else "check",
        clause=fund.clause if fund else None,
    )
