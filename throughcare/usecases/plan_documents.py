"""A care plan and its versions as papers that leave the house: whose it is, how each version stands, what is on it."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from throughcare.case.parts import Reading
from throughcare.documents.plan import PlanPaper, Standing, plan_paper
from throughcare.documents.request import RequestPaper
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.plan_facts import Version
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.store.client_cases import known_of
from throughcare.store.clients import ClientOnFile, find_client
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.packs import pack_by_digest
from throughcare.store.plans import plan_recorded
from throughcare.store.rows import rows
from throughcare.store.tables import CaseLinkRow, CaseRow
from throughcare.time.calendar import Calendar
from throughcare.usecases.readings import readings_of

Calendars = Mapping[str, Calendar]


class FoundPlan(NamedTuple):
    """A care plan that is written here, whose it is, and where its times are told."""

    row: CaseRow
    plan: CarePlan
    client: ClientOnFile
    here: AgencyFacts
    zone: str
    readings: tuple[Reading, ...] = ()
    redisclosure: str = ""

    def version(self, number: str) -> Version | None:
        return next((e for e in self.plan.life.versions if e.number == number), None)


def found_plan(
    connection: Connection, row: CaseRow, calendars: Calendars
) -> FoundPlan | None:
    """None where the policy of the case knows of no team."""
    plan = plan_recorded(connection, row)
    client = find_client(connection, row.client_id or "")
    here = agency(connection)
    if plan is None or client is None:
        return None
    zone = zone_of(here, calendars)
    said = _policy_words(connection, row, client.language)
    return FoundPlan(row, plan, client, here, zone, *said)


def _policy_words(
    connection: Connection, row: CaseRow, language: str
) -> tuple[tuple[Reading, ...], str]:
    """How the policy is read, and the notice of redisclosure."""
    pack = pack_by_digest(connection, row.pack_digest)
    if pack is None:
        return (), ""
    return readings_of(row.kind, pack), pack.redisclosure(row.kind, language)


def zone_of(here: AgencyFacts, calendars: Calendars) -> str:
    calendar = calendars.get(here.calendar)
    return calendar.zone if calendar else "UTC"


def paper_of(found: FoundPlan, version: Version) -> PlanPaper:
    plan = found.plan
    assert plan.rules is not None
    return plan_paper(
        plan.rules,
        version,
        plan.content_of(version),
        plan.life.signatures,
        standing=_standing(plan, version, is_closed=found.row.closed_at is not None),
        case=found.row.id,
        agency=found.here.name,
        client=found.client.id,
        client_name=found.client.name,
        language=found.client.language,
        zone=found.zone,
        services=plan.life.services,
        readings=found.readings,
        redisclosure=found.redisclosure,
    )


def _standing(plan: CarePlan, version: Version, *, is_closed: bool) -> Standing:
    """A preliminary version holds until the team has one of its own."""
    in_force = [each for each in plan.life.versions if each.final_at]
    if version.final_at is None:
        return "proposed" if version == plan.life.proposed else "lapsed"
    if version != in_force[-1]:
        return "replaced"
    return "ended" if is_closed else "in_force"


def request_paper(
    connection: Connection, row: CaseRow, calendars: Calendars
) -> RequestPaper | None:
    """None where the request or its client is not on file."""
    request = known_of(row).request
    client = find_client(connection, row.client_id or "")
    if request is None or client is None:
        return None
    here, known = agency(connection), known_of(row).need(request.need)
    readings, redisclosure = _policy_words(connection, row, client.language)
    return RequestPaper(
        case=row.id,
        agency=here.name,
        client_name=client.name,
        language=client.language,
        zone=zone_of(here, calendars),
        request=request,
        need_text=_need(connection, row.id, request.plan, request.need)
        or (known.text if known else None),
        asked_at=row.opened_at,
        readings=readings,
        redisclosure=redisclosure,
    )


def _need(connection: Connection, case_id: str, number: str, need: str) -> str | None:
    """What the need says in the version that is cited. Whoever may read the request may read that much of the plan."""
    asked_by = (
        select(CaseRow)
        .join(CaseLinkRow, CaseLinkRow.other_id == CaseRow.id)
        .where(CaseLinkRow.case_id == case_id)
        .where(CaseLinkRow.relation == ClientRelation.asked_by)
        .where(CaseLinkRow.superseded_at.is_(None))
        .order_by(CaseRow.id)
    )
    for row in rows(connection, asked_by):
        plan = plan_recorded(connection, row)
        cited = [e for e in plan.life.versions if e.number == number] if plan else []
        for content in plan.content_of(cited[0]).values() if plan and cited else ():
            for found in content.needs:
                if found.id == need:
                    return found.text
    return None
