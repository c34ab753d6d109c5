"""The text of a care plan: read, written section by section, and its versions.

Who writes a section says which revision they have read, as its ETag in `If-Match`. Where two write one section at once, the
second is answered with both texts, and nothing of either is lost.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from api.cases.message_bodies import MessageBody, told
from api.cases.messages import MESSAGE_ANSWERS, tell
from api.cases.page import messages_now
from api.cases.plan_views import (
    PlanView,
    VersionView,
    WritingView,
    people_of_plan,
    plan_page,
    version_page,
    written_sections,
)
from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.etag import IfMatch, Precondition
from api.examples import PLAN_TEXT
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
from api.routing import MAX_WRITING_BYTES, Routes
from throughcare.errors import BadRequestValue, ChangedSinceRead, NotReadFirst, NotThere
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.changes import Changes, changes_since
from throughcare.lifecycles.care_plan.writing import WrittenContent
from throughcare.lifecycles.client.plan_facts import Version
from throughcare.store.cases import find_case
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.store.plans import (
    history_of,
    last_writing,
    plan_recorded,
    said_in,
    writing_of,
)
from throughcare.store.rows import NO_TOTAL, Total
from throughcare.store.tables import CaseRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import after_the_act

router = Routes(
    prefix="/care-plans/{case_id}/plan", tags=["cases"], largest_body=MAX_WRITING_BYTES
)

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=500,
        description="The ETag of what you have; 304 where it is still that.",
    ),
]


class WrittenText(MessageBody, extra="forbid"):
    """What a section says from now on."""

    content: WrittenContent


class RevisionKey(BaseModel):
    """Where a page of a section's history ended."""

    revision: int


@router.get("", responses=documented(401, 404))
async def read_plan(case_id: str, asking: SignedIn, parts: TheParts) -> PlanView:
    """The plan as it is written now: every section in the policy's order, what may be written and what comes before it, whom
    the team lacks, what the plan lacks, and its versions with the names under them."""
    view = await parts.database.read(_whole, case_id, asking)
    return view


@router.get(
    "/sections/{section}",
    responses={
        304: {"description": "Still the text that `If-None-Match` names"},
        **documented(401, 404, 422),
    },
)
async def read_section(
    case_id: str,
    section: str,
    asking: SignedIn,
    parts: TheParts,
    answer: Response,
    _if_none_match: IfNoneMatch = None,
) -> WritingView:
    """One section as it is now. Its ETag is the revision, and goes into `If-Match` of whoever writes it next."""
    _, view = await parts.database.read(_section_now, case_id, section, asking)
    answer.headers["ETag"] = _tag(view.revision)
    return view


