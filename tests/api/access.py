"""Who is who in the access table, and what each route is asked by every one of them: a request that is right in all but who sends it."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from standardwebhooks import Webhook

from api.examples import REFILE
from tests.api.careplans import (
    SECTIONS,
    UPDATES,
    agreed,
    ask,
    asked_for,
    begun,
    consented,
    in_force,
    met,
    seen,
    tell,
    written,
)
from tests.api.intakes import assigned, opened, read, somebody
from tests.api.test_pack_migrations import with_limit
from tests.api.test_signing_links import SIGN, token_of, with_sister
from tests.waiting import until
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.packs.reading import load_pack
from throughcare.store.apikeys import issue_key
from throughcare.store.links import links_of
from throughcare.store.packs import adopt
from throughcare.store.tables import MessageRow, PersonRow, SeatRow

PEOPLE = {
    "nobody": None,
    "seat holder": "cypress",
    "of conflict": "alder",
    "supervisor": "hawthorn",
    "its sup.": "birch",
    "intake unit": "aspen",
    "other intake": "magnolia",
    "on call": "linden",
    "next rung": "dogwood",
    "recused": "ironwood",
    "consented": "quince",
    "no consent": "maple",
    "oversight": "tamarack",
    "admin": "walnut",
    "operator": "yew",
    "other agency": "beech",
    "no seat": "no-seat",
    "departed": "poplar",
    "link": None,
}
"""The columns. Seat holder and supervisor are those of the client's cases, `of conflict` and `its sup.` those of the conflict;
the next rung is one the conflict has not reached; recused is the worker on its other side. `consented` and `no consent` are
providers' and another agency's people on the client's team. `link` has no key, but a signed link, or an agency's own secret.
"""

LINK = "link"

REVISED = "southeast-michigan-cmh"
"""A policy that has a second version, which nobody signed and the agency has not adopted."""


@dataclass
class Agency:
    """An installation with one case of each kind, and everybody of the table in it."""

    service: Any
    ids: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    """By their letter in a cell, what of the fixture an answer can show."""
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """Of every answer that shows any of it: the route, the request's id, and the letters."""

    @classmethod
    async def made(cls, service):
        agency = cls(service)
        await agency.fill()
        return agency

    async def fill(self):
        service, ids = self.service, self.ids
        await self._people()
        conflict = await service.opened()
        await _recuse(self, conflict)
        intake = await assigned(service)
        plan = await agreed(service)
        await tell(service, plan, "review_held", kind="monthly", outcome="revised")
        await met(service, plan)
        await written(service, plan, updates=UPDATES)
        await in_force(service, plan, "amended")
        await _on_team(self, plan)
        request = await asked_for(service, plan)
        await consented(service, plan, "payer")
        to = {"plan_attached": True, "to": "the authorization desk"}
        await ask(service, request, "request_submitted", **to)
        denied = {"decision": "denied", "reason": "Not covered."}
        await ask(service, request, "request_decided", **denied)
        case = await seen(service, plan)
        ids["client"] = case["client"]["id"]
        ids["number"] = case["facts"]["life"]["versions"][-1]["number"]
        ids |= {"conflicts": conflict["id"], "intakes": intake["id"]}
        ids |= {"care-plans": plan["id"], "service-requests": request["id"]}
        self.marks = {
            "C": conflict["id"],
            "I": intake["id"],
            "P": plan["id"],
            "R": request["id"],
            "L": ids["client"],
        }
        other = await service.post("aspen", "/clients", somebody())
        ids["other"] = other.json()["id"]
        await self._letters()
        ids["to answer"] = (await service.opened())["id"]
        theirs = {"counterpart_seat": "dmcps-case-manager"}
        ids["theirs"] = (await service.opened(**theirs))["id"]
        ids["to move"] = (await service.opened())["id"]
        to_sign, _ = await with_sister(service)
        ids["token"] = await token_of(service, to_sign)
        shipped = load_pack(service.settings.policies / "milwaukee-wraparound")
        newer = with_limit(shipped, "A1", "P1D")
        await self.database.write(adopt, newer, datetime.now(UTC))

    async def _people(self):
        service, now = self.service, datetime.now(UTC)

        def enter(connection):
            someone = {"id": "no-seat", "name": "Demo-No-Seat"}
            connection.execute(insert(PersonRow), someone)
            return issue_key(connection, "no-seat", now)

        service.keys["no-seat"] = await self.database.write(enter)
        gone = await service.post("walnut", "/people/poplar/departure", {})
        assert gone.status_code == 200, gone.text

    async def _letters(self):
        """The key of a letter to the client, of each kind of case that has one."""
        for kind in ("intakes", "care-plans", "service-requests"):
            case = await read(self.service, "walnut", {"id": self.ids[kind]}, kind)
            keys = [n["key"] for n in case["notices"] if n["receiver_seat"] == "client"]
            self.ids[f"letter {kind}"] = keys[0] if keys else "none"

    @property
    def database(self):
        return self.service.app.state.parts.database

    async def new_person(self):
        person = f"leaver-{secrets.token_hex(4)}"
        someone = {"id": person, "name": "Demo-Leaver"}
        await self.database.write(lambda c: c.execute(insert(PersonRow), someone))
        return person

    async def message_of(self, case_id):
        first = select(MessageRow.id).where(MessageRow.case_id == case_id).limit(1)
        return await self.database.read(lambda connection: connection.scalar(first))

    async def tag(self, path):
        """What the administrator reads there, to be written over."""
        answer = await self.service.get("walnut", path)
        return {"If-Match": answer.headers["ETag"]} if "ETag" in answer.headers else {}

    async def link_token(self, case_id):
        async def is_sent():
            return await self.database.read(links_of, case_id)

        await until(is_sent)
        return self.service.app.state.parts.links.token((await is_sent())[0].id)


