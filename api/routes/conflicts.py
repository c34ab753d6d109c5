"""Conflicts: opened, listed, read."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.body import Storable
from api.casepage import case_page
from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.errors import (
    BadRequestValue,
    NotThere,
)
from api.examples import OPENING
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
from api.views import CaseSummary, CaseView, EntryView
from api.waiting import in_time
from throughcare.case.base import Written
from throughcare.case.entry import Entry
from throughcare.case.seats import SeatKind, Side
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening
from throughcare.lifecycles.conflict.opening import (
    NamedSeat,
    choose,
    raised_by,
)
from throughcare.store.cases import (
    MOST_ENTRIES,
    CaseFilter,
    CaseKey,
    list_cases,
    people_in,
    sees_case,
    timeline,
    whole_case,
)
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts, names, seat_facts
from throughcare.store.idempotency import Reply
from throughcare.time.deadline import Instant
from throughcare.usecases.adopted_packs import NoPolicyInForce

router = APIRouter(prefix="/conflicts", tags=["conflicts"])
log = structlog.get_logger("throughcare.api")


class Opened(Storable, Written):
    """A dispute between the people in two seats. The seat on the other side decides the ladder. The enrollee is called
    the youth at any age, and none is asked for (CR-N-1b)."""

    model_config = ConfigDict(str_strip_whitespace=True)

    coordinator_seat: str = Field(
        description="The care coordinator's seat, or the supervisor's where that one is the party"
    )
    counterpart_seat: str = Field(
        description="The other side's seat, or the supervisor's where that one is the party"
    )
    ladder: str | None = Field(
        default=None,
        description="Refused where it is not the one the seats lead to",
        examples=["A"],
    )
    supervisor_is_party: Side | None = Field(
        default=None,
        description="The side whose supervisor is the one concerned, where the ladder knows that",
    )
    youth: str = Field(
        min_length=1, max_length=200, description="Your own reference to the enrollee"
    )
    subject: str = Field(
        min_length=1, max_length=4000, description="What the two cannot agree on"
    )
    seat: str | None = Field(
        default=None,
        description="The seat you speak from, where you may act from both",
    )


class OpeningRecorded(BaseModel):
    """It is kept and will begin as soon as a worker is there; until then its address answers 404."""

    case: str = Field(examples=["01JZ0000000000000000000000"])


@router.post(
    "",
    status_code=201,
    response_model=CaseView,
    responses={
        202: {"model": OpeningRecorded, "description": "Kept; it begins later"},
        **documented(401, 403, 409, 413, 422, 503),
    },
)
async def open_conflict(
    body: Annotated[Opened, Body(examples=[OPENING])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Open a conflict from one of its two seats. Answers with the case as it stands on its first rung."""

    async def act(case_id: str) -> Reply:
        opening = await _judged(case_id, body, asking, parts)
        await parts.desk.open(opening)
        ladder = opening.about.policy.ladders[0].id
        log.info("case.opened", case_id=case_id, ladder=ladder)
        # A query would be answered before the first record is written, and costs the history three events.
        page = await in_time(lambda: read_case(case_id, asking, parts))
        address = f"/conflicts/{case_id}"
        if page is None:
            return reply(202, OpeningRecorded(case=case_id), location=address)
        return reply(201, page, location=address)

    return await once.answer(body, act)


