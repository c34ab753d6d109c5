"""Clients: who they are, and whether somebody is here twice. What they are called stands in no address and no log."""

from datetime import UTC, date, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import Field, StrictBool
from sqlalchemy.ext.asyncio import AsyncSession

from api.consentnews import tell_cases
from api.deps import KNOWN_FILTERS, Asking, SignedIn, TheParts
from api.examples import CLIENT, CLIENT_CHANGE, CLIENT_SEARCH, LIKENESS
from api.intakestaff import Staff
from api.once import AnsweredOnce, reply
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Page,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.views import PersonView, View
from throughcare.case.base import Written
from throughcare.case.consents import ConsentFacts
from throughcare.errors import BadRequestValue, NotForYou, NotThere
from throughcare.store.access import Scope
from throughcare.store.clients import (
    Alike,
    ClientKey,
    ClientOnFile,
    Identity,
    Settled,
    Spokesperson,
    Text,
    Wanted,
    add_client,
    cases_about,
    change_client,
    find_client,
    likenesses,
    list_clients,
    may_be_seen,
    records_of_same_person,
    search_clients,
    settle_likeness,
)
from throughcare.store.consents import consents_in_force, tell_again
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.usecases.client_news import tell_identity
from throughcare.usecases.ids import new_id
from throughcare.usecases.storable import Storable

router = APIRouter(prefix="/clients", tags=["clients"])
log = structlog.get_logger("throughcare.api")

MOST_FOUND = 50


class NewClient(Storable, Identity):
    """Who a client is, as they or whoever referred them said."""


class ClientChange(NewClient):
    """What is different from now on; what is left out stays as it is."""

    name: Text = Field(default_factory=str)


class ClientSearch(Storable, Wanted):
    """Whom to look for; together these narrow it. A name may be in parts, in any order, without its accents."""


class ClientSummary(View):
    id: str
    name: str
    born_on: date | None
    language: str
    same_as: str | None = Field(
        description="The first record of the same person, where somebody said that there are several"
    )

    @classmethod
    def of(cls, facts: ClientOnFile) -> "ClientSummary":
        return cls.model_validate(facts, from_attributes=True)


class ClientCase(View):
    id: str
    kind: str
    status: str
    client: str = Field(description="The record it is about, of one person's several")
    program: str
    opened_at: datetime
    closed_at: datetime | None


class LikenessView(View):
    """Another record that may be of the same person. Both stay, whatever is said."""

    client: str
    reasons: tuple[str, ...]
    settled: Settled | None = Field(
        description="Null until somebody has said what it is"
    )
    settled_by: PersonView | None
    settled_at: datetime | None


class WholeClientView(ClientSummary):
    phone: str | None
    email: str | None
    address: str | None
    references: tuple[str, ...]
    spokespersons: tuple[Spokesperson, ...]
    created_by: PersonView | None
    created_at: datetime
    cases: tuple[ClientCase, ...] = Field(
        description="Those you may see, the newest first"
    )
    likenesses: tuple[LikenessView, ...]
    consents: tuple[ConsentFacts, ...] = Field(description="Those in force now")


class ClientRecorded(View):
    """It is recorded. Who it is stays at the client's own address."""

    id: str
    alike: tuple[Alike, ...] = Field(
        description="Records that may be of the same person; say so at `/clients/{id}/likeness`"
    )


class Found(View):
    items: tuple[ClientSummary, ...]
    more: bool = Field(description="Whether there are more; say more of whom you mean")


class LikenessAnswer(Storable, Written):
    """Whether two records are of one person. Both stay; they are tied together."""

    other: str = Field(description="The other record's client, by id")
    same: StrictBool


class LikenessRecorded(View):
    client: str
    other: str
    settled: Settled


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_all_clients(
    request: Request,
    asking: SignedIn,
    parts: TheParts,
    unsettled: Annotated[
        bool, Query(description="Only those who may be here twice")
    ] = False,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ClientSummary]:
    """The clients you may see, newest first: all of them for those who take people in, else those of your cases."""
    within = (await Staff.of(parts)).clients_seen_by(asking)
    cursor = read_cursor(after, ClientKey)
    async with parts.database.sessions() as session:
        found = await list_clients(
            session, within, unsettled=unsettled, after=cursor, limit=limit
        )
    page, last = cut(found, limit)
    return Page(
        items=tuple(ClientSummary.of(each) for each in page),
        next=next_address(request, ClientKey(id=last.id) if last else None),
    )


@router.post("/search", responses=documented(401, 413, 422))
async def look_for_clients(
    body: Annotated[ClientSearch, Body(examples=[CLIENT_SEARCH])],
    asking: SignedIn,
    parts: TheParts,
) -> Found:
    """Find a client by who they are. It is a POST, so that no name ends up in an address."""
    if not body.model_dump(exclude_none=True):
        raise BadRequestValue(
            "body",
            f"Say whom you look for, by any of: {', '.join(Wanted.model_fields)}.",
        )
    within = (await Staff.of(parts)).clients_seen_by(asking)
    async with parts.database.sessions() as session:
        found = await search_clients(session, within, body, limit=MOST_FOUND + 1)
    return Found(
        items=tuple(ClientSummary.of(each) for each in found[:MOST_FOUND]),
        more=len(found) > MOST_FOUND,
    )


