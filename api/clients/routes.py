"""Clients: who they are, and whether somebody is here twice. What they are called stands in no address and no log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Body, Query, Request, Response
from pydantic import Field, StrictBool
from sqlalchemy import Connection

from api.clients.views import ClientSummary, WholeClientView, those_seen, whole_client
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.etag import IfMatch, put_tag, replaces_a_list
from api.examples import CLIENT, CLIENT_CHANGE, CLIENT_SEARCH, LIKENESS
from api.once import AnsweredOnce, reply
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
from api.routing import Routes
from api.shown import shows
from throughcare.case.base import Written
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.store.client_changes import lock_client
from throughcare.store.clients import (
    ClientKey,
    ClientOnFile,
    ClientQuery,
    add_client,
    change_client,
    list_clients,
)
from throughcare.store.idempotency import Reply
from throughcare.store.identity import Identity, IdentityChange
from throughcare.store.likenesses import Alike, Settled
from throughcare.usecases.client_news import notify_at_once, notify_of_identity
from throughcare.usecases.clients import (
    KnownElsewhere,
    look_for,
    settle_who_it_is,
)
from throughcare.usecases.ids import new_id
from throughcare.usecases.intake_staff import Staff
from throughcare.usecases.rights import check_may_change
from throughcare.usecases.storable import Storable
from throughcare.usecases.views import View

router = Routes(prefix="/clients", tags=["clients"])
log = structlog.get_logger("throughcare.api")

MOST_FOUND = 50


class NewClient(Storable, Identity):
    """Who a client is, as they or whoever referred them said."""


class ClientChange(Storable, IdentityChange):
    """What is different from now on; what is left out stays as it is."""


class ClientSearch(Storable, ClientQuery):
    """Whom to look for; together these narrow it. A name may be in parts, in any order and in a similar spelling."""


class ClientRecorded(View):
    """It is recorded. Who it is stays at the client's own address."""

    id: str
    alike: tuple[Alike, ...] = Field(
        description="Records that may be of the same person; say so at `/clients/{id}/likeness`"
    )


class ClientsFound(View):
    items: tuple[ClientSummary, ...]
    more: bool = Field(description="Whether there are more; say more of whom you mean")
    elsewhere: tuple[KnownElsewhere, ...] = Field(
        description="Other programs that may know somebody of this name, and whom to ask there; for those who take people in, and by a whole name alone"
    )


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
    total: TotalAsked,
    unsettled: Annotated[
        bool, Query(description="Only those who may be here twice")
    ] = False,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[ClientSummary]:
    """The clients you may see, newest first: those of your cases, and of the programs you take people in for."""
    cursor = read_cursor(after, ClientKey)

    def listed(connection: Connection) -> Sequence[ClientOnFile]:
        seen = Staff.of(connection).clients_seen_by(asking)
        return list_clients(
            connection,
            seen,
            unsettled=unsettled,
            after=cursor,
            limit=limit,
            total=total,
        )

    found = await parts.database.read(listed)
    page, last = cut(found, limit)
    shows(clients=[each.id for each in page])
    return Page(
        items=tuple(ClientSummary.of(each) for each in page),
        next=next_address(request, ClientKey(id=last.id) if last else None),
        total=total.rows,
    )