async def _judged(
    case_id: str, body: Opened, asking: Asking, parts: Parts
) -> OpenCase[ConflictOpening]:
    agency, packs = await parts.adopted_packs.in_force()
    in_force = next((each for each in packs if each.pack.conflict), None)
    if in_force is None:
        raise NoPolicyInForce
    policy = in_force.pack.conflict_policy
    now = datetime.now(UTC)
    async with parts.database.sessions() as session:
        coordinator = await within(session, seat_facts, body.coordinator_seat, now)
        counterpart = await within(session, seat_facts, body.counterpart_seat, now)
    chosen = choose(
        policy,
        named_seat(coordinator, "coordinator_seat"),
        named_seat(counterpart, "counterpart_seat"),
        ladder=body.ladder,
        party=body.supervisor_is_party,
    )
    raised = raised_by(policy, chosen, asking.actor(body.seat))
    about = ConflictOpening(
        policy=policy.model_copy(update={"ladders": (chosen.ladder,)}),
        raised_by=raised.side,
        chosen=chosen.chosen,
        supervisor_is_party=body.supervisor_is_party,
        youth=body.youth,
        subject=body.subject,
    )
    return OpenCase[ConflictOpening](
        kind="conflict",
        case_id=case_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=(coordinator.program if coordinator else None) or "",
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=raised.seat,
        opened_by_right=raised.capacity,
        received_at=now,
        about=about,
    )


def named_seat(seat: SeatFacts | None, field: str) -> NamedSeat:
    if seat is None:
        raise BadRequestValue(
            field, "The directory has no such seat; GET /seats lists them."
        )
    kind = SeatKind(role=seat.role, program=seat.program)
    return NamedSeat(id=seat.id, title=seat.title, kind=kind)


class Wanted(BaseModel):
    """The filters of the list; together they narrow it."""

    status: list[ConflictStatus] = Field(default_factory=list)
    ladder: str | None = None
    rung: str | None = None
    program: str | None = None
    overdue: bool | None = None
    opened_after: Instant | None = None
    opened_before: Instant | None = None
    mine: bool = Field(
        default=False, description="Only those in which you sit in a seat yourself"
    )


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_conflicts(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CaseSummary]:
    """The conflicts you may see, newest first."""
    given = wanted.model_dump(exclude={"mine", "status"})
    seats = asking.own_seats if wanted.mine else None
    filters = CaseFilter(status=tuple(wanted.status), seats=seats, **given)
    cursor = read_cursor(after, CaseKey)
    async with parts.database.sessions() as session:
        rows = await list_cases(
            session, asking.scope, filters, after=cursor, limit=limit
        )
    page, last = cut(rows, limit)
    key = CaseKey(opened_at=last.opened_at, id=last.id) if last else None
    return Page(
        items=tuple(CaseSummary.of(row) for row in page),
        next=next_address(request, key),
    )


@router.get("/{case_id}", responses=documented(401, 404))
async def read_conflict(case_id: str, asking: SignedIn, parts: TheParts) -> CaseView:
    """One conflict: its seats, duties with receipts, the messages valid now, notices, and how unclear sentences are read."""
    page = await read_case(case_id, asking, parts)
    if page is None:
        raise NotThere("conflict")
    log.info("case.read", case_id=case_id)
    return page


async def read_case(case_id: str, asking: Asking, parts: Parts) -> CaseView | None:
    """The case as it now is, where this person may see it."""
    whole = await parts.database.read(
        whole_case, asking.scope, case_id, kind="conflict"
    )
    if whole is None:
        return None
    return case_page(
        whole, await parts.adopted_packs.pack(whole.row.pack_digest), asking
    )


class EntryKey(BaseModel):
    seq: int = Field(ge=0, le=MOST_ENTRIES)


@router.get(
    "/{case_id}/timeline",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_timeline(
    request: Request,
    case_id: str,
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryView]:
    """Everything that happened in the case, in order, with who did it and under which clause."""
    cursor = read_cursor(after, EntryKey)
    async with parts.database.sessions() as session:
        if not await within(session, sees_case, asking.scope, case_id, kind="conflict"):
            raise NotThere("conflict")
        start = cursor.seq if cursor else 0
        rows = await timeline(session, case_id, after=start, limit=limit)
        page, last = cut(rows, limit)
        entries = [Entry.model_validate(row.body) for row in page]
        people = {who for entry in entries for who in people_in(entry) if who}
        known = await within(session, names, people)
    log.info("case.read", case_id=case_id)
    return Page(
        items=tuple(EntryView.of(entry, known) for entry in entries),
        next=next_address(request, EntryKey(seq=last.seq) if last else None),
    )
