"""Care plans as their teams carry them through HTTP: from an enrollment to a plan in force, and on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.intakes import enrolled, read
from tests.waiting import until

WORKER = "cypress"
CLIENT, COORDINATOR = "member-1", "member-2"

SECTIONS: dict[str, dict[str, Any]] = {
    "vision": {"text": "A home of our own.", "quotes": ["A door I can lock."]},
    "strengths": {"strengths": [{"whose": "the client", "text": "Never gives up."}]},
    "needs": {
        "needs": [
            {
                "id": "home",
                "whose": "the client",
                "text": "A safe place to sleep",
                "rank": 1,
            }
        ]
    },
    "strategies": {
        "strategies": [{"need": "home", "text": "Look at two places a week."}]
    },
    "safety": {
        "text": "Whom to call at night.",
        "client_strengths": "Calms down by walking.",
        "natural_supports": "A sister.",
    },
}
UPDATES = {"successes": ["Saw four places."], "barriers": ["No bus on Sundays."]}


def ahead(days=28):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def begun(service):
    """The care plan of somebody who was just enrolled."""
    _, plan = await enrolled(service)
    return plan


async def tell(service, plan, name, /, person=WORKER, **facts):
    """The case as it then is; facts may have a `kind` of their own, as a version has."""
    return await _said(service, "care-plans", plan, name, person, facts)


async def refused(service, plan, name, /, person=WORKER, status=409, **facts):
    path = f"/care-plans/{plan['id']}/messages/{name}"
    answer = await service.post(person, path, facts)
    assert answer.status_code == status, answer.text
    return answer.json()["detail"]


async def _said(service, kind, case, name, person, facts):
    path = f"/{kind}/{case['id']}/messages/{name}"
    answer = await service.post(person, path, facts)
    if answer.status_code == 202:
        await _is_heard(service, person, answer)
        return await read(service, person, case, kind)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _is_heard(service, person, answer):
    """On a busy machine a message is left, and heard a little later."""

    async def is_applied():
        later = await service.get(person, answer.headers["Location"])
        return later.json()["outcome"] == "applied"

    await until(is_applied)


async def seen(service, plan, person=WORKER):
    return await read(service, person, plan, "care-plans")


async def met(service, plan, *members, **facts):
    said = {
        "attended": members or (CLIENT, COORDINATOR),
        "confidentiality_reminded": True,
        "next": {"at": ahead(), "place": "The family center"},
        "screen": "screens/1",
    }
    return await tell(service, plan, "team_meeting_held", **(said | facts))


def text_path(plan, section=None):
    whole = f"/care-plans/{plan['id']}/plan"
    return f"{whole}/sections/{section}" if section else whole


async def text_of(service, plan, person=WORKER):
    answer = await service.get(person, text_path(plan))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def section_of(service, plan, section, person=WORKER):
    whole = await text_of(service, plan, person)
    (found,) = [each for each in whole["sections"] if each["id"] == section]
    return found


async def put(service, plan, section, content, /, tag=None, person=WORKER, **headers):
    """One section written over the revision that `tag` names; `""` sends none."""
    if tag is None:
        known = await service.get(person, text_path(plan, section))
        tag = known.headers["ETag"]
    headers = ({"If-Match": tag} if tag else {}) | headers
    async with service.calls(person) as http:
        return await http.put(
            text_path(plan, section), json={"content": content}, headers=headers
        )


async def written(service, plan, person=WORKER, **sections):
    """Every section in its order, or those given."""
    for section, content in (sections or SECTIONS).items():
        answer = await put(service, plan, section, content, person=person)
        if answer.status_code == 202:
            await _is_heard(service, person, answer)
        assert answer.is_success, answer.text


async def put_forward(service, plan, kind="final"):
    case = await tell(service, plan, "plan_put_forward", kind=kind)
    return case["facts"]["life"]["versions"][-1]


async def signed(service, plan, version, member, how="paper"):
    facts = {"member": member, "version": version["number"]}
    facts |= {"digest": version["digest"], "how": how}
    return await tell(service, plan, "plan_signed", **facts)


async def in_force(service, plan, kind="final"):
    """A version everybody who takes part has signed. The version."""
    version = await put_forward(service, plan, kind)
    for member in version["signers"]:
        how = "account" if member == COORDINATOR else "paper"
        await signed(service, plan, version, member, how)
    await tell(service, plan, "plan_finalized", version=version["number"])
    return version


async def agreed(service):
    """A care plan whose team's first plan is in force."""
    plan = await begun(service)
    await met(service, plan)
    await written(service, plan)
    await in_force(service, plan)
    return plan


async def consented(service, plan, recipient):
    """The client agreed that this recipient may know; the case has heard of it."""
    case = await seen(service, plan)
    consent = {
        "client": case["client"]["id"],
        "recipient": recipient,
        "purpose": "To be on the team",
        "given_at": "2026-03-01T12:00:00Z",
        "reference": "consents/1",
    }
    answer = await service.post(WORKER, "/consents", consent)
    assert answer.status_code == 201, answer.text

    async def is_known():
        known = (await seen(service, plan))["facts"]["consents"]
        return recipient in [each["recipient"] for each in known]

    await until(is_known)


async def asked_for(service, plan, provider="hearth"):
    """A request for one service, which is a case of its own."""
    facts = {"service": "shelter", "need": "home", "provider": provider}
    facts |= {"chosen_by_client": True, "plan": "2"}
    case = await tell(service, plan, "service_asked_for", **facts)
    request = {"id": case["facts"]["life"]["services"][-1]["case"]}

    async def is_there():
        path = f"/service-requests/{request['id']}"
        return (await service.get(WORKER, path)).status_code == 200

    await until(is_there)
    return request


async def ask(service, request, name, /, person=WORKER, **facts):
    return await _said(service, "service-requests", request, name, person, facts)


async def approved(service, plan):
    """A request the payer has approved, of which the care plan knows."""
    request = await asked_for(service, plan)
    await consented(service, plan, "payer")
    to = {"plan_attached": True, "to": "the authorization desk"}
    await ask(service, request, "request_submitted", **to)
    until_day = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    decision = {"decision": "approved", "until": until_day, "units": "12 weeks"}
    await ask(service, request, "request_decided", **decision)

    async def is_known():
        services = (await seen(service, plan))["facts"]["life"]["services"]
        return services[-1]["status"] == "approved"

    await until(is_known)
    return request
