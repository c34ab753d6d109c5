"""A care plan in forms that leave the house: as PDF to print and sign, as an invitation for a calendar, and as FHIR.

Whoever may read the case may have them. Each has what people wrote in it, so its name says nothing of anybody.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Path, Response
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from throughcare.documents.calendar import MEDIA_TYPE, invitation
from throughcare.documents.plan import PlanPaper, plan_pdf
from throughcare.documents.request import RequestPaper, request_pdf
from throughcare.documents.team import team_paper, team_pdf
from throughcare.documents.words import PLAIN
from throughcare.errors import NotInstalled, NotThere
from throughcare.lifecycles.client.plan_facts import Meeting, Version
from throughcare.store.addressees import addressees
from throughcare.store.cases import find_case
from throughcare.usecases.asking import Asking
from throughcare.usecases.plan_documents import (
    FoundPlan,
    found_plan,
    paper_of,
    request_paper,
)

router = Routes(tags=["cases"])
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
    paper, version = await _paper(case_id, number, asking, parts)
    made = await asyncio.to_thread(plan_pdf, paper)
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
    paper, version = await _paper(case_id, number, asking, parts)
    made = await asyncio.to_thread(_bundle, paper, parts.settings.public_url)
    return given(made, FHIR, f"care-plan-version-{version.number}.json", case_id)


@router.get(
    "/care-plans/{case_id}/team/pdf",
    response_class=Response,
    responses=_gives(PDF, "The team as it is now") | documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def print_team(case_id: str, asking: SignedIn, parts: TheParts) -> Response:
    """Who is on the team and who is invited, the places that stay open, and the next meeting."""
    case = await parts.database.read(_care_plan, case_id, asking, parts)
    paper = team_paper(
        case.plan.life,
        agency=case.here.name,
        client_name=case.client.name,
        language=case.client.language,
        zone=case.zone,
        readings=case.readings,
        redisclosure=case.redisclosure,
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
    meeting, agency, email = await parts.database.read(
        _meeting, case_id, number, asking, parts
    )
    settings = parts.settings
    invited = invitation(
        meeting,
        case=case_id,
        agency=agency,
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
    paper = await parts.database.read(_request, case_id, asking, parts)
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


def _care_plan(
    connection: Connection, case_id: str, asking: Asking, parts: Parts
) -> FoundPlan:
    """Raises NotThere, also where the policy of the case knows of no team."""
    row = find_case(connection, asking.scope, case_id, kind="care-plan")
    if row is None:
        raise NotThere("care plan")
    found = found_plan(connection, row, parts.calendars)
    if found is None:
        raise NotThere("plan")
    return found


async def _paper(
    case_id: str, number: str, asking: Asking, parts: Parts
) -> tuple[PlanPaper, Version]:
    found = await parts.database.read(_care_plan, case_id, asking, parts)
    version = found.version(number)
    if version is None:
        raise NotThere("version")
    return paper_of(found, version), version


def _meeting(
    connection: Connection, case_id: str, number: int, asking: Asking, parts: Parts
) -> tuple[Meeting, str, str | None]:
    """A meeting, whose agency asks to it, and the address of whoever asks for the invitation."""
    found = _care_plan(connection, case_id, asking, parts)
    held = [each for each in found.plan.life.meetings if each.number == number]
    if not held:
        raise NotThere("meeting")
    mine = addressees(connection, [asking.person_id]).get(asking.person_id)
    return held[0], found.here.name, mine.email if mine else None


def _request(
    connection: Connection, case_id: str, asking: Asking, parts: Parts
) -> RequestPaper:
    row = find_case(connection, asking.scope, case_id, kind="service-request")
    paper = request_paper(connection, row, parts.calendars) if row else None
    if paper is None:
        raise NotThere("service request")
    return paper


def _bundle(paper: PlanPaper, base: str) -> bytes:
    """Raises NotInstalled."""
    try:
        # An extra of its own, and half a second to load.
        from throughcare.documents.fhir import plan_bundle
    except ModuleNotFoundError as error:
        raise NotInstalled("fhir") from error
    return plan_bundle(paper, base).encode()