@router.put(
    "/sections/{section}",
    response_model=WritingView,
    response_description="Written; the section as it now is, with its new ETag",
    responses=MESSAGE_ANSWERS | documented(412, 428),
)
async def write_section(
    case_id: str,
    section: str,
    body: Annotated[WrittenText, Body(examples=[PLAN_TEXT])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """Write one section over the revision you have read. Where somebody has written it since, nothing is changed, and the
    answer shows both texts to be put together."""
    row, current = await parts.database.read(_section_now, case_id, section, asking)
    replaces = _replaced(precondition, current)
    facts, actor = await told(case_id, body, asking, parts)
    facts |= {"section": section, "replaces": replaces}

    async def act(message_id: str) -> Reply:
        kept = await tell(
            row, "section_written", facts, actor, parts, message_id, once.at
        )
        if kept:
            return kept
        # Somebody may have gone on from here already; this is the answer to what was sent.
        with after_the_act():
            written = await parts.database.read(
                _history, case_id, section, after=replaces, limit=1
            )
        return reply(200, written[0])

    sent = _Sent(if_match=precondition.if_match, body=body)
    answer = await once.answer(sent, act)
    if answer.status_code == 200:
        answer.headers["ETag"] = _tag(replaces + 1)
    return answer


class _Sent(BaseModel):
    """All that makes two requests the same one."""

    if_match: str | None
    body: WrittenText


def _replaced(precondition: Precondition, current: WritingView) -> int:
    """The revision that its writer has read. An earlier one than the current is for the case to judge: it shows both texts,
    or heard this very message before. Raises NotReadFirst and ChangedSinceRead."""
    if precondition.if_match is None:
        raise NotReadFirst(_tag(current.revision))
    for revision in range(current.revision, -1, -1):
        if precondition.matches(_tag(revision)):
            return revision
    raise ChangedSinceRead(current)


@router.get(
    "/sections/{section}/history",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_section_history(
    request: Request,
    case_id: str,
    section: str,
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[WritingView]:
    """Every text this section ever had, who wrote it and when, the first one first."""
    cursor = read_cursor(after, RevisionKey)
    start = cursor.revision if cursor else 0

    def read(connection: Connection) -> Sequence[WritingView]:
        _section(connection, case_id, section, asking)
        return _history(
            connection, case_id, section, after=start, limit=limit, total=total
        )

    page, last = cut(await parts.database.read(read), limit)
    key = RevisionKey(revision=last.revision) if last else None
    return Page(items=tuple(page), next=next_address(request, key), total=total.rows)


@router.get("/versions/{number}", responses=documented(401, 404))
async def read_version(
    case_id: str, number: str, asking: SignedIn, parts: TheParts
) -> VersionView:
    """One version whole, as it was put forward: its text, its team, its digest and the names under it."""
    _, case = await parts.database.read(_plan, case_id, asking)
    return version_page(case, _version(case, number))


@router.get(
    "/versions/{number}/changes",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_changes(
    case_id: str,
    number: str,
    since: Annotated[str, Query(description="The number of the older version")],
    asking: SignedIn,
    parts: TheParts,
) -> Changes:
    """What is different in this version for those who signed an older one: each section that says something else with both
    texts, who joined and left the team, and the next meeting where it is another."""
    _, case = await parts.database.read(_plan, case_id, asking)
    newer = _version(case, number)
    known = [each.number for each in case.life.versions]
    earlier = known[: known.index(newer.number)]
    if since not in earlier:
        listed = ", ".join(earlier) or "none"
        raise BadRequestValue("since", f"It must be an older version: {listed}.")
    return changes_since(case, _version(case, since), newer)


# -- finding ----------------------------------------------------------------------------------------------------------


def _plan(
    connection: Connection, case_id: str, asking: Asking
) -> tuple[CaseRow, CarePlan]:
    """Raises NotThere, also where the policy of the case knows of no plan that a team writes here."""
    row = find_case(connection, asking.scope, case_id, kind="care-plan")
    if row is None:
        raise NotThere("care plan")
    case = plan_recorded(connection, row)
    if case is None:
        raise NotThere("plan")
    return row, case


def _whole(connection: Connection, case_id: str, asking: Asking) -> PlanView:
    row, case = _plan(connection, case_id, asking)
    return plan_page(
        case,
        said_in(connection, case_id),
        datetime.now(UTC),
        row.step or row.status,
        names(connection, people_of_plan(case)),
        may_write=_may_write(row, asking),
    )


def _section(
    connection: Connection, case_id: str, section: str, asking: Asking
) -> CaseRow:
    row, case = _plan(connection, case_id, asking)
    if section not in written_sections(case):
        raise NotThere("section that is written")
    return row


def _section_now(
    connection: Connection, case_id: str, section: str, asking: Asking
) -> tuple[CaseRow, WritingView]:
    row = _section(connection, case_id, section, asking)
    writing = last_writing(connection, case_id, section)
    known = names(connection, {writing.person or ""} if writing else ())
    return row, WritingView.of(section, writing, known)


def _history(
    connection: Connection,
    case_id: str,
    section: str,
    *,
    after: int,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[WritingView]:
    found = history_of(
        connection, case_id, section, after=after, limit=limit, total=total
    )
    known = names(connection, {row.person for row in found if row.person})
    return [WritingView.of(section, writing_of(row), known) for row in found]


def _version(case: CarePlan, number: str) -> Version:
    for version in case.life.versions:
        if version.number == number:
            return version
    raise NotThere("version")


def _may_write(row: CaseRow, asking: Asking) -> bool:
    return any(
        each.message == "section_written" and each.yours
        for each in messages_now(row, asking)
    )


def _tag(revision: int) -> str:
    return f'"{revision}"'