async def _recuse(agency, case):
    why = {"role": "human-service-worker", "reason": "Related to one of them."}
    answer = await agency.service.say("ironwood", case, "recuse", **why)
    assert answer.status_code == 204, answer.text


async def _on_team(agency, plan):
    """Two people of other agencies; the client agrees that one of them may know."""
    service = agency.service
    for seat, name in (
        ("network-provider", "Provider Demo-Quince"),
        ("dmcps-case-manager", "Manager Demo-Maple"),
    ):
        on_it = {"kind": "clinical", "name": name, "member_seat": seat}
        await tell(service, plan, "member_invited", joined=True, **on_it)
    await consented(service, plan, "Acorn Demo Provider")

    async def sees_it():
        path = f"/care-plans/{plan['id']}"
        return (await service.get("quince", path)).status_code == 200

    await until(sees_it)


@dataclass(frozen=True)
class Asked:
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    form: bool = False
    text: str | None = None


def soon(days=1):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def key():
    return secrets.token_hex(4)


Asks = Callable[[Agency, str], Awaitable[Asked]]
ASKS: dict[str, Asks] = {}
"""By method and path: what is asked, of this agency and by whom. Of any other GET, the path with the ids filled in."""


def asks(route):
    def register(made):
        ASKS[route] = made
        return made

    return register


PLACES = {
    "person_id": "alder",
    "organization_id": "cyfs",
    "policy_id": "milwaukee-wraparound",
    "ladder_id": "A",
    "provider_id": "hearth",
    "absence_id": "absence-of-fir",
    "section": "vision",
    "name": "no_such_message",
}
QUERIES = {
    "/reports/independence": "?from=2026-01-01&to=2026-12-31",
    "/reports/engagement": "?from=2026-01-01&to=2026-12-31",
    "/intakes/{case_id}/purchase-route": "?needed_on=2030-03-02",
    "/care-plans/{case_id}/plan/versions/{number}/changes": "?since=2",
}


async def asked_by_path(agency, path):
    kind = path.split("/")[1]
    ids = agency.ids
    places = PLACES | {
        "case_id": ids.get(kind, ""),
        "client_id": ids["client"],
        "key": ids.get(f"letter {kind}", ""),
        "number": "1" if "meetings" in path else ids["number"],
        "seat_id": "rsc-2" if kind == "workers" else "coordinator-1",
    }
    if "{message_id}" in path:
        places["message_id"] = await agency.message_of(places["case_id"])
    return Asked(path.format_map(places) + QUERIES.get(path, ""))


