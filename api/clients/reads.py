"""Who opened a client's record, when, from where and by which right."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Page,
    PageSize,
    TotalAsked,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.reports.routes import period
from api.routing import Routes
from throughcare.store.access import Right
from throughcare.store.directory import names
from throughcare.store.identity import Day
from throughcare.store.reads import ClientRead, ReadFilter, ReadKey
from throughcare.usecases.opened_records import who_opened
from throughcare.usecases.views import Names, PersonView, View

router = Routes(prefix="/clients/{client_id}/reads", tags=["clients"])

FIRST, LAST = date(2, 1, 1), date(9998, 12, 30)


class ReadQuery(BaseModel):
    """The filters; together they narrow it. Days are the agency's."""

    from_on: Day | None = Field(default=None, alias="from", description="The first day")
    to_on: Day | None = Field(default=None, alias="to", description="The last day")
    person: str | None = Field(default=None, description="Who opened it, by id")


class ClientReadView(View):
    """One answer that showed the record, or a case or paper of theirs, or had them in a list."""

    id: str = Field(description="The request's id, as `X-Request-ID` had it")
    at: datetime
    person: PersonView | None = Field(
        description="Whoever has no name here signs by a link"
    )
    address: str | None = Field(description="Where the request came from")
    route: str = Field(description="What was asked for", examples=["read_care_plan"])
    media_type: str
    rights: tuple[Right, ...]
    cases: tuple[str, ...] = Field(description="Their cases that were shown")
    shown: int = Field(description="How many cases and clients the answer showed")

    @classmethod
    def of(cls, read: ClientRead, known: Names) -> "ClientReadView":
        facts = read.model_dump(exclude={"person"})
        return cls(**facts, person=PersonView.of(read.person, known))


@router.get("", responses=documented(401, 403, 404, 422), dependencies=KNOWN_FILTERS)
async def list_client_reads(
    request: Request,
    client_id: str,
    wanted: Annotated[ReadQuery, Query()],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[ClientReadView]:
    """Who opened this client's record, read one of their cases or papers, or had them in a list: when, from where, by which
    right, the latest first; by every record of this person. For their worker and whoever supervises them, for oversight and
    for the administrator (42 CFR 2.25, 45 CFR 164.528)."""
    cursor = read_cursor(after, ReadKey)
    from_at, to_at = await period(parts, wanted.from_on or FIRST, wanted.to_on or LAST)
    of = ReadFilter(from_at=from_at, to_at=to_at, person=wanted.person)

    def listed(connection: Connection) -> tuple[list[ClientRead], Names]:
        found = who_opened(
            connection, asking, client_id, of, after=cursor, limit=limit, total=total
        )
        people = {each.person for each in found if each.person}
        return found, names(connection, people)

    found, known = await parts.database.read(listed)
    page, last = cut(found, limit)
    return Page(
        items=tuple(ClientReadView.of(each, known) for each in page),
        next=next_address(request, ReadKey(id=last.id) if last else None),
        total=total.rows,
    )
