"""Reading a client, changing one and keeping their consents are three rights (ruling 13)."""

import pytest

from api.deps import asking_as
from tests.api.careplans import WORKER, begun, consented, seen, tell
from tests.waiting import until
from throughcare.store.access import Right
from throughcare.store.apikeys import KeyHolder
from throughcare.usecases.rights import right_to_case, right_to_client

MEMBER, WHOSE = "alder", "Willow Demo Care Coordination"
"""On the team from a seat of another agency, for which the client agreed."""
ABOVE_THE_PROGRAM, OVERSIGHT, ADMINISTRATOR = "holly", "tamarack", "walnut"
ELSEWHERE = "mulberry"
READERS = (MEMBER, ABOVE_THE_PROGRAM, OVERSIGHT)
KEEPERS = (WORKER, "aspen", "hawthorn", ADMINISTRATOR)


@pytest.fixture
async def shared(service):
    """A client whose care plan somebody of another agency reads by a consent, and nobody else's."""
    plan = await begun(service)
    facts = {"kind": "system", "name": "Worker Demo-Alder", "system": "schools"}
    facts |= {"member_seat": "coordinator-1"}
    await tell(service, plan, "member_invited", joined=True, **facts)
    for recipient in (WHOSE, "hearth"):
        await consented(service, plan, recipient)

    async def is_seen():
        return (await service.get(MEMBER, f"/care-plans/{plan['id']}")).is_success

    await until(is_seen)
    return plan | {"client": (await seen(service, plan))["client"]["id"]}


def consent(client, recipient="lantern"):
    return {
        "client": client,
        "recipient": recipient,
        "purpose": "Treatment",
        "given_at": "2026-03-01T12:00:00Z",
        "reference": "consents/9",
    }


async def another(service):
    body = {"name": "Client Demo-Tansy"}
    return (await service.post("aspen", "/clients", body)).json()["id"]


async def every_write(service, person, client):
    """What came of each way to write about this client, by its route."""
    other = await another(service)
    given = await service.post(WORKER, "/consents", consent(client, "payer"))
    withdrawal = f"/consents/{given.json()['id']}/withdrawal"
    likeness = {"other": other, "same": False}
    async with service.calls(person) as http:
        path = f"/clients/{client}"
        changed = await http.patch(path, json={"language": "es"})
        settled = await http.post(f"{path}/likeness", json=likeness)
    return {
        "PATCH /clients": changed.status_code,
        "likeness": settled.status_code,
        "consents": (
            await service.post(person, "/consents", consent(client))
        ).status_code,
        "withdrawal": (await service.post(person, withdrawal)).status_code,
    }


async def test_who_reads_a_client_changes_nothing_and_keeps_no_consents(
    service, shared
):
    client = shared["client"]
    before = (await service.get("aspen", f"/clients/{client}")).json()
    change, likeness, give, withdraw = (
        "PATCH /clients",
        "likeness",
        "consents",
        "withdrawal",
    )

    by_consent = await every_write(service, MEMBER, client)
    above = await every_write(service, ABOVE_THE_PROGRAM, client)
    oversight = await every_write(service, OVERSIGHT, client)
    nobody = await every_write(service, ELSEWHERE, client)

    assert (
        by_consent
        == oversight
        == {
            change: 403,
            likeness: 403,
            give: 403,
            withdraw: 403,
        }
    )
    # Who has a part in the case works with the client, and keeps no consents for that.
    assert (above[change], above[give], above[withdraw]) == (200, 403, 403)
    assert set(nobody.values()) == {404}
    after = (await service.get("aspen", f"/clients/{client}")).json()
    assert {each["recipient"] for each in after["consents"]} == {
        each["recipient"] for each in before["consents"]
    } | {"payer"}


@pytest.mark.parametrize("person", KEEPERS)
async def test_consents_are_kept_by_the_worker_the_intake_unit_and_those_above(
    service, shared, person
):
    client = shared["client"]

    given = await service.post(person, "/consents", consent(client))
    withdrawn = await service.post(person, f"/consents/{given.json()['id']}/withdrawal")

    assert (given.status_code, withdrawn.status_code) == (201, 200)


async def test_the_refusal_says_who_keeps_consents(service, shared):
    answer = await service.post(MEMBER, "/consents", consent(shared["client"]))

    assert "kept by their worker" in answer.json()["detail"]


async def test_who_reads_by_a_consent_sees_no_other_recipients(service, shared):
    client = shared["client"]
    known = {"phone": "414-555-0166", "references": ["old-7"]}
    async with service.calls("aspen") as http:
        answer = await http.patch(f"/clients/{client}", json=known)
    assert answer.is_success, answer.text

    listed = (await service.get(MEMBER, "/consents", client=client)).json()["items"]
    page = (await service.get(MEMBER, f"/clients/{client}")).json()
    plan = (await service.get(MEMBER, f"/care-plans/{shared['id']}")).json()
    worker = (await service.get(WORKER, "/consents", client=client)).json()["items"]

    assert page["name"].startswith("Client Demo-")
    assert (page["references"], page["spokespersons"], page["phone"]) == ([], [], None)
    for shown in (listed, page["consents"], plan["facts"]["consents"]):
        assert [each["recipient"] for each in shown] == [WHOSE]
    assert {each["recipient"] for each in worker} == {WHOSE, "hearth"}


async def test_whoever_is_on_call_keeps_consents_until_a_worker_is_there(service):
    body = {"program": "cars", "person": {"name": "Client Demo-Dock"}}
    case = await service.post("aspen", "/intakes", body | {"source": "walked in"})
    client = case.json()["client"]["id"]

    given = await service.post("linden", "/consents", consent(client))

    assert given.status_code == 201, given.text


async def asking(service, person):
    holder = KeyHolder(key_id=person, person=person, name=person)
    return await service.app.state.parts.database.read(asking_as, holder)


@pytest.mark.parametrize(
    ("person", "right"),
    [
        (WORKER, Right.seat),
        ("hawthorn", Right.seat),
        (MEMBER, Right.consent),
        (OVERSIGHT, Right.oversight),
        (ADMINISTRATOR, Right.administrator),
        (ELSEWHERE, None),
    ],
)
async def test_it_is_known_by_which_right_somebody_sees_a_case_and_its_client(
    service, shared, person, right
):
    who, database = await asking(service, person), service.app.state.parts.database

    by_case = await database.read(right_to_case, who, shared["id"])
    by_client = await database.read(right_to_client, who, shared["client"])

    assert by_case == by_client == right