@asks("GET /consents")
async def _(agency, person):
    return Asked(f"/consents?client={agency.ids['client']}")


@asks("POST /consents")
async def _(agency, person):
    body = {"client": agency.ids["client"], "recipient": "treatment-provider"}
    body |= {"purpose": "Treatment", "given_at": soon(-1), "reference": "consents/9"}
    return Asked("/consents", body)


@asks("POST /consents/{consent_id}/withdrawal")
async def _(agency, person):
    body = (await ASKS["POST /consents"](agency, person)).body
    given = await agency.service.post("cypress", "/consents", body)
    assert given.status_code == 201, given.text
    return Asked(f"/consents/{given.json()['id']}/withdrawal", {})


@asks("POST /clients")
async def _(agency, person):
    return Asked("/clients", somebody())


@asks("POST /clients/search")
async def _(agency, person):
    return Asked("/clients/search", {"name": "Client"})


@asks("PATCH /clients/{client_id}")
async def _(agency, person):
    return Asked(f"/clients/{agency.ids['client']}", {"phone": "414-555-0143"})


@asks("POST /clients/{client_id}/likeness")
async def _(agency, person):
    body = {"other": agency.ids["other"], "same": False}
    return Asked(f"/clients/{agency.ids['client']}/likeness", body)


@asks("POST /emergency-accesses")
async def _(agency, person):
    """Of somebody who is in no other row."""
    made = await agency.service.post("aspen", "/clients", somebody())
    body = {"client": made.json()["id"], "reason": "The hospital asks."}
    return Asked("/emergency-accesses", body)


@asks("POST /emergency-accesses/{access_id}/review")
async def _(agency, person):
    body = (await ASKS["POST /emergency-accesses"](agency, person)).body
    access = await agency.service.post("holly", "/emergency-accesses", body)
    path = f"/emergency-accesses/{access.json()['id']}/review"
    return Asked(path, {"words": "As it should be."})


@asks("POST /cases/search")
async def _(agency, person):
    return Asked("/cases/search", {"text": "client"})


@asks("POST /conflicts")
async def _(agency, person):
    body = {"coordinator_seat": "coordinator-1", "youth": "Y-2"}
    body |= {"counterpart_seat": "human-service-worker", "subject": "Who drives"}
    return Asked("/conflicts", body)


@asks("POST /intakes")
async def _(agency, person):
    body = {"program": "cars", "source": "walked in", "person": somebody()}
    return Asked("/intakes", body)


@asks("POST /conflicts/{case_id}/links/{link_id}/revoke")
async def _(agency, person):
    case = (await agency.service.opened())["id"]
    await agency.link_token(case)
    link = (await agency.database.read(links_of, case))[0].id
    return Asked(f"/conflicts/{case}/links/{link}/revoke", {})


@asks("PUT /care-plans/{case_id}/plan/sections/{section}")
async def _(agency, person):
    path = f"/care-plans/{agency.ids['care-plans']}/plan/sections/vision"
    return Asked(path, {"content": SECTIONS["vision"]}, await agency.tag(path))


@asks("POST /notices/send-again")
async def _(agency, person):
    return Asked("/notices/send-again", {"keys": ["no-such-notice"]})


@asks("POST /engagements")
async def _(agency, person):
    body = {"on_date": "2026-03-02", "group": "advocates", "what": "Asked."}
    return Asked("/engagements", body)


def _away(days):
    period = {"from_at": soon(days), "to_at": soon(days + 0.5)}
    return {"person": "cypress", "substitute": "ebony"} | period


@asks("POST /absences")
async def _(agency, person):
    return Asked("/absences", _away(30 + list(PEOPLE).index(person)))


@asks("POST /absences/preview")
async def _(agency, person):
    return Asked("/absences/preview", _away(400))


@asks("POST /absences/{absence_id}/end")
async def _(agency, person):
    body = _away(90 + list(PEOPLE).index(person))
    made = await agency.service.post("walnut", "/absences", body)
    assert made.status_code == 201, made.text
    path = f"/absences/{made.json()['id']}"
    return Asked(f"{path}/end", {}, await agency.tag(path))


