"""What is said of a client elsewhere reaches their open cases: consents, who they are, and a worker with room."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import installation
from tests.samples import served_record
from tests.waiting import until
from tests.workflows.conftest import free_port
from throughcare.store.consents import tell_again
from throughcare.store.outbox import untold as waiting
from throughcare.store.records import apply_record

DAY = timedelta(days=1)


async def opened(service, name, program="cars", person="aspen", **identity):
    body = {
        "program": program,
        "person": {"name": f"Client Demo-{name}"} | identity,
        "source": "walked in",
    }
    answer = await service.post(person, "/intakes", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def said(service, person, case, name, **facts):
    path = f"/intakes/{case['id']}/messages/{name}"
    answer = await service.post(person, path, facts)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def untold(service, client):
    return await service.app.state.parts.database.read(waiting, [client])


async def consented(service, client, recipient="hearth"):
    body = {
        "client": client,
        "recipient": recipient,
        "purpose": "A place to stay",
        "given_at": (datetime.now(UTC) - DAY).isoformat(),
        "reference": "consents/7",
    }
    answer = await service.post("aspen", "/consents", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.clause("CP-E-5")
@pytest.mark.both_databases
async def test_an_open_case_knows_at_once_what_its_client_agreed_to_and_took_back(
    service,
):
    case = await opened(service, "Cress")
    consent = await consented(service, case["client"]["id"])
    screened = await said(service, "aspen", case, "screened", emergency=False)

    assert [each["id"] for each in screened["facts"]["consents"]] == [consent["id"]]
    await service.post("aspen", f"/consents/{consent['id']}/withdrawal")

    async def is_gone():
        answer = await service.get("aspen", f"/intakes/{case['id']}")
        return answer.json()["facts"]["consents"] == []

    await until(is_gone)


async def test_whoever_says_who_a_client_is_answers_the_case_that_asks(service):
    first = await opened(service, "Thyme", phone="414-555-0170")
    second = await opened(service, "T Hyme", phone="4145550170")
    asks = [each for each in second["duties"] if each["act"] == "identity"]
    assert [each["status"] for each in asks] == ["open"]

    client, other = second["client"]["id"], first["client"]["id"]
    path = f"/clients/{client}/likeness"
    answer = await service.post("aspen", path, {"other": other, "same": True})

    assert answer.status_code == 200

    async def is_answered():
        case = (await service.get("aspen", f"/intakes/{second['id']}")).json()
        (duty,) = (each for each in case["duties"] if each["act"] == "identity")
        return duty["status"] == "met" and first["id"] in [
            link["case"] for link in case["links"]
        ]

    await until(is_answered)


async def test_somebody_with_a_part_in_a_case_sees_its_client_and_others_do_not(
    service,
):
    case = await opened(service, "Basil", phone="414-555-0180")
    path = f"/clients/{case['client']['id']}"

    linden, beech = await service.get("linden", path), await service.get("beech", path)

    assert linden.status_code == 200
    assert [each["id"] for each in linden.json()["cases"]] == [case["id"]]
    assert beech.status_code == 404


@pytest.fixture
async def cut_off(tmp_path, fresh_database, monkeypatch):
    """An installation whose Temporal is down."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    async with installation(tmp_path, database_url=fresh_database()) as service:
        yield service


async def test_without_temporal_a_consent_is_recorded_and_stays_to_be_told(cut_off):
    made = await cut_off.post("aspen", "/clients", {"name": "Client Demo-Dill"})
    client = made.json()["id"]
    await cut_off.app.state.parts.database.write(
        apply_record, served_record(client=client)
    )

    consent = await consented(cut_off, client)

    assert consent["client"] == client
    assert [each.client_id for each in await untold(cut_off, client)] == [client]


@pytest.mark.both_databases
async def test_a_consent_that_could_not_be_told_at_once_is_told_later(service):
    case = await opened(service, "Sage")
    client = case["client"]["id"]
    await consented(service, client)
    parts = service.app.state.parts
    await parts.database.write(tell_again, [client], datetime.now(UTC))

    parts.outbox.wake()

    async def is_told():
        return await untold(service, client) == ()

    await until(is_told)


PROFILE = {"gender": "male", "languages": ["English"]}
FIRST, OTHER = "supports-coordinator-1", "supports-coordinator-2"


async def looking_for_a_man(service):
    """An intake whose person got another worker than they wished for, for want of room."""
    case = await opened(service, "Oregano", "csm", "magnolia")
    access, supervisor = "magnolia", "sequoia"
    await said(service, access, case, "need_determined", needs=["Help at home"])
    answers = {"diagnosis": True, "functional-limitation": True}
    answers |= dict.fromkeys(
        ("high-vulnerability", "service-continuum", "unaided"), False
    )
    await said(
        service,
        access,
        case,
        "eligibility_determined",
        population="adults-with-mental-illness",
        answers=answers | {"multiple-needs": True},
        eligible=True,
    )
    await said(service, access, case, "offer_accepted")
    await said(service, supervisor, case, "intake_reviewed")
    wish = {"kind": "gender", "words": "male"}
    await said(service, supervisor, case, "preferences_recorded", preferences=[wish])
    return await said(
        service,
        supervisor,
        case,
        "coordinator_assigned",
        assigned=FIRST,
        basis="preference",
        matches=[{"kind": "gender", "honoured": "not"}],
        considered=[OTHER],
        explanation="Nobody who fits has room now.",
        limited_by="resources",
        revisit_on="2027-01-04",
    )


async def put_profile(service, seat, **changed):
    async with service.calls("sequoia") as http:
        path = f"/workers/{seat}/profile"
        read = await http.get(path)
        tag = {"If-Match": read.headers["etag"]}
        answer = await http.put(path, json=PROFILE | changed, headers=tag)
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def profile_kept(service):
    """The room is shared: what a test changes of a profile is put back."""
    path = f"/workers/{OTHER}/profile"
    before = (await service.get("sequoia", path)).json()["profile"]
    yield
    del before["updated_at"], before["updated_by"]
    await put_profile(service, OTHER, **before)


@pytest.mark.clause("CS-V-2")
@pytest.mark.usefixtures("profile_kept")
async def test_a_worker_who_fits_and_has_room_again_is_told_to_whoever_looks_for_one(
    service,
):
    await put_profile(service, OTHER, capacity=0)
    case = await looking_for_a_man(service)

    async def prompts():
        path = f"/intakes/{case['id']}/timeline"
        answer = await service.get("sequoia", path, limit=100)
        kinds = [entry["kind"] for entry in answer.json()["items"]]
        return kinds.count("capacity")

    await put_profile(service, OTHER, capacity=0, skills=["first aid"])
    await put_profile(service, OTHER, capacity=9, gender="female")
    assert await prompts() == 0
    await put_profile(service, OTHER, capacity=9)

    async def is_prompted():
        return await prompts() == 1

    await until(is_prompted)
