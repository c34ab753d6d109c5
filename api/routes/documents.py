"""A care plan in forms that leave the house: as PDF to print and sign, as an invitation for a calendar, and as FHIR.

Whoever may read the case may have them. Each has what people wrote in it, so its name says nothing of anybody.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import structlog
from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.errors import NotInstalled
from api.problems import documented
from throughcare.documents.calendar import MEDIA_TYPE, invitation
from throughcare.documents.plan import PlanPaper, Standing, plan_paper, plan_pdf
from throughcare.documents.request import RequestPaper, request_pdf
from throughcare.documents.team import team_paper, team_pdf
from throughcare.documents.words import PLAIN
from throughcare.errors import NotThere
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.plan_facts import Version
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.store.cases import find_case, whole_case
from throughcare.store.client_cases import known_of
from throughcare.store.clients import ClientOnFile, find_client
from throughcare.store.database import within
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.notices import addressees
from throughcare.store.plans import plan_recorded
from throughcare.store.tables import CaseRow

router = APIRouter(tags=["cases"])
log = structlog.get_logger("throughcare.api")

PDF = "application/pdf"
FHIR = "application/fhir+json"

Number = Annotated[int, Path(ge=1, le=999_999)]


def _gives(media_type: str, what: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": what, "content": {media_type: {}}}}


@router.get(
    "/care-plans/{case_id}/plan/versions/{number}/pdf",
    response_class=Response,
    responses=_gives(PDF, "The version, tagged for screen readers")
    | documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def print_version(
    case_id: str, number: str, asking: SignedIn, parts: TheParts
) -> Response:
    """One version of the plan to read, print and sign on: every section in the policy's order, and a place for every name."""
    case = await _care_plan(case_id, asking, parts)
    version = _version(case.plan, number)
    made = await asyncio.to_thread(plan_pdf, paper_of(case, version))
    return given(made, PDF, f"care-plan-version-{version.number}.pdf", case_id)


@router.get(
    "/care-plans/{case_id}/plan/versions/{number}/fhir",
    response_class=Response,
    responses=_gives(FHIR, "A Bundle of FHIR R4") | documented(401, 404, 422, 501),
    dependencies=KNOWN_FILTERS,
)
async def export_version(
    case_id: str, number: str, asking: SignedIn, parts: TheParts
) -> Response:
    """One version of the plan for another system: its CarePlan, CareTeam, Goals and ServiceRequests."""
    case = await _care_plan(case_id, asking, parts)
    version = _version(case.plan, number)
    paper, base = paper_of(case, version), parts.settings.public_url
    made = await asyncio.to_thread(_bundle, paper, base)
    return given(made, FHIR, f"care-plan-version-{version.number}.json", case_id)


