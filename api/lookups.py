"""What the API finds out for whoever sends a message to a case about a client: whose a provider is, who sits in a seat,
when a check could be ready. The sender cannot say it themselves (throughcare.lifecycles.client.acts.LOOKED_UP)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from api.deps import Parts
from api.errors import BadRequestValue
from throughcare.lifecycles.care_plan.acts import MemberInvited, ServiceAskedFor
from throughcare.lifecycles.client.acts import (
    AssessmentFiled,
    Assigned,
    ChangeRequested,
    Enroll,
    FundPaymentMade,
    PreferencesRecorded,
    ProvidersConsidered,
    ReferralMade,
    TreatmentProviderTold,
)
from throughcare.lifecycles.client.policy import Fund, IntakePolicy
from throughcare.store.clients import authorised_relations
from throughcare.store.directory import agency, seat_facts
from throughcare.store.providers import ProviderFacts, provided_by, providers_named
from throughcare.store.served import ended_care_plans, live_case
from throughcare.store.tables import CaseRow
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import (
    CalendarRunsOut,
    Within,
    derive,
)

Facts = dict[str, JsonValue]


async def look_up(
    kind: type, facts: Mapping[str, JsonValue], row: CaseRow, parts: Parts, own_id: str
) -> Facts:
    """What is to be added to the facts of a message of this kind. `own_id` is the message's own. Raises BadRequestValue."""
    now = datetime.now(UTC)
    async with parts.database.sessions() as session:
        if issubclass(kind, ProvidersConsidered):
            found = await _providers(session, facts, "providers")
            return {"organizations": [each.organization for each in found]}
        if issubclass(kind, AssessmentFiled):
            found = await _providers(session, facts, "recommends")
            return {"organizations": [each.organization for each in found]}
        if issubclass(kind, ReferralMade | TreatmentProviderTold):
            (one,) = await _providers(session, facts, "provider")
            return {"organization": one.organization}
        if issubclass(kind, PreferencesRecorded | ChangeRequested):
            relations = await authorised_relations(session, row.client_id or "")
            return {"authorised": list(relations)}
        if issubclass(kind, Assigned):
            policy = await policy_of(row, parts)
            return await _assigned(session, facts, policy, now)
        if issubclass(kind, Enroll):
            client = row.client_id or ""
            live = await live_case(session, client, "care-plan")
            earlier = await ended_care_plans(session, client)
            return {"care_plan": own_id, "live": live, "earlier": list(earlier)}
        if issubclass(kind, ServiceAskedFor):
            (one,) = await _providers(session, facts, "provider")
            about = {"provider_title": one.name, "organization": one.organization}
            return {"request": own_id, **about}
        if issubclass(kind, MemberInvited):
            return await _of_member(session, facts, now)
        if issubclass(kind, FundPaymentMade):
            fund = (await policy_of(row, parts)).fund
            calendar = (await agency(session)).calendar
            ready = check_ready_on(fund, calendar, parts.calendars, now)
            return {"check_ready_on": ready.isoformat() if ready else None}
    return {}


async def policy_of(row: CaseRow, parts: Parts) -> IntakePolicy:
    policy = (await parts.shelf.pack(row.pack_digest)).intake
    assert policy is not None, "a case about a client has an intake policy"
    return policy


async def _providers(
    session: AsyncSession, facts: Mapping[str, JsonValue], field: str
) -> list[ProviderFacts]:
    given = facts.get(field, [])
    ids = [str(each) for each in given] if isinstance(given, list) else [str(given)]
    known = {each.id: each for each in await providers_named(session, ids)}
    if unknown := [each for each in ids if each not in known]:
        raise BadRequestValue(
            field, f"There is no provider {unknown[0]!r}; GET /providers lists them."
        )
    return [known[each] for each in ids]


async def _of_member(
    session: AsyncSession, facts: Mapping[str, JsonValue], now: datetime
) -> Facts:
    """Whose a member is: what they may read follows from their seat, so where they have one it counts before a provider."""
    organization = ""
    if facts.get("provider"):
        (one,) = await _providers(session, facts, "provider")
        organization = one.organization
    if facts.get("member_seat"):
        seat = await seat_facts(session, str(facts["member_seat"]), now)
        if seat is None:
            raise BadRequestValue(
                "member_seat", "The directory has no such seat; GET /seats lists them."
            )
        organization = seat.organization
    return {"organization": organization}


async def _assigned(
    session: AsyncSession,
    facts: Mapping[str, JsonValue],
    policy: IntakePolicy,
    now: datetime,
) -> Facts:
    seat = await seat_facts(session, str(facts.get("assigned")), now)
    if seat is None:
        raise BadRequestValue(
            "assigned", "The directory has no such seat; GET /seats lists them."
        )
    role = policy.roles[policy.coordinator]
    if not any(kind.includes(seat.role, seat.program) for kind in role.accepts):
        kinds = ", ".join(str(each) for each in role.accepts)
        raise BadRequestValue(
            "assigned",
            f"{seat.title} cannot be the {role.title}. Seats that can: {kinds}.",
        )
    provides = await provided_by(session, seat.person) if seat.person else ()
    return {
        "title": seat.title,
        "organization": seat.organization,
        "person": seat.person,
        "provides": list(provides),
    }


def check_ready_on(
    fund: Fund | None,
    calendar: str,
    calendars: Mapping[str, Calendar],
    now: datetime,
) -> date | None:
    """The first day a check could be issued by (CP-E-9). None where the policy has no fund, or no calendar tells."""
    known = calendars.get(calendar)
    if fund is None or known is None:
        return None
    rule = Within(within=fund.lead.within, days=fund.lead.days, hours=fund.lead.hours)
    zone = ZoneInfo(known.zone)
    try:
        receipt = derive(rule, now, known, zone, tzdata=IANA_VERSION)
    except CalendarRunsOut:
        return None
    return receipt.due_at.astimezone(zone).date()
