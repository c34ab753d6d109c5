"""One case as it now is, and its timeline, for whoever may see it."""

from typing import Any

import structlog
from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.cases.page import FACTS_SHOWN, case_page, entry_view
from api.cases.views import CaseView, EntryView
from api.deps import Asking, Parts
from api.paging import Page, cut, next_address, read_cursor
from throughcare.case.entry import Entry
from throughcare.case.lifecycle import Lifecycle
from throughcare.errors import NotThere
from throughcare.packs.pack import Pack
from throughcare.store.access import Scope
from throughcare.store.cases import (
    MOST_ENTRIES,
    WholeCase,
    people_in,
    sees_case,
    timeline,
    whole_case,
)
from throughcare.store.directory import names
from throughcare.store.packs import pack_by_digest

log = structlog.get_logger("throughcare.api")


def shown_as(lifecycle: Lifecycle) -> Any:
    """The type of a page of this kind."""
    facts = FACTS_SHOWN.get(lifecycle.facts, dict[str, Any])
    return CaseView[facts]  # type: ignore[valid-type]  # Made per lifecycle.


async def read_page(
    kind: str, case_id: str, asking: Asking, parts: Parts
) -> CaseView[Any] | None:
    """The case as it now is; None where it is not there, or not this person's to see."""
    found = await parts.database.read(_with_pack, asking.scope, case_id, kind)
    return case_page(*found, asking) if found else None


def _with_pack(
    connection: Connection, scope: Scope, case_id: str, kind: str
) -> tuple[WholeCase, Pack] | None:
    whole = whole_case(connection, scope, case_id, kind=kind)
    if whole is None:
        return None
    pack = pack_by_digest(connection, whole.row.pack_digest)
    assert pack is not None, "a case is opened under a pack that was adopted"
    return whole, pack


async def read_one(
    kind: str, case_id: str, asking: Asking, parts: Parts
) -> CaseView[Any]:
    """Raises NotThere."""
    page = await read_page(kind, case_id, asking, parts)
    if page is None:
        raise NotThere(kind.replace("-", " "))
    log.info("case.read", case_id=case_id)
    return page


class EntryKey(BaseModel):
    seq: int = Field(ge=0, le=MOST_ENTRIES)


async def read_timeline(
    kind: str,
    request: Request,
    case_id: str,
    asking: Asking,
    parts: Parts,
    *,
    after: str | None,
    limit: int,
    newest_first: bool,
) -> Page[EntryView]:
    """Raises NotThere."""
    cursor = read_cursor(after, EntryKey)

    def read(
        connection: Connection, scope: Scope
    ) -> tuple[list[Entry], dict[str, str]]:
        if not sees_case(connection, scope, case_id, kind=kind):
            raise NotThere(kind.replace("-", " "))
        found = timeline(
            connection,
            case_id,
            after=cursor.seq if cursor else None,
            limit=limit,
            newest_first=newest_first,
        )
        people = {who for entry in found for who in people_in(entry) if who}
        return found, names(connection, people)

    found, known = await parts.database.read(read, asking.scope)
    page, last = cut(found, limit)
    log.info("case.read", case_id=case_id)
    return Page(
        items=tuple(entry_view(entry, known, asking) for entry in page),
        next=next_address(request, EntryKey(seq=last.seq) if last else None),
    )
