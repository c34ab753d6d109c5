"""What is found out for whoever sends a message: what an earlier entry says, whose a provider is, who sits in a seat,
when a check could be ready. The sender cannot say it themselves (throughcare.case.message.LookUp)."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy import Connection, select
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.case.message import MessageType
from throughcare.errors import BadRequestValue
from throughcare.lifecycles.client.addresses import (
    address_in,
    seems_to_have_address,
)
from throughcare.lifecycles.client.names import name_key
from throughcare.lifecycles.client.policy import Fund, IntakePolicy
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.cases import find_entry
from throughcare.store.client_cases import ended_care_plans, live_cases
from throughcare.store.clients import authorised_relations
from throughcare.store.directory import agency, seat_facts
from throughcare.store.identity import named
from throughcare.store.likenesses import records_of_same_person
from throughcare.store.packs import pack_by_digest
from throughcare.store.providers import ProviderFacts, provided_by, providers_named
from throughcare.store.tables import CaseRow
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import (
    CalendarRunsOut,
    Within,
    derive,
)
from throughcare.usecases.services import Services

LookedUp = dict[str, JsonValue]


class Asked(NamedTuple):
    """A message on its way to its case. `own_id` is the message's own."""

    facts: Mapping[str, JsonValue]
    row: CaseRow
    calendars: Mapping[str, Calendar]
    own_id: str
    connection: Connection
    now: datetime


async def look_up(
    kind: MessageType,
    facts: Mapping[str, JsonValue],
    row: CaseRow,
    services: Services,
    own_id: str,
) -> LookedUp:
    """What is to be added to the facts of this message. `own_id` is the message's own. Raises BadRequestValue."""
    if kind.looks_up is None:
        return {}
    find = LOOK_UPS[kind.looks_up.what]

    def found(connection: Connection) -> LookedUp:
        now = datetime.now(UTC)
        return find(Asked(facts, row, services.calendars, own_id, connection, now))

    return await services.database.read(found)


def policy_of(connection: Connection, row: CaseRow) -> IntakePolicy:
    pack = pack_by_digest(connection, row.pack_digest)
    assert pack and pack.intake, "a case about a client has an intake policy"
    return pack.intake


def _entry(asked: Asked) -> LookedUp:
    """Left out where there is none: the case knows in which words to refuse that."""
    seq = asked.facts["entry"]
    assert isinstance(seq, int), "its body was judged before"
    entry = find_entry(asked.connection, asked.row.id, seq)
    return {"original": entry.model_dump(mode="json")} if entry else {}


def _providers(asked: Asked) -> LookedUp:
    found = _providers_in("providers", asked)
    return {"organizations": [each.organization for each in found]}


def _recommended(asked: Asked) -> LookedUp:
    found = _providers_in("recommends", asked)
    return {"organizations": [each.organization for each in found]}


def _provider(asked: Asked) -> LookedUp:
    (one,) = _providers_in("provider", asked)
    return {"organization": one.organization}


def _spokespersons(asked: Asked) -> LookedUp:
    relations = authorised_relations(asked.connection, asked.row.client_id or "")
    return {"authorised": list(relations)}


def _enrollment(asked: Asked) -> LookedUp:
    client = asked.row.client_id or ""
    live = next(iter(live_cases(asked.connection, client, "care-plan")), None)
    earlier = ended_care_plans(asked.connection, client)
    return {"care_plan": asked.own_id, "live": live, "earlier": list(earlier)}


def _live_plan(asked: Asked) -> LookedUp:
    plans = live_cases(asked.connection, asked.row.client_id or "", "care-plan")
    return {"live": next(iter(plans), None)}


def _duplicate(asked: Asked) -> LookedUp:
    """A case of the same kind about the same person, whichever of their records it is under."""
    records = records_of_same_person(asked.connection, asked.row.client_id or "")
    query = select(CaseRow.kind).where(
        CaseRow.id == str(asked.facts["of"]),
        CaseRow.id != asked.row.id,
        CaseRow.kind == asked.row.kind,
        CaseRow.client_id.in_(records),
    )
    kind = asked.connection.scalar(query)
    if kind is None:
        raise BadRequestValue(
            "of",
            "There is no other such case about the same person. Where it is under another record of theirs, say first that both are the same person.",
        )
    return {"kind": kind}


def _service(asked: Asked) -> LookedUp:
    (one,) = _providers_in("provider", asked)
    about = {"provider_title": one.name, "organization": one.organization}
    return {"request": asked.own_id, **about}


def _fund(asked: Asked) -> LookedUp:
    fund = policy_of(asked.connection, asked.row).fund
    calendar = agency(asked.connection).calendar
    ready = check_ready_on(fund, calendar, asked.calendars, asked.now)
    return {"check_ready_on": ready.isoformat() if ready else None}


def _providers_in(field: str, asked: Asked) -> list[ProviderFacts]:
    given = asked.facts.get(field, [])
    ids = [str(each) for each in given] if isinstance(given, list) else [str(given)]
    known = {each.id: each for each in providers_named(asked.connection, ids)}
    if unknown := [each for each in ids if each not in known]:
        raise BadRequestValue(
            field, f"There is no provider {unknown[0]!r}; GET /providers lists them."
        )
    return [known[each] for each in ids]


def _member(asked: Asked) -> LookedUp:
    """Whose a member is: what they may read follows from their seat, so where they have one it counts before a provider."""
    organization, facts = "", asked.facts
    name = str(facts.get("name"))
    try:
        named(name)
    except ValueError as error:
        raise BadRequestValue("name", str(error)) from None
    contact = str(facts.get("contact") or "")
    if seems_to_have_address(contact) and address_in(contact) is None:
        raise BadRequestValue(
            "contact",
            "Mail cannot be sent to the e-mail address in it; write USER@DOMAIN in plain letters, a space or a comma around it, or a phone number alone.",
        )
    if facts.get("provider"):
        (one,) = _providers_in("provider", asked)
        organization = one.organization
    if facts.get("member_seat"):
        seat = seat_facts(asked.connection, str(facts["member_seat"]), asked.now)
        if seat is None:
            raise BadRequestValue(
                "member_seat", "The directory has no such seat; GET /seats lists them."
            )
        organization = seat.organization
    return {"organization": organization, "name_key": name_key(name)}


def _worker(asked: Asked) -> LookedUp:
    policy = policy_of(asked.connection, asked.row)
    assigned = str(asked.facts.get("assigned"))
    seat = seat_facts(asked.connection, assigned, asked.now)
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
    provides = provided_by(asked.connection, seat.person) if seat.person else ()
    return {
        "title": seat.title,
        "organization": seat.organization,
        "person": seat.person,
        "provides": list(provides),
    }


LOOK_UPS: dict[str, Callable[[Asked], LookedUp]] = {
    "entry": _entry,
    "providers": _providers,
    "recommended": _recommended,
    "provider": _provider,
    "spokespersons": _spokespersons,
    "worker": _worker,
    "enrollment": _enrollment,
    "service": _service,
    "duplicate": _duplicate,
    "live_plan": _live_plan,
    "member": _member,
    "fund": _fund,
}
"""By the name that a message gives its look-up."""


def _check_complete() -> None:
    """Raises TypeError where a message asks for a look-up that is not here."""
    for messages in (each.messages for each in LIFECYCLES.values()):
        for kind in messages.values():
            if kind.looks_up and kind.looks_up.what not in LOOK_UPS:
                raise TypeError(f"{kind.name}: no look-up finds {kind.looks_up.what}.")


_check_complete()


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
