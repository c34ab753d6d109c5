"""The text of a care plan: read, written section by section, and its versions.

Who writes a section says which revision they have read, as its ETag in `If-Match`. Where two write one section at once, the
second is answered with both texts, and nothing of either is lost.
"""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import BaseModel

from api.cases.message_bodies import MessageBody, told
from api.cases.messages import MESSAGE_ANSWERS, seen, tell
from api.cases.page import messages_now
from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.etag import NotReadFirst
from api.examples import PLAN_TEXT
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
from api.plantext import (
    PlanView,
    VersionView,
    WritingView,
    people_of_plan,
    plan_page,
    version_page,
    written_sections,
)
from api.problems import documented
from throughcare.errors import BadRequestValue, NotThere
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.changes import Changes, changes_since
from throughcare.lifecycles.care_plan.writing import WrittenContent
from throughcare.lifecycles.client.plan_facts import Version
from throughcare.store.database import within
from throughcare.store.directory import names
from throughcare.store.idempotency import Reply
from throughcare.store.plans import (
    history_of,
    last_writing,
    plan_recorded,
    said_in,
    writing_of,
)
from throughcare.store.tables import CaseRow

router = APIRouter(prefix="/care-plans/{case_id}/plan", tags=["cases"])
log = structlog.get_logger("throughcare.api")

TAG = r'^"[0-9]{1,9}"$'

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=TAG,
        description='The ETag of the text you have read, `"0"` where nobody has written it yet. Needed.',
    ),
]
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
    row, case = await _plan(case_id, asking, parts)
    async with parts.database.sessions() as session:
        known = await within(session, names, people_of_plan(case))
        said = await said_in(session, case_id)
    log.info("case.read", case_id=case_id)
    return plan_page(
        case,
        said,
        datetime.now(UTC),
        row.step or row.status,
        known,
        may_write=_may_write(row, asking),
    )


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
    await _section(case_id, section, asking, parts)
    async with parts.database.sessions() as session:
        writing = await last_writing(session, case_id, section)
        person = writing.person if writing else None
        known = await within(session, names, {person} if person else set())
    log.info("case.read", case_id=case_id)
    view = WritingView.of(section, writing, known)
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
    if_match: IfMatch = None,
) -> Response:
    """Write one section over the revision you have read. Where somebody has written it since, nothing is changed, and the
    answer shows both texts to be put together."""
    row = await _section(case_id, section, asking, parts)
    if if_match is None:
        async with parts.database.sessions() as session:
            last = await last_writing(session, case_id, section)
        raise NotReadFirst(_tag(last.revision if last else 0))
    replaces = int(if_match.strip('"'))
    facts, actor = await told(case_id, body, asking, parts)
    facts |= {"section": section, "replaces": replaces}

    async def act(message_id: str) -> Reply:
        kept = await tell(row, "section_written", facts, actor, parts, message_id)
        if kept:
            return kept
        async with parts.database.sessions() as session:
            # Somebody may have gone on from here already; this is the answer to what was sent.
            rows = await history_of(session, case_id, section, after=replaces, limit=1)
            written = writing_of(rows[0])
            known = await within(session, names, {written.person or ""})
        return reply(200, WritingView.of(section, written, known))

    answer = await once.answer(_Sent(replaces=replaces, body=body), act)
    if answer.status_code == 200:
        answer.headers["ETag"] = _tag(replaces + 1)
    return answer


class _Sent(BaseModel):
    """All that makes two requests the same one."""

    replaces: int
    body: WrittenText


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
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[WritingView]:
    """Every text this section ever had, who wrote it and when, the first one first."""
    await _section(case_id, section, asking, parts)
    cursor = read_cursor(after, RevisionKey)
    start = cursor.revision if cursor else 0
    async with parts.database.sessions() as session:
        rows = await history_of(session, case_id, section, after=start, limit=limit)
        page, last = cut(rows, limit)
        known = await within(session, names, {row.person for row in page if row.person})
    log.info("case.read", case_id=case_id)
    return Page(
        items=tuple(WritingView.of(section, writing_of(row), known) for row in page),
        next=next_address(
            request, RevisionKey(revision=last.revision) if last else None
        ),
    )


@router.get("/versions/{number}", responses=documented(401, 404))
async def read_version(
    case_id: str, number: str, asking: SignedIn, parts: TheParts
) -> VersionView:
    """One version whole, as it was put forward: its text, its team, its digest and the names under it."""
    _, case = await _plan(case_id, asking, parts)
    log.info("case.read", case_id=case_id)
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
    _, case = await _plan(case_id, asking, parts)
    newer = _version(case, number)
    known = [each.number for each in case.life.versions]
    earlier = known[: known.index(newer.number)]
    if since not in earlier:
        listed = ", ".join(earlier) or "none"
        raise BadRequestValue("since", f"It must be an older version: {listed}.")
    log.info("case.read", case_id=case_id)
    return changes_since(case, _version(case, since), newer)


# -- finding ----------------------------------------------------------------------------------------------------------


async def _plan(case_id: str, asking: Asking, parts: Parts) -> tuple[CaseRow, CarePlan]:
    """Raises NotThere, also where the policy of the case knows of no plan that a team writes here."""
    row = await seen("care-plan", case_id, asking, parts)
    pack = await parts.adopted_packs.pack(row.pack_digest)
    async with parts.database.sessions() as session:
        case = await plan_recorded(session, row, pack)
    if case is None:
        raise NotThere("plan")
    return row, case


async def _section(case_id: str, section: str, asking: Asking, parts: Parts) -> CaseRow:
    row, case = await _plan(case_id, asking, parts)
    if section not in written_sections(case):
        raise NotThere("section that is written")
    return row


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