@asks("POST /people/{person_id}/departure/preview")
async def _(agency, person):
    return Asked("/people/alder/departure/preview", {})


@asks("POST /people/{person_id}/departure")
async def _(agency, person):
    return Asked(f"/people/{await agency.new_person()}/departure", {})


@asks("DELETE /people/{person_id}/departure")
async def _(agency, person):
    path = f"/people/{await agency.new_person()}/departure"
    planned = await agency.service.post("walnut", path, {"at": soon(9)})
    assert planned.status_code == 200, planned.text
    return Asked(path)


@asks("PUT /people/{person_id}/mail")
async def _(agency, person):
    return Asked("/people/alder/mail", {"daily_hour": None})


@asks("PUT /seats/{seat_id}/holder")
async def _(agency, person):
    tag = await agency.tag("/seats/provider-network")
    return Asked("/seats/provider-network/holder", {"person": "spruce"}, tag)


@asks("POST /seats/{seat_id}/holder/preview")
async def _(agency, person):
    return Asked("/seats/provider-network/holder/preview", {"person": "spruce"})


@asks("POST /seatings/{seating_id}/confirm")
async def _(agency, person):
    return Asked(f"/seatings/{await _proposed(agency)}/confirm", {})


@asks("POST /seatings/{seating_id}/decline")
async def _(agency, person):
    return Asked(f"/seatings/{await _proposed(agency)}/decline", {})


async def _proposed(agency):
    """Somebody new for a seat of an operator's that is nobody's: no right of the table's people changes by it."""
    seat, spare = SeatRow.__table__.c, "operator-to-be"

    def add(connection):
        if connection.scalar(select(seat.id).where(seat.id == spare)) is None:
            known = connection.execute(
                select(SeatRow.__table__).where(seat.id == "operator")
            )
            row = dict(known.one()._mapping)
            connection.execute(insert(SeatRow), row | {"id": spare, "person_id": None})

    await agency.database.write(add)
    body = {"person": await agency.new_person()}
    async with agency.service.calls("walnut") as http:
        proposed = await http.put(f"/seats/{spare}/holder", json=body)
    return proposed.json()["proposed"]


@asks("GET /organizations/{organization_id}/webhook")
async def _(agency, person):
    await _connected(agency)
    return Asked("/organizations/dmcps/webhook")


@asks("PUT /organizations/{organization_id}/webhook")
async def _(agency, person):
    return Asked("/organizations/dmcps/webhook", {})


@asks("DELETE /organizations/{organization_id}/webhook")
async def _(agency, person):
    await _connected(agency)
    return Asked("/organizations/dmcps/webhook")


async def _connected(agency):
    """The secret."""
    path = "/organizations/dmcps/webhook"
    async with agency.service.calls("walnut") as http:
        answer = await http.put(path, json={}, headers=await agency.tag(path))
    assert answer.is_success, answer.text
    return answer.json()["secret"]


@asks("POST /webhooks/{organization_id}")
async def _(agency, person):
    """Signed for `link` alone."""
    secret = await _connected(agency)
    facts = {"attendees": ["coordinator-1", "dmcps-case-manager"]}
    said = {"case": agency.ids["theirs"], "seat": "dmcps-case-manager"}
    text = json.dumps(said | {"message": "meeting_held", "facts": facts})
    now, name = datetime.now(UTC), key()
    signed = Webhook(secret).sign(name, now, text)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = signed if person == LINK else "v1,none"
    return Asked("/webhooks/dmcps", headers=headers, text=text)


@asks("POST /providers")
async def _(agency, person):
    body = {"name": f"Shelter Demo-{key()}", "organization": "Hearth Demo Services"}
    return Asked("/providers", body | {"services": ["shelter"]})


@asks("PATCH /providers/{provider_id}")
async def _(agency, person):
    return Asked("/providers/lantern", {"qualified": True})


@asks("PUT /workers/{seat_id}/profile")
async def _(agency, person):
    path = "/workers/rsc-2/profile"
    return Asked(path, {"capacity": 25}, await agency.tag(path))