@router.post(
    "",
    status_code=201,
    response_model=ClientRecorded,
    responses=documented(401, 403, 409, 413, 422),
)
async def enter_client(
    body: Annotated[NewClient, Body(examples=[CLIENT])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Enter a client. Somebody who may be here already is noticed, and nothing is merged. For those who take people in."""
    if not (await Staff.of(parts)).see_everybody(asking):
        raise NotForYou(
            "A client is entered from a seat that takes people in, or the Agency Administrator's."
        )

    async def write(session: AsyncSession) -> Reply:
        client_id, now = new_id(), datetime.now(UTC)
        found = await add_client(session, client_id, body, by=asking.person_id, at=now)
        log.info("client.entered", client_id=client_id, alike=len(found))
        view = ClientRecorded(id=client_id, alike=found)
        return reply(201, view, location=f"/clients/{client_id}")

    return await once.answer_in_sql(body, write)


@router.get("/{client_id}", responses=documented(401, 404))
async def read_client(
    client_id: str, asking: SignedIn, parts: TheParts
) -> WholeClientView:
    """One client, with their cases, the records that may be theirs too, and their consents."""
    staff = await Staff.of(parts)
    async with parts.database.sessions() as session:
        facts = await seen_client(session, staff, asking, client_id)
        view = await _view(session, facts, staff, asking)
    log.info("client.read", client_id=client_id)
    return view


@router.patch(
    "/{client_id}",
    response_model=ClientRecorded,
    responses=documented(401, 404, 409, 413, 422),
)
async def correct_client(
    client_id: str,
    body: Annotated[ClientChange, Body(examples=[CLIENT_CHANGE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Change what is known of a client. What it was before stays on record."""
    staff = await Staff.of(parts)

    async def write(session: AsyncSession) -> Reply:
        facts = await seen_client(session, staff, asking, client_id)
        known = facts.model_dump(include=set(Identity.model_fields))
        changed = Identity.model_validate(known | body.model_dump(exclude_unset=True))
        now = datetime.now(UTC)
        found = await change_client(
            session, client_id, changed, by=asking.person_id, at=now
        )
        log.info("client.changed", client_id=client_id)
        seen = await _may_see(session, staff, asking, found)
        return reply(200, ClientRecorded(id=client_id, alike=seen))

    return await once.answer_in_sql(body, write)


@router.post(
    "/{client_id}/likeness",
    response_model=LikenessRecorded,
    responses=documented(401, 404, 409, 413, 422),
)
async def say_who_it_is(
    client_id: str,
    body: Annotated[LikenessAnswer, Body(examples=[LIKENESS])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Say whether two records are of one person. Nothing is merged; said otherwise later, they are apart again."""
    staff = await Staff.of(parts)

    async def write(session: AsyncSession) -> Reply:
        for each in (client_id, body.other):
            await seen_client(session, staff, asking, each)
        concerned = {
            *await within(session, records_of_same_person, client_id),
            *await within(session, records_of_same_person, body.other),
        }
        settled = Settled.same if body.same else Settled.different
        now = datetime.now(UTC)
        await settle_likeness(
            session, client_id, body.other, settled, by=asking.person_id, at=now
        )
        await tell_again(session, concerned)
        log.info("likeness.settled", client_id=client_id, settled=settled)
        view = LikenessRecorded(client=client_id, other=body.other, settled=settled)
        return reply(200, view)

    answer = await once.answer_in_sql(body, write)
    for each in (client_id, body.other):
        await tell_cases(parts.database, parts.desk, each)
        await tell_identity(parts, asking, each)
    return answer


async def seen_client(
    session: AsyncSession, staff: Staff, asking: Asking, client_id: str
) -> ClientOnFile:
    """Raises NotThere."""
    within = staff.clients_seen_by(asking)
    facts = await find_client(session, client_id)
    if facts is None or not await may_be_seen(session, within, [client_id]):
        raise NotThere("client")
    return facts


async def _may_see(
    session: AsyncSession, staff: Staff, asking: Asking, found: tuple[Alike, ...]
) -> tuple[Alike, ...]:
    """That somebody is here a second time is no news for whoever may not see them there."""
    within = staff.clients_seen_by(asking)
    seen = await may_be_seen(session, within, [each.client for each in found])
    return tuple(each for each in found if each.client in seen)


async def _view(
    session: AsyncSession, facts: ClientOnFile, staff: Staff, asking: Asking
) -> WholeClientView:
    alike = await likenesses(session, facts.id)
    seen = {e.client for e in await _may_see(session, staff, asking, alike)}
    shown = [each for each in alike if each.client in seen]
    people = {who for each in shown if (who := each.settled_by)} | {facts.created_by}
    known = await within(session, names, people)
    now = datetime.now(UTC)
    return WholeClientView(
        **facts.model_dump(exclude={"created_by", "spokespersons"}),
        spokespersons=facts.spokespersons,
        created_by=PersonView.of(facts.created_by, known),
        cases=await _cases(session, facts.id, staff, asking),
        likenesses=tuple(
            LikenessView(
                client=each.client,
                reasons=each.reasons,
                settled=each.settled,
                settled_by=PersonView.of(each.settled_by, known),
                settled_at=each.settled_at,
            )
            for each in shown
        ),
        consents=await within(session, consents_in_force, facts.id, now),
    )


async def _cases(
    session: AsyncSession, client_id: str, staff: Staff, asking: Asking
) -> tuple[ClientCase, ...]:
    records = await within(session, records_of_same_person, client_id)
    scope = Scope(seats=None) if staff.see_everybody(asking) else asking.scope
    rows = await cases_about(session, scope, records)
    return tuple(
        ClientCase(
            id=row.id,
            kind=row.kind,
            status=row.status,
            client=row.client_id or "",
            program=row.program,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    )
