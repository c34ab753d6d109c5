"""Consents: recorded and withdrawn through the API, by those who see the client."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

DAY = timedelta(days=1)


async def entered(service):
    answer = await service.post("aspen", "/clients", {"name": "Client Demo-Fern"})
    return answer.json()["id"]


def consent(client, **changed):
    return {
        "client": client,
        "recipient": "hearth",
        "purpose": "A place to stay",
        "given_at": (datetime.now(UTC) - DAY).isoformat(),
        "reference": "consents/7",
    } | changed


@pytest.mark.clause("CP-E-5")
@pytest.mark.both_databases
async def test_a_consent_is_recorded_shown_with_the_client_and_withdrawn(idle_service):
    client = await entered(idle_service)

    given = await idle_service.post("aspen", "/consents", consent(client))
    shown = (await idle_service.get("aspen", f"/clients/{client}")).json()
    path = f"/consents/{given.json()['id']}/withdrawal"
    withdrawn = await idle_service.post("aspen", path)
    after = (await idle_service.get("aspen", f"/clients/{client}")).json()
    again = await idle_service.post("aspen", path)

    assert given.status_code == 201
    assert given.json()["in_force"]
    assert given.json()["recorded_by"]["id"] == "aspen"
    assert [each["recipient"] for each in shown["consents"]] == ["hearth"]
    assert withdrawn.status_code == 200
    assert not withdrawn.json()["in_force"]
    assert after["consents"] == []
    assert again.status_code == 409


@pytest.mark.both_databases
async def test_every_consent_of_a_client_is_listed_page_by_page(idle_service):
    client = await entered(idle_service)
    for recipient in ("hearth", "payer", "treatment-provider"):
        body = consent(client, recipient=recipient)
        await idle_service.post("aspen", "/consents", body)

    first = await idle_service.get("aspen", "/consents", client=client, limit=2)
    rest = await idle_service.get("aspen", first.json()["next"])

    pages = [*first.json()["items"], *rest.json()["items"]]
    assert [each["recipient"] for each in pages] == [
        "treatment-provider",
        "payer",
        "hearth",
    ]


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        pytest.param({"recipient": "nobody"}, 422, "GET /providers", id="nobody"),
        pytest.param({"client": "nobody"}, 404, "no such client", id="no client"),
        pytest.param(
            {"given_at": "2999-01-01T00:00:00Z"}, 422, "given_at", id="not given"
        ),
        pytest.param({"given_at": "yesterday"}, 422, "given_at", id="no instant"),
    ],
)
async def test_what_is_no_consent_is_refused_and_says_what_would_be(
    idle_service, changed, status, says
):
    body = consent(await entered(idle_service)) | changed

    answer = await idle_service.post("aspen", "/consents", body)

    assert answer.status_code == status
    assert says in answer.text


@pytest.mark.both_databases
async def test_a_consent_recorded_twice_under_one_key_is_one(idle_service):
    client = await entered(idle_service)
    body = consent(client)

    first = await idle_service.post("aspen", "/consents", body, "one")
    again = await idle_service.post("aspen", "/consents", body, "one")

    assert first.json() == again.json()
    listed = await idle_service.get("aspen", "/consents", client=client)
    assert len(listed.json()["items"]) == 1


async def test_a_consent_nobody_gave_cannot_be_withdrawn(idle_service):
    answer = await idle_service.post("aspen", "/consents/nothing/withdrawal")

    assert answer.status_code == 404


@pytest.mark.clause("CP-E-5")
@pytest.mark.both_databases
async def test_a_consent_withdrawn_twice_at_once_is_withdrawn_once(idle_service):
    client = await entered(idle_service)
    for _ in range(5):
        given = await idle_service.post("aspen", "/consents", consent(client))
        path = f"/consents/{given.json()['id']}/withdrawal"

        answers = await asyncio.gather(
            *(idle_service.post(person, path) for person in ("aspen", "walnut"))
        )

        assert sorted(each.status_code for each in answers) == [200, 409]