@asks("POST /policies/{policy_id}/adoption")
async def _(agency, person):
    body = {"version": 2, "title": "Executive Director", "on": "2026-01-12"}
    return Asked(f"/policies/{REVISED}/adoption", body)


@asks("POST /policies/{policy_id}/moves")
async def _(agency, person):
    body = {"cases": [agency.ids["to move"]], "reason": "Version 2 is in force."}
    return Asked("/policies/milwaukee-wraparound/moves", body)


@asks("POST /codec/decode")
async def _(agency, person):
    return Asked("/codec/decode", {"payloads": []})


@asks("POST /codec/sign-in")
async def _(agency, person):
    given = agency.service.keys.get(PEOPLE[person] or "", "none")
    return Asked("/codec/sign-in", {"key": given}, form=True)


@asks("GET /answer/{token}")
async def _(agency, person):
    token = await agency.link_token(agency.ids["to answer"])
    return Asked(f"/answer/{token if person == LINK else 'none'}")


@asks("POST /answer/{token}")
async def _(agency, person):
    path = (await ASKS["GET /answer/{token}"](agency, person)).path
    both = ["coordinator-1", "human-service-worker"]
    body = {"message": "meeting_held", "attendees": both}
    return Asked(path, body, form=True)


@asks("GET /sign/{token}")
async def _(agency, person):
    return Asked(f"/sign/{agency.ids['token'] if person == LINK else 'none'}")


@asks("GET /sign/{token}/plan.pdf")
async def _(agency, person):
    path = (await ASKS["GET /sign/{token}"](agency, person)).path
    return Asked(f"{path}/plan.pdf")


@asks("POST /sign/{token}")
async def _(agency, person):
    path = (await ASKS["GET /sign/{token}"](agency, person)).path
    return Asked(path, SIGN, form=True)


# -- messages ---------------------------------------------------------------------------------------------------------


async def _conflict(agency, person):
    case = await agency.service.opened()
    if person == "recused":
        await _recuse(agency, case)
    return case["id"]


async def _unscreened(agency, person):
    return (await opened(agency.service))["id"]


async def _assigned(agency, person):
    return (await assigned(agency.service))["id"]


async def _begun(agency, person):
    return (await _with_team(agency, person, await begun(agency.service)))["id"]


async def _agreed(agency, person):
    return (await _with_team(agency, person, await agreed(agency.service)))["id"]


async def _asked_for(agency, person):
    plan = await agreed(agency.service)
    await consented(agency.service, plan, "payer")
    return (await asked_for(agency.service, plan))["id"]


async def _with_team(agency, person, plan):
    if person == "consented":
        await _on_team(agency, plan)
    return plan


STAGES = {
    "conflicts": (_conflict,),
    "intakes": (_unscreened, _assigned),
    "care-plans": (_begun, _agreed),
    "service-requests": (_asked_for,),
}
"""Per kind of case, how one is made that messages can be tried on, early in its life and later."""

MERGE = LIFECYCLES["conflict"].messages["merge"].example

FACTS: dict[str, dict[str, Any]] = {
    "correct_entry": {"entry": 1, "correction": "It was on the Monday."},
    "contact_made": {},
    "assign_seat": {
        "role": "care-coordinator",
        "assigned": "coordinator-2",
        "reason": "The worker is on leave.",
    },
    "refile": REFILE,
    "service_asked_for": {
        "service": "shelter",
        "need": "home",
        "provider": "hearth",
        "chosen_by_client": True,
        "plan": "2",
    },
    "recuse": {"role": "human-service-worker", "reason": "Related to them."},
}
"""Where the example of a message does not fit the cases of the stages."""


def messages_of(agency, lifecycle):
    """With facts; those that end a case come last, and right after a withdrawal what takes the case up again."""
    known = sorted(
        lifecycle.messages.values(),
        key=lambda each: (each.takes_up, each.ends, each.name == "withdraw"),
    )
    facts = FACTS | {"merge": _now(MERGE) | {"into": agency.ids["to answer"]}}
    return [(each, facts.get(each.name) or _now(each.example)) for each in known]


def _now(example):
    """These cases are younger than what the examples tell of."""
    return {name: each for name, each in example.items() if name != "event_at"}
