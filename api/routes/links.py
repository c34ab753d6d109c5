"""The signed links of a case, for those who have a part in it: who can answer by one, and taking it away."""

from datetime import UTC, datetime

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.problems import documented
from api.views import PersonView
from throughcare.case.seats import Side
from throughcare.errors import NotForYou, NotThere
from throughcare.store.cases import sees_case, whole_case
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.links import find_link, links_of, revoke
from throughcare.store.tables import LinkRow

router = APIRouter(prefix="/conflicts/{case_id}/links", tags=["messages"])
log = structlog.get_logger("throughcare.api")


class LinkView(BaseModel):
    """A link that went out with a notice; its address is known only to whoever got that e-mail."""

    id: str
    seat: str
    person: PersonView | None
    step: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: PersonView | None = Field(description="Who took it away")

    @classmethod
    def of(cls, row: LinkRow, known: dict[str, str]) -> "LinkView":
        return cls(
            id=row.id,
            seat=row.seat_id,
            person=PersonView.of(row.person_id, known),
            step=row.step,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
            revoked_by=PersonView.of(row.revoked_by, known),
        )


class Links(BaseModel):
    items: tuple[LinkView, ...]


@router.get("", responses=documented(401, 404, 422), dependencies=KNOWN_FILTERS)
async def list_links(case_id: str, asking: SignedIn, parts: TheParts) -> Links:
    """The links of a case, the latest first."""
    async with parts.database.sessions() as session:
        await _check_seen(session, case_id, asking)
        rows = await links_of(session, case_id)
        people = {who for row in rows for who in (row.person_id, row.revoked_by) if who}
        known = await within(session, names, people)
    return Links(items=tuple(LinkView.of(row, known) for row in rows))


@router.post("/{link_id}/revoke", responses=documented(401, 403, 404))
async def revoke_link(
    case_id: str, link_id: str, asking: SignedIn, parts: TheParts
) -> LinkView:
    """Take a link away: it was sent to the wrong address, or got into other hands. Doing it again changes nothing."""
    await _check_may_revoke(case_id, asking, parts)
    async with parts.database.sessions.begin() as session:
        row = await find_link(session, link_id)
        if row is None or row.case_id != case_id:
            raise NotThere("link")
        await revoke(session, link_id, asking.person_id, datetime.now(UTC))
        await session.refresh(row)
        people = {who for who in (row.person_id, row.revoked_by) if who}
        known = await within(session, names, people)
    log.info("link.revoked", link_id=link_id, case_id=case_id)
    return LinkView.of(row, known)


async def _check_seen(session: AsyncSession, case_id: str, asking: Asking) -> None:
    if not await within(session, sees_case, asking.scope, case_id, kind="conflict"):
        raise NotThere("conflict")


async def _check_may_revoke(case_id: str, asking: Asking, parts: Parts) -> None:
    """The coordination side runs the case, and the administrator mends what is sent wrongly. Raises NotThere and
    NotForYou."""
    whole = await parts.database.read(
        whole_case, asking.scope, case_id, kind="conflict"
    )
    if whole is None:
        raise NotThere("conflict")
    roles = (
        await parts.adopted_packs.pack(whole.row.pack_digest)
    ).conflict_policy.roles
    coordination = {
        each.seat_id
        for each in whole.seats
        if roles[each.role].side is Side.coordination
    }
    if not (asking.is_administrator or coordination & set(asking.own_seats)):
        raise NotForYou(
            "Links are taken away by the coordination side of the case, or by the agency's administrator."
        )
