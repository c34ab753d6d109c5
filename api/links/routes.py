"""The signed links of a case, for those who have a part in it: who can answer by one, and taking it away."""

from datetime import UTC, datetime

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from throughcare.errors import NotForYou, NotThere
from throughcare.store.cases import sees_case, whole_case
from throughcare.store.directory import names
from throughcare.store.links import find_link, links_of, revoke
from throughcare.store.tables import LinkRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.link_access import coordinates
from throughcare.usecases.views import PersonView

router = Routes(prefix="/conflicts/{case_id}/links", tags=["messages"])
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


@router.get("", responses=documented(401, 403, 404, 422), dependencies=KNOWN_FILTERS)
async def list_links(case_id: str, asking: SignedIn, parts: TheParts) -> Links:
    """The links of a case, the latest first."""
    return await parts.database.read(_links, case_id, asking)


@router.post("/{link_id}/revoke", responses=documented(401, 403, 404))
async def revoke_link(
    case_id: str, link_id: str, asking: SignedIn, parts: TheParts
) -> LinkView:
    """Take a link away: it was sent to the wrong address, or got into other hands. Doing it again changes nothing."""
    view = await parts.database.write(_revoked, case_id, link_id, asking)
    log.info("link.revoked", link_id=link_id, case_id=case_id)
    return view


def _links(connection: Connection, case_id: str, asking: Asking) -> Links:
    if not sees_case(connection, asking.scope, case_id, kind="conflict"):
        raise NotThere("conflict")
    found = links_of(connection, case_id)
    people = {who for row in found for who in (row.person_id, row.revoked_by) if who}
    known = names(connection, people)
    return Links(items=tuple(LinkView.of(row, known) for row in found))


def _revoked(
    connection: Connection, case_id: str, link_id: str, asking: Asking
) -> LinkView:
    """Raises NotThere and NotForYou."""
    whole = whole_case(connection, asking.scope, case_id, kind="conflict")
    if whole is None:
        raise NotThere("conflict")
    if not (
        asking.is_administrator or coordinates(connection, whole, asking.own_seats)
    ):
        raise NotForYou(
            "Links are taken away by the coordination side of the case, or by the agency's administrator."
        )
    link = find_link(connection, link_id)
    if link is None or link.case_id != case_id:
        raise NotThere("link")
    row = revoke(connection, link_id, asking.person_id, datetime.now(UTC))
    people = {who for who in (row.person_id, row.revoked_by) if who}
    return LinkView.of(row, names(connection, people))
