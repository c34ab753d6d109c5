"""Intakes as people carry them through HTTP, by the demonstration agency's people."""

import secrets

from tests.waiting import until

SCREENED = {"emergency": False}
PLAN = {
    "reference": "plans/1",
    "safety_crisis_plan": "whom to call",
    "strengths": "comes to everything",
    "natural_supports": "a sister",
}
CMH_PLAN = {
    "reference": "plans/2",
    "planning_meeting_on": "2026-03-09",
    "contents": {
        "intensity": "weekly",
        "modality": "in person",
        "focus": "getting to appointments",
        "frequency": "every week",
        "place": "at home",
        "hours": "afternoons",
        "scope": "transport and reminders",
        "outcomes": "keeps every appointment",
    },
    "assessments": [{"name": "initial", "done": True}],
    "strategies": [{"text": "a ride each week", "need": "need-1"}],
    "contacts": [{"kind": "face-to-face", "every": "P7D"}],
}
CRITERIA = {
    "diagnosis": True,
    "functional-limitation": True,
    "multiple-needs": True,
    "high-vulnerability": False,
    "service-continuum": False,
    "unaided": False,
}
QUESTIONS = (
    "kind-of-person",
    "preference",
    "culture",
    "manner",
    "family-history",
    "experience",
)
ACCESS, CMH_SUPERVISOR, FEMALE, MALE = "magnolia", "sequoia", "mulberry", "poplar"


def somebody(**known):
    return {"name": f"Client Demo-{secrets.token_hex(6)}"} | known


async def opened(service, sender="aspen", /, **changed):
    body = {"program": "cars", "source": "walked in"} | changed
    if "client" not in body:
        body.setdefault("person", somebody())
    answer = await service.post(sender, "/intakes", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def say(service, person, case, name, /, kind="intakes", **facts):
    """The case as it then is; on a busy machine the message may have been left and heard a little later."""
    answer = await send(service, person, case, name, kind=kind, **facts)
    if answer.status_code == 202:
        address = answer.headers["Location"]

        async def is_heard():
            seen = (await service.get(person, address)).json()
            return seen["outcome"] == "applied"

        await until(is_heard)
        return await read(service, person, case, kind)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def send(service, person, case, name, /, kind="intakes", key=None, **facts):
    path = f"/{kind}/{case['id']}/messages/{name}"
    return await service.post(person, path, facts, key)


async def refused(service, person, case, name, /, kind="intakes", status=409, **facts):
    answer = await send(service, person, case, name, kind=kind, **facts)
    assert answer.status_code == status, answer.text
    return answer.json()["detail"]


async def read(service, person, case, kind="intakes"):
    answer = await service.get(person, f"/{kind}/{case['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def said(service, person, case, entry, kind="intakes"):
    answer = await service.get(person, f"/{kind}/{case['id']}/timeline", limit=100)
    return [each for each in answer.json()["items"] if each["kind"] == entry]


async def assigned(service, seat="rsc-2"):
    """An ordinary intake of cars, with its worker."""
    case = await opened(service, screen=SCREENED)
    await say(service, "aspen", case, "consents_received")
    await say(service, "hawthorn", case, "intake_reviewed")
    return await say(service, "hawthorn", case, "coordinator_assigned", assigned=seat)


async def enrolled(service):
    case = await assigned(service)
    await say(service, "cypress", case, "initial_plan_filed", **PLAN)
    case = await say(service, "cypress", case, "enroll")
    (link,) = [each for each in case["links"] if each["relation"] == "care_plan"]

    async def is_there():
        path = f"/care-plans/{link['case']}"
        return (await service.get("cypress", path)).status_code == 200

    # It is a case of its own, and begins as the intake ends.
    await until(is_there)
    return case, {"id": link["case"]}


async def accepted(service, **changed):
    """Somebody who is eligible for csm, took the offer, and whose intake was reviewed; nobody is assigned yet."""
    case = await opened(service, ACCESS, program="csm", **changed)
    if any(d["act"] == "former_worker" for d in case["duties"]):
        await say(service, ACCESS, case, "former_worker_answered", wants="new")
    needs = {"needs": ["help with appointments"], "record_entry": "record/1"}
    await say(service, ACCESS, case, "need_determined", **needs)
    answer = {"population": "developmental-disability", "answers": CRITERIA}
    await say(service, ACCESS, case, "eligibility_determined", **answer, eligible=True)
    await say(service, ACCESS, case, "offer_accepted")
    rapport = dict.fromkeys(QUESTIONS, "not known")
    await say(service, ACCESS, case, "rapport_answered", answers=rapport)
    return await say(service, CMH_SUPERVISOR, case, "intake_reviewed")


async def prefers(service, case, *wishes):
    preferences = [
        {"kind": kind, "words": words, "stated_by": by} for kind, words, by in wishes
    ]
    facts = {"preferences": preferences} if preferences else {"none_stated": True}
    return await say(service, CMH_SUPERVISOR, case, "preferences_recorded", **facts)


async def with_worker(service, seat="supports-coordinator-1", **changed):
    """Somebody of csm with a worker, chosen by an assessed need."""
    case = await accepted(service, **changed)
    await prefers(service, case)
    match = {"assigned": seat, "basis": "assessed_need", "need": "autism"}
    return await say(service, CMH_SUPERVISOR, case, "coordinator_assigned", **match)