@router.post("/search", responses=documented(401, 413, 422))
async def look_for_clients(
    body: Annotated[ClientSearch, Body(examples=[CLIENT_SEARCH])],
    asking: SignedIn,
    parts: TheParts,
) -> ClientsFound:
    """Find a client by who they are. It is a POST, so that no name ends up in an address. Of another program's clients it
    says only whom to ask, and that is on record."""
    if not body.model_dump(exclude_none=True):
        raise BadRequestValue(
            "body",
            f"Say whom you look for, by any of: {', '.join(ClientQuery.model_fields)}.",
        )

    now = datetime.now(UTC)
    found, elsewhere = await parts.database.write(
        look_for, asking, body, at=now, limit=MOST_FOUND + 1
    )
    shows(clients=[each.id for each in found[:MOST_FOUND]])
    return ClientsFound(
        items=tuple(ClientSummary.of(each) for each in found[:MOST_FOUND]),
        more=len(found) > MOST_FOUND,
        elsewhere=elsewhere,
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
    """Enter a client, for the program you take people in for. Somebody who may be here already is noticed, and nothing is
    merged."""

    def write(connection: Connection) -> Reply:
        staff = Staff.of(connection)
        if not staff.may_enter(asking):
            raise NotForYou(
                "A client is entered from a seat that takes people in, or the Agency Administrator's."
            )
        client_id, now = new_id(), datetime.now(UTC)
        seat = next((each.id for each in staff.seats_of(asking)), None)
        by = asking.person_id
        found = add_client(
            connection, client_id, body, by=by, entered_from=seat, at=now
        )
        log.info("client.entered", client_id=client_id, alike=len(found))
        seen = those_seen(connection, staff, asking, found)
        alike = tuple(each for each in found if each.client in seen)
        shows(clients=[client_id, *seen])
        view = ClientRecorded(id=client_id, alike=alike)
        return reply(201, view, location=f"/clients/{client_id}")

    return await once.answer_in_transaction(body, write)


@router.get("/{client_id}", responses=documented(401, 404))
async def read_client(
    client_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> WholeClientView:
    """One client, with their cases, the records that may be theirs too, and their consents."""
    view = await parts.database.read(whole_client, client_id, asking)
    shows(
        cases=[each.id for each in view.cases],
        clients=[each.client for each in view.likenesses],
    )
    put_tag(response, view)
    return view


@router.patch(
    "/{client_id}",
    response_model=ClientRecorded,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428),
)
async def correct_client(
    client_id: str,
    body: Annotated[ClientChange, Body(examples=[CLIENT_CHANGE])],
    asking: SignedIn,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """Change what is known of a client. What it was before stays on record. To replace a list, say in `If-Match` which one
    you have read."""

    def write(connection: Connection) -> Reply:
        lock_client(connection, client_id)
        check_may_change(connection, asking, client_id)
        current = whole_client(connection, client_id, asking)
        precondition.check(current, needed=replaces_a_list(body, current))
        now = datetime.now(UTC)
        found = change_client(connection, client_id, body, by=asking.person_id, at=now)
        log.info("client.changed", client_id=client_id)
        seen = those_seen(connection, Staff.of(connection), asking, found)
        alike = tuple(each for each in found if each.client in seen)
        shows(clients=seen)
        return reply(200, ClientRecorded(id=client_id, alike=alike))

    return await once.answer_in_transaction(body, write)


@router.post(
    "/{client_id}/likeness",
    response_model=LikenessRecorded,
    responses=documented(401, 403, 404, 409, 412, 413, 422),
)
async def say_who_it_is(
    client_id: str,
    body: Annotated[LikenessAnswer, Body(examples=[LIKENESS])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """Say whether two records are of one person. Nothing is merged; said otherwise later, they are apart again."""
    settled = Settled.same if body.same else Settled.different

    def write(connection: Connection) -> Reply:
        lock_client(connection, client_id)
        for each in (client_id, body.other):
            check_may_change(connection, asking, each)
        precondition.check(whole_client(connection, client_id, asking))
        now = datetime.now(UTC)
        settle_who_it_is(
            connection, client_id, body.other, settled, by=asking.person_id, at=now
        )
        log.info("likeness.settled", client_id=client_id, settled=settled)
        shows(clients=[body.other])
        view = LikenessRecorded(client=client_id, other=body.other, settled=settled)
        return reply(200, view)

    answer = await once.answer_in_transaction(body, write)
    for each in (client_id, body.other):
        await notify_at_once(parts.database, parts.desk, each)
        await notify_of_identity(parts.database, parts.desk, asking, each)
    return answer
