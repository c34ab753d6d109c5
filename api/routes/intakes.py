"""Intakes and care plans: begun, listed, read. What reads them reads every case about a client."""

from datetime import UTC, date, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.body import Storable
from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.errors import (
    AlreadyOpen,
    BadRequestValue,
    NotForYou,
    NotThere,
)
from api.examples import REFERRAL
from api.lookups import check_ready_on, policy_of
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
from api.routes.conflicts import EntryKey, OpeningRecorded
from api.served import ServedSummary, ServedView, entry_view, served_page
from api.views import EntryView
from api.waiting import in_time
from throughcare.case.base import Written
from throughcare.case.entry import Entry
from throughcare.case.seats import HeldSeat
from throughcare.case.wire import Envelope, OpenCase
from throughcare.lifecycles.client.fields import ClientStatus, Name, Words
from throughcare.lifecycles.client.fit import Ranked, rank
from throughcare.lifecycles.client.openings import IntakeOpening, Referral
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.lifecycles.intake.screening import EmergencyNeed
from throughcare.store.access import Scope
from throughcare.store.cases import (
    CaseKey,
    WholeCase,
    find_case,
    people_in,
    timeline,
    whole_case,
)
from throughcare.store.clients import (
    Alike,
    Identity,
    add_client,
    alike,
    find_client,
)
from throughcare.store.database import within
from throughcare.store.directory import names, seat_facts
from throughcare.store.idempotency import Reply
from throughcare.store.served import (
    ServedFilter,
    client_names,
    former_workers,
    known_of,
    list_served,
    live_case,
)
from throughcare.store.workers import candidates
from throughcare.time.deadline import Instant
from throughcare.usecases.adopted_packs import PackInForce, closure_in, independence_in

router = APIRouter(tags=["intakes"])
log = structlog.get_logger("throughcare.api")


class ScreenResult(Written):
    """What the intake unit's screen found, where it is known already."""

    emergency: bool
    needs: tuple[EmergencyNeed, ...] = ()


class Referred(Storable, Written):
    """Somebody was referred or walked in. Who they are is kept apart from the case, and no workflow knows it."""

    model_config = ConfigDict(str_strip_whitespace=True)

    program: str = Field(
        description="The program they come to; it decides the policy",
        examples=["cars"],
    )
    client: str | None = Field(
        default=None, description="A client who is known here, by id; else `person`"
    )
    person: Identity | None = Field(
        default=None, description="Who they are, where they are new here"
    )
    source: Name = Field(description="Who referred them, or that they walked in")
    words: Words | None = Field(default=None, description="What the first call said")
    referred_at: Instant | None = Field(
        default=None, description="When it came; now where left out"
    )
    screen: ScreenResult | None = None
    seat: str | None = Field(
        default=None, description="The seat you speak from, where you hold several"
    )