@router.get(
    "/care-plans/{case_id}/team/pdf",
    response_class=Response,
    responses=_gives(PDF, "The team as it is now") | documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def print_team(case_id: str, asking: SignedIn, parts: TheParts) -> Response:
    """Who is on the team and who is invited, the places that stay open, and the next meeting."""
    case = await _care_plan(case_id, asking, parts)
    paper = team_paper(
        case.plan.life,
        agency=case.here.name,
        client_name=case.client.name,
        language=case.client.language,
        zone=case.zone,
    )
    made = await asyncio.to_thread(team_pdf, paper)
    return given(made, PDF, "team.pdf", case_id)


@router.get(
    "/care-plans/{case_id}/meetings/{number}/invitation",
    response_class=Response,
    responses=_gives(MEDIA_TYPE, "An invitation, or word that it is not held")
    | documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def invite_to_meeting(
    case_id: str, number: Number, asking: SignedIn, parts: TheParts
) -> Response:
    """A meeting of the team for your calendar. It says when, and neither where nor about whom: a calendar is kept elsewhere."""
    case = await _care_plan(case_id, asking, parts)
    found = [each for each in case.plan.life.meetings if each.number == number]
    if not found:
        raise NotThere("meeting")
    async with parts.database.sessions() as session:
        email = await _email_of(session, asking)
    settings = parts.settings
    invited = invitation(
        found[0],
        case=case_id,
        agency=case.here.name,
        language=PLAIN,
        address=f"{settings.public_url}/care-plans/{case_id}",
        made_at=datetime.now(UTC),
    )
    made = invited.ics(settings.mail_from, email)
    media_type = f"{MEDIA_TYPE}; method={invited.method}; charset=utf-8"
    return given(made, media_type, "meeting.ics", case_id)


@router.get(
    "/service-requests/{case_id}/pdf",
    response_class=Response,
    responses=_gives(PDF, "The request") | documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def print_service_request(
    case_id: str, asking: SignedIn, parts: TheParts
) -> Response:
    """One request for one service to send to the payer, with the need and the version of the plan it cites."""
    paper = await _request_paper(case_id, asking, parts)
    made = await asyncio.to_thread(request_pdf, paper)
    return given(made, PDF, "service-request.pdf", case_id)


def given(made: bytes, media_type: str, name: str, case_id: str) -> Response:
    log.info("document.made", case_id=case_id, kind=name)
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(made, media_type=media_type, headers=headers)


# -- finding ----------------------------------------------------------------------------------------------------------


class FoundPlan(NamedTuple):
    """A care plan that is written here, whose it is, and where its times are told."""

    row: CaseRow
    plan: CarePlan
    client: ClientOnFile
    here: AgencyFacts
    zone: str


async def _care_plan(case_id: str, asking: Asking, parts: Parts) -> FoundPlan:
    """Raises NotThere, also where the policy of the case knows of no team."""
    async with parts.database.sessions() as session:
        row = await within(session, find_case, asking.scope, case_id, kind="care-plan")
        if row is None:
            raise NotThere("care plan")
        found = await found_plan(session, row, parts)
    if found is None:
        raise NotThere("plan")
    return found


async def found_plan(
    session: AsyncSession, row: CaseRow, parts: Parts
) -> FoundPlan | None:
    pack = await parts.adopted_packs.pack(row.pack_digest)
    plan = await plan_recorded(session, row, pack)
    client = await within(session, find_client, row.client_id or "")
    here = await within(session, agency)
    if plan is None or client is None:
        return None
    return FoundPlan(row, plan, client, here, _zone(here, parts))


def _version(plan: CarePlan, number: str) -> Version:
    for version in plan.life.versions:
        if version.number == number:
            return version
    raise NotThere("version")


def paper_of(case: FoundPlan, version: Version) -> PlanPaper:
    plan = case.plan
    assert plan.rules is not None
    return plan_paper(
        plan.rules,
        version,
        plan.content_of(version),
        plan.life.signatures,
        standing=_standing(plan, version, is_closed=case.row.closed_at is not None),
        case=case.row.id,
        agency=case.here.name,
        client=case.client.id,
        client_name=case.client.name,
        language=case.client.language,
        zone=case.zone,
        services=plan.life.services,
    )


def _standing(plan: CarePlan, version: Version, *, is_closed: bool) -> Standing:
    """A preliminary version holds until the team has one of its own."""
    in_force = [each for each in plan.life.versions if each.final_at]
    if version.final_at is None:
        return "proposed" if version == plan.life.proposed else "lapsed"
    if version != in_force[-1]:
        return "replaced"
    return "ended" if is_closed else "in_force"


async def _request_paper(case_id: str, asking: Asking, parts: Parts) -> RequestPaper:
    async with parts.database.sessions() as session:
        whole = await within(
            session, whole_case, asking.scope, case_id, kind="service-request"
        )
        request = known_of(whole.row).request if whole else None
        if whole is None or request is None:
            raise NotThere("service request")
        client = await within(session, find_client, whole.row.client_id or "")
        here = await within(session, agency)
        asked_by = [
            e.other_id for e in whole.links if e.relation == ClientRelation.asked_by
        ]
        text = await _need(session, asked_by, request.plan, request.need, parts)
    if client is None:
        raise NotThere("service request")
    known = known_of(whole.row).need(request.need)
    return RequestPaper(
        case=case_id,
        agency=here.name,
        client_name=client.name,
        language=client.language,
        zone=_zone(here, parts),
        request=request,
        need_text=text or (known.text if known else None),
        asked_at=whole.row.opened_at,
    )


async def _need(
    session: AsyncSession, asked_by: list[str], version: str, need: str, parts: Parts
) -> str | None:
    """What the need says in the version that is cited. Whoever may read the request may read that much of the plan."""
    for case_id in asked_by:
        row = await session.get_one(CaseRow, case_id)
        pack = await parts.adopted_packs.pack(row.pack_digest)
        plan = await plan_recorded(session, row, pack)
        cited = [e for e in plan.life.versions if e.number == version] if plan else []
        for content in plan.content_of(cited[0]).values() if plan and cited else ():
            for found in content.needs:
                if found.id == need:
                    return found.text
    return None


async def _email_of(session: AsyncSession, asking: Asking) -> str | None:
    found = await within(session, addressees, [asking.person_id])
    return found[asking.person_id].email if found else None


def _zone(here: AgencyFacts, parts: Parts) -> str:
    calendar = parts.calendars.get(here.calendar)
    return calendar.zone if calendar else "UTC"


def _bundle(paper: PlanPaper, base: str) -> bytes:
    """Raises NotInstalled."""
    try:
        # An extra of its own, and half a second to load.
        from throughcare.documents.fhir import plan_bundle
    except ModuleNotFoundError as error:
        raise NotInstalled("fhir") from error
    return plan_bundle(paper, base).encode()