@router.post(
    "/intakes",
    status_code=201,
    response_model=ServedView,
    responses={
        202: {"model": OpeningRecorded, "description": "Kept; it begins later"},
        **documented(401, 403, 409, 413, 422, 503),
    },
)
async def open_intake(
    body: Annotated[Referred, Body(examples=[REFERRAL])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Begin an intake. Somebody who may be known here already is noticed and tied to, never merged."""

    async def act(case_id: str) -> Reply:
        opening = await _judged(case_id, body, asking, parts)
        await parts.desk.open(opening)
        log.info("case.opened", case_id=case_id, kind="intake", program=opening.program)
        if body.screen:
            await _screen(opening, body.screen, asking, body.seat, parts)
        page = await _first_sight(case_id, asking, parts, screened=bool(body.screen))
        address = f"/intakes/{case_id}"
        if page is None:
            return reply(202, OpeningRecorded(case=case_id), location=address)
        return reply(201, page, location=address)

    return await once.answer(body, act)


async def _screen(
    opening: OpenCase[IntakeOpening],
    screen: ScreenResult,
    asking: Asking,
    seat: str | None,
    parts: Parts,
) -> None:
    """What the screen found, as the message it is; under an id of its own, so that it is heard once."""
    at = opening.about.referral.at.isoformat()
    envelope = Envelope(
        message_id=f"{opening.case_id}-screen",
        actor=asking.actor(seat),
        received_at=datetime.now(UTC),
        facts=screen.model_dump(mode="json") | {"event_at": at},
    )
    await parts.desk.send(opening.kind, opening.case_id, "screened", envelope)


async def _first_sight(
    case_id: str, asking: Asking, parts: Parts, *, screened: bool
) -> ServedView | None:
    """The case as soon as its record can be read, and the screen in it where one came along."""

    async def look() -> ServedView | None:
        page = await read_served("intake", case_id, asking, parts)
        return page if page and (page.branch or not screened) else None

    return await in_time(look)


async def _judged(
    case_id: str, body: Referred, asking: Asking, parts: Parts
) -> OpenCase[IntakeOpening]:
    agency, packs = await parts.adopted_packs.in_force()
    in_force, policy = pack_for(body.program, packs)
    held = await may_open(policy, asking, body.seat, parts)
    now = datetime.now(UTC)
    at = body.referred_at or now
    if at > now:
        raise BadRequestValue("referred_at", "It lies in the future.")
    async with parts.database.sessions.begin() as session:
        client = body.client
        similar: tuple[Alike, ...] = ()
        if (client is None) is (body.person is None):
            raise BadRequestValue(
                "client",
                "Name a client who is known here, or say in `person` who they are; one of the two.",
            )
        if client is None and body.person:
            # The id of the intake they came by, so that the same request again makes no second of them.
            client = case_id
            if await find_client(session, client) is None:
                similar = await add_client(
                    session, client, body.person, by=asking.person_id, at=now
                )
            else:
                similar = await alike(session, body.person, besides=client)
        assert client is not None
        if await find_client(session, client) is None:
            raise BadRequestValue(
                "client", "There is no such client; GET /clients lists them."
            )
        live = await live_case(session, client, "intake")
        if live and live != case_id:
            raise AlreadyOpen("intake", live)
        former = await former_workers(session, client, now)
    referral = Referral(
        at=at,
        source=body.source,
        words=body.words or "",
        alike=tuple(each.client for each in similar),
        former=former,
    )
    about = IntakeOpening(
        client=client,
        policy=policy,
        independence=independence_in(packs),
        care_plan=in_force.pack.care_plan,
        closure_clause=closure_in(packs),
        referral=referral,
    )
    return OpenCase[IntakeOpening](
        kind="intake",
        case_id=case_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=body.program,
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=held.seat,
        opened_by_right=held.capacity,
        received_at=now,
        about=about,
    )


def pack_for(
    program: str, packs: tuple[PackInForce, ...]
) -> tuple[PackInForce, IntakePolicy]:
    """The pack whose intake serves this program: packs are never blended (ruling 8). Raises BadRequestValue."""
    for each in packs:
        if each.pack.intake and program in each.pack.intake.programs:
            return each, each.pack.intake
    known = [
        name for each in packs if each.pack.intake for name in each.pack.intake.programs
    ]
    raise BadRequestValue(
        "program",
        f"No policy in force takes people in for it. Programs are: {', '.join(known) or 'none'}.",
    )


async def may_open(
    policy: IntakePolicy, asking: Asking, seat: str | None, parts: Parts
) -> HeldSeat:
    """The seat the referral is entered from: of the intake unit, or of the supervisor. Raises NotForYou."""
    asking.actor(seat)
    accepted = [
        kind
        for role in (policy.intake, policy.supervisor)
        for kind in policy.roles[role].accepts
    ]
    held = sorted(asking.seats, key=lambda each: each.capacity.rank)
    async with parts.database.sessions() as session:
        for each in held:
            if seat not in (None, each.seat):
                continue
            facts = await within(session, seat_facts, each.seat, datetime.now(UTC))
            if facts and any(k.includes(facts.role, facts.program) for k in accepted):
                return each
    titles = " or ".join(
        policy.roles[role].title for role in (policy.intake, policy.supervisor)
    )
    raise NotForYou(f"An intake is begun from the seat of {titles}.")


class Wanted(BaseModel):
    """The filters of the list; together they narrow it."""

    status: list[ClientStatus] = Field(default_factory=list)
    stage: str | None = None
    branch: str | None = None
    program: str | None = None
    client: str | None = None
    overdue: bool | None = None
    opened_after: Instant | None = None
    opened_before: Instant | None = None
    mine: bool = Field(
        default=False, description="Only those in which you sit in a seat yourself"
    )


async def listed(
    kind: str,
    request: Request,
    wanted: Wanted,
    asking: Asking,
    parts: Parts,
    after: str | None,
    limit: int,
) -> Page[ServedSummary]:
    filters = ServedFilter(
        kind=kind,
        status=tuple(wanted.status),
        seats=asking.own_seats if wanted.mine else None,
        **wanted.model_dump(exclude={"mine", "status"}),
    )
    cursor = read_cursor(after, CaseKey)
    async with parts.database.sessions() as session:
        rows = await list_served(
            session, asking.scope, filters, after=cursor, limit=limit
        )
        page, last = cut(rows, limit)
        known = await within(
            session, client_names, {row.client_id or "" for row in page}
        )
    key = CaseKey(opened_at=last.opened_at, id=last.id) if last else None
    return Page(
        items=tuple(ServedSummary.of(row, known) for row in page),
        next=next_address(request, key),
    )


@router.get("/intakes", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_intakes(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ServedSummary]:
    """The intakes you may see, newest first."""
    return await listed("intake", request, wanted, asking, parts, after, limit)


@router.get("/care-plans", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_care_plans(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ServedSummary]:
    """The care plans you may see, newest first."""
    return await listed("care-plan", request, wanted, asking, parts, after, limit)


@router.get("/intakes/{case_id}", responses=documented(401, 404))
async def read_intake(case_id: str, asking: SignedIn, parts: TheParts) -> ServedView:
    """One intake: its seats, duties with receipts, the messages valid now, what is known, notices, and how unclear
    sentences are read."""
    return await read_one("intake", case_id, asking, parts)


@router.get("/care-plans/{case_id}", responses=documented(401, 404))
async def read_care_plan(case_id: str, asking: SignedIn, parts: TheParts) -> ServedView:
    """One care plan: as an intake is shown."""
    return await read_one("care-plan", case_id, asking, parts)


async def read_one(kind: str, case_id: str, asking: Asking, parts: Parts) -> ServedView:
    page = await read_served(kind, case_id, asking, parts)
    if page is None:
        raise NotThere(kind.replace("-", " "))
    log.info("case.read", case_id=case_id)
    return page


async def read_served(
    kind: str, case_id: str, asking: Asking, parts: Parts
) -> ServedView | None:
    """The case as it now is, where this person may see it."""
    whole, clients = await parts.database.read(
        _with_client, asking.scope, case_id, kind
    )
    if whole is None:
        return None
    pack = await parts.adopted_packs.pack(whole.row.pack_digest)
    return served_page(whole, pack, clients, asking)


def _with_client(
    connection: Connection, scope: Scope, case_id: str, kind: str
) -> tuple[WholeCase | None, dict[str, str]]:
    whole = whole_case(connection, scope, case_id, kind=kind)
    clients = {whole.row.client_id or ""} if whole else set()
    return whole, client_names(connection, clients)


async def timeline_of(
    kind: str,
    request: Request,
    case_id: str,
    asking: Asking,
    parts: Parts,
    after: str | None,
    limit: int,
) -> Page[EntryView]:
    cursor = read_cursor(after, EntryKey)
    async with parts.database.sessions() as session:
        row = await within(session, find_case, asking.scope, case_id, kind=kind)
        if row is None:
            raise NotThere(kind.replace("-", " "))
        start = cursor.seq if cursor else 0
        rows = await timeline(session, case_id, after=start, limit=limit)
        page, last = cut(rows, limit)
        entries = [Entry.model_validate(each.body) for each in page]
        people = {who for entry in entries for who in people_in(entry) if who}
        known = await within(session, names, people)
    log.info("case.read", case_id=case_id)
    return Page(
        items=tuple(entry_view(entry, known, asking) for entry in entries),
        next=next_address(request, EntryKey(seq=last.seq) if last else None),
    )


@router.get(
    "/intakes/{case_id}/timeline",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_intake_timeline(
    request: Request,
    case_id: str,
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryView]:
    """Everything that happened in the intake, in order. What a worker wrote of themselves is for them and their supervisor."""
    return await timeline_of("intake", request, case_id, asking, parts, after, limit)


@router.get(
    "/care-plans/{case_id}/timeline",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_care_plan_timeline(
    request: Request,
    case_id: str,
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryView]:
    """Everything that happened in the care plan, in order."""
    return await timeline_of("care-plan", request, case_id, asking, parts, after, limit)


class Candidates(BaseModel):
    """Who could be the worker, in an order that gives its reasons. It ranks; people decide (CS-G-2, CS-G-3)."""

    items: tuple[Ranked, ...]


@router.get("/intakes/{case_id}/candidates", responses=documented(401, 404))
async def list_candidates(
    case_id: str, asking: SignedIn, parts: TheParts
) -> Candidates:
    """Everybody who could be the worker: those who meet a stated wish first, else those who know the assessed needs; with
    the room each has, and who is not independent."""
    async with parts.database.sessions() as session:
        row = await within(session, find_case, asking.scope, case_id, kind="intake")
        if row is None:
            raise NotThere("intake")
        policy, known = await policy_of(row, parts), known_of(row)
        found = await candidates(
            session,
            policy.roles[policy.coordinator].accepts,
            known.providing(),
            [each.seat for each in known.former if each.here],
            datetime.now(UTC),
        )
    needs = [each.text for each in known.needs]
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
    "/intakes/{case_id}/purchase-route",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def purchase_route(
    case_id: str,
    needed_on: Annotated[date, Query(description="The day it is needed")],
    asking: SignedIn,
    parts: TheParts,
) -> PurchaseRoute:
    """Whether a check would come in time, or the discretionary fund is for it."""
    row = await parts.database.read(find_case, asking.scope, case_id, kind="intake")
    if row is None:
        raise NotThere("intake")
    fund = (await policy_of(row, parts)).fund
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
